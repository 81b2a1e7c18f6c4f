"""From words to hashed terms, many of which other forms of the word share.

The terms of a word are the word itself and the 4-grams of `_word_`, whose boundary marks tell a prefix from an ending.
Short words have them too; otherwise long words would count several times and short ones once. Numbers have none: 800
and 8000 share digits, and nothing else. Chinese and Japanese, which put no spaces between words, also have the pairs of
their letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.ragged import Ints, within

Hashes = npt.NDArray[np.uint64]

GRAM = 4
PAIR = 2
UNSPACED = 0x2E80  # code point from which scripts put no spaces between words: Han, Hiragana, Katakana
_BOUNDARY = "_"
_WORD_SEED = 1  # different from the sizes of grams, which are their seeds
_STEP = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: 2**64 over the golden ratio


@dataclass(frozen=True, slots=True)
class Terms:
    """Hashes of the terms of several texts, end to end: those of text i are `hashes[starts[i]:starts[i + 1]]`."""

    hashes: Hashes  # (terms,)
    starts: Ints  # (texts + 1,)


def terms_of(words: Sequence[str]) -> Terms:
    """Return the terms of each word: the word itself, its 4-grams, and the pairs of its Chinese or Japanese letters."""
    codes, starts = _codes([_BOUNDARY + word + _BOUNDARY for word in words])
    spelled = ~np.array([word.isdecimal() for word in words], bool)  # (words,) in letters
    grams, gram_owners = _windows(starts, GRAM)  # (grams,), (grams,)
    grams, gram_owners = grams[spelled[gram_owners]], gram_owners[spelled[gram_owners]]
    pairs, pair_owners = _windows(starts, PAIR)  # (pairs,), (pairs,)
    unspaced = (codes[pairs] >= UNSPACED) & (codes[pairs + 1] >= UNSPACED)  # (pairs,)
    hashes = [
        _hash_words(codes, starts),
        _hash_windows(codes, grams, GRAM),
        _hash_windows(codes, pairs[unspaced], PAIR),
    ]
    owners = np.concatenate([np.arange(len(words)), gram_owners, pair_owners[unspaced]])  # (terms,)
    order = np.argsort(owners, kind="stable")  # they were hashed kind by kind, and are returned word by word
    bounds = np.cumsum(np.bincount(owners, minlength=len(words)))  # (words,)
    return Terms(np.concatenate(hashes)[order], np.concatenate([[0], bounds]).astype(np.int64))


def _windows(starts: Ints, size: int) -> tuple[Ints, Ints]:
    """Return where each run of `size` characters within a word begins, and the number of that word."""
    counts = np.maximum(np.diff(starts) - size + 1, 0)  # (words,)
    return np.repeat(starts[:-1], counts) + within(counts), np.repeat(np.arange(len(counts)), counts)


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
    """Hash each word as the sum of its characters, each mixed with its position, in one pass over all words."""
    places = within(np.diff(starts)).astype(np.uint64)  # (characters,)
    mixed = _mix(_mix(np.full(len(codes), _WORD_SEED, np.uint64), codes), places)
    return np.add.reduceat(mixed, starts[:-1]) if len(starts) > 1 else mixed[:0]


def _mix(hashes: Hashes, values: npt.NDArray[np.uint32] | Hashes) -> Hashes:
    mixed = (hashes ^ values.astype(np.uint64)) * _STEP
    return mixed ^ (mixed >> np.uint64(29))
