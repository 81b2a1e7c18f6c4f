"""Cut a stretch of text into sentences, each an exact span of it."""

import re
from collections.abc import Iterator
from itertools import pairwise

from embeddings.text import fold
from qa.spans import LINE_ENDS, Span

LONGEST = 1000  # characters; a longer sentence is cut at a clause, a longer paragraph at the end of a sentence
WRAPPED = 60  # characters; a line that reaches this far may have been wrapped, and its sentence goes on
UNBROKEN = 4000  # characters; a longer run without a space is not a word, and is cut anywhere

# A mark that ends a sentence, the quotes and brackets that close it, and the space after; or a line's end.
_ENDS = re.compile(rf"(?<![.!?؟۔…।॥։።])[.!?؟۔…।॥։።]+[\"'»”’)\]]*(?=\s)|[。！？]+[」』”]*|(?=[{LINE_ENDS}])")
_CLAUSES = re.compile(r"[,،;؛:](?=\s)|[，；、]|\s[-–—](?=\s)")
_SPACES = re.compile(r"\S(?=\s)")


def sentences(text: str, span: Span) -> list[Span]:
    """Return the sentences of `text` within `span`, in order, without the spaces around them.

    One longer than LONGEST is cut at a clause, or else at a space. Only a run of more than UNBROKEN characters without
    a space is cut inside a word.
    """
    ends = [match.end() for match in _ENDS.finditer(text, span.start, span.end) if _ends_sentence(text, match)]
    cuts = sorted({span.start, *ends, span.end})
    found = [Span(start, end).trimmed(text) for start, end in pairwise(cuts)]
    return [part for sentence in found if sentence.length for part in _shorten(text, sentence)]


# Abbreviations that end in a full stop, folded, in the languages of `qa.furniture`.
_SHORT = frozenset(
    "mr mrs ms dr prof st no nr vs fig corp inc ltd г ул д им акад проф руб тыс млн стр рис см т د م ص bzw ca z".split()
)


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Tell the end of a sentence from the full stop of an initial ("J. Biden"), an abbreviation or a list number."""
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
    """Tell whether the line that ends here is so long that it was wrapped and its sentence continues."""
    length = end - 1 - max(text.rfind("\n", max(end - WRAPPED, 0), end), end - WRAPPED - 1)
    return length >= WRAPPED and not re.match(r"\r?\n[^\S\n]*\r?\n", text[end : end + 80])


def _shorten(text: str, span: Span) -> Iterator[Span]:
    while span.length > LONGEST:
        cut = _find_cut(text, span)
        yield Span(span.start, cut).trimmed(text)
        span = Span(cut, span.end).trimmed(text)
    if span.length:
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
