"""What an update has to do: compare what the index knows about each file with what is in the folder."""

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings.encoder import Encoder
from qa.answers import counted
from qa.catalog import Catalog
from qa.errors import EmptyFolderError, OtherFolderError, VanishedError
from qa.folder import File, SkipError, Skipped, digest_of, encoding_in, is_settled, list_files, read_bytes
from qa.folders import joined
from qa.ignore import Ignored
from qa.tables import Known
from qa.transaction import Stamp

HANDFUL = 5  # documents that may vanish from any folder
SHARE = 0.5  # of the documents; where more than that vanish, a disk may be missing


@dataclass(frozen=True, slots=True)
class Changes:
    """The files of a folder, sorted by what an update has to do with them."""

    generation: int  # of the index that they were compared with
    rebuilt: str | None  # why everything is made again, None where it is not
    known: Mapping[str, Known]
    wanted: tuple[File, ...]  # to be read: new, or with other bytes than before
    same: tuple[File, ...]  # as they were when they were indexed or skipped
    gone: tuple[str, ...]  # documents whose files are no longer there
    kept: tuple[str, ...]  # documents whose files cannot be looked at now
    unlisted: tuple[Skipped, ...]  # files that cannot be read at all, such as links that lead out of the folder

    @property
    def unchanged(self) -> list[str]:
        """The documents that stay as they are."""
        return [*(file.path for file in self.same if not self.known[file.path].skipped), *self.kept]

    @property
    def outdated(self) -> list[str]:
        """The documents that have to be made again from their texts, since their files cannot be looked at now."""
        return [path for path in self.kept if self.rebuilt or self.known[path].stale]

    @property
    def skipped(self) -> dict[str, tuple[Skipped, str]]:
        """The files that are skipped without being read, with their marks."""
        again = [(found.skipped, file.mark) for file in self.same if (found := self.known[file.path]).skipped]
        return {skip.path: (skip, mark) for skip, mark in [*((skip, "") for skip in self.unlisted), *again] if skip}

    @property
    def marks(self) -> list[tuple[str, str]]:
        """The files with the same content as in the index but another mark, with that mark."""
        return [(file.path, file.mark) for file in self.same if file.mark != self.known[file.path].mark]

    @property
    def idle(self) -> bool:
        """Whether the index is right as it is."""
        before = {found.skipped for found in self.known.values() if found.skipped}
        after = {skip for skip, _ in self.skipped.values()}
        return not (self.wanted or self.gone or self.rebuilt or self.outdated) and before == after


def compare(
    folder: Path,
    catalog: Catalog,
    encoder: Encoder,
    *,
    force: bool = False,
    thorough: bool = False,
    again: Collection[str] = (),
) -> Changes:
    """Compare the folder with the index, reading only files whose marks changed, or all where it is to be `thorough`.

    With `force` skipped files are tried again; those named by `again` are wanted in any case. Raise FolderError where
    the folder cannot be read.
    """
    files, unlisted = list_files(folder)
    generation, rebuilt = catalog.generation(), reason(catalog.stamp(), Stamp.of(encoder))
    known = catalog.known()
    wanted: list[File] = []
    same: list[File] = []
    for file in files:
        found = known.get(file.path)
        if found is None or found.stale or rebuilt or (force and found.skipped) or file.path in again:
            wanted.append(file)
        else:
            (same if _is_same(file, found, thorough=thorough) else wanted).append(file)
    left = known.keys() - {file.path for file in files}
    absent = sorted(path for path in left if known[path].digest)
    unseen = frozenset(skip.path for skip in unlisted if not skip.lost)
    kept = [path for path in absent if path in unseen or not unseen.isdisjoint(_above(path))]
    gone = sorted(set(absent).difference(kept))
    return Changes(generation, rebuilt, known, tuple(wanted), tuple(same), tuple(gone), tuple(kept), tuple(unlisted))


def _above(path: str) -> Iterator[str]:
    """Yield the folders that a path is in, each with a slash at its end."""
    return (path[: at + 1] for at, letter in enumerate(path) if letter == "/")


def _is_same(file: File, known: Known, *, thorough: bool) -> bool:
    if encoding_in(known.mark) != file.encoding:
        return False
    if is_settled(file.mark) and file.mark == known.mark and (known.skipped or not thorough):
        return True
    try:
        return bool(known.digest) and digest_of(read_bytes(file)) == known.digest
    except SkipError:
        return False


def reason(old: Stamp | None, new: Stamp) -> str | None:
    """Return why an index made with `old` has to be made again, None where it does not."""
    if old is None or old == new:
        return None
    if old.fingerprint == new.fingerprint:
        return "this version of Sanad reads, cuts or keeps text differently"
    if old.model != new.model:
        return f"the model is now {new.model}, was {old.model}"
    return f"the model {new.model} was changed: its weights, its tokens or how it reads them"


def check_folder(folder: Path, catalog: Catalog) -> None:
    """Raise OtherFolderError where the index belongs to another folder."""
    source = catalog.source()
    if source is not None and os.path.realpath(source) != os.path.realpath(folder) and catalog.known():
        raise OtherFolderError(
            f"The index {catalog.folder} belongs to {source}, and building {folder} would replace it: name another."
        )


def check_gone(folder: Path, changes: Changes, lost: Sequence[str]) -> None:
    """Raise VanishedError where an update would remove so many documents that a disk may be missing.

    `lost` are those that are gone or no longer hold text. Documents whose bytes are found elsewhere were moved, and
    those that are ignored now are meant to go: neither count.
    """
    indexed = [path for path, found in changes.known.items() if found.digest]
    _check_share(folder, folder, changes, indexed, lost)
    for other in joined(folder):  # each may be on a disk of its own
        within, gone = ([path for path in paths if path.startswith(f"{other.name}/")] for paths in (indexed, lost))
        _check_share(folder, other.place, changes, within, gone)


def _check_share(folder: Path, place: Path, changes: Changes, indexed: Sequence[str], lost: Sequence[str]) -> None:
    """Raise VanishedError where too many of the documents indexed from `place` are lost."""
    most = max(HANDFUL, SHARE * len(indexed))
    if len(lost) > most:
        moved = set(_digests(changes.wanted))
        vanished = sum(changes.known[path].digest not in moved for path in _seen(folder, lost))
        if vanished > most:
            raise VanishedError(
                f"{vanished:,} of {counted(len(indexed), 'document')} are gone from {place}: is a disk missing? "
                "The index keeps them."
            )


def _seen(folder: Path, paths: Sequence[str]) -> Iterator[str]:
    """Yield the paths that are not ignored."""
    others = {other.name: Ignored.read(other.place) for other in joined(folder)}
    own = Ignored.read(folder)
    for path in paths:
        name, _, below = path.partition("/")
        if not (below in others[name] if name in others else path in own):
            yield path


def _digests(files: Sequence[File]) -> Iterator[str]:
    for file in files:
        with contextlib.suppress(SkipError):
            yield digest_of(read_bytes(file))


def check_empty(folder: Path, changes: Changes, skipped: Sequence[Skipped]) -> None:
    """Raise the error for a folder in which no document was found."""
    kept = sum(bool(found.digest) for found in changes.known.values())
    none = f"There are no documents in {folder}"
    if skipped:
        first = f"{skipped[0].path}: {skipped[0].reason}"
        none = f"No file in {folder} could be read ({first}; {counted(len(skipped), 'file')} in all)"
    if kept:
        raise VanishedError(f"{none}. Put documents there. The index keeps its {counted(kept, 'document')}.")
    raise EmptyFolderError(f"{none}. Put documents there.")
