"""Cut a document into passages: paragraphs of roughly 200 to 1,000 characters, each an exact span of its text."""

import bisect
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from embeddings.text import fold
from qa.documents import Document
from qa.formats import READING, RECORDS
from qa.furniture import is_counter, is_furniture, may_be_furniture
from qa.sentences import LONGEST, sentences
from qa.spans import LINE_ENDS, Span

SPLITTER = f"{READING}.6"  # raise it when passages or their languages change: older indexes are rebuilt
SHORTEST = 200  # characters; a shorter paragraph joins its neighbour
HEADING = 100  # characters; a longer line without a mark at its end is a paragraph
REPEATED = 60  # characters; a shorter line may stand twice without being the same text again
LONGEST_RECORD = 2000  # characters; a longer row of a table or object of a list is cut like any text

_LEADS = "?؟:"
_MARKS = ".!۔…。！；;؛" + _LEADS


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a document: its number from 1, its span, those of its sentences, and where its text repeats."""

    number: int
    span: Span
    sentences: tuple[Span, ...]
    repeats: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    span: Span
    folded: str
    after_blank: bool
    ending: str  # the last character that is not a closing quote, bracket or mark of emphasis
    apart: bool  # page furniture, or text that appeared before: no passage reaches across it
    first: int | None = None  # for repeated text, the line where it appeared first


def split(document: Document) -> list[Passage]:
    """Return the passages of `document` in the order of its text; none overlap."""
    read = list(_read_lines(document.text))
    lines = _mark_repeats(read if document.format in RECORDS else _mark_furniture(document.text, read))
    blocks = _cut(document, lines)
    blocks = [span for span in blocks if not _is_bare_title(document, span)] or blocks
    repeats = _repeats(document.text, lines, blocks)
    return [
        Passage(number, span, tuple(sentences(document.text, span)), tuple(again))
        for number, (span, again) in enumerate(zip(blocks, repeats, strict=True), start=1)
    ]


def _cut(document: Document, lines: list[_Line]) -> list[Span]:
    if document.format not in RECORDS:
        return _join([piece for line in lines for piece in _pieces(document.text, line)])
    starts = [place for place, line in enumerate(lines) if line.after_blank]
    blocks: list[Span] = []
    for start, end in pairwise([*starts, len(lines)]):
        if record := [line for line in lines[start:end] if not line.apart]:
            pieces = [piece for line in record for piece in _pieces(document.text, line)]
            blocks += _join(pieces) if _size(record) > LONGEST_RECORD else [_whole(record)]
    return blocks


_LINES = re.compile(rf"[^{LINE_ENDS}]*(?:\r\n|[{LINE_ENDS}]|\Z)")


def _read_lines(text: str) -> Iterator[_Line]:
    """Yield the lines that hold a letter or digit; rules such as `|---|` are passed over as if they were not there."""
    after_blank = True
    for match in _LINES.finditer(text):
        span = Span(match.start(), match.end()).trimmed(text)
        if not span.length:
            after_blank = True
            continue
        line = span.of(text)
        folded = " ".join(fold(line).split())
        if folded:
            yield _Line(span, folded, after_blank, line.rstrip("\"'»”’)]*_ ")[-1:], is_furniture(line))
            after_blank = False


def _mark_furniture(text: str, lines: list[_Line]) -> list[_Line]:
    """Set apart lines that may be furniture and stand beside some that is, and small numbers on their own."""
    texts = [line.span.of(text) for line in lines]
    alone = [
        line.after_blank and (place + 1 == len(lines) or lines[place + 1].after_blank)
        for place, line in enumerate(lines)
    ]
    for places in (range(len(lines)), reversed(range(len(lines)))):
        for place in places:
            beside = any(near.apart for near in lines[max(place - 1, 0) : place + 2])
            if (is_counter(texts[place]) and (alone[place] or beside)) or (beside and may_be_furniture(texts[place])):
                lines[place] = replace(lines[place], apart=True)
    return lines


def _mark_repeats(lines: list[_Line]) -> list[_Line]:
    """Set apart each long line that appeared before, and the short repeated line (its heading) right above one."""
    places: dict[str, int] = {}
    for index, line in enumerate(lines):
        first = places.setdefault(line.folded, index)
        if first != index and len(line.folded) >= REPEATED and not line.apart:
            lines[index] = replace(line, apart=True, first=first)
    for index in reversed(range(len(lines) - 1)):
        line, below = lines[index], lines[index + 1]
        first = places[line.folded]
        if first != index and not line.apart and below.first == first + 1:
            lines[index] = replace(line, apart=True, first=first)
    return lines


def _pieces(text: str, line: _Line) -> list[_Line]:
    """Cut a line longer than LONGEST at the ends of sentences, into pieces of similar length."""
    length = line.span.length
    if line.apart or length <= LONGEST:
        return [line]
    aim = length / math.ceil(length / LONGEST)
    pieces: list[Span] = []
    for sentence in sentences(text, line.span):
        if pieces and sentence.end - pieces[-1].start <= LONGEST and pieces[-1].length < aim:
            pieces[-1] = Span(pieces[-1].start, sentence.end)
        else:
            pieces.append(sentence)
    return [replace(line, span=piece) for piece in pieces]


def _repeats(text: str, lines: list[_Line], blocks: list[Span]) -> list[list[Span]]:
    """Return for each block where parts of it stand again."""
    starts = [block.start for block in blocks]
    found: list[list[Span]] = [[] for _ in blocks]
    for first, again in _pairs(text, lines):
        place = bisect.bisect_right(starts, first.start) - 1
        if place >= 0 and first.start < blocks[place].end:
            found[place].append(again)
    return found


def _pairs(text: str, lines: list[_Line]) -> Iterator[tuple[Span, Span]]:
    """Pair each piece of a line with the same piece of its repetition, or with all of it where the cuts differ."""
    cuts: dict[int, list[tuple[Span, list[str]]]] = {}  # a line that repeats often is cut once
    for line in lines:
        if line.first is None:
            continue
        if line.first not in cuts:
            cuts[line.first] = _cut_words(text, lines[line.first])
        pieces, others = cuts[line.first], _cut_words(text, replace(line, apart=False))
        alike = [words for _, words in pieces] == [words for _, words in others]
        for place, (first, _) in enumerate(pieces):
            yield first, others[place][0] if alike else line.span


def _cut_words(text: str, line: _Line) -> list[tuple[Span, list[str]]]:
    return [(piece.span, fold(piece.span.of(text)).split()) for piece in _pieces(text, line)]


def _join(lines: list[_Line]) -> list[Span]:
    """Join lines into paragraphs, never across a line set apart.

    A line joins the block above while that is short, is cut off ("…also known as"), or leads up to it (a question, a
    colon). A heading joins the block below; a short last block joins the one above.
    """
    blocks: list[Span] = []
    for run in _runs(lines):
        joined: list[list[_Line]] = []
        for line in run:
            if joined and _goes_on(joined[-1], line):
                joined[-1].append(line)
            else:
                joined.append([*(_take_headings(joined[-1], line) if joined else ()), line])
        if len(joined) > 1 and _size(joined[-1]) < SHORTEST and _size([*joined[-2], *joined[-1]]) <= LONGEST:
            last = joined.pop()
            joined[-1] += last
        blocks += map(_whole, joined)
    return blocks


def _goes_on(block: list[_Line], line: _Line) -> bool:
    last = block[-1]
    wrapped = not line.after_blank and last.ending not in _MARKS
    return _size([*block, line]) <= LONGEST and (_size(block) < SHORTEST or wrapped or last.ending in _LEADS)


def _take_headings(block: list[_Line], line: _Line) -> list[_Line]:
    """Take from the end of a finished block the headings that belong to the next one."""
    taken: list[_Line] = []
    while len(block) > 1 and _is_heading(block[-1], block[-2]) and _size([block[-1], line]) <= LONGEST:
        taken.insert(0, block.pop())
    return taken


def _is_heading(line: _Line, above: _Line) -> bool:
    return line.span.length <= HEADING and line.ending not in _MARKS and (line.after_blank or above.ending in _MARKS)


def _whole(block: list[_Line]) -> Span:
    return Span(block[0].span.start, block[-1].span.end)


def _size(block: list[_Line]) -> int:
    return block[-1].span.end - block[0].span.start


def _is_bare_title(document: Document, span: Span) -> bool:
    """Tell whether a span is only the headline, which every hit shows anyway, and no text that answers anything."""
    above, _, last = span.of(document.text).rpartition("\n")
    sentence = document.title.endswith((".", "۔", "…")) or re.search(rf"[.!?؟۔…]\s*(?:[{LINE_ENDS}]|$)", above)
    return not sentence and last.strip("# ") == document.title and span.length < SHORTEST / 2


def _runs(lines: list[_Line]) -> Iterator[list[_Line]]:
    run: list[_Line] = []
    for line in lines:
        if not line.apart:
            run.append(line)
        elif run:
            yield run
            run = []
    if run:
        yield run
