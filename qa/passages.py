"""Cut a document into passages: paragraphs of roughly 200 to 1,000 characters, each an exact span of its text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from embeddings.text import fold
from qa.documents import Document
from qa.furniture import is_furniture

SPLITTER = 2  # raise it when passages change: indexes written by another version are rebuilt
SHORTEST = 200  # characters; a shorter paragraph joins its neighbour
LONGEST = 1000  # characters; a longer paragraph is cut at a sentence end
REPEATED = 60  # characters; a shorter line may stand twice without being the same text again
UNBROKEN = 4000  # characters; a run without a space is a word up to here, and is cut beyond


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of characters of a document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a document: its span, its number from 1, the sentences in it, and where its text stands again."""

    number: int
    span: Span
    sentences: tuple[Span, ...]
    repeats: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    span: Span
    folded: str
    apart: bool  # page furniture, or text that stood before: no passage reaches across it
    first: int | None = None  # for repeated text, the line where it stood first


def split(document: Document) -> list[Passage]:
    """Return the passages of `document` in the order of its text; none overlap."""
    lines = _mark_repeats(list(_read_lines(document.text)))
    blocks = _join([piece for line in lines for piece in _pieces(document.text, line)])
    blocks = [span for span in blocks if not _is_bare_title(document, span)] or blocks
    again = [(lines[line.first], line) for line in lines if line.first is not None]
    repeats = [places for first, line in again for places in _pair(document.text, first, line)]
    return [
        Passage(
            number,
            span,
            tuple(sentences(document.text, span)),
            tuple(other for first, other in repeats if span.start <= first.start < span.end),
        )
        for number, span in enumerate(blocks, start=1)
    ]


_LINES = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")


def _read_lines(text: str) -> Iterator[_Line]:
    for match in _LINES.finditer(text):
        span = _trim(text, Span(match.start(), match.end()))
        if _length(span):
            line = text[span.start : span.end]
            yield _Line(span, " ".join(fold(line).split()), is_furniture(line))


def _mark_repeats(lines: list[_Line]) -> list[_Line]:
    """Set apart each long line that stood before, and a short repeated line (its heading) right above one."""
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
    """Cut a line longer than LONGEST at its sentence ends into pieces of similar length."""
    start, end = line.span.start, line.span.end
    if line.apart or end - start <= LONGEST:
        return [line]
    aim = (end - start) / -(-(end - start) // LONGEST)
    pieces: list[Span] = []
    for sentence in sentences(text, line.span):
        if pieces and sentence.end - pieces[-1].start <= LONGEST and pieces[-1].end - pieces[-1].start < aim:
            pieces[-1] = Span(pieces[-1].start, sentence.end)
        else:
            pieces.append(sentence)
    return [replace(line, span=piece) for piece in pieces]


def _pair(text: str, first: _Line, again: _Line) -> list[tuple[Span, Span]]:
    """Pair each piece of a line with its like where the line stands again, with all of that where it is cut unlike."""

    def words(span: Span) -> list[str]:
        return fold(text[span.start : span.end]).split()

    pieces = [piece.span for piece in _pieces(text, first)]
    others = [piece.span for piece in _pieces(text, replace(again, apart=False))]
    alike = list(map(words, pieces)) == list(map(words, others))
    return list(zip(pieces, others if alike else [again.span] * len(pieces), strict=True))


def _join(lines: list[_Line]) -> list[Span]:
    """Join short lines to the paragraph below them, or above where none is below, never across a line set apart."""
    blocks: list[Span] = []
    for run in _runs(lines):
        joined: list[Span] = []
        for span in run:
            if joined and _length(joined[-1]) < SHORTEST and span.end - joined[-1].start <= LONGEST:
                joined[-1] = Span(joined[-1].start, span.end)
            else:
                joined.append(span)
        if len(joined) > 1 and _length(joined[-1]) < SHORTEST and joined[-1].end - joined[-2].start <= LONGEST:
            last = joined.pop()
            joined[-1] = Span(joined[-1].start, last.end)
        blocks += joined
    return blocks


def _is_bare_title(document: Document, span: Span) -> bool:
    """Tell a headline that stands alone, which every hit shows anyway, from a passage that answers something."""
    above, _, last = document.text[span.start : span.end].rpartition("\n")
    told = document.title.endswith((".", "۔", "…")) or re.search(r"[.!?؟۔…]\s*(?:\n|$)", above)  # a full sentence
    return not told and last.strip("# ") == document.title and _length(span) < SHORTEST / 2


def _runs(lines: list[_Line]) -> Iterator[list[Span]]:
    run: list[Span] = []
    for line in lines:
        if not line.apart:
            run.append(line.span)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _length(span: Span) -> int:
    return span.end - span.start


# A mark that ends a sentence, the quotes and brackets that close it, and the space after; or a line's end.
_ENDS = re.compile(r"(?<![.!?؟۔…])[.!?؟۔…]+[\"'»”’)\]]*(?=\s)|[。！？]+[」』”]*|(?=[\r\n\v\f\x85\u2028\u2029])")
_CLAUSES = re.compile(r"[,،;؛:](?=\s)|[，；、]|\s[-–—](?=\s)")
_SPACES = re.compile(r"\S(?=\s)")


def sentences(text: str, span: Span) -> list[Span]:
    """Return the sentences of `text` within `span`, in order, the spaces around them left out.

    One longer than LONGEST is cut at a clause, else at a space; only a run without a space longer than UNBROKEN is
    cut inside a word.
    """
    ends = [match.end() for match in _ENDS.finditer(text, span.start, span.end) if _ends_sentence(text, match)]
    cuts = sorted({span.start, *ends, span.end})
    found = [_trim(text, Span(start, end)) for start, end in pairwise(cuts)]
    return [part for sentence in found if _length(sentence) for part in _shorten(text, sentence)]


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Tell a sentence's end from the full stop of an initial ("J. Biden") or of an abbreviation within a sentence."""
    before, after = text[max(match.start() - 2, 0) : match.start()], text[match.end() : match.end() + 2].lstrip()
    initial = match.group() == "." and len(before) == 2 and before[0] in " .(" and before[1].isupper()
    return not initial and not after[:1].islower()


def _shorten(text: str, span: Span) -> Iterator[Span]:
    while _length(span) > LONGEST:
        cut = _find_cut(text, span)
        yield _trim(text, Span(span.start, cut))
        span = _trim(text, Span(cut, span.end))
    if _length(span):
        yield span


def _find_cut(text: str, span: Span) -> int:
    half, limit = span.start + LONGEST // 2, span.start + LONGEST
    for pattern in (_CLAUSES, _SPACES):
        cuts = [match.end() for match in pattern.finditer(text, half, limit)]
        if cuts:
            return cuts[-1]
    earlier = [match.end() for match in _SPACES.finditer(text, span.start, half)]
    later = _SPACES.search(text, limit, min(span.end, span.start + UNBROKEN))
    if earlier:
        return earlier[-1]
    return later.end() if later else min(span.end, span.start + UNBROKEN)


def _trim(text: str, span: Span) -> Span:
    piece = text[span.start : span.end]
    start = span.end - len(piece.lstrip())
    return Span(start, max(start, span.start + len(piece.rstrip())))
