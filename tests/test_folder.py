"""The files of a folder: which are listed and read, and which are skipped and why."""

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from qa import folder as listing
from qa.catalog import FILE, LOCK
from qa.editions import LIST as EDITIONS
from qa.errors import CatalogError, FolderError
from qa.folder import File, SkipError, is_settled, list_files, read_bytes
from qa.library import Library
from tests.conftest import write_files
from tests.test_documents import read_all

as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


def test_files_are_listed_with_folders_in_order_of_their_paths(tmp_path: Path) -> None:
    write_files(tmp_path, {"b.txt": "b", "a/z.txt": "z", "a/b/c.md": "c", "سند.txt": "s", "a b.txt": "d"})
    assert [file.path for file in list_files(tmp_path)[0]] == ["a b.txt", "a/b/c.md", "a/z.txt", "b.txt", "سند.txt"]


def test_hidden_files_and_folders_are_no_documents(tmp_path: Path) -> None:
    write_files(tmp_path, {".hidden.txt": "a", ".git/config": "b", "a/.cache/c.txt": "c", "seen.txt": "d"})
    assert list_files(tmp_path) == ([File("seen.txt", tmp_path / "seen.txt")], [])


def test_an_index_among_the_documents_is_no_document(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"a.txt": "text", "kept/b.txt": "more text"})
    library = Library.open(folder, folder / "kept" / "index")
    library.update()
    (library.index / "questions.jsonl").write_text('{"question": "Why?"}')
    assert [file.path for file in list_files(folder)[0]] == ["a.txt", "kept/b.txt"]
    assert library.update().skipped == ()
    assert library.check() == ()


def test_an_index_among_the_documents_is_none_of_them_without_its_first_catalog(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"a.txt": "text"})
    index = folder / "index"
    Library.open(folder, index).update()
    (index / "questions.jsonl").write_text('{"question": "Why?"}')
    (index / FILE).rename(index / f"{FILE}.damaged-1")  # as a repair does
    assert [file.path for file in list_files(folder)[0]] == ["a.txt"]
    (index / f"{FILE}.damaged-1").unlink()
    (index / EDITIONS).write_text("models/0123456789abcdef")  # as where the first model was dropped
    assert [file.path for file in list_files(folder)[0]] == ["a.txt"]


@pytest.mark.parametrize("name", [FILE, EDITIONS, LOCK])
def test_a_document_that_is_called_like_a_file_of_an_index_is_one(tmp_path: Path, name: str) -> None:
    folder = write_files(tmp_path, {f"a/{name}": "text", "a/b.txt": "text"})
    assert {file.path for file in list_files(folder)[0]} == {f"a/{name}", "a/b.txt"}


@pytest.mark.parametrize("place", ["two/a", "two/a/../a", "two/b", "link", "far", "far/c"])
def test_an_index_that_would_hide_documents_is_refused_and_nothing_is_written(tmp_path: Path, place: str) -> None:
    write_files(
        tmp_path, {"two/a/one.txt": "1", "two/b/d/e/2.txt": "2", "far/c/3.txt": "3", "two/.sanadfolders": "../far"}
    )
    (tmp_path / "link").symlink_to(tmp_path / "two" / "a")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CatalogError, match=r"cannot be kept among the documents of .*: name another folder for it"):
        Library.open(tmp_path / "two", tmp_path / place)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("place", ["empty", "new", "a/new", ".cache", "a/.git/in"])
def test_an_index_that_hides_no_documents_is_kept_among_them_and_opened_again(tmp_path: Path, place: str) -> None:
    files = {"a/one.txt": "The well.", ".cache/other": "x", "a/.git/in/other": "x", "empty/.keep": ""}
    folder = write_files(tmp_path, files)
    Library.open(folder, folder / place).update()
    (folder / place / "questions.jsonl").write_text('{"question": "Why?"}')
    assert Library.open(folder, folder / place).update().unchanged == ("a/one.txt",)


def test_an_index_is_opened_also_where_the_list_of_joined_folders_is_wrong(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "docs", {"a.txt": "The well.", ".sanadfolders": ".."})
    assert len(Library.open(folder, tmp_path / "index")) == 0


def test_f7_a_large_file_is_skipped_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(listing.LARGEST_FILE + 1)
    found, skipped = read_all(tmp_path)
    assert (found, skipped["large.txt"].reason) == ([], "it is larger than 64 MB: split it")


def test_f11_f12_pipes_links_and_odd_names_are_skipped_and_never_waited_for(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "docs", {"good.txt": "good text"})
    (tmp_path / "secret.txt").write_text("a secret")
    os.mkfifo(folder / "pipe.txt")
    (folder / "dangling.txt").symlink_to(folder / "nowhere")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "outside.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    Path(os.fsdecode(os.fsencode(folder) + b"/a\xff.txt")).write_text("a name that is not UTF-8")
    found, skipped = read_all(folder)
    assert [page.path for page in found] == ["good.txt"]
    assert sorted(skipped) == ["a\ufffd.txt", "dangling.txt", "loop.txt", "outside.txt", "pipe.txt", "up"]
    assert skipped["up"].reason == "it is a link to a folder"
    assert "rename" in skipped["a\ufffd.txt"].reason
    assert "leads out of the folder" in skipped["outside.txt"].reason
    assert "not a regular file" in skipped["pipe.txt"].reason


@pytest.mark.parametrize(
    ("take_its_place", "reason"),
    [
        (lambda place: place.symlink_to(place.parent.parent / "secret.txt"), "leads out of the folder"),
        (lambda place: os.mkfifo(place), "no longer a file"),
        (lambda place: place.mkdir(), "no longer a file"),
        (lambda place: place.symlink_to(place), "cannot be read"),
    ],
)
def test_f11_f12_what_takes_a_file_s_place_after_it_was_listed_is_not_read(
    tmp_path: Path, take_its_place: Callable[[Path], None], reason: str
) -> None:
    folder = write_files(tmp_path / "docs", {"a.txt": "text"})
    (tmp_path / "secret.txt").write_text("a secret")
    ((file,), _) = list_files(folder)
    file.location.unlink()
    take_its_place(file.location)
    with pytest.raises(SkipError, match=reason):
        read_bytes(file)


def test_a_system_without_flags_for_links_and_pipes_reads_files_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {"a.txt": "text"})
    for name in ("O_NOFOLLOW", "O_NONBLOCK"):
        monkeypatch.delattr(os, name)  # as on Windows
    assert [page.text for page in read_all(tmp_path)[0]] == ["text"]


def test_a_link_within_the_folder_is_a_document(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "text"})
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    assert [page.path for page in read_all(tmp_path)[0]] == ["a.txt", "b.txt"]


def test_f13_a_file_that_vanishes_after_it_was_listed_is_skipped(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "text"})
    (file,), _ = list_files(tmp_path)
    file.location.unlink()
    with pytest.raises(SkipError, match="disappeared") as raised:
        read_bytes(file)
    assert raised.value.lost


def test_f13_a_file_that_is_rewritten_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {"a.txt": "old words", "new": "new words"})
    file = File("a.txt", tmp_path / "a.txt")
    opened = listing._open

    def replace_behind(file: File) -> BinaryIO:
        monkeypatch.undo()
        found = opened(file)
        (tmp_path / "new").replace(file.location)
        return found

    monkeypatch.setattr(listing, "_open", replace_behind)
    assert read_bytes(file) == b"new words"


def test_f13_a_file_that_is_longer_than_its_system_says_is_not_taken_for_whole() -> None:
    with pytest.raises(SkipError, match="keeps changing") as raised:
        read_bytes(File("status", Path("/proc/self/status")))  # of no bytes, says the system
    assert not raised.value.lost


def test_a_mark_is_settled_once_the_file_cannot_change_and_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {"a.txt": "text"})
    os.utime(tmp_path / "a.txt", ns=(0, 0))  # its content may have been changed a moment ago all the same
    marks = []
    for later in (0, listing.UNSETTLED // 2, 2 * listing.UNSETTLED):
        now = time.time_ns() + later
        monkeypatch.setattr(time, "time_ns", lambda now=now: now)
        marks.append(list_files(tmp_path)[0][0].mark)
        monkeypatch.undo()
    assert list(map(is_settled, marks)) == [False, False, True]


@pytest.mark.parametrize(
    ("error", "linked", "lost"),
    [(errno.ENOENT, False, True), (errno.ENOENT, True, False), (errno.EACCES, False, False)],
)
def test_a_file_that_cannot_be_looked_at_keeps_what_was_indexed_unless_it_is_gone(
    error: int, linked: bool, lost: bool
) -> None:
    with pytest.raises(SkipError, match=os.strerror(error)) as raised:
        listing._check_entry(Unreadable(error, linked), "a.txt", "/")  # type: ignore[arg-type]
    assert raised.value.lost == lost


class Unreadable:
    """An entry of a folder that can be listed, but not entered."""

    def __init__(self, error: int, linked: bool) -> None:
        self.error, self.is_symlink = error, lambda: linked

    def stat(self) -> os.stat_result:
        raise OSError(self.error, os.strerror(self.error))


def test_f10_a_file_that_cannot_be_read_keeps_what_was_indexed(tmp_path: Path) -> None:
    with pytest.raises(SkipError, match="cannot be read") as raised:
        read_bytes(File("a.txt", tmp_path))  # a folder: reading it fails for root as well
    assert not raised.value.lost


@as_root
def test_f10_a_forbidden_file_or_folder_keeps_what_was_indexed(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "a", "b/c.txt": "c"})
    (tmp_path / "a.txt").chmod(0)
    (tmp_path / "b").chmod(0)
    found, skipped = read_all(tmp_path)
    (tmp_path / "b").chmod(0o700)
    assert not found
    assert {skip.path: skip.lost for skip in skipped.values()} == {"a.txt": False, "b/": False}


def test_a_folder_whose_name_is_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"cannot be read .*: grant access to it, or name another folder"):
        list_files(tmp_path / ("x" * 999))


@as_root
def test_a_folder_below_a_forbidden_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "closed" / "docs").mkdir(parents=True)
    (tmp_path / "closed").chmod(0)
    with pytest.raises(FolderError, match=r"cannot be read .*: grant access to it, or name another folder"):
        list_files(tmp_path / "closed" / "docs")
    (tmp_path / "closed").chmod(0o700)


@pytest.mark.parametrize("make", [lambda place: None, lambda place: place.write_text("x"), lambda p: p.symlink_to(p)])
def test_no_folder_is_said_in_a_sentence(tmp_path: Path, make) -> None:
    make(tmp_path / "docs")
    with pytest.raises(FolderError, match="docs"):
        list_files(tmp_path / "docs")
