"""Segments: derived once, kept in files, joined, and made again whatever happened to these."""

import dataclasses
import errno
import mmap
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import embeddings.interaction
import embeddings.pieces
import embeddings.ragged
import qa.segment
import qa.shelf
from embeddings.static import StaticEncoder
from qa.arrays import write_arrays
from qa.catalog import SEGMENTS, Catalog
from qa.library import Library
from qa.segment import Segment, join
from qa.shelf import ENDING, code_stamp
from tests.conftest import WordEncoder, word_library, write_files

WORDS = "oil war president election kazakhstan"
QUESTIONS = ("who won the election", "oil and war", "президент", "kazakhstan president Tokayev")


def paragraph(seed: int) -> str:
    drawn = random.Random(seed).choices([*WORDS.split(), "Токаев", "نفت", "said", "no", "of"], k=40)
    return ". ".join(" ".join(drawn[i : i + 8]) for i in range(0, 40, 8)) + f". Number {seed}."


@pytest.fixture
def words(tmp_path: Path) -> Library:
    texts = {f"{n}.txt": f"{paragraph(n)}\n\n{paragraph(n + 100)}" for n in range(6)}
    library = word_library(write_files(tmp_path / "docs", texts), tmp_path / "index", WordEncoder(WORDS))
    library.update()
    return library


def again(library: Library) -> Library:
    """Return the library as another process opens it."""
    return Library(library.folder, Catalog(library.catalog.folder), library.encoder)


def segments(library: Library) -> list[Path]:
    return sorted((library.catalog.folder / SEGMENTS).glob(f"*{ENDING}"))


def answers(library: Library) -> list[object]:
    return [library.ask(question, 20) for question in QUESTIONS]


def fresh(library: Library, scratch: Path) -> list[object]:
    shutil.rmtree(scratch, ignore_errors=True)
    other = Library(library.folder, Catalog(scratch), library.encoder)
    other.update(force=True)
    return answers(other)


def flat(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, np.ndarray):
        yield name, (value.dtype.kind, value.tolist())
    else:
        for field in dataclasses.fields(value):  # type: ignore[arg-type]
            yield from flat(getattr(value, field.name), f"{name}.{field.name}")


@pytest.mark.parametrize("kept", [[], [0], [1, 2, 4], [0, 1, 2, 3, 4, 5]])
def test_joined_segments_are_what_the_same_documents_make_at_once(
    tmp_path: Path, encoder: StaticEncoder, kept: list[int]
) -> None:
    texts = {f"{n}.txt": f"{paragraph(n)}\n\n{paragraph(n % 2)}\n\n{paragraph(n % 2)}" for n in range(6)}
    library = Library(write_files(tmp_path / "docs", texts), Catalog(tmp_path / "index"), encoder)
    library.update()
    keys = [document.key for document in library.documents]
    parts = [Segment.build(library.catalog.load(keys[a:b]), encoder.dim) for a, b in ((0, 2), (2, 5), (5, 6))]
    marked = np.isin(np.arange(6), kept)
    joined = join(parts, [marked[:2], marked[2:5], marked[5:]])
    whole = Segment.build(library.catalog.load([keys[n] for n in kept]), encoder.dim)
    assert dict(flat(joined)) == dict(flat(whole))


def test_what_was_derived_is_read_and_not_made_again(words: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = answers(words)
    monkeypatch.setattr(Segment, "build", None)
    assert answers(again(words)) == expected
    assert len(segments(words)) == 1


def test_an_update_derives_only_what_changed(words: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers(words)
    built: list[list[str]] = []
    build = Segment.build

    def note(contents, dim):
        built.append([document.path for document in contents.documents])
        return build(contents, dim)

    monkeypatch.setattr(Segment, "build", note)
    write_files(words.folder, {"new.txt": paragraph(7), "2.txt": paragraph(8)})
    words.update()
    (words.folder / "3.txt").unlink()
    words.update()
    assert built == [["2.txt", "new.txt"]]
    assert answers(words) == answers(again(words)) == fresh(words, tmp_path / "scratch")


@pytest.mark.parametrize("how", ["damaged", "header", "empty", "missing", "all missing", "a folder"])
def test_segments_that_cannot_be_read_are_made_again(words: Library, how: str) -> None:
    write_files(words.folder, {"new.txt": paragraph(7)})
    words.update()
    expected, (place, *_) = answers(words), segments(words)
    content = bytearray(place.read_bytes())
    if how == "all missing":
        shutil.rmtree(place.parent)
    else:
        place.unlink()
    if how in ("damaged", "header"):
        content[len(content) // 2 if how == "damaged" else 20] ^= 1
        place.write_bytes(content)
    elif how == "empty":
        place.touch()
    elif how == "a folder":
        place.mkdir()
    assert answers(again(words)) == expected
    assert answers(again(words)) == expected
    if how != "a folder":
        assert len(segments(words)) == (1 if how == "all missing" else 2)


def test_segments_of_other_code_are_made_again(words: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, (place,) = answers(words), segments(words)
    before = place.read_bytes()
    monkeypatch.setattr(qa.shelf, "code_stamp", lambda: "other code")
    assert answers(again(words)) == expected
    assert [file.read_bytes() == before for file in segments(words)] == [False]


def test_segments_that_cannot_be_written_are_kept_in_memory(words: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = answers(words)
    shutil.rmtree(words.catalog.folder / SEGMENTS)
    (words.catalog.folder / SEGMENTS).write_text("in the way")
    other = again(words)
    assert answers(other) == expected
    write_files(words.folder, {"new.txt": paragraph(7)})
    other.update()
    assert other.ask("Number 7").hits[0].document.path == "new.txt"


def test_segments_that_cannot_be_mapped_are_kept_in_memory(words: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, written = answers(words), []

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENODEV, "No such device")  # as some file systems do

    def note(place: Path, value: object, stamp: str) -> None:
        written.append(place.name)
        assert len(written) < 9, "it is made again and again"
        write_arrays(place, value, stamp)

    monkeypatch.setattr(mmap, "mmap", fail)
    monkeypatch.setattr(qa.shelf, "write_arrays", note)
    other = again(words)
    assert answers(other) == expected
    write_files(words.folder, {"new.txt": paragraph(7)})
    other.update()
    assert other.ask("Number 7").hits[0].document.path == "new.txt"


@pytest.mark.parametrize("module", [embeddings.pieces, embeddings.ragged, embeddings.interaction, qa.segment])
def test_segments_are_of_other_code_where_what_makes_their_arrays_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType
) -> None:
    (tmp_path / "changed.py").write_text("# changed")
    before = code_stamp.__wrapped__()
    monkeypatch.setattr(module, "__file__", str(tmp_path / "changed.py"))
    assert code_stamp.__wrapped__() != before


def test_many_small_segments_become_one(words: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(qa.shelf, "MERGED", 3)
    counts = []
    for step in range(7):
        write_files(words.folder, {f"{step % 4}.txt": paragraph(50 + step)})
        words.update()
        counts.append(len(segments(words)))
    assert max(counts) == 2
    assert answers(words) == answers(again(words)) == fresh(words, tmp_path / "scratch")


def test_what_is_mostly_gone_takes_no_room(words: Library, tmp_path: Path) -> None:
    (before,) = segments(words)
    size = before.stat().st_size
    for number in range(4):
        (words.folder / f"{number}.txt").unlink()
    words.update(force=True)
    (after,) = segments(words)
    assert after.stat().st_size < 0.6 * size
    assert answers(words) == answers(again(words)) == fresh(words, tmp_path / "scratch")
    for file in words.folder.iterdir():
        file.unlink()
    words.update(force=True)
    assert segments(words) == []
    assert words.ask("oil").hits == ()


def test_an_older_catalog_put_back_is_not_answered_from_newer_segments(words: Library, tmp_path: Path) -> None:
    older = words.catalog.file.read_bytes()
    write_files(words.folder, {"1.txt": "Zebras won the election in the zoo. " * 9})
    words.update()
    words.catalog.file.write_bytes(older)
    write_files(words.folder, {"1.txt": "Lions won the election in the zoo. " * 9})
    other = again(words)
    assert "Zebras" not in "".join(hit.text for hit in other.ask("zebras won the election in the zoo", 20).hits)
    other.update()
    assert "Lions" in other.ask("won the election in the zoo", 20).hits[0].text
    assert answers(other) == answers(again(words)) == fresh(words, tmp_path / "scratch")


def test_segments_removed_by_another_process_still_answer_and_are_not_missed(words: Library) -> None:
    expected = answers(words)
    for file in segments(words):
        file.unlink()
    assert answers(words) == expected
    write_files(words.folder, {"new.txt": paragraph(7)})
    words.update()
    assert answers(words) == answers(again(words))


def test_a_document_deleted_while_its_segment_is_made_again_is_left_out(
    words: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(words.catalog.folder / SEGMENTS)
    (words.folder / "1.txt").unlink()
    load, updated = Catalog.load, []

    def load_after_an_update(catalog: Catalog, keys):
        if not updated:
            updated.append(True)
            again(words).update()
        return load(catalog, keys)

    monkeypatch.setattr(Catalog, "load", load_after_an_update)
    late = again(words)
    assert "1.txt" not in {hit.document.path for hit in late.ask("oil", 50).hits}
    assert answers(late) == answers(again(words))


def test_what_a_newer_process_wrote_is_left_alone(words: Library) -> None:
    answers(words)
    (place,) = segments(words)
    segment = Segment.build(words.catalog.load([words.documents[0].key]), words.encoder.dim)
    newer = dataclasses.replace(segment.members, keys=segment.members.keys + 2**40)
    write_arrays(place.with_name(f"newer{ENDING}"), dataclasses.replace(segment, members=newer), qa.shelf.code_stamp())
    write_files(words.folder, {"new.txt": paragraph(7)})
    words.update()
    assert f"newer{ENDING}" in [file.name for file in segments(words)]
