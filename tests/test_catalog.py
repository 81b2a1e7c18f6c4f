"""The catalog: what is written is read again, in whole transactions, whatever holds or damages the file."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import qa.catalog
from qa.catalog import NOTHING, Catalog
from qa.documents import Document
from qa.embed import Embedded
from qa.errors import LockedError
from qa.folder import Skipped
from qa.passages import Passage
from qa.spans import Span
from qa.tables import Known, Row
from qa.transaction import Stamp
from tests.conftest import Whole, whole

STAMP = Stamp("a model", "f1", "1")
HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
db.execute("DELETE FROM documents")
print("held", flush=True)
sys.stdin.read()
"""


def document(path: str, text: str = "متن «one» two") -> Document:
    return Document(path, "d" + path, "عنوان " + path, text, "pdf", "نوشته", "2022-12-02", (0, 4))


def row(number: int, digest: str = "p") -> Row:
    rng = np.random.default_rng(number)
    passage = Passage(number, Span(number, number + 5), (Span(number, number + 2), Span(3, 5)), (Span(7, 9),) * number)
    vector, norms = rng.random(4, np.float32), rng.random(2, np.float32)
    tokens, sizes = np.array([1, 2, 65535], np.uint16), np.array([1, 2], np.int32)
    return Row(passage, f"{digest}{number}", "fa", Embedded(vector, tokens, sizes, norms))


@pytest.fixture
def catalog(index: Path, tmp_path: Path) -> Catalog:
    catalog = Catalog(index)
    with catalog.write() as transaction:
        transaction.put(document("b.txt"), [row(1), row(2)])
        transaction.put(document("a.txt"), [row(3)])
        transaction.put(document("سند.txt"), [])
        transaction.finish(STAMP, tmp_path, [(Skipped("x", "why", False), ""), (Skipped("y", "because", True), "m")])
    return catalog


def test_each_document_tells_when_it_was_indexed(catalog: Catalog, index: Path) -> None:
    before = times(catalog)
    assert list(sorted(before)) == ["a.txt", "b.txt", "سند.txt"]
    now = datetime.now(UTC)
    assert all(abs(now - datetime.fromisoformat(time)) < timedelta(minutes=1) for time in before.values())
    with sqlite3.connect(catalog.file) as db:
        db.execute("UPDATE documents SET indexed = '2001-02-03T04:05:06Z'")
    with catalog.write() as transaction:
        transaction.put(document("b.txt"), [])
    assert {path for path, time in times(catalog).items() if time.startswith("2001")} == {"a.txt", "سند.txt"}
    with sqlite3.connect(catalog.file) as db:
        db.execute("UPDATE settings SET value = '1' WHERE key = 'format'")
    assert times(catalog) == times(Catalog(index / "none")) == {}


def times(catalog: Catalog) -> dict[str, str]:
    return {listed.path: listed.indexed for listed in catalog.listing().documents}


def assert_same(one: Row, other: Row) -> None:
    assert (one.passage, one.digest, one.language) == (other.passage, other.digest, other.language)
    for name in ("vector", "tokens", "sizes", "norms"):
        expected, found = getattr(one.embedded, name), getattr(other.embedded, name)
        assert (found.dtype, found.tolist()) == (expected.dtype, expected.tolist())


def assert_same_contents(one: Whole, other: Whole) -> None:
    assert (one.generation, one.documents, one.skipped) == (other.generation, other.documents, other.skipped)
    for rows, others in zip(one.rows, other.rows, strict=True):
        for row, same in zip(rows, others, strict=True):
            assert_same(row, same)


def test_everything_written_is_read_again(catalog: Catalog, tmp_path: Path) -> None:
    found = whole(Catalog(catalog.folder))
    assert found.generation == catalog.generation() == 1
    assert found.documents == (document("a.txt"), document("b.txt"), document("سند.txt"))
    assert [len(rows) for rows in found.rows] == [1, 2, 0]
    for expected, got in zip([row(3), row(1), row(2)], [r for rows in found.rows for r in rows], strict=True):
        assert_same(expected, got)
    assert found.skipped == (Skipped("x", "why", False), Skipped("y", "because", True))
    assert (catalog.stamp(), catalog.source()) == (STAMP, tmp_path)
    known = {path: Known("", "d" + path) for path in ("a.txt", "b.txt", "سند.txt")}
    skipped = {skip.path: Known(mark, skipped=skip) for skip, mark in zip(found.skipped, ("", "m"), strict=True)}
    assert catalog.known() == known | skipped
    assert catalog.damage() == []


def test_a_catalog_that_was_never_written_is_empty(index: Path) -> None:
    catalog = Catalog(index)
    assert (catalog.exists(), catalog.listing(), whole(catalog), catalog.generation()) == (
        False,
        NOTHING,
        Whole(0, (), (), ()),
        0,
    )
    assert (catalog.stamp(), catalog.source(), catalog.known()) == (None, None, {})
    assert not index.exists()


def test_a_new_index_can_be_read_by_its_owner_alone_and_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(0o755)
    for name, mode in (("new", 0o700), ("shared", 0o755)):
        with Catalog(tmp_path / name).write() as transaction:
            transaction.touch()
        assert (tmp_path / name).stat().st_mode & 0o777 == mode


def test_removing_a_document_removes_its_passages(catalog: Catalog, tmp_path: Path) -> None:
    with catalog.write() as transaction:
        transaction.remove(["b.txt"])
        transaction.finish(STAMP, tmp_path, [])
    assert list(catalog.embedded(["p1", "p2", "p3"])) == ["p3"]
    assert [len(rows) for rows in whole(catalog).rows] == [1, 0]
    assert (catalog.generation(), catalog.listing().skipped) == (2, ())


def test_putting_a_document_again_replaces_it(catalog: Catalog) -> None:
    with catalog.write() as transaction:
        transaction.put(document("b.txt", "new text"), [row(7)])
    found = whole(catalog)
    assert found.documents[1].text == "new text"
    assert_same(row(7), found.rows[1][0])


def test_a_catalog_reads_what_it_is_asked_for(catalog: Catalog) -> None:
    assert [found.path for found in catalog.documents(["b.txt", "nowhere"])] == ["b.txt"]
    assert catalog.embedded([]) == {}
    assert catalog.embedded(["p2", "no"])["p2"].vector.tolist() == row(2).embedded.vector.tolist()
    assert sorted(catalog.embedded_in(["b.txt", "nowhere"])) == ["p1", "p2"]
    keys = [listed.key for listed in catalog.listing().documents]
    assert catalog.load([keys[1], 7, keys[0]]).keys == (keys[1], keys[0])


def test_what_is_outdated_keeps_its_text_until_it_is_put_again(catalog: Catalog) -> None:
    with catalog.write() as transaction:
        transaction.outdate()
        transaction.put(document("a.txt"), [row(9)], "mark")
    assert [found.path for found in catalog.listing().documents] == ["a.txt"]
    assert {path: (found.mark, found.stale) for path, found in catalog.known().items() if found.digest} == {
        "a.txt": ("mark", False),
        "b.txt": ("", True),
        "سند.txt": ("", True),
    }
    assert catalog.documents(["b.txt"]) == [document("b.txt")]
    assert list(catalog.embedded(["p1", "p2", "p3", "p9"])) == ["p9"]


def test_a_mark_is_noted_without_a_change(catalog: Catalog) -> None:
    keys = [listed.key for listed in catalog.listing().documents]
    with catalog.write() as transaction:
        transaction.mark([("a.txt", "new"), ("nowhere", "new")])
    assert (catalog.known()["a.txt"].mark, catalog.generation()) == ("new", 1)
    assert [listed.key for listed in catalog.listing().documents] == keys


def test_no_key_is_given_twice(catalog: Catalog, tmp_path: Path) -> None:
    seen = {listed.key for listed in catalog.listing().documents}
    for _ in range(5):
        with catalog.write() as transaction:
            transaction.remove(["a.txt", "b.txt", "سند.txt"])
            transaction.put(document("a.txt"), [])
            transaction.put(document("b.txt"), [])
            transaction.finish(STAMP, tmp_path, [])
        found = {listed.key for listed in catalog.listing().documents}
        assert min(found) > max(seen)
        seen |= found
    assert catalog.listing().last_key == max(seen)


def test_only_one_process_updates(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qa.catalog, "PATIENCE", 0.1)
    with catalog.alone(), pytest.raises(LockedError, match="Another process is updating"), catalog.alone():
        pytest.fail("two update at once")
    with catalog.alone():
        pass


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_transaction_that_fails_leaves_everything_as_it_was(catalog: Catalog, error: type[BaseException]) -> None:
    def spoil() -> None:
        with catalog.write() as transaction:
            transaction.remove(["a.txt"])
            transaction.put(document("c.txt"), [row(1)])
            raise error

    with pytest.raises(error):
        spoil()
    assert [found.path for found in whole(catalog).documents] == ["a.txt", "b.txt", "سند.txt"]


def test_a_catalog_that_another_process_writes_is_locked_and_readable(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.catalog, "WAIT", 0.1)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(catalog.file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError, match="wait until it is done"), catalog.write():
            pytest.fail("two processes write at once")
        assert len(whole(catalog).documents) == 3
        holder.communicate()
    with catalog.write() as transaction:
        transaction.remove(["b.txt"])
    assert len(whole(catalog).documents) == 2
