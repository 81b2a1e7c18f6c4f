"""The index on disk: one SQLite file with documents, passages and vectors, written in whole transactions.

It is the only truth. A process that dies at any moment leaves the state before its transaction or the one after it.
"""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from embeddings.encoder import Encoder
from qa.documents import Document
from qa.embed import Embedded
from qa.errors import CatalogError, LockedError
from qa.folder import Skipped
from qa.passages import SPLITTER
from qa.tables import (
    FORMAT,
    LISTED,
    Listed,
    Row,
    create,
    passage_values,
    to_embedded,
    to_row,
    widen,
)

FILE = "catalog.sqlite"
GAP = 36  # bits; SQLite counts to 63, enough for 10**8 transactions
WAIT = 5.0  # seconds for another process to finish its transaction


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index was made with: under another encoder or splitter its passages and vectors are not comparable."""

    model: str
    fingerprint: str
    splitter: str

    @classmethod
    def of(cls, encoder: Encoder) -> "Stamp":
        """Return what an index made now with `encoder` is made with."""
        return cls(encoder.name, encoder.fingerprint, str(SPLITTER))


@dataclass(frozen=True, slots=True)
class Contents:
    """Documents with their texts and passages: `keys[i]` and `rows[i]` are those of `documents[i]`."""

    keys: tuple[int, ...]
    documents: tuple[Document, ...]
    rows: tuple[tuple[Row, ...], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What the index holds, read in one transaction: its documents in order of their paths, and what was left out."""

    generation: int
    stamp: Stamp | None  # what it was made with, None where there is nothing or only what an older Sanad wrote
    documents: tuple[Listed, ...]
    skipped: tuple[Skipped, ...]
    last_key: int  # the highest that a document ever had


NOTHING = Listing(0, None, (), (), 0)


class Catalog:
    """The SQLite file in an index folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / FILE

    def exists(self) -> bool:
        """Tell whether anything was ever written."""
        try:
            if self.file.with_name(f"{FILE}-journal").exists():
                with self._open("rw") as db:  # what a killed process left half written is undone
                    db.execute("SELECT 1 FROM sqlite_schema").fetchone()
            return self.file.is_file() and self.file.stat().st_size > 0
        except OSError as error:
            raise CatalogError(f"The index {self.file} may not be read ({error.strerror}): allow it.") from error

    def stamp(self) -> Stamp | None:
        """Return what the index was made with, None where there is no index yet."""
        return _stamp(self._settings())

    def source(self) -> Path | None:
        """Return the folder of documents that the index follows, None where there is no index yet."""
        settings = self._settings()
        return Path(settings["source"]) if "source" in settings else None

    def generation(self) -> int:
        """Return the number of the last change, 0 where there is none."""
        return int(self._settings().get("generation", 0))

    def _settings(self) -> dict[str, str]:
        if not self.exists():
            return {}
        with self._read() as db:
            return _settings(db)

    def digests(self) -> dict[str, str]:
        """Return the digest of each indexed document by its path."""
        if not self.exists():
            return {}
        with self._read() as db:
            return dict(db.execute("SELECT path, digest FROM documents"))

    def listing(self) -> Listing:
        """Return what the index holds, all but texts and passages."""
        if not self.exists():
            return NOTHING
        with self._read() as db:
            settings = _settings(db)
            if settings["format"] != str(FORMAT):
                return NOTHING
            found = db.execute(f"SELECT {LISTED} FROM documents ORDER BY path")
            documents = tuple(Listed(*columns) for columns in found)
            return Listing(
                int(settings["generation"]), _stamp(settings), documents, _skipped(db), int(settings["last_key"])
            )

    def load(self, keys: Iterable[int]) -> Contents:
        """Read documents by their keys, in order of these; leave out those that are gone."""
        wanted = f"SELECT {LISTED}, text FROM documents, texts WHERE id = document AND id = ?"
        documents: dict[int, Document] = {}
        passages: list[tuple[Row, ...]] = []
        if not self.exists():
            return Contents((), (), ())
        with self._read() as db:
            for key in keys:
                for *columns, text in db.execute(wanted, [key]):
                    rows = db.execute("SELECT * FROM passages WHERE document = ? ORDER BY number", [key])
                    documents[key] = Listed(*columns).document(text)
                    passages.append(tuple(to_row(*values) for _, *values in rows))
        return Contents(tuple(documents), tuple(documents.values()), tuple(passages))

    def damage(self) -> list[str]:
        """Return what SQLite finds wrong in the file, nothing where it is whole."""
        with self._read() as db:
            return [f"{self.file}: {row[0]}." for row in db.execute("PRAGMA quick_check") if row[0] != "ok"]

    def skipped(self) -> tuple[Skipped, ...]:
        """Return the files that the last update left out."""
        if not self.exists():
            return ()
        with self._read() as db:
            return _skipped(db)

    @contextlib.contextmanager
    def write(self) -> Iterator["Transaction"]:
        """Open the one transaction that an update is: all of it is kept on success, none of it on any error.

        Raise LockedError where another process holds it, CatalogError where the file cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            in_the_way = isinstance(error, FileExistsError | NotADirectoryError)
            reason = "a file is in the way" if in_the_way else error.strerror
            raise CatalogError(f"The index folder {self.folder} cannot be made ({reason}): name another.") from error
        with self._open("rwc") as db:
            db.execute("PRAGMA cache_spill = OFF")  # others may read until the very end
            db.execute("BEGIN IMMEDIATE")
            if db.execute("SELECT 1 FROM sqlite_schema").fetchone():
                self._check_format(db)
                widen(db, _settings(db).get("format", ""))
            create(db)
            yield Transaction(db)
            db.execute("INSERT OR REPLACE INTO settings VALUES ('format', ?)", [str(FORMAT)])
            db.execute("COMMIT")

    @contextlib.contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._open("rw") as db:  # read-only, what a killed process left half done could not be undone
            db.execute("BEGIN")
            self._check_format(db)
            yield db

    def _check_format(self, db: sqlite3.Connection) -> None:
        found = _settings(db).get("format", "")
        if not found.isdecimal():
            raise sqlite3.DatabaseError("its format is not told")
        if int(found) > FORMAT:
            raise CatalogError(f"{self.file} was written by a newer Sanad: update Sanad, or name another --index.")

    @contextlib.contextmanager
    def _open(self, mode: str) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(
                f"{self.file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=WAIT
            )
            with contextlib.closing(db):  # closing rolls back what was not committed
                db.execute("PRAGMA foreign_keys = ON")
                yield db
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def _explain(self, error: sqlite3.Error) -> CatalogError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without the details in the high byte
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return LockedError(f"Another process is writing the index {self.file}: wait until it ends.")
        if code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return CatalogError(f"{self.file} is damaged or no index of Sanad ({error}): move it away and build again.")
        return CatalogError(f"The index {self.file} cannot be used ({error}): look at its disk and rights.")


class Transaction:
    """Changes to a catalog that happen together or not at all."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._last_key: int | None = None

    @property
    def generation(self) -> int:
        """The number of the last change before this one."""
        return int(_settings(self._db).get("generation", 0))

    def known(self, digests: Iterable[str]) -> dict[str, Embedded]:
        """Return what is already embedded of the passages with these digests."""
        wanted = "SELECT digest, vector, tokens, sizes, norms FROM passages WHERE digest = ? LIMIT 1"
        found = (self._db.execute(wanted, [digest]).fetchone() for digest in digests)
        return {row[0]: to_embedded(*row[1:]) for row in found if row}

    def documents(self, paths: Iterable[str]) -> list[Document]:
        """Return indexed documents by their paths."""
        wanted = f"SELECT {LISTED}, text FROM documents, texts WHERE id = document AND path = ?"
        found = (self._db.execute(wanted, [path]).fetchone() for path in sorted(paths))
        return [Listed(*row[:-1]).document(row[-1]) for row in found if row]

    def clear(self) -> None:
        """Remove every document."""
        self._db.execute("DELETE FROM documents")

    def remove(self, paths: Iterable[str]) -> None:
        """Remove documents with their passages."""
        self._db.executemany("DELETE FROM documents WHERE path = ?", [(path,) for path in paths])

    def put(self, document: Document, rows: Iterable[Row]) -> None:
        """Add a document with its passages, in place of one with the same path."""
        self.remove([document.path])
        key = self._next_key()
        found = [(key, *passage_values(row)) for row in rows]
        listed = Listed.of(key, document, len(found), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        values = [getattr(listed, field.name) for field in fields(listed)]
        self._db.execute(f"INSERT INTO documents ({LISTED}) VALUES ({', '.join('?' * len(values))})", values)
        self._db.execute("INSERT INTO texts VALUES (?, ?)", [key, document.text])
        self._db.executemany(f"INSERT INTO passages VALUES ({', '.join('?' * 12)})", found)

    def _next_key(self) -> int:
        """Return a key that no document ever had: what was derived under another key is never taken for this one's.

        The first of a transaction leaves a gap of random size, so that this holds also where an older copy of the
        file was put back meanwhile.
        """
        if self._last_key is None:
            self._last_key = int(_settings(self._db).get("last_key", 0)) + secrets.randbits(GAP)
        self._last_key += 1
        return self._last_key

    def finish(self, stamp: Stamp, source: Path, skipped: Iterable[Skipped]) -> None:
        """Record what the index is made with, of which folder, what was left out, and that it changed."""
        values = {
            "model": stamp.model,
            "fingerprint": stamp.fingerprint,
            "splitter": stamp.splitter,
            "source": str(source),
            "generation": str(self.generation + 1),
            "last_key": str(self._last_key or _settings(self._db).get("last_key", 0)),
        }
        self._db.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", values.items())
        self._db.execute("DELETE FROM skipped")
        self._db.executemany(
            "INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)", [(file.path, file.reason, file.lost) for file in skipped]
        )


def _settings(db: sqlite3.Connection) -> dict[str, str]:
    return dict(db.execute("SELECT key, value FROM settings"))


def _stamp(settings: dict[str, str]) -> Stamp | None:
    if "fingerprint" not in settings:
        return None
    older = settings["format"] != str(FORMAT)  # as if cut by another splitter: made again whole
    return Stamp(settings["model"], settings["fingerprint"], "" if older else settings["splitter"])


def _skipped(db: sqlite3.Connection) -> tuple[Skipped, ...]:
    found = db.execute("SELECT path, reason, lost FROM skipped ORDER BY path")
    return tuple(Skipped(path, reason, bool(lost)) for path, reason, lost in found)
