"""Words of four scripts against the consonants that they share."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.sound import SHORTEST, UNTOLD, question_sounds, sounds, without_article
from embeddings.text import fold

NAMES = [
    "Tokayev Toqaev توكاييف توکایف Токаев Тоқаев",
    "Kazakhstan Kazakistan كازاخستان قزاقستان Казахстан Қазақстан",
    "Vladimir فلاديمير ولادیمیر Владимир",
    "Victoria Viktorya فيكتوريا ویکتوریا Виктория",
    "Chopin شوبان شوپن Шопен",
    "George جورج Джордж",
    "Beyoncé بيونسيه Бейонсе",
    "Астана Astana أستانا آستانه",
]


@pytest.mark.parametrize("names", NAMES)
def test_a_name_sounds_the_same_in_every_script(names: str) -> None:
    assert len({sounds(fold(name)) for name in names.split()}) == 1


def test_the_arabic_article_is_no_part_of_a_name() -> None:
    assert sounds(fold("بالقاهرة")) == sounds(fold("القاهرة")) == sounds(fold("قاهرة"))


def test_an_article_is_taken_off_only_where_enough_is_left() -> None:
    assert [without_article(fold("كالفن"), least) for least in (2, 3)] == [fold("فن"), fold("كالفن")]  # Calvin
    assert sounds(fold("كالفن")) == sounds(fold("Калвин")) == "klfn"


def test_names_that_differ_stay_apart() -> None:
    assert (
        len({sounds(fold(name)) for name in "Putin Biden Merkel Macron Berdymukhamedov Rahmon Mirziyoyev".split()}) == 7
    )


def test_words_of_few_consonants_have_no_sound() -> None:
    assert sounds("who is xi in 2022") == ""
    assert sounds("") == ""


@given(st.text())
def test_a_sound_is_made_of_the_same_few_letters_and_never_of_two_alike(text: str) -> None:
    for sound in sounds(fold(text)).split():
        assert set(sound) <= set("btdksjflrmn")
        assert len(sound) >= SHORTEST
        assert all(one != other for one, other in pairwise(sound))


@pytest.mark.parametrize(
    ("question", "expected", "share"),
    [
        ("How do I bake bread for Tokayev?", "tkf", 1 / 3),  # "bread" sounds like the Persian for "flew"
        ("who is tokayev", "tkf", UNTOLD),  # nothing is told from capitals where there are none
        ("Где Токаев провёл отпуск?", "tkf brfl tbsk", 1),  # four consonants meet by chance less often
        ("«Qatar» and 5 train stations", "ktr stns", 2 / 3),
        ("من هو توكاييف", "tkf", UNTOLD),
        ("Who is توكاييف?", "tkf", 1),
        ("Xyz", "", 0),
        ("", "", UNTOLD),
    ],
)
def test_a_short_word_of_a_question_sounds_only_where_it_may_be_a_name(
    question: str, expected: str, share: float
) -> None:
    assert question_sounds(question) == (expected, pytest.approx(share))
