"""Late interaction and the best sentence, vectorised, against loops over the token vectors."""

import math

import numpy as np
import pytest

from embeddings.interaction import ALIKE, ALL, NOTHING, UNLIKE, LateInteraction, Sentences, hold
from embeddings.pieces import Tokens
from embeddings.static import StaticEncoder

PASSAGES = [
    ["Kazakhstan held an election.", "The president won."],
    ["روسیه به اوکراین حمله کرد."],
    [],
    ["", "سعر النفط", "نفت قزاقستان", "Казахстан экспортирует нефть через Новороссийск."],
    [""],
]
QUESTIONS = ["Who won the election in Kazakhstan?", "нефть", "چرا روسیه حمله کرد؟", "النفط النفط النفط"]


@pytest.fixture(scope="module")
def interaction(encoder: StaticEncoder) -> LateInteraction:
    return LateInteraction.of(encoder, gather(encoder, PASSAGES))


def gather(encoder: StaticEncoder, passages: list[list[str]]) -> Sentences:
    tokens = encoder.tokenize([sentence for passage in passages for sentence in passage])
    norms = np.linalg.norm(encoder.pool(tokens), axis=1).astype(np.float32)
    return hold(tokens, norms, np.cumsum([0, *map(len, passages)]))


def vectors(encoder: StaticEncoder, text: str) -> list[np.ndarray]:
    return [encoder.table[token].astype(np.float64) for token in encoder.tokenize([text]).ids]


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / max(np.linalg.norm(one) * np.linalg.norm(other), 1e-12))


def rarities(encoder: StaticEncoder, question: str, candidates: list[int]) -> list[float]:
    """Return the inverse frequency of tokens like each one of the question.

    The tokens looked at are those of the candidates, their frequency is that in all passages.
    """
    held = [set(encoder.tokenize([" ".join(passage)]).ids.tolist()) for passage in PASSAGES]
    found = []
    for vector in vectors(encoder, question):
        df = 0.0
        for piece in set().union(*(held[c] for c in candidates)):
            likeness = (cosine(vector, encoder.table[piece].astype(np.float64)) - UNLIKE) / (ALIKE - UNLIKE)
            df += min(max(likeness, 0), 1) * sum(piece in pieces for pieces in held)
        df = min(df, len(PASSAGES))
        found.append(math.log(1 + (len(PASSAGES) - df + 0.5) / (df + 0.5)))
    return found


def lengths(encoder: StaticEncoder, question: str) -> list[float]:
    return [float(np.linalg.norm(vector)) for vector in vectors(encoder, question)]


def weights(encoder: StaticEncoder, question: str, candidates: list[int]) -> list[float]:
    """Return each question token's length times its rarity, their sum 1."""
    rarity = rarities(encoder, question, candidates)
    found = [length * rare for length, rare in zip(lengths(encoder, question), rarity, strict=True)]
    return [weight / sum(found) for weight in found]


def told(encoder: StaticEncoder, question: str, text: str) -> list[float]:
    """Return how much the nearest text token tells of each question token."""
    others = vectors(encoder, text)
    nearest = [max((cosine(vector, other) for other in others), default=-1.0) for vector in vectors(encoder, question)]
    return [min(max((near - NOTHING) / (ALL - NOTHING), 0), 1) for near in nearest]


def late(encoder: StaticEncoder, question: str, text: str, candidates: list[int]) -> float:
    """Return the weighted mean of what the text tells of each question token."""
    found = zip(weights(encoder, question, candidates), told(encoder, question, text), strict=True)
    return sum(weight * share for weight, share in found)


def sentence_cosine(encoder: StaticEncoder, question: str, text: str) -> float:
    asked, told = vectors(encoder, question), vectors(encoder, text)
    return cosine(np.sum(asked, axis=0), np.sum(told, axis=0)) if told else 0.0


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("candidates", [[0, 1, 3], [3, 0], [1], [0, 1, 2, 3, 4]])
def test_late_interaction_with_passages_is_that_of_loops(
    encoder: StaticEncoder, interaction: LateInteraction, question: str, candidates: list[int]
) -> None:
    compared = interaction.compare(question, np.array(candidates))
    expected = [late(encoder, question, " ".join(PASSAGES[c]), candidates) for c in candidates]
    np.testing.assert_allclose(compared.passage, expected, atol=1e-3)


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_met_of_a_question_is_told_by_loops(
    encoder: StaticEncoder, interaction: LateInteraction, question: str
) -> None:
    candidates = [3, 2, 0]
    met = interaction.compare(question, np.array(candidates)).met
    texts = [" ".join(PASSAGES[c]) for c in candidates]
    asked = [
        weights(encoder, question, candidates),
        rarities(encoder, question, candidates),
        lengths(encoder, question),
    ]
    np.testing.assert_allclose(met.asked, np.transpose(asked), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(met.found, [told(encoder, question, text) for text in texts], atol=1e-3)
    assert met.sizes.tolist() == [len(encoder.tokenize([text]).ids) for text in texts]
    turned = met.take(np.array([2, 0]))
    np.testing.assert_array_equal(turned.found, met.found[[2, 0]])
    assert (turned.sizes.tolist(), turned.asked.tolist()) == (met.sizes[[2, 0]].tolist(), met.asked.tolist())


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_best_sentence_is_that_of_loops(
    encoder: StaticEncoder, interaction: LateInteraction, question: str
) -> None:
    candidates = [3, 1, 0]
    compared = interaction.compare(question, np.array(candidates))
    lates = [[late(encoder, question, sentence, candidates) for sentence in PASSAGES[c]] for c in candidates]
    cosines = [[sentence_cosine(encoder, question, sentence) for sentence in PASSAGES[c]] for c in candidates]
    np.testing.assert_allclose(compared.sentence, [max(found) for found in lates], atol=1e-3)
    np.testing.assert_allclose(compared.cosine, [max(found) for found in cosines], atol=1e-3)
    assert compared.starts.tolist() == [0, 4, 5, 7]
    both = np.array(sum(lates, [])) + np.array(sum(cosines, []))  # noqa: RUF017
    np.testing.assert_allclose(compared.by_sentence, both, atol=1e-3)


@pytest.mark.parametrize("question", ["؟", ""])
def test_a_question_without_tokens_compares_with_nothing(interaction: LateInteraction, question: str) -> None:
    compared = interaction.compare(question, np.array([0, 1, 2]))
    assert compared.passage.tolist() == compared.sentence.tolist() == compared.cosine.tolist() == [0, 0, 0]
    assert len(compared.by_sentence) == compared.starts[-1] == 3
    assert (compared.met.asked.shape, compared.met.found.shape, compared.met.sizes.shape) == ((0, 3), (3, 0), (3,))


@pytest.mark.parametrize("candidates", [[], [2], [4], [2, 4]])
def test_passages_without_tokens_compare_as_nothing(interaction: LateInteraction, candidates: list[int]) -> None:
    compared = interaction.compare("نفت", np.array(candidates, np.int64))
    assert compared.passage.tolist() == [0] * len(candidates)
    assert len(compared.starts) == len(candidates) + 1


def test_an_empty_index_compares_with_nothing(encoder: StaticEncoder) -> None:
    none = hold(Tokens(np.empty(0, np.uint16), np.zeros(1, np.int64)), np.empty(0, np.float32), np.array([0]))
    assert LateInteraction.of(encoder, none).compare("نفت", np.empty(0, np.int64)).passage.tolist() == []
