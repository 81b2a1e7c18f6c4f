"""BM25 over the terms of folded words, in vectorised numpy.

The parts of the index hold only how often each text holds each term. Weights are worked out for the terms of a question
when it is asked, so that rarity and mean length are always those of the whole, whatever was added or removed.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.parts import Layout, Mask, Scores
from embeddings.ragged import Ints, starts_of, within
from embeddings.terms import Hashes, terms_of

Doubles = npt.NDArray[np.float64]

BLOCK = 2**22  # characters
K1 = 1.2
B = 0.75
REMEMBERED = 16  # questions whose terms are kept: the sentences of their hits are compared with them next


@dataclass(frozen=True, slots=True)
class Postings:
    """Which texts hold which terms, and how often: terms in order of their hashes, and texts in order under each."""

    hashes: Hashes  # (terms,)
    starts: Ints  # (terms + 1,) where each term's texts begin
    owners: npt.NDArray[np.int32]  # (postings,)
    counts: npt.NDArray[np.unsignedinteger]  # (postings,)
    lengths: npt.NDArray[np.int32]  # (texts,) terms of each


def post(texts: Sequence[str]) -> Postings:
    """Return the postings of folded texts, BLOCK characters at a time: each takes some 80 bytes while it is counted."""
    parts = [_post(block) for block in _blocks(texts)]
    return parts[0] if len(parts) == 1 else join_postings(parts, [np.ones(len(part.lengths), bool) for part in parts])


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the texts in runs of about BLOCK characters; one empty run where there are none."""
    first = size = 0
    for after, text in enumerate(texts, start=1):
        size += len(text)
        if size >= BLOCK:
            yield texts[first:after]
            first, size = after, 0
    if first < len(texts) or not texts:
        yield texts[first:]


def _post(texts: Sequence[str]) -> Postings:
    """Return the postings of a few texts. Terms are worked out once per word, not once per occurrence."""
    vocabulary: dict[str, int] = {}
    counted = [[vocabulary.setdefault(word, len(vocabulary)) for word in text.split()] for text in texts]
    words = np.array([word for found in counted for word in found], np.int64)  # (words of all texts,)
    terms = terms_of(list(vocabulary))
    sizes = np.diff(terms.starts)[words]  # (words,) terms of each
    found = terms.hashes[np.repeat(terms.starts[words], sizes) + within(sizes)]  # (terms of all texts,)
    owners = np.repeat(np.repeat(np.arange(len(texts)), [len(words) for words in counted]), sizes)
    return _count(found, owners, len(texts))


def _count(found: Hashes, owners: Ints, texts: int) -> Postings:
    hashes, ids = np.unique(found, return_inverse=True)  # (terms,), (occurrences,)
    postings, counts = np.unique(ids * max(texts, 1) + owners, return_counts=True)  # by term, then by text
    starts = starts_of(np.bincount(postings // max(texts, 1), minlength=len(hashes)))
    lengths = np.bincount(owners, minlength=texts).astype(np.int32)
    return Postings(hashes, starts, (postings % max(texts, 1)).astype(np.int32), _narrow(counts), lengths)


def _narrow(counts: npt.NDArray[np.integer]) -> npt.NDArray[np.unsignedinteger]:
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))


def join_postings(parts: Sequence[Postings], kept: Sequence[Mask]) -> Postings:
    """Return the postings of the texts that `kept` marks of each part, end to end. Shapes (texts,) of each."""
    hashes = np.unique(np.concatenate([np.empty(0, np.uint64), *(part.hashes for part in parts)]))  # (terms,)
    firsts = starts_of([int(mask.sum()) for mask in kept])
    terms, owners, counts = [np.empty(0, np.int32)], [np.empty(0, np.int32)], [np.empty(0, np.uint8)]
    for part, mask, first in zip(parts, kept, firsts.tolist(), strict=False):
        stays = mask[part.owners]  # (postings,)
        own = np.searchsorted(hashes, part.hashes).astype(np.int32)  # (terms of the part,)
        terms.append(np.repeat(own, np.diff(part.starts))[stays])
        owners.append((np.cumsum(mask, dtype=np.int32) - 1 + first)[part.owners[stays]])
        counts.append(part.counts[stays])
    found = np.concatenate(terms)
    order = np.argsort(found, kind="stable")  # part after part, so that under each term the texts stay in order
    df = np.bincount(found, minlength=len(hashes))  # (terms,)
    held = np.flatnonzero(df)
    lengths = [part.lengths[mask] for part, mask in zip(parts, kept, strict=True)]
    return Postings(
        hashes[held],
        starts_of(df[held]),
        np.concatenate(owners)[order],
        _narrow(np.concatenate(counts)[order]),
        np.concatenate([np.empty(0, np.int32), *lengths]),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The distinct terms of a question, how often each occurs in it, and what it weighs by its rarity."""

    hashes: Hashes  # (terms,)
    times: Ints  # (terms,)
    rarity: Doubles  # (terms,)


class LexicalIndex:
    """BM25 of texts, after Robertson and Zaragoza, The Probabilistic Relevance Framework (2009).

    With the idf of Lucene, log(1 + (n - df + 0.5) / (df + 0.5)), which is never negative.
    """

    def __init__(self, parts: Sequence[Postings], layout: Layout) -> None:
        """Score the texts of `layout`, in its order."""
        self._parts, self._layout = parts, layout
        self._alive = layout.alive()
        lengths = [part.lengths for part in parts]
        total = sum(int(_kept(found, alive).sum()) for found, alive in zip(lengths, self._alive, strict=True))
        mean = max(total / max(len(layout), 1), 1.0)
        self._longer = [K1 * (1 - B + B * found / mean) for found in lengths]  # (texts,) of each part
        # Without `self`, which would then be a cycle.
        look_up = functools.partial(_look_up, parts, self._alive, len(layout))
        self._ask = functools.lru_cache(REMEMBERED)(look_up)

    @classmethod
    def of(cls, texts: Sequence[str]) -> "LexicalIndex":
        """Index folded texts in one part."""
        return cls([post(texts)], Layout.whole(len(texts)))

    def __len__(self) -> int:
        return len(self._layout)

    def scores(self, question: str) -> Scores:
        """Return the score of every text for a folded question, each divided by the best a text could reach.

        Scores lie in 0 to 1; terms that no text holds count in the best, so a question in another language than the
        texts scores low everywhere. Shape (texts,).
        """
        asked = self._ask(question)
        weights = asked.rarity * asked.times  # (terms,)
        best = max((K1 + 1) * float(weights.sum()), 1e-12)
        summed: list[Doubles] = [np.empty(0)]
        for part, longer in zip(self._parts, self._longer, strict=True):
            found, terms = _find(part, asked.hashes)
            counts, owners = part.counts[found].astype(np.float64), part.owners[found]  # (postings,)
            gains = weights[terms] * counts * (K1 + 1) / (counts + longer[owners])  # (postings,)
            summed.append(np.bincount(owners, gains, len(part.lengths)).astype(np.float64, copy=False))
        return np.asarray(np.concatenate(summed)[self._layout.order] / best, np.float32)

    def shares(self, question: str, texts: Sequence[str]) -> Scores:
        """Return for each folded text the share of the question's terms it holds, rare terms counting more.

        Shares lie in 0 to 1; the texts need not be indexed. Shape (texts,).
        """
        asked = self._ask(question)
        held = [np.isin(asked.hashes, terms_of(text.split()).hashes) @ asked.rarity for text in texts]
        return np.array(held, np.float32) / max(float(asked.rarity.sum()), 1e-12)


def _look_up(parts: Sequence[Postings], alive: Sequence[Mask | None], count: int, question: str) -> _Asked:
    """Return the terms of a question, and what each weighs among the `count` texts that are alive."""
    hashes, times = np.unique(terms_of(question.split()).hashes, return_counts=True)  # (terms,)
    df = np.zeros(len(hashes), np.int64)  # (terms,) texts that hold each
    for part, mask in zip(parts, alive, strict=True):
        found, held = _find(part, hashes)
        df += np.bincount(held if mask is None else held[mask[part.owners[found]]], minlength=len(hashes))
    return _Asked(hashes, times, np.log1p((count - df + 0.5) / (df + 0.5)))


def _kept(values: npt.NDArray[np.int32], alive: Mask | None) -> npt.NDArray[np.int32]:
    return values if alive is None else values[alive]


def _find(part: Postings, hashes: Hashes) -> tuple[Ints, Ints]:
    """Return the postings of the terms, one term after the other, and which term each is of. Shapes (postings,)."""
    places = np.searchsorted(part.hashes, hashes)
    known = np.flatnonzero(part.hashes[np.minimum(places, len(part.hashes) - 1)] == hashes if len(part.hashes) else [])
    first = part.starts[places[known]]
    sizes = part.starts[places[known] + 1] - first
    return np.repeat(first, sizes) + within(sizes), np.repeat(known, sizes)
