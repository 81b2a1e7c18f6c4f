"""A conversation: its turns, and the names by which the page speaks of a hit or a judgement in one of them."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from qa.answers import Answer, Hit
from qa.evaluate import Question
from qa.judgements import right, unanswerable, wrong
from qa.library import LONGEST_QUESTION

LONGEST_CONVERSATION = 30  # turns kept for each open page, since each holds its documents


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of the conversation with its answer, or with the problem that prevented one."""

    number: int
    question: str
    answer: Answer | None = None
    problem: str = ""

    def place(self, hit: Hit) -> str:
        """Return the name of a hit of this turn."""
        return f"{self.number}.{hit.rank}"


Turns = tuple[Turn, ...]


def next_turn(turns: Turns, question: str) -> Turn:
    """Return the turn that a question begins; a page shows it on one line, and not more than can be asked."""
    return Turn(turns[-1].number + 1 if turns else 1, " ".join(question.split())[:LONGEST_QUESTION])


def with_room(turns: Turns) -> Turns:
    """Return the turns that stay where another one joins them."""
    return turns[-LONGEST_CONVERSATION + 1 :]


def kept_questions(kept: str) -> list[str]:
    """Return the questions in what a page kept of its conversation as a JSON list: it may be anything at all."""
    try:
        found = json.loads(kept)
    except (ValueError, RecursionError):
        return []
    questions = found[-LONGEST_CONVERSATION:] if isinstance(found, list) else []
    return [question for question in questions if isinstance(question, str)]


def find_hit(turns: Turns, place: str) -> tuple[Answer, Hit] | None:
    """Return the hit of that name with its answer."""
    for turn in turns:
        for hit in turn.answer.hits if turn.answer else ():
            if turn.answer and turn.place(hit) == place:
                return turn.answer, hit
    return None


def find_judgement(turns: Turns, name: str) -> Question | None:
    """Return the judgement of that name."""
    return dict(_judgements(turns)).get(name)


def judged_names(turns: Turns, judged: Collection[Question]) -> tuple[str, ...]:
    """Return the names of those judgements that are among `judged`."""
    return tuple(name for name, judgement in _judgements(turns) if judgement in judged)


def _judgements(turns: Turns) -> Iterator[tuple[str, Question]]:
    """Yield every judgement that can be made of a conversation, with its name: what it is on, a colon, and its kind."""
    for turn in turns:
        if turn.answer:
            yield f"{turn.number}:none", unanswerable(turn.answer)
            for hit in turn.answer.hits:
                yield f"{turn.place(hit)}:right", right(turn.answer, hit)
                yield f"{turn.place(hit)}:wrong", wrong(turn.answer, hit)
