"""Which files of a folder its owner leaves out: the lines of `.sanadignore`, as git reads `.gitignore`.

With one difference: a line with `!` takes a file back even from a folder that is left out.
"""

from pathlib import Path

import pathspec

from qa.dotfiles import read_lines, unreadable

NAME = ".sanadignore"
ADVICE = "patterns as in a .gitignore"


class Ignored:
    """What the `.sanadignore` of a folder leaves out; nothing where there is none."""

    def __init__(self, spec: pathspec.GitIgnoreSpec | None = None) -> None:
        self._spec = spec

    @classmethod
    def read(cls, folder: Path) -> "Ignored":
        """Read the file; raise FolderError where it cannot be read or one of its lines is not a pattern."""
        place = folder / NAME
        lines = read_lines(place, ADVICE)
        try:
            return cls(pathspec.GitIgnoreSpec.from_lines(lines) if lines else None)
        except ValueError as error:
            raise unreadable(place, ADVICE, error) from None

    def __contains__(self, path: str) -> bool:
        """Tell whether the file at `path` is left out."""
        return self._spec is not None and bool(self._spec.match_file(path))

    def whole(self, path: str) -> bool:
        """Tell whether all files of the folder at `path` are left out, so that it need not be searched."""
        if self._spec is None or any(pattern.include is False for pattern in self._spec.patterns):
            return False  # a line that begins with ! may take a file back
        return bool(self._spec.match_file(f"{path}/"))
