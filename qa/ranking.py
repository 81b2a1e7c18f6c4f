"""Rank passages for a question: two legs propose candidates, four scores of each are added up.

Word matches (BM25 over words and 4-grams) and passage vectors each propose some; only these are compared by their best
sentence and by late interaction. Scores, not ranks, are added: a question in another language than the passage
shares few words with it, its lexical score is near 0 everywhere, and the vectors decide by themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from embeddings.encoder import Encoder
from embeddings.interaction import LateInteraction
from embeddings.lexical import LexicalIndex
from embeddings.stores import Rows, Scores, VectorStore
from embeddings.text import fold

CANDIDATES = 200  # of each leg
# What each score counts; the last two only with the built-in model.
LEXICAL, VECTOR, SENTENCE, INTERACTION = 1.0, 0.15, 0.15, 0.6


@dataclass(frozen=True, slots=True)
class Index:
    """Everything a question is ranked against; row i is the same passage in each part."""

    encoder: Encoder
    store: VectorStore
    lexical: LexicalIndex
    interaction: LateInteraction | None  # with the built-in model only


@dataclass(frozen=True, slots=True)
class Ranked:
    """Passages for a question, best first, with the scores that put them there; each has shape (candidates,)."""

    rows: Rows
    scores: Scores
    lexical: Scores
    semantic: Scores  # late interaction where there is one, else the similarity of the vectors
    best_sentences: Rows  # the sentence of each that is nearest to the question, -1 where that was not compared
    reach: float  # the semantic score of a passage that held all that the passages hold together


def rank(index: Index, question: str) -> Ranked:
    """Return all candidate passages for `question`, best first; equal scores keep the order of the passages."""
    vector = index.encoder.encode_questions([question])[0]  # (dim,)
    lexical = index.lexical.scores(fold(question))  # (passages,)
    near, _ = index.store.search(vector, CANDIDATES)
    rows = np.union1d(near, _best(lexical, CANDIDATES))  # (candidates,)
    cosine = index.store.similarities(vector, rows)  # (candidates,)
    scores = LEXICAL * lexical[rows] + VECTOR * cosine  # (candidates,)
    semantic, best_sentences, reach = cosine, np.full(len(rows), -1), float(cosine.max(initial=0.0))
    if index.interaction is not None:
        compared = index.interaction.compare(question, rows)
        semantic = np.asarray((compared.passage + compared.sentence) / 2, np.float32)
        scores = scores + SENTENCE * compared.cosine + INTERACTION * semantic
        best_sentences, reach = _argmax(compared.by_sentence, compared.starts), compared.reach
    order = np.argsort(-scores, kind="stable")
    return Ranked(
        rows[order],
        scores[order].astype(np.float32),
        lexical[rows[order]],
        semantic[order],
        best_sentences[order],
        reach,
    )


def _best(scores: Scores, k: int) -> npt.NDArray[np.int64]:
    """Return the rows of the `k` highest scores above 0, in no order."""
    if k < len(scores):
        rows = np.argpartition(-scores, k)[:k]
        return rows[scores[rows] > 0]
    return np.flatnonzero(scores > 0)


def _argmax(values: Scores, starts: Rows) -> npt.NDArray[np.int64]:
    """Return the place of the highest value within each group, -1 in a group of none."""
    places = [int(np.argmax(values[start:end])) if end > start else -1 for start, end in pairwise(starts)]
    return np.array(places, np.int64)


def highlight(index: Index, question: str, sentences: Sequence[str], nearest: int) -> int:
    """Return which of a hit's sentences answers: the one that shares most of the question's words, else the nearest."""
    shares = index.lexical.shares(fold(question), [fold(sentence) for sentence in sentences])
    if nearest < 0:
        vectors = index.encoder.encode_passages(sentences)  # (sentences, dim)
        nearest = int(np.argmax(vectors @ index.encoder.encode_questions([question])[0]))
    best = int(np.argmax(shares))
    return best if shares[best] > shares[nearest] + 0.1 else nearest
