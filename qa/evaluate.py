"""Measure a library on one's own questions: how often the right passage comes first, and what is refused."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.text import fold
from qa.answers import Answer, Hit
from qa.errors import EvaluationError, QuestionError
from qa.library import Library

DEPTH = 10  # hits looked at for the mean reciprocal rank


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and strings one of which a right passage contains; `document` is None where nothing answers it.

    `wrong` are strings from passages that do not answer: where one of these comes first, the question has failed. A
    question with nothing but `wrong` counts in no measure.
    """

    language: str
    text: str
    document: str | None
    contains: tuple[str, ...]
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question: the rank of the first right hit, None where there was none, and whether refused.

    `misled` says that a passage known to be wrong came first and was not refused. `problem` says why the question could
    not be asked at all, which counts as refused.
    """

    question: Question
    rank: int | None
    refused: bool
    misled: bool = False
    problem: str = ""

    @property
    def failed(self) -> bool:
        """Whether the user was shown something wrong, or not shown what is there."""
        if self.question.document is None:
            return not self.refused
        if not self.question.contains:
            return self.misled
        return self.refused or self.rank != 1


@dataclass(frozen=True, slots=True)
class Score:
    """Fractions over the questions of one language; None where there was no question to measure it on."""

    answerable: int
    unanswerable: int
    hit_1: float | None
    hit_3: float | None
    hit_5: float | None
    mrr: float | None
    refused_right: float | None
    refused_wrong: float | None


def read_questions(file: Path) -> list[Question]:
    """Read one JSON object per line; lines about the same question are one question with several right passages.

    Raise EvaluationError that names the first invalid line.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")  # a JSON string may hold other line separators
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"The questions in {file} cannot be read ({error}): name a UTF-8 text file.") from error
    numbered = [(f"Line {number} of {file}", line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not numbered:
        raise EvaluationError(f"There are no questions in {file}: write one JSON object per line.")
    questions: dict[tuple[str, str, bool], Question] = {}
    for where, line in numbered:
        found = parse(line, where)
        key = (found.language, found.text, found.document is None)
        questions[key] = _join(questions[key], found) if key in questions else found
    return list(questions.values())


def _join(one: Question, other: Question) -> Question:
    first = one if one.contains else other  # the document is that of a right passage where there is one
    contains, wrong = (
        tuple(dict.fromkeys(texts)) for texts in (one.contains + other.contains, one.wrong + other.wrong)
    )
    return replace(first, contains=contains, wrong=wrong)


def parse(line: str, where: str = "This line") -> Question:
    """Return the question in a line of JSON; raise EvaluationError where there is none."""
    try:
        found = json.loads(line)
        lists = [found.get(name) or () for name in ("contains", "wrong")]
        if any(isinstance(texts, str) for texts in lists):
            raise TypeError("contains or wrong is a string, not a list")
        question = Question(found["lang"], found["question"], found["document"], *map(tuple, lists))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise EvaluationError(
            f"{where} is not a question ({type(error).__name__}: {error}): write "
            '{"lang": "en", "question": "…", "document": "file.txt" or null, "contains": ["…"]}.'
        ) from error
    texts = [question.language, question.text, *question.contains, *question.wrong]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise EvaluationError(f"{where}: lang, question, contains and wrong must be strings that are not empty.")
    if not isinstance(question.document, str | None):
        raise EvaluationError(f"{where}: document must be the path of a document, or null.")
    if question.document is not None and not (question.contains or question.wrong):
        raise EvaluationError(f"{where}: an answerable question needs one string in contains.")
    return question


def ask_all(library: Library, questions: Iterable[Question]) -> list[Outcome]:
    """Ask every question and return what came of each, in the same order."""
    return [_ask(library, question) for question in questions]


def _ask(library: Library, question: Question) -> Outcome:
    try:
        return judge(library.ask(question.text, DEPTH), question)
    except QuestionError as error:  # such as a condition that nothing meets any more
        return Outcome(question, None, refused=True, problem=str(error))


def absent(library: Library, questions: Iterable[Question]) -> list[str]:
    """Return the documents that the questions name and the library lacks, in order of their paths."""
    there = {document.path for document in library.documents}
    return sorted({question.document for question in questions if question.document is not None} - there)


def judge(answer: Answer, question: Question) -> Outcome:
    """Return what came of a question that got this answer."""
    right = [hit.rank for hit in answer.hits if _holds(hit, question.contains)]
    misled = answer.confident and any(_holds(hit, question.wrong) for hit in answer.hits[:1])
    return Outcome(question, right[0] if right else None, not answer.confident, misled)


def _holds(hit: Hit, texts: Sequence[str]) -> bool:
    return any(plain(text) in plain(hit.text) for text in texts)


def plain(text: str) -> str:
    """Return `text` folded, with single spaces: how questions and passages are compared."""
    return " ".join(fold(text).split())


def score(outcomes: Sequence[Outcome]) -> Score:
    """Return the fractions over some outcomes; ranks count whether the answer was refused or not."""
    answerable = [found for found in outcomes if found.question.document is not None and found.question.contains]
    unanswerable = [outcome for outcome in outcomes if outcome.question.document is None]
    ranks = [outcome.rank or 0 for outcome in answerable]
    return Score(
        len(answerable),
        len(unanswerable),
        _mean([rank == 1 for rank in ranks]),
        _mean([0 < rank <= 3 for rank in ranks]),
        _mean([0 < rank <= 5 for rank in ranks]),
        _mean([1 / rank if rank else 0.0 for rank in ranks]),
        _mean([outcome.refused for outcome in unanswerable]),
        _mean([outcome.refused for outcome in answerable]),
    )


def score_languages(outcomes: Sequence[Outcome]) -> list[tuple[str, Score]]:
    """Return the score of each language, in order of their codes, and under "all" that of all questions."""
    languages = sorted({outcome.question.language for outcome in outcomes})
    groups = [(code, [outcome for outcome in outcomes if outcome.question.language == code]) for code in languages]
    return [(code, score(group)) for code, group in [*groups, ("all", list(outcomes))]]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
