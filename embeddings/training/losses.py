"""What the model learns from: translations, the teacher's similarities, and late interaction.

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

    `same` (n, n) marks pairs of rows with an equal text: they are no counter-examples.
    """
    scores = SCALE * normalize(left) @ normalize(right).T  # (n, n)
    return symmetric(scores, same)


def symmetric(scores: Tensor, same: Tensor) -> Tensor:
    """Return the cross entropy of the diagonal, over rows and over columns."""
    scores = scores.masked_fill(same, -1e4)
    target = torch.arange(len(scores), device=scores.device)
    return (cross_entropy(scores, target) + cross_entropy(scores.T, target)) / 2


def relations(english: Tensor, other: Tensor, teacher: Tensor) -> Tensor:
    """Pull the similarities within English, and between English and its translations, to the teacher's in English."""
    english, other = normalize(english), normalize(other)
    itself = torch.eye(len(english), dtype=torch.bool, device=english.device)
    goal = TEACHER_SCALE * teacher @ teacher.T  # (n, n)
    within = _divergence(
        (TEACHER_SCALE * english @ english.T).masked_fill(itself, -1e4), goal.masked_fill(itself, -1e4)
    )
    across = TEACHER_SCALE * other @ english.T
    return within + _divergence(across, goal) + _divergence(across.T, goal)


def anchor(vectors: Tensor, teacher: Tensor) -> Tensor:
    """Pull each vector to the teacher's own vector of the same meaning."""
    return 1 - (normalize(vectors) * teacher).sum(1).mean()


def late_interaction(left: Tensor, right: Tensor, left_mask: Tensor, right_mask: Tensor, same: Tensor) -> Tensor:
    """Contrast late-interaction scores in both directions.

    Tokens are (n, t, dim), masks (n, t) with true for a token. A question token counts by its length.
    """
    left_lengths, right_lengths = left.norm(dim=2), right.norm(dim=2)
    n, t, _ = left.shape
    units = normalize(left, dim=2).flatten(0, 1), normalize(right, dim=2).flatten(0, 1)
    cosines = (units[0] @ units[1].T).view(n, t, n, t)
    forward = _scores(cosines.masked_fill(~right_mask[None, None], -1).amax(3), left_lengths * left_mask)
    backward = _scores(
        cosines.masked_fill(~left_mask[:, :, None, None], -1).amax(1).permute(1, 2, 0), right_lengths * right_mask
    )
    target = torch.arange(n, device=left.device)
    losses = [cross_entropy((LATE_SCALE * s).masked_fill(same, -1e4), target) for s in (forward, backward)]
    return torch.stack(losses).mean()


def _scores(best: Tensor, lengths: Tensor) -> Tensor:
    # best: (question, token, passage); lengths: (question, token)
    return torch.einsum("qtp,qt->qp", best, lengths / lengths.sum(1, keepdim=True).clamp_min(1e-6))


def _divergence(scores: Tensor, goal: Tensor) -> Tensor:
    return kl_div(log_softmax(scores, 1), log_softmax(goal, 1), reduction="batchmean", log_target=True)
