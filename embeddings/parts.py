"""An index in parts that never change: an update adds a part, and leaves out rows of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.ragged import Ints, starts_of

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of an index among those of its parts, end to end: row i is at place `order[i]`; others are left out."""

    order: Ints  # (rows,)
    starts: Ints  # (parts + 1,) where each part's rows begin

    @classmethod
    def whole(cls, *sizes: int) -> "Layout":
        """Return the layout of all rows of parts of these sizes, in their order."""
        return cls(np.arange(sum(sizes)), starts_of(sizes))

    def locate(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return the part of each row and its place within that part."""
        places = self.order[rows]
        parts = np.searchsorted(self.starts, places, side="right") - 1
        return parts, places - self.starts[parts]

    def alive(self) -> list[Mask | None]:
        """Return, for each part, which of its rows are rows of the index; None where all are."""
        mask = np.zeros(self.starts[-1], bool)
        mask[self.order] = True
        masks = [mask[start:end] for start, end in pairwise(self.starts.tolist())]
        return [None if part.all() else part for part in masks]

    def __len__(self) -> int:
        return len(self.order)


@dataclass(frozen=True, slots=True)
class Runs:
    """Stretches of rows of several parts, in order: run i is `starts[i]:ends[i]` of part `parts[i]`."""

    parts: Ints  # (runs,)
    starts: Ints  # (runs,)
    ends: Ints  # (runs,)

    @classmethod
    def of(cls, masks: Sequence[Mask]) -> "Runs":
        """Return the runs of consecutive rows that are marked in each part."""
        edges = [np.flatnonzero(np.diff(np.concatenate([[0], mask, [0]]))) for mask in masks]  # (2 runs,) of each
        found = np.concatenate([np.empty(0, np.int64), *edges])
        return cls(np.repeat(np.arange(len(masks)), [len(one) // 2 for one in edges]), found[::2], found[1::2])

    def pick(self, arrays: Sequence[Array]) -> Array:
        """Return what the runs cover of `arrays`, one for each part, end to end."""
        found = zip(self.parts.tolist(), self.starts.tolist(), self.ends.tolist(), strict=True)
        return np.concatenate([arrays[0][:0], *(arrays[part][start:end] for part, start, end in found)])

    def below(self, starts: Sequence[Ints]) -> tuple[Ints, "Runs"]:
        """Return where the groups that the runs cover begin once they are end to end, and the runs of their members.

        `starts` says where the groups of each part begin. Shape (groups + 1,).
        """
        sizes = self.pick([np.diff(one) for one in starts])  # (groups,)
        first = [starts[part][start] for part, start in zip(self.parts.tolist(), self.starts.tolist(), strict=True)]
        last = [starts[part][end] for part, end in zip(self.parts.tolist(), self.ends.tolist(), strict=True)]
        return starts_of(sizes), Runs(self.parts, np.array(first, np.int64), np.array(last, np.int64))

    def mask(self, part: int, size: int) -> Mask:
        """Return what the runs cover of a part of that size. Shape (size,)."""
        edges = np.zeros(size + 1, np.int64)
        np.add.at(edges, self.starts[self.parts == part], 1)
        np.add.at(edges, self.ends[self.parts == part], -1)
        return np.cumsum(edges)[:-1] > 0
