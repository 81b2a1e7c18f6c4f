"""The update behind the page: begun, followed and stopped, one at a time, whoever asked for it."""

import logging
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from embeddings.errors import SanadError
from qa.errors import OtherFolderError, VanishedError
from qa.library import Library
from qa.reports import Progress, Report

PATIENCE = 1.0  # seconds that a question waits for the index to follow the folder
# What an update that was refused would do with `force`.
REMEDIES: dict[type[SanadError], str] = {
    VanishedError: "Remove them all from the index",
    OtherFolderError: "Replace that index",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What the one update of the library is doing, or how the last one ended."""

    running: bool = False
    progress: Progress | None = None
    seconds: float = 0.0  # since it began
    report: Report | None = None
    again: int = 0  # files that were read again on request
    problem: str = ""
    remedy: str = ""  # what a refused update would do with force


@dataclass(frozen=True, slots=True)
class _Order:
    """How to update: with force or not, and which files to read again, changed or not."""

    force: bool = False
    again: frozenset[str] = frozenset()

    def joined(self, other: "_Order") -> "_Order":
        """Return the order to do both."""
        return _Order(self.force or other.force, self.again | other.again)


class Rebuild:
    """The update that runs in the background."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._ended = threading.Condition()
        self._stop = threading.Event()
        self._next: _Order | None = None
        self.work = Work()
        self.paused = False  # stopped by the user: no update begins by itself

    def start(self, *, force: bool = False, again: Iterable[str] = ()) -> None:
        """Begin an update, or another after the one that is running, since files may have changed behind it.

        With `force` it does what it refused before; files named by `again` are read again, changed or not.
        """
        with self._lock:
            self.paused = False
            self._order(_Order(force, frozenset(again)))

    def keep_up(self) -> None:
        """Begin an update, unless one is running or the user stopped the last one."""
        with self._lock:
            if not (self.work.running or self.paused):
                self._begin(_Order())

    def catch_up(self) -> None:
        """Begin an update, after the one that is running if any, unless the user stopped the last one."""
        with self._lock:
            if not self.paused:
                self._order(_Order())

    def settle(self) -> Work:
        """Begin an update if none is running, wait for it a moment, and return how it ended or how far it is."""
        self.keep_up()
        with self._ended:
            self._ended.wait_for(lambda: not self.work.running, PATIENCE)
        return self.work

    def stop(self) -> None:
        """Let the running update end with what it has written, and begin none until one is requested."""
        with self._lock:
            self._next = None
            self.paused = self.paused or self.work.running
            self._stop.set()

    def _order(self, order: _Order) -> None:
        if not self.work.running:
            self._begin(order)
        else:
            self._next = self._next.joined(order) if self._next else order

    def _begin(self, order: _Order) -> None:
        self._stop.clear()
        self.work = Work(running=True)
        threading.Thread(target=self._run, args=(order,), name="rebuild", daemon=True).start()

    def _run(self, order: _Order | None) -> None:
        while order:
            ended = Work(problem="The rebuild stopped.")
            try:
                ended = self._update(order)
            finally:
                with self._lock:
                    order, self._next = self._next, None
                    if order:
                        self._stop.clear()  # which was meant for the update that has ended
                    else:
                        self.work = ended
        with self._ended:
            self._ended.notify_all()

    def _update(self, order: _Order) -> Work:
        began = time.monotonic()

        def note(progress: Progress) -> None:
            self.work = Work(running=True, progress=progress, seconds=time.monotonic() - began)

        try:
            report = self._library.update(force=order.force, again=order.again, progress=note, stop=self._stop.is_set)
            return Work(report=report, again=len(order.again))
        except SanadError as error:
            return Work(problem=str(error), remedy=REMEDIES.get(type(error), ""))
        except Exception:
            logger.exception("the update failed, error %s", number := secrets.token_hex(4))
            return Work(problem=apology(number))

    def follow(self) -> Iterator[Work]:
        """Yield the progress several times a second, and at last how the update ended."""
        while (work := self.work).running:
            yield work
            with self._ended:
                self._ended.wait(0.25)
        yield work


def apology(number: str) -> str:
    """Return the message for an unforeseen error, which the log has under that number."""
    return f"Sorry, something went wrong here. The log has the details under error {number}."
