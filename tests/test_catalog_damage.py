"""A catalog that is cut off, damaged, of another program, or where it cannot be: told, and left alone."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from qa.catalog import FILE, LOCK, Catalog
from qa.errors import CatalogError
from qa.tables import FORMAT
from tests import test_catalog
from tests.conftest import whole
from tests.test_catalog import assert_same_contents, document

# The fixtures are those of the other file.
catalog = test_catalog.catalog


KILLED = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 1")  # so that the transaction reaches the disk before it ends
db.execute("BEGIN IMMEDIATE")
db.execute("CREATE TABLE IF NOT EXISTS skipped (path, reason, lost, mark)")
db.executemany("INSERT INTO skipped VALUES (?, ?, 0, '')", [(str(i), "text " * 9999) for i in range(99)])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("first", [True, False])
def test_what_a_killed_process_left_half_written_is_undone(catalog: Catalog, tmp_path: Path, first: bool) -> None:
    killed = Catalog(tmp_path) if first else catalog
    before = whole(killed)
    subprocess.run([sys.executable, "-c", KILLED, str(killed.file)], check=False)
    assert killed.file.stat().st_size > 2_000_000
    assert [file.name for file in killed.folder.glob("*-journal")] == [f"{FILE}-journal"]
    assert_same_contents(whole(killed), before)


def test_a_long_update_leaves_the_index_readable(catalog: Catalog) -> None:
    with catalog.write() as transaction:
        transaction.put(document("large.txt", "text " * 2_000_000), [])
        assert len(whole(Catalog(catalog.folder)).documents) == 3


@pytest.mark.parametrize("content", [b"garbage that is no database " * 99, b"x"])
def test_a_file_that_is_no_database_is_damaged(index: Path, content: bytes) -> None:
    index.mkdir()
    (index / FILE).write_bytes(content)
    for use in (Catalog(index).listing, Catalog(index).stamp, Catalog(index).known):
        with pytest.raises(CatalogError, match=f"{FILE} is damaged or is not an index of Sanad .*build again"):
            use()
    assert (index / FILE).read_bytes() == content


def test_a_file_cut_off_anywhere_is_damaged_or_reads_as_it_was(catalog: Catalog) -> None:
    content, before = catalog.file.read_bytes(), whole(catalog).documents
    refused = 0
    for length in range(100, len(content), 1500):
        catalog.file.write_bytes(content[:length])
        try:
            assert whole(catalog).documents == before
        except CatalogError:
            refused += 1
    assert refused > len(content) / 1500 / 2


def test_damage_within_the_file_is_told(catalog: Catalog) -> None:
    content = bytearray(catalog.file.read_bytes())
    content[3 * 4096 : 4 * 4096] = b"\xff" * 4096
    catalog.file.write_bytes(content)
    try:
        told = catalog.damage()
    except CatalogError as error:
        told = [str(error)]
    assert str(catalog.file) in told[0]


@pytest.mark.parametrize(
    "table", ["other (a)", "settings (a)", "settings (key, value)", "documents (id, path, digest)"]
)
def test_a_database_of_another_program_is_refused_and_left_alone(index: Path, table: str) -> None:
    index.mkdir()
    with sqlite3.connect(index / FILE) as db:
        db.execute(f"CREATE TABLE {table}")
    db.close()
    assert_refused(Catalog(index), "is damaged or is not an index of Sanad .*: move it away and build again")


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM settings WHERE key = 'last_key'", "UPDATE settings SET value = '' WHERE key = 'generation'"],
)
def test_settings_that_are_not_as_they_were_written_are_damage(catalog: Catalog, change: str) -> None:
    with sqlite3.connect(catalog.file) as db:
        db.execute(change)
    db.close()
    for use in (catalog.listing, catalog.stamp, catalog.known):
        with pytest.raises(CatalogError, match="its settings are not as they were written"):
            use()


def test_a_damaged_vector_is_not_used_again(catalog: Catalog) -> None:
    digests = [row.digest for rows in whole(catalog).rows for row in rows]
    assert catalog.embedded(digests).keys() == set(digests)
    with sqlite3.connect(catalog.file) as db:
        db.execute("UPDATE passages SET vector = zeroblob(length(vector)) WHERE digest = ?", digests[:1])
    db.close()
    assert catalog.embedded(digests).keys() == set(digests[1:])


def test_a_newer_format_is_refused_and_left_alone(catalog: Catalog) -> None:
    with sqlite3.connect(catalog.file) as db:
        db.execute("UPDATE settings SET value = ? WHERE key = 'format'", [str(FORMAT + 1)])
    db.close()
    assert_refused(catalog, "newer Sanad: update Sanad, or name another --index")


def assert_refused(catalog: Catalog, told: str) -> None:
    """Check that a file is neither read nor written."""
    before = catalog.file.read_bytes()
    for use in (catalog.listing, catalog.stamp, catalog.generation, catalog.known, catalog.damage):
        with pytest.raises(CatalogError, match=told):
            use()
    with pytest.raises(CatalogError, match=told), catalog.write():
        pytest.fail("written into it")
    assert catalog.file.read_bytes() == before


def test_reading_writes_nothing(catalog: Catalog) -> None:
    before = catalog.file.read_bytes(), sorted(catalog.folder.iterdir())
    whole(catalog)
    assert (catalog.file.read_bytes(), sorted(catalog.folder.iterdir())) == before


def test_an_index_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CatalogError, match="a file is in the way"), Catalog(tmp_path / "file" / "index").write():
        pytest.fail("written below a file")
    with pytest.raises(CatalogError, match="a file is in the way"), Catalog(tmp_path / "file").write():
        pytest.fail("written into a file")


def test_an_index_file_that_is_a_folder_is_said(index: Path) -> None:
    (index / FILE).mkdir(parents=True)
    with pytest.raises(CatalogError, match="cannot be used"), Catalog(index).write():
        pytest.fail("written into a folder")


def test_what_stands_where_the_lock_should_is_said(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (index / LOCK).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for place in (index, Path(os.path.relpath(index, tmp_path))):
        with pytest.raises(CatalogError, match="cannot be written"), Catalog(place).alone():
            pass


@pytest.mark.parametrize("column", ["pages", "headings"])
def test_damaged_columns_of_a_document_are_said(catalog: Catalog, column: str) -> None:
    with sqlite3.connect(catalog.file) as db:
        db.execute(f"UPDATE documents SET {column} = x'ff'")
    db.close()
    with pytest.raises(CatalogError, match=r"The entry of b\.txt in the index is damaged"):
        catalog.documents(["b.txt"])


def test_a_catalog_whose_folder_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(
        CatalogError, match=r"cannot be used \(unable to open .*\): check its permissions and its disk\."
    ):
        Catalog(tmp_path / "gone").damage()
