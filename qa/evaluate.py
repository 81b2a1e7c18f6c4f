"""Measure a library on one's own questions: how often the right passage comes first, and what is refused."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings.text import fold
from qa.errors import EvaluationError
from qa.library import Library

DEPTH = 10  # hits looked at for the mean reciprocal rank


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the strings of which a right passage contains one; `document` is None where none answers."""

    language: str
    text: str
    document: str | None
    contains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question: the rank of the first right hit, None where there was none, and whether refused."""

    question: Question
    rank: int | None
    refused: bool

    @property
    def failed(self) -> bool:
        """Tell whether the reader was told something wrong, or not told what stands there."""
        if self.question.document is None:
            return not self.refused
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
    """Read one JSON object per line; raise EvaluationError with the line that does not fit."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"The questions in {file} cannot be read ({error}): name a UTF-8 text file.") from error
    questions = [_read(file, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not questions:
        raise EvaluationError(f"There are no questions in {file}: write one JSON object per line.")
    return questions


def _read(file: Path, number: int, line: str) -> Question:
    try:
        found = json.loads(line)
        if isinstance(found.get("contains"), str):
            raise TypeError("contains is a text, not a list")
        question = Question(found["lang"], found["question"], found["document"], tuple(found.get("contains") or ()))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise EvaluationError(
            f"Line {number} of {file} is no question ({type(error).__name__}: {error}): write "
            '{"lang": "en", "question": "…", "document": "file.txt" or null, "contains": ["…"]}.'
        ) from error
    texts = [question.language, question.text, *question.contains]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise EvaluationError(f"Line {number} of {file}: lang, question and contains must be texts that are not empty.")
    if question.document is not None and not question.contains:
        raise EvaluationError(f"Line {number} of {file}: an answerable question needs one string in contains.")
    return question


def ask_all(library: Library, questions: Iterable[Question]) -> list[Outcome]:
    """Ask every question and look where the first right hit stands."""
    return [_ask(library, question) for question in questions]


def _ask(library: Library, question: Question) -> Outcome:
    answer = library.ask(question.text, DEPTH)
    wanted = [_plain(text) for text in question.contains]
    right = [hit.rank for hit in answer.hits if any(text in _plain(hit.text) for text in wanted)]
    return Outcome(question, right[0] if right else None, not answer.confident)


def _plain(text: str) -> str:
    return " ".join(fold(text).split())


def score(outcomes: Sequence[Outcome]) -> Score:
    """Return the fractions over some outcomes; ranks count whether the answer was refused or not."""
    answerable = [outcome for outcome in outcomes if outcome.question.document is not None]
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
