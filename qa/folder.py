"""List and read the files of a folder, with the reason for each one that is skipped."""

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from qa.errors import CatalogError, FolderError
from qa.folders import joined
from qa.ignore import Ignored
from qa.overrides import Overrides

LARGEST_FILE = 64 * 2**20  # bytes; a larger file is better split by its owner than held in memory at once
READINGS = 3  # attempts at a file that changes while it is read
CATALOG, LOCK, LIST = "catalog.sqlite", "update.lock", "editions.txt"  # files of an index, which holds no documents
UNSETTLED = 2 * 10**9  # nanoseconds in which a file may change twice and keep its times


@dataclass(frozen=True, slots=True)
class File:
    """A file of the folder: its path relative to the folder, with `/` between the parts, and its place on disk.

    Its `mark` changes with its content and with the encoding that its owner gives for it: see `is_settled`.
    """

    path: str
    location: Path
    mark: str = field(default="", compare=False)
    size: int = field(default=0, compare=False)  # bytes
    encoding: str = field(default="", compare=False)  # that its owner gives, empty where none is given
    root: str = field(default="", compare=False)  # the real folder that it is in, where it was listed


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was skipped. `lost` is false where what was indexed of it before is kept."""

    path: str
    reason: str
    lost: bool = True


class SkipError(Exception):
    """This file cannot be a document; the others go on."""

    def __init__(self, reason: str, *, lost: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.lost = reason, lost


def list_files(folder: Path) -> tuple[list[File], list[Skipped]]:
    """List the regular files below `folder` and the folders joined to it, without hidden and ignored ones, by path.

    Raise FolderError where one of the folders is missing, is not a folder, or cannot be read.
    """
    files, skipped = _list(folder, "")
    for other in joined(folder):
        more, left_out = _list(other.place, f"{other.name}/")
        files += more
        skipped += left_out
    return sorted(files, key=lambda file: file.path), skipped


def _list(folder: Path, prefix: str) -> tuple[list[File], list[Skipped]]:
    """List the files of one folder, with a prefix before their paths."""
    try:
        found, is_folder = folder.exists(), folder.is_dir()
    except OSError as error:
        raise _forbidden(folder, error) from None
    if not found:
        raise FolderError(f"There is no folder {folder}: create it and put documents there, or name another one.")
    if not is_folder:
        raise FolderError(f"{folder} is a file, not a folder: name the folder that holds it.")
    if not prefix and _storable(str(folder.absolute())) != str(folder.absolute()):  # the index notes where it is
        raise FolderError(
            f"The path of {_storable(str(folder))} is not UTF-8: rename the folder, or name a link to it."
        )
    files: list[File] = []
    skipped: list[Skipped] = []
    real, now, overrides = os.path.realpath(folder), time.time_ns(), Overrides.read(folder)
    for entry, path in _walk(folder, Ignored.read(folder), skipped):
        try:
            status = _check_entry(entry, path, real)
            encoding = overrides.encoding(path)
            mark = _mark(status, now, encoding)
            files.append(File(prefix + path, Path(entry.path), mark, status.st_size, encoding, real))
        except SkipError as skip:
            skipped.append(Skipped(path, skip.reason, skip.lost))
    return files, [replace(skip, path=prefix + _storable(skip.path)) for skip in skipped]


def _forbidden(folder: Path, error: OSError) -> FolderError:
    return FolderError(f"{folder} cannot be read ({error.strerror}): grant access to it, or name another folder.")


def _walk(folder: Path, ignored: Ignored, skipped: list[Skipped]) -> Iterator[tuple["os.DirEntry[str]", str]]:
    """Yield everything but folders in a folder and below it, each with its path; indexes kept there are left out."""
    waiting = [("", str(folder))]
    while waiting:
        above, place = waiting.pop()
        try:
            with os.scandir(place) as found:
                entries = [entry for entry in found if not entry.name.startswith(".")]
        except OSError as error:
            if not above:
                raise _forbidden(folder, error) from None
            reason = f"the folder cannot be read ({error.strerror})"
            skipped.append(Skipped(above, reason, lost=False))
            continue
        if above and _is_index({entry.name for entry in entries}):
            continue
        for entry in entries:
            path = above + entry.name
            if entry.is_dir(follow_symlinks=False):
                if not ignored.whole(path):
                    waiting.append((f"{path}/", entry.path))
            elif path not in ignored:
                yield entry, path


def _is_index(names: Collection[str]) -> bool:
    """Tell whether these are names in an index, be its first catalog there, moved aside, or that of another model."""
    return LOCK in names and any(name == LIST or name.startswith(CATALOG) for name in names)


def check_index(folder: Path, index: Path) -> None:
    """Raise CatalogError where an index kept in `index` would lie among documents of `folder` or one joined to it."""
    roots, place = [folder], Path(os.path.realpath(index))
    with contextlib.suppress(FolderError):  # the update reports it
        roots += [other.place for other in joined(folder)]
    for root in roots:
        real = Path(os.path.realpath(root))
        if place == real or (place.is_relative_to(real) and _holds_files(place, place.relative_to(real))):
            raise CatalogError(f"The index cannot be kept among the documents of {root}: name another folder for it.")


def _holds_files(place: Path, path: Path) -> bool:
    """Tell whether a folder below that of the documents holds files that are listed until an index is kept there."""
    if any(part.startswith(".") for part in path.parts):
        return False
    try:
        names = {name for name in os.listdir(place) if not name.startswith(".")}
    except OSError:  # it is new; what else is wrong with it is said when it is used
        return False
    return bool(names) and names.isdisjoint((CATALOG, LOCK))


def _storable(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _check_entry(entry: "os.DirEntry[str]", path: str, folder: str) -> os.stat_result:
    """Return the status of a file that is to be read; raise SkipError for any other."""
    linked = entry.is_symlink()
    try:
        path.encode()
        status = entry.stat()
    except UnicodeEncodeError:
        raise SkipError("its name is not UTF-8: rename the file") from None
    except OSError as error:
        gone = isinstance(error, FileNotFoundError) and not linked  # a link may lead to a disk that is missing
        raise SkipError(f"it cannot be read ({error.strerror})", lost=gone) from None
    if stat.S_ISDIR(status.st_mode):
        raise SkipError("it is a link to a folder")
    if linked and not Path(os.path.realpath(entry.path)).is_relative_to(folder):
        raise SkipError("it is a link that leads out of the folder")
    if not stat.S_ISREG(status.st_mode):
        raise SkipError("it is not a regular file")
    return status


def _mark(status: os.stat_result, now: int, encoding: str) -> str:
    """Return size, times and inode, unless the file may still change and keep them, and then the encoding given."""
    settled = max(status.st_mtime_ns, status.st_ctime_ns) <= now - UNSETTLED
    state = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}" if settled else ""
    return f"{state}|{encoding}" if encoding else state


def is_settled(mark: str) -> bool:
    """Tell whether the file is sure to have the same bytes as long as its mark is the same."""
    return bool(mark.partition("|")[0])


def encoding_in(mark: str) -> str:
    """Return the encoding that was given for a file with this mark, an empty string where none was."""
    return mark.partition("|")[2]


def read_bytes(file: File) -> bytes:
    """Return the file's bytes, all of the same state of it.

    Raise SkipError where it cannot be read, is too large, or keeps changing while it is read.
    """
    try:
        for _ in range(READINGS):
            with _open(file) as opened:
                before = os.fstat(opened.fileno())
                if before.st_size > LARGEST_FILE:
                    raise SkipError(f"it is larger than {LARGEST_FILE // 2**20} MB: split it")
                content = opened.read()
            if _state(file.location.stat()) == _state(before) and len(content) == before.st_size:
                return content
    except FileNotFoundError:
        raise SkipError("it disappeared while the folder was being read") from None
    except OSError as error:
        raise SkipError(f"it cannot be read ({error.strerror}): fix its permissions", lost=False) from None
    raise SkipError("it keeps changing while it is read: the next update tries again", lost=False)


def _open(file: File) -> BinaryIO:
    """Open a file as it is now: since it was listed, a link out of the folder or a pipe may have taken its place."""
    place = os.path.realpath(file.location)
    if file.root and not Path(place).is_relative_to(file.root):
        raise SkipError("it is a link that leads out of the folder")
    # Windows has the last of these flags only, and would translate line ends without it.
    flags = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
    descriptor = os.open(place, os.O_RDONLY | sum(flags))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SkipError("it cannot be read (it is no longer a file)", lost=False)
    return os.fdopen(descriptor, "rb")


def _state(status: os.stat_result) -> tuple[int, ...]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
