"""One state of the index in memory, with everything needed to answer: a question uses the one it began with."""

from dataclasses import dataclass

import numpy as np

from embeddings.encoder import Encoder
from embeddings.interaction import LateInteraction, Sentences
from embeddings.lexical import LexicalIndex
from embeddings.sound import sounds
from embeddings.static import StaticEncoder, Tokens
from embeddings.stores import FaissStore
from embeddings.text import fold
from qa.answers import Answer, Hit, Place
from qa.catalog import Contents
from qa.documents import Document
from qa.folder import Skipped
from qa.language import detect
from qa.passages import Span
from qa.ranking import Index, Ranked, highlight, rank
from qa.tables import Row
from qa.trust import CONFIDENT, confidence


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage with its document; entry i is row i of the index."""

    document: Document
    row: Row

    @property
    def text(self) -> str:
        """The passage's words."""
        return self.document.text[self.row.passage.span.start : self.row.passage.span.end]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Documents, their passages, and the index over them, all of one generation."""

    generation: int
    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]
    entries: tuple[Entry, ...]
    twins: dict[str, list[int]]  # the rows of each folded text: equal passages answer once
    index: Index

    @classmethod
    def build(cls, contents: Contents, encoder: Encoder) -> "Snapshot":
        """Make the derived indexes from what the catalog holds."""
        pairs = zip(contents.documents, contents.rows, strict=True)
        entries = tuple(Entry(document, row) for document, rows in pairs for row in rows)
        folded = [fold(entry.text) for entry in entries]
        store = FaissStore(encoder.dim)
        if entries:
            store.add(np.stack([entry.row.embedded.vector for entry in entries]))
        interaction = LateInteraction(encoder, _sentences(entries)) if isinstance(encoder, StaticEncoder) else None
        twins: dict[str, list[int]] = {}
        for number, text in enumerate(folded):
            twins.setdefault(text, []).append(number)
        index = Index(encoder, store, LexicalIndex(folded), LexicalIndex([*map(sounds, folded)]), interaction)
        return cls(contents.generation, contents.documents, contents.skipped, entries, twins, index)

    def ask(self, question: str, k: int) -> Answer:
        """Return the `k` best passages for a question that was checked before."""
        ranked, language = rank(self.index, question), detect(question)
        best = {self.entries[row].row.language for row in ranked.rows[:1].tolist()}
        trust = confidence(ranked, same_language=language in best)
        return Answer(
            question,
            language,
            trust,
            trust >= CONFIDENT,
            self._hits(question, ranked, k),
            len(self.entries),
            len(self.documents),
        )

    def _hits(self, question: str, ranked: Ranked, k: int) -> tuple[Hit, ...]:
        hits: list[Hit] = []
        seen: set[int] = set()
        for place, row in enumerate(ranked.rows.tolist()):
            if row in seen:
                continue
            twins = self.twins[fold(self.entries[row].text)]
            seen.update(twins)
            hits.append(self._hit(question, ranked, place, rank=len(hits) + 1, twins=twins))
            if len(hits) == k:
                break
        return tuple(hits)

    def _hit(self, question: str, ranked: Ranked, place: int, *, rank: int, twins: list[int]) -> Hit:
        entry = self.entries[row := int(ranked.rows[place])]
        passage, text = entry.row.passage, entry.text
        inside = [Span(s.start - passage.span.start, s.end - passage.span.start) for s in passage.sentences]
        spoken = [text[span.start : span.end] for span in inside]
        marked = [inside[row] for row in highlight(self.index, question, spoken, ranked.nearness[place])]
        elsewhere = [Place(entry.document, span) for span in passage.repeats]
        elsewhere += [
            Place(self.entries[twin].document, self.entries[twin].row.passage.span) for twin in twins if twin != row
        ]
        score = float(ranked.scores[place])
        return Hit(rank, score, entry.document, passage, entry.row.language, tuple(marked), tuple(elsewhere))


def _sentences(entries: tuple[Entry, ...]) -> Sentences:
    embedded = [entry.row.embedded for entry in entries]
    sizes = np.concatenate([np.empty(0, np.int64), *(found.sizes for found in embedded)])  # (sentences,)
    return Sentences(
        Tokens(
            np.concatenate([np.empty(0, np.uint16), *(found.tokens for found in embedded)]),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        ),
        np.concatenate([np.empty(0, np.float32), *(found.norms for found in embedded)]),
        np.cumsum([0, *(len(found.sizes) for found in embedded)]),
    )
