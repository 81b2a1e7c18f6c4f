"""The benchmarks measure what they say, on cases worked by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from embeddings.static import StaticEncoder
from tests.benchmarks import bitext, highlights, quality, trust


def write(file: Path, lines: list[dict[str, object]]) -> Path:
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return file


@pytest.fixture
def public(tmp_path: Path) -> Path:
    passages = [
        {"type": "passage", "id": "oil", "text": "The pipeline carries oil. It was closed in 2022 by a court."},
        {"type": "passage", "id": "vote", "text": "The election was held in November. The president won."},
        {"type": "passage", "id": "chess", "text": "The chess tournament ended. A girl of twelve took the prize."},
        {"type": "passage", "id": "twin", "text": "The chess tournament ended. A girl of twelve took the prize."},
    ]
    questions = [
        {"type": "question", "id": "1", "text": "Who closed it in 2022?", "passage_id": "oil", "answer": "a court"},
        {
            "type": "question",
            "id": "2",
            "text": "When was the election?",
            "passage_ids": ["vote"],
            "answer": "November",
        },
        {
            "type": "question",
            "id": "3",
            "text": "Who took the chess prize?",
            "passage_ids": ["chess"],
            "answer": "A girl",
        },
        {"type": "question", "id": "4", "text": "What about the chess tournament?", "passage_ids": ["chess", "twin"]},
        {"type": "question", "id": "5", "text": "Not here", "passage_id": "elsewhere", "answer": "x"},
    ]
    return write(tmp_path / "set.jsonl", passages + questions)


def test_quality_counts_ties_against_us_and_leaves_out_what_is_not_there(
    public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quality.main(["--passages", str(public), "--questions", str(public), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    # Questions 1 and 2 are right. The twin ties with the right passage of 3, which so has rank 2. Both passages of 4
    # are right and tie: each has rank 2.
    both = 2 / math.log2(3) / (1 + 1 / math.log2(3))
    assert found == {
        "ndcg@10": pytest.approx((1 + 1 + 1 / math.log2(3) + both) / 4),
        "hit@1": 0.5,
        "recall@10": 1.0,
        "n": 4,
    }


def test_a_right_passage_beyond_the_tenth_place_gains_nothing() -> None:
    found = quality.score([[1], [11], [2, 12], []], [1, 1, 2, 1])
    assert found.hit == 0.25
    assert found.recall == pytest.approx((1 + 0 + 0.5 + 0) / 4)
    assert found.ndcg == pytest.approx((1 + (1 / math.log2(3)) / (1 + 1 / math.log2(3))) / 4)


def test_highlights_are_right_where_they_hold_the_answer(public: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert highlights.main(["--passages", str(public), "--questions", str(public), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 3
    assert found["marked"] == 1.0


def test_bitext_counts_the_nearest_translation(encoder: StaticEncoder) -> None:
    pairs = [("кошка", "cat"), ("война", "war"), ("выборы", "election"), ("нефть", "oil")]
    assert bitext.accuracy(encoder, pairs) == 1.0
    swapped = [(source, target) for (source, _), (_, target) in zip(pairs, [*pairs[1:], pairs[0]], strict=True)]
    assert bitext.accuracy(encoder, swapped) == 0.0


def test_a_fitted_regression_refuses_its_budget_of_the_answerable() -> None:
    draw = np.random.default_rng(0)
    told = np.tile([0.0, 0.0, 1.0], (400, 1))  # the best passage is in the question's language, which the model reads
    answerable, unanswerable = (np.hstack([draw.normal(mean, 1, (400, 3)), told]) for mean in (1, -1))
    regression = trust.fit(answerable, unanswerable, answerable, budget=0.05)
    assert all(weight > 0 for weight in regression.weights)
    sure, never = (trust.trust.Regression((0.0, 0.0, 0.0), intercept) for intercept in (9.0, -9.0))
    fitted = {"SAME": regression, "OTHER": sure, "WORDS": never}
    assert trust.refused(answerable, fitted) == pytest.approx(0.05, abs=0.005)
    assert trust.refused(unanswerable, fitted) > 0.9
    unanswerable[:, -2] = 1  # in another language
    assert trust.refused(unanswerable, fitted) == 0
    answerable[:, -1] = 0  # which the model does not read
    assert trust.refused(answerable, fitted) == 1
