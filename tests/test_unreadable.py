"""Updates where something is gone, cannot be read, or changes behind the index."""

import os
import shutil
from pathlib import Path

import pytest

import qa.folder
import qa.transaction
import qa.update
from qa.catalog import Catalog
from qa.changes import compare
from qa.errors import FolderError, LockedError
from qa.folder import File, SkipError, is_settled
from qa.library import Library
from qa.transaction import Stamp
from tests import test_update
from tests.conftest import WordEncoder, assert_linear, whole, word_library, write_files
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


def test_a_file_that_cannot_be_looked_at_stays_and_those_beside_it_are_followed(
    words: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = qa.folder._check_entry

    def refuse(entry: "os.DirEntry[str]", path: str, folder: str) -> os.stat_result:
        if path == "sub/c.txt":
            raise SkipError("it cannot be read (Permission denied)", lost=False)
        return check(entry, path, folder)

    monkeypatch.setattr(qa.folder, "_check_entry", refuse)
    write_files(folder, {"sub/d.txt": paragraphs(9, 1)})
    (folder / "b.txt").unlink()
    report = words.update()
    assert (report.added, report.removed, report.unchanged) == (("sub/d.txt",), ("b.txt",), ("a.txt", "sub/c.txt"))
    assert [skip.path for skip in report.skipped] == ["sub/c.txt"]


def fail(_: File) -> bytes:
    raise SkipError("it cannot be read (Input/output error)", lost=False)


def test_a_new_file_that_cannot_be_read_is_tried_again_without_being_changed(
    words: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.folder, "UNSETTLED", 0)
    write_files(folder, {"new.txt": paragraphs(9, 1)})
    with monkeypatch.context() as patch:
        patch.setattr(qa.update, "read_bytes", fail)
        assert [skip.path for skip in words.update().skipped] == ["new.txt"]
    assert words.update().added == ("new.txt",)


def test_a_new_file_without_text_is_skipped_and_nothing_is_said_to_be_removed(words: Library, folder: Path) -> None:
    (folder / "new.txt").write_bytes(bytes(9))
    report = words.update()
    assert ([skip.path for skip in report.skipped], report.removed) == (["new.txt"], ())


def test_what_moved_is_not_embedded_again_though_it_comes_in_a_later_group(
    words: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FIRST", "GROUP", "BATCH"):
        monkeypatch.setattr(qa.update, name, 1)
    for name in ("a", "b", "sub/c"):
        (folder / f"{name}.txt").rename(folder / f"{name}-moved.txt")
    report = words.update()
    assert (len(report.added), len(report.removed), report.embedded) == (3, 3, 0)


def test_an_index_that_is_changed_in_spite_of_its_lock_ends_the_update(words: Library, folder: Path) -> None:
    def change(_: object) -> None:
        with words.catalog.write() as transaction:
            transaction.touch()

    write_files(folder, {"new.txt": paragraphs(9, 1)})
    with pytest.raises(LockedError, match=r"Another process changed the index .* in the meantime: update again"):
        words.update(progress=change)
    assert words.update().added == ("new.txt",)


def test_marks_are_not_recorded_in_an_index_that_changed_after_it_was_compared(
    words: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.folder, "UNSETTLED", 0)
    changes = compare(folder, words.catalog, words.encoder)
    assert len(changes.marks) == 3
    with words.catalog.write() as transaction:
        transaction.touch()
    before = words.catalog.known()
    qa.update._settle(words.catalog, changes)
    assert words.catalog.known() == before
    qa.update._settle(words.catalog, compare(folder, words.catalog, words.encoder))
    assert all(is_settled(found.mark) for found in words.catalog.known().values())


def test_a_check_reads_also_files_whose_marks_are_the_same(
    words: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.folder, "UNSETTLED", 0)
    (folder / "a.txt").write_text("Other words, which no event and no clock tells of.")
    (file,) = [file for file in qa.folder.list_files(folder)[0] if file.path == "a.txt"]
    with words.catalog.write() as transaction:
        transaction.mark([("a.txt", file.mark)])
    assert "a.txt" in words.update().unchanged
    assert words.check() == ("a.txt was changed after it was indexed.",)


def test_the_empty_index_of_another_folder_may_be_taken(tmp_path: Path, folder: Path, index: Path) -> None:
    catalog, encoder = Catalog(index), WordEncoder(WORDS)
    with catalog.write() as transaction:
        transaction.finish(Stamp.of(encoder), tmp_path / "elsewhere", [])
    assert len(word_library(folder, index, encoder).update().added) == 3


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
    catalogs = {documents: Catalog(tmp_path / str(documents)) for documents in (1000, 10_000)}
    for documents, catalog in catalogs.items():
        with catalog.write() as transaction:
            for number in range(documents):
                transaction.put(document(f"closed/{number}.txt"), [])
            transaction.finish(Stamp.of(encoder), folder, [])
        changes = compare(folder, catalog, encoder)
        assert (len(changes.kept), changes.gone) == (documents, ())
    assert_linear(lambda documents: compare(folder, catalogs[documents], encoder), 1000, 10_000)
