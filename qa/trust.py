"""How far the best passage can be trusted: a probability from its scores and from what of the question it meets.

A small network looks at each token of the question: how much it weighs, how rare it is, how telling, how far the best
passage meets it, and how far the next one does. What it makes of them is added up by weight, and judged together with
the passage's score. Where tokens tell nothing, logistic regressions on the score and its lead have to do: for questions
in a language that the built-in model cannot read, where words are all there is, and for other models.
`python -m tests.benchmarks.trust --fit` fitted the weights on half of the questions of XQuAD, TyDi QA, KazQAD and
ParsiNLU. They are shifted such that a confidence of 0.5 refuses 5 % (same language, words alone) and 15 % (other
language) of the answerable ones of XQuAD in the other half.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.errors import ModelError
from embeddings.interaction import Met
from qa.ranking import UNSHARED, Ranked

CONFIDENT = 0.5  # below it the answer is "not found"
NEXT = 5  # how many of the passages after the best it is compared with
UNRELATED = 0.2  # the score of a passage about something else, for those that a small folder lacks
UNRELATED_WORDS = 0.08  # the same where words alone score
RAREST = 7.0  # above it, in folders of more than a thousand passages, a token is as rare as can be
WEIGHTS = Path(__file__).with_suffix(".safetensors")

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What distinguishes a right passage from the nearest miss."""

    tokens: Numbers  # (question tokens, 5) weight, rarity, length, how far this passage meets it, how far the next one
    passage: Numbers  # (5,) score, lead, what it lacks of all that passages tell, log of its tokens, 1 if foreign
    fluency: float  # how well the model reads the question


@dataclass(frozen=True, slots=True)
class Weights:
    """What makes a logit of evidence; the last row of each matrix, or number of each vector, is the constant."""

    token: Numbers  # (6, hidden)
    passage: Numbers  # (hidden + 6, hidden)
    output: Numbers  # (hidden + 1,)
    shift: Numbers  # (2,) of the same language, of another
    words: Numbers  # (3,) of score and lead, where the model cannot read the question
    alone: Numbers  # (2, 3) the same with another model, where the passage is in the question's language or not

    def logit(self, evidence: Evidence) -> float:
        """Return the logarithm of the odds that the passage answers the question."""
        foreign = int(evidence.passage[-1])
        stands = np.append(evidence.passage[:2], 1)  # (3,)
        read = self.judge(evidence) + self.shift[foreign] if len(evidence.tokens) else stands @ self.alone[foreign]
        return float(evidence.fluency * read + (1 - evidence.fluency) * stands @ self.words)

    def judge(self, evidence: Evidence) -> float:
        """Return what the network says, before it is shifted."""
        each = _layer(evidence.tokens, self.token)  # (question tokens, hidden)
        question = evidence.tokens[:, 0] @ each  # (hidden,)
        hidden = _layer(np.concatenate([question, evidence.passage]), self.passage)  # (hidden,)
        return float(hidden @ self.output[:-1] + self.output[-1])


def _layer(inputs: Numbers, weights: Numbers) -> Numbers:
    """Return one layer of the network: a linear map, of which nothing below 0 is kept."""
    return np.asarray(np.maximum(inputs @ weights[:-1] + weights[-1], 0), np.float32)


@functools.cache
def load(path: Path = WEIGHTS) -> Weights:
    """Read the weights; raise ModelError where they are missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return Weights(**load_file(path))
    except (OSError, SafetensorError, TypeError) as error:
        raise ModelError(f"{path} is damaged: install Sanad again ({error}).") from error


def gather(ranked: Ranked) -> Evidence:
    """Return the evidence for the best passage."""
    met = ranked.met
    unrelated = UNRELATED + (UNSHARED if ranked.foreign[0] else 0)
    following = np.full(NEXT, ranked.fluency * unrelated + (1 - ranked.fluency) * UNRELATED_WORDS)
    following[: len(ranked.scores) - 1] = ranked.scores[1 : 1 + NEXT]
    ahead = ranked.scores[0] - following.mean()
    lacks = ranked.reach - ranked.semantic[0]
    passage = [ranked.scores[0], ahead, lacks, np.log1p(met.sizes[0]), ranked.foreign[0]]
    tokens = np.c_[np.minimum(met.asked, (1, RAREST, np.inf)), met.found[0], _next(met)]
    return Evidence(tokens.astype(np.float32), np.array(passage, np.float32), ranked.fluency)


def _next(met: Met) -> Numbers:
    """Return how far the second passage meets each token, 0 where there is none. Shape (question tokens,)."""
    return met.found[1] if len(met.found) > 1 else np.zeros(len(met.asked), np.float32)


def confidence(ranked: Ranked) -> float:
    """Return the estimated probability, 0 to 1, that the best passage answers the question."""
    if not len(ranked.rows):
        return 0.0
    logit = load().logit(gather(ranked))
    return float(1 / (1 + np.exp(-np.clip(logit, -50, 50))))
