"""Texts to word pieces: folded, split into words, and each distinct word tokenized once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embeddings.ragged import Ints, starts_of
from embeddings.text import fold

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Tokens:
    """The word pieces of several texts, end to end: those of text i are `ids[starts[i]:starts[i + 1]]`."""

    ids: npt.NDArray[np.uint16]  # (tokens,)
    starts: Ints  # (texts + 1,)


class WordPieces:
    """A tokenizer that folds texts itself, and remembers the pieces of every word it has seen."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        # Folding here follows the rules of the tokenizer's normalizer, but is faster; a test compares the two.
        tokenizer.normalizer = None
        self._tokenizer = tokenizer
        self._words: dict[str, list[int]] = {}

    def tokenize(self, texts: Iterable[str]) -> Tokens:
        """Return the pieces of the words of each text, in order."""
        split = [fold(text).split() for text in texts]
        fresh = list({word for words in split for word in words if word not in self._words})
        encodings = self._tokenizer.encode_batch_fast(fresh, add_special_tokens=False)
        self._words.update((word, encoding.ids) for word, encoding in zip(fresh, encodings, strict=True))
        pieces = self._words
        ids = [[piece for word in words for piece in pieces[word]] for words in split]
        starts = starts_of([len(found) for found in ids])
        return Tokens(np.array([piece for found in ids for piece in found], np.uint16), starts)

    def letters(self, piece: int) -> str:
        """Return the letters of a piece, without the mark of a word's beginning."""
        return (self._tokenizer.id_to_token(piece) or "").lstrip("▁")
