"""Report how far the confidence in the best passage can be relied on, or fit it anew.

    python -m tests.benchmarks.trust --data DIR [--questions N] [--fit]

Each question of a set is asked of all passages ("answerable"); of all but those that answer it ("missing", the hard
case: others of the same article stay); of a small part of the passages with the answer, and of one without; and of
another set ("elsewhere"). One or two words of it are asked of the same, but for "missing", since other passages may
tell of them too. Reported is how many are refused: of the unanswerable the more the better, of the answerable the
fewer. "right" are those of the answerable for which a right passage comes first; where another one does, refusing it is
right. The last two columns tell how often one comes first, by the sums of the scores alone and as judged. DIR holds the
sets named in SETS as `NAME.jsonl`; a + joins passages that are searched together, of which the first set answers.

With --fit the weights in qa/trust.safetensors are fitted on every other question; the report is always on the rest, on
which only the thresholds are chosen.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embeddings.encoder import load_encoder
from embeddings.text import fold
from qa import trust
from qa.language import is_common
from qa.ranking import add_up
from qa.snapshot import Snapshot
from tests.benchmarks.quality import Asked, contents_of, read_set

PARTS = (30, 5, 1)  # passages of a small folder, in turn: an odd number of sizes, since every other question is fitted
UNREAD = frozenset("el hi th zh".split())  # languages that the model does not know
ANSWERABLE = ("whole", "part", "words of whole", "words of part")
UNANSWERABLE = ("missing", "rest", "elsewhere", "words of rest", "words elsewhere")


# Passages that do not answer a set's questions, by their language: the second where the first is the set's own.
ELSEWHERE = {
    "ar": ("xquad.ar", "tydiqa.ar"),
    "en": ("xquad.en", "tydiqa.en"),
    "fa": ("xquad_mt.fa", "parsinlu_rc.fa"),
    "ru": ("xquad.ru", "tydiqa.ru"),
    "tr": ("xquad.tr", "thquad.tr"),
}


@dataclass(frozen=True, slots=True)
class Set:
    """Questions of one file asked of the passages of others."""

    questions: str
    passages: str
    use: str = ""  # all "weights" or the "network" alone are fitted on it; "limit" holds the refused down; "": not used

    @property
    def kind(self) -> str:
        """What its questions ask of: passages in their own language, in another, or in one that is not read."""
        language = self.questions.split(".")[-1]
        if "+" in self.passages:
            return "MIXED"
        return "WORDS" if language in UNREAD else "SAME" if language == self.passages.split(".")[-1] else "OTHER"

    @property
    def elsewhere(self) -> str:
        """Return passages that do not answer its questions, or "" where there are none in their language."""
        first, *others = self.passages.split("+")
        return "+".join(others) or next((name for name in ELSEWHERE.get(first.split(".")[-1], ()) if name != first), "")


SETS = [
    Set("xquad.ar", "xquad.ar", "weights, limit"),
    Set("xquad.tr", "xquad.tr", "weights, limit"),
    Set("xquad.en", "xquad.en", "weights, limit"),
    Set("xquad.ru", "xquad.ru", "weights, limit"),
    Set("xquad.de", "xquad.de", "weights, limit"),
    Set("xquad.es", "xquad.es"),
    Set("xquad.ro", "xquad.ro"),
    Set("tydiqa.ru", "tydiqa.ru", "weights"),
    Set("kazqad.kk", "kazqad.kk", "weights"),
    Set("parsinlu_rc.fa", "parsinlu_rc.fa", "weights"),
    Set("tydiqa.ar", "tydiqa.ar"),
    Set("mlqa_dev.ar", "mlqa_dev.ar"),
    Set("xquad.en", "xquad.ar", "weights, limit"),
    Set("xquad.ru", "xquad.ar", "weights, limit"),
    Set("xquad.ar", "xquad.en", "weights, limit"),
    Set("xquad.tr", "xquad.ru", "weights, limit"),
    Set("xquad.en", "xquad.ru", "network"),
    Set("xquad.en", "xquad.tr", "network"),
    Set("xquad.ar", "xquad.ru", "network"),
    Set("xquad.ar", "xquad.tr", "network"),
    Set("xquad.de", "xquad.ar", "network"),
    Set("xquad.tr", "xquad.en", "network"),
    Set("xquad.ru", "xquad.de", "network"),
    Set("xquad.tr", "xquad.ar"),
    Set("xquad.ru", "xquad.en"),
    Set("xquad.es", "xquad.ar"),
    Set("xquad.en", "xquad_mt.fa"),
    Set("xquad.hi", "xquad.hi", "weights, limit"),
    Set("xquad.th", "xquad.th", "weights, limit"),
    Set("xquad.zh", "xquad.zh", "weights, limit"),
    Set("xquad.el", "xquad.el"),
    Set("xquad.en", "xquad.ar+parsinlu_rc.fa+tydiqa.ru+kazqad.kk+thquad.tr+tydiqa.en", "weights"),
    Set("xquad.ru", "xquad_mt.fa+tydiqa.ar+kazqad.kk+thquad.tr+tydiqa.en", "weights"),
    Set("xquad.en", "xquad.ar+tydiqa.en", "weights"),
    Set("xquad.tr", "xquad.ar+thquad.tr", "weights"),
    Set("tydiqa.ru", "tydiqa.ru+xquad.ar+parsinlu_rc.fa+kazqad.kk+thquad.tr+tydiqa.en", "network"),
    Set("parsinlu_rc.fa", "parsinlu_rc.fa+tydiqa.ar+tydiqa.ru+tydiqa.en", "network"),
    Set("kazqad.kk", "kazqad.kk+tydiqa.ru+thquad.tr+xquad.ar", "network"),
    Set("xquad.ar", "xquad.ar+parsinlu_rc.fa+tydiqa.ru+tydiqa.en", "network"),
    Set("xquad.en", "xquad.en+tydiqa.ar+parsinlu_rc.fa+tydiqa.ru", "network"),
    Set("xquad.ru", "xquad.ar+tydiqa.ru"),
    Set("tydiqa.ru", "tydiqa.ru+xquad.ar"),
]


@dataclass(frozen=True, slots=True)
class Case:
    """A question asked of some passages: the evidence for the best of them, and whether each is a right one."""

    evidence: trust.Evidence
    right: npt.NDArray[np.bool_]  # (passages,)


@dataclass(frozen=True, slots=True)
class Answered:
    """What weights make of a case: the logit of the passage that they put first, and whether it is a right one."""

    logit: float
    right: bool


Cases = Mapping[str, Sequence[Case]]  # of a set, by the names in ANSWERABLE and UNANSWERABLE


class Corpus:
    """The passages of a set, whole and in parts."""

    def __init__(self, whole: Snapshot) -> None:
        self.whole = whole
        self._names = [document.path for document in whole.listing.documents]
        shuffled = np.random.default_rng(1).permutation(len(self._names)).tolist()
        self._parts = {
            size: [shuffled[first : first + size] for first in range(0, len(shuffled), size)] for size in PARTS
        }
        self._snapshots: dict[tuple[int, int], Snapshot] = {}  # of the parts that were asked so far

    def part(self, question: Asked, size: int, *, answering: bool) -> Snapshot:
        """Return the first part that holds an answer to the question, or the first that holds none."""
        holds = [any(self._names[row] in question.right for row in part) for part in self._parts[size]]
        number = holds.index(answering)
        if (size, number) not in self._snapshots:
            self._snapshots[size, number] = self._keep(self._parts[size][number])
        return self._snapshots[size, number]

    def without(self, question: Asked) -> Snapshot:
        """Return all passages but those that answer the question."""
        return self._keep([row for row, name in enumerate(self._names) if name not in question.right])

    def _keep(self, rows: Sequence[int]) -> Snapshot:
        listed = tuple(self.whole.listing.documents[row] for row in rows)
        return Snapshot.over(
            replace(self.whole.listing, documents=listed), self.whole.segments, self.whole.index.encoder
        )


def cases(corpus: Corpus, other: Corpus | None, asked: Sequence[Asked]) -> Cases:
    """Ask each question in all ways."""
    found: dict[str, list[Case]] = {name: [] for name in (*ANSWERABLE, *UNANSWERABLE)}
    draw = np.random.default_rng(5)
    for number, question in enumerate(asked):
        size = PARTS[number % len(PARTS)]
        words = replace(question, text=_words(question.text, draw))
        part, rest = (corpus.part(question, size, answering=answering) for answering in (True, False))
        for name, snapshot in (("whole", corpus.whole), ("part", part), ("rest", rest)):
            found[name].append(_ask(snapshot, question))
        found["missing"].append(_ask(corpus.without(question), question))
        for name, snapshot in (("whole", corpus.whole), ("part", part), ("rest", rest)):
            found[f"words of {name}"].append(_ask(snapshot, words))
        if other is not None:  # whose passages may have the same ids
            found["elsewhere"].append(_ask(other.whole, replace(question, right=frozenset())))
            found["words elsewhere"].append(_ask(other.whole, replace(words, right=frozenset())))
    return found


def _words(question: str, draw: np.random.Generator) -> str:
    """Return one or two of the three longest words that matter."""
    telling = {word for word in fold(question).split() if not is_common(word) and len(word) > 2}
    longest = sorted(sorted(telling), key=len)[-3:] or [question]
    return " ".join(draw.permutation(longest)[: draw.integers(1, 3)].tolist())


def _ask(snapshot: Snapshot, question: Asked) -> Case:
    ranked = add_up(snapshot.index, question.text)  # which needs no weights
    paths = [snapshot.listed(row).path for row in ranked.rows[: trust.BEST].tolist()]
    return Case(trust.gather(ranked), np.array([path in question.right for path in paths]))


def answer(case: Case, weights: trust.Weights) -> Answered:
    """Return what the weights make of a case."""
    first = int(weights.scores(case.evidence).argmax())
    return Answered(weights.logit(case.evidence, first), bool(case.right[first]))


def refused(found: Sequence[Answered]) -> float:
    """Return the share of questions whose confidence lies below the threshold."""
    threshold = np.log(trust.CONFIDENT / (1 - trust.CONFIDENT))
    return float(np.mean([one.logit < threshold for one in found])) if found else float("nan")


def curve(answerable: Sequence[Answered], missing: Sequence[Answered]) -> str:
    """Return the share of missing ones refused where 1, 2, 5, 10, 15 and 20 % of the answerable are."""
    known, unknown = (np.array([one.logit for one in found]) for found in (answerable, missing))
    shares = [np.mean(unknown < np.quantile(known, budget)) for budget in (0.01, 0.02, 0.05, 0.1, 0.15, 0.2)]
    return " ".join(f"{share:4.0%}" for share in shares)


COLUMNS = ("missing", "rest", "elsewhere", "whole", "right", "part")
FIRST = ("first by sums", "first as judged")  # for how many of the answerable a right passage comes first
WORDS = ("words of whole", "words of part", "words of rest", "words elsewhere")


def report(found: Sequence[tuple[Set, Cases]], weights: trust.Weights) -> None:
    """Print what is refused of each set, then the means of sets of a kind."""
    columns = (*COLUMNS, *WORDS)
    print(
        f"{'questions':16}{'passages':20}{'used for':>16}"
        + "".join(f"{name.replace(' of', ''):>16}" for name in (*columns, *FIRST))
    )
    rows: dict[tuple[str, bool, bool], list[list[float]]] = {}
    curves = []
    for one, cases_of in found:
        kinds = {name: [answer(case, weights) for case in of_kind] for name, of_kind in cases_of.items()}
        kinds["right"] = [answered for answered in kinds["whole"] if answered.right]
        by_sums = [case.right[case.evidence.passages[:, 0].argmax()] for case in cases_of["whole"]]
        firsts = [float(np.mean(right)) for right in (by_sums, [answered.right for answered in kinds["whole"]])]
        figures = [*(refused(kinds[name]) for name in columns), *firsts]
        print(f"{one.questions:16}{one.passages:20}{one.use:>16}" + "".join(f"{figure:16.1%}" for figure in figures))
        rows.setdefault((one.kind, "limit" in one.use, one.questions.startswith("xquad")), []).append(figures)
        curves.append(f"{one.questions:16}{one.passages:20}   {curve(kinds['whole'], kinds['missing'])}")
    for (kind, limit, xquad), figures_of in rows.items():
        name = f"{kind} {'XQuAD' if xquad else 'other sets'}{', limit' if limit else ''} ({len(figures_of)})"
        columns_of = [[value for value in column if value == value] for column in zip(*figures_of, strict=True)]
        means = [np.mean(column) if column else float("nan") for column in columns_of]
        print(f"{name:52}" + "".join(f"{mean:16.1%}" for mean in means))
    print("missing, where 1, 2, 5, 10, 15, 20 % of the answerable are refused:", *curves, sep="\n")


def _every_other(found: Sequence[tuple[Set, Cases]], first: int) -> list[tuple[Set, Cases]]:
    return [(one, {name: of_kind[first::2] for name, of_kind in kinds.items()}) for one, kinds in found]


def _measured(data: Path, count: int) -> Iterator[tuple[Set, Cases]]:
    encoder = load_encoder()
    corpora: dict[str, Corpus] = {}

    def corpus(passages: str) -> Corpus:
        if passages not in corpora:
            files = [data / f"{name}.jsonl" for name in passages.split("+")]
            texts, _ = read_set(files, files[0])
            corpora[passages] = Corpus(Snapshot.build(contents_of(encoder, texts), encoder))
        return corpora[passages]

    for one in SETS:
        _, asked = read_set([data / f"{one.passages.split('+')[0]}.jsonl"], data / f"{one.questions}.jsonl")
        drawn = np.random.default_rng(0).permutation(len(asked))[:count]
        other = corpus(one.elsewhere) if one.elsewhere else None
        yield one, cases(corpus(one.passages), other, [asked[place] for place in drawn])
        print(f"asked {one.questions} of {one.passages}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.trust", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=1200, help="of each set, drawn at random (1200)")
    parser.add_argument("--fit", action="store_true", help="write qa/trust.safetensors anew")
    options = parser.parse_args(arguments)
    found = list(_measured(options.data, options.questions))
    if options.fit:
        from tests.benchmarks.trust_fit import fit

        fit(_every_other(found, 0), _every_other(found, 1), trust.WEIGHTS)
        trust.load.cache_clear()
    report(_every_other(found, 1), trust.load())
    return 0


if __name__ == "__main__":
    sys.exit(main())
