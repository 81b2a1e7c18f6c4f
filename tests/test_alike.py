"""Which texts are one story, and that an answer shows it once with all its places."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.static import StaticEncoder
from qa.alike import FEWEST, is_same_story
from qa.catalog import Catalog
from qa.library import Library
from qa.ranking import rank
from qa.snapshot import LIKELY
from qa.trust import CONFIDENT, confidence
from tests.conftest import done, write_files

STORY = (
    "The northern bridge of Almaty was closed on Monday after engineers had found 14 cracks in its second pillar, and "
    "the mayor, Serik Tokaev, said that lorries would have to take the old road until the end of the summer."
)
STORIES = [
    STORY,
    "أغلق الجسر الشمالي يوم الاثنين بعد أن عثر المهندسون على 14 شقا في العمود الثاني، وقال رئيس البلدية إن الشاحنات "
    "ستسلك الطريق القديم حتى نهاية فصل الصيف من هذا العام.",
    "پل شمالی شهر روز دوشنبه بسته شد زیرا مهندسان ۱۴ ترک در پایه دوم آن پیدا کردند و شهردار گفت که کامیون‌ها تا پایان "
    "تابستان باید از راه قدیمی بروند.",
    "Солтүстік көпір дүйсенбіде жабылды, өйткені инженерлер оның екінші тірегінен 14 жарықшақ тапты, ал әкім жүк "
    "көліктері жаздың соңына дейін ескі жолмен жүреді деп айтты.",
    "Северный мост закрыли в понедельник после того, как инженеры нашли 14 трещин в его второй опоре, и мэр сказал, "
    "что грузовики до конца лета поедут по старой дороге.",
    "Kuzey köprüsü, mühendislerin ikinci ayağında 14 çatlak bulmasının ardından pazartesi günü kapatıldı ve belediye "
    "başkanı kamyonların yaz sonuna kadar eski yolu kullanacağını söyledi.",
]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Tokaev", "Tokayev"),
        ("The northern", "  THE NORTHERN"),
        (", and the mayor", " — and the mayor"),
        ("engineers had found", "engineers of the city had found"),
        ("old road until", "old road, it was said, until"),
        ("until the end of the summer.", "until the end of the summer. (Reuters)"),
        ("on Monday ", ""),
    ],
)
def test_a_story_with_small_edits_is_the_same(old: str, new: str) -> None:
    assert old in STORY
    edited = STORY.replace(old, new)
    assert is_same_story(STORY, edited)
    assert is_same_story(edited, STORY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("14 cracks", "15 cracks"),
        ("14 cracks", "cracks"),
        ("Almaty", "Astana"),
        ("northern", "southern"),
        ("Monday", "Tuesday"),
        ("was closed", "was not closed"),
        ("was closed", "was never closed"),
        ("found", "seen"),
        ("mayor, Serik Tokaev,", "mayor, Serik Nurlan,"),
        ("The northern bridge of Almaty was closed", "Of Almaty the northern bridge was closed"),
        (
            "old road until the end of the summer.",
            "old road until the end of the summer. " + "It will rain a lot. " * 3,
        ),
        ("engineers had found 14 cracks in its second pillar, and the mayor", "the mayor"),
    ],
)
def test_another_number_name_or_statement_is_another_story(old: str, new: str) -> None:
    assert old in STORY
    edited = STORY.replace(old, new)
    assert not is_same_story(STORY, edited)
    assert not is_same_story(edited, STORY)


@pytest.mark.parametrize(
    ("one", "other"), [("Iran", "Iraq"), ("Niger", "Nigeria"), ("Austria", "Australia"), ("sixty", "sixteen")]
)
def test_names_that_are_spelt_nearly_alike_are_others(one: str, other: str) -> None:
    assert not is_same_story(STORY.replace("Almaty", one), STORY.replace("Almaty", other))


def test_a_word_without_its_first_letter_is_another() -> None:
    assert is_same_story(STORY.replace("northern", "northernn"), STORY)
    assert not is_same_story(STORY.replace("northern", "orthern"), STORY)


def test_a_short_text_that_lacks_a_word_is_another() -> None:
    words = STORY.split()[: FEWEST - 1]
    assert not is_same_story(" ".join(words), " ".join(word for word in words if word != "Monday"))


@pytest.mark.parametrize(
    ("story", "negation"),
    [(1, "لم"), (2, "نه"), (3, "емес"), (4, "не"), (5, "değil")],
)
def test_a_negation_is_not_a_small_edit_in_any_language(story: int, negation: str) -> None:
    words = STORIES[story].split()
    assert not is_same_story(STORIES[story], " ".join([*words[:5], negation, *words[5:]]))


def test_a_verb_that_is_denied_by_its_ending_is_another() -> None:
    assert not is_same_story(STORIES[5].replace("söyledi", "söylemedi"), STORIES[5])
    assert not is_same_story(STORIES[3].replace("айтты", "айтпады"), STORIES[3])


@given(st.sampled_from(STORIES), st.data())
def test_any_tenth_of_the_words_may_be_left_out_and_no_more(story: str, data: st.DataObject) -> None:
    words = story.split()
    plain = [at for at, word in enumerate(words) if word.strip(".,،").isalpha()]
    left = data.draw(st.sets(st.sampled_from(plain), min_size=1, max_size=len(words) // 3))
    shorter = " ".join(word for at, word in enumerate(words) if at not in left)
    expected = len(left) <= len(words) / 10 and len(words) - len(left) >= FEWEST
    assert is_same_story(story, shorter) == is_same_story(shorter, story) == expected


@pytest.mark.parametrize("story", STORIES)
def test_what_may_be_left_out_leaves_the_vectors_alike(story: str, encoder: StaticEncoder) -> None:
    """Only passages whose vectors are `LIKELY` alike are compared word for word."""
    words, drawn = story.split(), random.Random(0)
    edited = []
    for _ in range(200):
        left = drawn.sample(range(len(words)), len(words) // 10)
        edited.append(" ".join(word for at, word in enumerate(words) if at not in left))
    assert (encoder.encode_passages(edited) @ encoder.encode_passages([story])[0]).min() > LIKELY


@given(st.sampled_from(STORIES), st.integers(0, 2**32))
def test_a_table_of_results_is_no_story(story: str, seed: int) -> None:
    """Lines of one pattern that differ in a place or a figure, however long the pattern is."""
    chosen = random.Random(seed)
    places = chosen.sample(["Almaty", "Astana", "Aktobe", "Atyrau", "Taraz", "Semey"], 2)
    figures = chosen.sample(range(1000), 2)
    assert not is_same_story(f"{places[0]}: {story}", f"{places[1]}: {story}")
    assert not is_same_story(f"{story} {figures[0]}", f"{story} {figures[1]}")


def test_short_texts_are_the_same_only_word_for_word() -> None:
    assert is_same_story("The bridge is closed.", "the bridge, is closed")
    assert not is_same_story("The bridge is closed.", "The old bridge is closed.")


@pytest.fixture
def stories(tmp_path: Path, encoder: StaticEncoder) -> Library:
    told = {
        "a.txt": STORY,
        "b.txt": STORY.replace("engineers had found", "engineers of the city had found").replace("Tokaev", "Tokayev"),
        "c.txt": STORY.replace("Almaty", "Astana"),
        "d.txt": STORY.upper(),
        "e.txt": "The ferry over the lake runs every hour from May to September, and on Sundays twice.",
    }
    library = Library(write_files(tmp_path / "told", told), Catalog(tmp_path / "index"), encoder)
    library.update()
    return library


def test_a_story_in_several_files_is_one_hit_with_all_its_places(stories: Library) -> None:
    hits = stories.ask("Why was the northern bridge of Almaty closed?").hits
    first = {hits[0].document.path: True, **{place.document.path: place.same for place in hits[0].elsewhere}}
    assert first.keys() == {"a.txt", "b.txt", "d.txt"}
    assert len(hits) == 3
    assert sorted(first.values()) == ([False, True, True] if hits[0].document.path != "b.txt" else [False, False, True])
    for place in hits[0].elsewhere:
        text = place.document.text[place.span.start : place.span.end]
        assert is_same_story(text, hits[0].text)


def test_copies_of_the_answer_leave_no_doubt_about_it(tmp_path: Path, encoder: StaticEncoder) -> None:
    """They score as high, and another passage that does would be a reason to doubt."""
    told = {f"{number}.txt": STORY + " (Reuters)" * (number % 2) for number in range(8)}
    told["e.txt"] = "The ferry over the lake runs every hour from May to September, and on Sundays twice."
    library = Library(write_files(tmp_path / "told", told), Catalog(tmp_path / "index"), encoder)
    library.update()
    question = "Why was the northern bridge of Almaty closed?"
    ranked = rank(library._snapshot.index, question)
    answer = library.ask(question)
    assert len(answer.hits[0].elsewhere) == 7
    assert len(ranked.without(range(1, 8)).rows) == len(ranked.rows) - 7
    assert answer.confidence > max(confidence(ranked), CONFIDENT)


def test_places_outside_a_filter_are_not_told(stories: Library) -> None:
    (hit,) = stories.ask("Why was the bridge of Almaty closed? document:b.txt").hits
    assert hit.elsewhere == ()


def test_the_folded_places_are_printed(stories: Library) -> None:
    asked = ("ask", "Why was the northern bridge of Almaty closed?", stories.folder, "--index", stories.catalog.folder)
    first = json.loads(done(*asked, "--json"))["hits"][0]
    assert {first["document"], *(place["document"] for place in first["elsewhere"])} == {"a.txt", "b.txt", "d.txt"}
    assert done(*asked).count("   nearly so in ") + done(*asked).count("   again in ") == 2


def test_rows_of_a_table_are_never_folded(tmp_path: Path, encoder: StaticEncoder) -> None:
    rows = ["what was told about the bridge", STORY.replace(",", ""), STORY.replace(",", "").replace("on Monday ", "")]
    library = Library(write_files(tmp_path / "told", {"a.csv": "\n".join(rows)}), Catalog(tmp_path / "index"), encoder)
    library.update()
    assert len(library.ask("Why was the bridge of Almaty closed?").hits) == 2


def test_thousands_of_equal_rows_share_the_text_of_their_table(tmp_path: Path, encoder: StaticEncoder) -> None:
    rows = "status,device\n" + "error,disk\nok,disk\n" * 1000
    library = Library(write_files(tmp_path / "told", {"a.csv": rows}), Catalog(tmp_path / "index"), encoder)
    library.update()
    (hit,) = library.ask("which disk has an error", 1).hits
    assert len(hit.elsewhere) == 999
    assert all(place.document is hit.document for place in hit.elsewhere)


def test_each_of_many_places_is_told_once(tmp_path: Path, encoder: StaticEncoder) -> None:
    edited = STORY.replace("on Monday ", "")
    told = {"a.txt": STORY, **{f"{number}.txt": edited for number in range(400)}}  # more than are ranked
    library = Library(write_files(tmp_path / "told", told), Catalog(tmp_path / "index"), encoder)
    library.update()
    (hit,) = library.ask("Why was the northern bridge of Almaty closed on Monday?", 1).hits
    paths = [hit.document.path, *(place.document.path for place in hit.elsewhere)]
    assert sorted(paths) == sorted(told)
