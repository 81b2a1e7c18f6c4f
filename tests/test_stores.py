"""Every vector store against numpy's own products: one test for all implementations."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.parts import Layout
from embeddings.static import Vectors, unit
from embeddings.stores import FaissStore, VectorStore


def in_parts(vectors: Vectors) -> FaissStore:
    """Put the rows into three parts in another order, between rows that are left out."""
    order = np.random.default_rng(1).permutation(3 * len(vectors))[: len(vectors)]
    rows = np.ones((3 * len(vectors), vectors.shape[1]), np.float32)
    rows[order] = vectors
    sizes = [len(vectors) * 2, 0, len(vectors)]
    layout = Layout(order, Layout.whole(*sizes).starts)
    return FaissStore(vectors.shape[1], np.split(rows, layout.starts[1:-1]), layout)


MAKERS: list[Callable[[Vectors], VectorStore]] = [FaissStore.of, in_parts]
every_store = pytest.mark.parametrize("make", MAKERS)


def random_rows(count: int, dim: int, seed: int = 0) -> Vectors:
    return unit(np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32))


@every_store
@given(count=st.integers(1, 60), dim=st.integers(1, 24), k=st.integers(1, 80), seed=st.integers(0, 2**16))
def test_search_returns_the_nearest_rows_and_their_products_best_first(
    make: Callable[[Vectors], VectorStore], count: int, dim: int, k: int, seed: int
) -> None:
    vectors, asked = random_rows(count, dim, seed), random_rows(1, dim, seed + 1)[0]
    store = make(vectors)
    rows, scores = store.search(asked, k)
    products = vectors @ asked
    assert len(rows) == len(scores) == min(k, count)
    assert len(set(rows.tolist())) == len(rows)
    np.testing.assert_allclose(scores, products[rows], atol=1e-5)
    np.testing.assert_allclose(scores, np.sort(products)[::-1][:k], atol=1e-5)


@every_store
def test_rows_are_numbered_in_the_order_they_were_added(make: Callable[[Vectors], VectorStore]) -> None:
    vectors = np.eye(6, dtype=np.float32)
    store = make(vectors)
    assert len(store) == 6
    assert [store.search(vector, 1)[0].tolist() for vector in vectors] == [[row] for row in range(6)]


@every_store
def test_similarities_are_the_products_with_the_rows_asked_for(make: Callable[[Vectors], VectorStore]) -> None:
    vectors, asked = random_rows(50, 16), random_rows(1, 16, 1)[0]
    store = make(vectors)
    rows = np.array([49, 0, 7, 7])
    np.testing.assert_allclose(store.similarities(asked, rows), vectors[rows] @ asked, atol=1e-6)


@every_store
def test_an_empty_store_finds_nothing(make: Callable[[Vectors], VectorStore]) -> None:
    store, asked = make(np.empty((0, 4), np.float32)), random_rows(1, 4)[0]
    rows, scores = store.search(asked, 3)
    assert (len(store), rows.tolist(), scores.tolist()) == (0, [], [])
    assert store.similarities(asked, np.empty(0, np.int64)).tolist() == []


@pytest.mark.parametrize("shape", [(3, 5), (3, 3), (4,), (2, 2, 4)])
def test_vectors_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="dimension 4"):
        FaissStore(4, [np.zeros(shape, np.float32)], Layout.whole(3))


@every_store
def test_a_question_of_another_dimension_is_refused(make: Callable[[Vectors], VectorStore]) -> None:
    store = make(random_rows(3, 4))
    with pytest.raises(ValueError, match="dimension 4"):
        store.search(random_rows(1, 5)[0], 1)
    with pytest.raises(ValueError, match="dimension 4"):
        store.similarities(random_rows(1, 5)[0], np.array([0]))
