"""The words that a tokenizer remembers: not without end, and the same pieces with and without them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from embeddings import pieces
from embeddings.static import StaticEncoder

WORDS, BATCH = 100, 40


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> StaticEncoder:
    monkeypatch.setattr(pieces, "MOST_WORDS", WORDS)
    return StaticEncoder.load()


def batches() -> list[list[str]]:
    return [[" ".join(f"word{number}" for number in range(first, first + BATCH))] for first in range(0, 4000, 17)]


def test_words_are_not_remembered_without_end(forgetful: StaticEncoder) -> None:
    for texts in batches():
        forgetful.tokenize(texts)
        assert len(forgetful._pieces._words) <= WORDS + BATCH


def test_threads_that_forget_words_find_the_same_pieces(encoder: StaticEncoder, forgetful: StaticEncoder) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(forgetful.tokenize, batches() * 4))
    for tokens, texts in zip(found, batches() * 4, strict=True):
        assert np.array_equal(tokens.ids, encoder.tokenize(texts).ids)
