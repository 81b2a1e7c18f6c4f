"""Which lines make a paragraph, and where sentences end: texts as people write and wrap them."""

import pytest

from qa.documents import Document
from qa.passages import split
from qa.sentences import sentences
from qa.spans import Span


def texts_of(text: str) -> list[str]:
    return [text[passage.span.start : passage.span.end] for passage in split(Document("a.txt", "", "", text))]


def test_a_wrapped_paragraph_is_not_cut_at_a_line_s_end() -> None:
    lines = [f"The tower on rock {number}, which ships had long feared, was also known as" for number in range(4)]
    wrapped = "\n".join([*lines, "Inchcape."])
    other = "Another paragraph follows, and says much. " * 6
    assert texts_of(f"{wrapped}\n\n{other}") == [wrapped, other.strip()]


def test_a_question_stays_with_its_answer() -> None:
    asked = "— " + "And when did the library move its catalogue to computers? " * 4
    told = "— In 2009 we began, with two scanners and one student. " * 5
    assert texts_of(f"{asked}\n{told}".strip()) == [f"{asked}\n{told}".strip()]


def test_a_heading_goes_with_the_section_below_it() -> None:
    first, second = "The water comes from the river. " * 10, "The schools have two shifts. " * 10
    found = texts_of(f"1. Water supply\n\n{first}\n\n2. Schools\n\n{second}")
    assert [text[:15] for text in found] == ["1. Water supply", "2. Schools\n\nThe"]


def test_a_rule_of_a_table_does_not_cut_it() -> None:
    table = "| City | Hotel limit |\n|------|-------------|\n| Tehran | 95 |\n| Cairo | 110 |"
    assert texts_of(table) == [table]


def test_a_sentence_goes_on_over_a_full_line_s_end_and_ends_with_a_short_or_last_line() -> None:
    full = "میدان نقش جهان در مرکز شهر اصفهان است و بنای عالی‌قاپو در غرب آن"
    text = f"فهرست\n{full}\nمسجد شیخ لطف الله در شرق آن.\n\n{full}\n\nپایان"
    found = [text[span.start : span.end] for span in sentences(text, Span(0, len(text)))]
    assert found == ["فهرست", f"{full}\nمسجد شیخ لطف الله در شرق آن.", full, "پایان"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Ewa Manthey met J. Smith of St. Petersburg.",
        "Он живёт в г. Москве на ул. Правды, д. 5 у парка.",
        "قال د. أحمد زويل إن العلم نور.",
        "12. The twelfth point of the list",
    ],
)
def test_an_abbreviation_ends_no_sentence(sentence: str) -> None:
    assert sentences(sentence, Span(0, len(sentence))) == [Span(0, len(sentence))]
