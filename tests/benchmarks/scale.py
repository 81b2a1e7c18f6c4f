"""Time what one changed file costs in a large folder, each as a whole process: build, and the first question.

    python -m tests.benchmarks.scale [--passages 100000] [--place DIR]

The folder is made of the passages of `tests.benchmarks.speed`, ten to a file, and kept with its index in DIR, so that
a second run begins at once.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from qa.library import Library
from qa.watch import follow
from tests.benchmarks.speed import seconds, write_passages

IN_FILE = 10  # passages
QUESTION = "When did Tokayev become president?"


def write_folder(folder: Path, passages: int) -> None:
    """Write the files that are not there yet."""
    if len(list(folder.rglob("*.txt"))) * IN_FILE >= passages:
        return
    texts = write_passages(passages)
    for first in range(0, passages, IN_FILE):
        place = folder / f"{first // IN_FILE // 100:03}" / f"{first // IN_FILE:06}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n\n".join(texts[first : first + IN_FILE]), "utf-8")


def limit(name: str) -> int:
    """Return the milliseconds that a change may take."""
    return 5000 if "files" in name or "them" in name else 1000


def rename(place: Path) -> None:
    """Rename the first folder, of 100 files, and back."""
    place.rename(place.parent / ("000" if place.name == "moved" else "moved"))


def sanad(*arguments: str | Path) -> Callable[[], object]:
    command = [sys.executable, "-m", "qa", *map(str, arguments)]
    return lambda: subprocess.run(command, check=True, capture_output=True)


def changes(folder: Path) -> dict[str, Callable[[], object]]:
    """Return what is done to one file, in order."""
    place, moved, text = folder / "changed.txt", folder / "moved.txt", write_passages(1)[0]
    return {
        "add": lambda: place.write_text(f"{text}\n\n{random.random()} {text}"),
        "edit": lambda: place.write_text(f"{text}\n\nEdited. {text}"),
        "touch": lambda: os.utime(place),
        "move": lambda: place.rename(moved),
        "move 100 files": lambda: rename(folder / "000"),
        "move them back": lambda: rename(folder / "moved"),
        "delete": moved.unlink,
        "restore": lambda: place.write_text(f"{text}\n\nEdited. {text}"),
        "delete again": place.unlink,
    }


def time_server(folder: Path, index: Path) -> None:
    """Time the same within one process that has answered before, as a chat does."""
    library = Library.open(folder, index)
    print(f"first question          {seconds(lambda: library.ask(QUESTION)) * 1000:8.0f} ms   (in a running process)")
    asked = statistics.median(seconds(lambda: library.ask(QUESTION)) for _ in range(10))
    print(f"question                {asked * 1000:8.1f} ms   (in a running process)")
    for name, change in changes(folder).items():
        change()
        took = seconds(library.update) * 1000
        print(f"update: {name:<16}{took:8.0f} ms   (in a running process; limit {limit(name):,})")
        library.ask(QUESTION)


def time_watch(folder: Path, index: Path) -> None:
    """Time from a change in a watched folder until it can be asked, in a running process."""
    library = Library.open(folder, index)
    library.ask(QUESTION)
    landed, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=follow, args=(library, lambda news: landed.set(), stop))
    thread.start()
    time.sleep(2)  # it compares the folder once when it begins
    for name, change in changes(folder).items():
        if name != "touch":  # which changes nothing that can be asked
            landed.clear()
            change()
            waited = seconds(landed.wait)
            print(f"watched: {name:<15}{waited * 1000:8.0f} ms   (limit {1000 + limit(name):,})")
            time.sleep(0.5)
    stop.set()
    thread.join()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.scale", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()) / "sanad-scale")
    options = parser.parse_args(arguments)
    folder, index = options.place / f"docs-{options.passages}", options.place / f"index-{options.passages}"
    write_folder(folder, options.passages)
    build, ask = sanad("build", folder, "--index", index), sanad("ask", QUESTION, folder, "--index", index, "--json")
    began = time.perf_counter()
    build()
    print(f"build                   {time.perf_counter() - began:8.1f} s")
    print(f"nothing changed         {statistics.median(seconds(build) for _ in range(3)) * 1000:8.0f} ms")
    for name, change in changes(folder).items():
        change()
        print(f"build: {name:<17}{seconds(build) * 1000:8.0f} ms   (limit {limit(name):,})")
    print(f"ask                     {statistics.median(seconds(ask) for _ in range(5)) * 1000:8.0f} ms   (limit 1,500)")
    time_server(folder, index)
    time_watch(folder, index)
    return 0


if __name__ == "__main__":
    sys.exit(main())
