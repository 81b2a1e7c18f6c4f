"""Several models over one folder: an index of each, one that answers, nothing lost between one and another."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import qa.library
import qa.update
from embeddings.errors import ModelError
from qa.catalog import FILE, Catalog
from qa.editions import FOLDER, Editions
from qa.errors import LockedError, SettingsError, VanishedError
from qa.library import Library
from tests.conftest import ROOT, WordEncoder, write_files

WORDS = "kazakhstan oil europe war president election won"
TEXTS = {
    "oil.txt": "Kazakhstan sells oil to Europe. The pipeline is long, and it leads to the sea.",
    "war.txt": "Nobody wins a war. The president said so, and nobody in the hall listened to him.",
    "vote.txt": "An election was held. The president won the election, as everybody had expected.",
}
MODELS = {
    "one": WORDS,
    "two": WORDS + " pipeline",
    "three": WORDS + " sea",
}


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> dict[str, WordEncoder]:
    """Return encoders by their names, which `Library.open` loads."""
    encoders = {name: WordEncoder(words, name) for name, words in MODELS.items()}

    def load(name: str) -> WordEncoder:
        if name not in encoders:
            raise ModelError(f"There is no folder {name}.")
        return encoders[name]

    monkeypatch.setattr(qa.library, "load_encoder", load)
    monkeypatch.setattr(qa.library, "BUILT_IN", "one")
    return encoders


@pytest.fixture
def folder(tmp_path: Path, models: dict[str, WordEncoder], index: Path) -> Path:
    folder = write_files(tmp_path / "docs", TEXTS)
    Library.open(folder, index).update()
    return folder


def model(library: Library) -> str:
    return library._answering.encoder.name


def encoded(models: dict[str, WordEncoder]) -> list[int]:
    return [len(encoder.encoded) for encoder in models.values()]


def test_the_model_of_an_index_is_that_of_its_last_build(folder: Path, index: Path, models) -> None:
    assert model(Library.open(folder, index)) == "one"
    report = Library.open(folder, index, "two").update()
    assert (report.switched, report.rebuilt, report.embedded) == ("the model is now two, was one", None, 3)
    assert report.summary.startswith("The model is now two, was one. 3 added; 3 passages embedded")
    assert model(Library.open(folder, index)) == "two"
    assert Library.open(folder, index).update().switched is None


def test_switching_back_embeds_nothing_but_what_changed(folder: Path, index: Path, models) -> None:
    first = Library.open(folder, index).ask("oil")
    Library.open(folder, index, "two").update()
    before = encoded(models)
    report = Library.open(folder, index, "one").update()
    assert (report.switched, report.embedded, encoded(models)) == ("the model is now one, was two", 0, before)
    assert Library.open(folder, index).ask("oil") == first
    before = encoded(models)
    write_files(folder, {"new.txt": "The sea is far from Kazakhstan."})
    report = Library.open(folder, index, "two").update()
    assert (report.added, report.embedded, len(models["one"].encoded)) == (("new.txt",), 1, before[0])
    assert report.summary.startswith("The model is now two, was one. 1 added, 3 unchanged; 1 passage embedded")


def test_what_a_missing_disk_leaves_does_not_take_the_place_of_the_whole(folder: Path, index: Path, models) -> None:
    write_files(folder, {f"more/{n}.txt": f"The president of club {n} won." for n in range(20)})
    Library.open(folder, index).update()
    (folder / "more").rename(folder.parent / "elsewhere")
    library = Library.open(folder, index, "two")
    with pytest.raises(VanishedError, match="20 of 23 documents are gone"):
        library.update()
    assert (model(Library.open(folder, index)), encoded(models)[1]) == ("one", 0)
    assert library.update(force=True).switched == "the model is now two, was one"


def test_asking_with_another_model_does_not_switch(folder: Path, index: Path, models) -> None:
    other = Library.open(folder, index, "two")
    assert other.update(switch=False).switched is None
    assert other.ask("pipeline") == Library.open(folder, index, "two").ask("pipeline")
    assert (model(other), model(Library.open(folder, index))) == ("two", "one")
    assert Library.open(folder, index, "two").update().embedded == 0
    assert model(Library.open(folder, index)) == "two"


def test_what_answered_before_answers_while_the_second_index_is_made(
    folder: Path, index: Path, models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.update, "FIRST", 1)
    monkeypatch.setattr(qa.update, "GROUP", 1)
    expected = Library.open(folder, index).ask("oil")
    running, making = Library.open(folder, index), Library.open(folder, index, "two")
    seen: list[str] = []

    def look(_: object) -> None:
        assert running.ask("oil") == making.ask("oil") == Library.open(folder, index).ask("oil") == expected
        assert len(running.documents) == len(making.documents) == 3
        seen.append(model(making))

    making.update(progress=look)
    assert set(seen) == {"one"}
    assert len(seen) > 3
    assert (model(making), model(running)) == ("two", "one")
    assert running.ask("oil") == expected
    running.update()
    assert model(running) == "two"
    assert running.ask("oil") == making.ask("oil")
    assert running._snapshot.index.encoder is models["two"]


def test_a_library_whose_model_was_named_stays_with_it(folder: Path, index: Path, models) -> None:
    named = Library.open(folder, index, "one")
    Library.open(folder, index, "two").update()
    named.update(switch=False)
    assert model(named) == "one"


def test_a_second_index_that_was_stopped_leaves_the_first_answering_and_goes_on(
    folder: Path, index: Path, models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.update, "FIRST", 1)
    monkeypatch.setattr(qa.update, "GROUP", 1)
    stops = iter([False, False, False, False])
    report = Library.open(folder, index, "two").update(stop=lambda: next(stops, True))
    assert 0 < report.embedded < 3
    assert report.waiting
    assert model(Library.open(folder, index)) == "one"
    assert model(Library.open(folder, index, "two")) == "one"
    assert [kept.whole for kept in Editions(index).on_disk()] == [True, False]
    again = Library.open(folder, index, "two")
    assert again.update().embedded == 3 - report.embedded
    assert model(again) == model(Library.open(folder, index)) == "two"


KILLED = """
import os, signal, sys
import qa.library, qa.update
from qa.library import Library
from tests.conftest import WordEncoder
qa.update.FIRST = qa.update.GROUP = 1
qa.library.load_encoder = lambda name: WordEncoder(sys.argv[4], name)
calls = []
def progress(now):
    calls.append(now)
    if len(calls) > int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
Library.open(sys.argv[1], sys.argv[2], "two").update(progress=progress)
"""


@pytest.mark.parametrize("calls", [0, 2, 4, 99])
def test_a_second_index_whose_making_is_killed_leaves_the_first_or_is_whole(
    folder: Path, index: Path, models, calls: int
) -> None:
    expected = {name: answer(folder, index, name) for name in ("one", "two")}
    Editions(index).drop("two") if len(Editions(index).on_disk()) > 1 else None
    command = [sys.executable, "-c", KILLED, folder, index, str(calls), MODELS["two"]]
    done = subprocess.run(command, cwd=ROOT)
    assert done.returncode == (0 if calls == 99 else -signal.SIGKILL)
    now = Library.open(folder, index)
    assert model(now) == ("two" if calls == 99 else "one")
    assert now.ask("oil pipeline") == expected[model(now)]
    now = Library.open(folder, index, "two")
    now.update()
    assert (model(now), now.ask("oil pipeline")) == ("two", expected["two"])
    assert now.check() == ()


def answer(folder: Path, index: Path, name: str) -> object:
    library = Library.open(folder, index, name)
    library.update(switch=False)
    return library.ask("oil pipeline")


def test_an_index_dropped_frees_its_room_and_the_one_that_answers_cannot_be(folder: Path, index: Path, models) -> None:
    Library.open(folder, index, "two").update()
    Library.open(folder, index, "three").update()
    kept = Editions(index).on_disk()
    assert [one.model for one in kept] == ["three", "two", "one"]
    assert [(one.documents, one.answers, one.whole) for one in kept] == [(3, n == 0, True) for n in range(3)]
    assert all(one.bytes > (index / one.place / FILE).stat().st_size for one in kept)
    with pytest.raises(SettingsError, match="three is in use: build with another --model first"):
        Editions(index).drop("three")
    with pytest.raises(SettingsError, match=r"no index of the model four in .*: it holds three, two, one"):
        Editions(index).drop("four")
    for name in ("one", "two"):
        Editions(index).drop(name)
    assert [one.model for one in Editions(index).on_disk()] == ["three"]
    assert Editions(index).stray() == ()
    assert not (index / FILE).exists()
    assert len(list((index / FOLDER).iterdir())) == 1
    assert Library.open(folder, index).ask("oil").hits
    Library.open(folder, index, "one").update()
    assert (index / FILE).exists()


def test_an_index_that_is_being_made_is_not_dropped(folder: Path, index: Path, models) -> None:
    Library.open(folder, index, "two").update(switch=False)
    place = next((index / FOLDER).iterdir())
    with Catalog(place).alone(), pytest.raises(LockedError):
        Editions(index).drop("two")
    assert (place / FILE).exists()


def test_other_weights_of_the_same_name_take_the_place_of_the_first_when_they_are_whole(
    folder: Path, index: Path, models
) -> None:
    running = Library.open(folder, index)
    expected = running.ask("oil")
    models["one"] = WordEncoder(WORDS + " sea", "one")
    other = Library.open(folder, index)
    assert other.update().switched == "the model one was changed: its weights, its tokens or how it reads them"
    assert [one.model for one in Editions(index).on_disk()] == ["one"]
    assert running.ask("oil") == expected
    running.update()
    assert running.ask("sea") == other.ask("sea")


@pytest.mark.parametrize("switch", [True, False])
def test_other_weights_of_the_same_name_wait_for_a_process_that_has_the_first(
    folder: Path, index: Path, models, switch: bool
) -> None:
    Library.open(folder, index, "two").update(switch=False)
    models["one"] = WordEncoder(WORDS + " sea", "one")
    with Catalog(index).alone():
        Library.open(folder, index).update(switch=switch)
    assert (index / FILE).exists()
    assert [one.model for one in Editions(index).on_disk() if one.whole] == ["one", "two"]
    assert Library.open(folder, index).update(switch=switch).embedded == 0
    assert [one.model for one in Editions(index).on_disk()] == ["one", "two"]
    assert not (index / FILE).exists()


def test_the_same_weights_under_another_name_are_the_same_index(folder: Path, index: Path, models) -> None:
    models["moved"] = WordEncoder(WORDS, "moved")
    assert Library.open(folder, index, "moved").update().embedded == 0
    assert [one.model for one in Editions(index).on_disk()] == ["moved"]
    assert model(Library.open(folder, index)) == "moved"
