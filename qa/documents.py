"""Turn the bytes of a file into a document, or say why it holds no text."""

import bisect
import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath

from qa.dates import find_date
from qa.encodings import decode, decode_as
from qa.extracted import Extracted
from qa.extraction import Extractor
from qa.folder import SkipError
from qa.formats import CODED, EXTRACTORS, OLD, RECORDS
from qa.furniture import is_furniture
from qa.sections import Heading, locate_headings, markdown_headings, section_at
from qa.sentences import WRAPPED

OPENING_LINES = 6  # the headline is one of the first lines
LONGEST_TITLE = 160  # characters
PLAIN = frozenset({".txt", ".md"})  # read here, like any file with another ending that turns out to be text
TITLED = frozenset("html htm xhtml epub eml".split())  # formats whose metadata is trusted for headline and day


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text as it was read; every citation is a pair of offsets into `text`."""

    path: str
    digest: str
    title: str
    text: str = field(repr=False)  # which would flood whoever prints an answer
    format: str = "text"
    note: str = ""  # what the user should know about how it was read
    date: str = ""  # ISO 8601, from its metadata or its opening lines; empty where neither has one
    # Where in `text` each page begins; none where the format has no pages.
    pages: tuple[int, ...] = field(default=(), repr=False)
    headings: tuple[Heading, ...] = field(default=(), repr=False)  # as the file marks them, in order

    def section(self, offset: int) -> tuple[str, ...]:
        """Return the headings above the character at `offset`, the highest first, without the title."""
        return tuple(words for words in section_at(self.text, self.headings, offset) if words != self.title)

    def page(self, offset: int) -> int | None:
        """Return the number, from 1, of the page with the character at `offset`; None where there are no pages."""
        return bisect.bisect_right(self.pages, offset) or None


def read_document(
    path: str, content: bytes, digest: str, extractor: Extractor | None = None, *, encoding: str = ""
) -> Document:
    """Turn a file's bytes into a document; raise SkipError where they hold no text.

    Text is read here, any other format by `extractor`, in a process of its own. `encoding` is the one that its owner
    gives for it; it is ignored for formats that are more than text and carry their own.
    """
    place = PurePosixPath(path)
    suffix = place.suffix.lower()
    decoded = decode_as(content, encoding) if encoding and suffix not in CODED else None
    found = _extract(suffix, decoded.as_utf8() if decoded else content, extractor)
    text, strange = clean(found.text)
    if not any(character.isalnum() for character in text):
        raise SkipError("it holds no text")
    note = "; ".join(filter(None, (decoded.note if decoded else "", found.note, strange)))
    form = suffix[1:] if suffix in EXTRACTORS or suffix in PLAIN else "text"
    title = _title(form, " ".join(clean(found.title)[0].split()), text) or place.stem
    date = _date(form, found.date, text)
    headings = markdown_headings(text) if form == "md" else locate_headings(text, found.headings)
    return Document(path, digest, title, text, form, note, date, found.pages, headings)


def _extract(suffix: str, content: bytes, extractor: Extractor | None) -> Extracted:
    if suffix in EXTRACTORS:
        if extractor is not None:
            return extractor.read(suffix, content)
        with Extractor() as own:
            return own.read(suffix, content)
    if suffix in OLD:
        raise SkipError(f"{suffix} files are not read: save this one as .{OLD[suffix]}")
    decoded = decode(content)
    return Extracted(decoded.text, note=decoded.note)


def _title(form: str, named: str, text: str) -> str:
    """Return the headline of the metadata where it can be trusted, since many a file has that of its template."""
    if named and (form in TITLED or named.casefold() in " ".join(text[:3000].split()).casefold()):
        return _cut(named)
    return "" if form in RECORDS else find_title(text)


def _date(form: str, named: str, text: str) -> str:
    """Return the date of a page, book or message from its metadata; that of other files is the day of the file."""
    if form in RECORDS or (named and form in TITLED):
        return named
    return find_date(text) or named


def clean(text: str) -> tuple[str, str]:
    """Return text as it can be shown, and a note on what was replaced; every character keeps its place.

    Control characters, lone surrogates and what is hidden on purpose (tag characters, long runs of zero-width ones)
    become U+FFFD. A single joiner or direction mark belongs to the spelling and stays.
    """
    shown, controls = _CONTROLS.subn("\ufffd", text)
    shown, hidden = _HIDDEN.subn(lambda run: run[1] or "\ufffd" * len(run[0]), shown)
    hidden -= len(_FLAG.findall(shown))
    notes = [f"control characters replaced: {controls:,}"] if controls else []
    notes += [f"runs of invisible characters replaced: {hidden:,}"] if hidden else []
    return shown, "; ".join(notes)


_CONTROLS = re.compile("[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_TAGS = "\U000e0000-\U000e007f"
_FLAG = re.compile(f"\U0001f3f4[{_TAGS}]{{2,6}}\U000e007f")  # of England, Scotland, Wales
_HIDDEN = re.compile(f"({_FLAG.pattern})|[{_TAGS}]+|[\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff]{{4,}}")


def visible(text: str, *, keep: str = "\n\t") -> str:
    """Return text that any output can carry: control characters, except `keep`, and lone surrogates become U+FFFD.

    Every line end becomes a line feed.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub(lambda found: found[0] if found[0] in keep else "\ufffd", text)


def one_line(text: str) -> str:
    """Return a name or message on one line, unable to change the direction of others: bidi controls become U+FFFD."""
    return _DIRECTING.sub("\ufffd", visible(text, keep=""))


_UNSEEN = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")
_DIRECTING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def find_title(text: str) -> str:
    """Return the headline: the first line of several words that is not furniture, a menu, a dateline or a sentence.

    A first-level heading of Markdown takes precedence. Where every opening line is a sentence, the first one, cut
    short; an empty string where there is no text.
    """
    lines = [line.strip() for line in text[:4000].splitlines()]
    heading = next((line[2:].strip() for line in lines if line.startswith("# ")), "")
    if heading:
        return _cut(heading)
    bare = [line.strip("#*_ ") for line in lines]
    opening = [line for line in bare if line and not is_furniture(line)][:OPENING_LINES]
    wrapped = {line for line, after in pairwise(bare) if len(line) >= WRAPPED and after[:1].islower()}
    headlines = [line for line in opening if _is_headline(line) and line not in wrapped]
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
