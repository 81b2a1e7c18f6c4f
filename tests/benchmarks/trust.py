"""Fit and report the confidence in the best passage, and with it what is refused.

    python -m tests.benchmarks.trust --data DIR [--questions N] [--fit]

Each question of a set is asked twice: of all passages, and of all but those that answer it. Reported for each set is
how many of the second kind are refused (the more the better) and how many of the first (at most 5 % where question
and passages share a language, 15 % where they do not). DIR holds the sets named in SETS as `NAME.jsonl`. With --fit
the weights for qa/trust.py are fitted on the sets marked so, and the others show how they carry over.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.encoder import Encoder, load_encoder
from qa import trust
from qa.catalog import Contents
from qa.ranking import rank
from qa.snapshot import Snapshot
from tests.benchmarks.quality import Asked, contents_of, read_set

BUDGET = {True: 0.05, False: 0.15}  # of answerable questions refused, in the same language and in another


@dataclass(frozen=True, slots=True)
class Set:
    """Questions of one file asked of the passages of another."""

    questions: str
    passages: str
    fit: bool

    @property
    def same_language(self) -> bool:
        return self.questions.split(".")[-1] == self.passages.split(".")[-1]


SETS = [
    Set("xquad.ar", "xquad.ar", True),
    Set("xquad.tr", "xquad.tr", True),
    Set("xquad.en", "xquad.en", True),
    Set("tydiqa.ru", "tydiqa.ru", True),
    Set("kazqad.kk", "kazqad.kk", True),
    Set("parsinlu_rc.fa", "parsinlu_rc.fa", True),
    Set("xquad.ru", "xquad.ru", False),
    Set("xquad.de", "xquad.de", False),
    Set("tydiqa.ar", "tydiqa.ar", False),
    Set("mlqa_dev.ar", "mlqa_dev.ar", False),
    Set("xquad.en", "xquad.ar", True),
    Set("xquad.ru", "xquad.ar", True),
    Set("xquad.ar", "xquad.en", True),
    Set("xquad.tr", "xquad.ru", True),
    Set("xquad.tr", "xquad.ar", False),
    Set("xquad.ru", "xquad.en", False),
    Set("xquad.en", "xquad_mt.fa", False),
]

Features = npt.NDArray[np.float64]


def ask_twice(contents: Contents, encoder: Encoder, asked: Sequence[Asked]) -> tuple[Features, Features]:
    """Return the features of each question of the whole set and without its passages. Shape (questions, 3), twice."""
    whole = Snapshot.build(contents, encoder)
    within = [trust.features(rank(whole.index, question.text)) for question in asked]
    groups: dict[frozenset[str], list[int]] = {}
    for number, question in enumerate(asked):
        groups.setdefault(question.right, []).append(number)
    without: list[Features] = [np.zeros(0)] * len(asked)
    for right, numbers in groups.items():
        left = [place for place, document in enumerate(contents.documents) if document.path not in right]
        documents, rows = (tuple(parts[place] for place in left) for parts in (contents.documents, contents.rows))
        snapshot = Snapshot.build(replace(contents, documents=documents, rows=rows), encoder)
        for number in numbers:
            without[number] = trust.features(rank(snapshot.index, asked[number].text))
    return np.array(within), np.array(without)


def fit(answerable: Features, unanswerable: Features, *, budget: float) -> trust.Regression:
    """Fit a logistic regression by Newton's method, then shift it so that 0.5 refuses `budget` of the answerable."""
    values = np.vstack([answerable, unanswerable])  # (questions, features)
    labels = np.r_[np.ones(len(answerable)), np.zeros(len(unanswerable))]  # (questions,)
    design = np.c_[values, np.ones(len(values))]  # (questions, features + 1)
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-design @ weights))  # (questions,)
        curvature = (design * (chances * (1 - chances))[:, None]).T @ design + 1e-3 * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, design.T @ (chances - labels) + 1e-3 * weights)
    shift = float(np.quantile(answerable @ weights[:-1], budget))
    return trust.Regression(tuple(round(float(weight), 3) for weight in weights[:-1]), round(-shift, 3))


def refused(values: Features, regression: trust.Regression) -> float:
    """Return the share of questions whose confidence lies below the threshold."""
    logits = values @ np.array(regression.weights) + regression.intercept  # (questions,)
    return float(np.mean(1 / (1 + np.exp(-logits)) < trust.CONFIDENT))


def curve(answerable: Features, unanswerable: Features, regression: trust.Regression) -> str:
    """Return the share of unanswerable questions refused where 1, 2, 5, 10, 15 and 20 % of the answerable are."""
    scores = [values @ np.array(regression.weights) for values in (answerable, unanswerable)]
    shares = [
        float(np.mean(scores[1] < np.quantile(scores[0], budget))) for budget in (0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
    ]
    return " ".join(f"{share:4.0%}" for share in shares)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.trust", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=200, help="of each set, drawn at random (200)")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args(arguments)
    encoder = load_encoder()
    found: list[tuple[Set, Features, Features]] = []
    for one in SETS:
        texts, asked = read_set(options.data / f"{one.passages}.jsonl", options.data / f"{one.questions}.jsonl")
        drawn = np.random.default_rng(0).permutation(len(asked))[: options.questions]
        found.append((one, *ask_twice(contents_of(encoder, texts), encoder, [asked[place] for place in drawn])))
        print(f"asked {one.questions} of {one.passages}", file=sys.stderr, flush=True)
    regressions = {True: trust.SAME, False: trust.OTHER}
    if options.fit:
        for same, budget in BUDGET.items():
            chosen = [(a, u) for one, a, u in found if one.fit and one.same_language is same]
            pooled = [np.vstack(parts) for parts in zip(*chosen, strict=True)]
            regressions[same] = fit(pooled[0], pooled[1], budget=budget)
            print(f"{'SAME' if same else 'OTHER'} = {regressions[same]}")
    print(
        f"{'questions':16}{'passages':16}{'fitted on':>10}{'refused: unanswerable':>23}{'answerable':>12}   at 1 2 5 10 15 20 %"
    )
    for one, answerable, unanswerable in found:
        regression = regressions[one.same_language]
        shares = f"{refused(unanswerable, regression):23.0%}{refused(answerable, regression):12.0%}"
        mark = "yes" if one.fit else "no"
        print(f"{one.questions:16}{one.passages:16}{mark:>10}{shares}   {curve(answerable, unanswerable, regression)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
