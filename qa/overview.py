"""The files of the folder, one line each: what is indexed of it, or why it is skipped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from embeddings.text import fold
from qa.documents import Document
from qa.folder import File, SkipError, Skipped, digest_of, read_bytes
from qa.folders import locate
from qa.library import Library
from qa.tables import Listed

PAGE = 50  # lines at once
INDEXED, CHANGED, UNREAD, SKIPPED = "indexed", "changed since", "not read again", "skipped"


@dataclass(frozen=True, slots=True)
class Line:
    """A file of the folder; a skipped one has only its path and, as `note`, the reason."""

    path: str
    state: str
    title: str = ""
    format: str = ""
    language: str = ""  # of most of its passages
    date: str = ""
    passages: int = 0
    indexed: str = ""  # in UTC as ISO 8601
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of lines: its number from 1, how many pages there are, and how many files were found in all."""

    lines: tuple[Line, ...]
    number: int
    pages: int
    found: int


class Overview:
    """The documents of a library and the files that it skipped, in order of their paths, to browse and search."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._documents: tuple[Listed, ...] | None = None
        self._skipped: tuple[Skipped, ...] = ()
        self._entries: list[tuple[str, Listed | Skipped]] = []

    def page(self, search: str = "", number: int = 1) -> Sheet:
        """Return a page of the files whose path, headline, format, date, note or state holds all words of `search`."""
        words = fold(search).split()
        found = [entry for text, entry in self._all() if all(word in text for word in words)]
        pages = max(1, -(-len(found) // PAGE))
        number = min(max(number, 1), pages)
        return Sheet(tuple(self._lines(found[(number - 1) * PAGE : number * PAGE])), number, pages, len(found))

    def document(self, path: str) -> Document | None:
        """Return the indexed document of that path."""
        keys = [document.key for document in self._library.documents if document.path == path]
        return next(iter(self._library.catalog.load(keys).documents), None)

    def _all(self) -> list[tuple[str, Listed | Skipped]]:
        """Return everything, each with its folded words, which are worked out once for each state of the index."""
        documents, skipped = self._library.documents, self._library.skipped
        if documents is not self._documents or skipped != self._skipped:
            kept = {document.path for document in documents}
            entries: list[Listed | Skipped] = [*documents, *(file for file in skipped if file.path not in kept)]
            self._entries = [(fold(_words(entry)), entry) for entry in sorted(entries, key=lambda entry: entry.path)]
            self._documents, self._skipped = documents, skipped
        return self._entries

    def _lines(self, entries: Sequence[Listed | Skipped]) -> list[Line]:
        languages = self._languages([entry.key for entry in entries if isinstance(entry, Listed)])
        reasons = {file.path: file.reason for file in self._library.skipped}
        lines = []
        for entry in entries:
            path = entry.path
            if isinstance(entry, Skipped):
                lines.append(Line(path, SKIPPED, note=entry.reason))
                continue
            state, note = (UNREAD, reasons[path]) if path in reasons else (self._state(entry), entry.note)
            facts = (entry.title, entry.format, languages.get(path, ""), entry.date, entry.passages, entry.indexed)
            lines.append(Line(path, state, *facts, note))
        return lines

    def _languages(self, keys: Sequence[int]) -> dict[str, str]:
        """Return, by path, the language of most passages of each document."""
        found = self._library.catalog.load(keys)
        counted = [Counter(row.language for row in rows).most_common(1) for rows in found.rows]
        return {document.path: most[0][0] for document, most in zip(found.documents, counted, strict=True) if most}

    def _state(self, document: Listed) -> str:
        """Tell whether the file is still what was indexed; it is read only where it was written since."""
        place = locate(self._library.folder, document.path)
        try:
            # The time of the file may be beyond the years that `datetime` has.
            if place.stat().st_mtime < datetime.fromisoformat(document.indexed).timestamp():
                return INDEXED
            same = digest_of(read_bytes(File(document.path, place))) == document.digest
        except (OSError, SkipError):
            same = False
        return INDEXED if same else CHANGED


def _words(entry: Listed | Skipped) -> str:
    if isinstance(entry, Skipped):
        return f"{entry.path} {SKIPPED} {entry.reason}"
    return f"{entry.path} {entry.title} {entry.format} {entry.date} {entry.note} {INDEXED}"
