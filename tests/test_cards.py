"""Answers and documents as the reader sees them."""

from dataclasses import replace

import pytest

from qa import cards
from qa.answers import Answer, Hit, Place
from qa.conversation import Turn
from qa.documents import Document
from qa.language import UNKNOWN
from qa.passages import Passage
from qa.spans import Span
from tests.test_markup import HOSTILE, Page, assert_literal


def make_document(text: str, *, path: str = "a.txt", title: str = "A title of words") -> Document:
    return Document(path, "0" * 64, title, text)


def make_hit(text: str, *, mark: Span | None = None, path: str = "a.txt", title: str = "T", rank: int = 1) -> Hit:
    passage = Passage(3, Span(0, len(text)), (Span(0, len(text)),))
    return Hit(rank, 0.8, make_document(text, path=path, title=title), passage, "fa", (mark,) if mark else (), ())


def make_answer(*hits: Hit, confident: bool = True, question: str = "q") -> Answer:
    return Answer(question, "en", 0.78, confident, hits, 57, 5)


def test_an_answer_shows_everything_a_reader_needs_to_check_it() -> None:
    hit = make_hit("Before. The sentence. After.", mark=Span(8, 21), title="A headline", path="sub/file.txt")
    page = Page(cards.conversation([Turn(1, "Who?", make_answer(hit))], ""))
    assert page.marked == ["The sentence."]
    for words in ("Who?", "A headline", "sub/file.txt", "¶ 3", "Persian", "Quite sure", "78 %", "57 passages in 5"):
        assert words in page.text
    assert ("button", {"type": "button", "data-open": "1.1"}) in page.tags


@pytest.mark.parametrize(("confidence", "shown"), [(0.0, 0), (0.4999, 49), (0.5, 50), (0.999, 99), (1.0, 99)])
def test_a_confidence_is_rounded_down_and_never_certain(confidence: float, shown: int) -> None:
    answer = replace(make_answer(make_hit("text")), confidence=confidence)
    assert f"<span>{shown} %</span>" in cards.conversation([Turn(1, "Who?", answer)], "")


def test_a_date_and_a_page_are_told_where_the_document_has_them() -> None:
    hit = make_hit("The sentence.")
    assert "p. " not in Page(cards.conversation([Turn(1, "Who?", make_answer(hit))], "")).text
    document = replace(hit.document, date="2022-11-29", pages=(0,), format="pdf")
    answer = make_answer(replace(hit, document=document))
    for source in (cards.conversation([Turn(1, "Who?", answer)], ""), cards.viewer("1.1", answer, answer.hits[0])):
        assert "p. 1 · ¶ 3" in Page(source).text
    assert "2022-11-29" in Page(cards.conversation([Turn(1, "Who?", answer)], "")).text


def test_other_places_of_the_same_text_are_named() -> None:
    hit = make_hit("text")
    other = make_document("text", path="b.txt")
    again = Hit(
        1, 0.5, hit.document, hit.passage, "xx", (), (Place(hit.document, Span(0, 4)), Place(other, Span(0, 4)))
    )
    text = Page(cards.conversation([Turn(1, "q", make_answer(again))], "")).text
    assert "appears once more in this document, in b.txt." in text
    assert "xx" in text  # an unknown code as it is


def test_of_many_places_of_the_same_text_the_first_are_named_and_the_others_counted() -> None:
    places = [Place(make_document("text", path=f"{number}.txt"), Span(0, 4)) for number in range(12)]
    hit = replace(make_hit("text"), elsewhere=(*places, *[Place(make_document("text"), Span(5, 9))] * 1000))
    page = Page(cards.conversation([Turn(1, "q", make_answer(hit))], ""))
    assert "1,000 more times in this document, in 0.txt, in 1.txt" in page.text
    assert "in 9.txt, and in 2 other documents" in page.text
    assert "10.txt" not in page.text


@pytest.mark.parametrize("first", ["The old bridge", "# The old bridge", "**The old bridge**"])
def test_a_headline_that_the_passage_begins_with_is_shown_once(first: str) -> None:
    for text, class_ in ((f"{first}\n\nIt fell.", "unseen"), ("It fell.\n\nThe old bridge", None)):
        page = Page(cards.conversation([Turn(1, "q", make_answer(make_hit(text, title="The old bridge")))], ""))
        assert [attributes.get("class") for tag, attributes in page.tags if tag == "h3"] == [class_]
        assert set(text.split("\n\n")) <= set(page.paragraphs)  # the text of the document is all there


def test_a_citation_is_the_exact_text_with_its_source() -> None:
    document = make_document('He said "no" <b>\n\nand left.', path="a b.pdf", title="The mill")
    document = replace(document, date="2021-03-03", pages=(0, 0, 0))
    page = Page(
        cards.conversation([Turn(1, "q", make_answer(replace(make_hit(document.text), document=document)))], "")
    )
    (cited,) = [found["data-copy"] for _, found in page.tags if "data-copy" in found]
    assert cited == f"{document.text}\n\nThe mill (a b.pdf, p. 3, ¶ 3, 2021-03-03)"


def test_a_screen_reader_is_told_the_language_of_questions_and_headlines() -> None:
    hit = replace(make_hit("النص", title="عنوان"), language="ar")
    answer = replace(make_answer(hit), language="ru")
    page = Page(cards.conversation([Turn(1, "где", answer), Turn(2, "где", answer)], ""))
    spoken = {(tag, found.get("class")): found.get("lang") for tag, found in page.tags}
    assert (spoken["span", "was"], spoken["h2", "asked"], spoken["h3", None]) == ("ru", "ru", "ar")
    assert '<h2 lang="ar"><bdi>عنوان' in cards.viewer("1.1", answer, hit)
    page = Page(cards.conversation([Turn(1, "?", replace(answer, language=UNKNOWN))], ""))
    assert not any("lang" in found for tag, found in page.tags if tag == "h2")


def test_not_found_is_said_and_the_nearest_miss_folded() -> None:
    page = Page(cards.conversation([Turn(1, "q", make_answer(make_hit("text"), confident=False))], ""))
    assert "Not found: searched 57 passages in 5 documents" in page.text
    fold = [tag for tag, _ in page.tags].index("details")
    assert fold < [tag for tag, _ in page.tags].index("ol")
    assert "Show the nearest miss" in page.text
    five = [make_hit("text", rank=rank) for rank in range(1, 6)]
    page = Page(cards.conversation([Turn(1, "q", make_answer(*five, confident=False))], ""))
    assert "Show the nearest miss and 2 more" in page.text  # as the verdict says: one is the nearest
    assert [tag for tag, _ in page.tags].count("li") == 3
    nothing = Page(cards.conversation([Turn(1, "q", make_answer(confident=False))], ""))
    assert "nothing comes near" in nothing.text
    assert "details" not in [tag for tag, _ in nothing.tags]


def test_only_the_newest_question_is_unfolded() -> None:
    turns = [Turn(1, "first", make_answer()), Turn(2, "second", problem="It broke."), Turn(3, "third")]
    page = Page(cards.conversation(turns, ""))
    assert [tag for tag, _ in page.tags].count("details") == 2
    assert "Searching…" in page.text
    assert cards.conversation([], "welcome") == "welcome"


def test_hostile_text_is_shown_literally_wherever_it_stands() -> None:
    hit = make_hit(HOSTILE, mark=Span(3, 9), path=HOSTILE, title=HOSTILE)
    sources = [
        cards.conversation([Turn(1, HOSTILE), Turn(2, HOSTILE, make_answer(hit, question=HOSTILE))], ""),
        cards.conversation([Turn(1, HOSTILE, problem=HOSTILE)], ""),
        cards.viewer("1.1", make_answer(hit), hit, HOSTILE),
    ]
    assert_literal(sources)


def test_the_words_of_the_question_are_set_off_in_the_marked_sentence_only() -> None:
    text = "The bridge is old. The bridge fell in a storm. No bridge is left."
    hit = make_hit(text, mark=Span(19, 46))
    answer = make_answer(hit, question="Which bridges fell?")
    shown = [cards.conversation([Turn(1, answer.question, answer)], ""), cards.viewer("1.1", answer, hit)]
    for source in shown:
        assert Page(source).marked == [text[19:46]]
        assert Page(source).bold == ["bridge", "fell"]


def test_the_viewer_shows_the_whole_document_with_the_passage_set_off() -> None:
    text = "Above.\n\nThe passage. It answers.\n\nBelow."
    passage = Passage(2, Span(8, 32), (Span(8, 20), Span(21, 32)))
    hit = Hit(1, 0.5, make_document(text), passage, "en", (Span(13, 24),), ())
    page = Page(cards.viewer("1.1", make_answer(hit), hit))
    assert page.paragraphs[-3:] == ["Above.", "The passage. It answers.", "Below."]
    assert page.marked == ["It answers."]
    assert [a["class"] for tag, a in page.tags if tag == "p"][-3:] == ["line", "line here gap", "line gap"]


def test_a_document_is_read_from_its_beginning() -> None:
    page = Page(cards.reader(make_document("First.\n\nLast.", path="sub/a.txt")))
    assert page.paragraphs[-2:] == ["First.", "Last."]
    assert page.marked == []
    assert "sub/a.txt" in page.text
    assert "Characters 0 to 200,000 of 500,000" in Page(cards.reader(make_document("word " * 100_000))).text


def test_a_very_long_document_is_shown_around_the_passage() -> None:
    text = "word " * 100_000
    hit = Hit(1, 0.5, make_document(text), Passage(9, Span(300_000, 300_100), ()), "en", (Span(5, 9),), ())
    page = Page(cards.viewer("1.1", make_answer(hit), hit))
    assert page.marked == ["word"]
    assert "Characters 200,000 to 400,000 of 500,000" in page.text
    assert len(page.text) < 210_000
