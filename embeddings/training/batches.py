"""Draw batches of pairs: from which file, which rows, and which of these mean the same."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.pieces import Tokens
from embeddings.ragged import starts_of, within
from embeddings.training.encoded import EncodedPairs

LONGEST = 96  # tokens of a text that training sees
IMPORTANCE = {
    **dict.fromkeys(("ar", "fa", "kk", "ru", "tr", "en"), 1.0),
    **dict.fromkeys(("de", "fr", "es"), 0.4),
    **dict.fromkeys(("az", "uz", "ur"), 0.2),
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Drawn rows of one file."""

    left: Tokens
    right: Tokens
    same: NDArray[np.bool_]  # (n, n), true where two rows share a text
    taught: NDArray[np.int64]  # (n, 2), the row of each side among the teacher's vectors


class Drawer:
    """Draw batches: first a file, by the weight of its rows and languages, then rows, by the weight of their source."""

    def __init__(self, files: list[EncodedPairs], seed: int) -> None:
        self._files = files
        self._random = np.random.default_rng(seed)
        self._rows = [np.cumsum(file.weights) for file in files]
        self._taught = [np.cumsum(file.taught_weights) for file in files]

    def pairs(self, count: int, longest: int = LONGEST) -> Batch:
        """Draw rows from any file; questions come in quarter batches, since their passages are long."""
        file = self._choose(self._rows)
        count = count // 4 if self._files[file].pairs.questions and count > 512 else count
        return self._draw(file, self._rows[file], count, longest)

    def taught(self, count: int, longest: int = LONGEST) -> Batch:
        """Draw rows of which the teacher knows both sides, with English on the right."""
        file = self._choose(self._taught)
        batch = self._draw(file, self._taught[file], count, longest)
        if self._files[file].pairs.right == "en":
            return batch
        return Batch(batch.right, batch.left, batch.same, batch.taught[:, ::-1])

    def toss(self, chance: float) -> bool:
        """Return true with probability `chance`."""
        return bool(self._random.random() < chance)

    def _choose(self, totals: list[NDArray[np.float64]]) -> int:
        chances = np.array([_chance(f, t) for f, t in zip(self._files, totals, strict=True)])
        return int(self._random.choice(len(totals), p=chances / chances.sum()))

    def _draw(self, index: int, totals: NDArray[np.float64], count: int, longest: int) -> Batch:
        file = self._files[index]
        rows = np.searchsorted(totals, self._random.random(count) * totals[-1], side="right")
        same = _equal(file.left_keys[rows]) | _equal(file.right_keys[rows])
        np.fill_diagonal(same, False)
        return Batch(take(file.left, rows, longest), take(file.right, rows, longest), same, file.taught[rows])


def _chance(file: EncodedPairs, totals: NDArray[np.float64]) -> float:
    languages = min(IMPORTANCE[file.pairs.left], IMPORTANCE[file.pairs.right])
    return float(np.sqrt(totals[-1]) * languages * (1.5 if file.pairs.questions else 1.0))


def _equal(keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    equal: NDArray[np.bool_] = keys[:, None] == keys[None, :]
    return equal


def take(texts: Tokens, rows: NDArray[np.int64], longest: int) -> Tokens:
    """Return the chosen texts, each cut to its first `longest` tokens."""
    sizes = np.minimum(np.diff(texts.starts)[rows], longest)  # (rows,)
    return Tokens(texts.ids[np.repeat(texts.starts[rows], sizes) + within(sizes)], starts_of(sizes))
