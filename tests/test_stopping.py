"""Updates that are stopped: they keep what they wrote, answer from it, and go on without embedding again."""

from collections.abc import Callable
from pathlib import Path

import pytest

import qa.changes
import qa.folder
import qa.update
from qa.library import Library
from qa.reports import Progress
from tests import test_safety
from tests.conftest import WordEncoder, word_library, write_files
from tests.test_safety import WORDS, assert_fresh, encoded, paths, text

# The fixtures are those of the other file.
twelve = test_safety.twelve


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qa.update, "FIRST", 3)
    monkeypatch.setattr(qa.update, "GROUP", 3)
    monkeypatch.setattr(qa.update, "BATCH", 2)


def after(calls: int) -> Callable[[], bool]:
    left = iter(range(calls))
    return lambda: next(left, None) is None


@pytest.mark.usefixtures("small_groups")
@pytest.mark.parametrize("calls", [0, 1, 4, 7, 12, 19])
def test_a_build_that_is_stopped_goes_on_without_embedding_again(tmp_path: Path, calls: int) -> None:
    folder = write_files(tmp_path / "docs", {f"{n:02}.txt": text(n) for n in range(12)})
    library = word_library(folder, tmp_path / "index", WordEncoder(WORDS))
    first = library.update(stop=after(calls))
    assert first.waiting == 12 - len(first.added) == 12 - len(paths(library))
    assert library.ask("oil", 20).waiting == first.waiting
    assert len(library.ask("oil", 20).hits) == len(first.added)
    reports = [first]
    while reports[-1].waiting:
        reports.append(library.update(stop=after(9)))
        assert len(reports) < 10
    assert paths(library) == [f"{n:02}.txt" for n in range(12)]
    assert library.ask("oil").waiting == 0
    assert sum(report.embedded for report in reports) == 12
    assert_fresh(library, tmp_path / "scratch")


@pytest.mark.usefixtures("small_groups")
def test_what_is_written_is_asked_while_the_build_runs(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "docs", {f"{n:02}.txt": text(n) for n in range(12)})
    library = word_library(folder, tmp_path / "index", WordEncoder(WORDS))
    other = word_library(folder, tmp_path / "index", WordEncoder(WORDS))
    assert not library.ask("oil").hits
    seen = []

    def ask(now: Progress) -> None:
        answer = library.ask("oil", 20)
        assert len(answer.hits) == answer.passages == len(paths(library))
        assert len(paths(other)) in (answer.passages, answer.passages + 3)
        seen.append((answer.passages, answer.waiting))

    library.update(progress=ask)
    assert seen == sorted(seen, key=lambda one: one[0])
    assert {(3, 9), (6, 6), (9, 3)} <= set(seen)


@pytest.mark.usefixtures("small_groups")
def test_an_error_midway_keeps_what_was_written(twelve: Library) -> None:
    write_files(twelve.folder, {f"new{n}.txt": text(f"new {n}") for n in range(8)})

    def fail(now: Progress) -> None:
        if now.passages >= 6:
            raise MemoryError

    with pytest.raises(MemoryError):
        twelve.update(progress=fail)
    before = encoded(twelve)
    kept = [path for path in paths(twelve) if path.startswith("new")]
    assert 3 <= len(kept) < 8
    report = twelve.update()
    assert (len(report.added), encoded(twelve) - before) == (8 - len(kept), report.embedded)


@pytest.mark.usefixtures("small_groups")
def test_a_rebuild_that_is_stopped_goes_on(twelve: Library, tmp_path: Path) -> None:
    other = word_library(twelve.folder, twelve.catalog.folder, WordEncoder(WORDS + " oils", name="other"))
    first = other.update(stop=after(9))
    assert first.rebuilt
    assert 0 < first.waiting < 12
    assert len(other.ask("oil", 20).hits) == 12 - first.waiting
    second = other.update()
    assert (second.rebuilt, second.waiting, len(second.unchanged)) == (None, 0, 12)
    assert paths(other) == [f"{n:02}.txt" for n in range(12)]
    assert other.check() == ()
