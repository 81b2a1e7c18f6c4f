"""`.sanadignore` means what git would make of the same lines."""

import shutil
import subprocess
from pathlib import Path

import pytest

from qa.errors import FolderError, VanishedError
from qa.folder import list_files
from tests.conftest import WordEncoder, word_library, write_files

PATHS = (
    "a.txt", "a.log", "keep.log", "notes/a.txt", "notes/b.log", "notes/drafts/c.txt", "drafts/d.txt", "drafts/keep.txt",
    "build/e.txt", "notes/build/f.txt", "مسودة/نص.txt", "name with space.txt", "#odd.txt", "x/y/z/deep.txt",
)  # fmt: skip


def listed(folder: Path) -> list[str]:
    return [file.path for file in list_files(folder)[0]]


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed here")
@pytest.mark.parametrize(
    "lines",
    [
        ["*.log", "!keep.log"],
        ["/build/", "drafts/"],
        ["drafts/**", "!drafts/keep.txt"],
        ["# a comment", "", "\\#odd.txt", "name with space.txt"],
        ["مسودة"],
        ["x/**/deep.txt", "notes/*.txt"],
        ["*", "!*.txt", "!*/"],
        ["\ufeff*.log"],
    ],
)
def test_the_same_files_are_left_out_as_by_git(tmp_path: Path, lines: list[str]) -> None:
    folder = write_files(tmp_path / "docs", dict.fromkeys(PATHS, "text"))
    (folder / ".sanadignore").write_text("\n".join(lines), "utf-8")
    (folder / ".gitignore").write_text("\n".join(lines).removeprefix("\ufeff"), "utf-8")
    git = ["git", "-c", "core.quotePath=off", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    told = subprocess.run(
        [*git, "ls-files", "-z", "--others", "--exclude-standard"], check=True, capture_output=True, encoding="utf-8"
    )
    assert listed(folder) == sorted(path for path in told.stdout.split("\0") if path and not path.startswith("."))


def test_a_file_is_taken_back_also_from_a_folder_that_is_left_out(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"drafts/a.txt": "a", "drafts/keep.txt": "b"})
    (folder / ".sanadignore").write_text("drafts/\n!drafts/keep.txt")
    assert listed(folder) == ["drafts/keep.txt"]


def test_without_the_file_nothing_is_left_out(tmp_path: Path) -> None:
    assert listed(write_files(tmp_path, dict.fromkeys(PATHS, "text"))) == sorted(PATHS)


@pytest.mark.parametrize("content", [b"!\n", b"\xff\xfe\xff"])
def test_a_file_that_makes_no_sense_is_said_and_nothing_is_lost(tmp_path: Path, content: bytes) -> None:
    library = word_library(write_files(tmp_path / "docs", {"a.txt": "The oil."}), tmp_path / "i", WordEncoder("oil"))
    library.update()
    (library.folder / ".sanadignore").write_bytes(content)
    with pytest.raises(FolderError, match=r"\.sanadignore cannot be read .*as in a \.gitignore"):
        library.update()
    assert library.ask("oil").hits


def test_what_is_ignored_from_now_on_leaves_the_index(tmp_path: Path) -> None:
    files = {f"{place}/{n}.txt": f"The oil of {place} {n}." for place in ("old", "new") for n in range(9)}
    library = word_library(write_files(tmp_path / "docs", files), tmp_path / "index", WordEncoder("oil"))
    library.update()
    (library.folder / ".sanadignore").write_text("old/\nnew/[0-4].txt\n")
    assert len(library.update().removed) == 14  # most of all, and no disk is missing
    assert [document.path for document in library.documents] == [f"new/{n}.txt" for n in range(5, 9)]
    (library.folder / ".sanadignore").unlink()
    assert len(library.update().added) == 14
    shutil.rmtree(library.folder / "old")
    shutil.rmtree(library.folder / "new")
    write_files(library.folder, {"one.txt": "The oil."})
    with pytest.raises(VanishedError):
        library.update()
