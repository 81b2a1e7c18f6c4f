"""What judges the best passages: its evidence and its network by hand, and what it says of folders of one passage."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embeddings.errors import ModelError
from embeddings.interaction import Met
from qa.library import Library
from qa.ranked import UNSHARED, Ranked
from qa.trust import (
    BEST,
    FEW,
    MANY,
    NEXT,
    RAREST,
    SAY,
    STEEP,
    UNRELATED,
    UNRELATED_WORDS,
    Evidence,
    confidence,
    gather,
    judge,
    load,
)
from tests.conftest import write_files

SHARES = (0.5, 0.3, 0.2)
MANY_WORDS = (0.25, 0.25, 0.25, 0.25)


def ranked(
    sums: Sequence[float], *, foreign: bool = False, fluency: float = 1.0, shares: Sequence[float] = SHARES
) -> Ranked:
    values, draw = np.array(sums, np.float32), np.random.default_rng(0)
    count, none = len(values), np.zeros(len(values), np.float32)
    semantic, others = np.full(count, 0.4, np.float32), np.full(count, foreign)
    asked = np.array([[share, 14 * share + 1, 4.0] for share in shares], np.float32).reshape(-1, 3)
    found = draw.uniform(0, 1, (count, len(shares))).astype(np.float32)
    sizes = draw.integers(10, 200, count)
    met = Met(asked, found, sizes)
    return Ranked(
        np.arange(count), values, values, none + 0.3, semantic, met, (none[:0],) * count, others, 0.7, fluency
    )


def test_the_evidence_is_what_each_token_meets_and_how_each_passage_stands() -> None:
    found = ranked([0.9, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0], foreign=True, fluency=0.75)
    evidence = gather(found)
    leads = [0.9 - 0.3, 0.5 - 0.38, 0.4 - 0.4, 0.3 - 0.42, 0.2 - 0.44, 0.1 - 0.46, 0.0 - 0.46]
    np.testing.assert_allclose(evidence.passages[:, 0], found.sums)
    np.testing.assert_allclose(evidence.passages[:, 1], leads, atol=1e-6)
    np.testing.assert_allclose(evidence.passages[:, 2:4], [[0.7 - 0.4, 0.3]] * 7, atol=1e-6)
    np.testing.assert_allclose(evidence.passages[:, 4], np.log(1 + found.met.sizes), atol=1e-6)
    assert (evidence.passages[:, 5] == 1).all()
    met = found.met.found.tolist()
    for token, (share, rarity) in enumerate([(0.5, RAREST), (0.3, 5.2), (0.2, 3.8)]):
        column = [row[token] for row in met]
        np.testing.assert_allclose(evidence.tokens[token], [share, rarity, 4.0, sum(column) / 7], atol=1e-6)
        others = [max(value for other, value in enumerate(column) if other != place) for place in range(7)]
        np.testing.assert_allclose(evidence.met[:, token].T, [column, others])
    assert evidence.fluency == 0.75


def test_where_two_passages_meet_a_token_alike_each_is_the_best_other_of_the_other() -> None:
    found = ranked([0.5, 0.4, 0.3])
    found.met.found[:, 0] = [0.8, 0.8, 0.1]
    assert gather(found).met[:, 0, 1].tolist() == pytest.approx([0.8, 0.8, 0.8])
    assert gather(ranked([0.9])).met[0, :, 1].tolist() == [0, 0, 0]  # there is no other


def test_only_the_best_are_looked_at() -> None:
    sums = np.linspace(1, 0, BEST + 9).tolist()
    evidence = gather(ranked(sums))
    assert evidence.met.shape == (BEST, 3, 2)
    assert evidence.passages[-1, 1] == pytest.approx(sums[BEST - 1] - sum(sums[:NEXT]) / NEXT)


@pytest.mark.parametrize("others", [[], [0.5], [0.5, 0.4, 0.3, 0.2], [0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1]])
@pytest.mark.parametrize(("foreign", "unrelated"), [(False, UNRELATED), (True, UNRELATED + UNSHARED)])
def test_passages_that_a_small_folder_lacks_count_as_unrelated(
    others: list[float], foreign: bool, unrelated: float
) -> None:
    for fluency in (1.0, 0.5, 0.0):
        sums = [0.9, *others]
        found = gather(ranked(sums, foreign=foreign, fluency=fluency))
        lacking = [fluency * unrelated + (1 - fluency) * UNRELATED_WORDS] * NEXT
        for place, value in enumerate(sums):
            rivals = [*sorted(sums[:place] + sums[place + 1 :], reverse=True), *lacking][:NEXT]
            assert found.passages[place, 1] == pytest.approx(value - sum(rivals) / NEXT, abs=1e-6)


def relu(values: list[float]) -> list[float]:
    return [max(value, 0.0) for value in values]


def layer(inputs: list[float], weights: np.ndarray) -> list[float]:
    """Return a linear map by loops; the last row is the constant."""
    rows = [*inputs, 1.0]
    return [
        sum(x * float(row[column]) for x, row in zip(rows, weights, strict=True)) for column in range(weights.shape[1])
    ]


def network(evidence: Evidence, place: int) -> float:
    """Return what the network says of a passage, by loops."""
    weights, tokens = load(), zip(evidence.tokens.tolist(), evidence.met[place].tolist(), strict=True)
    each = [relu(layer([*asked, *met], weights.token)) for asked, met in tokens]
    shares = evidence.tokens[:, 0].tolist()
    units = range(len(weights.output) - 1)
    question = [sum(shares[row] * one[unit] for row, one in enumerate(each)) for unit in units]
    hidden = relu(layer([*question, *evidence.passages[place].tolist()], weights.passage))
    return layer(hidden, weights.output[:, None])[0]


def regression(evidence: Evidence, row: int) -> float:
    """Return what a regression says of the first passage's scores and of what it does not meet, by loops."""
    asked, met = evidence.tokens[:, 0].tolist(), evidence.met[0, :, 0].tolist()
    unmet = [sum(share for share, found in zip(asked, met, strict=True) if found < needed) for needed in (0.3, 0.7)]
    return layer([*evidence.passages[0, :4].tolist(), *unmet], load().regressions[row][:, None])[0]


def say(shares: Sequence[float]) -> float:
    words = 1 / sum(share**2 for share in shares) if shares else 0.0
    return min(max(words - FEW, 0), MANY - FEW) / (MANY - FEW)


ASKED = pytest.mark.parametrize("shares", [MANY_WORDS, (0.35, 0.35, 0.15, 0.15), (0.9, 0.1), ()])


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("fluency", [1.0, 0.3, 0.0])
@ASKED
def test_the_network_judges_many_words_and_a_regression_few(
    foreign: bool, fluency: float, shares: tuple[float, ...]
) -> None:
    found = ranked([0.6, 0.4, 0.3, 0.3, 0.2, 0.2], foreign=foreign, fluency=fluency, shares=shares)
    evidence = gather(found)
    judged = network(evidence, 0) + float(load().shift[int(foreign)])
    read = say(shares) * judged + (1 - say(shares)) * regression(evidence, int(foreign))
    logit = fluency * read + (1 - fluency) * regression(evidence, 2)
    assert confidence(found) == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-4)


@pytest.mark.parametrize("fluency", [1.0, 0.3, 0.0])
@ASKED
def test_the_best_passages_are_put_in_the_order_of_what_the_network_says(
    fluency: float, shares: tuple[float, ...]
) -> None:
    found = ranked(np.linspace(0.6, 0.5, BEST + 3).tolist(), fluency=fluency, shares=shares)
    evidence, sums = gather(found), found.sums[:BEST].tolist()
    said = [network(evidence, place) / STEEP for place in range(BEST)]
    mean = sum(sums) / BEST - sum(said) / BEST
    share = SAY * fluency * say(shares)
    scores = [share * (one + mean) + (1 - share) * value for one, value in zip(said, sums, strict=True)]
    order = sorted(range(BEST), key=lambda place: -scores[place])
    after = judge(found)
    assert after.rows.tolist() == [*order, *range(BEST, BEST + 3)]
    np.testing.assert_allclose(after.scores[:BEST], sorted(scores, reverse=True), rtol=1e-4)
    assert (np.diff(after.scores) <= 0).all()
    np.testing.assert_array_equal(after.sums, found.sums[after.rows])
    np.testing.assert_array_equal(after.met.found, found.met.found[after.rows])
    assert (after.rows[:BEST].tolist() == list(range(BEST))) == (share == 0)


def test_the_order_of_the_passages_changes_nothing_in_what_is_said_of_each() -> None:
    found = ranked([0.6, 0.5, 0.5, 0.2, 0.1, 0.1, 0.0], shares=MANY_WORDS)
    order = np.array([3, 0, 6, 2, 1, 5, 4])
    said = load().judge(gather(found))
    np.testing.assert_allclose(load().judge(gather(found.take(order))), said[order], rtol=1e-5)
    once = judge(found)
    assert judge(once).rows.tolist() == once.rows.tolist()


def test_passages_that_are_alike_keep_their_order() -> None:
    found = ranked([0.5] * BEST, shares=MANY_WORDS)
    found.met.found[:] = found.met.found[0]
    found.met.sizes[:] = 80
    after = judge(found)
    assert after.rows.tolist() == list(range(BEST))
    assert len({*after.scores.tolist()}) == 1


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
