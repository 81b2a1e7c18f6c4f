"""What an answer is made of: hits with their exact places, and how far they are to be trusted."""

from dataclasses import dataclass

from qa.documents import Document
from qa.filters import EVERYTHING, Filter
from qa.passages import Passage
from qa.spans import Span


@dataclass(frozen=True, slots=True)
class Place:
    """Where the same text stands again, or nearly the same."""

    document: Document
    span: Span
    same: bool = True  # but for its spelling; else a few words more or less


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question, with its score (higher is better) and the sentence in it that answers."""

    rank: int
    score: float
    document: Document
    passage: Passage
    language: str
    highlights: tuple[Span, ...]  # within `text`
    elsewhere: tuple[Place, ...]

    @property
    def text(self) -> str:
        """The passage's words, exactly as they stand in the document."""
        return self.passage.span.of(self.document.text)

    @property
    def page(self) -> int | None:
        """The page, from 1, on which the marked sentence begins; None where the document has no pages."""
        return self.document.page(self._marked)

    @property
    def section(self) -> tuple[str, ...]:
        """The headings that the marked sentence stands under, the highest first, but for the document's title."""
        return self.document.section(self._marked)

    @property
    def _marked(self) -> int:
        return self.passage.span.start + (self.highlights[0].start if self.highlights else 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hits for a question, best first, and how many passages and documents were searched `within` a filter.

    `confidence` (0 to 1) is the estimated probability that the best hits answer; `confident` says whether it reaches
    the threshold under which the answer is "not found" and the first hit no more than the nearest miss.
    """

    question: str
    language: str
    confidence: float
    confident: bool
    hits: tuple[Hit, ...]
    passages: int
    documents: int
    waiting: int = 0  # files that were not indexed yet
    within: Filter = EVERYTHING  # what was searched of all

    @property
    def asked(self) -> str:
        """The question with the conditions that it was asked under, which asks the same again."""
        return f"{self.question} {self.within}".rstrip()

    @property
    def percent(self) -> int:
        """The confidence as it is shown, rounded down: none is certain, and none below the threshold reaches it."""
        return min(int(100 * self.confidence), 99)

    @property
    def verdict(self) -> str:
        """One sentence for the reader: what was found, or that nothing was, and in how much text."""
        searched = f"{counted(self.passages, 'passage')} in {counted(self.documents, 'document')}"
        if self.within:
            searched += f" within {self.within}"
        if self.confident:
            return f"Found: searched {searched}."
        return f"Not found: searched {searched}; " + ("nearest miss below." if self.hits else "nothing comes near.")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
