"""Documents added through the page: saved in the folder under safe names, never over another file, and removed."""

import contextlib
import json
import os
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from qa.atomic import write_atomically
from qa.documents import PLAIN
from qa.errors import UploadError
from qa.folder import LARGEST_FILE, File, SkipError, digest_of, read_bytes
from qa.formats import EXTRACTORS

FILE = "uploads.json"
KINDS = frozenset({*PLAIN, *EXTRACTORS})  # endings that may be added
LONGEST_NAME = 180  # bytes of UTF-8; most file systems end at 255

_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f]')  # not allowed in names on some systems
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)")  # names of devices on Windows


class Uploads:
    """The files that were added to the folder through the page, with their hashes in a list beside the index."""

    def __init__(self, folder: Path, index: Path) -> None:
        self.folder = folder
        self.file = index / FILE
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def receive(self, name: str) -> Iterator["Incoming"]:
        """Open a file to be filled; `Incoming.keep` gives it that name in the folder, otherwise it is removed.

        Raise UploadError where the name or its kind is not accepted, or the folder cannot be written.
        """
        safe = safe_name(name)
        place = self.folder / f".{secrets.token_hex(8)}.part"  # hidden: no update reads it
        try:
            with place.open("xb") as opened:
                yield Incoming(self, safe, place, opened)
        except OSError as error:
            raise UploadError(f"{safe} cannot be saved in {self.folder} ({error.strerror}).") from error
        finally:
            with contextlib.suppress(OSError):
                place.unlink(missing_ok=True)

    def keep(self, name: str, place: Path) -> str:
        """Give a complete file its name; raise UploadError where the name is taken or cannot be noted."""
        with self._lock:
            added = {**self._read(), name: digest_of(place.read_bytes())}
            try:
                _put(place, self.folder / name)
            except FileExistsError:
                raise UploadError(f"There is a file {name} already: rename yours, or remove that one first.") from None
            try:
                self._write(added)
            except UploadError:  # nobody could remove it, or add it again
                (self.folder / name).unlink()
                raise
        return name

    def remove(self, path: str) -> None:
        """Delete a file that was added through the page; raise UploadError where it was not, or was changed since."""
        with self._lock:
            added = self._read()
            if path not in added:
                raise UploadError(f"{path} was not added through this page: remove it from the folder yourself.")
            place = self.folder / path
            try:
                if place.exists() and digest_of(read_bytes(File(path, place))) != added[path]:
                    raise UploadError(f"{path} was changed since it was added: remove it from the folder yourself.")
                place.unlink(missing_ok=True)
            except (OSError, SkipError) as error:
                raise UploadError(f"{path} cannot be removed ({error}): remove it yourself.") from error
            self._write({name: digest for name, digest in added.items() if name != path})

    def added(self) -> frozenset[str]:
        """Return the names of the files that were added through the page and not removed through it."""
        return frozenset(self._read())

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self.file.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise UploadError(f"{self.file} cannot be read ({error}): move it away.") from error
        if not isinstance(found, dict):
            raise UploadError(f"{self.file} is not the list of uploads that Sanad wrote: move it away.")
        return {str(name): str(digest) for name, digest in found.items()}

    def _write(self, added: dict[str, str]) -> None:
        try:
            write_atomically(self.file, json.dumps(added, ensure_ascii=False, indent=0).encode())
        except OSError as error:
            raise UploadError(f"{self.file} cannot be written ({error.strerror}): check its disk.") from error


class Incoming:
    """A file that is being received."""

    def __init__(self, uploads: Uploads, name: str, place: Path, opened: BinaryIO) -> None:
        self.name = name
        self._uploads, self._place, self._opened = uploads, place, opened
        self._size = 0

    def write(self, content: bytes) -> None:
        """Append some bytes; raise UploadError where the file grows too large."""
        self._size += len(content)
        if self._size > LARGEST_FILE:
            raise UploadError(f"{self.name} is larger than {LARGEST_FILE // 2**20} MB: split it.")
        self._opened.write(content)

    def keep(self) -> str:
        """Put the file into the folder and return its name there."""
        if not self._size:
            raise UploadError(f"{self.name} is empty.")
        self._opened.flush()
        os.fsync(self._opened.fileno())
        return self._uploads.keep(self.name, self._place)


def _put(place: Path, target: Path) -> None:
    """Give a file its name; raise FileExistsError where that is taken, even if only since a moment ago."""
    try:
        os.link(place, target)  # which, unlike a rename, never replaces a file
    except FileExistsError:
        raise
    except OSError:  # the file system has no links
        with target.open("xb"):  # nobody else can take the name now
            os.replace(place, target)


def safe_name(name: str) -> str:
    """Return a name that stays in its folder on every system; raise UploadError where its kind is not accepted."""
    plain = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    shown = "".join(
        letter for letter in plain if unicodedata.category(letter) not in ("Cf", "Cs") or letter in "\u200c\u200d"
    )
    bare = " ".join(_UNSAFE.sub("_", shown).split()).strip(". ")
    ending = Path(bare).suffix
    stem = bare[: len(bare) - len(ending)].strip(". ")
    if not stem or ending.lower() not in KINDS:
        kind = f"{ending} files" if ending else "files without an ending"
        raise UploadError(f"{bare or 'This file'} was not added: {kind} are not read.")
    while len(f"{stem}{ending}".encode()) > LONGEST_NAME:
        stem = stem[:-1]
    return f"_{stem}{ending}" if _DEVICES.match(stem) else f"{stem}{ending}"
