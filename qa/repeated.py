"""Recognise the furniture of a site by what repeats across documents: sentences that stand in many of them.

No phrase is known beforehand. Documents most of which repeats are copies or versions of one text and tell nothing of
what surrounds it: they are left out of the count.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.parts import Mask
from embeddings.ragged import Ints

MANY = 5  # documents that a sentence stands in
COPIED = 0.5  # of a document, what repeats elsewhere makes it a copy
FILLED = 0.8  # of a passage, what is furniture makes it that


@dataclass(frozen=True, slots=True)
class Spoken:
    """The sentences of all passages, passage after passage."""

    folds: npt.NDArray[np.uint64]  # (sentences,) equal sentences have equal ones
    sizes: Ints  # (sentences,) characters
    passages: Ints  # (sentences,) the row of each one's passage
    documents: Ints  # (sentences,) the number of each one's document


def furniture(spoken: Spoken, count: int) -> Mask:
    """Return which of `count` passages are made of sentences that stand in many documents. Shape (count,)."""
    repeated = _stand_in_many(spoken, np.ones(len(spoken.folds), bool))
    told = np.bincount(spoken.documents, spoken.sizes)  # (documents,) characters
    again = np.bincount(spoken.documents, spoken.sizes * repeated)  # (documents,)
    own = again <= COPIED * told  # (documents,)
    repeated = _stand_in_many(spoken, repeated & own[spoken.documents])
    filled = np.bincount(spoken.passages, spoken.sizes * repeated, count)  # (passages,)
    return np.asarray((filled > 0) & (filled >= FILLED * np.bincount(spoken.passages, spoken.sizes, count)), bool)


def _stand_in_many(spoken: Spoken, counted: Mask) -> Mask:
    """Return which sentences stand in many documents, those not `counted` left out. Shapes (sentences,)."""
    folds = spoken.folds[counted]
    different, places, times = np.unique(folds, return_inverse=True, return_counts=True)
    often = times[places] >= MANY  # most sentences stand once: only the others are looked at
    pairs = np.unique(np.stack([places[often], spoken.documents[counted][often]]), axis=1)  # (2, pairs)
    found = different[np.bincount(pairs[0], minlength=len(different)) >= MANY]
    return counted & np.isin(spoken.folds, found)
