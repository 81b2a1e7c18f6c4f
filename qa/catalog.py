"""The index on disk: one SQLite file with documents, passages and vectors, written in whole transactions.

It is the only truth. A process that dies at any moment leaves the state before its transaction or the one after it.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.documents import Document
from qa.embed import Embedded
from qa.errors import CatalogError, LockedError
from qa.folder import Skipped
from qa.tables import (
    DOCUMENT,
    FORMAT,
    TABLES,
    Row,
    document_values,
    passage_values,
    to_document,
    to_embedded,
    to_row,
    widen,
)

FILE = "catalog.sqlite"
WAIT = 5.0  # seconds for another process to finish its transaction


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index was made with: under another encoder or splitter its passages and vectors are not comparable."""

    model: str
    fingerprint: str
    splitter: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a question is asked of, read in one transaction; `rows[i]` are the passages of `documents[i]`."""

    generation: int
    documents: tuple[Document, ...]
    rows: tuple[tuple[Row, ...], ...]
    skipped: tuple[Skipped, ...]


NOTHING = Contents(0, (), (), ())


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
        settings = self._settings()
        if "fingerprint" not in settings:
            return None
        older = settings["format"] != str(FORMAT)  # as if cut by another splitter: made again whole
        return Stamp(settings["model"], settings["fingerprint"], "" if older else settings["splitter"])

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

    def times(self) -> dict[str, str]:
        """Return by path when each document was indexed, in UTC as ISO 8601; nothing of an older index."""
        if self._settings().get("format") != str(FORMAT):
            return {}
        with self._read() as db:
            return dict(db.execute("SELECT path, indexed FROM documents"))

    def load(self) -> Contents:
        """Read everything, documents in order of their paths, passages in order of their documents."""
        if not self.exists():
            return NOTHING
        with self._read() as db:
            rows: dict[int, list[Row]] = {}
            for document, *columns in db.execute("SELECT * FROM passages ORDER BY document, number"):
                rows.setdefault(document, []).append(to_row(*columns))
            found = db.execute(f"SELECT id, {DOCUMENT} FROM documents ORDER BY path").fetchall()
            return Contents(
                int(_settings(db)["generation"]),
                tuple(to_document(*columns) for _, *columns in found),
                tuple(tuple(rows.get(key, ())) for key, *_ in found),
                _skipped(db),
            )

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
            for statement in TABLES.split(";\n"):
                db.execute(statement)
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

    @property
    def generation(self) -> int:
        """The number of the last change before this one."""
        return int(_settings(self._db).get("generation", 0))

    def known(self, digests: Iterable[str]) -> dict[str, Embedded]:
        """Return what is already embedded of the passages with these digests."""
        wanted = set(digests)
        found = self._db.execute("SELECT digest, vector, tokens, sizes, norms FROM passages")
        return {digest: to_embedded(*blobs) for digest, *blobs in found if digest in wanted}

    def documents(self, paths: Iterable[str]) -> list[Document]:
        """Return indexed documents by their paths."""
        wanted = set(paths)
        found = self._db.execute(f"SELECT {DOCUMENT} FROM documents ORDER BY path")
        return [to_document(*columns) for columns in found if columns[1] in wanted]

    def clear(self) -> None:
        """Remove every document."""
        self._db.execute("DELETE FROM documents")

    def remove(self, paths: Iterable[str]) -> None:
        """Remove documents with their passages."""
        self._db.executemany("DELETE FROM documents WHERE path = ?", [(path,) for path in paths])

    def put(self, document: Document, rows: Iterable[Row]) -> None:
        """Add a document with its passages, in place of one with the same path."""
        self.remove([document.path])
        values = document_values(document)
        places = f"{', '.join('?' * len(values))}, strftime('%Y-%m-%dT%H:%M:%SZ')"
        key = self._db.execute(f"INSERT INTO documents ({DOCUMENT}, indexed) VALUES ({places})", values).lastrowid
        self._db.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(key, *passage_values(row)) for row in rows],
        )

    def finish(self, stamp: Stamp, source: Path, skipped: Iterable[Skipped]) -> None:
        """Record what the index is made with, of which folder, what was left out, and that it changed."""
        values = {
            "model": stamp.model,
            "fingerprint": stamp.fingerprint,
            "splitter": stamp.splitter,
            "source": str(source),
            "generation": str(self.generation + 1),
        }
        self._db.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", values.items())
        self._db.execute("DELETE FROM skipped")
        self._db.executemany(
            "INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)", [(file.path, file.reason, file.lost) for file in skipped]
        )


def _settings(db: sqlite3.Connection) -> dict[str, str]:
    return dict(db.execute("SELECT key, value FROM settings"))


def _skipped(db: sqlite3.Connection) -> tuple[Skipped, ...]:
    found = db.execute("SELECT path, reason, lost FROM skipped ORDER BY path")
    return tuple(Skipped(path, reason, bool(lost)) for path, reason, lost in found)
