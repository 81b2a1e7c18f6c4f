"""Several folders as one library: paths begin with a folder's name, and each is followed like the first."""

import shutil
from pathlib import Path

import pytest

from qa.errors import FolderError, VanishedError
from qa.folders import Joined, joined, locate
from qa.library import Library
from qa.watch import watching
from tests.conftest import WordEncoder, word_library, write_files
from tests.test_watch import until


@pytest.fixture
def library(tmp_path: Path) -> Library:
    files = {
        "main/a.txt": "The oil.",
        "other/b.txt": "The war.",
        "far/away/c.txt": "The well.",
        "far/.d.txt": "Hidden.",
    }
    write_files(tmp_path, {**files, "far/drafts/e.txt": "A draft.", "far/.sanadignore": "drafts/"})
    lines = ["# two more", "", "../other", f"archive = {tmp_path / 'far'}"]
    (tmp_path / "main" / ".sanadfolders").write_text("\n".join(lines))
    library = word_library(tmp_path / "main", tmp_path / "index", WordEncoder("oil war well"))
    library.update()
    return library


def paths(library: Library) -> list[str]:
    return [document.path for document in library.documents]


def test_their_documents_stand_under_the_names_of_the_folders(library: Library, tmp_path: Path) -> None:
    assert paths(library) == ["a.txt", "archive/away/c.txt", "other/b.txt"]
    assert library.ask("war", 1).hits[0].document.path == "other/b.txt"
    for path in paths(library):
        assert locate(library.folder, path).read_text() == library.ask(f"document:{path} the", 1).hits[0].text
    assert joined(library.folder) == (
        Joined("other", library.folder / "../other"), Joined("archive", tmp_path / "far"),
    )  # fmt: skip


def test_each_of_them_is_followed(library: Library, tmp_path: Path) -> None:
    write_files(tmp_path, {"far/away/c.txt": "The well is dry.", "other/new.txt": "The war is new."})
    report = library.update()
    assert (report.added, report.changed) == (("other/new.txt",), ("archive/away/c.txt",))
    assert library.check() == ()
    shutil.rmtree(tmp_path / "other")
    with pytest.raises(FolderError, match=r"no folder .*other"):
        library.update()
    assert len(paths(library)) == 4
    (library.folder / ".sanadfolders").write_text("archive = ../far")
    assert library.update().removed == ("other/b.txt", "other/new.txt")


def test_one_of_them_that_is_suddenly_empty_is_taken_for_a_missing_disk(library: Library, tmp_path: Path) -> None:
    write_files(tmp_path / "main", {f"{n}.txt": f"The oil of {n}." for n in range(20)})
    write_files(tmp_path / "other", {f"{n}.txt": f"The war of {n}." for n in range(6)})
    library.update()
    shutil.rmtree(tmp_path / "other")
    (tmp_path / "other").mkdir()  # as where a disk was mounted
    with pytest.raises(VanishedError, match=r"7 of 7 documents are gone from .*other"):
        library.update()
    assert len(library.documents) == 29
    assert len(library.update(force=True).removed) == 7


def test_they_are_watched_also_those_that_come_later(library: Library, tmp_path: Path) -> None:
    with watching(library.folder, library.update):
        write_files(tmp_path, {"other/new.txt": "The war is new."})
        until(lambda: "other/new.txt" in paths(library))
        write_files(tmp_path, {"late/x.txt": "The oil is late."})
        with (library.folder / ".sanadfolders").open("a") as file:
            file.write("\n../late\n")
        until(lambda: "late/x.txt" in paths(library))
        write_files(tmp_path, {"late/y.txt": "The oil is later."})
        until(lambda: "late/y.txt" in paths(library))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("../other\nother = ../far", "two folders called other"),
        ("a.txt = ../other", "two folders called a.txt"),
        ("..", "no usable name|overlaps"),
        ("x = ..", "overlaps"),
        ("x = .", "overlaps"),
        ("a/b = ../other", "no usable name"),
        (".hidden = ../other", "no usable name"),
        ("../nowhere", "no folder .*nowhere"),
        ("../other/b.txt", "is a file, not a folder"),
        ("~nosuchuser/docs", "names ~nosuchuser/docs, and that user has no home folder here"),
        ("../o\0ther", "a NUL character"),
        ("../" + "x" * 300, "cannot be read .*too long"),
        ("../loop", "no folder .*loop"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_lost(library: Library, lines: str, told: str) -> None:
    (library.folder.parent / "loop").symlink_to("loop")
    (library.folder / ".sanadfolders").write_text(lines)
    with pytest.raises(FolderError, match=told):
        library.update()
    assert len(paths(library)) == 3


def test_a_list_that_is_no_text_is_said(library: Library) -> None:
    (library.folder / ".sanadfolders").write_bytes(b"\xff\xff")
    with pytest.raises(FolderError, match="cannot be read"):
        library.update()
