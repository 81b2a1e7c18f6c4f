"""Train the token table: phases of steps, each on freshly drawn batches."""

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
from embeddings.training.encoded import NOT_TAUGHT, EncodedPairs, Texts

LONGEST = 96  # tokens of a text that training looks at
IMPORTANCE = {
    **dict.fromkeys(("ar", "fa", "kk", "ru", "tr", "en"), 1.0),
    **dict.fromkeys(("de", "fr", "es"), 0.4),
    **dict.fromkeys(("az", "uz", "ur"), 0.2),
}
BETAS = (0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of training: how many steps, how many rows of each kind a step sees, and what each kind weighs."""

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


@dataclass(frozen=True, slots=True)
class Batch:
    """Drawn rows of one file."""

    left: Texts
    right: Texts
    same: NDArray[np.bool_]  # (n, n), true where two rows share a text
    taught: NDArray[np.int64]


class Drawer:
    """Draw batches: first a file, by the weight of its rows and languages, then rows, by the weight of their source."""

    def __init__(self, files: list[EncodedPairs], seed: int) -> None:
        self._files = files
        self._random = np.random.default_rng(seed)
        self._rows = [np.cumsum(file.weights) for file in files]
        self._taught = [np.cumsum(file.weights * (file.taught != NOT_TAUGHT)) for file in files]

    def pairs(self, count: int, longest: int = LONGEST) -> Batch:
        """Draw from any file. Questions come in quarter batches, since their passages are long."""
        file = self._choose(self._rows)
        count = count // 4 if self._files[file].pairs.questions and count > 512 else count
        return self._draw(file, self._rows[file], count, longest)

    def taught(self, count: int) -> Batch:
        """Draw rows whose English text the teacher knows; English is on the right."""
        file = self._choose(self._taught)
        batch = self._draw(file, self._taught[file], count, LONGEST)
        if self._files[file].pairs.right == "en":
            return batch
        return Batch(batch.right, batch.left, batch.same, batch.taught)

    def _choose(self, totals: list[NDArray[np.float64]]) -> int:
        chances = np.array([_chance(f, t) for f, t in zip(self._files, totals, strict=True)])
        return int(self._random.choice(len(totals), p=chances / chances.sum()))

    def _draw(self, index: int, totals: NDArray[np.float64], count: int, longest: int) -> Batch:
        file = self._files[index]
        rows = np.searchsorted(totals, self._random.random(count) * totals[-1], side="right")
        same = _equal(file.left_keys[rows]) | _equal(file.right_keys[rows])
        np.fill_diagonal(same, False)
        return Batch(take(file.left, rows, longest), take(file.right, rows, longest), same, file.taught[rows])


def _chance(file: EncodedPairs, totals: NDArray[np.float64]) -> float:
    languages = min(IMPORTANCE[file.pairs.left], IMPORTANCE[file.pairs.right])
    return float(np.sqrt(totals[-1]) * languages * (1.5 if file.pairs.questions else 1.0))


def _equal(keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = keys[:, None] == keys[None, :]
    return equal


def take(texts: Texts, rows: NDArray[np.int64], longest: int) -> Texts:
    """Return the chosen texts, each cut to its first `longest` tokens."""
    begins = texts.starts[rows]
    lengths = np.minimum(texts.starts[rows + 1] - begins, longest)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    within = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
    return Texts(texts.ids[np.repeat(begins, lengths) + within], starts)


class Table:
    """The token table with Adam's moments, updated only where a batch touches it."""

    def __init__(self, pieces: int, dim: int, *, seed: int, device: torch.device) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.weight = (torch.randn(pieces, dim, generator=generator) * 0.1).to(device)  # (pieces, dim)
        self._mean = torch.zeros_like(self.weight)
        self._square = torch.zeros_like(self.weight)
        self._step = 0

    def forget_moments(self) -> None:
        """Start Adam anew, for a new phase."""
        self._mean.zero_()
        self._square.zero_()
        self._step = 0

    def update(self, tokens: Tensor, gradient: Tensor, rate: float) -> None:
        """Make an Adam step on the rows `tokens`, which are all different."""
        self._step += 1
        mean = self._mean[tokens].lerp_(gradient, 1 - BETAS[0])
        square = self._square[tokens].mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        self._mean[tokens], self._square[tokens] = mean, square
        size = rate * (1 - BETAS[1] ** self._step) ** 0.5 / (1 - BETAS[0] ** self._step)
        self.weight.index_add_(0, tokens, mean.div_(square.sqrt_().add_(1e-8)), alpha=-size)


class Step:
    """The rows of the table that one step touches, and the texts of its batches in their terms."""

    def __init__(self, table: Table, batches: list[Batch]) -> None:
        device = table.weight.device
        self._texts = [texts for batch in batches for texts in (batch.left, batch.right)]
        ids = torch.from_numpy(np.concatenate([t.ids for t in self._texts]).astype(np.int64)).to(device)
        self.tokens, inverse = torch.unique(ids, return_inverse=True)
        self.rows = table.weight[self.tokens].requires_grad_()  # (tokens, dim)
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
        return embedding_bag(self._local[index], self.rows, offsets, mode="mean")

    def _padded(self, index: int, width: int) -> tuple[Tensor, Tensor]:
        starts = torch.from_numpy(self._texts[index].starts).to(self._device)
        mask = torch.arange(width, device=self._device)[None] < starts.diff()[:, None]  # (n, width)
        positions = torch.zeros(mask.shape, dtype=torch.int64, device=self._device)
        positions[mask] = self._local[index]
        return self.rows[positions], mask


def train(
    table: Table, files: list[EncodedPairs], teacher: NDArray[np.float16] | None, phases: list[Phase], *, seed: int = 0
) -> Iterator[float]:
    """Run the phases one after another and yield the loss of each step."""
    for number, phase in enumerate(phases):
        drawer = Drawer(files, seed + number)
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
    return min(1.0, (step + 1) / 50, (steps - step) / steps * 1.0)


def _step(table: Table, drawer: Drawer, teacher: NDArray[np.float16] | None, phase: Phase, *, rate: float) -> float:
    batches = [drawer.pairs(phase.pairs)] if phase.pairs else []
    if phase.taught and teacher is not None:
        batches.append(drawer.taught(phase.taught))
    if phase.late:
        batches.append(drawer.pairs(phase.late, phase.late_tokens))
    step = Step(table, batches)
    device = table.weight.device
    loss = torch.zeros((), device=device)
    at = 0
    if phase.pairs:
        loss = loss + phase.pairs_weight * losses.contrastive(*step.means(at), _mask(batches[at], device))
        at += 1
    if phase.taught and teacher is not None:
        opinion = torch.from_numpy(teacher[batches[at].taught].astype(np.float32)).to(device)  # (n, dim)
        other, english = step.means(at)
        loss = loss + phase.relations_weight * losses.relations(english, other, opinion)
        if phase.anchor_weight:
            pulled = losses.anchor(english, opinion) + losses.anchor(other, opinion)
            loss = loss + phase.anchor_weight * pulled
        at += 1
    if phase.late:
        tokens = step.tokens_of(at)
        loss = loss + phase.late_weight * losses.late_interaction(*tokens, _mask(batches[at], device))
    (gradient,) = torch.autograd.grad(loss, step.rows)
    table.update(step.tokens, gradient, rate)
    return loss.item()


def _mask(batch: Batch, device: torch.device) -> Tensor:
    return torch.from_numpy(batch.same).to(device)
