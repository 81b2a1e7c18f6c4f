"""Late interaction: compare a question with texts token by token, over the token table of the built-in model.

After Khattab and Zaharia, ColBERT (2020): each token of the question takes its most similar token of the text. Here
each counts by the length of its vector, which training makes large for telling words, and by how few of the passages
hold a token like it: an inverse document frequency that needs no common language.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.static import StaticEncoder, Tokens, Vectors, unit

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

# Below the first similarity a token says something else, above the second the same; between, partly.
UNLIKE, ALIKE = 0.35, 0.55


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

    passage: Scores  # (candidates,) late interaction with the whole passage
    sentence: Scores  # (candidates,) late interaction with its best sentence
    cosine: Scores  # (candidates,) similarity of the vectors of question and nearest sentence
    by_sentence: Scores  # (sentences,) late interaction plus similarity
    fluency: float  # how well the model reads the question, 0 to 1
    reach: float  # late interaction with all candidates at once: what one that held everything would reach
    starts: Rows  # (candidates + 1,) where each candidate's sentences begin


class LateInteraction:
    """The tokens of a fixed list of passages, looked up in a table of similarities made once per question."""

    def __init__(self, encoder: StaticEncoder, sentences: Sentences) -> None:
        """Index passages; comparisons name them by their places in `sentences`."""
        self._encoder = encoder
        self._sentences = sentences
        pieces, places = np.unique(sentences.tokens.ids, return_inverse=True)  # (pieces,), (tokens,)
        rows = encoder.table[pieces].astype(np.float32)  # (pieces, dim)
        self._lengths: Scores = np.linalg.norm(rows, axis=1)  # (pieces,)
        self._units = unit(rows)  # (pieces, dim)
        self._places = places.astype(np.int32)  # (tokens,)
        self._count = len(sentences.owners) - 1
        owners = np.repeat(np.arange(self._count), np.diff(sentences.tokens.starts[sentences.owners]))  # (tokens,)
        pairs = np.unique(places * max(self._count, 1) + owners)  # each piece once per passage
        self._df = np.bincount(pairs // max(self._count, 1), minlength=len(pieces)).astype(np.float32)  # (pieces,)

    def compare(self, question: str, candidates: Rows) -> Compared:
        """Compare a question with the passages at rows `candidates`: nothing is encoded but the question."""
        asked = self._encoder.table[self._encoder.tokenize([question]).ids].astype(np.float32)  # (question tokens, dim)
        picked, starts = _gather(self._sentences.owners, candidates)  # (sentences,), (candidates + 1,)
        tokens, token_starts = _gather(self._sentences.tokens.starts, picked)  # (tokens,), (sentences + 1,)
        if not len(asked) or not len(tokens):
            none = np.zeros(len(candidates), np.float32)
            return Compared(none, none, none, np.zeros(len(picked), np.float32), 0.0, 0.0, starts)
        pieces, places = _distinct(self._places[tokens], len(self._units))  # (pieces,), (tokens,)
        similar = unit(asked) @ self._units[pieces].T  # (question tokens, pieces)
        weights = self._weigh(asked, similar, self._df[pieces])  # (question tokens,)
        best = _reduce(np.maximum, similar[:, places], token_starts, -1.0)  # (question tokens, sentences)
        products = _mean_weights(asked) @ similar * self._lengths[pieces]  # (pieces,)
        sums = _reduce(np.add, products[places][None], token_starts, 0.0)[0]  # (sentences,)
        cosines = np.asarray(sums / np.maximum(self._sentences.norms[picked], 1e-12), np.float32)  # (sentences,)
        by_sentence = weights @ best  # (sentences,)
        return Compared(
            weights @ _reduce(np.maximum, best, starts, -1.0),
            _reduce(np.maximum, by_sentence[None], starts, -1.0)[0],
            _reduce(np.maximum, cosines[None], starts, -1.0)[0],
            by_sentence + cosines,
            self._encoder.fluency(question),
            float(weights @ similar.max(axis=1)),
            starts,
        )

    def _weigh(self, asked: Vectors, similar: Vectors, df: Scores) -> Scores:
        """Return each question token's weight: the length of its vector times the rarity of tokens like it.

        Only pieces of the candidates are looked at: a passage that holds a token like one of the question's is among
        them, or that token is common and weighs little anyway.
        """
        alike = np.clip((similar - UNLIKE) / (ALIKE - UNLIKE), 0, 1)  # (question tokens, pieces)
        holding = np.minimum(alike @ df, self._count)  # (question tokens,) passages with a token like it
        rarity = np.log1p((self._count - holding + 0.5) / (holding + 0.5))  # (question tokens,)
        weights = np.linalg.norm(asked, axis=1) * rarity  # (question tokens,)
        return np.asarray(weights / max(float(weights.sum()), 1e-12), np.float32)


def _mean_weights(asked: Vectors) -> Scores:
    """Return what each question token's unit vector counts in the unit vector of the whole question."""
    total = max(float(np.linalg.norm(asked.sum(axis=0))), 1e-12)
    return np.asarray(np.linalg.norm(asked, axis=1) / total, np.float32)


def _distinct(values: npt.NDArray[np.int32], limit: int) -> tuple[Rows, npt.NDArray[np.int32]]:
    """Return the distinct values below `limit` in order, and the place of each value among them, without sorting."""
    seen = np.zeros(limit, bool)
    seen[values] = True
    distinct = np.flatnonzero(seen)
    places = np.empty(limit, np.int32)
    places[distinct] = np.arange(len(distinct), dtype=np.int32)
    return distinct, places[values]


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
