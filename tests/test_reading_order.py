"""Lines laid out as a page shows them are read in the order in which they were written."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.reading_order import Glyph, mostly_right_to_left, read_line

RIGHT = "آب سال کتاب مدينة المكتبة שלום گفت‌وگو چاپ".replace("\u200c", "").split()
LEFT = ["Beton", "Kavir Beton", "Nour 7", "info@example.com", "COVID-19"]
NUMBERS = ["7", "1923", "۱۳۵۲", "٤٥", "3.5", "120,000", "10/12/2020", "5:30"]
MIRRORED = str.maketrans("()«»", ")(»«")
SIZE = 10.0


def lay_out(tokens: Sequence[str]) -> list[Glyph]:
    """Place the tokens of a line from the right, as a page does: the glyphs of words from the right mirrored."""
    glyphs: list[Glyph] = []
    x = 500.0
    for token in tokens:
        from_right = not (token[0].isdecimal() or token[0] in "abcdefghijklmnopqrstuvwxyzBCKN")
        letters = token.translate(MIRRORED) if from_right else token
        for step, letter in enumerate(letters):
            place = x - 5 * (step + 1) if from_right else x - 5 * (len(letters) - step)
            if letter != " ":
                glyphs.append(Glyph(letter, place, place + 5, 100, SIZE))
        x -= 5 * len(letters) + 3  # a space is no glyph, only a gap
    return glyphs


words = st.sampled_from(RIGHT) | st.sampled_from(RIGHT).map("({})".format) | st.sampled_from(RIGHT).map("«{}»،".format)
others = st.sampled_from(LEFT) | st.sampled_from(NUMBERS)
lines = st.lists(st.tuples(words, others | words), min_size=1, max_size=8).map(
    lambda pairs: [token for pair in pairs for token in pair]
)


@given(lines, st.randoms(), st.booleans())
def test_a_line_from_the_right_is_read_as_it_was_written(tokens: list[str], order, page_is: bool) -> None:
    if sum(token in LEFT for token in tokens):
        page_is = True
    written = " ".join([*tokens, RIGHT[0]])
    glyphs = lay_out([*tokens, RIGHT[0]])
    order.shuffle(glyphs)  # a file may paint them in any order
    assert read_line(glyphs, right_to_left=page_is) == written


@given(st.lists(st.sampled_from(["The", "word", "of", "1923", "in", "(two)", "end."]), min_size=1), st.booleans())
def test_a_line_from_the_left_is_read_as_it_stands(tokens: list[str], page_is: bool) -> None:
    glyphs, x = [], 0.0
    for token in tokens:
        for letter in token:
            glyphs.append(Glyph(letter, x, x + 5, 100, SIZE))
            x += 5
        x += 3
    assert read_line(glyphs[::-1], right_to_left=page_is) == " ".join(tokens)


def test_numbers_side_by_side_stay_in_their_order() -> None:
    written = ["سال", "1923", "1964", "٤٥", "آب"]
    assert read_line(lay_out(written), right_to_left=True) == " ".join(written)


@pytest.mark.parametrize("parts", [["1990", "1995"], ["555", "0199"], ["۲۰۲۱", "۰۳", "۰۴"]])
def test_a_hyphen_after_arabic_letters_parts_numbers_as_they_are_seen(parts: list[str]) -> None:
    seen = "-".join(reversed(parts))  # as Unicode's rule W2 and every browser have it
    assert read_line(lay_out(["سال", seen, "آب"]), right_to_left=True) == f"سال {'-'.join(parts)} آب"
    assert read_line(lay_out([seen, "سال"]), right_to_left=True) == f"{seen} سال"  # no letter before it
    assert read_line(lay_out(["שלום", seen]), right_to_left=True) == f"שלום {seen}"


@pytest.mark.parametrize("beside", [0.0, 0.3])
def test_a_joiner_stays_behind_its_letter(beside: float) -> None:
    word = [Glyph("ب", 90, 95, 100, SIZE), Glyph("ت", 80, 90, 100, SIZE)]
    joiner = Glyph("\u200c", 80 + beside, 83, 100, SIZE)
    assert read_line([*word, joiner, Glyph("ه", 75, 80, 100, SIZE)], right_to_left=True) == "بت\u200cه"


def test_a_sign_that_hides_how_wide_its_letter_is_makes_no_space() -> None:
    signed = Glyph("تُ", 564.31, 567.31, 100, 12)
    assert read_line([Glyph("ف", 569.17, 574.04, 100, 12), signed], right_to_left=True) == "فتُ"


@pytest.mark.parametrize("letters", ["لا", "لله", "الله"])
@pytest.mark.parametrize("turned", [False, True])
def test_the_letters_of_a_ligature_are_read_in_order(letters: str, turned: bool) -> None:
    ligature = [Glyph(letter, 100, 110, 100, SIZE) for letter in (reversed(letters) if turned else letters)]
    before = [Glyph(letter, 115 - 5 * step, 120 - 5 * step, 100, SIZE) for step, letter in enumerate("و")]
    assert read_line([*before, *ligature], right_to_left=True).replace(" ", "") == f"و{letters}"


def test_a_page_has_the_direction_of_most_of_its_letters() -> None:
    assert mostly_right_to_left("نشانی info")
    assert not mostly_right_to_left("information سال 1923")
    assert not mostly_right_to_left("1923")
