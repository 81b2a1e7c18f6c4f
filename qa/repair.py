"""Repair what `doctor` finds, each thing in a transaction of its own; what is beyond repair is moved aside."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from embeddings.encoder import Encoder
from embeddings.errors import SanadError
from qa.answers import counted
from qa.catalog import Catalog
from qa.doctor import OTHERS, Finding
from qa.editions import Editions
from qa.errors import FolderError
from qa.folder import list_files
from qa.judgements import Judgements
from qa.library import Library

BY_HAND = ("space", "rights", "judgements", "list")  # findings that a build would not change


class Repair:
    """Repairs the findings about one index; whatever it removes can be made again from the documents."""

    def __init__(self, folder: Path, editions: Editions, catalog: Catalog, encoder: Encoder) -> None:
        self._folder, self._editions = folder, editions
        self._catalog, self._encoder = catalog, encoder

    def run(self, findings: Sequence[Finding]) -> Iterator[str]:
        """Yield a sentence for each thing that was done, or could not be."""
        steps = (self._allow, self._list, self._judgements, self._files, self._set_aside, self._rows)
        for step in steps:
            try:
                yield from step(findings)
            except (SanadError, OSError) as error:
                yield f"Not repaired: {error}"
        if any(finding.kind not in BY_HAND for finding in findings):
            yield self._build()

    def _allow(self, findings: Sequence[Finding]) -> Iterator[str]:
        for place in _places(findings, "rights"):
            mode = place.stat().st_mode & 0o777
            place.chmod((mode | (0o700 if place.is_dir() else 0o600)) & ~OTHERS)
            yield f"You can read and write {place} now, and not everybody can write it."

    def _list(self, findings: Sequence[Finding]) -> Iterator[str]:
        for place in _places(findings, "list"):
            self._editions.rewrite_list()
            yield f"{place} lists what is there again."

    def _judgements(self, findings: Sequence[Finding]) -> Iterator[str]:
        for place in _places(findings, "judgements"):
            aside = _aside(place)
            Judgements(place.parent).set_aside(aside)
            yield f"What eval cannot read in {place} was moved to {aside}."

    def _files(self, findings: Sequence[Finding]) -> Iterator[str]:
        for place in _places(findings, "leftover", "derived"):
            if place.is_file():
                place.unlink()
                yield f"{place} was removed."

    def _set_aside(self, findings: Sequence[Finding]) -> Iterator[str]:
        """Move aside catalogs that cannot be read, but only where they can be made again."""
        for place in _places(findings, "catalog"):
            if place == self._catalog.folder and not list_files(self._folder)[0]:
                raise FolderError(f"There are no documents in {self._folder} from which {place} could be made again.")
            file = Catalog(place).file
            aside = _aside(file)
            for name in (file.name, f"{file.name}-journal"):  # which is part of it
                if (here := file.with_name(name)).exists():
                    here.rename(aside.with_name(aside.name + name.removeprefix(file.name)))
            self._editions.rewrite_list()
            yield f"{file} was moved to {aside}."

    def _rows(self, findings: Sequence[Finding]) -> Iterator[str]:
        """Remove damaged rows from each catalog: the build then reads and embeds only these again."""
        for place in _places(findings, "document", "passage", "orphan"):
            here = [finding for finding in findings if finding.place == place]
            documents = sorted({finding.document for finding in here if finding.kind == "document"})
            passages = {(finding.document, finding.passage) for finding in here if finding.kind == "passage"}
            catalog = Catalog(place)
            with catalog.alone(), catalog.write() as transaction:
                transaction.remove(documents)
                transaction.spoil(sorted(passages))
                transaction.remove_orphans()
                transaction.touch()
            yield (
                f"Removed from {catalog.file}: {counted(len(documents), 'document')}, "
                f"{counted(len(passages), 'passage')}, and whatever belonged to no document."
            )

    def _build(self) -> str:
        try:
            library = Library(self._folder, self._catalog, self._encoder, self._editions)
            return library.update(switch=False).summary
        except SanadError as error:
            return f"Not built again: {error}"


def _places(findings: Sequence[Finding], *kinds: str) -> list[Path]:
    return list(dict.fromkeys(finding.place for finding in findings if finding.kind in kinds))


def _aside(file: Path) -> Path:
    """Return an unused name for a damaged file, beside it."""
    now = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    names = (file.with_name(f"{file.name}.damaged-{now}{number or ''}") for number in range(1000))
    return next(name for name in names if not name.exists())
