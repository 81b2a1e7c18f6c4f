"""How far the best passage can be trusted: a probability from its scores.

Three logistic regressions: for a passage in the question's language, where words decide; for one in another language,
where they cannot; and for questions that the model cannot read, where words are all there is.
`python -m tests.benchmarks.trust --fit` fitted the weights on XQuAD, TyDi QA, KazQAD and ParsiNLU: each question asked
of all passages, of a few, and of a mixture of languages, with those that answer it and without. The intercepts are such
that a confidence of 0.5 refuses 5 % (same language, words alone) and 15 % (other) of the answerable questions of XQuAD.
They hold for the built-in model; with another one the confidence is a guide only.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qa.ranking import UNSHARED, Ranked

CONFIDENT = 0.5  # below it the answer is "not found"
NEXT = 5  # how many of the passages after the best it is compared with
UNRELATED = 0.2  # the score of a passage about something else, for those that a small folder lacks
UNRELATED_WORDS = 0.08  # the same where words alone score


@dataclass(frozen=True, slots=True)
class Regression:
    """Weights of the features below, in their order, and the intercept."""

    weights: tuple[float, ...]
    intercept: float

    def logit(self, values: npt.NDArray[np.float64]) -> float:
        """Return the logarithm of the odds that the features `values` tell."""
        return float(np.dot(self.weights, values)) + self.intercept


SAME = Regression((0.432, 7.456, 0.75, -0.513, -1.812, 1.761), -1.076)
OTHER = Regression((6.391, 13.475, -1.358, -1.526, 1.169, -7.264), -2.971)
WORDS = Regression((-9.146, 39.861, 1.128, -0.512, -0.195, 0.892), -0.597)


def features(ranked: Ranked) -> npt.NDArray[np.float64]:
    """Return what distinguishes a right passage from the nearest miss.

    In order: its score, by how much that exceeds the mean of the next ones, how much of what the passages say together
    about the question it lacks, the shares of the question that it does not meet at all, or not well, and its score of
    words. Shape (6,).
    """
    unrelated = UNRELATED + (UNSHARED if ranked.foreign[0] else 0)
    following = np.full(NEXT, ranked.fluency * unrelated + (1 - ranked.fluency) * UNRELATED_WORDS)
    following[: len(ranked.scores) - 1] = ranked.scores[1 : 1 + NEXT]
    ahead = float(ranked.scores[0] - following.mean())
    lacks = ranked.reach - ranked.semantic[0]
    return np.array([ranked.scores[0], ahead, lacks, *ranked.unmet[0], ranked.lexical[0]], np.float64)


def confidence(ranked: Ranked) -> float:
    """Return the estimated probability, 0 to 1, that the best passage answers the question."""
    if not len(ranked.rows):
        return 0.0
    found = features(ranked)
    read, unread = (OTHER if ranked.foreign[0] else SAME).logit(found), WORDS.logit(found)
    logit = ranked.fluency * read + (1 - ranked.fluency) * unread
    return float(1 / (1 + np.exp(-np.clip(logit, -50, 50))))
