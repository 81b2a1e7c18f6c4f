"""BM25 over folded words and the character 4-grams of each word, in vectorised numpy.

A passage's terms are its words and the 4-grams of each `_word_`, whose boundary marks tell a prefix from an ending.
Short words have them too: without, long words would count several times and short ones once. Chinese and Japanese,
which put no spaces between words, have the pairs of their letters as well. The grams of a word are worked out once per
vocabulary, not once per occurrence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

K1 = 1.2
B = 0.75
GRAM = 4
PAIR = 2
UNSPACED = 0x2E80  # from here on scripts without spaces between words: Han, Hiragana, Katakana
_BOUNDARY = "_"
_WORD_SEED = 1  # other than the sizes of grams, which are their seeds
_STEP = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: 2**64 over the golden ratio


@dataclass(frozen=True, slots=True)
class Terms:
    """Hashes of the terms of several texts, end to end: those of text i are `hashes[starts[i]:starts[i + 1]]`."""

    hashes: Hashes  # (terms,)
    starts: Ints  # (texts + 1,)


def terms_of(words: Sequence[str]) -> Terms:
    """Return the terms of each word: the word itself, its 4-grams, and the pairs of its Chinese or Japanese letters."""
    codes, starts = _codes([_BOUNDARY + word + _BOUNDARY for word in words])
    grams, gram_owners = _windows(starts, GRAM)  # (grams,), (grams,)
    pairs, pair_owners = _windows(starts, PAIR)  # (pairs,), (pairs,)
    unspaced = (codes[pairs] >= UNSPACED) & (codes[pairs + 1] >= UNSPACED)  # (pairs,)
    hashes = [
        _hash_words(codes, starts),
        _hash_windows(codes, grams, GRAM),
        _hash_windows(codes, pairs[unspaced], PAIR),
    ]
    owners = np.concatenate([np.arange(len(words)), gram_owners, pair_owners[unspaced]])  # (terms,)
    order = np.argsort(owners, kind="stable")  # kind after kind they were hashed, word after word they are returned
    bounds = np.cumsum(np.bincount(owners, minlength=len(words)))  # (words,)
    return Terms(np.concatenate(hashes)[order], np.concatenate([[0], bounds]).astype(np.int64))


def _windows(starts: Ints, size: int) -> tuple[Ints, Ints]:
    """Return where each run of `size` characters within a word begins, and the number of that word."""
    counts = np.maximum(np.diff(starts) - size + 1, 0)  # (words,)
    return np.repeat(starts[:-1], counts) + _within(counts), np.repeat(np.arange(len(counts)), counts)


def _hash_windows(codes: npt.NDArray[np.uint32], first: Ints, size: int) -> Hashes:
    hashes = np.full(len(first), size, np.uint64)  # a seed of its own for each size
    for offset in range(size):
        hashes = _mix(hashes, codes[first + offset])
    return hashes


def _codes(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], Ints]:
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)  # (characters,)
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=starts[1:])
    return codes, starts


def _hash_words(codes: npt.NDArray[np.uint32], starts: Ints) -> Hashes:
    """Hash each word as the sum of its characters, each mixed with its place, so that one pass serves all words."""
    places = _within(np.diff(starts)).astype(np.uint64)  # (characters,)
    mixed = _mix(_mix(np.full(len(codes), _WORD_SEED, np.uint64), codes), places)
    return np.add.reduceat(mixed, starts[:-1]) if len(starts) > 1 else mixed[:0]


def _mix(hashes: Hashes, values: npt.NDArray[np.uint32] | Hashes) -> Hashes:
    mixed = (hashes ^ values.astype(np.uint64)) * _STEP
    return mixed ^ (mixed >> np.uint64(29))


def _within(counts: Ints) -> Ints:
    """Return 0, 1, … within each of the groups whose sizes are `counts`."""
    starts = np.cumsum(counts) - counts
    return np.arange(counts.sum()) - np.repeat(starts, counts)


class LexicalIndex:
    """Postings of a fixed list of texts, with each posting's BM25 weight worked out beforehand.

    The weight is that of Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), with the idf of
    Lucene, log(1 + (n - df + 0.5) / (df + 0.5)), which is never negative.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """Index folded texts; scores come back in their order."""
        self._count = len(texts)
        vocabulary: dict[str, int] = {}
        counted = [[vocabulary.setdefault(word, len(vocabulary)) for word in text.split()] for text in texts]
        occurrences = np.array([word for words in counted for word in words], np.int64)  # (words of all texts,)
        owners = np.repeat(np.arange(len(texts)), [len(words) for words in counted])
        terms = terms_of(list(vocabulary))
        self._hashes, ids = np.unique(terms.hashes, return_inverse=True)  # (terms,)
        self._fill(owners, occurrences, Terms(ids.astype(np.uint64), terms.starts))

    def _fill(self, owners: Ints, words: Ints, terms: Terms) -> None:
        sizes = np.diff(terms.starts)[words]  # terms of each occurrence
        flat = np.repeat(terms.starts[words], sizes) + _within(sizes)
        keys = terms.hashes[flat].astype(np.int64) * max(self._count, 1) + np.repeat(owners, sizes)
        lengths = np.bincount(owners, weights=sizes, minlength=self._count)  # (texts,) terms of each text
        postings, frequency = np.unique(keys, return_counts=True)  # sorted by term, then by text
        self._owners = (postings % max(self._count, 1)).astype(np.int32)  # (postings,)
        df = np.bincount(postings // max(self._count, 1), minlength=len(self._hashes))  # (terms,)
        self._starts = np.concatenate([[0], np.cumsum(df)])
        self._idf = _idf(df, self._count)  # (terms,)
        longer = 1 - B + B * lengths[self._owners] / max(float(lengths.mean()), 1.0) if self._count else 1.0
        weights = np.repeat(self._idf, df) * frequency * (K1 + 1) / (frequency + K1 * longer)
        self._weights: Floats = np.asarray(weights, np.float32)  # (postings,)

    def __len__(self) -> int:
        return self._count

    def scores(self, question: str) -> Floats:
        """Return the score of every text for a folded question, each divided by the best a text could reach.

        Scores lie in 0 to 1; terms that no text holds count in the best, so a question in another language than the
        texts scores low everywhere. Shape (texts,).
        """
        places, idf = self._look_up(terms_of(question.split()).hashes)
        found = places[places >= 0]  # (known terms,), repeated as in the question
        if not len(found):
            return np.zeros(self._count, np.float32)
        counts = self._starts[found + 1] - self._starts[found]
        flat = np.repeat(self._starts[found], counts) + _within(counts)
        summed = np.bincount(self._owners[flat], weights=self._weights[flat], minlength=self._count)
        return np.asarray(summed / ((K1 + 1) * idf.sum()), np.float32)

    def shares(self, question: str, texts: Sequence[str]) -> Floats:
        """Return for each folded text the share of the question's terms it holds, rare terms counting more.

        Shares lie in 0 to 1; the texts need not be indexed. Shape (texts,).
        """
        asked = np.unique(terms_of(question.split()).hashes)
        idf = self._look_up(asked)[1]
        held = [np.isin(asked, terms_of(text.split()).hashes) @ idf for text in texts]
        return np.array(held, np.float32) / max(float(idf.sum()), 1e-12)

    def _look_up(self, hashes: Hashes) -> tuple[Ints, npt.NDArray[np.float64]]:
        """Return the row of each term, -1 where no text holds it, and its idf."""
        if not len(self._hashes):
            return np.full(len(hashes), -1), _idf(np.zeros(len(hashes), np.int64), self._count)
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        known = self._hashes[places] == hashes
        idf = np.where(known, self._idf[places], _idf(np.zeros(1, np.int64), self._count))
        return np.where(known, places, -1), idf


def _idf(df: Ints, count: int) -> npt.NDArray[np.float64]:
    return np.log1p((count - df + 0.5) / (df + 0.5))
