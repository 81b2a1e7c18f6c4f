"""The built-in model: a table with one vector per word piece; a text's vector is the mean of its pieces' vectors.

Only numpy and tokenizers are needed, so a process can answer a fraction of a second after it starts. The same folder
loads in sentence-transformers and gives the same vectors.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embeddings.errors import ModelError
from embeddings.pieces import Tokens, WordPieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

BUILT_IN = "built-in"
LETTERS, FLUENT = 1.4, 2.0  # mean letters per piece in languages that the model only spells, and that it reads
MODEL = Path(__file__).parent / "model"


class StaticEncoder:
    """An `Encoder` over a token table with mean pooling, which also gives late interaction its token vectors."""

    def __init__(self, tokenizer: "Tokenizer", table: npt.NDArray[np.float16], fingerprint: str) -> None:
        self._pieces = WordPieces(tokenizer)
        self.table = table  # (pieces, dim)
        self._units = np.empty(table.shape, np.float32)  # (pieces, dim), filled in on demand
        self._lengths = np.full(len(table), np.nan, np.float32)  # (pieces,)
        self.name = BUILT_IN
        self.fingerprint = fingerprint
        self.dim = int(table.shape[1])

    @classmethod
    def load(cls, folder: Path = MODEL) -> "StaticEncoder":
        """Read the model from its folder; raise ModelError where a file is missing or damaged."""
        from safetensors import SafetensorError
        from safetensors.numpy import load
        from tokenizers import Tokenizer

        try:
            weights, rules = (folder / "model.safetensors").read_bytes(), (folder / "tokenizer.json").read_bytes()
            table = load(weights)["embedding.weight"]
            tokenizer = Tokenizer.from_buffer(rules)
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ModelError(f"The built-in model in {folder} is damaged: install Sanad again ({error}).") from error
        return cls(tokenizer, table, hashlib.sha256(rules + weights).hexdigest())

    def tokenize(self, texts: Iterable[str]) -> Tokens:
        """Return the pieces of the words of each text, in order."""
        return self._pieces.tokenize(texts)

    def fluency(self, text: str) -> float:
        """Return how well the model reads a text: 1 in a language it knows, 0 where it only sees single letters.

        The length of the pieces tells: 2 to 4 letters each in the languages it was trained on, less in others. Numbers
        alone have no meaning that it could read, however alike their digits are.
        """
        if not any(map(str.isalpha, text)):
            return 0.0
        ids = self.tokenize([text]).ids.tolist()
        known = [piece for piece in ids if self.table[piece].any()]  # the piece for everything unknown is a zero vector
        letters = sum(len(self._pieces.letters(piece)) for piece in known)
        return min(max((letters / max(len(ids), 1) - LETTERS) / (FLUENT - LETTERS), 0.0), 1.0)

    def units(self, pieces: npt.NDArray[np.integer]) -> tuple[Vectors, npt.NDArray[np.float32]]:
        """Return the unit vectors of pieces, and their lengths in the table. Shapes (pieces, dim), (pieces,)."""
        fresh = pieces[np.isnan(self._lengths[pieces])]
        if len(fresh):
            rows = self.table[fresh].astype(np.float32)  # (fresh, dim)
            self._units[fresh] = unit(rows)
            # Written last, since another thread may read it as the sign that the unit is there.
            self._lengths[fresh] = np.linalg.norm(rows, axis=1)  # (fresh,)
        return self._units[pieces], self._lengths[pieces]

    def pool(self, tokens: Tokens) -> Vectors:
        """Return the sum of the token vectors of each text, zeros where there are none. Shape (texts, dim)."""
        pieces, places = np.unique(tokens.ids, return_inverse=True)  # (pieces,), (tokens,)
        rows = self.table[pieces].astype(np.float32)  # (pieces, dim)
        sums = np.zeros((len(tokens.starts) - 1, self.dim), np.float32)  # (texts, dim)
        for text, (start, end) in enumerate(pairwise(tokens.starts.tolist())):
            sums[text] = rows[places[start:end]].sum(axis=0)
        return sums

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages. Shape (n, dim)."""
        sums = self.pool(self.tokenize(texts))  # (n, dim)
        return unit(sums)

    encode_questions = encode_passages


def unit(vectors: Vectors) -> Vectors:
    """Return each row divided by its length; a row of zeros stays. Shape (n, dim)."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)  # (n, 1)
    return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)
