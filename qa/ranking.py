"""Rank passages for a question: vectors, words and their sound propose candidates; five scores of each are added up.

Candidates come from word matches (BM25 over words and 4-grams and, in other languages, over the consonants that names
share) and from passage vectors; only these are compared by their best sentence and by late interaction. Scores, not
ranks, are added: a question in another language than the passage shares few words with it, so its lexical score is near
0 everywhere and the vectors decide on their own. Where there are passages in the question's language too, the common
words that they share with it would put them first, so the others are given an amount to match. In a language that the
built-in model cannot read, words decide. The best by their sums are then judged together, by `qa/trust.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.encoder import Encoder
from embeddings.interaction import Compared, LateInteraction, Met
from embeddings.lexical import LexicalIndex
from embeddings.parts import Mask, Rows, Scores
from embeddings.sound import question_sounds
from embeddings.static import Vectors
from embeddings.stores import VectorStore
from embeddings.text import fold
from qa.language import detect
from qa.ranked import UNSHARED, Ranked
from qa.trust import judge

NEAR, SPELT, HEARD = 200, 100, 50  # candidates by vector, by words, by the sound of words
# The weight of each score with the built-in model, and of the spread similarities with another model.
LEXICAL, SOUND, VECTOR, SENTENCE, INTERACTION = 1.0, 0.7, 0.2, 0.2, 0.5
ALONE = 0.6
FURNITURE = 0.4  # what a passage loses that is furniture of a site, so that it is found only where nothing else fits
SHARED = 4.0  # the weight of shared words beside nearness, in the choice of the sentence to highlight
HEADLINE = 0.5  # what a document's headline keeps of its score there: the story below it tells more
CLOSE = 0.15  # how close the second best sentence must come to be highlighted too


@dataclass(frozen=True, slots=True)
class Index:
    """Everything a question is ranked against; row i is the same passage in each part."""

    encoder: Encoder
    store: VectorStore
    lexical: LexicalIndex
    sound: LexicalIndex  # over the consonants of the words
    interaction: LateInteraction | None  # with the built-in model only
    languages: npt.NDArray[np.bytes_]  # (passages,)
    furniture: Mask  # (passages,) what repeats across documents


def rank(index: Index, question: str, among: Mask | None = None) -> Ranked:
    """Return all candidate passages for `question`, best first; equal scores keep the order of the passages.

    With `among`, of shape (passages,), only those that it marks, with the sums that they have among all.
    """
    return judge(add_up(index, question, among))


def add_up(index: Index, question: str, among: Mask | None = None) -> Ranked:
    """Return what `rank` does, in the order of the sums of their scores."""
    vector = index.encoder.encode_questions([question])[0]  # (dim,)
    language = detect(question, {code.decode() for code in set(index.languages.tolist())})
    foreign = index.languages != language.encode()  # (passages,)
    spelt, heard = _words(index, question, foreign)  # (passages,), (passages,)
    rows = _propose(index, vector, spelt, heard)  # (candidates,)
    if among is not None:  # all candidates decide what a word weighs, whichever are wanted
        rows = np.union1d(rows, _propose(index, vector, spelt * among, heard * among, among))
    lexical = LEXICAL * spelt[rows] + SOUND * heard[rows]  # (candidates,)
    cosine = index.store.similarities(vector, rows)  # (candidates,)
    late = index.interaction
    found = _by_vectors(cosine) if late is None else _by_interaction(late.compare(question, rows), cosine)
    likeness = found.fluency * (UNSHARED * foreign[rows] + found.likeness)  # (candidates,)
    sums = (lexical + likeness - FURNITURE * index.furniture[rows]).astype(np.float32)  # (candidates,)
    ranked = Ranked(
        rows,
        sums,
        sums,
        lexical.astype(np.float32),
        found.semantic,
        found.met,
        tuple(found.nearness),
        foreign[rows],
        found.reach,
        found.fluency,
        language,
    )
    order = np.argsort(-sums, kind="stable")
    return ranked.take(order if among is None else order[among[rows[order]]])


@dataclass(frozen=True, slots=True)
class _Likeness:
    """How like the question its candidates are in meaning; what it shares with `Ranked` is told there."""

    likeness: Scores  # (candidates,) to be added to the scores of words
    semantic: Scores
    met: Met
    nearness: Sequence[Scores]
    reach: float
    fluency: float


def _by_vectors(cosine: Scores) -> _Likeness:
    none = cosine[:0]
    return _Likeness(
        ALONE * _spread(cosine),
        cosine,
        Met.of_none(len(cosine)),
        [none] * len(cosine),
        float(cosine.max(initial=0.0)),
        1.0,
    )


def _by_interaction(compared: Compared, cosine: Scores) -> _Likeness:
    semantic = np.asarray((compared.passage + compared.sentence) / 2, np.float32)  # (candidates,)
    likeness = VECTOR * cosine + SENTENCE * compared.cosine + INTERACTION * semantic  # (candidates,)
    nearness = np.split(compared.by_sentence, compared.starts[1:-1])
    return _Likeness(likeness, semantic, compared.met, nearness, compared.reach, compared.fluency)


def _propose(index: Index, vector: Vectors, spelt: Scores, heard: Scores, among: Mask | None = None) -> Rows:
    """Return the rows that vectors, words or sounds put among their best, in order."""
    near, _ = index.store.search(vector, NEAR, among)
    return np.unique(np.concatenate([near, _best(spelt, SPELT), _best(heard, HEARD)]))


def _words(index: Index, question: str, foreign: Mask) -> tuple[Scores, Scores]:
    """Return how well each passage's words match and, in other languages, how much better their sounds do."""
    spelt = index.lexical.scores(fold(question))  # (passages,)
    if not foreign.any():
        return spelt, np.zeros_like(spelt)
    sound, share = question_sounds(question)
    heard = np.float32(share) * index.sound.scores(sound)  # (passages,)
    return spelt, np.where(foreign, np.maximum(heard - spelt, 0), np.float32(0))


def _spread(similarities: Scores) -> Scores:
    """Return similarities stretched to 0 to 1: some models keep all of theirs between 0.7 and 0.9."""
    if not len(similarities):
        return similarities
    lowest, highest = float(similarities.min()), float(similarities.max())
    return np.asarray((similarities - lowest) / max(highest - lowest, 1e-6), np.float32)


def _best(scores: Scores, k: int) -> npt.NDArray[np.int64]:
    """Return the rows of the `k` highest scores above 0, in no order."""
    if k < len(scores):
        rows = np.argpartition(-scores, k)[:k]
        return rows[scores[rows] > 0]
    return np.flatnonzero(scores > 0)


def highlight(
    index: Index, question: str, sentences: Sequence[str], nearness: Scores, *, headline: str = ""
) -> tuple[int, ...]:
    """Return which of a hit's sentences answers: one that is near to the question and shares its rare words.

    Where the second best comes close, it may be that one as well: both are returned, in the order of the text.
    """
    shares = index.lexical.shares(fold(question), [fold(sentence) for sentence in sentences])  # (sentences,)
    if not len(nearness):
        nearness = index.encoder.encode_passages(sentences) @ index.encoder.encode_questions([question])[0]
    told = [_tells(sentence) for sentence in sentences]
    weights = [HEADLINE if _stands_above(sentence, headline) else 1.0 for sentence in sentences]
    scores = np.where(told, nearness + SHARED * shares, -np.inf) if any(told) else nearness  # (sentences,)
    scores = scores * weights
    best, *others = np.argsort(-scores, kind="stable").tolist()
    return tuple(sorted([best, *(row for row in others[:1] if scores[row] > scores[best] - CLOSE)]))


def _tells(sentence: str) -> bool:
    """Tell whether a sentence may answer; a question or a heading only says what is asked or follows."""
    return not sentence.rstrip("\"'»”’)]*_ ").endswith(("?", "؟")) and not sentence.startswith("#")


def _stands_above(sentence: str, headline: str) -> bool:
    """Tell whether a sentence is the headline; where a document has none, its first sentence is called that."""
    return sentence.strip() == headline and not sentence.rstrip().endswith((".", "!", "۔"))
