"""Changes to the catalog that happen together or not at all."""

import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

from embeddings.encoder import Encoder
from qa.documents import Document
from qa.folder import Skipped
from qa.passages import SPLITTER
from qa.tables import FORMAT, LISTED, Listed, Row, passage_values, text_checksum

GAP = 36  # bits; SQLite counts to 63, enough for 10**8 transactions


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index was made with; passages and vectors of another encoder or splitter cannot be compared with it."""

    model: str = field(compare=False)  # what its user called it
    fingerprint: str
    splitter: str

    @classmethod
    def of(cls, encoder: Encoder) -> "Stamp":
        """Return the stamp of an index made by this version of Sanad with `encoder`."""
        return cls(encoder.name, encoder.fingerprint, str(SPLITTER))


class Transaction:
    """One set of changes: other processes see all of them once it is committed, or none."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._last_key: int | None = None

    @property
    def generation(self) -> int:
        """The number of the last change before this one."""
        return int(settings_of(self._db).get("generation", 0))

    def outdate(self) -> None:
        """Mark every document as stale: only its text is kept until it is put again or removed."""
        self._db.execute("DELETE FROM passages")
        self._db.execute("UPDATE documents SET stale = 1, passages = 0")

    def mark(self, marks: Iterable[tuple[str, str]]) -> None:
        """Record the present marks of files, by path, whose bytes are those that were indexed."""
        self._db.executemany("UPDATE documents SET mark = ? WHERE path = ?", [(mark, path) for path, mark in marks])

    def rename(self, model: str) -> None:
        """Record another name for the model."""
        self._db.execute("UPDATE settings SET value = ? WHERE key = 'model'", [model])

    def remove(self, paths: Iterable[str]) -> None:
        """Remove documents with their passages."""
        self._db.executemany("DELETE FROM documents WHERE path = ?", [(path,) for path in paths])

    def put(self, document: Document, rows: Iterable[Row], mark: str = "") -> None:
        """Add a document with its passages and the mark of its file, replacing one with the same path."""
        self.remove([document.path])
        key = self._next_key()
        found = [(key, *passage_values(row)) for row in rows]
        listed = Listed.of(key, document, len(found), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        values = [*(getattr(listed, field.name) for field in fields(listed)), mark, False]
        self._db.execute(f"INSERT INTO documents ({LISTED}, mark, stale) VALUES ({_places(values)})", values)
        self._db.execute(
            "INSERT INTO texts VALUES (?, ?, ?)", [key, document.text, text_checksum(listed, document.text)]
        )
        if found:
            self._db.executemany(f"INSERT INTO passages VALUES ({_places(found[0])})", found)

    def spoil(self, passages: Iterable[tuple[str, int]]) -> None:
        """Remove passages, by their documents' paths and their numbers, and mark the documents as stale."""
        for path, number in passages:
            wanted = "document = (SELECT id FROM documents WHERE path = ?) AND number = ?"
            self._db.execute(f"DELETE FROM passages WHERE {wanted}", [path, number])
            self._db.execute("UPDATE documents SET stale = 1 WHERE path = ?", [path])

    def remove_orphans(self) -> None:
        """Remove passages and texts of no document."""
        for table in ("passages", "texts"):
            self._db.execute(f"DELETE FROM {table} WHERE document NOT IN (SELECT id FROM documents)")

    def touch(self) -> None:
        """Record that the index changed, and nothing else."""
        self._record({})

    def _next_key(self) -> int:
        """Return a key that no document ever had, so that nothing derived for another document is taken for this one's.

        The first key of a transaction leaves a gap of random size: this holds even where an older copy of the file was
        put back in between.
        """
        if self._last_key is None:
            self._last_key = int(settings_of(self._db).get("last_key", 0)) + secrets.randbits(GAP)
        self._last_key += 1
        return self._last_key

    def finish(self, stamp: Stamp, source: Path, skipped: Iterable[tuple[Skipped, str]], waiting: int = 0) -> None:
        """Record what the index is made with and from which folder, what was skipped, and that it changed."""
        values = {
            "model": stamp.model,
            "fingerprint": stamp.fingerprint,
            "splitter": stamp.splitter,
            "source": str(source),
            "waiting": str(waiting),
        }
        self._record(values)
        self._db.execute("DELETE FROM skipped")
        self._db.executemany(
            "INSERT OR REPLACE INTO skipped VALUES (?, ?, ?, ?)",
            [(file.path, file.reason, file.lost, mark) for file, mark in skipped],
        )

    def _record(self, values: dict[str, str]) -> None:
        """Write settings of the whole index, and with them that it changed."""
        last_key = str(self._last_key or settings_of(self._db).get("last_key", 0))
        values = {**values, "generation": str(self.generation + 1), "last_key": last_key}
        self._db.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", values.items())


def _places(values: Sequence[object]) -> str:
    """Return the marks that stand for values in a statement."""
    return ", ".join("?" * len(values))


def settings_of(db: sqlite3.Connection) -> dict[str, str]:
    """Return the settings of the whole index."""
    return dict(db.execute("SELECT key, value FROM settings"))


def are_complete(settings: dict[str, str]) -> bool:
    """Tell whether the settings are exactly those that an update records."""
    return {"format", *_TEXTS, *_NUMBERS} == settings.keys() and all(settings[name].isdecimal() for name in _NUMBERS)


_TEXTS = ("model", "fingerprint", "splitter", "source")
_NUMBERS = ("generation", "last_key", "waiting")


def stamp_of(settings: dict[str, str]) -> Stamp | None:
    """Return what an index with these settings was made with, None where there is none yet."""
    if "fingerprint" not in settings:
        return None
    older = settings["format"] != str(FORMAT)  # treated as another splitter, so that everything is made again
    return Stamp(settings["model"], settings["fingerprint"], "" if older else settings["splitter"])


def skipped_in(db: sqlite3.Connection) -> list[tuple[Skipped, str]]:
    """Return the files that were skipped, with their marks."""
    found = db.execute("SELECT path, reason, lost, mark FROM skipped ORDER BY path")
    return [(Skipped(path, reason, bool(lost)), mark) for path, reason, lost, mark in found]
