"""Late interaction: compare a question with texts token by token, over the token table of the built-in model.

After Khattab and Zaharia, ColBERT (2020): each token of the question takes its most similar token of the text. Here
each one counts by the length of its vector, which training makes large for telling words, and by how few passages hold
a token like it: an inverse document frequency that works across languages. A similarity counts from `NOTHING` on and up
to `ALL`: a translation then counts as much as the word itself, and a chance resemblance not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.parts import Layout, Mask, Rows, Runs, Scores
from embeddings.pieces import Tokens
from embeddings.ragged import gather, starts_of
from embeddings.static import StaticEncoder, Vectors, unit

# Below the first similarity tokens mean different things, above the second the same; in between, partly.
UNLIKE, ALIKE = 0.35, 0.55
NOTHING, ALL = 0.1, 0.7  # how similar a text's token must be to tell something of what a question's token asks for
TABLE = 2**16  # pieces that a token of two bytes can name


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of several passages, end to end: their tokens, and the length of each sentence's summed vector.

    The sentences of passage i are `starts[i]:starts[i + 1]`.
    """

    tokens: Tokens
    norms: Scores  # (sentences,)
    starts: Rows  # (passages + 1,) where each one's sentences begin
    pieces: npt.NDArray[np.uint16]  # (pieces,) the distinct tokens, in order
    holding: npt.NDArray[np.int32]  # (pieces,) how many passages hold each one


def hold(tokens: Tokens, norms: Scores, starts: Rows) -> Sentences:
    """Return the sentences of passages, with their pieces counted."""
    return Sentences(tokens, norms, starts, *_sparse(_count(tokens, starts, np.arange(len(starts) - 1))))


def join_sentences(parts: Sequence[Sentences], kept: Runs) -> Sentences:
    """Return the sentences of the passages that `kept` covers of each part, end to end."""
    starts, spoken = kept.below([part.starts for part in parts])
    token_starts, picked = spoken.below([part.tokens.starts for part in parts])
    tokens = Tokens(picked.pick([part.tokens.ids for part in parts]), token_starts)
    masks = [kept.mask(number, len(part.starts) - 1) for number, part in enumerate(parts)]
    pieces = _sparse(_holding(parts, masks))
    return Sentences(tokens, spoken.pick([part.norms for part in parts]), starts, *pieces)


def _sparse(counts: Rows) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int32]]:
    pieces = np.flatnonzero(counts)
    return pieces.astype(np.uint16), counts[pieces].astype(np.int32)


def _holding(parts: Sequence[Sentences], alive: Sequence[Mask | None]) -> Rows:
    """Return how many live passages (None means all of a part) hold each piece. Shape (table,)."""
    counts = np.zeros(TABLE, np.int64)
    for part, mask in zip(parts, alive, strict=True):
        counts[part.pieces] += part.holding
        if mask is not None:
            counts -= _count(part.tokens, part.starts, np.flatnonzero(~mask))
    return counts


def _count(tokens: Tokens, starts: Rows, passages: Rows) -> Rows:
    """Return how many of the passages hold each piece. Shape (table,)."""
    sentences, bounds = gather(starts, passages)
    picked, token_starts = gather(tokens.starts, sentences)
    holders = np.repeat(np.arange(len(passages)), np.diff(token_starts[bounds]))  # (tokens,)
    pairs = np.unique(holders * TABLE + tokens.ids[picked])  # each piece once per passage
    return np.bincount(pairs % TABLE, minlength=TABLE)


@dataclass(frozen=True, slots=True)
class Met:
    """How far each token of a question is met by each of several passages."""

    asked: Scores  # (question tokens, 3) its weight among them, how rare it is, the length of its vector
    found: Scores  # (candidates, question tokens) how far the passage meets it, 0 to 1
    sizes: Rows  # (candidates,) the tokens of the passage

    @classmethod
    def of_none(cls, candidates: int) -> "Met":
        """Return what is known where no token was compared."""
        return cls(np.empty((0, 3), np.float32), np.empty((candidates, 0), np.float32), np.zeros(candidates, np.int64))

    def take(self, candidates: Rows) -> "Met":
        """Return what is known of some of the candidates, in their order."""
        return Met(self.asked, self.found[candidates], self.sizes[candidates])


@dataclass(frozen=True, slots=True)
class Compared:
    """How a question compares with candidate passages and with each of their sentences, passage after passage."""

    passage: Scores  # (candidates,) late interaction with the whole passage
    sentence: Scores  # (candidates,) late interaction with its best sentence
    cosine: Scores  # (candidates,) similarity of the vectors of question and nearest sentence
    met: Met
    by_sentence: Scores  # (sentences,) late interaction plus similarity
    fluency: float  # how well the model reads the question, 0 to 1
    reach: float  # late interaction with all candidates at once: the most that one holding everything would reach
    starts: Rows  # (candidates + 1,) where each candidate's sentences begin


class LateInteraction:
    """Compares a question with the tokens of passages, through a table of similarities made once per question."""

    def __init__(self, encoder: StaticEncoder, parts: Sequence[Sentences], layout: Layout) -> None:
        """Compare the passages of `layout`; comparisons name them by their rows there."""
        self._encoder, self._parts, self._layout = encoder, parts, layout
        self._df = _holding(parts, layout.alive()).astype(np.float32)  # (table,) passages that hold each piece

    @classmethod
    def of(cls, encoder: StaticEncoder, sentences: Sentences) -> "LateInteraction":
        """Compare the passages of one part, in their order."""
        return cls(encoder, [sentences], Layout.whole(len(sentences.starts) - 1))

    def compare(self, question: str, candidates: Rows) -> Compared:
        """Compare a question with the passages at rows `candidates`; only the question is encoded."""
        asked = self._encoder.table[self._encoder.tokenize([question]).ids].astype(np.float32)  # (question tokens, dim)
        tokens, norms, starts = self._pick(candidates)
        if not len(asked) or not len(tokens.ids):
            none = np.zeros(len(candidates), np.float32)
            met = Met.of_none(len(candidates))
            return Compared(none, none, none, met, np.zeros(len(norms), np.float32), 0.0, 0.0, starts)
        pieces, places = _distinct(tokens.ids)  # (pieces,), (tokens,)
        units, lengths = self._encoder.units(pieces)  # (pieces, dim), (pieces,)
        similar = unit(asked) @ units.T  # (question tokens, pieces)
        telling = np.linalg.norm(asked, axis=1)  # (question tokens,)
        rarity = self._rarity(similar, self._df[pieces])  # (question tokens,)
        weights = _shares(telling * rarity)  # (question tokens,)
        told = _between(similar, NOTHING, ALL)  # (question tokens, pieces)
        best = _reduce(np.maximum, told[:, places], tokens.starts, 0.0)  # (question tokens, sentences)
        products = _mean_weights(asked) @ similar * lengths  # (pieces,)
        sums = _reduce(np.add, products[places][None], tokens.starts, 0.0)[0]  # (sentences,)
        cosines = np.asarray(sums / np.maximum(norms, 1e-12), np.float32)  # (sentences,)
        by_sentence = weights @ best  # (sentences,)
        whole = _reduce(np.maximum, best, starts, 0.0)  # (question tokens, candidates)
        return Compared(
            weights @ whole,
            _reduce(np.maximum, by_sentence[None], starts, 0.0)[0],
            _reduce(np.maximum, cosines[None], starts, -1.0)[0],
            Met(np.stack([weights, rarity, telling], axis=1), whole.T, np.diff(tokens.starts[starts])),
            by_sentence + cosines,
            self._encoder.fluency(question),
            float(weights @ told.max(axis=1)),
            starts,
        )

    def _pick(self, candidates: Rows) -> tuple[Tokens, Scores, Rows]:
        """Return the tokens and norms of the candidates' sentences, and where the sentences of each candidate begin."""
        ids, sizes, norms, counts = [np.empty(0, np.uint16)], [np.empty(0, np.int64)], [np.empty(0, np.float32)], []
        parts, inner = self._layout.locate(candidates)
        for part, row in zip(parts.tolist(), inner.tolist(), strict=True):
            held = self._parts[part]
            first, last = held.starts[row : row + 2].tolist()
            starts = held.tokens.starts[first : last + 1]  # (sentences + 1,)
            ids.append(held.tokens.ids[starts[0] : starts[-1]])
            sizes.append(np.diff(starts))
            norms.append(held.norms[first:last])
            counts.append(last - first)
        tokens = Tokens(np.concatenate(ids), starts_of(np.concatenate(sizes)))
        return tokens, np.concatenate(norms), starts_of(counts)

    def _rarity(self, similar: Vectors, df: Scores) -> Scores:
        """Return the inverse document frequency of tokens like each of the question's.

        Only pieces of the candidates are looked at: a passage that holds a token like one of the question's is among
        them, unless that token is common, and then it weighs little anyway.
        """
        count = len(self._layout)
        alike = _between(similar, UNLIKE, ALIKE)  # (question tokens, pieces)
        holding = np.minimum(alike @ df, count)  # (question tokens,) passages with a token like it
        return np.asarray(np.log1p((count - holding + 0.5) / (holding + 0.5)), np.float32)


def _shares(weights: Scores) -> Scores:
    """Return what each weight is of their sum."""
    return np.asarray(weights / max(float(weights.sum()), 1e-12), np.float32)


def _between(similar: Vectors, low: float, high: float) -> Vectors:
    """Return how far each similarity lies on the way from `low` to `high`, 0 to 1. Shape as given."""
    return np.asarray(np.clip((similar - np.float32(low)) / np.float32(high - low), 0, 1), np.float32)


def _mean_weights(asked: Vectors) -> Scores:
    """Return the weight of each question token's unit vector in the unit vector of the whole question."""
    total = max(float(np.linalg.norm(asked.sum(axis=0))), 1e-12)
    return np.asarray(np.linalg.norm(asked, axis=1) / total, np.float32)


def _distinct(ids: npt.NDArray[np.uint16]) -> tuple[Rows, npt.NDArray[np.int32]]:
    """Return the distinct pieces, in order, and each token's place among them, without sorting."""
    seen = np.zeros(TABLE, bool)
    seen[ids] = True
    distinct = np.flatnonzero(seen)
    places = np.empty(TABLE, np.int32)
    places[distinct] = np.arange(len(distinct), dtype=np.int32)
    return distinct, places[ids]


def _reduce(operation: np.ufunc, values: Vectors, starts: Rows, empty: float) -> Vectors:
    """Reduce the columns of each group to one; an empty group gives `empty`. Shape (rows, groups)."""
    reduced = np.full((len(values), len(starts) - 1), empty, np.float32)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled):
        reduced[:, filled] = operation.reduceat(values, starts[filled], axis=1)
    return reduced
