"""The index equals the folder after every update, whatever was edited and whatever failed in between."""

import os
import random
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import qa.transaction
import qa.update
from embeddings.errors import ModelError
from embeddings.static import StaticEncoder, Vectors
from qa.catalog import Catalog
from qa.errors import CatalogError
from qa.library import Library
from qa.reports import Report
from tests.conftest import Whole, WordEncoder, whole, word_library, write_files

WORDS = "kazakhstan russia oil election president war china turkey trade summit"
LONG = "The {} of Kazakhstan speaks about {} and {} again, and so on for a while; nobody in the {} listens. " * 3


class FailingEncoder(WordEncoder):
    """Fails at its second batch, as a model does when memory ends."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if self.encoded:
            raise MemoryError
        return super().encode_passages(texts)


def paragraphs(seed: int, count: int) -> str:
    generator = random.Random(seed)
    return "\n\n".join(LONG.format(*generator.choices(WORDS.split(), k=12)) for _ in range(count))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = {"a.txt": paragraphs(1, 3), "b.txt": paragraphs(2, 2), "sub/c.txt": paragraphs(3, 4)}
    return write_files(tmp_path / "docs", texts)


@pytest.fixture
def words(folder: Path, index: Path) -> Library:
    library = word_library(folder, index, WordEncoder(WORDS))
    library.update()
    return library


def changed(report: Report) -> dict[str, tuple[str, ...]]:
    names = ("added", "changed", "removed", "unchanged")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def encoded(library: Library) -> list[str]:
    assert isinstance(library.encoder, WordEncoder)
    return library.encoder.encoded


def assert_equal(one: Whole, other: Whole) -> None:
    """Compare what two catalogs hold, all but the count of changes."""
    assert (one.documents, one.skipped) == (other.documents, other.skipped)
    for rows, others in zip(one.rows, other.rows, strict=True):
        for row, same in zip(rows, others, strict=True):
            assert (row.passage, row.digest, row.language) == (same.passage, same.digest, same.language)
            for name in ("vector", "tokens", "sizes", "norms"):
                assert np.array_equal(getattr(row.embedded, name), getattr(same.embedded, name))


def assert_fresh(library: Library, scratch: Path) -> None:
    """Check that a library answers as one built from nothing over the same folder."""
    fresh = Library(library.folder, Catalog(scratch), library.encoder)
    fresh.update(force=True)
    assert_equal(whole(library.catalog), whole(fresh.catalog))
    for question in ("president election", "oil trade with China", "nothing"):
        assert library.ask(question) == fresh.ask(question)
    shutil.rmtree(scratch)


def test_every_kind_of_change_is_reported_and_embeds_only_new_text(words: Library, folder: Path) -> None:
    write_files(folder, {"new.txt": paragraphs(4, 1), "a.txt": paragraphs(1, 3) + "\n\n" + paragraphs(5, 1)})
    (folder / "b.txt").unlink()
    before = len(encoded(words))
    report = words.update()
    assert changed(report) == {
        "added": ("new.txt",), "changed": ("a.txt",), "removed": ("b.txt",), "unchanged": ("sub/c.txt",),
    }  # fmt: skip
    assert report.embedded == len(encoded(words)) - before == 2
    assert report.rebuilt is None


def test_nothing_changed_embeds_and_writes_nothing(words: Library) -> None:
    content, before = words.catalog.file.read_bytes(), len(encoded(words))
    report = words.update()
    assert changed(report) == {"unchanged": ("a.txt", "b.txt", "sub/c.txt")}
    assert (report.embedded, len(encoded(words)), words.catalog.file.read_bytes()) == (0, before, content)
    assert report.summary == "Nothing to do: 3 documents unchanged."


def test_an_index_of_an_older_format_is_made_again(words: Library, index: Path, tmp_path: Path) -> None:
    with sqlite3.connect(words.catalog.file) as db:
        db.execute("CREATE TABLE first (id INTEGER PRIMARY KEY, path, digest, title, text)")
        db.execute("INSERT INTO first SELECT id, path, digest, title, text FROM documents, texts WHERE id = document")
        db.executescript("DROP TABLE documents; DROP TABLE texts; ALTER TABLE first RENAME TO documents")
        db.execute("ALTER TABLE passages DROP COLUMN norms")
        db.execute("UPDATE settings SET value = '1' WHERE key = 'format'")
    db.close()
    older = word_library(words.folder, index, WordEncoder(WORDS))
    assert len(older) == 0
    assert "rebuilt" in older.check()[0]
    report = older.update()
    assert (report.rebuilt, len(report.unchanged)) == (
        "this version of Sanad reads, cuts or keeps text differently",
        3,
    )
    assert_fresh(older, tmp_path / "scratch")


def test_a_moved_or_copied_file_embeds_nothing(words: Library, folder: Path) -> None:
    (folder / "a.txt").rename(folder / "moved.txt")
    shutil.copy(folder / "b.txt", folder / "copy.txt")
    report = words.update()
    assert (report.added, report.removed, report.embedded) == (("copy.txt", "moved.txt"), ("a.txt",), 0)


def test_an_edit_that_keeps_size_and_time_is_seen(words: Library, folder: Path) -> None:
    file, status = folder / "a.txt", (folder / "a.txt").stat()
    file.write_text(file.read_text().replace("speaks", "squeak"))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert words.update().changed == ("a.txt",)


def test_a_deleted_document_is_gone_from_every_answer_at_once(words: Library, folder: Path) -> None:
    (folder / "sub" / "c.txt").unlink()
    words.update()
    hits = [hit for word in WORDS.split() for hit in words.ask(word, 50).hits]
    assert {hit.document.path for hit in hits} == {"a.txt", "b.txt"}
    assert {place.document.path for hit in hits for place in hit.elsewhere} <= {"a.txt", "b.txt"}


def test_a_random_sequence_of_edits_equals_a_fresh_build(words: Library, folder: Path, tmp_path: Path) -> None:
    generator = random.Random(7)
    for step in range(30):
        places = sorted(place for place in folder.rglob("*.txt"))
        new = folder / f"{generator.choice(['', 'sub/', 'x/y/'])}{step}.txt"
        action = generator.choice(["add", "add", "edit", "delete", "rename", "copy", "spoil"] if places else ["add"])
        place = generator.choice(places) if places else new
        new.parent.mkdir(parents=True, exist_ok=True)
        if action in ("add", "edit"):
            (new if action == "add" else place).write_text(paragraphs(generator.randrange(6), generator.randint(1, 3)))
        elif action == "delete":
            place.unlink()
        elif action == "spoil":
            place.write_bytes(bytes(9))
        else:
            (shutil.copy if action == "copy" else shutil.move)(place, new)
        words.update(force=True)
        if step % 3 == 2:
            assert_fresh(words, tmp_path / "scratch")


def test_the_built_in_model_too_equals_a_fresh_build(library: Library, seeds: Path, tmp_path: Path) -> None:
    first, *_, last = sorted(seeds.iterdir())
    last.unlink()
    first.write_text(first.read_text("utf-8") + "\n\nThe last line is new, and it is in English.", "utf-8")
    report = library.update()
    assert (report.changed, report.removed, report.embedded) == ((first.name,), (last.name,), 1)
    assert_fresh(library, tmp_path / "scratch")


def test_an_update_that_fails_midway_leaves_the_old_state(
    words: Library, folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.update, "BATCH", 2)
    before, answers = whole(words.catalog), words.ask("president")
    (folder / "b.txt").unlink()
    write_files(folder, {"new.txt": paragraphs(9, 6)})
    failing = word_library(folder, index, FailingEncoder(WORDS))
    with pytest.raises(MemoryError):
        failing.update()
    assert whole(words.catalog).generation == before.generation
    assert_equal(whole(words.catalog), before)
    assert word_library(folder, index, WordEncoder(WORDS)).ask("president") == answers
    assert words.update().added == ("new.txt",)


def test_another_model_rebuilds_and_says_so(words: Library, folder: Path, index: Path) -> None:
    other = word_library(folder, index, WordEncoder(WORDS + " speaks", name="other"))
    assert not other.ask("president").hits
    assert other.check() == ("The index must be rebuilt: the model is now other, was words.",)
    report = other.update()
    assert report.rebuilt == "the model is now other, was words"
    assert changed(report) == {"unchanged": ("a.txt", "b.txt", "sub/c.txt")}
    assert report.embedded == len(set(encoded(other))) == len({hit.text for hit in other.ask("president", 50).hits})
    assert report.summary.startswith("Rebuilt because the model is now other")
    assert (other.update().rebuilt, other.check()) == (None, ())


def test_other_weights_of_the_same_name_rebuild(words: Library, folder: Path, index: Path) -> None:
    report = word_library(folder, index, WordEncoder(WORDS + " nobody")).update()
    assert report.rebuilt == "the model words was changed: its weights, its tokens or how it reads them"


def test_another_splitter_rebuilds(words: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qa.transaction, "SPLITTER", 10**6)
    assert words.update().rebuilt == "this version of Sanad reads, cuts or keeps text differently"
    assert words.update().rebuilt is None


def test_an_index_of_a_newer_version_is_not_written_over(words: Library) -> None:
    with sqlite3.connect(words.catalog.file) as db:
        db.execute("UPDATE settings SET value = 999 WHERE key = 'format'")
    db.close()
    content = words.catalog.file.read_bytes()
    with pytest.raises(CatalogError, match="newer Sanad"):
        words.update()
    assert words.catalog.file.read_bytes() == content


class OddEncoder(WordEncoder):
    """Gives the second passage a vector that is not finite."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = super().encode_passages(texts)
        vectors[1:2] = np.nan
        return vectors


def test_a_passage_without_a_finite_vector_is_told_and_found_by_its_words(
    folder: Path, index: Path, caplog: pytest.LogCaptureFixture
) -> None:
    library = word_library(folder, index, OddEncoder(WORDS))
    library.update()
    assert "a.txt, paragraph 2: the model words gives it no finite vector" in caplog.text
    assert np.isfinite(library._snapshot.segments[0].vectors).all()
    assert len(library.ask("president", 50).hits) == len({hit.text for hit in library.ask("president", 50).hits}) > 5


class ShortEncoder(WordEncoder):
    """Leaves the last number of each vector out."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return super().encode_passages(texts)[:, :-1]


def test_a_model_whose_vectors_have_another_length_than_it_says_is_refused(folder: Path, index: Path) -> None:
    with pytest.raises(ModelError, match="another model"):
        word_library(folder, index, ShortEncoder(WORDS)).update()
    assert word_library(folder, index, WordEncoder(WORDS)).documents == ()


def test_check_names_every_difference(words: Library, folder: Path, index: Path, encoder: StaticEncoder) -> None:
    assert words.check() == ()
    write_files(folder, {"new.txt": "new text", "a.txt": "other text"})
    (folder / "b.txt").unlink()
    assert words.check() == (
        "new.txt is in the folder but not in the index.",
        "a.txt was changed after it was indexed.",
        "b.txt is in the index but no longer in the folder.",
    )
    assert "build it" in Library(folder, Catalog(index / "none"), encoder).check()[0]
