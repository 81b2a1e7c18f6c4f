"""The hidden files by which the owner of a folder controls how it is read: each a list of lines in UTF-8."""

from pathlib import Path

from qa.errors import FolderError


def read_lines(place: Path, advice: str) -> list[str]:
    """Return the lines of such a file, none where there is no file.

    Raise FolderError with `advice`, which says what to write in it, where it cannot be read.
    """
    try:
        return place.read_text("utf-8-sig").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(place, advice, error) from None


def unreadable(place: Path, advice: str, error: Exception) -> FolderError:
    """Return the error for a file that cannot be read or understood."""
    return FolderError(f"{place} cannot be read ({error}): write {advice}, in UTF-8.")
