"""Cutting twice the text is twice the work, counted and not timed."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import SupportsIndex

import pytest

import qa.passages
from qa.passages import split
from tests.test_passages import document


def steps(text: str) -> int:
    """Count what the interpreter does in `qa.passages` while it cuts a text."""
    done = 0

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., object] | None:
        nonlocal done
        done += event == "opcode"
        frame.f_trace_opcodes = True
        return trace if frame.f_code.co_filename == qa.passages.__file__ else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        split(document(text))
    finally:
        sys.settrace(before)
    return done


def test_twice_the_repeated_lines_are_twice_the_work() -> None:
    once = "".join(
        f"Line {number} of this long register says what no other line of it says.\n" for number in range(600)
    )
    assert steps(once * 2) < 2.2 * steps(once[: len(once) // 2] * 2)


class Copied(str):
    """A text that counts the characters that are taken out of it."""

    count = 0

    def __getitem__(self, place: SupportsIndex | slice) -> str:
        found = super().__getitem__(place)
        self.count += len(found)
        return found


LINE = "This line is surely longer than the sixty characters that make a repeat, is it not?"
TEXTS = ["word " * 40_000, LINE.replace(" ", " " * 500) + f"\n{LINE}" * 500]  # a long line, and a wide one that repeats


@pytest.mark.parametrize("text", TEXTS, ids=["long", "wide"])
def test_no_part_of_a_text_is_copied_again_and_again(text: str) -> None:
    assert split(document(copied := Copied(text)))
    assert copied.count < 10 * len(text)
