"""Read parallel text and its sources' weights.

A pair file is `pairs.<left>-<right>.tsv.xz` or `qa.<language>-<language>.tsv.xz`, with lines
`source<TAB>left text<TAB>right text`. `sources.tsv` beside this file says how often a line of each source is drawn.
"""

import csv
import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# The languages that the model is made for come first; the last ones lend related words.
LANGUAGES = ("ar", "fa", "kk", "ru", "tr", "en", "de", "fr", "es", "az", "uz", "ur")
TEACHABLE = range(12, 301)  # characters of an English sentence that the teacher is asked about
_NAME = re.compile(r"(pairs|qa)\.[^.-]+-[^.-]+\.tsv\.xz")


@dataclass(frozen=True, slots=True)
class Source:
    """Where training text came from. Weight 0 leaves it out; `taught` is "prose", "words", or "" for not taught."""

    name: str
    weight: float
    taught: str
    licence: str
    origin: str
    what: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """The texts of one file: in each row, left and right mean the same, or the right one answers the left one."""

    left: str  # language
    right: str
    questions: bool
    sources: list[str]
    lefts: list[str]
    rights: list[str]

    @property
    def name(self) -> str:
        """The kind and the languages, as in the name of the file."""
        return f"{'qa' if self.questions else 'pairs'}.{self.left}-{self.right}"

    def english(self) -> list[str] | None:
        """Return the English side, if one is."""
        if self.right == "en":
            return self.rights
        return self.lefts if self.left == "en" else None


@cache
def read_sources() -> dict[str, Source]:
    """Return every known source by name."""
    path = Path(__file__).with_name("sources.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        sources = [
            Source(r["source"], float(r["weight"]), r["taught"], r["licence"], r["origin"], r["what"]) for r in rows
        ]
    return {source.name: source for source in sources}


def pair_files(folder: Path) -> list[Path]:
    """List the pair files of `folder` in the languages of the model, in a fixed order."""
    paths = sorted(path for path in folder.glob("*.tsv.xz") if _NAME.fullmatch(path.name))
    return [path for path in paths if set(_languages(path)) <= set(LANGUAGES)]


def read_pairs(path: Path) -> Pairs:
    """Read one file, without the sources of weight 0.

    Raise ValueError for a line of other than three parts, and for a source that `sources.tsv` lacks.
    """
    left, right = _languages(path)
    pairs = Pairs(left, right, path.name.startswith("qa."), [], [], [])
    for number, parts in enumerate(_lines(path), 1):
        if len(parts) != 3:
            raise ValueError(f"line {number} of {path} is not a source and two texts with tabs between them: mend it")
        source, left_text, right_text = parts
        if _known(source, path).weight > 0:
            pairs.sources.append(source)
            pairs.lefts.append(left_text)
            pairs.rights.append(right_text)
    return pairs


def teachable(source: str, english: str, *, prose: bool) -> bool:
    """Tell whether the teacher's opinion of an English text is worth having, as running text or else as words."""
    kind = read_sources()[source].taught
    if prose:
        return kind == "prose" and len(english) in TEACHABLE and english.count(" ") >= 2
    return kind == "words" and len(english) in range(3, TEACHABLE.stop)


def _languages(path: Path) -> tuple[str, str]:
    left, right = path.name.split(".")[1].split("-")
    return left, right


def _lines(path: Path) -> Iterator[list[str]]:
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.rstrip("\n").split("\t")


def _known(name: str, path: Path) -> Source:
    source = read_sources().get(name)
    if source is None:
        raise ValueError(f"{path} has lines of {name!r}, which sources.tsv does not list: add it with its licence")
    return source
