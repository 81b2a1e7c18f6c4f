"""The headings of a text, and which of them are above a place in it."""

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

LONGEST = 100  # characters of a heading as it is shown

_HASHES = re.compile(r"^ {0,3}(#{1,6})[ \t]+\S.*$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(?![ \t]*[-=#>|])\S[^\n]*\n(=+|-+)[ \t]*$", re.MULTILINE)
_CODE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
_FRONT = re.compile(r"\A---[ \t]*\n.*?^---[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Heading:
    """Where a heading begins in the text, and its level from 1."""

    start: int
    level: int


def markdown_headings(text: str) -> tuple[Heading, ...]:
    """Return the headings that a Markdown text marks with # or underlines, in order, outside code blocks."""
    text = text.replace("\r\n", " \n")  # as many characters
    apart = sorted(match.span() for pattern in (_FRONT, _CODE) for match in pattern.finditer(text))
    found = [Heading(match.start(), len(match[1])) for match in _HASHES.finditer(text)]
    found += [Heading(match.start(), 1 if match[1][0] == "=" else 2) for match in _UNDERLINED.finditer(text)]
    return tuple(sorted(one for one in found if not _is_within(one.start, apart)))


def _is_within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    before = bisect.bisect_right(spans, place, key=lambda span: span[0]) - 1
    return before >= 0 and place < spans[before][1]


def locate_headings(text: str, found: Iterable[tuple[int, str]]) -> tuple[Heading, ...]:
    """Return where the headings that a reader found, as levels with words, are in the text, in order.

    One that is not a line of its own there is left out.
    """
    return tuple(_find(text, found))


def _find(text: str, found: Iterable[tuple[int, str]]) -> Iterator[Heading]:
    lines: dict[str, list[int]] = {}
    for match in re.finditer(r"[^\r\n]+", text):
        lines.setdefault(match[0].strip(), []).append(match.start())
    after = -1
    for level, words in found:
        starts = lines.get(words.strip(), []) if words.strip() else []
        place = bisect.bisect_right(starts, after)
        if place < len(starts):
            after = starts[place]
            yield Heading(after, level)


def section_at(text: str, headings: Sequence[Heading], offset: int) -> tuple[str, ...]:
    """Return the words of the headings above the character at `offset`, the highest first."""
    above: list[Heading] = []
    for heading in headings[: bisect.bisect_right(headings, offset, key=lambda one: one.start)]:
        while above and above[-1].level >= heading.level:
            above.pop()
        above.append(heading)
    return tuple(_words(text, heading.start) for heading in above)


def _words(text: str, start: int) -> str:
    line = re.split(r"[\r\n]", text[start : start + 1000].lstrip(), maxsplit=1)[0]
    words = " ".join(re.sub(r"^#+\s+|\s+#+\s*$", "", line).strip("*_ \t").split())
    return words if len(words) <= LONGEST else words[:LONGEST].rsplit(" ", 1)[0] + "…"
