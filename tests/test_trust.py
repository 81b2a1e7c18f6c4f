"""Confidence: its features by hand, and what it says of folders of one passage."""

from pathlib import Path

import numpy as np
import pytest

from qa.library import Library
from qa.ranking import UNSHARED, Ranked
from qa.trust import NEXT, OTHER, SAME, UNRELATED, UNRELATED_WORDS, WORDS, Regression, confidence, features
from tests.conftest import write_files


def ranked(scores: list[float], *, foreign: bool = False, fluency: float = 1.0) -> Ranked:
    values = np.array(scores, np.float32)
    count, none = len(values), np.zeros(len(values), np.float32)
    semantic, others = np.full(count, 0.4, np.float32), np.full(count, foreign)
    unmet = np.tile(np.array([0.1, 0.25], np.float32), (count, 1))
    return Ranked(np.arange(count), values, none, semantic, unmet, (none[:0],) * count, others, 0.7, fluency)


def test_the_features_are_the_score_its_lead_what_it_lacks_and_what_it_does_not_meet() -> None:
    found = features(ranked([0.9, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]))
    np.testing.assert_allclose(found, [0.9, 0.9 - 0.3, 0.7 - 0.4, 0.1, 0.25, 0.0], atol=1e-6)


@pytest.mark.parametrize("others", [[], [0.5], [0.5, 0.4, 0.3, 0.2]])
@pytest.mark.parametrize(("foreign", "unrelated"), [(False, UNRELATED), (True, UNRELATED + UNSHARED)])
def test_passages_that_a_small_folder_lacks_count_as_unrelated(
    others: list[float], foreign: bool, unrelated: float
) -> None:
    for fluency in (1.0, 0.5, 0.0):
        following = others + [fluency * unrelated + (1 - fluency) * UNRELATED_WORDS] * (NEXT - len(others))
        found = features(ranked([0.9, *others], foreign=foreign, fluency=fluency))
        assert found[1] == pytest.approx(0.9 - sum(following) / NEXT)


@pytest.mark.parametrize(("foreign", "regression"), [(False, SAME), (True, OTHER)])
@pytest.mark.parametrize("fluency", [1.0, 0.3, 0.0])
def test_confidence_is_the_logistic_function_of_the_features(
    foreign: bool, regression: Regression, fluency: float
) -> None:
    found = ranked([0.6, 0.4, 0.3, 0.3, 0.2, 0.2], foreign=foreign, fluency=fluency)
    logits = [
        sum(w * f for w, f in zip(one.weights, features(found), strict=True)) + one.intercept
        for one in (regression, WORDS)
    ]
    logit = fluency * logits[0] + (1 - fluency) * logits[1]
    assert confidence(found) == pytest.approx(1 / (1 + np.exp(-logit)))


def test_nothing_found_is_no_confidence() -> None:
    assert confidence(ranked([])) == 0.0


def test_a_folder_of_one_passage_answers_what_it_says_and_refuses_the_rest(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text(
        "The bakery in Harbour Street opens at seven and closes at noon on Sundays."
    )
    library = Library.open(tmp_path / "docs", tmp_path / "index")
    library.update()
    assert library.ask("When does the bakery in Harbour Street open?").confident
    assert library.ask("Когда открывается пекарня на улице?").confident
    for question in ("Who won the chess olympiad?", "Кто написал роман Война и мир?", "پایتخت ژاپن کجاست؟"):
        assert not library.ask(question).confident, question


def test_words_alone_are_trusted_where_the_model_cannot_read(tmp_path: Path) -> None:
    texts = {
        "a.txt": "Το αρτοποιείο της οδού Λιμένος ανοίγει στις επτά και κλείνει το μεσημέρι της Κυριακής.",
        "b.txt": "Η βιβλιοθήκη δανείζει πέντε βιβλία για έναν μήνα σε κάθε κάτοικο του δήμου.",
        "c.txt": "बस अड्डे से पहली बस सुबह पाँच बजे पुराने किले की ओर निकलती है।",
        "d.txt": "नगरपालिका का अस्पताल मंगलवार को बच्चों को मुफ़्त टीके लगाता है।",
    }
    library = Library.open(write_files(tmp_path / "docs", texts), tmp_path / "index")
    library.update()
    for question, document in {
        "Πότε ανοίγει το αρτοποιείο της οδού Λιμένος;": "a.txt",
        "Πόσα βιβλία δανείζει η βιβλιοθήκη;": "b.txt",
        "पुराने किले की ओर पहली बस कब निकलती है?": "c.txt",
        "अस्पताल बच्चों को टीके कब लगाता है?": "d.txt",
    }.items():
        answer = library.ask(question)
        assert (answer.confident, answer.hits[0].document.path) == (True, document), question
    for question in ("Ποιος κέρδισε το πρωτάθλημα σκακιού;", "शतरंज का विश्व विजेता कौन है?"):
        assert not library.ask(question).confident, question
