"""The tables of the catalog, and how documents and passages become rows and rows become them again."""

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qa.documents import Document
from qa.embed import Embedded
from qa.errors import CatalogError
from qa.folder import Skipped
from qa.passages import Passage
from qa.sections import Heading
from qa.spans import Span

FORMAT = 8  # raise it when the tables change: older indexes are rebuilt

TABLES = """
CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, title TEXT NOT NULL, format TEXT NOT NULL,
    note TEXT NOT NULL, date TEXT NOT NULL, pages BLOB NOT NULL, headings BLOB NOT NULL, passages INTEGER NOT NULL,
    indexed TEXT NOT NULL, mark TEXT NOT NULL, stale INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS texts (
    document INTEGER PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE, text TEXT NOT NULL,
    checksum INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS passages (
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE, number INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, sentences BLOB NOT NULL, repeats BLOB NOT NULL,
    digest TEXT NOT NULL, language TEXT NOT NULL, vector BLOB NOT NULL, tokens BLOB NOT NULL, sizes BLOB NOT NULL,
    norms BLOB NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (document, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS passages_by_digest ON passages (digest);
CREATE TABLE IF NOT EXISTS skipped (
    path TEXT PRIMARY KEY, reason TEXT NOT NULL, lost INTEGER NOT NULL, mark TEXT NOT NULL) WITHOUT ROWID;
"""
LISTED = "id, path, digest, title, format, note, date, pages, headings, passages, indexed"


@dataclass(frozen=True, slots=True)
class Row:
    """A passage in the catalog; `digest` is the SHA-256 of its text."""

    passage: Passage
    digest: str
    language: str
    embedded: Embedded


@dataclass(frozen=True, slots=True)
class Known:
    """What the index knows of a file: its mark when it was read and, where it is a document, the digest of its bytes.

    A stale document was made with another encoder or splitter: only its text is of use. A skipped file has no digest.
    """

    mark: str
    digest: str = ""
    stale: bool = False
    skipped: Skipped | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as the catalog lists it, without its text; what has one key never changes."""

    key: int
    path: str
    digest: str
    title: str
    format: str
    note: str
    date: str
    pages: bytes
    headings: bytes
    passages: int
    indexed: str  # when, in UTC as ISO 8601

    @classmethod
    def of(cls, key: int, document: Document, passages: int, indexed: str) -> "Listed":
        """Return the entry of a document with that number of passages."""
        facts = (document.path, document.digest, document.title, document.format, document.note, document.date)
        headings = np.array([(one.start, one.level) for one in document.headings], np.int64)  # (headings, 2)
        return cls(key, *facts, np.array(document.pages, np.int64).tobytes(), headings.tobytes(), passages, indexed)

    def document(self, text: str) -> Document:
        """Return the whole document, given its text; raise CatalogError where its pages or headings are damaged."""
        try:
            pages = tuple(np.frombuffer(self.pages, np.int64).tolist())
            headings = tuple(Heading(*pair) for pair in np.frombuffer(self.headings, np.int64).reshape(-1, 2).tolist())
        except ValueError as error:
            raise CatalogError(
                f"The entry of {self.path} in the index is damaged: repair it with doctor --repair."
            ) from error
        facts = (self.format, self.note, self.date, pages, headings)
        return Document(self.path, self.digest, self.title, text, *facts)


def widen(db: sqlite3.Connection, found: str) -> None:
    """Bring tables of an older format to the columns of this one; the next update makes everything again."""
    if found == str(FORMAT):
        return
    for table in ("passages", "skipped"):
        db.execute(f"DROP TABLE {table}")
    text = "text, 0 FROM old"
    if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'texts'").fetchone():
        db.execute("ALTER TABLE texts RENAME TO old_texts")
        text = "text, 0 FROM old_texts, old WHERE id = document"
    db.execute("ALTER TABLE documents RENAME TO old")
    create(db)
    present = {row[1] for row in db.execute("PRAGMA table_info(old)")}
    kept = [
        name if name in present else empty
        for name, empty in (("format", "''"), ("note", "''"), ("date", "''"), ("pages", "x''"), ("headings", "x''"))
    ]
    db.execute(f"INSERT INTO documents SELECT id, path, digest, title, {', '.join(kept)}, 0, '', '', 1 FROM old")
    db.execute(f"INSERT INTO texts SELECT id, {text}")
    db.execute("DROP TABLE IF EXISTS old_texts")
    db.execute("DROP TABLE old")


def create(db: sqlite3.Connection) -> None:
    """Create the tables that do not exist yet."""
    for statement in TABLES.split(";\n"):
        db.execute(statement)


def passage_values(row: Row) -> tuple[object, ...]:
    """Return the values of a passage in the order of its columns, without its document's key, and last a checksum."""
    passage, embedded = row.passage, row.embedded
    spans = (_pack(passage.sentences), _pack(passage.repeats))
    blobs = (embedded.vector, embedded.tokens, embedded.sizes, embedded.norms)
    start, end = passage.span.start, passage.span.end
    values = (passage.number, start, end, *spans, row.digest, row.language, *(blob.tobytes() for blob in blobs))
    return *values, checksum(values)


def checksum(values: Iterable[object]) -> int:
    """Return the CRC-32 of the values of a row, each with its length."""
    found = 0
    for value in values:
        content = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        found = zlib.crc32(content, zlib.crc32(b"%d " % len(content), found))
    return found


def text_checksum(listed: Listed, text: str) -> int:
    """Return the checksum of a document's text and of its entry."""
    facts = (listed.path, listed.digest, listed.title, listed.format, listed.note, listed.date)
    return checksum((*facts, listed.pages, listed.headings, listed.indexed, text))


def checked_row(values: Sequence[Any]) -> Row:
    """Return the passage of values that end in their checksum; raise DatabaseError where it does not match."""
    *columns, expected = values
    if checksum(columns) != expected:
        raise sqlite3.DatabaseError(f"passage {columns[0]} of a document is not as it was written")
    return to_row(*columns)


def checked_document(columns: Iterable[Any], text: str, expected: int) -> Document:
    """Return the document of these columns and text; raise DatabaseError where the checksum does not match."""
    listed = Listed(*columns)
    if text_checksum(listed, text) != expected:
        raise sqlite3.DatabaseError(f"the text of {listed.path} is not as it was written")
    return listed.document(text)


def to_row(
    number: int, start: int, end: int, sentences: bytes, repeats: bytes, digest: str, language: str, *blobs: bytes
) -> Row:
    """Return the passage of a row's values."""
    passage = Passage(number, Span(start, end), _unpack(sentences), _unpack(repeats))
    return Row(passage, digest, language, _to_embedded(*blobs))


def _to_embedded(vector: bytes, tokens: bytes, sizes: bytes, norms: bytes) -> Embedded:
    """Return the vector and tokens of a row's values."""
    return Embedded(
        np.frombuffer(vector, np.float32),
        np.frombuffer(tokens, np.uint16),
        np.frombuffer(sizes, np.int32),
        np.frombuffer(norms, np.float32),
    )


def _pack(spans: Iterable[Span]) -> bytes:
    return np.array([(span.start, span.end) for span in spans], np.int64).tobytes()


def _unpack(blob: bytes) -> tuple[Span, ...]:
    return tuple(Span(int(start), int(end)) for start, end in np.frombuffer(blob, np.int64).reshape(-1, 2))
