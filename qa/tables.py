"""The tables of the catalog, and how documents and passages become their rows and come back."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from qa.documents import Document
from qa.embed import Embedded
from qa.passages import Passage, Span

FORMAT = 3  # raise it when the tables change: an older index is made again

TABLES = """
CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
    format TEXT NOT NULL, note TEXT NOT NULL, date TEXT NOT NULL, pages BLOB NOT NULL,
    indexed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passages (
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE, number INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, sentences BLOB NOT NULL, repeats BLOB NOT NULL,
    digest TEXT NOT NULL, language TEXT NOT NULL, vector BLOB NOT NULL, tokens BLOB NOT NULL, sizes BLOB NOT NULL,
    norms BLOB NOT NULL,     PRIMARY KEY (document, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS skipped (path TEXT PRIMARY KEY, reason TEXT NOT NULL, lost INTEGER NOT NULL) WITHOUT ROWID;
"""
DOCUMENT = "pages, path, digest, title, text, format, note, date"


@dataclass(frozen=True, slots=True)
class Row:
    """A passage as it stands in the catalog; `digest` is that of its folded text."""

    passage: Passage
    digest: str
    language: str
    embedded: Embedded


def widen(db: sqlite3.Connection, found: str) -> None:
    """Bring the tables of format `found` to the columns of this one; the update after it makes everything again."""
    if found == str(FORMAT):
        return
    db.execute("DROP TABLE passages")
    present = {row[1] for row in db.execute("PRAGMA table_info(documents)")}
    for name, kind in (("format", "TEXT"), ("note", "TEXT"), ("date", "TEXT"), ("pages", "BLOB"), ("indexed", "TEXT")):
        if name not in present:
            empty = "x''" if kind == "BLOB" else "''"
            db.execute(f"ALTER TABLE documents ADD COLUMN {name} {kind} NOT NULL DEFAULT {empty}")


def document_values(document: Document) -> tuple[object, ...]:
    """Return the values of the columns DOCUMENT."""
    pages, *told = DOCUMENT.split(", ")
    return np.array(getattr(document, pages), np.int64).tobytes(), *(getattr(document, name) for name in told)


def to_document(pages: bytes, *told: str) -> Document:
    """Return the document of a row with the columns DOCUMENT."""
    path, digest, title, text, form, note, date = told
    return Document(path, digest, title, text, form, note, date, tuple(np.frombuffer(pages, np.int64).tolist()))


def passage_values(row: Row) -> tuple[object, ...]:
    """Return the values of a passage in the order of its columns, the key of its document left out."""
    passage, embedded = row.passage, row.embedded
    spans = (_pack(passage.sentences), _pack(passage.repeats))
    blobs = (embedded.vector, embedded.tokens, embedded.sizes, embedded.norms)
    start, end = passage.span.start, passage.span.end
    return passage.number, start, end, *spans, row.digest, row.language, *(blob.tobytes() for blob in blobs)


def to_row(
    number: int, start: int, end: int, sentences: bytes, repeats: bytes, digest: str, language: str, *blobs: bytes
) -> Row:
    """Return the passage of such values."""
    passage = Passage(number, Span(start, end), _unpack(sentences), _unpack(repeats))
    return Row(passage, digest, language, to_embedded(*blobs))


def to_embedded(vector: bytes, tokens: bytes, sizes: bytes, norms: bytes) -> Embedded:
    """Return vectors and tokens as they were embedded."""
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
