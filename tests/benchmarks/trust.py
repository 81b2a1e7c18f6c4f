"""Fit and report the confidence in the best passage, and with it what is refused.

    python -m tests.benchmarks.trust --data DIR [--questions N] [--fit]

Each question of a set is asked four times: of all passages; of all but those that answer it ("missing", the hard
case: others of the same article stay); of a small part of the passages with the answer; and of one without ("foreign").
Reported for each set is how many of the unanswerable are refused (the more the better) and how many of the answerable
(the intercepts are such that, of all passages, it is 5 % of those in one language and 15 % across languages). DIR holds
the sets named in SETS as `NAME.jsonl`; a + joins passages that are searched together, of which the first set answers.
With --fit the weights for qa/trust.py are fitted on the sets marked so; the others show how they carry over.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.encoder import load_encoder
from qa import trust
from qa.ranking import rank
from qa.snapshot import Snapshot
from tests.benchmarks.quality import Asked, contents_of, read_set

PART = 30  # passages
BUDGET = {True: 0.05, False: 0.15}  # of answerable questions refused, in the same language and in another


@dataclass(frozen=True, slots=True)
class Set:
    """Questions of one file asked of the passages of others."""

    questions: str
    passages: str
    fit: bool

    @property
    def same_language(self) -> bool | None:
        """Tell whether questions and passages share a language, None where only some passages do."""
        mixed = "+" in self.passages
        return None if mixed else self.questions.split(".")[-1] == self.passages.split(".")[-1]


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
    Set("xquad.en", "xquad.ar+tydiqa.en", True),
    Set("xquad.tr", "xquad.ar+thquad.tr", True),
    Set("xquad.ru", "xquad.ar+tydiqa.ru", False),
    Set("tydiqa.ru", "tydiqa.ru+xquad.ar", False),
]

Features = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """The features of each question of a set, asked in four ways, and whether the best passage is in another language.

    Each has shape (questions, 4).
    """

    whole: Features
    part: Features
    missing: Features
    foreign: Features

    @property
    def answerable(self) -> Features:
        return np.vstack([self.whole, self.part])

    @property
    def unanswerable(self) -> Features:
        return np.vstack([self.missing, self.foreign])


def ask(snapshot: Snapshot, question: Asked) -> Features:
    ranked = rank(snapshot.index, question.text)
    return np.append(trust.features(ranked), ranked.foreign[0])


def keep(snapshot: Snapshot, places: Sequence[int]) -> Snapshot:
    listed = tuple(snapshot.listing.documents[place] for place in places)
    return Snapshot.over(replace(snapshot.listing, documents=listed), snapshot.segments, snapshot.index.encoder)


def measure(whole: Snapshot, asked: Sequence[Asked]) -> Measured:
    names = [document.path for document in whole.listing.documents]
    shuffled = np.random.default_rng(1).permutation(len(names)).tolist()
    parts = [shuffled[first : first + PART] for first in range(0, len(shuffled), PART)]
    snapshots = [keep(whole, part) for part in parts]
    found: list[list[Features]] = [[], [], [], []]
    for question in asked:
        home = next(place for place, part in enumerate(parts) if any(names[row] in question.right for row in part))
        away = [place for place, part in enumerate(parts) if not any(names[row] in question.right for row in part)]
        without = keep(whole, [place for place, name in enumerate(names) if name not in question.right])
        asked_of = [whole, snapshots[home], without, snapshots[away[0] if away else home]]
        for kind, snapshot in zip(found, asked_of, strict=True):
            kind.append(ask(snapshot, question))
    return Measured(*map(np.array, found))


def fit(answerable: Features, unanswerable: Features, judged: Features, *, budget: float) -> trust.Regression:
    """Fit a logistic regression by Newton's method, then shift it so that 0.5 refuses `budget` of the judged."""
    values = np.vstack([answerable, unanswerable])  # (questions, features)
    labels = np.r_[np.ones(len(answerable)), np.zeros(len(unanswerable))]  # (questions,)
    design = np.c_[values, np.ones(len(values))]  # (questions, features + 1)
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-design @ weights))  # (questions,)
        curvature = (design * (chances * (1 - chances))[:, None]).T @ design + 1e-3 * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, design.T @ (chances - labels) + 1e-3 * weights)
    shift = float(np.quantile(judged @ weights[:-1], budget))
    return trust.Regression(tuple(round(float(weight), 3) for weight in weights[:-1]), round(-shift, 3))


def logits(values: Features, regressions: dict[bool, trust.Regression]) -> npt.NDArray[np.float64]:
    """Return the logit of each question's confidence, by the regression that its best passage asks for."""
    each = [
        values[:, :-1] @ np.array(regressions[same].weights) + regressions[same].intercept for same in (True, False)
    ]
    return np.where(values[:, -1] > 0, each[1], each[0])


def refused(values: Features, regressions: dict[bool, trust.Regression]) -> float:
    """Return the share of questions whose confidence lies below the threshold."""
    return float(np.mean(1 / (1 + np.exp(-logits(values, regressions))) < trust.CONFIDENT))


def curve(answerable: Features, unanswerable: Features, regressions: dict[bool, trust.Regression]) -> str:
    """Return the share of unanswerable questions refused where 1, 2, 5, 10, 15 and 20 % of the answerable are."""
    scores = [logits(values, regressions) for values in (answerable, unanswerable)]
    shares = [
        float(np.mean(scores[1] < np.quantile(scores[0], budget))) for budget in (0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
    ]
    return " ".join(f"{share:4.0%}" for share in shares)


def fit_all(found: Sequence[tuple[Set, Measured]]) -> dict[bool, trust.Regression]:
    chosen = [measured for one, measured in found if one.fit]
    answerable = np.vstack([measured.answerable for measured in chosen])
    unanswerable = np.vstack([measured.unanswerable for measured in chosen])
    regressions: dict[bool, trust.Regression] = {}
    for same, budget in BUDGET.items():
        of_kind = [values[(values[:, -1] > 0) != same, :-1] for values in (answerable, unanswerable)]
        judged = np.vstack([measured.whole for one, measured in found if one.fit and one.same_language is same])
        regressions[same] = fit(*of_kind, judged[:, :-1], budget=budget)
        print(f"{'SAME' if same else 'OTHER'} = {regressions[same]}")
    return regressions


def report(found: Sequence[tuple[Set, Measured]], regressions: dict[bool, trust.Regression]) -> None:
    print(f"{'questions':16}{'passages':24}{'fitted':>8}{'missing':>9}{'foreign':>9}{'answerable':>12}", end="")
    print("   missing, where 1, 2, 5, 10, 15, 20 % of the answerable are refused")
    for one, measured in found:
        kinds = (measured.missing, measured.foreign, measured.answerable)
        shares = [refused(kind, regressions) for kind in kinds]
        figures = "".join(f"{share:{width}.0%}" for share, width in zip(shares, (9, 9, 12), strict=True))
        choices = curve(measured.whole, measured.missing, regressions)
        print(f"{one.questions:16}{one.passages:24}{'yes' if one.fit else 'no':>8}{figures}   {choices}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.trust", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=200, help="of each set, drawn at random (200)")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args(arguments)
    encoder = load_encoder()
    found: list[tuple[Set, Measured]] = []
    for one in SETS:
        passages = [options.data / f"{name}.jsonl" for name in one.passages.split("+")]
        texts, asked = read_set(passages, options.data / f"{one.questions}.jsonl")
        drawn = np.random.default_rng(0).permutation(len(asked))[: options.questions]
        whole = Snapshot.build(contents_of(encoder, texts), encoder)
        found.append((one, measure(whole, [asked[place] for place in drawn])))
        print(f"asked {one.questions} of {one.passages}", file=sys.stderr, flush=True)
    regressions = fit_all(found) if options.fit else {True: trust.SAME, False: trust.OTHER}
    report(found, regressions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
