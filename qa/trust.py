"""How far the best hit is to be trusted: a probability from its scores."""

import numpy as np

from qa.ranking import Ranked

CONFIDENT = 0.5  # below it the answer is "not found"


def confidence(ranked: Ranked) -> float:
    """Return the estimated probability, 0 to 1, that the best passage answers the question."""
    if not len(ranked.rows):
        return 0.0
    return float(np.clip(ranked.semantic[0] + ranked.lexical[0], 0, 1))
