"""Updates of files and folders that are gone or cannot be read."""

import os
import shutil
import time
from pathlib import Path

import pytest

import qa.transaction
import qa.update
from qa.catalog import Catalog
from qa.changes import compare
from qa.errors import FolderError
from qa.library import Library
from qa.transaction import Stamp
from tests import test_update
from tests.conftest import WordEncoder, whole, word_library, write_files
from tests.test_catalog import document
from tests.test_update import WORDS, changed, paragraphs

# The fixtures are those of the other file.
folder = test_update.folder
words = test_update.words


def test_a_file_replaced_by_a_link_that_leaves_the_folder_is_removed(words: Library, folder: Path) -> None:
    (folder / "a.txt").unlink()
    (folder / "a.txt").symlink_to("/proc/self/mem")
    report = words.update()
    assert (report.removed, [skip.path for skip in report.skipped]) == (("a.txt",), ["a.txt"])


def test_a_read_error_keeps_what_was_indexed_even_when_all_is_rebuilt(
    words: Library, folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, bad = os.open, os.path.realpath(folder / "a.txt")

    def fail(place: str, *flags: int) -> int:
        if place == bad:
            raise OSError(5, "Input/output error")
        return opened(place, *flags)

    monkeypatch.setattr(os, "open", fail)
    other = word_library(folder, index, WordEncoder(WORDS, name="other"))
    report = other.update()
    assert "a.txt" in report.unchanged
    assert [skip.reason for skip in report.skipped] == ["it cannot be read (Input/output error): fix its permissions"]
    assert "a.txt" in {hit.document.path for hit in other.ask("kazakhstan", 50).hits}


def test_a_file_that_is_no_text_any_more_is_removed_and_skipped(words: Library, folder: Path) -> None:
    (folder / "a.txt").write_bytes(b"\xff\xfe\0")
    report = words.update()
    assert (report.removed, [skip.path for skip in report.skipped]) == (("a.txt",), ["a.txt"])
    assert words.skipped == report.skipped


@pytest.mark.parametrize("gone", ["missing", "empty", "file", "unreadable text only"])
def test_a_folder_without_documents_keeps_the_index(words: Library, folder: Path, gone: str) -> None:
    shutil.rmtree(folder)
    if gone == "file":
        folder.write_text("a file")
    elif gone != "missing":
        folder.mkdir()
    if gone.startswith("unreadable"):
        (folder / "x.txt").write_bytes(bytes(9))
    with pytest.raises(FolderError, match="docs"):
        words.update()
    assert len(whole(words.catalog).documents) == 3
    assert words.ask("president").hits


def test_an_empty_folder_that_is_meant_empties_the_index(words: Library, folder: Path) -> None:
    for file in folder.rglob("*.txt"):
        file.unlink()
    assert words.update(force=True).removed == ("a.txt", "b.txt", "sub/c.txt")
    assert (len(words), words.ask("president").hits) == (0, ())


def test_a_document_is_made_again_from_its_text_while_its_folder_cannot_be_read(
    words: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan, before, asked = os.scandir, whole(words.catalog), words.ask("president", 50)

    def refuse(place: str) -> object:  # a closed folder is open to root
        if place == str(folder / "sub"):
            raise PermissionError(13, "Permission denied")
        return scan(place)

    monkeypatch.setattr(os, "scandir", refuse)
    words.update()
    with words.catalog.write() as transaction:  # as a repair does with a damaged passage
        transaction.spoil([("sub/c.txt", 2)])
        transaction.touch()
    assert words.update().embedded == 1
    assert [document.path for document in words.documents] == ["a.txt", "b.txt", "sub/c.txt"]
    assert (whole(words.catalog).documents, words.ask("president", 50)) == (before.documents, asked)
    content = words.catalog.file.read_bytes()
    words.update()
    assert words.catalog.file.read_bytes() == content


def test_a_catalog_changed_meanwhile_by_another_process_is_compared_again(
    folder: Path, index: Path, words: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(folder, {"new.txt": paragraphs(9, 1)})
    compare = qa.update.compare

    def compare_while_another_updates(*arguments, **options):
        changes = compare(*arguments, **options)
        monkeypatch.setattr(qa.update, "compare", compare)
        word_library(folder, index, WordEncoder(WORDS)).update()
        return changes

    monkeypatch.setattr(qa.update, "compare", compare_while_another_updates)
    assert changed(words.update())["unchanged"] == ("a.txt", "b.txt", "new.txt", "sub/c.txt")


def test_ten_times_the_documents_of_a_folder_that_cannot_be_read_take_ten_times_the_time(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, scan, encoder = folder / "closed", os.scandir, WordEncoder(WORDS)
    closed.mkdir()

    def refuse(place: str) -> object:  # a closed folder is open to root
        if place == str(closed):
            raise PermissionError(13, "Permission denied")
        return scan(place)

    monkeypatch.setattr(os, "scandir", refuse)
    seconds = {}
    for documents in (1000, 10_000):
        catalog = Catalog(tmp_path / str(documents))
        with catalog.write() as transaction:
            for number in range(documents):
                transaction.put(document(f"closed/{number}.txt"), [])
            transaction.finish(Stamp.of(encoder), folder, [])
        began = time.process_time()
        changes = compare(folder, catalog, encoder)
        seconds[documents] = time.process_time() - began
        assert (len(changes.kept), changes.gone) == (documents, ())
    assert seconds[10_000] < 20 * seconds[1000] + 0.2, seconds
