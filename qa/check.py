"""Check whether the index and the folder agree."""

from pathlib import Path

from embeddings.encoder import Encoder
from qa.catalog import Catalog
from qa.changes import Changes, compare, reason
from qa.folder import File
from qa.transaction import Stamp


def check(folder: Path, catalog: Catalog, encoder: Encoder) -> tuple[str, ...]:
    """Return a sentence for each way in which the index differs from the folder or is unusable; none if all is well."""
    stamp = catalog.stamp()
    if stamp is None:
        return (f"There is no index in {catalog.folder}: build it.",)
    findings = catalog.damage()
    if why := reason(stamp, Stamp.of(encoder)):
        findings.append(f"The index must be rebuilt: {why}.")
    changes = compare(folder, catalog, encoder, thorough=True)
    known = {path: found for path, found in changes.known.items() if found.digest}
    told = [file for file in changes.wanted if not changes.rebuilt and (file.path in known or _is_new(file, changes))]
    wanted = [file.path for file in told]
    findings += [f"{path} is in the folder but not in the index." for path in wanted if path not in known]
    findings += [f"{path} was changed after it was indexed." for path in wanted if path in known]
    findings += [f"{path} is in the index but no longer in the folder." for path in changes.gone]
    return tuple(findings)


def _is_new(file: File, changes: Changes) -> bool:
    """Tell whether a file that is not indexed may be a document; one that was skipped and may be unchanged is not."""
    return file.path not in changes.known or bool(file.mark)
