"""The losses: on translations, on the teacher's similarities, and on late interaction.

Vectors here are raw; each loss normalises what it compares.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, log_softmax, normalize

SCALE = 20.0  # of cosines, before the softmax over a batch
TEACHER_SCALE = 15.0
LATE_SCALE = 20.0


def contrastive(left: Tensor, right: Tensor, same: Tensor) -> Tensor:
    """Pull each left vector to the right vector of its row, away from the others, and the other way round.

    `same` (n, n) marks pairs of rows that share a text: they are not counter-examples.
    """
    scores = SCALE * normalize(left) @ normalize(right).T  # (n, n)
    return _symmetric(scores, same)


def _symmetric(scores: Tensor, same: Tensor) -> Tensor:
    """Return the cross entropy of the diagonal, over rows and over columns."""
    scores = scores.masked_fill(same, -1e4)
    target = torch.arange(len(scores), device=scores.device)
    return (cross_entropy(scores, target) + cross_entropy(scores.T, target)) / 2


def relations(left: Tensor, right: Tensor, left_opinion: Tensor, right_opinion: Tensor) -> Tensor:
    """Pull the similarities among the right texts, and of left to right and back, to those of the teacher's vectors."""
    left, right = normalize(left), normalize(right)
    itself = torch.eye(len(right), dtype=torch.bool, device=right.device)
    within = (TEACHER_SCALE * right @ right.T).masked_fill(itself, -1e4)
    goal_within = (TEACHER_SCALE * right_opinion @ right_opinion.T).masked_fill(itself, -1e4)
    across, goal = TEACHER_SCALE * left @ right.T, TEACHER_SCALE * left_opinion @ right_opinion.T
    return divergence(within, goal_within) + divergence(across, goal) + divergence(across.T, goal.T)


def anchor(vectors: Tensor, teacher: Tensor) -> Tensor:
    """Pull each vector to the teacher's own vector of the same meaning."""
    return 1 - (normalize(vectors) * teacher).sum(1).mean()


def late_scores(left: Tensor, right: Tensor, left_mask: Tensor, right_mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return the late-interaction scores (n, n) of left questions with right passages, then of right with left.

    Tokens are (n, t, dim), masks (n, t) with true for a token. A question token counts by its length.
    """
    n, t, _ = left.shape
    # A padded token becomes a zero vector, to which every token has similarity 0: with a passage that its batch pads,
    # the best similarity is never below 0; with any other it may be. The built-in model was trained this way.
    left_units = normalize(left, dim=2) * left_mask[:, :, None]
    right_units = normalize(right, dim=2) * right_mask[:, :, None]
    cosines = (left_units.flatten(0, 1) @ right_units.flatten(0, 1).T).view(n, t, n, t)
    best_right, best_left = cosines.max(3).values, cosines.max(1).values  # (left, token, right), (left, right, token)
    forward = torch.einsum("qtp,qt->qp", best_right, _shares(left, left_mask))
    return forward, torch.einsum("pqt,qt->qp", best_left, _shares(right, right_mask))


def grouped(scores: Tensor, size: int) -> Tensor:
    """Join every `size` passages (columns) into one long passage, whose score is the best of its parts."""
    return scores.view(len(scores), -1, size).amax(2)


def late_contrast(scores: Tensor, same: Tensor, size: int) -> Tensor:
    """Pull each question to the long passage that holds its own text."""
    blocked = same.view(len(same), -1, size).any(2)  # (n, n / size)
    target = torch.arange(len(scores), device=scores.device) // size
    blocked[torch.arange(len(scores), device=scores.device), target] = False
    return cross_entropy((LATE_SCALE * grouped(scores, size)).masked_fill(blocked, -1e4), target)


def divergence(scores: Tensor, goal: Tensor) -> Tensor:
    """Return the divergence of the softmax of each row of scores from that of the goal."""
    loss: Tensor = kl_div(log_softmax(scores, 1), log_softmax(goal, 1), reduction="batchmean", log_target=True)
    return loss


def _shares(tokens: Tensor, mask: Tensor) -> Tensor:
    lengths: Tensor = tokens.norm(dim=2) * mask  # (n, t)
    return lengths / lengths.sum(1, keepdim=True).clamp_min(1e-6)
