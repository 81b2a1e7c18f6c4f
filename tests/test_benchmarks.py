"""The benchmarks measure what they say, on cases worked by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from embeddings.static import StaticEncoder
from qa.trust import BEST, Evidence, load
from tests.benchmarks import bitext, highlights, quality, trust, trust_fit
from tests.benchmarks.trust import Case, Cases


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


def synthetic(draw: np.random.Generator, met: float, kind: str) -> Case:
    """Return a case of which one passage meets about the share `met` of the question, and scores accordingly."""
    levels = draw.permutation([met, *[0.2] * (BEST - 1)])
    tokens = np.c_[np.full(5, 0.2), draw.uniform(0.2, 1, (5, 2)), np.full(5, levels.mean())]
    inside = draw.normal(levels[:, None, None], 0.1, (BEST, 5, 2))
    scores = [draw.normal(levels, 0.1), draw.normal(levels / 2, 0.1), levels * 0 + 0.2, draw.normal(levels, 0.1)]
    passages = np.column_stack([*scores, levels * 0 + 4, levels * 0 + (kind == "OTHER")])
    evidence = Evidence(*(array.astype(np.float32) for array in (tokens, inside, passages)), float(kind != "WORDS"))
    return Case(evidence, (levels == met) & (met > 0.5))


def test_fitted_weights_find_the_answer_and_refuse_their_budget_of_the_answerable(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    sets = [trust.Set("xquad.ar", "xquad.ar", "weights, limit"), trust.Set("xquad.en", "xquad.ar", "weights, limit")]
    sets.append(trust.Set("xquad.th", "xquad.th", "weights, limit"))
    assert [one.kind for one in sets] == [*trust_fit.BUDGET]
    found: list[tuple[trust.Set, Cases]] = []
    for one in sets:
        kinds: dict[str, list[Case]] = {name: [] for name in (*trust.ANSWERABLE, *trust.UNANSWERABLE)}
        for name, met in (("whole", 0.9), ("missing", 0.2)):
            kinds[name] = [synthetic(draw, met, one.kind) for _ in range(400)]
        found.append((one, kinds))
    trust_fit.fit(found, found, tmp_path / "weights.safetensors")
    weights = load(tmp_path / "weights.safetensors")
    for one, kinds in found:
        known, missing = ([trust.answer(case, weights) for case in kinds[name]] for name in ("whole", "missing"))
        assert trust.refused(known) == pytest.approx(trust_fit.BUDGET[one.kind], abs=0.005)
        assert trust.refused(missing) > 0.9
        assert np.mean([answered.right for answered in known]) > 0.98


def test_the_questions_of_the_fit_and_the_others_are_asked_of_folders_of_every_size() -> None:
    sizes = [trust.PARTS[number % len(trust.PARTS)] for number in range(60)]
    assert {*sizes[0::2]} == {*sizes[1::2]} == {*trust.PARTS}


def test_a_layer_for_inputs_as_they_are_says_what_one_for_scaled_inputs_does() -> None:
    draw = np.random.default_rng(0)
    inputs, layer = draw.normal(3, 2, (50, 4)), draw.normal(0, 1, (7, 3))
    scale = inputs.mean(axis=0), inputs.std(axis=0)
    others = draw.normal(0, 1, (50, 2))
    expected = np.hstack([others, (inputs - scale[0]) / scale[1], np.ones((50, 1))]) @ layer
    found = np.hstack([others, inputs, np.ones((50, 1))]) @ trust_fit.unscaled(layer, scale, 2)
    np.testing.assert_allclose(found, expected)
