"""Follow folders: update soon after something changes in them, and from time to time in any case."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from embeddings.errors import SanadError
from qa.errors import FolderError
from qa.folders import joined
from qa.library import Library
from qa.reports import Report

QUIET, LONGEST = 300, 1000  # milliseconds: the pause that ends a burst of changes, and the most that one may last
LOOK = 1000  # milliseconds between two checks that the folders still exist
AGAIN = 30.0  # seconds after which folders are compared even without an event, since events can be lost
BACK = 1.0  # seconds between two checks for a folder that is missing
# File systems that other machines may change without any event here.
WITHOUT_EVENTS = frozenset("9p afs ceph cifs drvfs glusterfs lustre ncpfs nfs nfs4 prl_fs smb3 smbfs vboxsf".split())

logger = logging.getLogger(__name__)


def watch(folder: Path, changed: Callable[[], None], stop: threading.Event) -> None:
    """Call `changed` within 2 seconds of any change in a folder or those joined to it, until `stop` is set.

    Where the system reports no changes, as on a network share, the folders are compared every second.
    """
    while not stop.is_set():
        changed()
        try:
            if all(map(has_events, _folders(folder))):
                _follow(folder, changed, stop)
            else:
                _poll(changed, stop)
        # A folder is missing, or the system allows no more watches.
        except (OSError, RuntimeError, FolderError) as error:
            logger.debug("watching %s: %s", folder, error)
            stop.wait(BACK)


def _folders(folder: Path) -> list[Path]:
    return [folder, *(other.place for other in joined(folder))]


def _follow(folder: Path, changed: Callable[[], None], stop: threading.Event) -> None:
    """Call `changed` on events until `stop` is set or one of the folders is replaced by another."""
    from watchfiles import watch as events

    watched, last = _identities(folder), -AGAIN  # what changed before the watch began made no event
    for changes in events(
        *_folders(folder),
        watch_filter=None,
        debounce=LONGEST,
        step=QUIET,
        stop_event=stop,
        rust_timeout=LOOK,
        yield_on_timeout=True,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        if _identities(folder) != watched:
            return
        if changes or time.monotonic() - last > AGAIN:
            last = time.monotonic()
            changed()


def _poll(changed: Callable[[], None], stop: threading.Event) -> None:
    """Call `changed` every second or, where it takes long, so rarely that it is busy a tenth of the time."""
    spent = 0.0
    while not stop.wait(max(LOOK / 1000, 9 * spent)):
        began = time.monotonic()
        changed()
        spent = time.monotonic() - began


def _identities(folder: Path) -> list[tuple[int, int]]:
    return [(status.st_dev, status.st_ino) for status in map(Path.stat, _folders(folder))]


def has_events(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Tell whether the system reports changes in a folder, as far as that can be known."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
        place = Path(os.path.realpath(folder))
    except OSError:  # not Linux, where watching fails by itself if it cannot work
        return True
    # Of two on one place the one of the later line is on top; `max` takes the first.
    found = map(_mount, reversed(lines))
    above = [mount for mount in found if place.is_relative_to(mount[0])]
    kind = max(above, key=lambda mount: len(mount[0].parts), default=(Path("/"), ""))[1]
    return kind not in WITHOUT_EVENTS and not kind.startswith("fuse")


def _mount(line: str) -> tuple[Path, str]:
    """Return where a file system is mounted, and its kind, from a line of mountinfo."""
    before, _, after = line.partition(" - ")
    place = before.split(" ")[4].replace("\\040", " ")
    return Path(place), after.split(" ")[0]


@contextlib.contextmanager
def watching(folder: Path, changed: Callable[[], None]) -> Iterator[None]:
    """While the context lasts, call `changed` in another thread when a folder or one joined to it changes."""
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(folder, changed, stop), name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def follow(library: Library, told: Callable[[Report | SanadError], None], stop: threading.Event) -> None:
    """Update a library whenever its folders change, until `stop` is set; call `told` with what each update did."""
    last = ""  # the error of the update before

    def update() -> None:
        nonlocal last
        try:
            report = library.update(stop=stop.is_set)
            last = ""
            if report.is_news:
                told(report)
        except SanadError as error:  # reported once, not at every check
            if last != str(error):
                last = str(error)
                told(error)
        except Exception:
            logger.exception("an update failed")

    watch(library.folder, update, stop)
