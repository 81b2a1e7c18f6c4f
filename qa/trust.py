"""How far the best passages can be trusted: what puts them in order, and the probability that the first one answers.

A small network looks at each token of the question: how much it weighs, how rare it is, how telling, how far a passage
meets it, and how far the others do. What it makes of them is added up by weight, and judged together with the passage's
scores. It says of each of the best passages how likely it answers, which orders them. A question of a few words tells
it too little, and so do one that the built-in model cannot read and the passages of another model: there the order of
the sums stays, and a logistic regression on the scores says how far the first passage is to be trusted.
`python -m tests.benchmarks.trust --fit` fitted the weights on half of the questions of XQuAD, TyDi QA, KazQAD and
ParsiNLU. They are shifted such that a confidence of 0.5 refuses 5 % (same language, words alone) and 15 % (other
language) of the answerable ones of XQuAD in the other half.
"""

import functools
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.errors import ModelError
from embeddings.parts import Scores
from qa.ranked import UNSHARED, Ranked

CONFIDENT = 0.5  # below it the answer is "not found"
BEST = 20  # how many passages, the best by their sums, are judged
NEXT = 5  # how many of the others each one's sum is compared with
UNRELATED = 0.2  # the sum of a passage about something else, for those that a small folder lacks
UNRELATED_WORDS = 0.08  # the same where words alone score
STEEP = 10.0  # how much a step in the sums changes the logarithm of the odds, on the whole
SAY = 0.75  # how much say the network has in the order; the sums keep the rest, since each errs in its own way
# Of words that weigh the same: up to the first number the sums decide, from the second on the network.
FEW, MANY = 3.0, 4.0
MET = (0.3, 0.7)  # what a token needs to be met at all, and to be met well
RAREST = 7.0  # above it, in folders of more than a thousand passages, a token is as rare as can be
WEIGHTS = Path(__file__).with_suffix(".safetensors")

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What distinguishes a right passage from the nearest misses, for each of the best passages."""

    tokens: Numbers  # (tokens, 4) of the question: weight, rarity, length, how far the passages meet it on the mean
    met: Numbers  # (passages, tokens, 2) how far this passage meets it, and how far the best of the others does
    passages: Numbers  # (passages, 6) sum, lead, what it lacks of all that passages tell, words, size, 1 if foreign
    fluency: float  # how well the model reads the question

    @property
    def words(self) -> float:
        """Return how many words carry the question, were each as heavy as the others."""
        return 1 / float(np.square(self.tokens[:, 0]).sum()) if len(self.tokens) else 0.0

    @property
    def say(self) -> float:
        """Return how much say the network has, 0 to 1, for a question that the model reads."""
        return min(max((self.words - FEW) / (MANY - FEW), 0.0), 1.0)

    def simple(self) -> Numbers:
        """Return what the regressions look at: scores, and the shares not met at all, not met well. (passages, 6)."""
        unmet = [(self.met[:, :, 0] < needed) @ self.tokens[:, 0] for needed in MET]
        return np.column_stack([self.passages[:, :4], *unmet]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Weights:
    """What makes logits of evidence; the last row of each matrix, or number of each vector, is the constant."""

    token: Numbers  # (7, hidden)
    passage: Numbers  # (hidden + 7, hidden)
    output: Numbers  # (hidden + 1,)
    shift: Numbers  # (2,) of the network: for a passage in the question's language, in another
    regressions: Numbers  # (3, 7) the same two, and one for questions that the model cannot read

    def scores(self, evidence: Evidence) -> Scores:
        """Return what to order the passages by: their sums, mixed with what the network says. Shape (passages,)."""
        sums = evidence.passages[:, 0]
        say = SAY * evidence.fluency * evidence.say
        if not say:
            return sums
        judged = self.judge(evidence)
        return np.asarray(sums + say * ((judged - judged.mean()) / STEEP - (sums - sums.mean())), np.float32)

    def logit(self, evidence: Evidence, place: int) -> float:
        """Return the logarithm of the odds that the passage at `place` answers the question."""
        foreign = int(evidence.passages[place, -1])
        simple = self.regressions[:, :-1] @ evidence.simple()[place] + self.regressions[:, -1]  # (3,)
        judged = self.judge(evidence)[place] + self.shift[foreign] if evidence.say else 0.0
        read = evidence.say * judged + (1 - evidence.say) * simple[foreign]
        return float(evidence.fluency * read + (1 - evidence.fluency) * simple[-1])

    def judge(self, evidence: Evidence) -> Numbers:
        """Return what the network says of each passage, before it is shifted. Shape (passages,)."""
        tokens, met, passages = (  # in double precision, so that what is equal is judged to be equal
            array.astype(np.float64) for array in (evidence.tokens, evidence.met, evidence.passages)
        )
        asked = tokens @ self.token[:4] + self.token[-1]  # (tokens, hidden)
        each = np.maximum(asked + met @ self.token[4:-1], 0)  # (passages, tokens, hidden)
        question = np.tensordot(each, tokens[:, 0], axes=(1, 0))  # (passages, hidden)
        hidden = np.maximum(np.hstack([question, passages]) @ self.passage[:-1] + self.passage[-1], 0)
        return np.asarray(hidden @ self.output[:-1] + self.output[-1], np.float32)


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
    """Return the evidence for the passages that come first, at most BEST of them."""
    found = ranked.met.found[:BEST]  # (passages, tokens)
    foreign, sums = ranked.foreign[:BEST], ranked.sums[:BEST]
    unrelated = UNRELATED + UNSHARED * foreign  # (passages,)
    unrelated = ranked.fluency * unrelated + (1 - ranked.fluency) * UNRELATED_WORDS
    lacks = ranked.reach - ranked.semantic[:BEST]
    leads, sizes = _leads(sums, unrelated), np.log1p(ranked.met.sizes[:BEST])
    passages = np.column_stack([sums, leads, lacks, ranked.lexical[:BEST], sizes, foreign])
    mean = found.mean(axis=0) if len(found) else np.zeros(found.shape[1])
    tokens = np.column_stack([np.minimum(ranked.met.asked, (1, RAREST, np.inf)), mean])
    met = np.stack([found, _by_others(found)], axis=2)
    return Evidence(tokens.astype(np.float32), met.astype(np.float32), passages.astype(np.float32), ranked.fluency)


def _leads(sums: Scores, unrelated: Scores) -> Scores:
    """Return how far each sum lies above the mean of the NEXT best others, unrelated ones where there are too few."""
    best = np.sort(sums)[::-1][: NEXT + 1]
    rivals = np.where(sums >= best[-1], best.sum() - sums, best[:NEXT].sum()) if len(sums) else sums
    lacking = max(NEXT + 1 - len(sums), 0)
    return np.asarray(sums - (rivals + lacking * unrelated) / NEXT, np.float32)


def _by_others(found: Numbers) -> Numbers:
    """Return how far the best of the other passages meets each token, 0 where there is none. Shape as given."""
    best, second = np.sort(np.vstack([found, np.zeros((2, found.shape[1]))]), axis=0)[:-3:-1]
    return np.asarray(np.where(found == best, second, best), np.float32)


def judge(ranked: Ranked) -> Ranked:
    """Return the ranking with its best passages in the order that the network puts them in; the others stay below."""
    if not len(ranked.rows):
        return ranked
    scores = load().scores(gather(ranked))  # (passages,)
    scores = np.append(scores, np.minimum(ranked.scores[len(scores) :], scores.min()))  # (candidates,)
    return replace(ranked, scores=scores).take(np.argsort(-scores, kind="stable"))


def confidence(ranked: Ranked) -> float:
    """Return the estimated probability, 0 to 1, that the best passage answers the question."""
    if not len(ranked.rows):
        return 0.0
    logit = load().logit(gather(ranked), 0)
    return float(1 / (1 + np.exp(-np.clip(logit, -50, 50))))
