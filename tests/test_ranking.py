"""Ranking against scores that are worked out by hand, and the sentence that is marked."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embeddings.lexical import LexicalIndex
from embeddings.sound import sounds
from embeddings.static import StaticEncoder
from embeddings.stores import FaissStore
from embeddings.text import fold
from qa import ranking
from qa.catalog import Catalog
from qa.library import Library
from qa.ranking import Index, highlight, rank
from tests.conftest import WordEncoder

TEXTS = ["oil oil war", "oil president", "president election", "nothing known here", "war war war"]


def word_index(texts: list[str]) -> Index:
    encoder = WordEncoder("oil war president election")
    store = FaissStore.of(encoder.encode_passages(texts))
    folded = [fold(text) for text in texts]
    heard = LexicalIndex.of([sounds(text) for text in folded])
    languages, furniture = np.full(len(texts), b"en"), np.zeros(len(texts), bool)
    return Index(encoder, store, LexicalIndex.of(folded), heard, None, languages, furniture)


def test_vectors_alone_put_the_passages_in_the_order_of_their_cosines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "LEXICAL", 0.0)
    monkeypatch.setattr(ranking, "SOUND", 0.0)
    found = rank(word_index(TEXTS), "oil")
    assert found.rows.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(found.semantic, [2 / 5**0.5, 1 / 2**0.5, 0, 0, 0], atol=1e-6)
    assert [len(nearness) for nearness in found.nearness] == [0] * 5


def test_words_alone_put_the_passages_in_the_order_of_their_bm25(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "VECTOR", 0.0)
    found = rank(word_index(TEXTS), "war")
    expected = LexicalIndex.of(TEXTS).scores("war")
    assert found.rows.tolist()[:2] == [4, 0]
    np.testing.assert_allclose(found.lexical, expected[found.rows])
    assert (found.lexical[2:] == 0).all()


def test_a_name_is_found_by_its_sound_in_another_script() -> None:
    texts = ["oil here", "oil of Путин", "oil there"]
    found = rank(replace(word_index(texts), languages=np.full(3, b"ru")), "Putin oil")
    assert found.rows[0] == 1
    by_sound = LexicalIndex.of([sounds(fold(text)) for text in texts]).scores("btn")[1]
    by_letters = LexicalIndex.of(texts).scores("putin oil")[1]
    np.testing.assert_allclose(found.lexical[0], by_letters + ranking.SOUND * (by_sound - by_letters), rtol=1e-5)


def test_in_the_question_s_language_only_spelling_counts() -> None:
    texts = ["president war", "prisoudent war"]
    found = rank(word_index(texts), "the president of the war")
    np.testing.assert_allclose(found.lexical, LexicalIndex.of(texts).scores("the president of the war")[found.rows])


def test_a_passage_in_another_language_is_given_what_it_cannot_share() -> None:
    index = word_index(["oil here", "oil war", "president war"])
    plain = rank(index, "who has the oil")
    mixed = rank(replace(index, languages=np.array([b"en", b"ru", b"en"])), "who has the oil")
    gained = {row: mixed.scores[mixed.rows == row] - plain.scores[plain.rows == row] for row in range(3)}
    np.testing.assert_allclose([gained[row][0] for row in range(3)], [0, ranking.UNSHARED, 0], atol=1e-6)


def test_common_words_do_not_put_the_question_s_language_first(encoder: StaticEncoder, tmp_path: Path) -> None:
    texts = {
        "match.txt": "When asked how many of the players had voted for the captain, the referee did not answer.",
        "garden.txt": "How many of the people who live in the city have a garden was what the mayor asked.",
        "vote.txt": "وصل عدد الناخبين الذين شاركوا في الانتخابات البرلمانية إلى سبعة ملايين ناخب.",
        "sea.txt": "البحر هادئ اليوم والسماء صافية.",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    library = Library(tmp_path, Catalog(tmp_path / ".index"), encoder)
    library.update()
    assert (
        library.ask("How many of the people voted in the election of the parliament?").hits[0].document.path
        == "vote.txt"
    )


def test_equal_scores_keep_the_order_of_the_passages() -> None:
    assert rank(word_index(["oil here"] * 4), "oil").rows.tolist() == [0, 1, 2, 3]


def test_scores_fall_and_every_row_comes_once() -> None:
    found = rank(word_index(TEXTS * 3), "the president of oil")
    assert (np.diff(found.scores) <= 0).all()
    assert sorted(found.rows.tolist()) == list(range(15))


def test_each_leg_proposes_its_best_passages_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for leg in ("NEAR", "SPELT", "HEARD"):
        monkeypatch.setattr(ranking, leg, 1)
    found = rank(word_index(["oil oil oil", "zebra", "oil war"]), "oil zebra")
    assert sorted(found.rows.tolist()) == [0, 1]


def test_a_question_of_unknown_words_has_no_lexical_score() -> None:
    assert not rank(word_index(TEXTS), "неизвестное слово").lexical.any()


def test_the_languages_of_the_passages_help_to_tell_that_of_the_question(seed_library: Library) -> None:
    assert rank(seed_library._snapshot.index, "metro line").language == "es"  # nothing is in English there
    assert rank(word_index(["The metro line was closed by the flood."]), "metro line").language == "en"


def test_an_empty_index_ranks_nothing() -> None:
    assert rank(word_index([]), "oil").rows.tolist() == []


def test_the_sentence_with_the_question_s_words_is_marked() -> None:
    sentences = ["The war ended.", "The president sold oil.", "Nothing else."]
    assert highlight(word_index(TEXTS), "who sold oil", sentences, np.empty(0, np.float32)) == (1,)
    assert highlight(word_index(TEXTS), "who sold oil", sentences, np.array([0, 0, 1], np.float32)) == (1,)


def test_the_nearest_sentence_is_marked_where_words_do_not_tell(encoder: StaticEncoder) -> None:
    index = word_index(TEXTS)
    sentences = ["The war ended.", "The president sold oil."]
    assert highlight(index, "кто продал нефть", sentences, np.array([0.1, 0.3], np.float32)) == (1,)


def test_with_the_built_in_model_late_interaction_is_part_of_the_ranking(seed_library: Library) -> None:
    index, question = seed_library._snapshot.index, "What did Tokayev say about Luhansk and Donetsk?"
    found = rank(index, question)
    assert index.interaction is not None
    compared = index.interaction.compare(question, found.rows)
    np.testing.assert_allclose(found.semantic, (compared.passage + compared.sentence) / 2, atol=1e-5)
    assert [len(nearness) for nearness in found.nearness] == np.diff(compared.starts).tolist()
    np.testing.assert_allclose(np.concatenate(found.nearness), compared.by_sentence, atol=1e-5)


def test_in_one_language_a_passage_is_found_by_any_of_its_sentences(seed_library: Library) -> None:
    """Each sentence of the seeds finds its own passage first, but for a few that stand twice, a word apart."""
    wrong = []
    snapshot = seed_library._snapshot
    for entry in (snapshot.entry(row, {}) for row in range(len(snapshot))):
        for span in entry.passage.sentences:
            sentence = entry.document.text[span.start : span.end]
            if len(sentence.split()) > 4 and sentence not in seed_library.ask(sentence[:2000], 1).hits[0].text:
                wrong.append(sentence)
    assert len(wrong) <= 4, wrong


def test_a_question_or_a_heading_is_not_marked_where_something_is_told(encoder: StaticEncoder) -> None:
    sentences = ["## Who sold the oil", "Who sold the oil?", "The president did, in May."]
    assert highlight(word_index(TEXTS), "Who sold the oil?", sentences, np.array([3, 3, 0.1], np.float32)) == (2,)
    assert highlight(word_index(TEXTS), "Who sold the oil?", sentences[:2], np.array([0.3, 0.1], np.float32)) == (0,)


def test_a_headline_is_marked_only_where_the_story_below_says_much_less() -> None:
    sentences, index = ["Oil sold", "The president sold oil.", "It rained."], word_index(TEXTS)
    question, none = "who sold oil", np.zeros(3, np.float32)
    first = np.array([0.9, 0, 0], np.float32)
    assert highlight(index, question, sentences, first) == (0,)
    assert highlight(index, question, sentences, first, headline="Oil sold") == (1,)
    assert highlight(index, question, [sentences[0], sentences[2]], none[:2], headline="Oil sold") == (0,)
    assert highlight(index, question, sentences[1:], none[:2], headline=sentences[1]) == (0,)  # not a headline


def test_two_sentences_that_answer_about_as_well_are_both_marked() -> None:
    sentences = ["The war ended.", "Nothing else.", "It rained."]
    assert highlight(word_index(TEXTS), "election", sentences, np.array([0.5, 0.1, 0.55], np.float32)) == (0, 2)
    assert highlight(word_index(TEXTS), "election", sentences, np.array([0.52, 0.54, 0.55], np.float32)) == (1, 2)
    assert highlight(word_index(TEXTS), "election", sentences, np.array([0.35, 0.1, 0.55], np.float32)) == (2,)
