"""BM25 in vectorised numpy against the formula, written with a Counter and loops."""

import gc
import math
import tracemalloc
import weakref
from collections import Counter
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings import lexical
from embeddings.lexical import K1, B, LexicalIndex, post
from embeddings.terms import GRAM, terms_of
from embeddings.text import fold

WORDS = (
    "a an the cat cats catalog قزاقستان قزاق قزاقها روسیه Қазақстан қазақ война войны 1992 81 abcd abcde "
    "東京 東京都庁 京都"
).split()
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=6)
questions = st.lists(st.sampled_from([*WORDS, "unknown", "неведомое"]), max_size=6).map(" ".join)


def terms(text: str) -> Counter[tuple[str, str]]:
    """Return the words, the 4-grams of each `_word_` but a number, and the pairs of Chinese or Japanese letters."""
    found: Counter[tuple[str, str]] = Counter()
    for word in fold(text).split():
        found["word", word] += 1
        marked = f"_{word}_"
        grams = [] if word.isdecimal() else range(len(marked) - GRAM + 1)
        found.update(("gram", marked[i : i + GRAM]) for i in grams)
        pairs = [word[i : i + 2] for i in range(len(word) - 1)]
        found.update(("pair", pair) for pair in pairs if min(pair) >= "\u2e80")
    return found


def rarities(question: str, corpus: list[Counter[tuple[str, str]]]) -> dict[tuple[str, str], float]:
    """Return the weight of each term of the question."""
    dfs = {term: sum(term in text for text in corpus) for term in terms(question)}
    return {term: math.log(1 + (len(corpus) - df + 0.5) / (df + 0.5)) for term, df in dfs.items()}


def bm25(question: str, corpus: list[str]) -> list[float]:
    """Return BM25 of every text, divided by the score that no text can exceed."""
    counted, asked = [terms(text) for text in corpus], terms(question)
    mean = sum(sum(text.values()) for text in counted) / max(len(counted), 1)
    weights = rarities(question, counted)
    best = sum(n * weights[term] * (K1 + 1) for term, n in asked.items())
    scores = []
    for text in counted:
        longer = 1 - B + B * sum(text.values()) / max(mean, 1)
        held = [(n, term) for term, n in asked.items() if term in text]
        score = sum(n * weights[t] * text[t] * (K1 + 1) / (text[t] + K1 * longer) for n, t in held)
        scores.append(score / best if best else 0.0)
    return scores


@given(texts, questions)
def test_scores_are_the_formula_s(corpus: list[str], question: str) -> None:
    found = LexicalIndex.of([fold(text) for text in corpus]).scores(fold(question))
    np.testing.assert_allclose(found, bm25(question, corpus), rtol=1e-4, atol=1e-6)


@given(st.lists(st.text(max_size=30), max_size=5), st.text(max_size=30))
def test_scores_of_any_text_are_the_formula_s_and_lie_in_0_to_1(corpus: list[str], question: str) -> None:
    found = LexicalIndex.of([fold(text) for text in corpus]).scores(fold(question))
    np.testing.assert_allclose(found, bm25(question, corpus), rtol=1e-4, atol=1e-6)
    assert ((found >= 0) & (found <= 1 + 1e-6)).all()


@given(texts, questions, st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join))
def test_a_share_is_the_weight_of_the_question_s_terms_that_a_text_holds(
    corpus: list[str], question: str, text: str
) -> None:
    counted, asked, held = [terms(text) for text in corpus], terms(question).keys(), terms(text).keys()
    weights = rarities(question, counted)
    total = sum(weights.values())
    expected = sum(weights[term] for term in asked & held) / total if total else 0.0
    found = LexicalIndex.of([fold(text) for text in corpus]).shares(fold(question), [fold(text)])
    assert found.tolist() == pytest.approx([expected], abs=1e-5)


@given(st.lists(st.text(st.characters(exclude_categories=["Zs", "Cc", "Cs"]), min_size=1, max_size=9), max_size=5))
def test_a_word_has_itself_and_its_grams_as_terms(words: list[str]) -> None:
    found = np.diff(terms_of(words).starts).tolist()
    pairs = [sum(min(word[i : i + 2]) >= "\u2e80" for i in range(len(word) - 1)) for word in words]
    grams = [0 if word.isdecimal() else max(len(word) - 1, 0) for word in words]
    assert found == [1 + gram + extra for gram, extra in zip(grams, pairs, strict=True)]


def test_equal_terms_have_equal_hashes_and_others_differ() -> None:
    words = sorted({word for text in WORDS for word in [fold(text)]})
    hashes, starts = (found := terms_of(words)).hashes, found.starts
    spelled = [term for word in words for term in [("word", word), *_grams(word)]]
    assert starts[-1] == len(spelled)
    assert len(set(hashes.tolist())) == len(set(spelled))
    assert len(set(zip(spelled, hashes.tolist(), strict=True))) == len(set(spelled))


def _grams(word: str) -> list[tuple[str, str]]:
    marked = f"_{word}_"
    grams = [("gram", marked[i : i + GRAM]) for i in range(len(marked) - GRAM + 1) if not word.isdecimal()]
    return grams + [("pair", word[i : i + 2]) for i in range(len(word) - 1) if min(word[i : i + 2]) >= "\u2e80"]


def test_a_word_s_hash_depends_on_the_order_of_its_letters() -> None:
    found = terms_of(["abc", "bca", "acb", "cab", "bac", "cba"])
    assert len(set(found.hashes[found.starts[:-1]].tolist())) == 6


def test_an_ending_changes_a_word_s_score_but_does_not_lose_it() -> None:
    corpus = ["выборы в казахстане", "погода в европе", "казахстан"]
    scores = LexicalIndex.of(corpus).scores("казахстан")
    assert scores[2] > scores[0] > scores[1] == 0


def test_the_words_beside_a_number_decide() -> None:
    strike = "The strike of the dockers in the port lasted for seven weeks before both sides agreed"
    assert (
        LexicalIndex.of([fold(text) for text in ("No 7 of 1991", strike, "A B C")]).scores("1991 dockers").argmax() == 1
    )


def test_numbers_that_share_digits_have_nothing_in_common() -> None:
    assert LexicalIndex.of(["in 8000 houses", "800 roofs", "80 doors"]).scores("800").argsort().tolist()[-1] == 1
    assert LexicalIndex.of(["in 8000 houses"]).scores("800").tolist() == [0]


def test_a_text_that_repeats_all_of_the_question_nears_the_best_score() -> None:
    index = LexicalIndex.of(["kazakhstan " * 400, *["other words"] * 2000])
    assert index.scores("kazakhstan")[0] > 0.5
    assert index.scores("kazakhstan and words of another kind")[0] < index.scores("kazakhstan")[0]


@pytest.mark.parametrize("corpus", [[], [""], ["", "  "], ["some text", ""]])
@pytest.mark.parametrize("question", ["", "   ", "nowhere"])
def test_nothing_in_common_scores_zero(corpus: list[str], question: str) -> None:
    index = LexicalIndex.of(corpus)
    assert len(index) == len(corpus)
    assert index.scores(question).tolist() == [0.0] * len(corpus)
    assert index.shares(question, corpus).tolist() == [0.0] * len(corpus)


@given(texts, st.integers(1, 40))
def test_texts_counted_in_blocks_are_counted_as_at_once(corpus: list[str], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        whole = post(corpus)
        patch.setattr(lexical, "BLOCK", block)
        for found, expected in zip(astuple(post(corpus)), astuple(whole), strict=True):
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)


def test_a_long_document_is_counted_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "BLOCK", 2**16)
    corpus = [" ".join(f"word{n % 977}" for n in range(start, start + 80)) for start in range(0, 160_000, 80)]
    tracemalloc.start()
    post(corpus)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 * sum(map(len, corpus))  # at once, it took 53 bytes for each character


def test_an_index_that_is_not_used_any_more_is_freed_at_once() -> None:
    index = LexicalIndex.of(["oil and war"])
    index.scores("oil")
    seen = weakref.ref(index)
    gc.disable()  # which would free it sooner or later
    try:
        del index
        assert seen() is None
    finally:
        gc.enable()
