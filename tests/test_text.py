"""Folding: one spelling for what readers take as the same, and offsets that land on the original letters."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embeddings.text import CYRILLIC_I, fold, fold_with_offsets

ZWNJ, TATWEEL = "\u200c", "\u0640"
ARABIC = "اأإآٱبةتثجحخدذرزسشصضطظعغفقكلمنهويىئؤءپچژگکیهۀےەۃ"
KAZAKH = "әғқңөұүһіӘҒҚҢӨҰҮҺІйёЙЁ"
MARKS = "\u064b\u064e\u0650\u0651\u0652\u0653\u0654\u0655\u0670\u0300\u0301\u0306\u0307\u0308\u0327\u05b0"
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u2066\u2069\ufeff\u00ad" + TATWEEL
FORMS = "ﷲﷺﻻﻼﭖﮎﯼＡｂ１ﬁﬀßİıŁøđΣς½²ǅ\u1e9e"
JOINING = ["می", "نمی", "ها", "های", "هایی", "هایش", "هایشان", "تر", "ترین", "ماه", "خواهم", "کتاب", " ", ZWNJ]

heavy = st.text(ARABIC + KAZAKH + MARKS + INVISIBLE + FORMS + "aZ9٣۴ \n.،-", max_size=40)
joining = st.lists(st.sampled_from(JOINING), max_size=10).map("".join)
spaced = st.lists(st.sampled_from(JOINING), max_size=10).map(" ".join)
texts = st.one_of(st.text(max_size=60), heavy, joining, spaced, st.tuples(heavy, spaced, heavy).map("".join))


@given(texts)
@example("ماه می می خواهم")
@example("می می می")
@example("نمی ها تر")
@example("کتاب ها های")
@example("می ماه می خواهم")
@example("::هآ")
@example("می ماه ها")
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(texts)
def test_folding_with_offsets_folds_the_same(text: str) -> None:
    assert fold_with_offsets(text).text == fold(text)


@given(texts)
def test_every_folded_character_has_an_origin_in_order_and_in_range(text: str) -> None:
    folded = fold_with_offsets(text)
    assert len(folded.origins) == len(folded.text)
    assert folded.origins == sorted(folded.origins)
    assert all(0 <= origin < len(text) for origin in folded.origins)


@given(texts)
def test_every_folded_character_comes_from_its_origin(text: str) -> None:
    folded = fold_with_offsets(text)
    for character, origin in zip(folded.text, folded.origins, strict=True):
        alone = fold(text[origin])
        assert character in alone or (character == CYRILLIC_I and "i" in alone)


@given(texts, st.data())
def test_every_span_lies_in_the_text_and_holds_its_origins(text: str, data: st.DataObject) -> None:
    folded = fold_with_offsets(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.span(start, end)
    assert 0 <= first < last <= len(text)
    assert first <= min(folded.origins[start:end])
    assert last > max(folded.origins[start:end])


@given(texts)
def test_folded_text_holds_letters_digits_marks_and_plain_spaces_only(text: str) -> None:
    assert {c for c in fold(text) if c != " " and unicodedata.category(c)[0] not in "LNM"} == set()


@pytest.mark.parametrize("between", ["", TATWEEL, ZWNJ, "\u064e", "\u0651\u064e", "\u200f", TATWEEL * 3])
@pytest.mark.parametrize("word", ["كتاب", "قزاقستان", "книга", "élève", "straße"])
def test_a_found_word_is_marked_with_everything_written_in_it(word: str, between: str) -> None:
    written = between.join(word) + between
    text = f"قبل، {written}؛ after"
    folded = fold_with_offsets(text)
    start = folded.text.index(fold(word))
    first, last = folded.span(start, start + len(fold(word)))
    assert text[first:last] == written


@pytest.mark.parametrize(("before", "after"), [("", ""), ("x ", " y"), ("ﷺ ", ""), ("\ufeff", "\n"), ("می ", "")])
def test_a_span_ends_where_its_word_ends(before: str, after: str) -> None:
    folded = fold_with_offsets(f"{before}Word{after}")
    start = folded.text.index("word")
    first, last = folded.span(start, start + 4)
    assert f"{before}Word{after}"[first:last] == "Word"


SAME = [
    ("ي ى ی ې ے", "ی ی ی ی ی"),
    ("ك ک ڪ", "ک ک ک"),
    ("ة ه ە ہ ھ ۀ ۃ", "ه ه ه ه ه ه ه"),
    ("أ إ آ ٱ ا", "ا ا ا ا ا"),
    ("ؤ ئ", "و ی"),
    ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
    ("۰۱۲۳۴۵۶۷۸۹", "0123456789"),
    ("Ａｂ１", "ab1"),
    ("ﬁle", "file"),
    ("ﷲ", "الله"),
    ("ﻻ", "لا"),
    ("ＫАЗАҚСТАН", "kазақстан"),
    ("Ёж", "еж"),
    ("Straße", "STRASSE"),
    ("İstanbul ISPARTA ısparta", "istanbul isparta isparta"),
    ("Łódź", "lodz"),
    ("Élève", "eleve"),
    ("كِتَابٌ", "كتاب"),
    ("كـــتاب", "كتاب"),
    ("soft\u00adhyphen", "softhyphen"),
    ("ΣΊΣΥΦΟΣ", "σισυφος"),
    ("бiлiм Iс үйлендi", "білім іс үйленді"),
]


@pytest.mark.parametrize(("written", "plain"), SAME)
def test_readers_spellings_of_one_word_are_one(written: str, plain: str) -> None:
    assert fold(written).strip() == fold(plain).strip()
    assert fold(plain).strip() == fold(fold(plain)).strip()


def test_a_latin_i_among_latin_letters_stays() -> None:
    assert fold("Wi-Fi iz ii") == "wi fi iz ii"


def test_letters_that_differ_stay_apart() -> None:
    assert len({fold(letter) for letter in "بپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیا"}) == 32
    assert len({fold(letter) for letter in "әғқңөұүһіагкнуыо"}) == 16


@pytest.mark.parametrize(
    "parts", [("می", "خواهم"), ("نمی", "تواند"), ("کتاب", "ها"), ("کتاب", "های"), ("بزرگ", "ترین")]
)
def test_persian_parts_are_one_word_however_they_are_joined(parts: tuple[str, str]) -> None:
    assert len({fold(f"یک {joiner.join(parts)} دو") for joiner in (" ", ZWNJ, "")}) == 1


def test_the_month_of_may_is_no_prefix() -> None:
    assert fold("در ماه می لغو کرد").split() == ["در", "ماه", "می", "لغو", "کرد"]


def test_a_word_that_begins_like_a_suffix_stays_a_word() -> None:
    assert fold("کتاب تركيا").split() == [fold("کتاب"), fold("تركيا")]


def test_vowel_signs_that_are_letters_to_their_readers_stay() -> None:
    assert fold("की") != fold("का")
