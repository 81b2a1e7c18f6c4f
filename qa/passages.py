"""Cut a document into passages: paragraphs of roughly 200 to 1,000 characters, each an exact span of its text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from embeddings.text import fold
from qa.documents import Document
from qa.formats import READING, RECORDS
from qa.furniture import is_counter, is_furniture, may_be_furniture

SPLITTER = f"{READING}.5"  # raise it when passages or their languages change: older indexes are rebuilt
SHORTEST = 200  # characters; a shorter paragraph joins its neighbour
LONGEST = 1000  # characters; a longer paragraph is cut at a sentence end
HEADING = 100  # characters; a longer line without a mark at its end is a paragraph
WRAPPED = 60  # characters; a shorter line is no full one
REPEATED = 60  # characters; a shorter line may stand twice without being the same text again
LONGEST_RECORD = 2000  # characters; a longer row of a table or object of a list is cut like any text
UNBROKEN = 4000  # characters; a run without a space is a word up to here, and is cut beyond


_LEADS = "?؟:"
_MARKS = ".!۔…。！；;؛" + _LEADS


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
    after_blank: bool
    ending: str  # the last character that is not a closing quote, bracket or mark of emphasis
    apart: bool  # page furniture, or text that stood before: no passage reaches across it
    first: int | None = None  # for repeated text, the line where it stood first


def split(document: Document) -> list[Passage]:
    """Return the passages of `document` in the order of its text; none overlap."""
    read = list(_read_lines(document.text))
    lines = _mark_repeats(read if document.format in RECORDS else _mark_furniture(document.text, read))
    blocks = _cut(document, lines)
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


_LINES = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]*(?:\r\n|[\r\n\v\f\x85\u2028\u2029]|\Z)")


def _read_lines(text: str) -> Iterator[_Line]:
    """Yield the lines with a letter or digit; rules such as `|---|` are as if they were not there."""
    after_blank = True
    for match in _LINES.finditer(text):
        span = _trim(text, Span(match.start(), match.end()))
        if not _length(span):
            after_blank = True
            continue
        line = text[span.start : span.end]
        folded = " ".join(fold(line).split())
        if folded:
            yield _Line(span, folded, after_blank, line.rstrip("\"'»”’)]*_ ")[-1:], is_furniture(line))
            after_blank = False


def _mark_furniture(text: str, lines: list[_Line]) -> list[_Line]:
    """Set apart lines that may be furniture beside some that is, and small numbers that stand by themselves."""
    said = [text[line.span.start : line.span.end] for line in lines]
    alone = [
        line.after_blank and (place + 1 == len(lines) or lines[place + 1].after_blank)
        for place, line in enumerate(lines)
    ]
    for places in (range(len(lines)), reversed(range(len(lines)))):
        for place in places:
            beside = any(near.apart for near in lines[max(place - 1, 0) : place + 2])
            if (is_counter(said[place]) and (alone[place] or beside)) or (beside and may_be_furniture(said[place])):
                lines[place] = replace(lines[place], apart=True)
    return lines


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
    """Join lines to paragraphs, never across a line set apart.

    A line joins what stands above while that is short, goes on ("…also known as"), or leads to it (a question, a
    colon). A heading joins what stands below, and a short end what stands above.
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
    """Take from the end of a finished block the headings of what follows it."""
    taken: list[_Line] = []
    while len(block) > 1 and _is_heading(block[-1], block[-2]) and _size([block[-1], line]) <= LONGEST:
        taken.insert(0, block.pop())
    return taken


def _is_heading(line: _Line, above: _Line) -> bool:
    return _length(line.span) <= HEADING and line.ending not in _MARKS and (line.after_blank or above.ending in _MARKS)


def _whole(block: list[_Line]) -> Span:
    return Span(block[0].span.start, block[-1].span.end)


def _size(block: list[_Line]) -> int:
    return block[-1].span.end - block[0].span.start


def _is_bare_title(document: Document, span: Span) -> bool:
    """Tell a headline that stands alone, which every hit shows anyway, from a passage that answers something."""
    above, _, last = document.text[span.start : span.end].rpartition("\n")
    told = document.title.endswith((".", "۔", "…")) or re.search(r"[.!?؟۔…]\s*(?:\n|$)", above)  # a full sentence
    return not told and last.strip("# ") == document.title and _length(span) < SHORTEST / 2


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


# What a full stop shortens, folded, in the languages of `qa.furniture`.
_SHORT = frozenset(
    "mr mrs ms dr prof st no nr vs fig corp inc ltd г ул д им акад проф руб тыс млн стр рис см т د م ص bzw ca z".split()
)


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Tell a sentence's end from the full stop of an initial ("J. Biden"), an abbreviation, or a list number."""
    if match.group() == ".":
        before = text[max(match.start() - 8, 0) : match.start()]
        word = fold(before.split()[-1] if before.split() and not before[-1].isspace() else "").strip()
        number = word.isdecimal() and len(word) <= 2
        if number or word in _SHORT or (len(word) == 1 and before[-1].isupper()):
            return False
    if not match.group() and _is_wrapped(text, match.start()):
        return False
    return not text[match.end() : match.end() + 2].lstrip()[:1].islower()


def _is_wrapped(text: str, end: int) -> bool:
    """Tell whether the line that ends here is full, so that its sentence goes on in the next one."""
    length = end - 1 - max(text.rfind("\n", max(end - WRAPPED, 0), end), end - WRAPPED - 1)
    return length >= WRAPPED and not re.match(r"\r?\n[^\S\n]*\r?\n", text[end : end + 80])


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
