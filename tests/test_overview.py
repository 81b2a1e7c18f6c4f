"""The documents tab's lines: what each file is and how it stands in the index."""

import os
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qa.folder import Skipped
from qa.language import detect
from qa.library import Library
from qa.overview import CHANGED, INDEXED, PAGE, SKIPPED, UNREAD, Line, Overview
from qa.passages import split
from tests.conftest import WordEncoder, word_library, write_files
from tests.test_changes import IN_MEMORY

FILES = {
    "b/bridge.txt": "The old bridge\n\nThe bridge over the river is a hundred years old.\n",
    "a.md": "# پل قدیمی شهر\n\nپل قدیمی شهر در سال ۱۳۰۱ ساخته شد و هنوز هست.\n",
    "c.bin": "",
}


@pytest.fixture
def library(tmp_path: Path, index: Path) -> Library:
    library = word_library(write_files(tmp_path / "docs", FILES), index, WordEncoder("bridge"))
    library.update()
    return library


def test_each_file_has_a_line_with_all_that_is_known_of_it(library: Library) -> None:
    sheet = Overview(library).page()
    assert [(line.path, line.state) for line in sheet.lines] == [
        ("a.md", INDEXED), ("b/bridge.txt", INDEXED), ("c.bin", SKIPPED),
    ]  # fmt: skip
    assert (sheet.number, sheet.pages, sheet.found) == (1, 1, 3)
    persian, english, binary = sheet.lines
    assert (persian.title, persian.language, persian.passages) == ("پل قدیمی شهر", "fa", 1)
    assert (english.title, english.language, english.date) == ("The old bridge", "en", "")
    assert datetime.now(UTC) - datetime.fromisoformat(english.indexed) < timedelta(minutes=1)
    assert binary == Line("c.bin", SKIPPED, note=library.skipped[0].reason)


@pytest.mark.parametrize(
    ("search", "paths"),
    [
        ("", ["a.md", "b/bridge.txt", "c.bin"]), ("  ", ["a.md", "b/bridge.txt", "c.bin"]),
        ("BRIDGE", ["b/bridge.txt"]),
        ("پل قديمي", ["a.md"]), ("old bridge txt", ["b/bridge.txt"]), ("skipped", ["c.bin"]), ("holds", ["c.bin"]),
        ("indexed", ["a.md", "b/bridge.txt"]), ("bridge nowhere", []),
    ],
)  # fmt: skip
def test_the_search_finds_all_words_in_any_spelling(library: Library, search: str, paths: list[str]) -> None:
    sheet = Overview(library).page(search)
    assert [line.path for line in sheet.lines] == paths
    assert (sheet.found, sheet.pages) == (len(paths), 1)


def test_a_file_written_after_it_was_indexed_is_told_apart_from_one_that_was_only_touched(library: Library) -> None:
    overview, later = Overview(library), (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    (library.folder / "a.md").write_text("# Else", "utf-8")
    for path in ("a.md", "b/bridge.txt"):
        os.utime(library.folder / path, (later, later))
    assert [line.state for line in overview.page().lines] == [CHANGED, INDEXED, SKIPPED]
    (library.folder / "b/bridge.txt").unlink()
    assert [line.state for line in overview.page().lines] == [CHANGED, CHANGED, SKIPPED]
    library.update()
    assert [(line.title, line.state) for line in overview.page().lines] == [("Else", INDEXED), ("", SKIPPED)]


def test_a_file_of_a_year_that_no_calendar_has_is_listed(index: Path) -> None:
    memory = IN_MEMORY if IN_MEMORY.is_dir() else None  # many a disk has no such time
    with tempfile.TemporaryDirectory(dir=memory) as place:
        library = word_library(write_files(Path(place), FILES), index, WordEncoder("bridge"))
        os.utime(library.folder / "a.md", (3e11, 3e11))  # in the year 11476
        library.update()
        assert [line.state for line in Overview(library).page().lines] == [INDEXED, INDEXED, SKIPPED]


def test_a_document_that_can_no_longer_be_read_stays_and_says_why(library: Library) -> None:
    kept = Skipped("a.md", "it cannot be read", lost=False)
    with library.catalog.write() as transaction:
        stamp = library.catalog.stamp()
        assert stamp is not None
        transaction.finish(stamp, library.folder, [(kept, "")])
    fresh = word_library(library.folder, library.catalog.folder, WordEncoder("bridge"))
    first = Overview(fresh).page().lines[0]
    assert replace(first, indexed="") == Line("a.md", UNREAD, "پل قدیمی شهر", "md", "fa", "", 1, "", kept.reason)


def test_pages_hold_every_file_once_whatever_number_is_asked_for(tmp_path: Path, index: Path) -> None:
    texts = {f"{number:03}.txt": f"Note {number} about a bridge.\n" for number in range(2 * PAGE + 1)}
    library = word_library(write_files(tmp_path / "docs", texts), index, WordEncoder("bridge"))
    library.update()
    overview = Overview(library)
    pages = [overview.page("bridge", number) for number in (1, 2, 3)]
    assert [len(sheet.lines) for sheet in pages] == [PAGE, PAGE, 1]
    assert [line.path for sheet in pages for line in sheet.lines] == sorted(texts)
    assert [overview.page("bridge", number).number for number in (-1, 0, 4, 10**9)] == [1, 1, 3, 3]


def test_the_seeds_are_counted_as_their_passages_are(seed_library: Library) -> None:
    loaded = seed_library.catalog.load([document.key for document in seed_library.documents])
    for line, document in zip(Overview(seed_library).page().lines, loaded.documents, strict=True):
        spans = [passage.span for passage in split(document)]
        languages = Counter(detect(document.text[span.start : span.end]) for span in spans)
        assert (line.path, line.passages) == (document.path, len(spans))
        assert line.language == languages.most_common(1)[0][0]
