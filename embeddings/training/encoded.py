"""Pairs as numbers: token ids, how often each row is drawn, and which of the teacher's vectors belong to it."""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.pieces import Tokens, WordPieces
from embeddings.training.data import Pairs, read_sources

NOT_TAUGHT = -1
WORDS_SHARE = 0.3  # weight of a row that the teacher judges as words, where running text has 1


@dataclass(frozen=True, slots=True)
class EncodedPairs:
    """One file, ready to be drawn from; `taught` holds rows of the teacher's vectors, or NOT_TAUGHT."""

    pairs: Pairs
    left: Tokens
    right: Tokens
    left_keys: NDArray[np.int64]
    right_keys: NDArray[np.int64]
    weights: NDArray[np.float64]
    taught: NDArray[np.int64]  # (n, 2)
    taught_weights: NDArray[np.float64]


def encode_pairs(files: list[Pairs], tokenizer: Tokenizer, work: Path, taught: list[str]) -> list[EncodedPairs]:
    """Encode every file, or load it from the work folder where that was done with this tokenizer and these texts."""
    words = WordPieces(Tokenizer.from_str(tokenizer.to_str()))  # a copy: the model keeps its normalizer
    folder = work / f"pairs-{hashlib.sha256(tokenizer.to_str().encode()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    rows = {text: row for row, text in enumerate(taught)}
    return [_encoded(pairs, words, folder, rows) for pairs in files if pairs.lefts]


def _encoded(pairs: Pairs, words: WordPieces, folder: Path, rows: dict[str, int]) -> EncodedPairs:
    known = read_sources()
    left, right = _sides(pairs, words, folder)
    weights = np.array([known[source].weight for source in pairs.sources])
    taught = np.stack([_taught(pairs, side, rows) for side in (0, 1)], axis=1)
    weights[(np.diff(left.starts) == 0) | (np.diff(right.starts) == 0)] = 0  # rows with nothing but punctuation
    kinds = np.array([WORDS_SHARE if known[source].taught == "words" else 1.0 for source in pairs.sources])
    taught_weights = weights * kinds * (taught != NOT_TAUGHT).all(axis=1)
    return EncodedPairs(pairs, left, right, keys(left), keys(right), weights, taught, taught_weights)


def _taught(pairs: Pairs, side: int, rows: dict[str, int]) -> NDArray[np.int64]:
    """Return the teacher's row for each text: its own, or that of its English translation. Shape (n,)."""
    english = (pairs.lefts, pairs.rights)[side] if pairs.questions else pairs.english()
    if english is None:
        return np.full(len(pairs.lefts), NOT_TAUGHT)
    return np.array([rows.get(text, NOT_TAUGHT) for text in english])


def _sides(pairs: Pairs, words: WordPieces, folder: Path) -> tuple[Tokens, Tokens]:
    digest = hashlib.sha256("\n".join(pairs.lefts + pairs.rights).encode()).hexdigest()[:16]
    path = folder / f"{pairs.name}-{digest}.npz"
    if not path.exists():
        sys.stderr.write(f"encoding {pairs.name}: {len(pairs.lefts)} pairs\n")
        left, right = words.tokenize(pairs.lefts), words.tokenize(pairs.rights)
        temporary = path.with_suffix(".part.npz")
        np.savez(temporary, left=left.ids, left_starts=left.starts, right=right.ids, right_starts=right.starts)
        temporary.replace(path)
    with np.load(path) as saved:
        return Tokens(saved["left"], saved["left_starts"]), Tokens(saved["right"], saved["right_starts"])


def keys(texts: Tokens) -> NDArray[np.int64]:
    """Return a number for each text, the same for texts with the same tokens. Shape (n,)."""
    numbers = np.random.default_rng(0).integers(-(2**62), 2**62, size=2**16, dtype=np.int64)
    totals = np.concatenate([[0], np.cumsum(numbers[texts.ids])])  # overflow is harmless
    found: NDArray[np.int64] = totals[texts.starts[1:]] - totals[texts.starts[:-1]]  # (n,)
    return found
