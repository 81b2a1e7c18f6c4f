"""After any sequence of changes to a folder the index equals a fresh build: documents, passages, answers.

`make test` takes 300 steps, `make changes` 10,000: python -m tests.test_changes 10000
"""

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import qa.folder
import qa.shelf
import qa.update
from embeddings.static import StaticEncoder
from qa.catalog import SEGMENTS, Catalog
from qa.library import Library
from qa.shelf import ENDING
from tests.conftest import whole

QUESTIONS = ("Who sold the oil?", "кто продал нефть", "رئیس جمهور نفت", "the garden of number 3")
PARAGRAPHS = (
    "The president sold the oil of the old well in May, and nobody asked him why he did it.",
    "Президент продал нефть из старого колодца, и никто не спросил его, почему он это сделал.",
    "رئیس جمهور نفت چاه کهنه را در بهار فروخت و هیچ کس نپرسید که چرا چنین کرد.",
    "باع الرئيس نفط البئر القديمة في الربيع ولم يسأله أحد عن السبب الذي دفعه إلى ذلك.",
    "The garden of number {} has a wall, a gate and two trees; the gate is closed in winter.",
    "Бақтың {} қабырғасы, қақпасы және екі ағашы бар; қақпа қыста жабық тұрады.",
)
STEPS = 30  # of one sequence
IN_MEMORY = Path("/dev/shm")  # a disk would be waited for at every transaction
TIMES = (-1, 0, 2**33, 1_600_000_000)  # seconds; what no clock would say now
texts = st.lists(st.integers(0, 30), min_size=1, max_size=4)
files = st.integers(0, 10**6)


def write(numbers: list[int]) -> str:
    return "\n\n".join((PARAGRAPHS[n % len(PARAGRAPHS)].format(n) + " ") * 3 for n in numbers)


class Changes(RuleBasedStateMachine):
    """A folder that changes, and the library that follows it."""

    encoder = StaticEncoder.load()

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(prefix="sanad-changes-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
        self.folder = self.place / "docs"
        self.folder.mkdir()
        self.patches = [
            mock.patch.object(qa.shelf, "MERGED", 3),
            mock.patch.object(qa.update, "FIRST", 3),
            mock.patch.object(qa.update, "GROUP", 5),
            mock.patch.object(qa.folder, "UNSETTLED", 0),
        ]
        for patch in self.patches:
            patch.start()
        self.random = random.Random(0)
        self.deleted: list[bytes] = []
        self.made = 0
        self.library = self.open(self.place / "index")

    def teardown(self) -> None:
        self.update()
        for patch in self.patches:
            patch.stop()
        shutil.rmtree(self.place)

    def open(self, index: Path) -> Library:
        return Library(self.folder, Catalog(index), self.encoder)

    def pick(self, number: int) -> Path | None:
        places = sorted(place for place in self.folder.rglob("*") if place.is_file())
        return places[number % len(places)] if places else None

    def new(self) -> Path:
        self.made += 1
        place = self.folder / random.Random(self.made).choice(["", "a", "a/b", "c"]) / f"{self.made}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    @rule(numbers=texts)
    def add(self, numbers: list[int]) -> None:
        self.new().write_text(write(numbers), "utf-8")

    @rule(number=files, numbers=texts)
    def edit(self, number: int, numbers: list[int]) -> None:
        if place := self.pick(number):
            place.write_text(write(numbers), "utf-8")

    @rule(number=files)
    def edit_in_the_same_second_and_size(self, number: int) -> None:
        if place := self.pick(number):
            status, content = place.stat(), place.read_bytes()
            place.write_bytes(content.replace(b".", b"!") if b"." in content else content.replace(b"!", b"."))
            os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))

    @rule(number=files)
    def rename(self, number: int) -> None:
        if place := self.pick(number):
            place.rename(self.new())

    @rule()
    def move_a_folder(self) -> None:
        if (self.folder / "a").is_dir():
            self.made += 1
            (self.folder / "a").rename(self.folder / f"moved{self.made}")

    @rule(number=files)
    def copy(self, number: int) -> None:
        if place := self.pick(number):
            shutil.copy(place, self.new())

    @rule(number=files)
    def delete(self, number: int) -> None:
        if place := self.pick(number):
            self.deleted.append(place.read_bytes())
            place.unlink()

    @rule()
    def restore(self) -> None:
        if self.deleted:
            self.new().write_bytes(self.deleted.pop())

    @rule(number=files, content=st.sampled_from([b"", b"\0\1\2", b"\xff\xfe\xff", " … ".encode()]))
    def spoil(self, number: int, content: bytes) -> None:
        if place := self.pick(number):
            place.write_bytes(content)

    @rule(number=files, seconds=st.sampled_from(TIMES))
    def change_the_clock(self, number: int, seconds: int) -> None:
        if place := self.pick(number):
            os.utime(place, (seconds, seconds))

    @rule(number=files)
    def swap(self, number: int) -> None:
        one, other = self.pick(number), self.pick(number + 1)
        if one and other and one != other:
            aside = self.place / "aside"
            one.rename(aside)
            other.rename(one)
            aside.rename(other)

    @rule(calls=st.integers(0, 8))
    def update_and_stop(self, calls: int) -> None:
        left = iter(range(calls))
        self.library.update(force=True, stop=lambda: next(left, None) is None)

    @rule()
    def open_again(self) -> None:
        self.library = self.open(self.place / "index")

    @rule(number=files, at=st.floats(0, 1, exclude_max=True))
    def damage_what_is_derived(self, number: int, at: float) -> None:
        found = sorted((self.place / "index" / SEGMENTS).glob(f"*{ENDING}"))
        if found:
            place = found[number % len(found)]
            content = bytearray(place.read_bytes())
            content[int(at * len(content))] ^= 1
            place.unlink()  # a running library has it mapped
            place.write_bytes(content)

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.random = random.Random(seed)

    @invariant()
    def is_updated_now_and_then(self) -> None:
        if self.random.random() < 0.4:
            self.update()

    def update(self) -> None:
        self.library.update(force=True)
        fresh = self.open(self.place / "fresh")
        fresh.update(force=True)
        assert_equal(self.library, fresh)
        shutil.rmtree(self.place / "fresh", ignore_errors=True)


def assert_equal(library: Library, fresh: Library) -> None:
    one, other = whole(library.catalog), whole(fresh.catalog)
    assert (one.documents, one.skipped) == (other.documents, other.skipped)
    for row, same in zip(sum(one.rows, ()), sum(other.rows, ()), strict=True):
        assert (row.passage, row.digest, row.language) == (same.passage, same.digest, same.language)
        for name in ("vector", "tokens", "sizes", "norms"):
            assert np.array_equal(getattr(row.embedded, name), getattr(same.embedded, name))
    for question in QUESTIONS:
        assert library.ask(question, 20) == fresh.ask(question, 20)
    assert library.check() == ()


def run(steps: int) -> None:
    run_state_machine_as_test(
        Changes,
        settings=settings(
            max_examples=-(-steps // STEPS),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=False,
            database=None,
        ),
    )


def test_after_any_changes_the_index_equals_a_fresh_build() -> None:
    run(300)


if __name__ == "__main__":
    run(int(sys.argv[1]))
