"""The index on disk: one SQLite file with documents, passages and vectors, written in whole transactions.

It is the only source of truth. A process that dies at any moment leaves the state before its transaction or after it.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from qa.documents import Document
from qa.embed import Embedded
from qa.errors import CatalogError, LockedError, NewerError
from qa.folder import Skipped
from qa.integrity import Fault, find_faults
from qa.tables import (
    FORMAT,
    LISTED,
    Known,
    Listed,
    Row,
    checked_document,
    checked_row,
    create,
    widen,
)
from qa.transaction import Stamp, Transaction, are_complete, settings_of, skipped_in, stamp_of

FILE, LOCK = "catalog.sqlite", "update.lock"
SEGMENTS = "segments"  # the folder beside the file that holds what is derived from it
WAIT = 5.0  # seconds for another process to finish its transaction
PATIENCE = 1.0  # seconds for another process to finish its update


@dataclass(frozen=True, slots=True)
class Contents:
    """Documents with their texts and passages; `keys[i]` and `rows[i]` belong to `documents[i]`."""

    keys: tuple[int, ...]
    documents: tuple[Document, ...]
    rows: tuple[tuple[Row, ...], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What the index holds, read in one transaction: its documents in order of their paths, and the skipped files."""

    generation: int
    stamp: Stamp | None  # what it was made with; None where there is nothing, or only what an older Sanad wrote
    documents: tuple[Listed, ...]
    skipped: tuple[Skipped, ...]
    last_key: int  # the highest key that a document ever had
    waiting: int  # files that the update which wrote this state had not come to yet


NOTHING = Listing(0, None, (), (), 0, 0)


class Catalog:
    """The SQLite file in an index folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / FILE

    def exists(self) -> bool:
        """Tell whether anything was ever written; undo what a killed process left half written."""
        try:
            if self.file.with_name(f"{FILE}-journal").exists():
                with self._open("rw") as db:  # which rolls the journal back
                    db.execute("SELECT 1 FROM sqlite_schema").fetchone()
            return self.file.is_file() and self.file.stat().st_size > 0
        except OSError as error:
            raise CatalogError(
                f"The index {self.file} cannot be read ({error.strerror}): grant access to it."
            ) from error

    def stamp(self) -> Stamp | None:
        """Return what the index was made with, None where there is no index yet."""
        return stamp_of(self._settings())

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
            return settings_of(db)

    def known(self) -> dict[str, Known]:
        """Return what the index knows about each file, by its path."""
        if not self.exists():
            return {}
        with self._read() as db:
            if settings_of(db)["format"] != str(FORMAT):
                found = db.execute("SELECT path, digest FROM documents")
                return {path: Known("", digest, stale=True) for path, digest in found}
            skipped = {skip.path: Known(mark, skipped=skip) for skip, mark in skipped_in(db)}
            found = db.execute("SELECT path, mark, digest, stale FROM documents")
            return skipped | {path: Known(mark, digest, bool(stale)) for path, mark, digest, stale in found}

    def embedded(self, digests: Iterable[str]) -> dict[str, Embedded]:
        """Return the embeddings, by digest, of passages with these digests, as far as the index has them."""
        if not self.exists():
            return {}
        wanted = "SELECT * FROM passages WHERE digest = ?"
        with self._read() as db:
            if settings_of(db)["format"] != str(FORMAT):
                return {}
            found = (_first_whole(db.execute(wanted, [digest])) for digest in digests)
            return {row.digest: row.embedded for row in found if row}

    def embedded_in(self, paths: Iterable[str]) -> dict[str, Embedded]:
        """Return the embeddings, by digest, of all passages of these documents."""
        wanted = "SELECT passages.* FROM passages, documents WHERE document = id AND path = ?"
        with self._read() as db:
            found = (_first_whole([row]) for path in paths for row in db.execute(wanted, [path]))
            return {row.digest: row.embedded for row in found if row}

    def documents(self, paths: Sequence[str]) -> list[Document]:
        """Return the indexed documents with these paths."""
        if not paths:
            return []
        with self._read() as db:
            wanted = f"SELECT {LISTED}, text FROM documents, texts WHERE id = document AND path = ?"
            found = (db.execute(wanted, [path]).fetchone() for path in paths)
            return [Listed(*row[:-1]).document(row[-1]) for row in found if row]

    def listing(self) -> Listing:
        """Return what the index holds, without texts and passages."""
        if not self.exists():
            return NOTHING
        with self._read() as db:
            settings = settings_of(db)
            if settings["format"] != str(FORMAT):
                return NOTHING
            found = db.execute(f"SELECT {LISTED} FROM documents WHERE NOT stale ORDER BY path")
            documents = tuple(Listed(*columns) for columns in found)
            skipped = tuple(skip for skip, _ in skipped_in(db))
            generation, last_key, waiting = (int(settings[name]) for name in ("generation", "last_key", "waiting"))
            return Listing(generation, stamp_of(settings), documents, skipped, last_key, waiting)

    def load(self, keys: Iterable[int]) -> Contents:
        """Read the documents with these keys, in this order, without those that are gone."""
        wanted = f"SELECT {LISTED}, text, checksum FROM documents, texts WHERE id = document AND id = ?"
        documents: dict[int, Document] = {}
        passages: list[tuple[Row, ...]] = []
        if not self.exists():
            return Contents((), (), ())
        with self._read() as db:
            for key in keys:
                for *columns, text, checksum in db.execute(wanted, [key]):
                    rows = db.execute("SELECT * FROM passages WHERE document = ? ORDER BY number", [key])
                    documents[key] = checked_document(columns, text, checksum)
                    passages.append(tuple(checked_row(values) for _, *values in rows))
        return Contents(tuple(documents), tuple(documents.values()), tuple(passages))

    def damage(self) -> list[str]:
        """Return what SQLite finds wrong with the file; nothing where it is intact."""
        with self._read() as db:
            return [f"{self.file}: {row[0]}." for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]

    def faults(self, dim: int | None = None) -> list[Fault]:
        """Return what is wrong in the tables; `dim` is the expected length of a vector, if known."""
        with self._read() as db:
            return list(find_faults(db, dim)) if settings_of(db)["format"] == str(FORMAT) else []

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from updating while the context lasts; raise LockedError where one already is."""
        self._make_folder()
        lock = FileLock(self.folder / LOCK, timeout=PATIENCE)
        try:
            with lock:
                yield
        except Timeout:
            raise LockedError(f"Another process is updating the index {self.folder}: wait until it is done.") from None
        except OSError as error:
            if error.filename is None or Path(error.filename).name != LOCK:
                raise
            raise CatalogError(
                f"The index folder {self.folder} cannot be written ({error.strerror}): grant access to it, or name "
                "another with --index."
            ) from error

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(0o700, parents=True, exist_ok=True)  # the documents may be readable by their owner alone
        except OSError as error:
            in_the_way = isinstance(error, FileExistsError | NotADirectoryError)
            reason = "a file is in the way" if in_the_way else error.strerror
            raise CatalogError(
                f"The index folder {self.folder} cannot be created ({reason}): name another with --index."
            ) from error

    @contextlib.contextmanager
    def write(self) -> Iterator[Transaction]:
        """Open a transaction: all of it is kept on success, none of it on any error.

        Raise LockedError where another process is writing, CatalogError where the file cannot be written.
        """
        self._make_folder()
        with self._open("rwc") as db:
            db.execute("PRAGMA cache_spill = OFF")  # others may read until the very end
            db.execute("BEGIN IMMEDIATE")
            if db.execute("SELECT 1 FROM sqlite_schema").fetchone():
                self._check_format(db)
                widen(db, settings_of(db).get("format", ""))
            create(db)
            yield Transaction(db)
            db.execute("INSERT OR REPLACE INTO settings VALUES ('format', ?)", [str(FORMAT)])
            db.execute("COMMIT")

    @contextlib.contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._open("rw") as db:  # not read-only, or a killed process's journal could not be rolled back
            db.execute("BEGIN")
            self._check_format(db)
            yield db

    def _check_format(self, db: sqlite3.Connection) -> None:
        settings = settings_of(db)
        found = settings.get("format", "")
        if not found.isdecimal():
            raise sqlite3.DatabaseError("its format is not recorded")
        if int(found) > FORMAT:
            raise NewerError(f"{self.file} was written by a newer Sanad: update Sanad, or name another --index.")
        if int(found) == FORMAT and len(settings) > 1 and not are_complete(settings):
            raise sqlite3.DatabaseError("its settings are not as they were written")

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
            return LockedError(f"Another process is writing the index {self.file}: wait until it is done.")
        if code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            told = "move it away and build again, as doctor FOLDER --repair does with the folder of its documents"
            return CatalogError(f"{self.file} is damaged or is not an index of Sanad ({error}): {told}.")
        return CatalogError(
            f"The index {self.file} cannot be used ({error}): check its permissions and its disk{self._room()}."
        )

    def _room(self) -> str:
        """Return in words what is left of the disk, nothing where the folder is gone."""
        try:
            return f", which has {shutil.disk_usage(self.folder).free / 2**20:,.0f} MB left"
        except OSError:
            return ""


def _first_whole(found: Iterable[Sequence[Any]]) -> Row | None:
    """Return the first passage whose checksum matches: damaged vectors are not used again."""
    for _, *values in found:
        with contextlib.suppress(sqlite3.DatabaseError):
            return checked_row(values)
    return None
