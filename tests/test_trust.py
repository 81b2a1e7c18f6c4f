"""Confidence: its evidence and its network by hand, and what it says of folders of one passage."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embeddings.errors import ModelError
from embeddings.interaction import Met
from qa.library import Library
from qa.ranking import UNSHARED, Ranked
from qa.trust import FEW, MANY, NEXT, RAREST, UNRELATED, UNRELATED_WORDS, Evidence, confidence, gather, load
from tests.conftest import write_files

SHARES = (0.5, 0.3, 0.2)


def ranked(
    scores: list[float], *, foreign: bool = False, fluency: float = 1.0, shares: Sequence[float] = SHARES
) -> Ranked:
    values = np.array(scores, np.float32)
    count, none = len(values), np.zeros(len(values), np.float32)
    semantic, others = np.full(count, 0.4, np.float32), np.full(count, foreign)
    asked = np.array([[share, 14 * share + 1, 4.0] for share in shares], np.float32).reshape(-1, 3)
    found = np.full((count, len(shares)), 0.6, np.float32)
    found[:1] = [0.8, 1.0, 0.25, 0.6][: len(shares)]
    met = Met(asked, found, np.full(count, 99))
    return Ranked(np.arange(count), values, none + 0.3, semantic, met, (none[:0],) * count, others, 0.7, fluency)


def test_the_evidence_is_what_each_token_meets_and_how_the_passage_stands() -> None:
    evidence = gather(ranked([0.9, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0], foreign=True, fluency=0.75))
    np.testing.assert_allclose(evidence.passage, [0.9, 0.9 - 0.3, 0.7 - 0.4, 0.3, np.log(100), 1], atol=1e-6)
    expected = [[0.5, RAREST, 4.0, 0.8, 0.6], [0.3, 5.2, 4.0, 1.0, 0.6], [0.2, 3.8, 4.0, 0.25, 0.6]]
    np.testing.assert_allclose(evidence.tokens, expected, atol=1e-6)
    assert evidence.fluency == 0.75
    assert gather(ranked([0.9])).tokens[:, -1].tolist() == [0, 0, 0]  # there is no next passage


@pytest.mark.parametrize("others", [[], [0.5], [0.5, 0.4, 0.3, 0.2]])
@pytest.mark.parametrize(("foreign", "unrelated"), [(False, UNRELATED), (True, UNRELATED + UNSHARED)])
def test_passages_that_a_small_folder_lacks_count_as_unrelated(
    others: list[float], foreign: bool, unrelated: float
) -> None:
    for fluency in (1.0, 0.5, 0.0):
        following = others + [fluency * unrelated + (1 - fluency) * UNRELATED_WORDS] * (NEXT - len(others))
        found = gather(ranked([0.9, *others], foreign=foreign, fluency=fluency))
        assert found.passage[1] == pytest.approx(0.9 - sum(following) / NEXT)


def relu(values: list[float]) -> list[float]:
    return [max(value, 0.0) for value in values]


def layer(inputs: list[float], weights: np.ndarray) -> list[float]:
    """Return a linear map by loops; the last row is the constant."""
    rows = [*inputs, 1.0]
    return [
        sum(x * float(row[column]) for x, row in zip(rows, weights, strict=True)) for column in range(weights.shape[1])
    ]


def network(evidence: Evidence) -> float:
    """Return what the network says, by loops."""
    weights = load()
    each = [relu(layer(token, weights.token)) for token in evidence.tokens.tolist()]
    shares = evidence.tokens[:, 0].tolist()
    units = range(len(load().output) - 1)
    question = [sum(shares[row] * one[unit] for row, one in enumerate(each)) for unit in units]
    hidden = relu(layer([*question, *evidence.passage.tolist()], weights.passage))
    return layer(hidden, weights.output[:, None])[0] + float(weights.shift[int(evidence.passage[-1])])


def regression(evidence: Evidence, row: int) -> float:
    """Return what a regression says of the scores and of what is not met, by loops."""
    unmet = [sum(float(t[0]) for t in evidence.tokens if t[3] < needed) for needed in (0.3, 0.7)]
    return layer([*evidence.passage[:4].tolist(), *unmet], load().regressions[row][:, None])[0]


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("fluency", [1.0, 0.3, 0.0])
@pytest.mark.parametrize("shares", [(0.25, 0.25, 0.25, 0.25), (0.35, 0.35, 0.15, 0.15), (0.9, 0.1), ()])
def test_the_network_judges_many_words_and_a_regression_few(
    foreign: bool, fluency: float, shares: tuple[float, ...]
) -> None:
    found = ranked([0.6, 0.4, 0.3, 0.3, 0.2, 0.2], foreign=foreign, fluency=fluency, shares=shares)
    evidence = gather(found)
    words = 1 / sum(share**2 for share in shares) if shares else 0.0
    judged = min(max(words - FEW, 0), MANY - FEW) / (MANY - FEW)
    read = judged * network(evidence) + (1 - judged) * regression(evidence, int(foreign))
    logit = fluency * read + (1 - fluency) * regression(evidence, 2)
    assert confidence(found) == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-4)


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    (tmp_path / "trust.safetensors").write_bytes(b"none")
    with pytest.raises(ModelError, match=r"trust\.safetensors is damaged: install Sanad again"):
        load(tmp_path / "trust.safetensors")


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
