"""The encodings that the owner of a folder gives for its files: the lines of `.sanadencodings`.

A line such as `old/*.txt = cp1256` begins with a pattern as in a `.gitignore`; the last line that matches applies.
"""

import codecs
from pathlib import Path

import pathspec

from qa.dotfiles import read_lines
from qa.errors import FolderError

NAME = ".sanadencodings"


class Overrides:
    """What the `.sanadencodings` of a folder says; nothing where there is none."""

    def __init__(self, lines: tuple[tuple[pathspec.GitIgnoreSpec, str], ...] = ()) -> None:
        self._lines = lines

    @classmethod
    def read(cls, folder: Path) -> "Overrides":
        """Read the file; raise FolderError where it cannot be read or one of its lines understood."""
        place = folder / NAME
        lines = read_lines(place, "PATTERN = ENCODING on each line")
        wanted = [(number, line.strip()) for number, line in enumerate(lines, 1)]
        return cls(tuple(_read(place, number, line) for number, line in wanted if line and line[0] != "#"))

    def encoding(self, path: str) -> str:
        """Return the encoding given for the file at `path`, an empty string where none is."""
        return next((name for spec, name in reversed(self._lines) if spec.match_file(path)), "")


def _read(place: Path, number: int, line: str) -> tuple[pathspec.GitIgnoreSpec, str]:
    pattern, equals, name = (part.strip() for part in line.rpartition("="))
    if not (equals and pattern and name):
        raise FolderError(f"{place}, line {number}: {line!r} names no encoding: write PATTERN = ENCODING.")
    try:
        bytes(range(256)).decode(name, "replace")  # some of Python's codecs are not for text, or not for every byte
        return pathspec.GitIgnoreSpec.from_lines([pattern]), codecs.lookup(name).name
    except LookupError:
        raise FolderError(
            f"{place}, line {number}: there is no encoding called {name!r}: write one such as cp1256."
        ) from None
    except ValueError as error:
        raise FolderError(f"{place}, line {number}: {line!r} is not a pattern ({error}).") from None
