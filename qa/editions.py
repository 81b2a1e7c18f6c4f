"""The index folder as a whole: an edition of the index for each model, and which of them answers.

The first edition is in the folder itself, the others are below `models`. A list names those that were completed, the
one that answers first. It is replaced atomically: a process that dies leaves the old list or the new one.
"""

import contextlib
import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings.encoder import Encoder
from qa.atomic import write_atomically
from qa.catalog import FILE, LOCK, SEGMENTS, Catalog
from qa.errors import CatalogError, LockedError, SettingsError

LIST = "editions.txt"
FOLDER = "models"
_LINE = re.compile(rf"\.|{FOLDER}/[0-9a-f]{{16}}")


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition that is on disk, described for the user."""

    model: str  # the name that the user gave; empty where the edition cannot be read
    place: str  # below the index folder
    documents: int
    bytes: int
    answers: bool  # whether it is used where no model is named
    whole: bool  # whether it was completed at least once


def size_of(files: Iterable[Path]) -> int:
    """Return the bytes of files together, without those that another process has removed meanwhile."""
    found = 0
    for file in files:
        with contextlib.suppress(FileNotFoundError):
            found += file.stat().st_size
    return found


class Editions:
    """The editions in one index folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.list = folder / LIST

    def current(self) -> Catalog:
        """Return the edition that answers where no model is named; it may still be empty."""
        return Catalog(self.folder / next(iter(self._whole()), "."))

    def whole(self, catalog: Catalog) -> bool:
        """Tell whether an edition was completed at least once."""
        return self._name(catalog) in self._whole()

    def of(self, encoder: Encoder) -> Catalog:
        """Return the edition made with `encoder`, or an empty one where it can be made."""
        for name in self._present():
            with contextlib.suppress(CatalogError):  # a damaged one does not stop the others; `doctor` reports it
                stamp = Catalog(self.folder / name).stamp()
                if stamp and stamp.fingerprint == encoder.fingerprint:
                    return Catalog(self.folder / name)
        if "." not in self._present():
            return Catalog(self.folder)
        return Catalog(self.folder / FOLDER / hashlib.sha256(encoder.fingerprint.encode()).hexdigest()[:16])

    def finish(self, catalog: Catalog, *, switch: bool) -> None:
        """Record that an edition is complete and, with `switch`, that it answers from now on.

        An edition made with other weights under the same model name is of no more use, and is removed. Raise
        CatalogError where the list cannot be written.
        """
        name, before, stamp = self._name(catalog), self._whole(), catalog.stamp()
        older = [other for other in self._present() if other != name and stamp and self._model(other) == stamp.model]
        if switch or not before or before[0] in (name, *older):
            self._write([name, *(other for other in before if other not in (name, *older))])
            for other in older:
                with contextlib.suppress(LockedError):  # another process still uses it: the next update removes it
                    self._remove(other)
        elif name not in before:
            self._write([*before, name])

    def drop(self, model: str) -> None:
        """Remove the editions of a model, complete or not; raise SettingsError where none can be.

        The edition that answers can only be removed after another model has taken its place.
        """
        present = self.on_disk()
        unwanted = [edition for edition in present if model in (edition.model, edition.place)]
        if not unwanted:
            held = ", ".join(edition.model or edition.place for edition in present)
            raise SettingsError(f"There is no index of the model {model} in {self.folder}: it holds {held or 'none'}.")
        if any(edition.answers for edition in unwanted):
            raise SettingsError(f"The index of {model} is in use: build with another --model first.")
        places = [edition.place for edition in unwanted]
        self._write([name for name in self._whole() if name not in places])
        for name in places:
            self._remove(name)

    def on_disk(self) -> tuple[Edition, ...]:
        """Return the editions on disk, the one that answers first."""
        whole = self._whole()
        names = [*whole, *(name for name in self._present() if name not in whole)]
        return tuple(
            Edition(
                self._model(name),
                name,
                self._documents(name),
                size_of(self._files(name)),
                name == next(iter(whole), None),
                name in whole,
            )
            for name in names
        )

    def stray(self) -> tuple[str, ...]:
        """Return a sentence for each thing that is wrong with the list."""
        listed = self._listed()
        if listed is None:
            return (f"{self.list} is damaged: it names no finished index.",) if self.list.exists() else ()
        gone = [name for name in listed if name not in self._present()]
        return tuple(f"{self.list} names {name}, which is not there." for name in gone)

    def rewrite_list(self) -> None:
        """Write the list again, naming only what is there."""
        self._write(self._whole())

    def _name(self, catalog: Catalog) -> str:
        return catalog.folder.relative_to(self.folder).as_posix()

    def _model(self, name: str) -> str:
        try:
            stamp = Catalog(self.folder / name).stamp()
        except CatalogError:
            return ""
        return stamp.model if stamp else ""

    def _documents(self, name: str) -> int:
        try:
            return len(Catalog(self.folder / name).listing().documents)
        except CatalogError:
            return 0

    def _present(self) -> list[str]:
        """Return the editions that have a catalog, complete or not."""
        try:
            below = sorted(place.name for place in (self.folder / FOLDER).glob("*"))
            names = [".", *(f"{FOLDER}/{name}" for name in below)]
            files = {name: self.folder / name / FILE for name in names if _LINE.fullmatch(name)}
            # SQLite begins with an empty file.
            return [name for name, file in files.items() if file.exists() and file.stat().st_size]
        except OSError as error:
            raise CatalogError(
                f"The index {self.folder} cannot be read ({error.strerror}): grant access to it, or name another with "
                "--index."
            ) from error

    def _whole(self) -> list[str]:
        """Return the complete editions; without a list, which an index of one model does not have, the first one."""
        present = self._present()
        return [name for name in self._listed() or () if name in present] or present[:1]

    def _listed(self) -> list[str] | None:
        try:
            lines = self.list.read_text("utf-8").split()
        except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
            return None
        except OSError as error:
            raise CatalogError(f"{self.list} cannot be read ({error.strerror}): fix its permissions.") from error
        return list(dict.fromkeys(line for line in lines if _LINE.fullmatch(line))) or None

    def _write(self, names: Sequence[str]) -> None:
        if self._listed() == names or (list(names) == ["."] and not self.list.exists()):
            return
        try:
            write_atomically(self.list, "".join(f"{name}\n" for name in names).encode())
        except OSError as error:
            raise CatalogError(
                f"{self.list} cannot be written ({error.strerror}): the index that answered before still does."
            ) from error

    def _files(self, name: str) -> Iterator[Path]:
        place = self.folder / name
        # Not `FILE*`: damaged catalogs that were moved aside are never deleted.
        yield from (file for file in (place / FILE, place / f"{FILE}-journal") if file.is_file())
        yield from (file for file in (place / SEGMENTS).glob("*") if file.is_file())

    def _remove(self, name: str) -> None:
        """Remove the files of an edition; raise LockedError where another process is updating it."""
        place = self.folder / name
        with Catalog(place).alone():
            try:
                for file in self._files(name):
                    file.unlink(missing_ok=True)
                if name != ".":
                    if (place / SEGMENTS).exists():
                        shutil.rmtree(place / SEGMENTS)
                    (place / LOCK).unlink(missing_ok=True)
                    if not any(place.iterdir()):
                        place.rmdir()
            except OSError as error:
                raise CatalogError(f"{place} cannot be removed ({error.strerror}): fix its permissions.") from error
