"""Where passage vectors are searched: `VectorStore`, and FAISS behind it."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from embeddings.static import Vectors

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]


class VectorStore(Protocol):
    """Unit vectors, known by their row numbers from 0 in the order they were added."""

    def add(self, vectors: Vectors) -> None:
        """Append rows; raise ValueError where their dimension is not the store's. Shape (n, dim)."""

    def search(self, vector: Vectors, k: int) -> tuple[Rows, Scores]:
        """Return the rows nearest to one vector and their similarities, best first: `min(k, len)` of each."""

    def similarities(self, vector: Vectors, rows: Rows) -> Scores:
        """Return the similarity of one vector with each of some rows. Shape (rows,)."""

    def __len__(self) -> int: ...


class FaissStore:
    """Exact search by inner product in memory."""

    def __init__(self, dim: int) -> None:
        import faiss  # 0.2 s, not needed where a library is only updated

        self._index = faiss.IndexFlatIP(dim)

    def add(self, vectors: Vectors) -> None:
        """Append rows; raise ValueError where their dimension is not the store's. Shape (n, dim)."""
        self._check(vectors)
        self._index.add(np.ascontiguousarray(vectors, np.float32))

    def search(self, vector: Vectors, k: int) -> tuple[Rows, Scores]:
        """Return the rows nearest to one vector and their similarities, best first: `min(k, len)` of each."""
        self._check(vector[None])
        # FAISS fills up missing results with row -1, which in Python is the last passage: never ask for more.
        scores, rows = self._index.search(np.ascontiguousarray(vector[None], np.float32), max(min(k, len(self)), 1))
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]

    def similarities(self, vector: Vectors, rows: Rows) -> Scores:
        """Return the similarity of one vector with each of some rows. Shape (rows,)."""
        self._check(vector[None])
        return np.asarray(self._index.reconstruct_batch(rows) @ vector, np.float32)

    def _check(self, vectors: Vectors) -> None:
        if vectors.ndim != 2 or vectors.shape[1] != self._index.d:
            raise ValueError(f"vectors of shape {vectors.shape} do not fit a store of dimension {self._index.d}")

    def __len__(self) -> int:
        return int(self._index.ntotal)
