"""Late interaction: compare a question with texts token by token, over the token table of the built-in model.

After Khattab and Zaharia, ColBERT (2020): each token of the question takes its most similar token of the text. Here
each counts by the length of its vector, which training makes large for rare words and small for common ones.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.static import StaticEncoder, Tokens, Vectors, unit

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of several passages, end to end: their tokens, and the length of each sentence's summed vector.

    Sentences of passage i are `owners[i]:owners[i + 1]`.
    """

    tokens: Tokens
    norms: Scores  # (sentences,)
    owners: Rows  # (passages + 1,)


@dataclass(frozen=True, slots=True)
class Compared:
    """How a question compares with candidate passages and with each of their sentences, passage after passage."""

    interaction: Scores  # (candidates,) late interaction with the whole passage
    sentence: Scores  # (candidates,) cosine with the best sentence
    by_sentence: Scores  # (sentences,) late interaction plus cosine
    starts: Rows  # (candidates + 1,) where each candidate's sentences begin


def compare(encoder: StaticEncoder, question: str, sentences: Sentences, candidates: Rows) -> Compared:
    """Compare a question with the passages at rows `candidates`, by table look-up: nothing is encoded but it."""
    asked = encoder.table[encoder.tokenize([question]).ids].astype(np.float32)  # (question tokens, dim)
    picked, starts = _gather(sentences.owners, candidates)  # (sentences,), (candidates + 1,)
    tokens, token_starts = _gather(sentences.tokens.starts, picked)  # (tokens,), (sentences + 1,)
    if not len(asked) or not len(tokens):
        none = np.zeros(len(candidates), np.float32)
        return Compared(none, none, np.zeros(len(picked), np.float32), starts)
    pieces, places = np.unique(sentences.tokens.ids[tokens], return_inverse=True)  # (pieces,), (tokens,)
    rows = encoder.table[pieces].astype(np.float32)  # (pieces, dim)
    weights = np.linalg.norm(asked, axis=1)  # (question tokens,)
    weights /= max(float(weights.sum()), 1e-12)
    similar = unit(asked) @ unit(rows).T  # (question tokens, pieces)
    best = _reduce(np.maximum, similar[:, places], token_starts, -1.0)  # (question tokens, sentences)
    mean = unit(asked.sum(axis=0, keepdims=True))[0]  # (dim,)
    summed = _reduce(np.add, (rows @ mean)[places][None], token_starts, 0.0)[0]  # (sentences,)
    cosines = np.asarray(summed / np.maximum(sentences.norms[picked], 1e-12), np.float32)  # (sentences,)
    return Compared(
        np.asarray(weights @ _reduce(np.maximum, best, starts, -1.0), np.float32),
        _reduce(np.maximum, cosines[None], starts, -1.0)[0],
        np.asarray(weights @ best + cosines, np.float32),
        starts,
    )


def _gather(starts: Rows, groups: Rows) -> tuple[Rows, Rows]:
    """Return the members of the chosen groups end to end, and where each group begins among them."""
    sizes = starts[groups + 1] - starts[groups]  # (groups,)
    bounds = np.concatenate([[0], np.cumsum(sizes)])  # (groups + 1,)
    return np.repeat(starts[groups] - bounds[:-1], sizes) + np.arange(bounds[-1]), bounds


def _reduce(operation: np.ufunc, values: Vectors, starts: Rows, empty: float) -> Vectors:
    """Reduce the columns of each group to one; a group of none gives `empty`. Shape (rows, groups)."""
    reduced = np.full((len(values), len(starts) - 1), empty, np.float32)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled):
        reduced[:, filled] = operation.reduceat(values, starts[filled], axis=1)
    return reduced
