"""Embed passages: a vector for each and, with the built-in model, the tokens of its sentences."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embeddings.encoder import Encoder
from embeddings.errors import ModelError
from embeddings.static import StaticEncoder, Vectors, unit
from qa.documents import Document
from qa.passages import Passage

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vector of one passage and, with the built-in model, what late interaction needs of it."""

    vector: Vectors  # (dim,)
    tokens: npt.NDArray[np.uint16]  # (tokens,) of all sentences, end to end
    sizes: npt.NDArray[np.int32]  # (sentences,) tokens of each
    norms: Vectors  # (sentences,) length of the sum of each one's token vectors


def embed(encoder: Encoder, passages: Sequence[tuple[Document, Passage]]) -> list[Embedded]:
    """Embed passages, each with its document, in their order."""
    if isinstance(encoder, StaticEncoder):
        return _embed_sentences(encoder, passages)
    vectors = encoder.encode_passages([passage.span.of(document.text) for document, passage in passages])  # (n, dim)
    vectors = _checked(vectors, encoder, passages)
    none = (np.empty(0, np.uint16), np.empty(0, np.int32), np.empty(0, np.float32))
    return [Embedded(vector, *none) for vector in vectors]


def _checked(vectors: Vectors, encoder: Encoder, passages: Sequence[tuple[Document, Passage]]) -> Vectors:
    """Return vectors that can be compared: one that is not finite becomes zeros, so that only words find its passage.

    Raise ModelError where the model returns vectors of another shape than it promises.
    """
    if vectors.shape != (len(passages), encoder.dim):
        raise ModelError(
            f"The model {encoder.name} gives vectors of shape {vectors.shape} for {len(passages)} passages, not "
            f"{encoder.dim} numbers for each: use another model."
        )
    finite = np.isfinite(vectors).all(axis=1, keepdims=True)  # (n, 1)
    for place in np.flatnonzero(~finite).tolist():
        document, passage = passages[place]
        told = "%s, paragraph %d: the model %s gives it no finite vector, so only its words are found"
        logger.warning(told, document.path, passage.number, encoder.name)
    return np.where(finite, vectors, np.float32(0))


def _embed_sentences(encoder: StaticEncoder, passages: Sequence[tuple[Document, Passage]]) -> list[Embedded]:
    """Embed with the built-in model, tokenizing once: a passage's vector is the normalised sum of its sentences."""
    tokens = encoder.tokenize([span.of(document.text) for document, passage in passages for span in passage.sentences])
    sums = encoder.pool(tokens)  # (sentences, dim)
    bounds = np.cumsum([0, *(len(passage.sentences) for _, passage in passages)])  # (passages + 1,)
    vectors = unit(np.add.reduceat(sums, bounds[:-1]))  # (passages, dim)
    norms = np.linalg.norm(sums, axis=1)  # (sentences,)
    sizes = np.diff(tokens.starts).astype(np.int32)  # (sentences,)
    return [
        Embedded(vector, tokens.ids[tokens.starts[start] : tokens.starts[end]], sizes[start:end], norms[start:end])
        for vector, start, end in zip(vectors, bounds[:-1], bounds[1:], strict=True)
    ]
