"""Turns and the names of what is in them: every name is found again, and nothing else is."""

import json

import pytest

from qa.conversation import (
    LONGEST_CONVERSATION,
    Turn,
    find_hit,
    find_judgement,
    judged_names,
    kept_questions,
    next_turn,
    with_room,
)
from qa.judgements import right, unanswerable, wrong
from qa.library import LONGEST_QUESTION
from tests.test_cards import make_answer, make_hit

FIRST, SECOND, OTHER = make_hit("one"), make_hit("two", rank=2), make_hit("three")
ANSWER, LAST = make_answer(FIRST, SECOND, question="Who?"), make_answer(OTHER, question="Why?")
TURNS = (Turn(3, "Who?", ANSWER), Turn(4, "What?", problem="It broke."), Turn(5, "When?"), Turn(6, "Why?", LAST))


def test_a_hit_is_found_by_its_place_in_its_turn() -> None:
    assert [turn.place(hit) for turn in TURNS if turn.answer for hit in turn.answer.hits] == ["3.1", "3.2", "6.1"]
    assert find_hit(TURNS, "3.2") == (ANSWER, SECOND)
    assert find_hit(TURNS, "6.1") == (LAST, OTHER)
    for strange in ("", "3", "3.3", "4.1", "5.1", "03.1", "3.1 "):
        assert find_hit(TURNS, strange) is None


def test_a_judgement_is_found_by_what_it_is_on_and_its_kind() -> None:
    assert find_judgement(TURNS, "3.2:wrong") == wrong(ANSWER, SECOND)
    assert find_judgement(TURNS, "6.1:right") == right(LAST, OTHER)
    assert find_judgement(TURNS, "6:none") == unanswerable(LAST)
    for strange in ("", "3:right", "3.1:none", "4:none", "3.1", "3.1:"):
        assert find_judgement(TURNS, strange) is None


def test_the_names_of_what_is_judged_come_in_the_order_of_the_conversation() -> None:
    judged = {unanswerable(LAST), wrong(ANSWER, SECOND), right(make_answer(FIRST, question="Elsewhere?"), FIRST)}
    assert judged_names(TURNS, judged) == ("3.2:wrong", "6:none")
    assert judged_names((), judged) == judged_names(TURNS, ()) == ()


def test_the_next_turn_has_the_next_number_and_one_line() -> None:
    assert next_turn((), " Who\n won? ") == Turn(1, "Who won?")
    assert next_turn(TURNS, "x" * 9999) == Turn(7, "x" * LONGEST_QUESTION)


@pytest.mark.parametrize("length", [0, 1, LONGEST_CONVERSATION - 1, LONGEST_CONVERSATION, 99])
def test_with_another_turn_a_conversation_is_as_long_as_it_may_be(length: int) -> None:
    turns = tuple(Turn(number, "Why?") for number in range(length))
    assert (*with_room(turns), "next") == (*turns, "next")[-LONGEST_CONVERSATION:]


@pytest.mark.parametrize(
    ("kept", "questions"),
    [
        (json.dumps(["Who?", "", 7, None, "Why?"]), ["Who?", "", "Why?"]),
        (json.dumps([str(number) for number in range(99)]), [str(number) for number in range(69, 99)]),
        ("", []),
        ("{", []),
        ('{"a": "b"}', []),
        ("[" * 99999, []),
        ("null", []),
    ],
)
def test_of_what_a_page_kept_the_last_questions_are_taken(kept: str, questions: list[str]) -> None:
    assert kept_questions(kept) == questions
