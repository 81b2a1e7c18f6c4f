"""Make the index equal the folder: read what changed, embed what is new, and write it in one transaction."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings.encoder import Encoder
from qa.answers import counted
from qa.catalog import Catalog, Stamp, Transaction
from qa.documents import Document, read_document
from qa.embed import Embedded, embed
from qa.errors import EmptyFolderError
from qa.extraction import Extractor
from qa.folder import File, SkipError, Skipped, digest_of, list_files, read_bytes
from qa.language import detect
from qa.passages import Passage, split
from qa.tables import Row

BATCH = 64  # passages embedded between two reports of progress


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update is: passages embedded of those that are new, and the document at hand."""

    done: int
    total: int
    document: str


@dataclass(frozen=True, slots=True)
class Report:
    """What an update did to each document, by path, and how many passages it had to embed."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    embedded: int
    rebuilt: str | None  # why everything was made again, None where it was not
    seconds: float
    notes: tuple[tuple[str, str], ...] = ()  # documents read now of which the reader should know something, and what

    @property
    def summary(self) -> str:
        """One sentence for the reader."""
        skipped = f", {len(self.skipped):,} skipped" if self.skipped else ""
        if not (self.added or self.changed or self.removed or self.rebuilt):
            return f"Nothing to do: {counted(len(self.unchanged), 'document')} unchanged{skipped}."
        names = ("added", "changed", "removed", "unchanged")
        counts = ", ".join(f"{len(getattr(self, name)):,} {name}" for name in names if getattr(self, name))
        rebuilt = f"Rebuilt because {self.rebuilt}: " if self.rebuilt else ""
        return f"{rebuilt}{counts}{skipped}; {counted(self.embedded, 'passage')} embedded in {self.seconds:.1f} s."


@dataclass(frozen=True, slots=True)
class _Changes:
    fresh: list[Document]  # added or changed
    added: list[str]
    changed: list[str]
    removed: list[str]
    unchanged: list[str]
    skipped: list[Skipped]


def update(
    folder: Path,
    catalog: Catalog,
    encoder: Encoder,
    *,
    force: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Report:
    """Make the catalog equal the folder and report what changed.

    A folder without any document is taken as meant only with `force`: it may be a disk that is not there. Raise
    EmptyFolderError for it, LockedError where another process is writing; either way the index stays as it was.
    """
    began = time.monotonic()
    files, unlisted = list_files(folder)
    stamp = Stamp.of(encoder)
    generation, rebuilt = catalog.generation(), _reason(catalog.stamp(), stamp)
    known = catalog.digests()
    changes = _compare(files, unlisted, known, whole=rebuilt is not None)
    if not (changes.fresh or changes.unchanged or force):
        raise EmptyFolderError(_nothing_found(folder, changes.skipped, len(known)))
    embedded = 0
    if _differs(catalog, changes, rebuilt):
        with catalog.write() as transaction:
            overtaken = transaction.generation != generation
            if not overtaken:
                embedded = _write(transaction, changes, encoder, progress=progress, whole=rebuilt is not None)
                transaction.finish(stamp, folder.absolute(), changes.skipped)
        if overtaken:  # by another process, between the comparison and the lock: compare again
            return update(folder, catalog, encoder, force=force, progress=progress)
    return Report(
        tuple(changes.added),
        tuple(changes.changed),
        tuple(changes.removed),
        tuple(changes.unchanged),
        tuple(changes.skipped),
        embedded,
        rebuilt,
        time.monotonic() - began,
        tuple((document.path, document.note) for document in changes.fresh if document.note),
    )


def check(folder: Path, catalog: Catalog, encoder: Encoder) -> tuple[str, ...]:
    """Return in a sentence each where the index differs from the folder or cannot be used; none where all is well."""
    stamp = catalog.stamp()
    if stamp is None:
        return (f"There is no index in {catalog.folder}: build it.",)
    findings = catalog.damage()
    if reason := _reason(stamp, Stamp.of(encoder)):
        findings.append(f"The index must be rebuilt: {reason}.")
    known = catalog.digests()
    changes = _compare(*list_files(folder), known, whole=False)
    findings += [f"{path} is in the folder but not in the index." for path in changes.added]
    findings += [f"{path} was changed after it was indexed." for path in changes.changed]
    findings += [f"{path} is in the index but no longer in the folder." for path in changes.removed]
    return tuple(findings)


def _reason(old: Stamp | None, new: Stamp) -> str | None:
    if old is None or old == new:
        return None
    if old.model != new.model:
        return f"the model is now {new.model}, was {old.model}"
    if old.fingerprint != new.fingerprint:
        return f"the model {new.model} has other weights than before"
    return "this version of Sanad reads, cuts or keeps text differently"


def _nothing_found(folder: Path, skipped: Sequence[Skipped], kept: int) -> str:
    none = f"There are no documents in {folder}"
    if skipped:
        first = f"{skipped[0].path}: {skipped[0].reason}"
        none = f"No file in {folder} could be read ({first}; {counted(len(skipped), 'file')} in all)"
    stays = f" The index keeps its {counted(kept, 'document')}." if kept else ""
    return f"{none}. Put documents there.{stays}"


def _compare(files: Sequence[File], unlisted: Sequence[Skipped], known: dict[str, str], *, whole: bool) -> _Changes:
    changes = _Changes([], [], [], [], [], list(unlisted))
    with Extractor() as extractor:
        for file in files:
            try:
                content = read_bytes(file)
                digest = digest_of(content)
                if known.get(file.path) == digest and not whole:
                    changes.unchanged.append(file.path)
                    continue
                changes.fresh.append(read_document(file.path, content, digest, extractor))
                same = known.get(file.path)
                (changes.added if same is None else changes.unchanged if same == digest else changes.changed).append(
                    file.path
                )
            except SkipError as skip:
                changes.skipped.append(Skipped(file.path, skip.reason, skip.lost))
    kept = {skip.path for skip in changes.skipped if not skip.lost}
    folders = tuple(path for path in kept if path.endswith("/"))
    seen = {*changes.added, *changes.changed, *changes.unchanged}
    for path in sorted(known.keys() - seen):
        unreadable = path in kept or path.startswith(folders)
        (changes.unchanged if unreadable else changes.removed).append(path)
    return changes


def _differs(catalog: Catalog, changes: _Changes, rebuilt: str | None) -> bool:
    """Tell whether anything is to be written: an update of an index that is right takes no lock."""
    if changes.fresh or changes.removed or rebuilt or not catalog.exists():
        return True
    return set(changes.skipped) != set(catalog.skipped())


def _write(
    transaction: Transaction, changes: _Changes, encoder: Encoder, *, whole: bool, progress: Callable[[Progress], None]
) -> int:
    """Write the changes and return how many passages were embedded for them."""
    fresh = [*changes.fresh, *(transaction.documents(_unreadable(changes)) if whole else ())]
    cut = [(document, split(document)) for document in fresh]
    wanted = {_digest(document, passage): (document, passage) for document, found in cut for passage in found}
    known = {} if whole else transaction.known(wanted)
    missing = [(digest, *place) for digest, place in wanted.items() if digest not in known]
    for first in range(0, len(missing), BATCH):
        batch = missing[first : first + BATCH]
        progress(Progress(first, len(missing), batch[0][1].path))
        embedded = embed(encoder, [(document, passage) for _, document, passage in batch])
        known |= dict(zip((digest for digest, *_ in batch), embedded, strict=True))
    progress(Progress(len(missing), len(missing), ""))
    if whole:
        transaction.clear()
    transaction.remove(changes.removed)
    for document, found in cut:
        transaction.put(document, [_row(document, passage, known) for passage in found])
    return len(missing)


def _unreadable(changes: _Changes) -> list[str]:
    """Return the documents that cannot be read now and whose text the index still holds."""
    fresh = {document.path for document in changes.fresh}
    return [path for path in changes.unchanged if path not in fresh]


def _row(document: Document, passage: Passage, known: dict[str, Embedded]) -> Row:
    digest = _digest(document, passage)
    return Row(passage, digest, detect(document.text[passage.span.start : passage.span.end]), known[digest])


def _digest(document: Document, passage: Passage) -> str:
    return hashlib.sha256(document.text[passage.span.start : passage.span.end].encode()).hexdigest()
