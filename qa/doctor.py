"""Check an index folder for everything that may be wrong with it, and say what, where, and what to do."""

import os
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from embeddings.encoder import Encoder
from qa.answers import counted
from qa.arrays import ArrayFileError, OtherCodeError, read_arrays
from qa.catalog import FILE, SEGMENTS, Catalog, Listing
from qa.check import check
from qa.editions import Editions, size_of
from qa.errors import CatalogError, FolderError, LockedError, NewerError
from qa.judgements import Judgements
from qa.segment import Segment
from qa.shelf import ENDING, code_stamp

SPACE = 64 * 2**20  # bytes that a disk should have left, beyond room for the index once more
FRESH = 60.0  # seconds; a younger file may still be being written
OTHERS = stat.S_IWOTH

Kind = Literal[
    "index", "catalog", "document", "passage", "orphan", "derived", "leftover", "list", "judgements", "rights", "space",
    "source",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: a sentence for the user, and the place for `qa.repair`."""

    kind: Kind
    message: str
    place: Path  # the file, or the folder of the edition
    document: str = ""  # its path
    passage: int = 0  # its number, 0 where it is not about a single one


def diagnose(folder: Path, editions: Editions, catalog: Catalog, encoder: Encoder) -> list[Finding]:
    """Return what is wrong with the index of `encoder` in `catalog`, and with everything beside it.

    Raise NewerError where the index was written by a newer Sanad, LockedError where another process is writing it.
    """
    findings = [*_about_rights(editions), *_about_list(editions), *_about_judgements(editions.folder)]
    broken = False
    for place in dict.fromkeys([catalog.folder, *(editions.folder / edition.place for edition in editions.on_disk())]):
        mine = place == catalog.folder
        found = list(_about_edition(Catalog(place), encoder.dim if mine else None, derived=mine))
        broken |= mine and any(finding.kind == "catalog" for finding in found)
        findings += found
    findings += _about_space(editions.folder)
    if not broken:
        findings += _about_folder(folder, catalog, encoder)
    return findings


def _about_edition(catalog: Catalog, dim: int | None, *, derived: bool) -> Iterator[Finding]:
    if not catalog.exists():
        return
    try:
        damage = catalog.damage()
        faults = [] if damage else catalog.faults(dim)
        listing = catalog.listing()
    except (LockedError, NewerError):
        raise
    except CatalogError as error:
        damage, faults, listing = [str(error.__cause__ or error)], [], None
    if damage or listing is None:
        yield Finding(
            "catalog", f"{catalog.file} is beyond repair ({damage[0].rstrip('.')}): make it again.", catalog.folder
        )
        return
    for fault in faults:
        where = f"In {catalog.file}, {fault.path}: " if fault.path else f"In {catalog.file} "
        todo = {"document": "read it again", "passage": "embed it again", "orphan": "remove them"}[fault.kind]
        yield Finding(fault.kind, f"{where}{fault.message}: {todo}.", catalog.folder, fault.path, fault.passage)
    yield from _about_segments(catalog, listing, mine=derived, whole=not faults)


def _about_segments(catalog: Catalog, listing: Listing, *, mine: bool, whole: bool) -> Iterator[Finding]:
    """Check the files derived from a catalog: each should match it, and they should hold all of its documents.

    What is missing or superfluous counts only for the edition in question; others are tidied when they answer again.
    """
    sizes = {document.key: document.passages for document in listing.documents}
    held: set[int] = set()
    for file in sorted((catalog.folder / SEGMENTS).glob("*")):
        if file.suffix != ENDING:
            if _age(file) > FRESH:
                yield Finding("leftover", f"{file} was not written to its end: remove it.", file)
            continue
        try:
            members = read_arrays(file, Segment, code_stamp()).members
        except (OtherCodeError, FileNotFoundError):  # another process may have joined it to others
            continue
        except (ArrayFileError, OSError) as error:
            yield Finding("derived", f"The derived file {file} is damaged ({error}): make it again.", file)
            continue
        counts = dict(zip(members.keys.tolist(), np.diff(members.starts).tolist(), strict=True))
        if any(sizes.get(key, count) != count for key, count in counts.items()):
            yield Finding(
                "derived", f"The derived file {file} does not match the documents in the index: remove it.", file
            )
        elif mine and not counts.keys() & sizes.keys() and max(counts, default=0) <= listing.last_key:
            yield Finding("leftover", f"The derived file {file} holds only documents that are gone: remove it.", file)
        else:
            held |= counts.keys()
    missing = len(sizes.keys() - held)
    if mine and whole and missing:
        message = (
            f"{counted(missing, 'document')} of {catalog.folder} are missing from the derived files: make these again."
        )
        yield Finding("derived", message, catalog.folder / SEGMENTS)


def _age(file: Path) -> float:
    """Return the seconds since a file was written, 0 where it has just been renamed or removed."""
    try:
        return time.time() - file.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def _about_list(editions: Editions) -> Iterator[Finding]:
    for message in editions.stray():
        yield Finding("list", f"{message[:-1]}: write it again.", editions.list)


def _about_judgements(index: Path) -> Iterator[Finding]:
    judgements = Judgements(index)
    try:
        strange = judgements.strange()
    except CatalogError as error:
        yield Finding("judgements", str(error), judgements.file)
        return
    if strange:
        message = f"{judgements.file} has {counted(len(strange), 'line')} that eval cannot read: correct or move them."
        yield Finding("judgements", message, judgements.file)


def _about_rights(editions: Editions) -> Iterator[Finding]:
    places = [editions.folder, *(editions.folder / edition.place / FILE for edition in editions.on_disk())]
    for place in places:
        if not place.exists():
            continue
        wanted = os.R_OK | os.W_OK | (os.X_OK if place.is_dir() else 0)
        if not os.access(place, wanted):
            yield Finding("rights", f"You cannot read and write {place}: grant yourself access.", place)
        if place.stat().st_mode & OTHERS:
            message = f"{place} can be written by everybody, who could change your answers: restrict it."
            yield Finding("rights", message, place)


def _about_space(index: Path) -> Iterator[Finding]:
    if not index.exists():
        return
    taken = size_of(Path(place, name) for place, _, names in os.walk(index) for name in names)
    free = shutil.disk_usage(index).free
    if free < SPACE + taken:
        message = f"The disk of {index} has {free / 2**20:,.0f} MB left, and making the index again may take "
        yield Finding("space", f"{message}{(SPACE + taken) / 2**20:,.0f} MB: free some space.", index)


def _about_folder(folder: Path, catalog: Catalog, encoder: Encoder) -> Iterator[Finding]:
    try:
        sentences: Sequence[str] = check(folder, catalog, encoder)
    except FolderError as error:
        sentences = [str(error)]
    source = catalog.source()
    if source is not None and os.path.realpath(source) != os.path.realpath(folder):
        message = (
            f"The index {catalog.folder} belongs to {source}, not to {folder}: name another, or build with --force."
        )
        yield Finding("source", message, folder)
    for message in sentences:
        yield Finding("index", message, folder)
