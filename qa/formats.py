"""Which reader reads which kind of file: one table, by the ending of the name."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from io import BytesIO, StringIO
from itertools import islice

from qa.archives import Archive
from qa.encodings import decode
from qa.extracted import Extracted, records
from qa.folder import SkipError

READING = 4  # raise it when a reader extracts different text: older indexes are rebuilt
PROSE = 200  # characters; a longer string in a JSON object is text, not a value to be shown with its key
SAMPLE = 100  # rows of a table by which its delimiter is found
NEARLY_ALL = 0.9  # of these rows must have as many values as the header: the others may be broken

Reader = Callable[[bytes], Extracted]

# The readers below import their libraries when they are first used: most folders need one or two of them.


def read_pdf(content: bytes) -> Extracted:
    """Return the text layer of a PDF with its pages."""
    from qa.pdf import read_document

    return read_document(content)


def read_html(content: bytes) -> Extracted:
    """Return the main text of a web page."""
    from qa.html import read_page

    return read_page(content)


def read_docx(content: bytes) -> Extracted:
    """Return the paragraphs of a Word document."""
    from qa import office

    return office.read_docx(content)


def read_opendocument(content: bytes) -> Extracted:
    """Return the paragraphs of an OpenDocument file."""
    from qa import office

    return office.read_opendocument(content)


def read_pptx(content: bytes) -> Extracted:
    """Return the slides of a presentation, as pages."""
    from qa import office

    return office.read_pptx(content)


def read_epub(content: bytes) -> Extracted:
    """Return the chapters of a book."""
    from qa import office

    return office.read_epub(content)


def read_workbook(content: bytes) -> Extracted:
    """Return each row of each sheet as a record with its header, and with the sheet's name where there are several."""
    from python_calamine import CalamineError, CalamineWorkbook

    if content.startswith(b"PK"):
        Archive(content).check()
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        sheets = [(name, book.get_sheet_by_name(name).to_python()) for name in book.sheet_names]
    except CalamineError as error:
        raise SkipError(f"it is damaged, or locked with a password ({error})") from None
    several = len([rows for _, rows in sheets if rows]) > 1
    return records(
        f"{name}; {row}" if several else row
        for name, rows in sheets
        for row in _rows([[_cell(cell) for cell in cells] for cells in rows])
    )


def read_csv(content: bytes) -> Extracted:
    """Return each row as a record with its header; a first line such as `sep=;` tells what separates the values."""
    return _read_table(content)


def read_tsv(content: bytes) -> Extracted:
    """Return each row of a table whose values are separated by tabs as a record with its header."""
    return _read_table(content, "\t")


def _read_table(content: bytes, delimiter: str = "") -> Extracted:
    found = decode(content)
    csv.field_size_limit(max(csv.field_size_limit(), len(found.text) + 1))  # it counts for all readers: never lowered
    named = _SEPARATOR.match(found.text)
    text = found.text[named.end() :] if named else found.text
    cells = _cells(text, delimiter or (named[1] if named else _delimiter(text)))
    return replace(records(_rows([[" ".join(cell.split()) for cell in row] for row in cells])), note=found.note)


# The first line that tells Excel what separates the values.
_SEPARATOR = re.compile(r'"?sep=([^\w\s"]|\t)"?[ \t]*(?:\r\n?|\n|\Z)', re.IGNORECASE)
_DELIMITERS = "\t|;,"  # from the rarest in text to the commonest: a comma may also be in every price of a table


def _cells(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)


def _delimiter(text: str) -> str:
    """Return what separates the values of a table; where nothing does, there is one column, whatever is returned."""
    return max(_DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))  # the first of several that are equal


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    """Return which part of the first rows a delimiter splits alike, and, below zero, how many quotes it cuts open.

    Nearly all rows count as all where the header is one of them: a few may be broken.
    """
    rows = [row for row in islice(_cells(text, delimiter), SAMPLE) if row]
    lengths = Counter(map(len, rows)).most_common(1)
    if not lengths or lengths[0][0] == 1:
        return 0.0, 0
    usual, times = lengths[0]
    even = len(rows[0]) == usual and times >= NEARLY_ALL * len(rows)
    cut = sum(cell.count('"') % 2 for row in rows for cell in row)
    return 1.0 if even else times / len(rows), -cut


def read_json(content: bytes) -> Extracted:
    """Return each object of a list as a record: its short values with their keys, its long strings as they are."""
    found = decode(content)
    try:
        value = json.loads(found.text)
    except ValueError as error:
        raise SkipError(f"it is not valid JSON ({error})") from None
    return replace(records(_record(item) for item in _items(value)), note=found.note)


def read_json_lines(content: bytes) -> Extracted:
    """Return each line as a record, as `read_json` does its objects; lines that are not JSON are counted."""
    found = decode(content)
    values, broken = [], 0
    for line in found.text.split("\n"):
        try:
            values += [json.loads(line)] if line.strip() else []
        except ValueError:
            broken += 1
    if broken and not values:
        raise SkipError("none of its lines is valid JSON")
    notes = (found.note, f"lines that are not JSON: {broken:,}" if broken else "")
    return replace(records(map(_record, values)), note="; ".join(filter(None, notes)))


def read_email(content: bytes) -> Extracted:
    """Return subject, sender, date and body of a message, and of those forwarded in it."""
    from qa.mail import read_message

    return read_message(content)


_TIMING = re.compile(r"(?:\d{1,6}[ \t]{0,9}\n)?[ \t]{0,9}[\d:.,]{4,16}[ \t]{0,9}-->[^\n]*\n?")
_TAGS = re.compile(r"</?[a-zA-Z][^<>\n]{0,80}>|<[\d:.]{4,16}>|\{\\[^{}\n]{0,80}\}")
# What WebVTT keeps beside the words: the block of its name, and those of notes, styles and places on the screen.
_BESIDE = re.compile(r"(?:\AWEBVTT|(?<=\n\n)(?:NOTE|STYLE|REGION)(?=\s))[^\n]*(?:\n[^\n]+)*")


def read_subtitles(content: bytes) -> Extracted:
    """Return what is said, without numbers, timings and tags."""
    found = decode(content)
    text = found.text.replace("\r\n", "\n").replace("\r", "\n")
    text = _BESIDE.sub("", text) if text.startswith("WEBVTT") else text
    said = [line for part in _TIMING.split(text) for line in _TAGS.sub("", part).strip().split("\n") if line.strip()]
    return Extracted("\n".join(line.strip() for line in said), note=found.note)


# How each kind of file becomes text. A file with another ending is read as plain text, if that is what it holds.
EXTRACTORS: dict[str, Reader] = {
    ".pdf": read_pdf,
    ".html": read_html, ".htm": read_html, ".xhtml": read_html,
    ".docx": read_docx, ".docm": read_docx, ".odt": read_opendocument, ".odp": read_opendocument,
    ".pptx": read_pptx, ".ppsx": read_pptx, ".epub": read_epub,
    ".xlsx": read_workbook, ".xlsm": read_workbook, ".xls": read_workbook, ".ods": read_workbook,
    ".csv": read_csv, ".tsv": read_tsv, ".json": read_json, ".jsonl": read_json_lines, ".ndjson": read_json_lines,
    ".eml": read_email, ".srt": read_subtitles, ".vtt": read_subtitles,
}  # fmt: skip
RECORDS = frozenset("xlsx xlsm xls ods csv tsv json jsonl ndjson".split())  # a row or an object is a passage
# These carry their own encoding.
CODED = frozenset(".pdf .docx .docm .odt .odp .pptx .ppsx .epub .xlsx .xlsm .xls .ods .eml".split())
OLD = {".doc": "docx", ".ppt": "pptx", ".rtf": "docx", ".mobi": "epub", ".azw3": "epub"}  # what to save them as


def _rows(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield each row of a table as one line, each value with the header of its column."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    header = filled[0] if filled and _is_header(filled[0]) and len(filled) > 1 else ()
    for row in filled[1:] if header else filled:
        named = (f"{header[at]}: {cell}" if at < len(header) and header[at] else cell for at, cell in enumerate(row))
        yield "; ".join(words for words, cell in zip(named, row, strict=True) if cell.strip())


def _is_header(row: Sequence[str]) -> bool:
    """Tell whether a table's first row names its columns: different words, no numbers."""
    named = [cell for cell in row if cell]
    return len(set(named)) == len(named) and not any(any(map(str.isdecimal, cell[:1])) for cell in named)


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | datetime | time) else " ".join(str(value).split())


def _items(value: object) -> Iterable[object]:
    """Return the objects that a JSON document lists, or keeps by their names, wherever in it that is."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return [value]
    within = {key: inner for key, inner in value.items() if _lists_objects(inner)}
    if not within and _lists_objects(value):
        return [{"": name, **inner} for name, inner in value.items()]
    others = {key: inner for key, inner in value.items() if key not in within}
    return [others, *(item for inner in within.values() for item in _items(inner))]


def _lists_objects(value: object) -> bool:
    """Tell whether a value is several objects, in a list or each by its name, or an object that holds them."""
    if isinstance(value, dict):
        kept = len(value) > 1 and all(isinstance(inner, dict) for inner in value.values())
        return kept or any(map(_lists_objects, value.values()))
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _record(value: object) -> str:
    parts = list(_parts(value, ""))
    short = "; ".join(words for words in parts if len(words) <= PROSE and "\n" not in words)
    return "\n".join([short, *(words for words in parts if len(words) > PROSE or "\n" in words)])


def _parts(value: object, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _parts(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner, key)
    elif value is not None and str(value).strip():
        long = isinstance(value, str) and (len(value) > PROSE or "\n" in value.strip())
        yield str(value).strip() if long or not key else f"{key}: {str(value).strip()}"
