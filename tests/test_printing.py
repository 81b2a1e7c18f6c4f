"""What the command line prints for people: answers with their places, messages on one line, not too many of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.errors import SanadError
from qa.answers import Place
from qa.doctor import Finding
from qa.folder import Skipped
from qa.printing import MESSAGES, answer_text, error_text, skip_text, visit_lines
from qa.spans import Span
from qa.visit import Visit
from tests.test_cards import make_answer, make_document, make_hit

HIT = replace(make_hit("Before. The sentence. After.", mark=Span(8, 21), title="Head"), language="en")


def test_an_answer_is_its_verdict_and_its_hits() -> None:
    answer = make_answer(HIT, replace(make_hit("Nothing marked.", path="b.txt", rank=2), language="fa"))
    assert answer_text(answer, bold=False) == (
        "Found: searched 57 passages in 5 documents. Confidence 78 %.\n\n"
        "1. Head (en)\n   a.txt, characters 0-28, paragraph 3\nBefore. The sentence. After.\n\n"
        "2. T (fa)\n   b.txt, characters 0-15, paragraph 3\nNothing marked."
    )
    assert answer_text(replace(answer, waiting=1, hits=()), bold=False).endswith(
        "Confidence 78 %. 1 file not indexed yet."
    )


def test_only_on_a_terminal_the_sentence_that_answers_is_bold() -> None:
    told = answer_text(make_answer(HIT), bold=True)
    assert "Before. \x1b[1mThe sentence.\x1b[0m After." in told
    assert told.replace("\x1b[1m", "").replace("\x1b[0m", "") == answer_text(make_answer(HIT), bold=False)


def test_of_many_places_of_the_same_text_the_first_are_named_and_the_others_counted() -> None:
    places = (Place(make_document("text"), Span(5, 9)), Place(make_document("text"), Span(9, 13), same=False))
    told = answer_text(make_answer(replace(HIT, elsewhere=places * 6)), bold=False)
    assert (told.count("again in a.txt"), told.count("nearly so in a.txt")) == (5, 5)
    assert "and in 2 other places" in told


def test_no_text_of_others_breaks_a_line_or_turns_its_direction() -> None:
    strange = "a\nb\x1b[2Jc\u202ed"
    hit = replace(
        make_hit("text", path=strange, title=strange),
        elsewhere=(Place(make_document("text", path=strange), Span(0, 4)),),
    )
    told = [
        error_text(SanadError(strange)),
        skip_text(Skipped(strange, strange)),
        *visit_lines(Visit((Finding("list", strange, Path()),), (strange,), (), ())),
        *answer_text(make_answer(hit), bold=False).split("\n"),
    ]
    assert len(told) == 2 + 2 + 6
    assert not set("".join(told)) & set("\n\x1b\u202e")


@pytest.mark.parametrize(("repairs", "findings", "more"), [(0, 0, 0), (1, 99, 0), (1, 100, 1), (0, 1600, 1500)])
def test_of_many_messages_of_the_doctor_the_first_are_printed(repairs: int, findings: int, more: int) -> None:
    found = tuple(Finding("list", f"wrong {number}", Path()) for number in range(findings))
    lines = visit_lines(Visit(found, ("repaired",) * repairs, (), ()))
    told = ["repaired"] * repairs + [finding.message for finding in found]
    assert lines[:MESSAGES] == told[:MESSAGES]
    assert lines[MESSAGES:] == ([f"{more:,} more like these: --json lists them all."] if more else [])
