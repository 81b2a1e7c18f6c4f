"""A visit of the doctor: check an index, repair it if asked to, and check it again."""

from dataclasses import dataclass
from pathlib import Path

from embeddings.encoder import load_encoder
from embeddings.static import BUILT_IN
from qa.catalog import Catalog
from qa.doctor import Finding, diagnose
from qa.editions import Edition, Editions
from qa.errors import CatalogError, LockedError
from qa.folder import Skipped
from qa.repair import Repair
from qa.transaction import Stamp


@dataclass(frozen=True, slots=True)
class Visit:
    """What is still wrong, what was repaired, which editions are on disk, and which files are skipped."""

    findings: tuple[Finding, ...]
    repairs: tuple[str, ...]
    editions: tuple[Edition, ...]
    skipped: tuple[Skipped, ...]


def examine(
    folder: Path, index: Path, model: str | None = None, *, drop: str | None = None, repair: bool = False
) -> Visit:
    """Check the index of a folder, first removing that of the model `drop`, and with `repair` repair it.

    Raise ModelError where the model cannot be loaded, NewerError where the index was written by a newer Sanad,
    SettingsError where nothing can be dropped.
    """
    editions = Editions(index)
    if drop:
        editions.drop(drop)
    stamp, readable = _stamp(editions)
    encoder = load_encoder(model or (stamp.model if stamp else BUILT_IN))
    catalog = editions.of(encoder) if readable else editions.current()
    repairs = [f"The index of {drop} was removed."] if drop else []
    findings = diagnose(folder, editions, catalog, encoder)
    if repair and findings:
        repairs += Repair(folder, editions, catalog, encoder).run(findings)
        findings = diagnose(folder, editions, catalog, encoder)
    return Visit(tuple(findings), tuple(repairs), editions.on_disk(), _skipped(catalog))


def _stamp(editions: Editions) -> tuple[Stamp | None, bool]:
    """Return what the edition that answers was made with, and whether that can be read."""
    try:
        return editions.current().stamp(), True
    except LockedError:
        raise
    except CatalogError:  # `diagnose` will report it
        return None, False


def _skipped(catalog: Catalog) -> tuple[Skipped, ...]:
    try:
        return catalog.listing().skipped
    except CatalogError:
        return ()
