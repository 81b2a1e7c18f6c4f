"""The update behind the page: one at a time, stopped and gone on with, refused and forced."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import qa.update
from qa.chat import Chat
from qa.library import Library
from qa.rebuild import Rebuild, Work
from qa.reports import Progress, Report
from qa.watch import watching
from tests.conftest import WordEncoder, word_library, write_files

NOTES = {f"{number}.txt": f"Note {number} about a bridge.\n" for number in range(8)}


class Held(Library):
    """A library whose updates wait at each report of progress until they are let go on."""

    going = threading.Event()
    reached = threading.Event()
    updates = 0

    def update(self, *, progress: Callable[[Progress], None] = lambda _: None, **options) -> Report:
        self.updates += 1

        def wait(now: Progress) -> None:
            progress(now)
            self.reached.set()
            self.going.wait(30)

        return super().update(progress=wait, **options)


@pytest.fixture
def held(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> Held:
    monkeypatch.setattr(qa.update, "FIRST", 2)
    monkeypatch.setattr(qa.update, "BATCH", 1)
    plain = word_library(write_files(tmp_path / "docs", NOTES), index, WordEncoder("bridge"))
    held = Held(plain.folder, plain.catalog, plain.encoder)
    held.going, held.reached = threading.Event(), threading.Event()
    return held


def end(rebuild: Rebuild) -> Work:
    *_, last = rebuild.follow()
    assert not last.running
    return last


def test_a_stopped_update_keeps_what_it_wrote_and_goes_on_only_when_asked(held: Held) -> None:
    chat = Chat(held)
    rebuild = chat.rebuild
    rebuild.start()
    while not held.documents:
        assert held.reached.wait(30)
        held.reached.clear()
        held.going.set()
        held.going.clear()
    assert rebuild.work.running
    rebuild.stop()
    held.going.set()
    stopped = end(rebuild)
    assert stopped.report is not None
    assert 0 < len(held.documents) < len(NOTES)
    assert stopped.report.waiting == len(NOTES) - len(held.documents)
    assert "still waiting" in chat.notice(stopped)
    assert rebuild.settle() is stopped  # a question does not begin it again
    assert "until you press" in chat.notice(Work())
    rebuild.start()
    assert end(rebuild).report is not None
    assert len(held.documents) == len(NOTES)
    assert "until you press" not in chat.notice(rebuild.work)


def test_what_is_asked_for_meanwhile_is_done_afterwards(held: Held) -> None:
    rebuild = Rebuild(held)
    rebuild.start()
    assert held.reached.wait(30)
    write_files(held.folder, {"late.txt": "A late note about a bridge.\n"})
    rebuild.start()
    rebuild.settle()  # which asks for nothing more
    held.going.set()
    assert end(rebuild).report is not None
    assert held.updates == 2
    assert "late.txt" in {document.path for document in held.documents}


def test_no_order_is_lost_to_a_later_one_while_an_update_runs(held: Held) -> None:
    held.going.set()
    held.update()
    keys = {document.path: document.key for document in held.documents}
    held.going.clear()
    held.reached.clear()
    rebuild = Rebuild(held)
    write_files(held.folder, {"late.txt": "A late note about a bridge.\n"})
    rebuild.start()
    assert held.reached.wait(30)
    gone = [name for name in NOTES if name != "3.txt"]
    for name in gone:
        (held.folder / name).unlink()
    rebuild.start(again=["3.txt"])
    rebuild.start(force=True)
    rebuild.start(again=["late.txt"])
    rebuild.catch_up()
    held.going.set()
    ended = end(rebuild)
    assert ended.report is not None, ended.problem
    assert (ended.report.removed, ended.again) == (tuple(gone), 2)
    assert {document.path for document in held.documents} == {"3.txt", "late.txt"}
    assert {document.key for document in held.documents}.isdisjoint(keys.values())


def test_an_update_that_is_asked_for_after_a_stop_is_not_stopped_with_it(held: Held) -> None:
    rebuild = Rebuild(held)
    rebuild.start()
    assert held.reached.wait(30)
    rebuild.stop()
    rebuild.start()
    held.going.set()
    ended = end(rebuild)
    assert ended.report is not None
    assert ended.report.waiting == 0
    assert len(held.documents) == len(NOTES)


def test_a_second_stop_of_an_update_that_has_ended_leaves_it_stopped(held: Held) -> None:
    rebuild = Rebuild(held)
    rebuild.stop()  # nothing runs: there is nothing to be paused
    assert not rebuild.paused
    rebuild.start()
    assert held.reached.wait(30)
    rebuild.stop()
    held.going.set()
    stopped = end(rebuild)
    rebuild.stop()  # from a page that still shows Stop
    rebuild.catch_up()
    assert rebuild.settle() is stopped
    assert held.updates == 1


def test_where_most_documents_are_gone_a_button_removes_them(held: Held) -> None:
    held.going.set()
    chat = Chat(held)
    chat.rebuild.start()
    end(chat.rebuild)
    for name in NOTES:
        (held.folder / name).unlink()
    refused = chat.rebuild.settle()
    told = chat.notice(refused)
    assert len(held.documents) == len(NOTES)
    assert "Remove them all from the index" in told
    assert "data-force" in told
    chat.rebuild.start(force=True)
    done = end(chat.rebuild)
    assert done.report is not None
    assert done.report.removed == tuple(NOTES)
    assert held.documents == ()
    assert "data-force" not in chat.notice(done)


def test_an_index_of_another_folder_is_replaced_by_its_button_only(held: Held, tmp_path: Path) -> None:
    held.going.set()
    held.update()
    other = Held(write_files(tmp_path / "other", {"x.txt": "A bridge.\n"}), held.catalog, held.encoder)
    other.going = held.going
    rebuild = Rebuild(other)
    rebuild.start()
    assert end(rebuild).remedy == "Replace that index"
    rebuild.start(force=True)
    assert end(rebuild).problem == ""
    assert [document.path for document in other.documents] == ["x.txt"]


def test_a_document_is_read_again_though_it_did_not_change_and_nothing_is_embedded(held: Held) -> None:
    held.going.set()
    held.update()
    assert isinstance(held.encoder, WordEncoder)
    before, keys = len(held.encoder.encoded), {document.path: document.key for document in held.documents}
    chat = Chat(held)
    for path, again in (("3.txt", {"3.txt"}), ("", set(NOTES)), ("nowhere", set[str]())):
        chat.rebuild_some(path)
        done = end(chat.rebuild)
        now = {document.path: document.key for document in held.documents}
        assert {name for name in NOTES if now[name] != keys[name]} == again
        assert done.problem == ""
        keys = now
    assert len(held.encoder.encoded) == before


def test_an_unforeseen_error_is_in_the_log_and_shows_only_its_number(
    held: Held, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> Report:
        raise RuntimeError(f"secret in {held.folder}")

    monkeypatch.setattr(Library, "update", fail)
    rebuild = Rebuild(held)
    rebuild.start()
    told = end(rebuild).problem
    assert "secret" not in told
    assert told.rstrip(".").split()[-1] in caplog.text
    assert "secret in" in caplog.text


def test_a_watched_folder_is_followed_by_itself_until_the_reader_stops_it(held: Held) -> None:
    held.going.set()
    rebuild = Rebuild(held)
    with watching(held.folder, rebuild.catch_up):
        wait_until(lambda: len(held.documents) == len(NOTES))
        write_files(held.folder, {"late.txt": "A late note about a bridge.\n"})
        wait_until(lambda: len(held.documents) == len(NOTES) + 1)
        end(rebuild)
        rebuild.paused = True
        done = held.updates
        write_files(held.folder, {"later.txt": "A later note about a bridge.\n"})
        time.sleep(2)
        assert held.updates == done
        rebuild.start()
        wait_until(lambda: len(held.documents) == len(NOTES) + 2)


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("it never came")
