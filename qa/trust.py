"""How far the best passage can be trusted: a probability from its scores and from what of the question it meets.

A small network looks at each token of the question: how much it weighs, how rare it is, how telling, how far the best
passage meets it, and how far the next one does. What it makes of them is added up by weight, and judged together with
the passage's scores. A question of a few words tells it too little, and so do one that the built-in model cannot read
and the passages of another model: there a logistic regression on the scores has to do.
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
# Of words that weigh the same: up to the first number a regression decides, from the second on the network.
FEW, MANY = 3.0, 4.0
MET = (0.3, 0.7)  # what a token needs to be met at all, and to be met well
RAREST = 7.0  # above it, in folders of more than a thousand passages, a token is as rare as can be
WEIGHTS = Path(__file__).with_suffix(".safetensors")

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What distinguishes a right passage from the nearest miss."""

    tokens: Numbers  # (question tokens, 5) weight, rarity, length, how far this passage meets it, how far the next one
    passage: Numbers  # (6,) score, lead, what it lacks of all that passages tell, score of words, size, 1 if foreign
    fluency: float  # how well the model reads the question

    @property
    def words(self) -> float:
        """Return how many words carry the question, were each as heavy as the others."""
        return 1 / float(np.square(self.tokens[:, 0]).sum()) if len(self.tokens) else 0.0

    def scores(self) -> Numbers:
        """Return what the regressions look at: scores, and the shares not met at all, not met well. Shape (6,)."""
        unmet = [self.tokens[:, 0] @ (self.tokens[:, 3] < needed) for needed in MET]
        return np.append(self.passage[:4], unmet).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Weights:
    """What makes a logit of evidence; the last row of each matrix, or number of each vector, is the constant."""

    token: Numbers  # (6, hidden)
    passage: Numbers  # (hidden + 7, hidden)
    output: Numbers  # (hidden + 1,)
    shift: Numbers  # (2,) of the network: for a passage in the question's language, in another
    regressions: Numbers  # (3, 7) the same two, and one for questions that the model cannot read

    def logit(self, evidence: Evidence) -> float:
        """Return the logarithm of the odds that the passage answers the question."""
        foreign = int(evidence.passage[-1])
        simple = self.regressions[:, :-1] @ evidence.scores() + self.regressions[:, -1]  # (3,)
        share = min(max((evidence.words - FEW) / (MANY - FEW), 0.0), 1.0)
        judged = self.judge(evidence) + self.shift[foreign] if share else 0.0
        read = share * judged + (1 - share) * simple[foreign]
        return float(evidence.fluency * read + (1 - evidence.fluency) * simple[-1])

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
    passage = [ranked.scores[0], ahead, lacks, ranked.lexical[0], np.log1p(met.sizes[0]), ranked.foreign[0]]
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
