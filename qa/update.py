"""Make the index equal the folder: read what changed, embed what is new, and write it in groups of documents."""

import contextlib
import hashlib
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings.encoder import Encoder
from qa.catalog import Catalog
from qa.changes import Changes, check_empty, check_folder, check_gone, compare
from qa.documents import Document, read_document
from qa.embed import Embedded, embed
from qa.errors import CatalogError, FolderError, LockedError
from qa.extraction import Extractor
from qa.folder import LARGEST_FILE, File, SkipError, Skipped, digest_of, encoding_in, read_bytes
from qa.language import detect
from qa.passages import Passage, split
from qa.reports import Progress, Report
from qa.tables import Row
from qa.transaction import Stamp, Transaction

BATCH = 64  # passages embedded between two reports of progress
FIRST, GROUP = 256, 2048  # passages in the first group that is written, and at most in a later one
LONGEST = 10.0  # seconds, about, that embedding a group may take
STEP = 0.5  # seconds after which the file that is being read is told


@dataclass(frozen=True, slots=True)
class Hooks:
    """What an update calls: with its progress, to ask whether to stop, and when new documents can be searched."""

    progress: Callable[[Progress], None]
    stop: Callable[[], bool]
    landed: Callable[[], None]


def update(
    folder: Path,
    catalog: Catalog,
    encoder: Encoder,
    hooks: Hooks,
    *,
    force: bool = False,
    again: Collection[str] = (),
) -> Report:
    """Make the catalog equal the folder and report what changed.

    Documents are written in groups: an update that is stopped or fails keeps what it wrote, and the next one continues
    from there. Files named by `again` are read again, changed or not. Only with `force` does it remove most of the
    documents at once, since a disk may be missing, or replace the index of another folder. Raise FolderError,
    LockedError where another process is updating, or CatalogError.
    """
    began = time.monotonic()
    if not force:
        check_folder(folder, catalog)
    changes = compare(folder, catalog, encoder, force=force, again=again)
    if changes.idle and catalog.exists():
        _settle(catalog, changes)
        return _Work(folder, catalog, encoder, changes, hooks).report(began)
    if not (changes.wanted or changes.unchanged or force):
        check_empty(folder, changes, [skip for skip, _ in changes.skipped.values()])
    with catalog.alone():
        if catalog.generation() != changes.generation:  # another process was faster
            changes = compare(folder, catalog, encoder, force=force, again=again)
        work = _Work(folder, catalog, encoder, changes, hooks)
        work.run(force=force)
    return work.report(began)


def _settle(catalog: Catalog, changes: Changes) -> None:
    """Record new marks of files whose content turned out unchanged, so that the next update need not read them."""
    if changes.marks:
        with contextlib.suppress(CatalogError), catalog.write() as transaction:  # without them nothing is lost but time
            if transaction.generation == changes.generation:
                transaction.mark(changes.marks)


@dataclass(frozen=True, slots=True)
class _Read:
    """A document that was read and split, the mark of its file, and whether it is added, changed or unchanged."""

    document: Document
    passages: Sequence[Passage]
    mark: str
    kind: str


class _Work:
    """One update while it runs."""

    def __init__(self, folder: Path, catalog: Catalog, encoder: Encoder, changes: Changes, hooks: Hooks) -> None:
        self._folder, self._catalog, self._encoder = folder, catalog, encoder
        self._changes, self._hooks = changes, hooks
        self._began = self._told = time.monotonic()
        self._generation, self._outdated = changes.generation, changes.rebuilt is None
        self._left = {file.path: _work(file) for file in changes.wanted}  # bytes that still wait
        self._all_bytes = self._bytes_left = sum(self._left.values())
        self._group: list[_Read] = []
        self._most = FIRST
        self._embedded = self._written = 0  # passages; more are written where their vectors are known
        self._gone, self._lost = list(changes.gone), list[str]()
        self._skipped = dict(changes.skipped)
        self._found: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": list(changes.unchanged)}
        self._removed: list[str] = []
        self._notes: list[tuple[str, str]] = []
        self._spare: dict[str, Embedded] = {}  # of removed documents, whose text may appear elsewhere now

    def report(self, began: float) -> Report:
        """Return what was done since `began`."""
        return Report(
            tuple(sorted(self._found["added"])),
            tuple(sorted(self._found["changed"])),
            tuple(sorted(self._removed)),
            tuple(sorted(self._found["unchanged"])),
            tuple(skip for _, (skip, _) in sorted(self._skipped.items())),
            self._embedded,
            self._changes.rebuilt,
            time.monotonic() - began,
            tuple(self._notes),
            waiting=len(self._left),
        )

    def run(self, *, force: bool) -> None:
        """Read, embed and write what is wanted, and remove what is gone."""
        changes, stop = self._changes, self._hooks.stop
        if not force:
            check_gone(self._folder, changes, self._gone)
        if changes.wanted and self._gone and self._outdated:
            self._spare = self._catalog.embedded_in(self._gone)
        self._keep(changes.outdated)
        with Extractor() as extractor:
            for file in changes.wanted:
                if stop():
                    break
                if time.monotonic() - self._told > STEP:
                    self._tell(None, reading=file.path)
                self._read(file, extractor)
                if sum(len(read.passages) for read in self._group) >= self._most:
                    self._write(self._embed())
        done = self._embed()
        if self._left.keys() <= {read.document.path for read, _ in done}:
            self._finish(done, force=force)
        else:
            self._write(done)

    def _read(self, file: File, extractor: Extractor) -> None:
        """Add the document of a file to the group, or record why it is skipped."""
        known, path = self._changes.known.get(file.path), file.path
        before = known.digest if known else ""
        try:
            content = read_bytes(file)
            digest = digest_of(content)
            document = read_document(path, content, digest, extractor, encoding=file.encoding)
        except SkipError as skip:
            self._skipped[path] = Skipped(path, skip.reason, skip.lost), file.mark if skip.lost else ""
            self._take(path)
            if before and skip.lost:
                self._lost.append(path)
            elif before:
                self._found["unchanged"].append(path)
                self._keep([path] if self._changes.rebuilt or (known and known.stale) else [])
            return
        same = known and before == digest and encoding_in(known.mark) == file.encoding
        kind = "added" if not before else "unchanged" if same else "changed"
        self._group.append(_Read(document, split(document), file.mark, kind))

    def _keep(self, paths: Sequence[str]) -> None:
        """Split documents again whose files cannot be read now, from their text in the index."""
        for document in self._catalog.documents(paths):
            self._group.append(_Read(document, split(document), "", ""))

    def _embed(self) -> list[tuple[_Read, list[Row]]]:
        """Return the documents of the group with their embedded passages; after a stop, only complete ones."""
        digests = [[_digest(read.document, passage) for passage in read.passages] for read in self._group]
        wanted = {
            digest: (place, passage)
            for place, (read, own) in enumerate(zip(self._group, digests, strict=True))
            for digest, passage in zip(own, read.passages, strict=True)
        }
        known = self._catalog.embedded(wanted) if self._outdated else {}
        known |= {digest: self._spare[digest] for digest in wanted.keys() & self._spare.keys()}
        missing = [(digest, *where) for digest, where in wanted.items() if digest not in known]
        for first in range(0, len(missing), BATCH):
            if self._hooks.stop():
                break
            batch = missing[first : first + BATCH]
            self._tell(batch[0][1])
            embedded = embed(self._encoder, [(self._group[place].document, p) for _, place, p in batch])
            known |= dict(zip((digest for digest, *_ in batch), embedded, strict=True))
            self._embedded += len(batch)
        done = []
        for read, own in zip(self._group, digests, strict=True):
            if all(digest in known for digest in own):
                pairs = zip(read.passages, own, strict=True)
                done.append((read, [_row(read.document, p, digest, known[digest]) for p, digest in pairs]))
        self._group = []
        return done

    def _write(self, done: Sequence[tuple[_Read, list[Row]]], *, last: bool = False) -> None:
        """Write documents, remove what is gone, and let the result be searched."""
        for read, _ in done:
            self._take(read.document.path)
        removed = [*self._gone, *(self._lost if last else ())]
        with self._catalog.write() as transaction:
            self._check(transaction)
            if not self._outdated:
                transaction.outdate()
            for read, rows in done:
                transaction.put(read.document, rows, read.mark)
            transaction.remove(removed)
            if last:
                transaction.mark(self._changes.marks)
            stamp = Stamp.of(self._encoder)
            transaction.finish(stamp, self._folder.absolute(), self._skipped.values(), len(self._left))
        self._outdated, self._gone, self._generation = True, [], self._generation + 1
        self._removed += removed
        self._written += sum(len(rows) for _, rows in done)
        for read, _ in done:
            self._found.get(read.kind, []).append(read.document.path)
            self._notes += [(read.document.path, read.document.note)] if read.document.note else []
        self._most = min(GROUP, max(BATCH, int(self._rate(self._written) * LONGEST)))
        self._hooks.landed()
        self._tell(None)

    def _take(self, path: str) -> None:
        """Record that a file waits no longer, if it did."""
        self._bytes_left -= self._left.pop(path, 0)

    def _check(self, transaction: Transaction) -> None:
        if transaction.generation != self._generation:
            raise LockedError(
                f"Another process changed the index {self._catalog.folder} in the meantime: update again."
            )

    def _finish(self, done: Sequence[tuple[_Read, list[Row]]], *, force: bool) -> None:
        """Write the last documents and remove those that lost their text, unless these are too many."""
        try:
            if not force:
                self._check_folder(done)
        except FolderError:
            if done:
                self._write(done)
            raise
        self._write(done, last=True)

    def _check_folder(self, done: Sequence[tuple[_Read, list[Row]]]) -> None:
        if not self._folder.is_dir():
            raise FolderError(
                f"The folder {self._folder} disappeared while it was being read. The index keeps its documents."
            )
        check_gone(self._folder, self._changes, [*self._changes.gone, *self._lost])
        if not (done or any(self._found.values())):
            check_empty(self._folder, self._changes, [skip for skip, _ in self._skipped.values()])

    def _rate(self, passages: int) -> float:
        return passages / max(time.monotonic() - self._began, 1e-3)

    def _tell(self, place: int | None, *, reading: str = "") -> None:
        """Report progress: `place` is that of the embedded document in the group, `reading` the path of one before."""
        self._told = time.monotonic()
        total = len(self._changes.wanted)
        read = self._group[place].document.path if place is not None else reading
        done = total - len(self._left) + (place or 0)
        whole, left = self._all_bytes, self._bytes_left
        spent = time.monotonic() - self._began
        ahead = spent * left / (whole - left) if whole > left else None
        self._hooks.progress(
            Progress(done, total, read, self._embedded, len(self._skipped), self._rate(self._embedded), ahead)
        )


def _work(file: File) -> int:
    """Return how many bytes of a file have to be read; one that is too large is skipped at once."""
    return file.size if file.size <= LARGEST_FILE else 0


def _row(document: Document, passage: Passage, digest: str, embedded: Embedded) -> Row:
    return Row(passage, digest, detect(passage.span.of(document.text)), embedded)


def _digest(document: Document, passage: Passage) -> str:
    return hashlib.sha256(passage.span.of(document.text).encode()).hexdigest()
