"""`VectorStore`, the seam for searching vectors, and the store that does it with FAISS."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from embeddings.parts import Layout, Mask, Rows, Scores
from embeddings.static import Vectors


class VectorStore(Protocol):
    """Unit vectors, numbered by row from 0."""

    def search(self, vector: Vectors, k: int, among: Mask | None = None) -> tuple[Rows, Scores]:
        """Return the `k` rows nearest to one vector, or all there are, and their similarities, best first.

        Of equal ones the lower row comes first. `among` marks the rows that may be returned. Shapes (rows,).
        """

    def similarities(self, vector: Vectors, rows: Rows) -> Scores:
        """Return the similarity of one vector with each of some rows. Shape (rows,)."""

    def __len__(self) -> int: ...


class FaissStore:
    """Exact inner products by FAISS's own kernel, over vectors that stay where they are, in memory or in a mapped file.

    A FAISS index would copy them, and break ties by the order in which they were added.
    """

    def __init__(self, dim: int, parts: Sequence[Vectors], layout: Layout) -> None:
        """Search the rows of `layout`; raise ValueError where a part's dimension is not `dim`."""
        self._dim = dim
        for part in parts:
            self._check(part)
        self._parts, self._layout = parts, layout

    @classmethod
    def of(cls, vectors: Vectors) -> "FaissStore":
        """Return a store of these rows. Shape (n, dim)."""
        return cls(vectors.shape[1], [vectors], Layout.whole(len(vectors)))

    def search(self, vector: Vectors, k: int, among: Mask | None = None) -> tuple[Rows, Scores]:
        """Return the `k` rows nearest to one vector, or all there are, and their similarities, best first."""
        self._check(vector[None])
        products = self._products(vector)[self._layout.order]  # (rows,)
        rows = np.arange(len(self)) if among is None else np.flatnonzero(among)
        best = rows[_highest(products[rows], k)]
        return best, products[best]

    def _products(self, vector: Vectors) -> Scores:
        import faiss  # takes 0.1 s, and an update does not need it

        asked = np.ascontiguousarray(vector, np.float32)
        products = np.empty(self._layout.starts[-1], np.float32)
        for part, start in zip(self._parts, self._layout.starts, strict=False):
            if len(part):
                found, rows = products[start:], np.ascontiguousarray(part, np.float32)
                pointers = map(faiss.swig_ptr, (found, asked, rows))
                faiss.fvec_inner_products_ny(*pointers, self._dim, len(rows))  # type: ignore[attr-defined]
        return products

    def similarities(self, vector: Vectors, rows: Rows) -> Scores:
        """Return the similarity of one vector with each of some rows. Shape (rows,)."""
        self._check(vector[None])
        parts, inner = self._layout.locate(rows)
        picked = [self._parts[part][row] for part, row in zip(parts.tolist(), inner.tolist(), strict=True)]
        return np.asarray(np.stack(picked) @ vector if picked else np.empty(0), np.float32)

    def _check(self, vectors: Vectors) -> None:
        if vectors.ndim != 2 or vectors.shape[1] != self._dim:
            raise ValueError(f"vectors of shape {vectors.shape} do not fit a store of dimension {self._dim}")

    def __len__(self) -> int:
        return len(self._layout)


def _highest(scores: Scores, k: int) -> Rows:
    """Return the places of the `k` highest scores, best first, and of equal ones the earlier first. Shape (k,)."""
    places = np.arange(len(scores))
    if k < len(scores):
        least = np.partition(scores, -k)[-k]
        sure = np.flatnonzero(scores > least)
        places = np.sort(np.concatenate([sure, np.flatnonzero(scores == least)[: k - len(sure)]]))
    return places[np.argsort(-scores[places], kind="stable")]
