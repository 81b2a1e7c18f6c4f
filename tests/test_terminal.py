"""What a running build shows, a bar on a terminal and plain lines elsewhere; and how signals end what runs."""

import io
import signal
import threading

import pytest

import qa.terminal
from qa.reports import Progress
from qa.terminal import ending, showing, stopping


class Screen(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


HALF = Progress(done=3, total=8, document="b.txt", passages=1_240, skipped=2, rate=310.0, left=75.0)


def test_elsewhere_lines_tell_how_far_how_fast_and_how_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(qa.terminal, "QUIET", -1.0)
    with showing() as show:
        show(HALF)
        show(Progress(done=8, total=8, document="", passages=1, skipped=0, rate=0.0, left=None))
    told, end = capsys.readouterr().err.splitlines()
    assert told == "3 of 8 files, 1,240 passages (310/s), 2 skipped, 1 min 15 s left"
    assert end == "8 of 8 files, 1 passage (0/s)"


def test_lines_do_not_come_at_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    with showing() as show:
        for _ in range(1000):
            show(HALF)
    assert capsys.readouterr().err == ""  # within the first seconds


def test_a_terminal_has_a_bar_that_ends_where_the_build_does(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    with showing() as show:
        show(HALF)
        show(Progress(done=8, total=8, document="", passages=2_000, skipped=2, rate=400.0, left=0.0))
    last = screen.getvalue().split("\r")[-1]
    assert "8/8" in last
    assert "2,000 passages (400/s), 2 skipped" in last


def test_a_terminal_shows_nothing_where_nothing_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    with showing() as show:
        show(Progress(done=8, total=8, document="", passages=0, skipped=0, rate=0.0, left=0.0))
    assert screen.getvalue() == ""


def test_ctrl_c_asks_to_stop_and_a_second_one_interrupts() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stopping() as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_waits_for_its_end_is_ended_by_any_number_of_signals(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with ending() as wait:
        for _ in range(3):
            signal.raise_signal(number)
        wait()
    assert signal.getsignal(number) is before


def test_in_another_thread_signals_stay_as_they_are() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def run() -> None:
        with stopping() as stop, ending():
            seen.append((stop.is_set(), signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [(False, before)]
