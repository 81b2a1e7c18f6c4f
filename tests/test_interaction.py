"""Late interaction and the best sentence, vectorised, against loops over the token vectors."""

import numpy as np
import pytest

from embeddings.interaction import Sentences, compare
from embeddings.static import StaticEncoder, Tokens

PASSAGES = [
    ["Kazakhstan held an election.", "The president won."],
    ["روسیه به اوکراین حمله کرد."],
    [],
    ["", "سعر النفط", "نفت قزاقستان", "Казахстан экспортирует нефть через Новороссийск."],
    [""],
]
QUESTIONS = ["Who won the election in Kazakhstan?", "нефть", "چرا روسیه حمله کرد؟", "النفط النفط النفط"]


def gather(encoder: StaticEncoder, passages: list[list[str]]) -> Sentences:
    tokens = encoder.tokenize([sentence for passage in passages for sentence in passage])
    norms = np.linalg.norm(encoder.pool(tokens), axis=1).astype(np.float32)
    return Sentences(tokens, norms, np.cumsum([0, *map(len, passages)]))


def token_vectors(encoder: StaticEncoder, text: str) -> list[np.ndarray]:
    return [encoder.table[token].astype(np.float64) for token in encoder.tokenize([text]).ids]


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-12))


def interaction(encoder: StaticEncoder, question: str, text: str) -> float:
    """Return the mean, weighted by length, of each question token's similarity with its nearest text token."""
    asked, told = token_vectors(encoder, question), token_vectors(encoder, text)
    weights = [float(np.linalg.norm(vector)) for vector in asked]
    best = [max((cosine(vector, other) for other in told), default=-1.0) for vector in asked]
    return sum(w * b for w, b in zip(weights, best, strict=True)) / sum(weights)


def sentence_cosine(encoder: StaticEncoder, question: str, text: str) -> float:
    asked, told = token_vectors(encoder, question), token_vectors(encoder, text)
    return cosine(sum(asked), sum(told)) if told else 0.0  # type: ignore[arg-type]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("candidates", [[0, 1, 3], [3, 0], [1], [0, 1, 2, 3, 4]])
def test_late_interaction_is_that_of_loops(encoder: StaticEncoder, question: str, candidates: list[int]) -> None:
    compared = compare(encoder, question, gather(encoder, PASSAGES), np.array(candidates))
    expected = [interaction(encoder, question, " ".join(PASSAGES[c])) for c in candidates]
    np.testing.assert_allclose(compared.interaction, expected, atol=1e-3)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_best_sentence_is_that_of_loops(encoder: StaticEncoder, question: str) -> None:
    candidates = [3, 1, 0]
    compared = compare(encoder, question, gather(encoder, PASSAGES), np.array(candidates))
    cosines = [[sentence_cosine(encoder, question, s) for s in PASSAGES[c]] for c in candidates]
    np.testing.assert_allclose(compared.sentence, [max(found) for found in cosines], atol=1e-3)
    assert compared.starts.tolist() == [0, 4, 5, 7]
    both = [
        interaction(encoder, question, s) + sentence_cosine(encoder, question, s)
        for c in candidates
        for s in PASSAGES[c]
    ]
    np.testing.assert_allclose(compared.by_sentence, both, atol=1e-3)


def test_a_question_without_tokens_compares_with_nothing(encoder: StaticEncoder) -> None:
    compared = compare(encoder, "؟", gather(encoder, PASSAGES), np.array([0, 1, 2]))
    assert compared.interaction.tolist() == compared.sentence.tolist() == [0, 0, 0]
    assert len(compared.by_sentence) == compared.starts[-1] == 3


@pytest.mark.parametrize("candidates", [[], [2], [4], [2, 4]])
def test_passages_without_tokens_compare_as_nothing(encoder: StaticEncoder, candidates: list[int]) -> None:
    compared = compare(encoder, "نفت", gather(encoder, PASSAGES), np.array(candidates, np.int64))
    assert compared.interaction.tolist() == [0] * len(candidates)
    assert len(compared.starts) == len(candidates) + 1


def test_an_empty_index_compares_with_nothing(encoder: StaticEncoder) -> None:
    none = Sentences(Tokens(np.empty(0, np.uint16), np.zeros(1, np.int64)), np.empty(0, np.float32), np.array([0]))
    assert compare(encoder, "نفت", none, np.empty(0, np.int64)).interaction.tolist() == []
