"""An exact stretch of a document's text: what every citation comes down to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LINE_ENDS = "\r\n\v\f\x85\u2028\u2029"  # each of these characters ends a line


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of characters of a text."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """The number of characters in the span."""
        return self.end - self.start

    def of(self, text: str) -> str:
        """Return the part of `text` that the span covers."""
        return text[self.start : self.end]

    def shifted(self, by: int) -> "Span":
        """Return the same stretch of text where it begins `by` characters later."""
        return Span(self.start + by, self.end + by)

    def trimmed(self, text: str) -> "Span":
        """Return the span without the spaces at its two ends; an empty one where it covers nothing else."""
        start, end = self.start, self.end  # by index, since a copy of a long text for each of its parts takes long
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        return Span(start, end)


def joined(spans: Iterable[Span], text: str, longest: int) -> Iterator[Span]:
    """Yield the spans in order, those with only spaces between them as one of at most `longest` characters."""
    whole: Span | None = None
    for span in sorted(spans):
        if whole and not text[whole.end : span.start].strip() and span.end - whole.start <= longest:
            whole = Span(whole.start, span.end)
        else:
            if whole:
                yield whole
            whole = span
    if whole:
        yield whole
