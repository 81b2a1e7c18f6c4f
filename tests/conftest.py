"""Fixtures shared by the tests: a copy of the seeds, a library over it, and an encoder whose scores are exact."""

import gc
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from embeddings.static import StaticEncoder, Vectors, unit
from embeddings.text import fold
from qa.catalog import Catalog
from qa.documents import Document
from qa.folder import Skipped
from qa.library import Library
from qa.tables import Row

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"

# A shared machine may be slow for a moment; what must be fast has a test of its own that compares two times.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


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


def assert_linear(work: Callable[[int], object], small: int, large: int) -> None:
    """Fail where the time that work takes grows with the square of its size, and not with the size.

    The time is that of this process, without the collection of what other tests left. A machine is slow now and then
    and bad code each time: one good pair of five is enough.
    """
    pairs = []
    for _ in range(5):
        pairs.append((seconds_for(work, small), seconds_for(work, large)))
        if pairs[-1][1] < (large / small) ** 1.5 * pairs[-1][0] + 0.1:
            return
    pytest.fail(f"{small:,} and {large:,} take these seconds: {pairs}")


def seconds_for(work: Callable[[int], object], size: int) -> float:
    collecting = gc.isenabled()
    gc.disable()
    try:
        began = time.process_time()
        work(size)
        return time.process_time() - began
    finally:
        if collecting:
            gc.enable()


def sanad(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "qa", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", timeout=120
    )


def done(*arguments: str | Path, **environment: str) -> str:
    """Run a command that must succeed and return what it printed."""
    found = sanad(*arguments, **environment)
    assert found.returncode == 0, found.stderr
    return found.stdout


def assert_refused(found: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Check that a command failed with one clear sentence and nothing else."""
    assert found.returncode == 1
    assert found.stdout == ""
    assert "Traceback" not in found.stderr
    lines = found.stderr.splitlines()
    assert len(lines) == 1, found.stderr
    assert lines[0].startswith("sanad: ")
    assert all(part in lines[0] for part in parts), lines[0]


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that a catalog holds."""

    generation: int
    documents: tuple[Document, ...]
    rows: tuple[tuple[Row, ...], ...]
    skipped: tuple[Skipped, ...]


def whole(catalog: Catalog) -> Whole:
    """Read everything, documents in order of their paths."""
    listing = catalog.listing()
    contents = catalog.load([document.key for document in listing.documents])
    return Whole(listing.generation, contents.documents, contents.rows, listing.skipped)


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


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index of the seeds, built by the command."""
    index = tmp_path_factory.mktemp("built")
    assert done("build", SEEDS, "--index", index).startswith("5 added; ")
    return index
