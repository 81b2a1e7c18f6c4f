"""Fit and report the confidence in the best passage, and with it what is refused.

    python -m tests.benchmarks.trust --data DIR [--questions N] [--fit]

Each question of a set is asked four times: of all passages ("answerable"); of all but those that answer it ("missing",
the hard case: others of the same article stay); of a small part of the passages with the answer; and of one without
("foreign"). Reported for each set is how many are refused: of the unanswerable the more the better, of the answerable
the fewer. "right" are those of the answerable for which a right passage comes first; where another one does, refusing
it is right. DIR holds the sets named in SETS as `NAME.jsonl`; a + joins passages that are searched together, of which
the first set answers.

With --fit the weights for qa/trust.py are fitted, then the intercepts, such that at a confidence of 0.5, of all
passages, 5 % of the answerable questions in one language, also in one that the model does not know, and 15 % across
languages are refused. The limit is held on
XQuAD, whose questions were written about one passage: elsewhere other passages of an article may answer as well.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
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
BUDGET = {"SAME": 0.05, "OTHER": 0.15, "WORDS": 0.05}  # of answerable questions refused
UNREAD = frozenset("el hi th zh".split())  # languages that the model does not know

Regressions = Mapping[str, trust.Regression]


@dataclass(frozen=True, slots=True)
class Set:
    """Questions of one file asked of the passages of others."""

    questions: str
    passages: str
    use: str = ""  # "weights" are fitted on it; "limit" holds the refused down on it; neither: how they carry over

    @property
    def kind(self) -> str:
        """The regression that its questions ask for; none where only some passages share their language."""
        language = self.questions.split(".")[-1]
        if "+" in self.passages:
            return ""
        return "WORDS" if language in UNREAD else "SAME" if language == self.passages.split(".")[-1] else "OTHER"


SETS = [
    Set("xquad.ar", "xquad.ar", "weights, limit"),
    Set("xquad.tr", "xquad.tr", "weights, limit"),
    Set("xquad.en", "xquad.en", "weights, limit"),
    Set("xquad.ru", "xquad.ru", "limit"),
    Set("xquad.de", "xquad.de", "limit"),
    Set("xquad.es", "xquad.es"),
    Set("xquad.ro", "xquad.ro"),
    Set("xquad.hi", "xquad.hi", "weights, limit"),
    Set("xquad.th", "xquad.th", "weights, limit"),
    Set("xquad.zh", "xquad.zh", "weights, limit"),
    Set("xquad.el", "xquad.el"),
    Set("tydiqa.ru", "tydiqa.ru", "weights"),
    Set("kazqad.kk", "kazqad.kk", "weights"),
    Set("parsinlu_rc.fa", "parsinlu_rc.fa", "weights"),
    Set("tydiqa.ar", "tydiqa.ar"),
    Set("mlqa_dev.ar", "mlqa_dev.ar"),
    Set("xquad.en", "xquad.ar", "weights, limit"),
    Set("xquad.ru", "xquad.ar", "weights, limit"),
    Set("xquad.ar", "xquad.en", "weights, limit"),
    Set("xquad.tr", "xquad.ru", "weights, limit"),
    Set("xquad.tr", "xquad.ar"),
    Set("xquad.ru", "xquad.en"),
    Set("xquad.es", "xquad.ar"),
    Set("xquad.en", "xquad_mt.fa"),
    Set("xquad.en", "xquad.ar+tydiqa.en", "weights"),
    Set("xquad.tr", "xquad.ar+thquad.tr", "weights"),
    Set("xquad.ru", "xquad.ar+tydiqa.ru"),
    Set("tydiqa.ru", "tydiqa.ru+xquad.ar"),
]

Features = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """What is told of each question of a set, asked in four ways. Each has shape (questions, 9).

    The columns are the features, whether the best passage answers, whether it is in another language, and how well the
    model reads the question.
    """

    whole: Features
    part: Features
    missing: Features
    foreign: Features


def ask(snapshot: Snapshot, question: Asked) -> Features:
    ranked = rank(snapshot.index, question.text)
    answers = snapshot.listed(int(ranked.rows[0])).path in question.right
    return np.append(trust.features(ranked), (answers, ranked.foreign[0], ranked.fluency))


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
    values = np.vstack([answerable, unanswerable])[:, :-3]  # (questions, features)
    labels = np.r_[np.ones(len(answerable)), np.zeros(len(unanswerable))]  # (questions,)
    design = np.c_[values, np.ones(len(values))]  # (questions, features + 1)
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-design @ weights))  # (questions,)
        curvature = (design * (chances * (1 - chances))[:, None]).T @ design + 1e-3 * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, design.T @ (chances - labels) + 1e-3 * weights)
    shift = float(np.quantile(judged[:, :-3] @ weights[:-1], budget))
    return trust.Regression(tuple(round(float(weight), 3) for weight in weights[:-1]), round(-shift, 3))


def logits(values: Features, regressions: Regressions) -> npt.NDArray[np.float64]:
    """Return the logit of each question's confidence, as `qa.trust.confidence` has it. Shape (questions,)."""
    told, foreign, fluency = values[:, :-3], values[:, -2], values[:, -1]
    same, other, words = (
        told @ np.array(regressions[kind].weights) + regressions[kind].intercept for kind in ("SAME", "OTHER", "WORDS")
    )
    return fluency * np.where(foreign > 0, other, same) + (1 - fluency) * words


def refused(values: Features, regressions: Regressions) -> float:
    """Return the share of questions whose confidence lies below the threshold."""
    return float(np.mean(1 / (1 + np.exp(-logits(values, regressions))) < trust.CONFIDENT))


def curve(answerable: Features, unanswerable: Features, regressions: Regressions) -> str:
    """Return the share of unanswerable questions refused where 1, 2, 5, 10, 15 and 20 % of the answerable are."""
    scores = [logits(values, regressions) for values in (answerable, unanswerable)]
    shares = [
        float(np.mean(scores[1] < np.quantile(scores[0], budget))) for budget in (0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
    ]
    return " ".join(f"{share:4.0%}" for share in shares)


def fit_all(found: Sequence[tuple[Set, Measured]]) -> Regressions:
    chosen = [measured for one, measured in found if "weights" in one.use]
    answerable = np.vstack([values for measured in chosen for values in (measured.whole, measured.part)])
    unanswerable = np.vstack([values for measured in chosen for values in (measured.missing, measured.foreign)])
    regressions: dict[str, trust.Regression] = {}
    for kind, budget in BUDGET.items():
        of_kind = [values[_kinds(values) == kind] for values in (answerable, unanswerable)]
        judged = np.vstack([measured.whole for one, measured in found if "limit" in one.use and one.kind == kind])
        regressions[kind] = fit(*of_kind, judged, budget=budget)
        print(f"{kind} = {regressions[kind]}")
    return regressions


def _kinds(values: Features) -> npt.NDArray[np.str_]:
    """Return the regression that counts most for each question. Shape (questions,)."""
    return np.where(values[:, -1] < 0.5, "WORDS", np.where(values[:, -2] > 0, "OTHER", "SAME"))


def report(found: Sequence[tuple[Set, Measured]], regressions: Regressions) -> None:
    print(
        f"{'questions':16}{'passages':24}{'used for':>16}{'missing':>9}{'foreign':>9}{'answerable':>12}{'right':>7}",
        end="",
    )
    print("   missing, where 1, 2, 5, 10, 15, 20 % of the answerable are refused")
    for one, measured in found:
        right = measured.whole[measured.whole[:, -3] > 0]
        kinds = (measured.missing, measured.foreign, measured.whole, right)
        widths = (9, 9, 12, 7)
        figures = "".join(f"{refused(kind, regressions):{wide}.0%}" for kind, wide in zip(kinds, widths, strict=True))
        choices = curve(measured.whole, measured.missing, regressions)
        print(f"{one.questions:16}{one.passages:24}{one.use:>16}{figures}   {choices}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.trust", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=600, help="of each set, drawn at random (600)")
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
    shipped = {"SAME": trust.SAME, "OTHER": trust.OTHER, "WORDS": trust.WORDS}
    regressions = fit_all(found) if options.fit else shipped
    report(found, regressions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
