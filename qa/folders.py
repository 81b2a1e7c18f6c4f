"""Several folders as one library: a folder's `.sanadfolders` names others whose documents belong to it as well.

Each line is a path, absolute or relative to that folder, or `NAME = PATH`. The documents appear under the other
folder's name, as if it were inside the first.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from qa.dotfiles import read_lines
from qa.errors import FolderError

NAME = ".sanadfolders"


@dataclass(frozen=True, slots=True)
class Joined:
    """Another folder of a library, and the name under which its documents appear."""

    name: str
    place: Path


def joined(folder: Path) -> tuple[Joined, ...]:
    """Return the folders that `folder` names; raise FolderError where that cannot be read or understood."""
    lines = [line.strip() for line in read_lines(folder / NAME, "one folder on each line")]
    found = tuple(_read(folder, line) for line in lines if line and not line.startswith("#"))
    for one in found:
        _check(folder, one, found)
    return found


def _read(folder: Path, line: str) -> Joined:
    name, _, path = line.rpartition(" = ")
    if "\0" in line:
        raise FolderError(f"{folder / NAME} holds a NUL character, as no path does: write one folder on each line.")
    try:
        place = folder / Path(path.strip()).expanduser()
    except RuntimeError:
        raise FolderError(
            f"{folder / NAME} names {path.strip()}, and that user has no home folder here: write the whole path."
        ) from None
    return Joined(name.strip() or place.name, place)


def _check(folder: Path, one: Joined, found: tuple[Joined, ...]) -> None:
    listed = folder / NAME
    if not one.name or "/" in one.name or one.name.startswith("."):
        raise FolderError(f"{listed} has no usable name for {one.place}: write NAME = PATH.")
    if sum(other.name == one.name for other in found) > 1 or os.path.exists(folder / one.name):
        raise FolderError(
            f"{listed} makes two folders called {one.name}: give one of them another name, as NAME = PATH."
        )
    real, whole = (Path(os.path.realpath(place)) for place in (one.place, folder))
    if real.is_relative_to(whole) or whole.is_relative_to(real):
        raise FolderError(f"{listed} names {one.place}, which overlaps with {folder}: name folders outside it.")


def locate(folder: Path, path: str) -> Path:
    """Return where the document at `path` is on disk."""
    name, _, below = path.partition("/")
    place = next((one.place for one in joined(folder) if one.name == name), None) if below else None
    return place / below if place else folder / path
