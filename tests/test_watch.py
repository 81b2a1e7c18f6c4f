"""A watched folder: what changes in it can be asked a moment later, while questions are answered."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import qa.watch
from embeddings.errors import SanadError
from qa.library import Library
from qa.reports import Report
from qa.watch import follow, has_events
from tests.conftest import WordEncoder, word_library, write_files

PATIENCE = 20.0  # seconds; a busy machine takes longer than the 2 that are promised


def until(true: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = write_files(tmp_path / "docs", {"a.txt": "The oil is sold.", "b.txt": "The war is over."})
    library = word_library(folder, tmp_path / "index", WordEncoder("oil war well president"))
    library.update()
    return library


@pytest.fixture(params=["events", "polling"])
def news(library: Library, request: pytest.FixtureRequest, monkeypatch) -> Iterator[list[Report | SanadError]]:
    monkeypatch.setattr(qa.watch, "has_events", lambda folder: request.param == "events")
    told: list[Report | SanadError] = []
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(library, told.append, stop))
    thread.start()
    yield told
    stop.set()
    thread.join()


def paths(library: Library) -> list[str]:
    return [document.path for document in library.documents]


def test_each_change_is_followed(library: Library, news: list[Report | SanadError]) -> None:
    folder = library.folder
    write_files(folder, {"new/c.txt": "The well is deep."})
    until(lambda: paths(library) == ["a.txt", "b.txt", "new/c.txt"])
    (folder / "new" / "c.txt").write_text("The president is here.")
    until(lambda: "president" in library.ask("president").hits[0].text)
    (folder / "a.txt").rename(folder / "moved.txt")
    until(lambda: paths(library) == ["b.txt", "moved.txt", "new/c.txt"])
    (folder / "b.txt").unlink()
    until(lambda: paths(library) == ["moved.txt", "new/c.txt"])
    assert all(isinstance(report, Report) for report in news)


def test_a_burst_of_changes_is_one_update_or_few(library: Library, news: list[Report | SanadError]) -> None:
    for number in range(40):
        write_files(library.folder, {f"{number:02}.txt": f"Number {number} is the oil well."})
    until(lambda: len(paths(library)) == 42)
    assert len(news) < 10


def test_a_file_written_slowly_is_whole_in_the_end(library: Library, news: list[Report | SanadError]) -> None:
    with (library.folder / "slow.txt").open("w") as file:
        for number in range(12):
            file.write(f"Part {number} of the story of the oil.\n")
            file.flush()
            time.sleep(0.05)
        file.write("The end of the story: the president sold it.")
    until(lambda: any("The end of the story" in hit.text for hit in library.ask("the end of the story", 9).hits))


def test_a_folder_that_vanishes_keeps_the_index_and_is_followed_again(
    library: Library, news: list[Report | SanadError], tmp_path: Path
) -> None:
    library.folder.rename(tmp_path / "away")
    until(lambda: any(isinstance(one, SanadError) for one in news))
    assert paths(library) == ["a.txt", "b.txt"]
    shutil.copytree(tmp_path / "away", library.folder)
    write_files(library.folder, {"c.txt": "The well is deep."})
    until(lambda: paths(library) == ["a.txt", "b.txt", "c.txt"])
    write_files(library.folder, {"d.txt": "The well is dry."})
    until(lambda: len(paths(library)) == 4)
    assert sum(isinstance(one, SanadError) for one in news) == 1


def test_each_answer_is_of_one_state(library: Library, news: list[Report | SanadError]) -> None:
    """The two files always say the same number; no answer may see one of each."""
    folder, ended, mixed = library.folder, threading.Event(), []

    def ask() -> None:
        while not ended.is_set():
            found = library.ask("oil number", 9).hits
            told = {hit.text.split()[-1] for hit in found if hit.document.path.startswith("same")}
            mixed.extend([told] if len(told) > 1 else [])

    thread = threading.Thread(target=ask)
    thread.start()
    for number in range(12):
        aside = write_files(folder.parent / "aside", {"same.txt": f"The oil number {number}"})
        (aside / "same.txt").replace(folder / "same.txt")
        time.sleep(0.1)
    until(lambda: "number 11" in library.ask("oil number", 1).hits[0].text)
    ended.set()
    thread.join()
    assert not mixed


MOUNTS = r"""
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /mnt/share rw - nfs4 server:/x rw
31 22 0:41 / /mnt/with\040space rw - cifs //server/x rw
32 30 254:0 / /mnt/share/local rw - ext4 /dev/vdb rw
33 22 0:42 / /home/me/cloud rw shared:3 - fuse.rclone cloud rw
"""


@pytest.mark.parametrize(
    ("folder", "events"),
    [
        ("/docs", True),
        ("/mnt", True),
        ("/mnt/share/docs", False),
        ("/mnt/with space/docs", False),
        ("/mnt/share/local/docs", True),
        ("/home/me/cloud", False),
    ],
)
def test_file_systems_of_other_machines_are_polled(tmp_path: Path, folder: str, events: bool) -> None:
    (tmp_path / "mounts").write_text(MOUNTS.strip() + "\n")
    assert has_events(Path(folder), tmp_path / "mounts") is events


def test_of_file_systems_mounted_on_one_place_the_last_counts(tmp_path: Path) -> None:
    kinds = [("autofs", "nfs4"), ("nfs4", "ext4")] * 9
    lines = [f"4{n} 22 0:{n} / /auto/{n} rw - {kind} x rw" for n, pair in enumerate(kinds) for kind in pair]
    (tmp_path / "mounts").write_text("\n".join(lines))
    found = [has_events(Path(f"/auto/{n}/docs"), tmp_path / "mounts") for n in range(len(kinds))]
    assert found == [False, True] * 9


def test_a_system_without_a_table_of_mounts_has_its_own_watcher(tmp_path: Path) -> None:
    assert has_events(tmp_path, tmp_path / "none")
