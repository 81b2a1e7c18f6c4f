"""Train the token table: phases of steps, each step on freshly drawn batches."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag

from embeddings.training import losses
from embeddings.training.batches import Batch, Drawer
from embeddings.training.encoded import NOT_TAUGHT, EncodedPairs
from embeddings.training.table import Table


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of training: its steps, how many rows of each kind a step sees, and how much each kind weighs."""

    name: str
    steps: int
    rate: float
    pairs: int = 2048
    taught: int = 0
    late: int = 0
    pairs_weight: float = 1.0
    relations_weight: float = 1.0
    anchor_weight: float = 0.0
    late_weight: float = 1.0
    late_tokens: int = 24
    late_group: int = 1  # rows that are joined into one long passage
    late_taught: float = 0.5  # share of late-interaction batches that the teacher judges
    draws: int = 0  # added to the seed, to draw other batches


class Step:
    """The rows of the table that one step touches, and the texts of its batches by these rows."""

    def __init__(self, table: Table, batches: list[Batch]) -> None:
        device = table.device
        self._texts = [texts for batch in batches for texts in (batch.left, batch.right)]
        ids = torch.from_numpy(np.concatenate([t.ids for t in self._texts]).astype(np.int64)).to(device)
        pieces, inverse = torch.unique(ids, return_inverse=True)
        self.drawn = table.draw(pieces)
        self._local = inverse.split([len(t.ids) for t in self._texts])
        self._device = device

    def means(self, batch: int) -> tuple[Tensor, Tensor]:
        """Return the mean vectors of both sides of a batch, (n, dim) each."""
        return self._mean(2 * batch), self._mean(2 * batch + 1)

    def tokens_of(self, batch: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the token vectors (n, t, dim) of both sides of a batch, then the masks (n, t)."""
        width = max(int(np.diff(self._texts[2 * batch + side].starts).max()) for side in (0, 1))
        (left, left_mask), (right, right_mask) = (self._padded(2 * batch + side, width) for side in (0, 1))
        return left, right, left_mask, right_mask

    def _mean(self, index: int) -> Tensor:
        offsets = torch.from_numpy(self._texts[index].starts[:-1]).to(self._device)
        return embedding_bag(self._local[index], self.drawn.vectors, offsets, mode="mean")

    def _padded(self, index: int, width: int) -> tuple[Tensor, Tensor]:
        starts = torch.from_numpy(self._texts[index].starts).to(self._device)
        mask = torch.arange(width, device=self._device)[None] < starts.diff()[:, None]  # (n, width)
        positions = torch.zeros(mask.shape, dtype=torch.int64, device=self._device)
        positions[mask] = self._local[index]
        return self.drawn.vectors[positions], mask


def train(
    table: Table, files: list[EncodedPairs], teacher: NDArray[np.float16] | None, phase: Phase, *, seed: int = 0
) -> Iterator[float]:
    """Run one phase and yield the loss of each step."""
    drawer = Drawer(files, seed + phase.draws)
    table.forget_moments()
    began, average = time.monotonic(), 0.0
    for step in range(phase.steps):
        loss = _step(table, drawer, teacher, phase, rate=phase.rate * _decay(step, phase.steps))
        average = loss if step == 0 else 0.98 * average + 0.02 * loss
        if step % 50 == 0 or step + 1 == phase.steps:
            seconds = time.monotonic() - began
            sys.stderr.write(f"{phase.name}: step {step + 1} of {phase.steps}, {average:.4f}, {seconds:.0f} s\n")
        yield loss


def _decay(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / 50, (steps - step) / steps)  # up during the first 50 steps, then linearly down to zero


def _step(table: Table, drawer: Drawer, teacher: NDArray[np.float16] | None, phase: Phase, *, rate: float) -> float:
    batches = _draw(drawer, phase, taught=teacher is not None)
    step = Step(table, list(batches.values()))
    total = torch.zeros((), device=table.device)
    for at, (kind, batch) in enumerate(batches.items()):
        same = torch.from_numpy(batch.same).to(total.device)
        if kind == "pairs":
            total = total + phase.pairs_weight * losses.contrastive(*step.means(at), same)
        elif kind == "taught":
            total = total + _taught_loss(step.means(at), _opinion(batch, teacher, total.device), phase)
        else:
            opinion = _opinion(batch, teacher, total.device)
            total = total + phase.late_weight * _late_loss(step.tokens_of(at), same, opinion, phase.late_group)
    table.update(step.drawn, total, rate)
    return total.item()


def _draw(drawer: Drawer, phase: Phase, *, taught: bool) -> dict[str, Batch]:
    batches = {}
    if phase.pairs:
        batches["pairs"] = drawer.pairs(phase.pairs)
    if phase.taught and taught:
        batches["taught"] = drawer.taught(phase.taught)
    if phase.late:
        batches["late"] = (
            drawer.taught(phase.late, phase.late_tokens)
            if taught and drawer.toss(phase.late_taught)
            else drawer.pairs(phase.late, phase.late_tokens)
        )
    return batches


def _opinion(batch: Batch, teacher: NDArray[np.float16] | None, device: torch.device) -> tuple[Tensor, Tensor] | None:
    """Return the teacher's vectors (n, dim) of both sides, or None where it lacks one."""
    if teacher is None or (batch.taught == NOT_TAUGHT).any():
        return None
    left, right = (torch.from_numpy(teacher[batch.taught[:, side]].astype(np.float32)).to(device) for side in (0, 1))
    return left, right


def _taught_loss(means: tuple[Tensor, Tensor], opinion: tuple[Tensor, Tensor] | None, phase: Phase) -> Tensor:
    assert opinion is not None, "the drawer gave a row without the teacher's vector"
    loss = phase.relations_weight * losses.relations(*means, *opinion)
    if phase.anchor_weight:
        loss = loss + phase.anchor_weight * (losses.anchor(means[0], opinion[0]) + losses.anchor(means[1], opinion[1]))
    return loss


def _late_loss(
    tokens: tuple[Tensor, Tensor, Tensor, Tensor], same: Tensor, opinion: tuple[Tensor, Tensor] | None, group: int
) -> Tensor:
    scores = losses.late_scores(*tokens)
    loss = sum((losses.late_contrast(s, same, group) for s in scores), torch.zeros(())) / 2
    if opinion is None:
        return loss
    goal = losses.TEACHER_SCALE * opinion[0] @ opinion[1].T
    for ours, theirs in zip(scores, (goal, goal.T), strict=True):
        loss = loss + losses.divergence(losses.LATE_SCALE * losses.grouped(ours, group), losses.grouped(theirs, group))
    return loss
