"""What an update tells while it runs, and how often it writes."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import qa.update
from qa.library import Library
from qa.reports import Progress
from tests.conftest import WordEncoder, word_library, write_files
from tests.test_update import WORDS, paragraphs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "docs", {"a.txt": paragraphs(1, 3)})


@pytest.fixture
def words(folder: Path, index: Path) -> Library:
    library = word_library(folder, index, WordEncoder(WORDS))
    library.update()
    return library


def test_progress_tells_documents_passages_and_what_is_ahead(words: Library, folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(qa.update, "BATCH", 2)
    monkeypatch.setattr(qa.update, "FIRST", 4)
    monkeypatch.setattr(qa.update, "GROUP", 4)
    write_files(folder, {f"new{n}.txt": paragraphs(20 + n, 3) for n in range(6)} | {"no.txt": "?"})
    seen: list[Progress] = []
    report = words.update(progress=seen.append)
    assert {progress.total for progress in seen} == {7}
    for name in ("done", "passages", "skipped"):
        found = [getattr(progress, name) for progress in seen]
        assert found == sorted(found), name
    assert (seen[0].done, seen[0].passages, seen[0].left) == (0, 0, None)
    assert (seen[-1].done, seen[-1].passages, seen[-1].skipped, seen[-1].left) == (7, report.embedded, 1, 0.0)
    assert any(0 < progress.done < 7 and progress.left and progress.rate for progress in seen)
    assert {progress.document for progress in seen} <= {"", *(f"new{n}.txt" for n in range(6))}


def test_files_are_told_while_they_are_read_also_where_none_has_text(
    words: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.update, "STEP", -1.0)
    write_files(folder, {f"scan{n}.txt": "?" for n in range(9)})
    seen: list[Progress] = []
    words.update(progress=seen.append)
    assert [progress.document for progress in seen[:9]] == [f"scan{n}.txt" for n in range(9)]
    assert [(progress.done, progress.skipped) for progress in seen[:9]] == [(n, n) for n in range(9)]


def test_a_file_that_is_too_large_takes_no_time_of_what_is_ahead(words: Library, folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(qa.update, "FIRST", 1)
    monkeypatch.setattr(qa.update, "GROUP", 1)
    with (folder / "0.txt").open("wb") as file:
        file.truncate(10 * 2**30)
    write_files(folder, {f"new{n:02}.txt": paragraphs(20 + n, 3) for n in range(40)})
    seen: list[Progress] = []
    words.update(progress=seen.append)
    told = [(now, now.passages / now.rate) for now in seen if now.rate and now.done < 20]
    assert told
    for now, spent in told:  # files of one length: half of them or more are ahead
        assert now.left is not None
        assert now.left > spent / 2


def test_a_folder_that_is_renamed_is_written_in_few_groups(words: Library, folder: Path, monkeypatch) -> None:
    write_files(folder, {f"old/{n}.txt": paragraphs(n, 2) for n in range(60)})
    words.update()
    monkeypatch.setattr(qa.update, "BATCH", 2)
    monkeypatch.setattr(qa.update, "FIRST", 4)
    monkeypatch.setattr(qa.update, "LONGEST", 1000.0)
    before = words.catalog.generation()
    (folder / "old").rename(folder / "new")
    report = words.update()
    assert (len(report.added), report.embedded) == (60, 0)
    assert words.catalog.generation() - before <= 3  # each costs as much as the whole index is large


def test_what_is_known_of_files_and_passages_is_worked_out_once(words: Library, folder: Path, monkeypatch) -> None:
    calls: Counter[str] = Counter()
    for name in ("_work", "_digest"):
        monkeypatch.setattr(qa.update, name, counting(name, getattr(qa.update, name), calls))
    monkeypatch.setattr(qa.update, "BATCH", 2)
    write_files(folder, {f"new{n}.txt": paragraphs(20 + n, 3) for n in range(6)})
    report = words.update()
    assert calls == {"_work": len(report.added), "_digest": report.embedded}


def counting(name: str, work: Callable[..., object], calls: Counter[str]) -> Callable[..., object]:
    def counted(*arguments: object) -> object:
        calls[name] += 1
        return work(*arguments)

    return counted
