"""Opening a library: which model and which index are meant, and what damage or a killed update has left there."""

import contextlib
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from embeddings.errors import ModelError
from embeddings.static import BUILT_IN
from qa.catalog import FILE, Catalog
from qa.errors import CatalogError, FolderError
from qa.library import Library
from tests.conftest import ROOT, write_files
from tests.test_library import TEXTS


def test_open_loads_the_model_that_is_named(seeds: Path, index: Path) -> None:
    assert Library.open(seeds, index).encoder.name == BUILT_IN
    with pytest.raises(ModelError, match="weights"):
        Library.open(seeds, index, str(seeds))


def test_an_index_in_the_folder_of_documents_itself_is_refused(seeds: Path) -> None:
    with pytest.raises(CatalogError, match="name another folder"):
        Library.open(seeds, seeds.parent / "." / seeds.name)


def test_a_damaged_index_is_said_when_it_is_opened(seeds: Path, index: Path) -> None:
    index.mkdir()
    (index / FILE).write_bytes(b"garbage" * 999)
    with pytest.raises(CatalogError, match="build again"):
        Library.open(seeds, index)


KILLED = """
import os, signal, sys
import qa.update
from qa.library import Library
qa.update.BATCH, last = 4, int(sys.argv[3])
def progress(now):
    if now.passages >= last:
        os.kill(os.getpid(), signal.SIGKILL)
Library.open(sys.argv[1], sys.argv[2]).update(progress=progress)
"""


@pytest.mark.parametrize("last", [0, 8, 10**6])
def test_a_killed_update_leaves_the_old_index_or_the_new_one(library: Library, seeds: Path, last: int) -> None:
    before = [library.ask(question) for question in ("election", "نفت")]
    first, second, *_ = sorted(seeds.iterdir())
    first.unlink()
    second.write_text("\n\n".join(f"Paragraph {i} says {i * i}. " + f"word{i} " * 40 for i in range(20)), "utf-8")
    done = subprocess.run([sys.executable, "-c", KILLED, seeds, library.catalog.folder, str(last)], cwd=ROOT)
    assert done.returncode == (-signal.SIGKILL if last < 20 else 0)
    again = Library(seeds, Catalog(library.catalog.folder), library.encoder)
    if last < 20:
        assert [again.ask(question) for question in ("election", "نفت")] == before
    report = again.update()
    assert again.check() == ()
    assert (report.changed == (second.name,)) == (last < 20)


def test_an_index_of_weights_that_are_gone_answers_nothing_until_it_is_made_again(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "docs", TEXTS)
    Library.open(folder, tmp_path / "index").update()
    file = tmp_path / "index" / FILE
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("UPDATE settings SET value = 'other' WHERE key = 'fingerprint'")
        db.commit()
    library = Library.open(folder, tmp_path / "index")
    assert len(library) == 0
    assert library.ask("who won the election").hits == ()
    library.update()
    assert library.ask("who won the election").hits[0].document.path == "vote.txt"


def test_a_link_to_itself_is_no_folder_and_no_index(tmp_path: Path) -> None:
    folder, loop = write_files(tmp_path / "docs", TEXTS), tmp_path / "loop"
    loop.symlink_to("loop")
    with pytest.raises(FolderError, match="There is no folder"):
        Library.open(loop, tmp_path / "index").update()
    with pytest.raises(CatalogError, match="Too many levels of symbolic links"):
        Library.open(folder, loop).update()
