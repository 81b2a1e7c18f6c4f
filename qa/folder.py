"""List and read the files of a folder, and say of each one that is left out why it was skipped."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.errors import FolderError

LARGEST_FILE = 64 * 2**20  # bytes; a longer text is better split by its owner than held in memory at once


@dataclass(frozen=True, slots=True)
class File:
    """A file of the folder: its path relative to the folder, `/` between the parts, and its place on disk."""

    path: str
    location: Path


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out. `lost` is false where what was indexed of it before still stands."""

    path: str
    reason: str
    lost: bool = True


class SkipError(Exception):
    """This file is no document; the others go on."""

    def __init__(self, reason: str, *, lost: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.lost = reason, lost


def list_files(folder: Path) -> tuple[list[File], list[Skipped]]:
    """List the regular files below `folder`, hidden ones left out, in order of their paths.

    Raise FolderError where the folder is missing, no folder, or may not be read.
    """
    try:
        found, is_folder = folder.exists(), folder.is_dir()
    except OSError as error:
        raise _forbidden(folder, error) from None
    if not found:
        raise FolderError(f"There is no folder {folder}: create it and put documents there, or name another one.")
    if not is_folder:
        raise FolderError(f"{folder} is a file, not a folder: name the folder that holds it.")
    files: list[File] = []
    skipped: list[Skipped] = []
    for place in _walk(folder, skipped):
        path = place.relative_to(folder).as_posix()
        try:
            _check_entry(place, folder)
            files.append(File(path, place))
        except SkipError as skip:
            skipped.append(Skipped(_storable(path), skip.reason, skip.lost))
    return sorted(files, key=lambda file: file.path), skipped


def _forbidden(folder: Path, error: OSError) -> FolderError:
    return FolderError(f"{folder} may not be read ({error.strerror}): allow it, or name another folder.")


def _walk(folder: Path, skipped: list[Skipped]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise _forbidden(folder, error)
        path = Path(error.filename).relative_to(folder).as_posix() + "/"
        skipped.append(Skipped(_storable(path), f"the folder may not be read ({error.strerror})", lost=False))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if Path(parent, name).is_symlink()]  # which os.walk does not enter
        yield from (Path(parent, name) for name in (*names, *linked) if not name.startswith("."))


def _storable(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _check_entry(place: Path, folder: Path) -> None:
    try:
        place.name.encode()
        mode = place.stat().st_mode
    except UnicodeEncodeError:
        raise SkipError("its name is not UTF-8: rename the file") from None
    except OSError as error:
        raise SkipError(f"it cannot be read ({error.strerror})", lost=not place.is_symlink()) from None
    if stat.S_ISDIR(mode):
        raise SkipError("it is a link to a folder")
    if place.is_symlink() and not place.resolve().is_relative_to(folder.resolve()):
        raise SkipError("it is a link that leaves the folder")
    if not stat.S_ISREG(mode):
        raise SkipError("it is not a regular file")


def read_bytes(file: File) -> bytes:
    """Return the file's bytes; raise SkipError where it may not be read, is empty, or is too large."""
    try:
        size = file.location.stat().st_size
        if size > LARGEST_FILE:
            raise SkipError(f"it is larger than {LARGEST_FILE // 2**20} MB: split it")
        return file.location.read_bytes()
    except FileNotFoundError:
        raise SkipError("it vanished while the folder was read") from None
    except OSError as error:
        raise SkipError(f"it cannot be read ({error.strerror}): mend its permissions", lost=False) from None


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
