"""One state of the index in memory, with all that answering needs: a question uses the one that it began with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.encoder import Encoder
from embeddings.interaction import LateInteraction
from embeddings.lexical import LexicalIndex
from embeddings.parts import Layout, Mask
from embeddings.ragged import Ints, gather, starts_of
from embeddings.static import StaticEncoder, Vectors
from embeddings.stores import FaissStore
from qa.alike import is_same_story
from qa.answers import Answer, Hit, Place
from qa.catalog import NOTHING, Catalog, Contents, Listing
from qa.documents import Document
from qa.errors import QuestionError
from qa.filters import EVERYTHING, Filter, nothing_fits
from qa.formats import RECORDS
from qa.passages import Passage
from qa.ranked import Ranked
from qa.ranking import Index, highlight, rank
from qa.repeated import Spoken, furniture
from qa.segment import Segment
from qa.shelf import Shelf
from qa.spans import Span, joined
from qa.tables import Listed
from qa.transaction import Stamp
from qa.trust import CONFIDENT, confidence

LIKELY = 0.7  # least similarity of passages that may tell the same story


def usable(catalog: Catalog, encoder: Encoder) -> Listing:
    """Return what the catalog holds, or NOTHING where it was made with another encoder or splitter."""
    listing = catalog.listing()
    return listing if listing.stamp == Stamp.of(encoder) else NOTHING


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage with its document."""

    document: Document
    passage: Passage
    language: str

    @property
    def text(self) -> str:
        """The passage's words."""
        return self.passage.span.of(self.document.text)


@dataclass(frozen=True, slots=True)
class _Group:
    """The place of a passage in the ranking, and the rows of others with the same words or nearly the same."""

    place: int
    same: tuple[int, ...]
    near: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Documents in order of their paths and an index over their passages, in the same order: row i is passage i."""

    listing: Listing
    segments: tuple[Segment, ...]
    layout: Layout
    places: Ints  # (documents,) where each document is in the segments, end to end
    owners: Ints  # (passages,) the number of each one's document
    folds: npt.NDArray[np.uint64]  # (passages,) equal for equal passages, which answer once
    index: Index

    @classmethod
    def load(cls, catalog: Catalog, shelf: Shelf, encoder: Encoder) -> "Snapshot":
        """Return the state of the catalog, or an empty one where it was made with another encoder or splitter.

        Where the catalog changes while its segments are made, the state after that change is returned.
        """
        while True:
            listing = usable(catalog, encoder)
            segments = shelf.gather(listing)
            if segments is not None:
                return cls.over(listing, segments, encoder)

    @classmethod
    def build(cls, contents: Contents, encoder: Encoder) -> "Snapshot":
        """Return a state made from documents in order of their paths, without a catalog."""
        found = zip(contents.keys, contents.documents, contents.rows, strict=True)
        listed = tuple(Listed.of(key, document, len(rows), "") for key, document, rows in found)
        return cls.over(Listing(1, None, listed, (), 0, 0), [Segment.build(contents, encoder.dim)], encoder)

    @classmethod
    def over(cls, listing: Listing, segments: Sequence[Segment], encoder: Encoder) -> "Snapshot":
        """Return the state of the listed documents, all of which are in the segments."""
        keys = np.concatenate([np.empty(0, np.int64), *(segment.members.keys for segment in segments)])
        order = np.argsort(keys, kind="stable")
        wanted = np.array([document.key for document in listing.documents], np.int64)  # (documents,)
        places = order[np.searchsorted(keys[order], wanted)]  # (documents,)
        sizes = [np.diff(segment.members.starts) for segment in segments]
        starts = starts_of(np.concatenate([np.empty(0, np.int64), *sizes]))  # (documents of the segments + 1,)
        rows, bounds = gather(starts, places)  # (passages,), (documents + 1,)
        layout = Layout(rows, starts_of([len(segment) for segment in segments]))
        folds = np.concatenate([np.empty(0, np.uint64), *(segment.passages.folds for segment in segments)])
        owners = np.repeat(np.arange(len(places)), np.diff(bounds))
        parts = [segment.sentences for segment in segments]
        index = Index(
            encoder,
            FaissStore(encoder.dim, [segment.vectors for segment in segments], layout),
            LexicalIndex([segment.spelt for segment in segments], layout),
            LexicalIndex([segment.heard for segment in segments], layout),
            LateInteraction(encoder, parts, layout) if isinstance(encoder, StaticEncoder) else None,
            np.concatenate([np.empty(0, "S2"), *(segment.passages.languages for segment in segments)])[rows],
            furniture(_spoken(segments, rows, owners), len(rows)),
        )
        return cls(listing, tuple(segments), layout, places, owners, folds[rows], index)

    def __len__(self) -> int:
        return len(self.owners)

    def listed(self, row: int) -> Listed:
        """Return the document of a passage, without its text."""
        return self.listing.documents[int(self.owners[row])]

    def entry(self, row: int, read: dict[int, Document]) -> Entry:
        """Return a passage with its document, which is one of those `read` before or is added to them."""
        segment, inner = self._locate(row)
        return Entry(self._document(row, read), segment.passage(inner), segment.language(inner))

    def _document(self, row: int, read: dict[int, Document]) -> Document:
        """Return the document of a passage; thousands of passages may share one, whose text is decoded only once."""
        owner = int(self.owners[row])
        if owner not in read:
            segment, inner = self._locate(row)
            inside = int(np.searchsorted(segment.members.starts, inner, side="right")) - 1
            read[owner] = self.listed(row).document(segment.text(inside))
        return read[owner]

    def _locate(self, row: int) -> tuple[Segment, int]:
        """Return the segment that holds a passage, and its row there."""
        (part,), (inner,) = (found.tolist() for found in self.layout.locate(np.array([row])))
        return self.segments[part], inner

    def ask(self, question: str, k: int, within: Filter = EVERYTHING) -> Answer:
        """Return the answer to a question that was checked before: the `k` best passages within a filter.

        Raise QuestionError where there are passages but none fits the filter.
        """
        among = self._among(within) if within else None
        ranked = rank(self.index, question, among)
        read: dict[int, Document] = {}
        groups = self._groups(ranked, k, among, read)
        copies = [row for group in groups[:1] for row in (*group.same, *group.near)]
        trust = confidence(ranked.without(copies))  # the same words elsewhere are no rival to the best hit
        return Answer(
            question,
            ranked.language,
            trust,
            trust >= CONFIDENT,
            tuple(self._hit(question, ranked, group, rank, read) for rank, group in enumerate(groups, start=1)),
            len(self) if among is None else int(among.sum()),
            len(self.listing.documents) if among is None else len(np.unique(self.owners[among])),
            self.listing.waiting,
            within,
        )

    def _among(self, within: Filter) -> Mask:
        """Return which passages fit. Shape (passages,)."""
        facts = (self.listing.documents, self.owners, self.index.languages)
        among = within.passages(*facts)
        if len(among) and not among.any():
            raise QuestionError(nothing_fits(within, *facts))
        return among

    def _groups(self, ranked: Ranked, k: int, among: Mask | None, read: dict[int, Document]) -> list[_Group]:
        """Return the `k` best passages, each with those that say the same."""
        groups: list[_Group] = []
        seen: set[int] = set()
        rows = ranked.rows.tolist()
        for place, row in enumerate(rows):
            if row in seen:
                continue
            same = self._twins([row], among)
            seen.update(same)
            near = self._twins(self._near(row, [other for other in rows if other not in seen], read), among)
            seen.update(near)
            groups.append(_Group(place, tuple(twin for twin in same if twin != row), tuple(near)))
            if len(groups) == k:
                break
        return groups

    def _twins(self, rows: Sequence[int], among: Mask | None) -> list[int]:
        """Return the passages with the same folded text as one of `rows`, and these."""
        same = np.isin(self.folds, self.folds[np.array(rows, np.int64)])  # (passages,)
        return np.flatnonzero(same if among is None else same & among).tolist()

    def _near(self, row: int, others: Sequence[int], read: dict[int, Document]) -> list[int]:
        """Return which of the other passages tell the story of `row` with small edits, in order."""
        entry = self.entry(row, read)
        if entry.document.format in RECORDS:  # rows of a table look alike, and each says something else
            return []
        rows = np.array(others, np.int64)
        likely = rows[self.index.store.similarities(self._vector(row), rows) >= LIKELY]
        found = [(other, self.entry(other, read)) for other in sorted(likely.tolist())]
        return [
            other for other, at in found if at.document.format not in RECORDS and is_same_story(entry.text, at.text)
        ]

    def _span(self, row: int) -> Span:
        segment, inner = self._locate(row)
        return segment.span(inner)

    def _vector(self, row: int) -> Vectors:
        segment, inner = self._locate(row)
        return np.asarray(segment.vectors[inner], np.float32)

    def _hit(self, question: str, ranked: Ranked, group: _Group, rank: int, read: dict[int, Document]) -> Hit:
        place = group.place
        entry = self.entry(int(ranked.rows[place]), read)
        passage, text = entry.passage, entry.text
        inside = [sentence.shifted(-passage.span.start) for sentence in passage.sentences]
        spoken = [span.of(text) for span in inside]
        headline = entry.document.title
        best = highlight(self.index, question, spoken, ranked.nearness[place], headline=headline)
        marked = [inside[row] for row in best]
        whole = entry.document.text
        elsewhere = [Place(entry.document, span) for span in joined(passage.repeats, whole, passage.span.length)]
        elsewhere += [Place(self._document(row, read), self._span(row)) for row in group.same]
        elsewhere += [Place(self._document(row, read), self._span(row), same=False) for row in group.near]
        score = float(ranked.scores[place])
        return Hit(rank, score, entry.document, passage, entry.language, tuple(marked), tuple(elsewhere))


def _spoken(segments: Sequence[Segment], rows: Ints, owners: Ints) -> Spoken:
    """Return the sentences of the passages at `rows` of the segments, which are of the documents `owners`."""
    counts = [np.empty(0, np.int64), *(np.diff(segment.sentences.starts) for segment in segments)]
    sentences, bounds = gather(starts_of(np.concatenate(counts)), rows)  # (sentences,), (passages + 1,)
    folds = np.concatenate([np.empty(0, np.uint64), *(segment.passages.spoken for segment in segments)])
    sizes = [np.empty(0, np.int64), *(np.diff(segment.passages.sentences, axis=1)[:, 0] for segment in segments)]
    passages = np.repeat(np.arange(len(rows)), np.diff(bounds))  # (sentences,)
    return Spoken(folds[sentences], np.concatenate(sizes)[sentences], passages, owners[passages])
