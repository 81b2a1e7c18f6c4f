"""What an answer is made of: hits with their exact places, and how far they can be trusted."""

from dataclasses import dataclass

from qa.documents import Document
from qa.filters import EVERYTHING, Filter
from qa.passages import Passage
from qa.spans import Span


@dataclass(frozen=True, slots=True)
class Place:
    """Another place where the same text appears, or nearly the same."""

    document: Document
    span: Span
    same: bool = True  # except for spelling; false where a few words are missing or added


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
        """The passage, exactly as it is in the document."""
        return self.passage.span.of(self.document.text)

    @property
    def page(self) -> int | None:
        """The page, from 1, on which the marked sentence begins; None where the document has no pages."""
        return self.document.page(self._marked)

    @property
    def section(self) -> tuple[str, ...]:
        """The headings above the marked sentence, the highest first, without the document's title."""
        return self.document.section(self._marked)

    @property
    def _marked(self) -> int:
        return self.passage.span.start + (self.highlights[0].start if self.highlights else 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hits for a question, best first, and how many passages and documents were searched `within` a filter.

    `confidence` (0 to 1) is the estimated probability that the best hit answers. `confident` says whether it reaches
    the threshold; below it the answer is "not found", and the first hit is only the nearest miss.
    """

    question: str
    language: str
    confidence: float
    confident: bool
    hits: tuple[Hit, ...]
    passages: int
    documents: int
    waiting: int = 0  # files that were not indexed yet
    within: Filter = EVERYTHING  # what the search was limited to

    @property
    def asked(self) -> str:
        """The question with its conditions written out, so that it can be asked again."""
        return f"{self.question} {self.within}".rstrip()

    @property
    def percent(self) -> int:
        """The confidence in percent, rounded down: it is never shown as certain, or as above a threshold it misses."""
        return min(int(100 * self.confidence), 99)

    @property
    def verdict(self) -> str:
        """One sentence for the user: whether something was found, and how much was searched."""
        searched = f"{counted(self.passages, 'passage')} in {counted(self.documents, 'document')}"
        if self.within:
            searched += f" within {self.within}"
        if self.confident:
            return f"Found: searched {searched}."
        return f"Not found: searched {searched}; " + ("nearest miss below." if self.hits else "nothing comes near.")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which is in the plural unless the number is 1."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
