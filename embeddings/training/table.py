"""The token table as it is trained: every piece has a vector of its own, and shares those of its groups of letters."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from embeddings.training.spelling import Spellings

BETAS = (0.9, 0.99)
BLOCK = 8192  # pieces that are put together at once


class Vectors:
    """Vectors with Adam's moments, updated only where a batch touches them."""

    def __init__(self, weight: Tensor) -> None:
        self.weight = weight  # (n, dim)
        self._mean = torch.zeros_like(weight)
        self._square = torch.zeros_like(weight)
        self._step = 0

    def forget_moments(self) -> None:
        """Restart Adam, for a new phase."""
        self._mean.zero_()
        self._square.zero_()
        self._step = 0

    def update(self, rows: Tensor, gradient: Tensor, rate: float) -> None:
        """Make an Adam step on `rows`, which must be distinct."""
        self._step += 1
        mean = self._mean[rows].lerp_(gradient, 1 - BETAS[0])
        square = self._square[rows].mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        self._mean[rows], self._square[rows] = mean, square
        size = rate * (1 - BETAS[1] ** self._step) ** 0.5 / (1 - BETAS[0] ** self._step)
        self.weight.index_add_(0, rows, mean.div_(square.sqrt_().add_(1e-8)), alpha=-size)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pieces taken from the table: what gradients are asked of, and the vectors that follow from it."""

    pieces: Tensor  # (pieces,)
    own: Tensor  # (pieces, dim)
    groups: Tensor  # (groups,)
    shared: Tensor  # (groups, dim)
    vectors: Tensor  # (pieces, dim)


class Table:
    """The vectors of the pieces: each its own plus the sum of its groups', over the root of their number."""

    def __init__(self, spelled: Spellings, dim: int, *, seed: int, device: torch.device) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.own = Vectors((torch.randn(len(spelled.starts) - 1, dim, generator=generator) * 0.1).to(device))
        self.shared = Vectors(torch.zeros(spelled.count, dim, device=device))
        self._groups = torch.from_numpy(spelled.groups).to(device)
        self._starts = torch.from_numpy(spelled.starts).to(device)

    @property
    def device(self) -> torch.device:
        """Where the vectors are."""
        return self.own.weight.device

    def draw(self, pieces: Tensor) -> Drawn:
        """Take distinct pieces from the table, to be trained."""
        starts, sizes = self._starts[pieces], self._starts[pieces + 1] - self._starts[pieces]  # (pieces,)
        begins = sizes.cumsum(0) - sizes  # (pieces,)
        members = torch.arange(int(sizes.sum()), device=self.device)
        groups = self._groups[members + (starts - begins).repeat_interleave(sizes)]  # (members,)
        used = torch.zeros(len(self.shared.weight), dtype=torch.bool, device=self.device)
        used[groups] = True
        distinct = used.nonzero().squeeze(1)  # (groups,)
        own, shared = self.own.weight[pieces].requires_grad_(), self.shared.weight[distinct].requires_grad_()
        sums = embedding_bag((used.cumsum(0) - 1)[groups], shared, begins, mode="sum")  # (pieces, dim)
        return Drawn(pieces, own, distinct, shared, own + sums / sizes.clamp_min(1).sqrt()[:, None])

    def update(self, drawn: Drawn, loss: Tensor, rate: float) -> None:
        """Make an Adam step on all that was drawn, down the gradient of the loss."""
        own, shared = torch.autograd.grad(loss, (drawn.own, drawn.shared))
        self.own.update(drawn.pieces, own, rate)
        self.shared.update(drawn.groups, shared, rate)

    def forget_moments(self) -> None:
        """Restart Adam, for a new phase."""
        self.own.forget_moments()
        self.shared.forget_moments()

    def vectors(self) -> Tensor:
        """Return the vectors of all pieces. Shape (pieces, dim)."""
        pieces = torch.arange(len(self.own.weight), device=self.device)
        blocks = [pieces[start : start + BLOCK] for start in range(0, len(pieces), BLOCK)]
        return torch.cat([self.draw(block).vectors.detach() for block in blocks])
