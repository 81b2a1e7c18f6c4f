"""The terminal: its encoding, the progress of an update on it, Ctrl-C and other ends."""

import contextlib
import functools
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

from qa.answers import counted
from qa.reports import Progress

QUIET = 5.0  # seconds between two lines where standard error is not a terminal


def speak_unicode() -> None:
    """Read and write names and texts as UTF-8 whatever the locale; escape what the output cannot carry."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller: the index file would otherwise get its descriptor
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    if sys.getfilesystemencoding() != "utf-8":  # arguments and file names were already decoded wrongly: start again
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Write a line to standard error, at once."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def hush() -> None:
    """Discard further standard output, whose reader is gone: the interpreter would otherwise try to flush it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def stopping() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C sets while the context lasts; a second Ctrl-C interrupts."""
    pressed = threading.Event()

    def press() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    with _handling(press, signal.SIGINT):
        yield pressed


@contextlib.contextmanager
def ending() -> Iterator[Callable[[], None]]:
    """Give a function that waits for Ctrl-C or SIGTERM, neither of which does anything else while the context lasts."""
    ended = threading.Event()

    def wait() -> None:
        while not ended.wait(0.5):  # a wait without a timeout cannot be interrupted on every system
            pass

    with _handling(ended.set, signal.SIGINT, signal.SIGTERM):
        yield wait


@contextlib.contextmanager
def _handling(handle: Callable[[], None], *numbers: signal.Signals) -> Iterator[None]:
    """Let signals call `handle` while the context lasts; outside the main thread, where none arrive, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: handle()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def showing() -> Iterator[Callable[[Progress], None]]:
    """Give a function that shows progress on standard error: a bar on a terminal, else a line now and then."""
    with contextlib.ExitStack() as ends:
        yield _bar(ends) if sys.stderr.isatty() else _lines()


def _bar(ends: contextlib.ExitStack) -> Callable[[Progress], None]:
    from tqdm import tqdm

    @functools.cache
    def start(total: int) -> tqdm:
        return ends.enter_context(tqdm(total=total, unit=" files"))

    def show(progress: Progress) -> None:
        if progress.passages or progress.document:  # an update that soon finds nothing to embed shows no bar
            bar = start(progress.total)
            bar.set_postfix_str(f"{_speed(progress)}{_skipped(progress)}", refresh=False)
            bar.update(progress.done - bar.n)

    return show


def _lines() -> Callable[[Progress], None]:
    last = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last > QUIET:
            last = time.monotonic()
            left = "" if progress.left is None else f", {_clock(progress.left)} left"
            done = f"{progress.done:,} of {counted(progress.total, 'file')}"
            say(f"{done}, {_speed(progress)}{_skipped(progress)}{left}")

    return show


def _speed(progress: Progress) -> str:
    return f"{counted(progress.passages, 'passage')} ({progress.rate:,.0f}/s)"


def _skipped(progress: Progress) -> str:
    return f", {progress.skipped:,} skipped" if progress.skipped else ""


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
