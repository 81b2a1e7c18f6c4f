"""Check that the tables of a catalog hold what was written to them, and that it fits together."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from qa.tables import LISTED, Listed, Row, checksum, text_checksum, to_row

Kind = Literal["document", "passage", "orphan"]
UNIT = 1e-3  # how far the length of a vector may be from 1


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a document's text or passages, or rows that belong to no document."""

    kind: Kind
    path: str
    message: str
    passage: int = 0  # its number, 0 where it is not about a single one


def find_faults(db: sqlite3.Connection, dim: int | None) -> Iterator[Fault]:
    """Yield what is wrong in the tables, document by document, except stale ones, which are made again anyway."""
    # Bytes that are not text are damage to report, not an error.
    db.text_factory = lambda content: content.decode("utf-8", "replace")
    for table in ("passages", "texts"):
        wanted = f"SELECT count(DISTINCT document) FROM {table} WHERE document NOT IN (SELECT id FROM documents)"
        (count,) = db.execute(wanted).fetchone()
        if count:
            yield Fault("orphan", "", f"there are {table} of {count:,} documents that do not exist")
    wanted = f"SELECT {LISTED}, text, checksum FROM documents LEFT JOIN texts ON id = document WHERE NOT stale"
    for *columns, text, expected in db.execute(f"{wanted} ORDER BY path"):
        listed = Listed(*columns)
        message = _about_text(listed, text, expected)
        if message:
            yield Fault("document", str(listed.path), message)
            continue
        found = db.execute("SELECT * FROM passages WHERE document = ? ORDER BY number", [listed.key])
        for number, message in _about_passages(listed, text, [row[1:] for row in found], dim):
            yield Fault("passage", listed.path, message, number)


def _about_text(listed: Listed, text: object, expected: object) -> str:
    if not isinstance(text, str):
        return "its text is missing"
    try:
        same = text_checksum(listed, text) == expected
    except (TypeError, ValueError):
        same = False
    return "" if same else "its text is not as it was written"


def _about_passages(
    listed: Listed, text: str, rows: Sequence[Sequence[Any]], dim: int | None
) -> Iterator[tuple[int, str]]:
    numbers = [row[0] for row in rows]
    if numbers != list(range(1, listed.passages + 1)):
        yield 0, f"it has {len(rows):,} of its {listed.passages:,} passages, or they are out of order"
    for *values, expected in rows:
        try:
            message = _about_row(to_row(*values), text, dim)
            message = message or ("" if checksum(values) == expected else "is not as it was written")
        except (TypeError, ValueError, OverflowError):
            message = "cannot be read"
        if message:
            yield values[0], f"passage {values[0]} {message}"


def _about_row(row: Row, text: str, dim: int | None) -> str:
    """Return what is wrong with a passage of a text, an empty string where nothing is."""
    span, vector = row.passage.span, row.embedded.vector
    inside = (*row.passage.sentences, *row.passage.repeats)
    if not 0 <= span.start < span.end <= len(text) or any(not 0 <= s.start < s.end <= len(text) for s in inside):
        return "reaches beyond the text"
    if hashlib.sha256(span.of(text).encode("utf-8", "surrogatepass")).hexdigest() != row.digest:
        return "covers another text than it was embedded for"
    if not len(vector) or (dim is not None and len(vector) != dim):
        return f"has a vector of {len(vector)} numbers" + (f", not {dim}" if dim else "")
    if not np.isfinite(vector).all():
        return "has a vector that is not finite"
    length = float(np.linalg.norm(vector))
    if abs(length - 1) > UNIT and length > UNIT:  # a text without known words has a vector of zeros
        return f"has a vector of length {length:.3f}, not 1"
    return ""
