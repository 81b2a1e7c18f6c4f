"""Turn the bytes of a file into a document, and say of a file that holds no text why it was skipped."""

import bisect
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qa.folder import SkipError
from qa.furniture import is_furniture

OPENING_LINES = 6  # the headline is one of the first lines
LONGEST_TITLE = 160  # characters


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text as it was read; every citation is a pair of offsets into `text`."""

    path: str
    digest: str
    title: str
    text: str
    format: str = "text"
    note: str = ""  # what the reader should know of how it was read
    date: str = ""  # ISO 8601, as its metadata tells; empty where they tell none
    pages: tuple[int, ...] = ()  # where in `text` each page begins; none where the format has no pages

    def page(self, offset: int) -> int | None:
        """Return the number, from 1, of the page that the character at `offset` stands on."""
        return bisect.bisect_right(self.pages, offset) or None


def read_document(path: str, content: bytes, digest: str) -> Document:
    """Turn a file's bytes into a document; raise SkipError where they hold no text."""
    suffix = Path(path).suffix.lower()
    text = READERS.get(suffix, read_text)(content)
    if not any(character.isalnum() for character in text):
        raise SkipError("it holds no text")
    return Document(path, digest, find_title(text) or Path(path).stem, text)


def read_text(content: bytes) -> str:
    """Decode UTF-8 text, its byte order mark left out; raise SkipError where it is not."""
    if b"\0" in content:
        raise SkipError("it is not text: it holds zero bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SkipError(f"it is not UTF-8 text (byte {error.start}): save it as UTF-8") from None
    controls = sum(character < " " and character not in "\t\n\r\f\v" for character in text)
    if controls > len(text) / 50:
        raise SkipError("it is not text: it holds control characters")
    return text


# How each kind of file becomes text, by its ending; every other ending is read as text.
READERS: dict[str, Callable[[bytes], str]] = {".txt": read_text, ".md": read_text}


def visible(text: str, *, keep: str = "\n\t") -> str:
    """Return text that any output can carry: control characters and lone surrogates, but for `keep`, become U+FFFD.

    Line ends become those of the terminal.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c if c in keep or unicodedata.category(c) not in ("Cc", "Cs") else "\ufffd" for c in text)


def one_line(text: str) -> str:
    """Return a name or message that keeps to its line and its direction: bidi controls become U+FFFD as well."""
    return _DIRECTING.sub("\ufffd", visible(text, keep=""))


_DIRECTING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def find_title(text: str) -> str:
    """Return the headline: the first line of several words that is no furniture, menu, dateline or full sentence.

    A heading of the first level in Markdown goes before. Where every opening line is a sentence, the first of them,
    cut short; an empty string where there is no text.
    """
    lines = [line.strip() for line in text[:4000].splitlines()]
    heading = next((line[2:].strip() for line in lines if line.startswith("# ")), "")
    if heading:
        return _cut(heading)
    bare = [line.strip("#*_ ") for line in lines]
    opening = [line for line in bare if line and not is_furniture(line)][:OPENING_LINES]
    headlines = [line for line in opening if _is_headline(line)]
    several_words = [line for line in headlines if len(line.split()) > 2]
    return next(iter(several_words + headlines + [_cut(line) for line in opening]), "")


def _is_headline(line: str) -> bool:
    digits, letters = sum(map(str.isdigit, line)), sum(map(str.isalpha, line))
    menu = any(mark in line for mark in (" | ", " > ", "-->"))
    return (
        not menu
        and len(line) <= LONGEST_TITLE
        and letters > 2 * digits
        and not line.endswith((".", ":", "،", ",", "۔"))
    )


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_TITLE else line[:LONGEST_TITLE].rsplit(" ", 1)[0] + "…"
