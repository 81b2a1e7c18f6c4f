"""Keep the table after each phase, so that an interrupted training resumes with the next one."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import torch

from embeddings.training.data import Pairs
from embeddings.training.table import Table
from embeddings.training.train import Phase

_CPU = torch.device("cpu")


class Checkpoints:
    """The saved tables of one training: the same data, tokenizer, options and phases so far."""

    def __init__(self, folder: Path, files: list[Pairs], *origin: object) -> None:
        """Take what the table depends on besides the phases: the pairs, and whatever `origin` holds."""
        self._folder = folder
        weights = Path(__file__).with_name("sources.tsv").read_text(encoding="utf-8")
        texts = [(pairs.name, _digest((*pairs.sources, *pairs.lefts, *pairs.rights))) for pairs in files]
        self._origin = repr((texts, weights, origin))

    def resume(self, table: Table, phases: list[Phase]) -> int:
        """Load the table after the longest finished run of phases, and return how many phases that is."""
        for count in range(len(phases), 0, -1):
            path = self._path(phases[:count])
            if path.exists():
                for vectors, saved in zip((table.own, table.shared), torch.load(path, map_location=_CPU), strict=True):
                    vectors.weight.copy_(saved)
                return count
        return 0

    def save(self, table: Table, phases: list[Phase]) -> None:
        """Keep the table as it is after `phases`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(phases)
        temporary = path.with_suffix(".part")
        torch.save([vectors.weight.to(_CPU) for vectors in (table.own, table.shared)], temporary)
        temporary.replace(path)

    def _path(self, phases: list[Phase]) -> Path:
        return self._folder / f"table-{_digest((self._origin, repr(phases)))}.pt"


def _digest(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(f"{text}\n".encode())
    return digest.hexdigest()[:16]
