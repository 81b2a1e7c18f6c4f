"""Fixtures shared by the tests: a copy of the seeds, a library over it, and an encoder whose scores are exact."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embeddings.static import StaticEncoder, Vectors, unit
from embeddings.text import fold
from qa.catalog import Catalog
from qa.library import Library

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"


class WordEncoder:
    """A bag of folded words as an `Encoder`: each word given is one dimension, others count nothing."""

    def __init__(self, words: str, name: str = "words") -> None:
        self.words = fold(words).split()
        self.name = name
        self.fingerprint = hashlib.sha256(words.encode()).hexdigest()
        self.dim = len(self.words)
        self.encoded: list[str] = []  # every passage that was ever encoded

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        return self.encode_questions(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        counts = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for word in fold(text).split():
                if word in self.words:
                    counts[row, self.words.index(word)] += 1
        return unit(counts)


def write_files(folder: Path, files: dict[str, str]) -> Path:
    """Write texts below a folder, by their paths, and return it."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")
    return folder


def word_library(folder: Path, index: Path, encoder: WordEncoder) -> Library:
    """Return a library with an encoder of its own, not updated yet."""
    return Library(folder, Catalog(index), encoder)


@pytest.fixture(scope="session")
def encoder() -> StaticEncoder:
    return StaticEncoder.load()


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """Copy the seeds, so that a test may change them."""
    return Path(shutil.copytree(SEEDS, tmp_path / "documents"))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def library(seeds: Path, index: Path, encoder: StaticEncoder) -> Library:
    """Return an updated library over a copy of the seeds, with the built-in model."""
    library = Library(seeds, Catalog(index), encoder)
    library.update()
    return library


@pytest.fixture(scope="session")
def seed_library(tmp_path_factory: pytest.TempPathFactory, encoder: StaticEncoder) -> Library:
    """Return an updated library over the seeds themselves, for tests that only ask it."""
    library = Library(SEEDS, Catalog(tmp_path_factory.mktemp("index")), encoder)
    library.update()
    return library
