"""Furniture that repeats across documents: counted naively, ranked last, found where nothing else fits."""

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.static import StaticEncoder
from qa.catalog import Catalog
from qa.library import Library
from qa.repeated import COPIED, FILLED, MANY, Spoken, furniture
from tests.conftest import write_files

AROUND = (
    "The Lake Gazette is printed on paper from the forests of the lake by its readers' own company since the year of "
    "the great flood. Whoever wants to write to the editors about the harbour, the ferry or the price of fish finds "
    "them at the old mill, where letters are answered on Fridays."
)
STORIES = {
    "ferry.txt": "The ferry over the lake will cost four coins from May on, because oil has become dear. The council "
    "of the town had voted for it on Tuesday after a long debate, and the captain agreed with what was decided there.",
    "mill.txt": "The old mill got a new roof of red tiles. Its owner paid for it with what he had earned from flour, "
    "and the children of the school painted its door in the colours of the town, green and white, over two days.",
    "flood.txt": "Water stood in the cellars of nine houses after the rain of last week. Firemen pumped it out within "
    "a night, and the mayor thanked them with a dinner at which the band of the neighbouring village played.",
    "fish.txt": "Fishermen caught fewer trout than a year ago. They blame the warm summer, while a biologist from the "
    "university counts on the cold streams of the north, where the young fish had been set free in spring.",
    "school.txt": "The school opens a week later than planned. Painters are still at work in its gymnasium, and the "
    "new teacher of music arrives from the capital only when her own house there has found a buyer at last.",
    "market.txt": "On the market square a bakery has opened. It sells bread with caraway in the morning and cakes with "
    "poppy seed in the afternoon, and its ovens are heated with wood from the orchards behind the church.",
}


def drawn(seed: int) -> list[tuple[int, int, int]]:
    """Return sentences as (words, size, document), of which some appear in many documents and some in few."""
    random = Random(seed)
    size = random.choice([1, 40])
    return [(int(random.expovariate(0.2)), random.randint(1, size), random.randrange(9)) for _ in range(60)]


@given(st.integers(0, 2**32))
def test_it_is_counted_as_naively(seed: int) -> None:
    """Three sentences make a passage."""
    found = sorted(drawn(seed), key=lambda one: one[2])
    passages = [number // 3 * 10 + document for number, (_, _, document) in enumerate(found)]
    rows = {passage: row for row, passage in enumerate(sorted(set(passages)))}

    def many(counted: list[tuple[int, int, int]]) -> set[int]:
        documents = Counter(words for words, _ in {(words, document) for words, _, document in counted})
        return {words for words, times in documents.items() if times >= MANY}

    def share(document: int, repeated: set[int]) -> float:
        sizes = [(size, words in repeated) for words, size, at in found if at == document]
        return sum(size for size, again in sizes if again) / sum(size for size, _ in sizes)

    first = many(found)
    left = many([one for one in found if one[0] in first and share(one[2], first) <= COPIED])
    own = {one[2] for one in found if share(one[2], first) <= COPIED}
    expected = np.zeros(len(rows), bool)
    for passage, row in rows.items():
        inside = [one for one, at in zip(found, passages, strict=True) if at == passage]
        again = sum(size for words, size, document in inside if words in left and document in own)
        expected[row] = again > 0 and again >= FILLED * sum(size for _, size, _ in inside)
    words, sizes, documents = (np.array(column) for column in zip(*found, strict=True))
    spoken = Spoken(words.astype(np.uint64), sizes, np.array([rows[passage] for passage in passages]), documents)
    np.testing.assert_array_equal(furniture(spoken, len(rows)), expected)


def test_nothing_repeats_where_there_is_nothing() -> None:
    none = np.empty(0, np.int64)
    assert furniture(Spoken(none.astype(np.uint64), none, none, none), 0).tolist() == []


def site(folder: Path, texts: dict[str, str], encoder: StaticEncoder) -> Library:
    library = Library(write_files(folder / "site", texts), Catalog(folder / "index"), encoder)
    library.update()
    return library


def test_what_stands_around_every_text_comes_after_the_texts(
    tmp_path: Path, encoder: StaticEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = {path: f"{story} {story.swapcase()}\n\n{AROUND}" for path, story in STORIES.items()}
    library = site(tmp_path, around, encoder)
    assert library._snapshot.index.furniture.sum() == len(STORIES)
    first, second, *_ = library.ask("price of fish and the ferry").hits
    assert (first.text[:9], second.text) == ("The ferry", AROUND)
    assert len(second.elsewhere) == len(STORIES) - 1
    assert library.ask("Who answers letters to the editors of the Lake Gazette?").hits[0].text == AROUND
    monkeypatch.setattr("qa.ranking.FURNITURE", 0)
    assert library.ask("price of fish and the ferry").hits[0].text == AROUND


@pytest.mark.parametrize("count", [MANY - 1, MANY])
def test_it_takes_many_documents(tmp_path: Path, encoder: StaticEncoder, count: int) -> None:
    chosen = list(STORIES.items())[:count]
    library = site(tmp_path, {path: f"{text} {text.upper()}\n\n{AROUND}" for path, text in chosen}, encoder)
    assert library._snapshot.index.furniture.any() == (count == MANY)


def test_versions_of_one_text_are_no_furniture(tmp_path: Path, encoder: StaticEncoder) -> None:
    told = "\n\n".join(STORIES.values())
    versions = {f"{number}.txt": f"{told}\n\nThis is version {number} of the report." for number in range(9)}
    assert not site(tmp_path, versions, encoder)._snapshot.index.furniture.any()


def test_an_update_recognises_what_a_fresh_build_does(tmp_path: Path, encoder: StaticEncoder) -> None:
    around = {path: f"{story} {story.swapcase()}\n\n{AROUND}" for path, story in STORIES.items()}
    first, *others = around.items()
    library = site(tmp_path, dict(others[:2]), encoder)
    assert not library._snapshot.index.furniture.any()
    for path, text in [*others[2:], first]:
        write_files(library.folder, {path: text})
        library.update()
    fresh = site(tmp_path / "fresh", around, encoder)
    np.testing.assert_array_equal(library._snapshot.index.furniture, fresh._snapshot.index.furniture)
    (library.folder / first[0]).unlink()
    (library.folder / others[0][0]).unlink()
    library.update()
    assert not library._snapshot.index.furniture.any()
