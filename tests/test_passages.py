"""Cutting documents into passages: exact spans for any text, whole words, linear time."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embeddings.text import fold
from qa.documents import Document, find_title
from qa.furniture import is_counter, is_furniture, may_be_furniture
from qa.passages import REPEATED, SHORTEST, split
from qa.sentences import LONGEST, UNBROKEN, sentences
from qa.spans import Span
from tests.conftest import assert_linear

LINES = [
    "در بحبوحه حمله روسیه به اوکراین، قزاقستان قرار است روابط خارجی خود را بازتعریف کند. اکنون فرصتی هست.",
    "كما حظر توكاييف أخيرًا عقوبة الإعدام؟ نعم! وقد تم بالفعل استبعاد هذا النوع (من القانون الجنائي).",
    "Mr. J. Biden spoke; nobody listened… 81.3 percent, in Astana.",
    "SHARE:", "تم النشر", "دیدگاهتان را بنویسید", "1", "A heading", "x", "", "  ", "— . !", "word " * 300, "a" * 1500,
    "ж" * 5000, "Сөйлем. " * 200, "一二三。" * 400,
]  # fmt: skip
ENDS = ["\n", "\n\n", "\r\n", "\r", "\u2028", "\x85", "\f", "\v", " "]
pages = st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(ENDS)), max_size=14).map(
    lambda lines: "".join(line + end for line, end in lines)
)
texts = st.one_of(pages, st.text(max_size=200), st.text("aب. \n،؟-\u200c", max_size=400))


def document(text: str) -> Document:
    return Document("a.txt", "", find_title(text), text)


def words(document: Document, span: Span) -> str:
    return document.text[span.start : span.end]


def cut(document: Document) -> list[str]:
    return [words(document, passage.span) for passage in split(document)]


@given(texts)
def test_passages_lie_in_the_text_in_order_apart_and_trimmed(text: str) -> None:
    end = 0
    for number, passage in enumerate(split(document(text)), start=1):
        assert passage.number == number
        assert end <= passage.span.start < passage.span.end <= len(text)
        assert (shown := text[passage.span.start : passage.span.end]) == shown.strip()
        end = passage.span.end


@given(texts)
def test_sentences_cover_all_of_their_passage_but_spaces(text: str) -> None:
    for passage in split(document(text)):
        end = passage.span.start
        for sentence in passage.sentences:
            assert end <= sentence.start < sentence.end <= passage.span.end
            assert not text[end : sentence.start].strip()
            end = sentence.end
        assert not text[end : passage.span.end].strip()
        assert passage.sentences


@given(texts)
@example("a" * (3 * UNBROKEN))
@example("a " + "b" * (2 * UNBROKEN) + " c")
def test_no_cut_falls_inside_a_word_unless_it_is_endless(text: str) -> None:
    endless = [match.span() for match in re.finditer(rf"\S{{{LONGEST},}}", text)]
    for passage in split(document(text)):
        for cut in {place for s in (passage.span, *passage.sentences) for place in (s.start, s.end)}:
            inside = text[max(cut - 1, 0) : cut].isalnum() and text[cut : cut + 1].isalnum()
            assert not inside or any(start < cut < end for start, end in endless if end - start > UNBROKEN)


@given(texts)
def test_passages_and_sentences_are_no_longer_than_their_limits(text: str) -> None:
    runs = max(map(len, text.split()), default=0)
    for passage in split(document(text)):
        for span in (passage.span, *passage.sentences):
            assert span.end - span.start <= max(LONGEST, min(runs + LONGEST // 2, UNBROKEN))


@given(texts)
@example("It rained in May.\r1\nA heading\nSHARE:\nThe wall is dry, and the houses behind it are dry as well.\n")
def test_every_letter_is_in_a_passage_or_left_out_for_a_reason(text: str) -> None:
    found = split(page := document(text))
    kept = bytearray(len(text))
    for span in [s for passage in found for s in (passage.span, *passage.repeats)]:
        kept[span.start : span.end] = b"1" * (span.end - span.start)
    lines = [line for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]", text) if line.strip()]
    for match in re.finditer(r"[^\r\n\v\f\x85\u2028\u2029]+", text):
        line = match.group().strip()
        lost = [i for i, c in enumerate(match.group(), match.start()) if c.isalnum() and not kept[i]]
        repeated = sum(fold(line).split() == fold(other).split() for other in lines) > 1
        above_title = lost and page.title in text[match.start() : lost[0] + SHORTEST // 2 + len(page.title)]
        headline = above_title and not line.endswith((".", "…"))  # one may end with another mark
        furniture = is_furniture(line) or may_be_furniture(line) or is_counter(line)
        assert not lost or furniture or repeated or headline


@given(pages)
def test_a_repeat_says_the_same_as_what_stands_in_its_passage(text: str) -> None:
    for passage in split(document(text)):
        shown = " ".join(fold(text[passage.span.start : passage.span.end]).split())
        for again in passage.repeats:
            assert again.start >= passage.span.end
            same = " ".join(fold(text[again.start : again.end]).split())
            assert same in shown or again.end - again.start > LONGEST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("هل فاز؟ نعم، فاز. انتهى", ["هل فاز؟", "نعم، فاز.", "انتهى"]),
        ("پایان یافت۔ دوباره آغاز شد", ["پایان یافت۔", "دوباره آغاز شد"]),
        ("He said «yes.» Then left.", ["He said «yes.»", "Then left."]),
        ("81.3 percent of J. Biden (and G. Bush).", ["81.3 percent of J. Biden (and G. Bush)."]),
        ("Wait... what? Yes", ["Wait... what?", "Yes"]),
        ("It opened in 1990. On page 20. It closed", ["It opened in 1990.", "On page 20. It closed"]),
        ("A heading\nA sentence", ["A heading", "A sentence"]),
        ("这是一。那是二！好", ["这是一。", "那是二！", "好"]),
        ("पुल खुला। नदी शांत थी॥ बस चली", ["पुल खुला।", "नदी शांत थी॥", "बस चली"]),
        ("ድልድዩ ተከፈተ። ወንዙ ጸጥ አለ", ["ድልድዩ ተከፈተ።", "ወንዙ ጸጥ አለ"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert [text[s.start : s.end] for s in sentences(text, Span(0, len(text)))] == expected


def test_a_heading_joins_the_paragraph_below_it() -> None:
    text = "A heading\n\n" + "word " * 60 + "\n\n" + "other " * 60
    assert [shown[:9] for shown in cut(document(text))] == ["A heading", "other oth"]


def test_a_short_end_joins_the_paragraph_above_it() -> None:
    text = "word " * 60 + "\n\nThe end"
    assert [shown[-7:] for shown in cut(document(text))] == ["The end"]


@pytest.mark.parametrize("number", [25, 60])
def test_a_long_paragraph_is_cut_into_similar_parts_at_sentence_ends(number: int) -> None:
    found = split(page := document("This sentence has some forty-two letters. " * number))
    sizes = [passage.span.end - passage.span.start for passage in found]
    assert max(sizes) <= LONGEST
    assert min(sizes) > max(sizes) * 0.6
    assert all(words(page, passage.span).endswith("letters.") for passage in found)


def test_a_short_end_stays_apart_where_both_would_be_too_long() -> None:
    assert [len(shown) for shown in cut(document("word " * 190 + "\n\n" + "It ended. " * 10))] == [949, 99]


@pytest.mark.parametrize(
    ("first", "gap", "parts"),
    [
        ("word " * 60 + "as follows:", "\n\n", 1),
        ("word " * 60 + "and why?", "\n\n", 1),
        ("word " * 60 + "and so on.", "\n\n", 2),
        ("word " * 60 + "and so on.", "\n", 2),
        ("word " * 60 + "and so", "\n", 1),
        ("word " * 60 + "and so", "\n\n", 2),
    ],
    ids=["colon", "question", "sentence", "sentence in line", "cut off", "cut off by a blank line"],
)
def test_a_paragraph_goes_on_where_it_leads_up_to_the_next_line_or_is_cut_off(first: str, gap: str, parts: int) -> None:
    assert len(cut(document(f"{first}{gap}{'other ' * 60}"))) == parts


def test_no_passage_reaches_across_furniture() -> None:
    page = document("Title of it\n\nabove above\nSHARE:\nbelow below")
    assert cut(page) == ["Title of it\n\nabove above", "below below"]


def test_text_that_stands_twice_is_one_passage_that_names_both_places() -> None:
    long = "This line is surely longer than the sixty characters that make a repeat, is it not?"
    assert len(long) > REPEATED
    text = f"Why we wrote this\n{long}\n{'other ' * 50}\nWhy we wrote this\n{long}"
    first, *rest = split(page := document(text))
    assert words(page, first.span).startswith("Why we wrote this\n" + long)
    assert [words(page, span) for span in first.repeats] == ["Why we wrote this", long]
    assert all(long not in words(page, passage.span) for passage in rest)


def test_a_short_line_may_stand_twice() -> None:
    text = f"Nobody was hurt.\n{'other ' * 50}\n\nNobody was hurt.\n{'more ' * 50}"
    found = split(page := document(text))
    assert sum(words(page, passage.span).count("Nobody was hurt.") for passage in found) == 2


def test_the_heading_of_a_repeated_line_repeats_only_where_it_stood_above_it_before() -> None:
    one, two = (f"The {name} has more than the sixty characters that make a repeat, hasn't it?" for name in "ab")
    text = f"{'start ' * 50}\n\nPart\n{one}\n{two}\n{'other ' * 50}\n\nPart\n{two}"
    found = split(page := document(text))
    assert [words(page, again) for passage in found for again in passage.repeats] == [two]
    assert sum(words(page, passage.span).count("Part") for passage in found) == 2


@pytest.mark.parametrize("again", [str, str.upper])
def test_each_piece_of_a_long_line_that_stands_twice_names_its_own_other_place(again) -> None:
    line = " ".join(f"Sentence number {i} of this long line says what no other sentence of it says." for i in range(30))
    found = split(page := document(f"{line}\n{again(line)}"))
    assert len(found) == 3
    for passage in found:
        assert [words(page, span) for span in passage.repeats] == [again(words(page, passage.span))]


def test_a_long_line_that_is_cut_otherwise_where_it_stands_again_is_named_as_a_whole() -> None:
    line = " ".join(f"Sentence number {i} of this long line says what no other sentence of it says." for i in range(30))
    wide = line.replace(" ", "   ")
    found = split(page := document(f"{line}\n{wide}"))
    assert [[words(page, span) for span in passage.repeats] for passage in found] == [[wide]] * 3


def test_a_sentence_above_the_title_is_kept() -> None:
    assert cut(document("Word " * 60 + "\nSHARE:\nIt was won by a mile. It was.\nThe race"))[1:] == [
        "It was won by a mile. It was.\nThe race"
    ]


def test_the_headline_below_a_paragraph_does_not_cost_it() -> None:
    page = Document("a.txt", "", "The race", f"{'word ' * 30}\nThe race\nSHARE:\n{'other ' * 50}")
    assert cut(page)[0].startswith("word ")


def test_a_sentence_that_serves_as_title_is_kept() -> None:
    assert cut(document("The office is closed on Fridays.\n" + "Word " * 199))[0] == "The office is closed on Fridays."


def test_a_bare_title_is_a_passage_only_where_there_is_nothing_else() -> None:
    assert len(split(document("Only a headline here"))) == 1
    assert cut(document("A headline of words\nSHARE:\nthe text")) == ["the text"]


UNITS = ["a", " ", ".", "- ", "\n", "، ", "a. ", "a b", "؟!", "\u200c", "J. ", ". a", "»", "ش\u0651"]


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_the_text_and_not_with_its_square(unit: str) -> None:
    assert_linear(lambda size: split(document((unit * size)[:size])), 60_000, 480_000)
