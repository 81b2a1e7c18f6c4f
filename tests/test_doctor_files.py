"""Damaged files of an index, found and mended: those beside the catalog, and the catalog itself."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.arrays import read_arrays, write_arrays
from qa.catalog import FILE, SEGMENTS
from qa.editions import FOLDER as MODELS
from qa.editions import LIST, Editions
from qa.judgements import FILE as JUDGEMENTS
from qa.library import Library
from qa.segment import Members
from qa.shelf import code_stamp
from qa.visit import examine
from tests import test_doctor
from tests.conftest import assert_refused, done, sanad, write_files
from tests.test_doctor import TEXTS, assert_mended, run

# The fixtures are those of the other file.
folder = test_doctor.folder
encoders = test_doctor.encoders


def flip(file: Path, at: float) -> None:
    content = bytearray(file.read_bytes())
    content[int(len(content) * at)] ^= 1
    file.write_bytes(content)


def segment(index: Path) -> Path:
    (found,) = (index / SEGMENTS).glob("*.segment")
    return found


FILES: list[tuple[str, Callable[[Path], object], str]] = [
    ("segment gone", lambda index: segment(index).unlink(), "3 documents of"),
    ("segments gone", lambda index: shutil.rmtree(index / SEGMENTS), "3 documents of"),
    ("segment cut", lambda index: os.truncate(segment(index), 200), "is damaged"),
    ("segment empty", lambda index: os.truncate(segment(index), 0), "is damaged (it is empty)"),
    ("segment flipped", lambda index: flip(segment(index), 0.9), "is damaged"),
    ("list damaged", lambda index: (index / LIST).write_bytes(b"\xff"), "names no finished index"),
    ("list wrong", lambda index: (index / LIST).write_text(f".\n{MODELS}/{'0' * 16}\n"), "which is not there"),
    ("judgement damaged", lambda index: (index / JUDGEMENTS).write_text('{"no": 1}\n'), "has 1 line that eval cannot"),
    ("judgements no text", lambda index: (index / JUDGEMENTS).write_bytes(b"\xff\n"), "is not UTF-8 text"),
    ("open to all", lambda index: index.chmod(0o777), "can be written by everybody"),
    ("catalog open to all", lambda index: (index / FILE).chmod(0o666), "can be written by everybody"),
]


@pytest.mark.parametrize(("damage", "part"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_files_beside_the_catalog(folder: Path, index: Path, damage: Callable[[Path], object], part: str) -> None:
    damage(index)
    assert_mended(folder, index, part)


def test_a_file_that_was_not_written_to_its_end_is_removed_when_it_is_old(folder: Path, index: Path) -> None:
    half = index / SEGMENTS / ".0123456789abcdef"
    half.write_bytes(b"SANAD")
    assert examine(folder, index).findings == ()
    os.utime(half, (time.time() - 3600,) * 2)
    assert_mended(folder, index, f"{half} was not written to its end: remove it.")
    assert not half.exists()


def test_a_segment_of_documents_that_are_gone_is_removed(folder: Path, index: Path) -> None:
    old = segment(index).read_bytes()
    write_files(folder, {name: text + "More.\n" for name, text in TEXTS.items()})
    Library.open(folder, index).update()
    (index / SEGMENTS / "0123456789abcdef.segment").write_bytes(old)
    assert_mended(folder, index, "holds only documents that are gone: remove it.")


@pytest.mark.parametrize("content", [b"garbage" * 999, b"x", "cut", "page", "settings"])
def test_a_catalog_beyond_repair_is_moved_aside_and_made_again(folder: Path, index: Path, content: bytes | str) -> None:
    whole = (index / FILE).read_bytes()
    if content == "settings":
        run(index, "DELETE FROM settings")
    else:
        cut = whole[: len(whole) // 2]
        page = whole[:8192] + b"\xff" * 4096 + whole[12288:]
        damaged = content if isinstance(content, bytes) else {"cut": cut, "page": page}[content]
        (index / FILE).write_bytes(damaged)
    before = (index / FILE).read_bytes()
    visit = assert_mended(folder, index, f"{index / FILE} is beyond repair")
    (aside,) = index.glob(f"{FILE}.damaged-*")
    assert aside.read_bytes() == before
    assert f"{index / FILE} was moved to {aside}." in visit.repairs


def test_a_catalog_beyond_repair_stays_where_there_is_nothing_to_make_it_of(folder: Path, index: Path) -> None:
    (index / FILE).write_bytes(b"garbage" * 999)
    shutil.rmtree(folder)
    visit = examine(folder, index, repair=True)
    assert visit.findings
    assert "Not repaired: There is no folder" in visit.repairs[0]
    assert (index / FILE).read_bytes() == b"garbage" * 999
    assert not list(index.glob("*.damaged-*"))


def test_segments_that_are_written_meanwhile_are_no_trouble(folder: Path, index: Path) -> None:
    place, ended = segment(index), threading.Event()
    place.with_name("gone.segment").symlink_to("nowhere")  # as one that is removed after it was listed

    def write() -> None:
        while not ended.is_set():
            other = place.with_name("other.segment")
            write_arrays(other, read_arrays(place, Members, code_stamp(), part=".members"), "other code")
            other.unlink()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(150):
            assert all(edition.bytes > 0 for edition in Editions(index).on_disk())
            assert examine(folder, index).findings == ()
    finally:
        ended.set()
        thread.join()


def test_without_its_folder_a_damaged_index_cannot_be_made_again_and_that_is_said(tmp_path: Path) -> None:
    place, index = write_files(tmp_path / "docs", TEXTS), tmp_path / "index"
    done("build", place, "--index", index)
    (index / FILE).write_bytes(b"garbage" * 999)
    assert_refused(sanad("doctor", "--repair", "--index", index), "as doctor FOLDER --repair does with the folder of")
    assert " was moved to " in done("doctor", place, "--repair", "--index", index)
