"""What a reader makes of a file's bytes, and the rules that all readers share."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file, with its headline and date (ISO 8601) where its metadata has them.

    `pages` are the offsets in `text` where each page begins, none where the format has no pages. `note` is what the
    user should know about how it was read. `headings` are the levels and words of the headings that the file marks.
    """

    text: str
    title: str = ""
    date: str = ""
    note: str = ""
    pages: tuple[int, ...] = ()
    headings: tuple[tuple[int, str], ...] = ()


def paged(pages: Sequence[str], title: str = "", date: str = "") -> Extracted:
    """Return pages as one text, with a line feed between them."""
    starts = accumulate((len(page) + 1 for page in pages[:-1]), initial=0)
    return Extracted("\n".join(pages), title, date, pages=tuple(starts) if pages else ())


def tidy(text: str) -> str:
    """Return text without the spaces at the ends of its lines, and with one blank line where there were more."""
    lines = (re.sub(r"[^\S\n\t]+", " ", line).strip() for line in text.replace("\r\n", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def records(found: Iterable[str]) -> Extracted:
    """Return records, such as the rows of a table, as paragraphs; none holds a blank line of its own."""
    lines = (filter(None, map(str.strip, record.split("\n"))) for record in found)
    return Extracted("\n\n".join(filter(None, map("\n".join, lines))))


def iso_date(text: str) -> str:
    """Return the date at the start of a timestamp as YYYY-MM-DD, an empty string where there is none."""
    found = re.match(r"\s*(?:D:)?(\d{4})-?(\d\d)-?(\d\d)", text)
    try:
        return date(*map(int, found.groups())).isoformat() if found else ""
    except ValueError:
        return ""
