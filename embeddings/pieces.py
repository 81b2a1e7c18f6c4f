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

MOST_WORDS = 2**18  # remembered, in about 100 MB; with more it starts afresh


@dataclass(frozen=True, slots=True)
class Tokens:
    """The word pieces of several texts, end to end: those of text i are `ids[starts[i]:starts[i + 1]]`."""

    ids: npt.NDArray[np.uint16]  # (tokens,)
    starts: Ints  # (texts + 1,)


class WordPieces:
    """A tokenizer that folds texts itself, and remembers the pieces of the words it has seen."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        # Folding here follows the rules of the tokenizer's normalizer, but is faster; a test compares the two.
        tokenizer.normalizer = None
        self._tokenizer = tokenizer
        self._words: dict[str, list[int]] = {}

    def tokenize(self, texts: Iterable[str]) -> Tokens:
        """Return the pieces of the words of each text, in order."""
        if len(self._words) > MOST_WORDS:
            self._words = {}  # never cleared, since another thread may be looking words up in it
        pieces = self._words
        split = [fold(text).split() for text in texts]
        fresh = list({word for words in split for word in words if word not in pieces})
        encodings = self._tokenizer.encode_batch_fast(fresh, add_special_tokens=False)
        pieces.update((word, encoding.ids) for word, encoding in zip(fresh, encodings, strict=True))
        ids = [[piece for word in words for piece in pieces[word]] for words in split]
        starts = starts_of([len(found) for found in ids])
        return Tokens(np.array([piece for found in ids for piece in found], np.uint16), starts)

    def letters(self, piece: int) -> str:
        """Return the letters of a piece, without the mark of a word's beginning."""
        return (self._tokenizer.id_to_token(piece) or "").lstrip("▁")
