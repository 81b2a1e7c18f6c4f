"""Read the files of a folder as documents, and say of each file that is not one why it was skipped."""

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.errors import FolderError
from qa.furniture import is_furniture

LARGEST_FILE = 64 * 2**20  # bytes; a longer text is better split by its owner than held in memory at once
OPENING_LINES = 6  # the headline is one of the first lines
LONGEST_TITLE = 160  # characters


@dataclass(frozen=True, slots=True)
class File:
    """A file of the folder: its path relative to the folder, `/` between the parts, and its place on disk."""

    path: str
    location: Path


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text as it was read; every citation is a pair of offsets into `text`."""

    path: str
    digest: str
    title: str
    text: str


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


def read_document(path: str, content: bytes, digest: str) -> Document:
    """Turn a file's bytes into a document; raise SkipError where they hold no text."""
    suffix = Path(path).suffix.lower()
    text = READERS.get(suffix, read_text)(content)
    if not any(character.isalnum() for character in text):
        raise SkipError("it holds no text")
    return Document(path, digest, find_title(text) or Path(path).stem, text)


def read_text(content: bytes) -> str:
    """Decode UTF-8 text, its byte order mark left out; raise SkipError where it is not."""
    if b"\0" in content:
        raise SkipError("it is not text: it holds zero bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SkipError(f"it is not UTF-8 text (byte {error.start}): save it as UTF-8") from None
    controls = sum(character < " " and character not in "\t\n\r\f\v" for character in text)
    if controls > len(text) / 50:
        raise SkipError("it is not text: it holds control characters")
    return text


# How each kind of file becomes text, by its ending; every other ending is read as text.
READERS: dict[str, Callable[[bytes], str]] = {".txt": read_text, ".md": read_text}


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def visible(text: str, *, keep: str = "\n\t") -> str:
    """Return text that any output can carry: control characters and lone surrogates, but for `keep`, become U+FFFD.

    Line ends become those of the terminal.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c in keep or unicodedata.category(c) not in ("Cc", "Cs") else "\ufffd" for c in text)


def one_line(text: str) -> str:
    """Return a name or message that keeps to its line and its direction: bidi controls become U+FFFD as well."""
    return _DIRECTING.sub("\ufffd", visible(text, keep=""))


_DIRECTING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def find_title(text: str) -> str:
    """Return the headline: the first line of several words that is no furniture, menu, dateline or full sentence.

    A heading of the first level in Markdown goes before. Where every opening line is a sentence, the first of them,
    cut short; an empty string where there is no text.
    """
    lines = [line.strip() for line in text[:4000].splitlines()]
    heading = next((line[2:].strip() for line in lines if line.startswith("# ")), "")
    if heading:
        return _cut(heading)
    bare = [line.strip("#*_ ") for line in lines]
    opening = [line for line in bare if line and not is_furniture(line)][:OPENING_LINES]
    headlines = [line for line in opening if _is_headline(line)]
    several_words = [line for line in headlines if len(line.split()) > 2]
    return next(iter(several_words + headlines + [_cut(line) for line in opening]), "")


def _is_headline(line: str) -> bool:
    digits, letters = sum(map(str.isdigit, line)), sum(map(str.isalpha, line))
    menu = any(mark in line for mark in (" | ", " > ", "-->"))
    return (
        not menu
        and len(line) <= LONGEST_TITLE
        and letters > 2 * digits
        and not line.endswith((".", ":", "،", ",", "۔"))
    )


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_TITLE else line[:LONGEST_TITLE].rsplit(" ", 1)[0] + "…"
