"""Some documents as arrays, ready to be ranked: derived from them once, never changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from embeddings.interaction import Sentences, hold, join_sentences
from embeddings.lexical import Postings, join_postings, post
from embeddings.parts import Mask, Runs
from embeddings.pieces import Tokens
from embeddings.ragged import Ints, starts_of
from embeddings.sound import sounds
from embeddings.static import Vectors
from embeddings.text import fold
from qa.catalog import Contents
from qa.documents import Document
from qa.passages import Passage
from qa.spans import Span
from qa.tables import Row

Spans = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Members:
    """The documents of a segment, by their keys in the catalog."""

    keys: Ints  # (documents,)
    starts: Ints  # (documents + 1,) where each one's passages begin


@dataclass(frozen=True, slots=True)
class Passages:
    """The passages of several documents: where they are in the texts, their languages, and hashes of their words."""

    numbers: npt.NDArray[np.int32]  # (passages,)
    spans: Spans  # (passages, 2)
    sentences: Spans  # (sentences, 2), passage after passage as in `Sentences`
    repeats: Spans  # (repeats, 2)
    repeat_starts: Ints  # (passages + 1,)
    languages: npt.NDArray[np.bytes_]  # (passages,)
    folds: npt.NDArray[np.uint64]  # (passages,) hashes of the folded text, equal for equal passages
    spoken: npt.NDArray[np.uint64]  # (sentences,) the same of each sentence


@dataclass(frozen=True, slots=True)
class Segment:
    """Documents with their texts and passages, and what each part of the ranking needs of them."""

    members: Members
    texts: npt.NDArray[np.uint8]  # (bytes,) UTF-8
    text_starts: Ints  # (documents + 1,)
    passages: Passages
    vectors: Vectors  # (passages, dim)
    sentences: Sentences
    spelt: Postings
    heard: Postings

    @classmethod
    def build(cls, contents: Contents, dim: int) -> "Segment":
        """Derive the arrays of documents with their keys and passages."""
        pairs = list(zip(contents.documents, contents.rows, strict=True))
        texts = [np.frombuffer(document.text.encode(), np.uint8) for document in contents.documents]
        rows = [row for found in contents.rows for row in found]
        spans = [(document, row.passage.span) for document, found in pairs for row in found]
        folded = [fold(span.of(document.text)) for document, span in spans]
        starts = starts_of([len(found) for found in contents.rows])
        return cls(
            Members(np.array(contents.keys, np.int64), starts),
            np.concatenate([np.empty(0, np.uint8), *texts]),
            starts_of([len(text) for text in texts]),
            _passages(rows, folded, _spoken(pairs)),
            np.stack([row.embedded.vector for row in rows]) if rows else np.empty((0, dim), np.float32),
            _sentences(rows),
            post(folded),
            post([sounds(text) for text in folded]),
        )

    def text(self, document: int) -> str:
        """Return the text of the document with that number in the segment."""
        return str(self.texts[self.text_starts[document] : self.text_starts[document + 1]].tobytes(), "utf-8")

    def span(self, row: int) -> Span:
        """Return where the passage in that row is in its document's text."""
        return Span(*self.passages.spans[row].tolist())

    def passage(self, row: int) -> Passage:
        """Return the passage in that row."""
        found, starts = self.passages, self.sentences.starts
        return Passage(
            int(found.numbers[row]),
            self.span(row),
            _spans(found.sentences[starts[row] : starts[row + 1]]),
            _spans(found.repeats[found.repeat_starts[row] : found.repeat_starts[row + 1]]),
        )

    def language(self, row: int) -> str:
        """Return the language of the passage in that row."""
        return bytes(self.passages.languages[row]).decode()

    def __len__(self) -> int:
        return len(self.vectors)


def _spans(pairs: Spans) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in pairs.tolist())


def _pairs(spans: Iterable[Span]) -> Spans:
    return np.array([(span.start, span.end) for span in spans], np.int64).reshape(-1, 2)


def _spoken(pairs: Sequence[tuple[Document, Sequence[Row]]]) -> list[str]:
    """Return the sentences of all passages, folded."""
    spans = [(document.text, span) for document, rows in pairs for row in rows for span in row.passage.sentences]
    return [fold(span.of(text)) for text, span in spans]


def _passages(rows: Sequence[Row], folded: Sequence[str], spoken: Sequence[str]) -> Passages:
    found = [row.passage for row in rows]
    return Passages(
        np.array([passage.number for passage in found], np.int32),
        _pairs(passage.span for passage in found),
        _pairs(span for passage in found for span in passage.sentences),
        _pairs(span for passage in found for span in passage.repeats),
        starts_of([len(passage.repeats) for passage in found]),
        np.array([row.language.encode() for row in rows], np.bytes_),
        np.array([_fold_hash(text) for text in folded], np.uint64),
        np.array([_fold_hash(text) for text in spoken], np.uint64),
    )


def _fold_hash(folded: str) -> int:
    """Return a number that equal texts share and, almost certainly, no others."""
    return int.from_bytes(blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _sentences(rows: Sequence[Row]) -> Sentences:
    """Gather the sentences; only the built-in model gives them tokens, with another one they have none."""
    counts = [len(row.passage.sentences) for row in rows]
    embedded = [row.embedded for row in rows]
    sizes = [np.empty(0, np.int64), *(_padded(e.sizes, count) for e, count in zip(embedded, counts, strict=True))]
    norms = [np.empty(0, np.float32), *(_padded(e.norms, count) for e, count in zip(embedded, counts, strict=True))]
    ids = np.concatenate([np.empty(0, np.uint16), *(found.tokens for found in embedded)])
    tokens = Tokens(ids, starts_of(np.concatenate(sizes)))
    return hold(tokens, np.concatenate(norms).astype(np.float32), starts_of(counts))


def _padded(values: npt.NDArray[np.generic], count: int) -> npt.NDArray[np.generic]:
    return values if len(values) == count else np.zeros(count, values.dtype)


def join(segments: Sequence[Segment], kept: Sequence[Mask]) -> Segment:
    """Return one segment of those documents of several segments that `kept` marks, (documents,) for each."""
    documents = Runs.of(kept)
    text_starts, texts = documents.below([segment.text_starts for segment in segments])
    members = [segment.members for segment in segments]
    starts, rows = documents.below([one.starts for one in members])
    masks = [np.repeat(mask, np.diff(one.starts)) for one, mask in zip(members, kept, strict=True)]
    return Segment(
        Members(documents.pick([one.keys for one in members]), starts),
        texts.pick([segment.texts for segment in segments]),
        text_starts,
        _join_passages(segments, rows),
        rows.pick([segment.vectors for segment in segments]),
        join_sentences([segment.sentences for segment in segments], rows),
        join_postings([segment.spelt for segment in segments], masks),
        join_postings([segment.heard for segment in segments], masks),
    )


def _join_passages(segments: Sequence[Segment], rows: Runs) -> Passages:
    parts = [segment.passages for segment in segments]
    _, spoken = rows.below([segment.sentences.starts for segment in segments])
    repeat_starts, repeats = rows.below([part.repeat_starts for part in parts])
    return Passages(
        rows.pick([part.numbers for part in parts]),
        rows.pick([part.spans for part in parts]),
        spoken.pick([part.sentences for part in parts]),
        repeats.pick([part.repeats for part in parts]),
        repeat_starts,
        rows.pick([part.languages for part in parts]),
        rows.pick([part.folds for part in parts]),
        spoken.pick([part.spoken for part in parts]),
    )
