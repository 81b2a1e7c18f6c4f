"""What an update does not take for granted: disks that vanish, files that change under it, clocks, odd names, stops."""

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path

import pytest

import qa.changes
import qa.folder
import qa.update
from qa.errors import FolderError, OtherFolderError, VanishedError
from qa.library import Library
from qa.reports import Progress
from tests.conftest import ROOT, WordEncoder, whole, word_library, write_files

WORDS = "oil well president garden number war"


def text(number: int | str) -> str:
    return f"The president of garden number {number} sold the oil of the old well, and nobody asked him why he did."


@pytest.fixture
def twelve(tmp_path: Path) -> Library:
    folder = write_files(tmp_path / "docs", {f"{n:02}.txt": text(n) for n in range(12)})
    library = word_library(folder, tmp_path / "index", WordEncoder(WORDS))
    library.update()
    return library


def paths(library: Library) -> list[str]:
    return [document.path for document in library.documents]


def encoded(library: Library) -> int:
    assert isinstance(library.encoder, WordEncoder)
    return len(library.encoder.encoded)


def assert_fresh(library: Library, scratch: Path) -> None:
    fresh = word_library(library.folder, scratch, WordEncoder(WORDS))
    fresh.update(force=True)
    assert [document.text for document in whole(library.catalog).documents] == [
        document.text for document in whole(fresh.catalog).documents
    ]
    for question in ("oil", "garden number 7"):
        assert library.ask(question, 20) == fresh.ask(question, 20)


@pytest.mark.parametrize(("gone", "refused"), [(1, False), (5, False), (6, False), (7, True), (11, True), (12, True)])
def test_f14_more_than_half_of_the_documents_never_go_by_themselves(twelve: Library, gone: int, refused: bool) -> None:
    for n in range(gone):
        (twelve.folder / f"{n:02}.txt").unlink()
    if refused:
        with pytest.raises(VanishedError, match=r"7 of 12|11 of 12|no documents"):
            twelve.update()
        assert len(twelve.ask("oil", 20).hits) == 12
    assert len(twelve.update(force=refused).removed) == gone
    assert len(paths(twelve)) == 12 - gone


def test_of_a_handful_all_but_one_may_go(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "docs", {f"{n}.txt": text(n) for n in range(5)})
    library = word_library(folder, tmp_path / "index", WordEncoder(WORDS))
    library.update()
    for n in range(4):
        (folder / f"{n}.txt").unlink()
    assert len(library.update().removed) == 4


def test_f17_moving_everything_is_no_deletion_and_embeds_nothing(twelve: Library) -> None:
    before = encoded(twelve)
    (twelve.folder / "sub").mkdir()
    for file in list(twelve.folder.glob("*.txt")):
        file.rename(twelve.folder / "sub" / file.name)
    report = twelve.update()
    assert (len(report.added), len(report.removed), report.embedded, encoded(twelve)) == (12, 12, 0, before)
    assert paths(twelve) == [f"sub/{n:02}.txt" for n in range(12)]


def test_files_that_all_lost_their_text_are_kept_and_new_ones_come(twelve: Library) -> None:
    for n in range(8):
        (twelve.folder / f"{n:02}.txt").write_bytes(b"")
    write_files(twelve.folder, {"new.txt": text("new")})
    with pytest.raises(VanishedError, match="8 of 12 documents are gone"):
        twelve.update()
    assert paths(twelve) == [*(f"{n:02}.txt" for n in range(12)), "new.txt"]
    assert len(twelve.update(force=True).removed) == 8


def test_f14_a_folder_that_vanishes_while_it_is_read_keeps_the_index(twelve: Library) -> None:
    write_files(twelve.folder, {f"new{n}.txt": text(f"new {n}") for n in range(5)})

    def vanish(now: Progress) -> None:
        shutil.rmtree(twelve.folder, ignore_errors=True)

    with pytest.raises(FolderError, match="docs"):
        twelve.update(progress=vanish)
    assert {f"{n:02}.txt" for n in range(12)} <= set(paths(twelve))


def test_the_index_of_another_folder_is_refused(twelve: Library, tmp_path: Path) -> None:
    write_files(tmp_path / "other", {"a.txt": text("a")})
    other = word_library(tmp_path / "other", twelve.catalog.folder, WordEncoder(WORDS))
    with pytest.raises(OtherFolderError, match=r"belongs to .*docs, and building .*other would replace it"):
        other.update()
    assert len(paths(twelve)) == 12
    (tmp_path / "link").symlink_to(twelve.folder)
    word_library(tmp_path / "link", twelve.catalog.folder, WordEncoder(WORDS)).update()  # the same by another name
    assert other.update(force=True).added == ("a.txt",)
    assert paths(other) == ["a.txt"]


def test_files_that_did_not_change_are_not_read(twelve: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qa.folder, "UNSETTLED", 0)
    write_files(twelve.folder, {"no.txt": "?"})
    twelve.update()  # notes the marks
    read: list[str] = []
    for module in (qa.changes, qa.update):
        monkeypatch.setattr(module, "read_bytes", lambda file: read.append(file.path) or qa.folder.read_bytes(file))
    twelve.update()
    assert read == []
    (twelve.folder / "03.txt").write_text(text("three"))
    os.utime(twelve.folder / "04.txt")
    report = twelve.update()
    assert (set(read), report.changed) == ({"03.txt", "04.txt"}, ("03.txt",))
    read.clear()
    assert len(twelve.update().unchanged) == 12
    assert read == []
    twelve.update(force=True)
    assert read == ["no.txt"]


def test_a_file_changed_a_moment_ago_is_read_again(twelve: Library) -> None:
    """It could have changed within one tick of the clock, and kept size and times."""
    assert {found.mark for found in twelve.catalog.known().values()} == {""}


@pytest.mark.parametrize("seconds", [2**33, -1, 0, 1_000_000_000])
def test_f18_f19_an_edit_is_seen_whatever_the_clock_says(
    twelve: Library, seconds: int, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(qa.folder, "UNSETTLED", 0)
    place = twelve.folder / "05.txt"
    os.utime(place, (seconds, seconds))
    assert twelve.update().changed == ()
    place.write_text(text("05").replace("sold", "kept"))  # of one size
    os.utime(place, (seconds, seconds))
    assert twelve.update().changed == ("05.txt",)
    assert_fresh(twelve, tmp_path / "scratch")


def test_f13_a_file_that_changes_while_it_is_read_is_of_one_state_or_waits(twelve: Library) -> None:
    """A writer replaces and rewrites files all the time; whatever is indexed was once in the file as a whole."""
    ended, written = threading.Event(), {hashlib.sha256(text(f"{n:02}").encode()).hexdigest() for n in range(12)}
    written |= {document.digest for document in twelve.documents}

    def rewrite() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            content = (text(number) * (1 + number % 50)).encode()
            written.add(hashlib.sha256(content).hexdigest())
            place = twelve.folder / f"{number % 12:02}.txt"
            if number % 2:
                place.write_bytes(content)
            else:
                (twelve.folder / ".aside").write_bytes(content)
                (twelve.folder / ".aside").replace(place)

    thread = threading.Thread(target=rewrite)
    thread.start()
    try:
        for _ in range(15):
            twelve.update(force=True)
            found = {document.digest for document in twelve.documents}
            assert found - written <= {hashlib.sha256(b"").hexdigest()}
    finally:
        ended.set()
        thread.join()
    twelve.update(force=True)
    assert twelve.check() == ()


def test_f15_f16_odd_names_and_twins_are_all_documents(tmp_path: Path) -> None:
    names = ["a\nb.txt", "'\"<img onerror=x>.txt", "-rf.txt", "%2e%2e.txt", "x" * 251 + ".txt", "\u202egpj.exe"]
    names += [unicodedata.normalize(form, "é و ئ.txt") for form in ("NFC", "NFD")] + ["Straße.txt", "STRASSE.txt"]
    folder = write_files(tmp_path / "docs", {name: text(n) for n, name in enumerate(names)})
    library = word_library(folder, tmp_path / "index", WordEncoder(WORDS))
    library.update()
    assert paths(library) == sorted(names)
    assert len({hit.document.path for hit in library.ask("oil", 20).hits}) == len(names)
    assert library.update().unchanged == tuple(sorted(names))


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from qa.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_f25_many_files_and_deep_folders_take_few_handles(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "docs", {f"{n % 30}/{n}.txt": f"Number {n}." for n in range(1500)})
    here = os.getcwd()
    try:
        os.chdir(folder)
        for _ in range(1100):  # its path is longer than the system takes at once
            os.mkdir("deep")
            os.chdir("deep")
        Path("last.txt").write_text("nobody can name this")
    finally:
        os.chdir(here)
    command = [sys.executable, "-c", LIMITED, "build", str(folder), "--index", str(tmp_path / "i")]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    subprocess.run(["rm", "-rf", folder], check=True)  # Python would go as deep as the folders
    assert found.returncode == 0, found.stderr
    assert "1,500 added, 1 skipped" in found.stdout
    assert "the folder cannot be read (File name too long)" in found.stderr
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 64
