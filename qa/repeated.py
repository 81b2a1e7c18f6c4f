"""Recognise the furniture of a site by what repeats across documents: sentences that appear in many of them.

No phrases are given. Documents that consist mostly of repetitions are copies or versions of one text and say nothing
about what surrounds it, so they are not counted.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.parts import Mask
from embeddings.ragged import Ints

MANY = 5  # documents in which a sentence of furniture appears
COPIED = 0.5  # of a document; one that repeats more of others is a copy
BUCKETS = 2**20  # in which sentences are counted first
FILLED = 0.8  # of a passage; one that holds this much furniture is furniture


@dataclass(frozen=True, slots=True)
class Spoken:
    """The sentences of all passages, passage after passage."""

    folds: npt.NDArray[np.uint64]  # (sentences,) equal for equal sentences
    sizes: Ints  # (sentences,) characters
    passages: Ints  # (sentences,) the row of each one's passage
    documents: Ints  # (sentences,) the number of each one's document


def furniture(spoken: Spoken, count: int) -> Mask:
    """Return which of `count` passages are made of sentences that appear in many documents. Shape (count,)."""
    repeated = _appear_in_many(spoken, np.ones(len(spoken.folds), bool))
    told = np.bincount(spoken.documents, spoken.sizes)  # (documents,) characters
    again = np.bincount(spoken.documents, spoken.sizes * repeated)  # (documents,)
    own = again <= COPIED * told  # (documents,)
    repeated = _appear_in_many(spoken, repeated & own[spoken.documents])
    filled = np.bincount(spoken.passages, spoken.sizes * repeated, count)  # (passages,)
    return np.asarray((filled > 0) & (filled >= FILLED * np.bincount(spoken.passages, spoken.sizes, count)), bool)


def _appear_in_many(spoken: Spoken, counted: Mask) -> Mask:
    """Return which of the `counted` sentences appear in many documents. Shapes (sentences,)."""
    buckets = (spoken.folds % BUCKETS).astype(np.int64)  # most sentences appear once, which is seen without sorting
    often = counted & (np.bincount(buckets[counted], minlength=BUCKETS) >= MANY)[buckets]
    different, places = np.unique(spoken.folds[often], return_inverse=True)
    documents = int(spoken.documents.max(initial=0)) + 1
    pairs = np.unique(places * documents + spoken.documents[often])  # (pairs,) a sentence and a document
    often[often] = (np.bincount(pairs // documents, minlength=len(different)) >= MANY)[places]
    return often
