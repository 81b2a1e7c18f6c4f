"""Models, lists and indexes that are gone, damaged, moved or deleted."""

import shutil
from pathlib import Path

import pytest

import qa.library
import qa.update
from embeddings.errors import ModelError
from qa.catalog import FILE
from qa.editions import LIST, Editions
from qa.errors import CatalogError
from qa.library import Library
from tests import test_editions
from tests.test_editions import model
from tests.test_folder import as_root

# The fixtures are those of the other file.
models = test_editions.models
folder = test_editions.folder


def test_a_model_that_is_gone_is_said_with_the_index_that_needs_it(folder: Path, index: Path, models) -> None:
    del models["one"]
    with pytest.raises(ModelError, match=r"no folder one\. The index .* was made with it; name another with --model\."):
        Library.open(folder, index)
    other = Library.open(folder, index, "two")
    assert not other.ask("oil").hits
    other.update()
    assert other.ask("oil").hits


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff\xfe", b"../elsewhere\n", b"models/0000000000000000\n", b"/etc\n\n"]
)
def test_a_list_that_is_damaged_or_lost_leaves_an_index_that_answers(
    folder: Path, index: Path, models, content: bytes | None
) -> None:
    Library.open(folder, index, "two").update()
    (index / LIST).unlink() if content is None else (index / LIST).write_bytes(content)
    assert model(Library.open(folder, index)) == "one"
    assert Library.open(folder, index).ask("oil").hits
    assert Library.open(folder, index, "two").update().embedded == 0
    assert model(Library.open(folder, index)) == "two"


def test_a_switch_that_cannot_be_written_leaves_the_one_before(
    folder: Path, index: Path, models, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(qa.editions, "write_atomically", full)
    with pytest.raises(CatalogError, match=r"No space left.*answered before still does"):
        Library.open(folder, index, "two").update()
    assert model(Library.open(folder, index)) == "one"
    monkeypatch.undo()


def test_an_index_that_was_moved_or_copied_is_whole_where_it_is_now(
    folder: Path, index: Path, models, tmp_path: Path
) -> None:
    Library.open(folder, index, "two").update()
    expected = {name: Library.open(folder, index, name).ask("oil pipeline") for name in ("one", "two")}
    shutil.copytree(index, tmp_path / "copy")
    shutil.rmtree(index)
    for name, answered in expected.items():
        moved = Library.open(folder, tmp_path / "copy", name)
        assert (moved.ask("oil pipeline"), moved.update().embedded) == (answered, 0)


def test_an_index_deleted_under_a_running_library_answers_and_is_made_again(folder: Path, index: Path, models) -> None:
    Library.open(folder, index, "two").update()
    running = Library.open(folder, index)
    expected = running.ask("oil")
    shutil.rmtree(index)
    assert running.ask("oil") == expected
    assert running.update().embedded == 3
    assert running.ask("oil") == expected == Library.open(folder, index).ask("oil")


def test_an_index_of_one_model_needs_no_list(folder: Path, index: Path) -> None:
    assert not (index / LIST).exists()


def test_an_empty_catalog_as_a_full_disk_leaves_it_is_none(folder: Path, index: Path, models) -> None:
    (index / FILE).write_bytes(b"")
    assert Editions(index).on_disk() == ()
    assert Library.open(folder, index).update().embedded == 3
    assert [(kept.model, kept.place, kept.answers) for kept in Editions(index).on_disk()] == [("one", ".", True)]


def test_an_index_whose_place_cannot_be_looked_at_is_said(folder: Path, index: Path) -> None:
    with pytest.raises(CatalogError, match=r"cannot be read \(File name too long\): .* name another"):
        Library.open(folder, index / ("x" * 999))


@as_root
def test_an_index_below_a_folder_that_is_closed_is_said(folder: Path, index: Path) -> None:
    index.parent.chmod(0o600)
    with pytest.raises(CatalogError, match=r"cannot be read \(Permission denied\): grant access to it"):
        Library.open(folder, index)
    index.parent.chmod(0o700)


def test_damaged_catalogs_that_were_moved_aside_are_never_deleted(folder: Path, index: Path, models) -> None:
    Library.open(folder, index, "two").update()
    Library.open(folder, index, "three").update()
    places = [index / edition.place for edition in Editions(index).on_disk()[1:]]
    for place in places:
        (place / f"{FILE}.damaged-20240101T000000").write_bytes(b"of use to somebody")
    before = sum(edition.bytes for edition in Editions(index).on_disk())
    for name in ("one", "two"):
        Editions(index).drop(name)
    assert before > sum(edition.bytes for edition in Editions(index).on_disk())
    assert [[file.name for file in place.glob(f"{FILE}*")] for place in places] == [
        [f"{FILE}.damaged-20240101T000000"]
    ] * 2
    assert [edition.model for edition in Editions(index).on_disk()] == ["three"]
