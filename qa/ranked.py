"""The passages that a question proposes, best first, with all that was found out about each."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from embeddings.interaction import Met
from embeddings.parts import Rows, Scores
from qa.language import UNKNOWN

UNSHARED = 0.13  # what a passage in another language is given for the words it cannot share


@dataclass(frozen=True, slots=True)
class Ranked:
    """Passages for a question, best first, with the scores that put them there; each has shape (candidates,)."""

    rows: Rows
    scores: Scores  # in falling order
    sums: Scores  # of the scores of words and of meaning, before the best passages were judged
    lexical: Scores
    semantic: Scores  # late interaction where there is one, else the similarity of the vectors
    met: Met  # what of the question each one meets; of nothing where there is no late interaction
    nearness: tuple[Scores, ...]  # of the sentences of each; empty arrays where they were not compared
    foreign: npt.NDArray[np.bool_]  # whether in another language than the question
    reach: float  # the semantic score of an imagined passage that holds what all candidates hold together
    fluency: float = 1.0  # how well the model reads the question: at 0 words alone ranked
    language: str = UNKNOWN  # of the question

    def take(self, places: Rows) -> "Ranked":
        """Return the passages at some places, in the order of these, with the scores that they have."""
        return replace(
            self,
            rows=self.rows[places],
            scores=self.scores[places],
            sums=self.sums[places],
            lexical=self.lexical[places],
            semantic=self.semantic[places],
            met=self.met.take(places),
            nearness=tuple(self.nearness[place] for place in places.tolist()),
            foreign=self.foreign[places],
        )

    def without(self, rows: Collection[int]) -> "Ranked":
        """Return the ranking without some rows."""
        return self.take(np.flatnonzero(~np.isin(self.rows, list(rows))))
