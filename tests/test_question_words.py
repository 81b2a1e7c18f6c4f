"""The question's words in a sentence: on the original letters, in any spelling, without words that all texts have."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.text import fold
from qa.language import is_common
from qa.question_words import question_words

LETTERS = "abاإأٱيىیكکةه‌ًَُـъёЁşıİ \n.,،1٢۳"


def found(question: str, sentence: str) -> list[str]:
    return [sentence[span.start : span.end] for span in question_words(question, sentence)]


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("کتاب كجاست؟", "هذا كتابٌ جميل", ["كتابٌ"]),  # a Persian keyboard, an Arabic page with vowel signs
        ("إسكندرية", "مدينة الاسكندريه القديمة", ["الاسكندريه"]),
        ("می‌خواهند بروند", "آنها می خواهند فردا بروند", ["می خواهند", "بروند"]),  # a space for a zero-width joint
        ("کتاب‌ها", "کتابها و دفترها", ["کتابها"]),
        ("سال ۱۹۹۲", "في عام 1992، حدث", ["1992"]),
        ("Ёлка и снег", "На ёлках снега нет", ["ёлках", "снега"]),
        ("ISTANBUL nerede?", "İstanbul'da bir köprü", ["İstanbul"]),
        ("Does the storm damage ports?", "Storms damaged the port of Aktau", ["Storms", "damaged", "port"]),
        ("Қазақстан туралы", "Қазақстанда жаз ыстық", ["Қазақстанда"]),
        ("Where did Tokayev study?", "توكاييف درس في موسكو", ["توكاييف"]),
        ("Кто такой Горбачёв?", "گورباچف که بود", ["گورباچف"]),
        ("توکایف کیست؟", "Toqaev and Tokayev are one", ["Toqaev", "Tokayev"]),
    ],
)
def test_words_are_found_on_their_original_letters(question: str, sentence: str, words: list[str]) -> None:
    assert found(question, sentence) == words


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What is the name of the river?", "What the storm did is not the point of this"),
        ("ما هي عاصمة البلاد في هذا العام؟", "هذا ما قال في من كان هي على إلى"),
        ("چه کسی در این خانه است؟", "این است که در آن چه شد"),
        ("Что это и как оно есть?", "Как и что это было"),
        ("مارس", "ممارسة القانون"),  # within another word
        ("we talk", "بعد الطلاق"),  # three consonants, no name: too many words sound so
        ("x y", "x y z"),
        ("", "Words."),
        ("Words?", ""),
    ],
)
def test_common_words_and_chance_likenesses_are_not_marked(question: str, sentence: str) -> None:
    assert found(question, sentence) == []


@given(st.text(LETTERS, max_size=40), st.text(LETTERS, max_size=40))
def test_spans_are_whole_folded_words_in_order(question: str, sentence: str) -> None:
    spans = question_words(question, sentence)
    assert all(0 <= span.start < span.end <= len(sentence) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    whole = fold(sentence).split()
    for span in spans:
        inside = fold(sentence[span.start : span.end]).split()
        assert all(any(word in long for long in whole) for word in inside)


@given(st.text(LETTERS, max_size=40))
def test_a_sentence_asked_as_it_stands_is_marked_but_for_its_common_words(text: str) -> None:
    spans = question_words(text, text)
    assert len(spans) == sum(not is_common(word) for word in fold(text).split())


def test_a_line_end_within_a_joined_word_changes_nothing() -> None:
    assert found("می‌خواهند", "آنها می\nخواهند") == ["می\nخواهند"]
