"""`Encoder`, the seam for embedding models, and `load_encoder`: the built-in model or any of sentence-transformers."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Protocol

import numpy as np

from embeddings.errors import ModelError
from embeddings.hub import check_reach, is_downloaded
from embeddings.static import BUILT_IN, StaticEncoder, Vectors, unit

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# What reading a model raises whose files are damaged, of an unknown kind, or not all there.
_UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, TypeError, UnpicklingError)


class Encoder(Protocol):
    """Turns texts into unit vectors, float32, one row per text."""

    @property
    def name(self) -> str:
        """The name by which the user chose the model."""

    @property
    def fingerprint(self) -> str:
        """A hash of everything that decides the vectors: an index with another fingerprint cannot be searched."""

    @property
    def dim(self) -> int:
        """The length of a vector."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages. Shape (n, dim)."""

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of questions. Shape (n, dim)."""


def load_encoder(name: str = BUILT_IN) -> Encoder:
    """Return the model called `name`: "built-in", a folder in the format of sentence-transformers, or a hub name.

    Raise ModelError where there is no such model, or it cannot be read.
    """
    return StaticEncoder.load() if name == BUILT_IN else TransformerEncoder.load(name)


class TransformerEncoder:
    """Any model of sentence-transformers, with the prompts for questions and passages that its own files ask for."""

    def __init__(self, model: "SentenceTransformer", name: str, fingerprint: str) -> None:
        self._model = model
        self.name = name
        self.fingerprint = fingerprint
        self.dim = int(model.get_embedding_dimension() or 0)

    @classmethod
    def load(cls, name: str) -> "TransformerEncoder":
        """Load a model from a folder, or from the hub; raise ModelError where that fails."""
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        folder = Path(os.path.expanduser(name)).absolute()  # Path.expanduser fails where there is no such user
        local = os.path.isdir(folder)  # Path.is_dir fails where the name is too long for one
        if local and not any(folder.rglob("*.safetensors")):
            raise ModelError(f"{folder} holds no *.safetensors weights: convert the model, or name another folder.")
        from safetensors import SafetensorError

        try:
            model = _read(str(folder), local=True) if local else _read_from_hub(name)
        except ImportError as error:
            raise ModelError(f"{name} cannot be loaded ({error}): pip install sentence-transformers.") from error
        except (*_UNREADABLE, SafetensorError) as error:
            raise ModelError(
                f"The model {name!r} cannot be loaded: give a folder or hub name ({_reason(error)})."
            ) from error
        return cls(model, str(folder) if local else name, _fingerprint(model))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages. Shape (n, dim)."""
        return self._unit(self._model.encode_document(list(texts), show_progress_bar=False))

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of questions. Shape (n, dim)."""
        return self._unit(self._model.encode_query(list(texts), show_progress_bar=False))

    def _unit(self, vectors: Vectors) -> Vectors:
        return unit(np.asarray(vectors, np.float32).reshape(-1, self.dim))  # (n, dim)


def _read_from_hub(name: str) -> "SentenceTransformer":
    """Read a model of the hub from this disk; what is missing there is downloaded, though a part of it was before."""
    if is_downloaded(name):
        try:
            return _read(name, local=True)
        except _UNREADABLE as error:  # its download may have been interrupted
            check_reach(f"The model {name!r} cannot be loaded from this disk ({_reason(error)})")
    else:
        check_reach(f"The model {name!r} is not on this disk")
    return _read(name, local=False)


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _read(place: str, *, local: bool) -> "SentenceTransformer":
    """Read a model; only a download shows its progress."""
    from sentence_transformers import SentenceTransformer  # 9 s, which the built-in model need not take
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    if local:
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(place, trust_remote_code=False, local_files_only=local)
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _fingerprint(model: "SentenceTransformer") -> str:
    """Hash the weights, prompts, vocabulary and settings: another model may have the same name and dimension."""
    digest = hashlib.sha256(repr((sorted(model.prompts.items()), model.max_seq_length)).encode())
    for module in model:
        told = getattr(module, "get_config_dict", None)
        settings = told() if callable(told) else {}
        digest.update(f"{type(module).__name__} {json.dumps(settings, sort_keys=True, default=str)}".encode())
    if hasattr(model.tokenizer, "get_vocab"):
        digest.update(repr(sorted(model.tokenizer.get_vocab().items())).encode())
    for key, tensor in model.state_dict().items():
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(_bytes_type()).numpy().tobytes())
    return digest.hexdigest()


def _bytes_type() -> "object":
    import torch

    return torch.uint8
