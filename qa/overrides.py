"""In which encodings the owner of a folder says its files are: the lines of `.sanadencodings`, as `old/*.txt = cp1256`.

The patterns are those of a `.gitignore`; the last line that fits a file holds.
"""

import codecs
from pathlib import Path

import pathspec

from qa.errors import FolderError

NAME = ".sanadencodings"


class Overrides:
    """What the `.sanadencodings` of a folder tells; nothing where there is none."""

    def __init__(self, told: tuple[tuple[pathspec.GitIgnoreSpec, str], ...] = ()) -> None:
        self._told = told

    @classmethod
    def read(cls, folder: Path) -> "Overrides":
        """Read the file; raise FolderError where it cannot be read or a line of it makes no sense."""
        place = folder / NAME
        try:
            lines = place.read_text("utf-8-sig").splitlines()
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError) as error:
            raise FolderError(f"{place} cannot be read ({error}): write PATTERN = ENCODING lines, in UTF-8.") from None
        wanted = [(number, line.strip()) for number, line in enumerate(lines, 1)]
        return cls(tuple(_read(place, number, line) for number, line in wanted if line and line[0] != "#"))

    def encoding(self, path: str) -> str:
        """Return the encoding that is told of the file at `path`, an empty string where none is."""
        return next((name for spec, name in reversed(self._told) if spec.match_file(path)), "")


def _read(place: Path, number: int, line: str) -> tuple[pathspec.GitIgnoreSpec, str]:
    pattern, equals, name = (part.strip() for part in line.rpartition("="))
    if not (equals and pattern and name):
        raise FolderError(f"{place}, line {number}: {line!r} tells no encoding: write PATTERN = ENCODING.")
    try:
        bytes(range(256)).decode(name, "replace")  # some of Python's codecs make no text, or not of any bytes
        return pathspec.GitIgnoreSpec.from_lines([pattern]), codecs.lookup(name).name
    except LookupError:
        raise FolderError(f"{place}, line {number}: there is no encoding {name!r}: write one as cp1256.") from None
    except ValueError as error:
        raise FolderError(f"{place}, line {number}: {line!r} makes no sense ({error}).") from None
