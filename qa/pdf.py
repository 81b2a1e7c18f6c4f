"""Read the text layer of a PDF, page by page, from the positions of its characters.

A PDF keeps glyphs and positions, not reading order, and the libraries tried here tear right-to-left lines apart. So the
characters of a line are sorted as they are seen, and `qa.reading_order` puts them in the order in which they are read.
"""

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pypdfium2
from pypdfium2 import raw

from qa.extracted import Extracted, iso_date, paged
from qa.folder import SkipError
from qa.reading_order import Glyph, mostly_right_to_left, read_line

MOST_PAGES = 20_000
SAME_LINE = 0.3  # of a glyph's size that a baseline may differ
RAISED = 0.6  # of its size that a letter with a sign may stand above or below its line
BESIDE = 1.0  # of a line's size between two pieces of one line; the columns of a page are further apart
NEAR = 12  # pieces of a line before, among which its other pieces are looked for
COPIED = 0.1  # of a glyph's size that the same glyph may stand beside itself, drawn twice
TILTED = 0.1  # of its width that a letter may rise and still stand upright
PARAGRAPH = 1.4  # times the usual distance between lines begins a paragraph
EDGE = 2  # first and last lines of a page, where a browser prints address, time and page number
REPEATED = 3  # pages whose first or last line is the same, numbers aside: it is a running head
HYPHENS = frozenset({0x02, 0xAD, 0xFFFE})  # what PDFium makes of one at the end of a line
HIGH, LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)  # the two halves of a character beyond U+FFFF in UTF-16
LOCKED = raw.FPDF_ERR_PASSWORD

Line = list[Glyph]
Read = tuple[Glyph, str]  # where a line begins, and its text


def read_document(content: bytes) -> Extracted:
    """Return the text of the pages, with headline and date; raise SkipError where there is no text layer."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == LOCKED or "password" in str(error).lower()
        raise SkipError("it is locked with a password" if locked else "it is damaged, or not a PDF") from None
    if len(document) > MOST_PAGES:
        raise SkipError(f"it has more than {MOST_PAGES:,} pages: split it")
    pages = [list(_read(_lines(document, number))) for number in range(len(document))]
    if not any(pages):
        raise SkipError("it has no text layer: run OCR on it")
    metadata = _metadata(document)
    bodies = [_unprinted(lines, number, len(pages)) for number, lines in enumerate(pages, 1)]
    # Where a browser printed it, it was made on the day of printing, which is not the day of its text.
    date = "" if bodies != pages else iso_date(metadata.get("CreationDate", ""))
    found = paged(list(_texts(bodies)), metadata.get("Title", "").strip(), date)
    bare = sum(not lines for lines in pages)
    note = f"{bare:,} of {len(pages):,} pages have no text layer" if bare > len(pages) / 4 else ""
    return Extracted(found.text, found.title, found.date, note, found.pages)


def _metadata(document: pypdfium2.PdfDocument) -> dict[str, str]:
    try:
        found: dict[str, str] = document.get_metadata_dict()
    except UnicodeDecodeError:
        return {}  # half a character in a title is no reason to lose the text
    return found


def _lines(document: pypdfium2.PdfDocument, number: int) -> list[Line]:
    try:
        page = document[number]
        text = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []  # one broken page is no reason to lose the others
    glyphs = list(_glyphs(text))
    lines = _join([glyph for glyph in glyphs if not _is_mark(glyph.text)])
    for mark in _once([glyph for glyph in glyphs if _is_mark(glyph.text)]) if lines else ():
        _attach(lines, mark)
    text.close()
    page.close()
    return lines


def _glyphs(text: pypdfium2.PdfTextPage) -> Iterator[Glyph]:
    """Yield the visible characters, in the order of the file; the letters of a ligature share one place."""
    x, y, box, matrix = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF(), raw.FS_MATRIX()
    for index, code in _codes(text):
        if code < 0x20 and code not in HYPHENS:
            continue
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        raw.FPDFText_GetLooseCharBox(text, index, box)
        raw.FPDFText_GetMatrix(text, index, matrix)
        size = max(raw.FPDFText_GetFontSize(text, index) * math.hypot(matrix.b, matrix.d), 0.1)
        width = max(box.right - x.value, 0.0)
        left, base = x.value, y.value
        upside_down = matrix.a < 0 and matrix.d < 0
        if upside_down or abs(matrix.b) > TILTED * abs(matrix.a):  # or text that runs up or down the page
            across = abs(matrix.b) > abs(matrix.a)
            width = box.top - box.bottom if across else x.value - box.left if upside_down else width
            left, base = _turn(left, base, math.atan2(matrix.b, matrix.a))
        if code != 0x20 or width >= 0.1:  # a space without width has no place: the gap shows it
            yield Glyph(_character(code), left, left + width, base, size)


def _codes(text: pypdfium2.PdfTextPage) -> Iterator[tuple[int, int]]:
    """Yield the place and code of each character; what PDFium gives as two halves is one, a half alone is U+FFFD."""
    codes = [raw.FPDFText_GetUnicode(text, index) for index in range(text.count_chars())]
    for index, (before, code, after) in enumerate(zip([0, *codes], codes, [*codes[1:], 0], strict=False)):
        if code in HIGH and after in LOW:
            yield index, 0x10000 + (code - HIGH.start) * len(LOW) + after - LOW.start
        elif not (code in LOW and before in HIGH):
            yield index, 0xFFFD if code in HIGH or code in LOW else code


def _turn(x: float, y: float, angle: float) -> tuple[float, float]:
    """Return a position in the axes of text that runs at an angle."""
    return x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)


def _character(code: int) -> str:
    if code in HYPHENS:
        return "-"
    character = chr(code)
    return unicodedata.normalize("NFKC", character) if "\ufb00" <= character <= "\ufefc" else character


def _is_mark(text: str) -> bool:
    return unicodedata.category(text[0]) == "Mn"


def _join(glyphs: Sequence[Glyph]) -> list[Line]:
    """Make lines of consecutive glyphs; a raised or lowered letter joins its line."""
    lines: list[Line] = []
    for glyph in glyphs:
        if lines and abs(glyph.y - lines[-1][0].y) <= SAME_LINE * max(glyph.size, lines[-1][0].size):
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    joined: list[Line] = []
    for line in lines:
        near = next((above for above in joined[-NEAR:] if _is_same(above, line)), None)
        if near is None:
            joined.append(line)
        else:
            near += line
    return [_once(line) for line in joined]


def _is_same(above: Line, line: Line) -> bool:
    """Tell whether two pieces are on one line, side by side; columns are further apart."""
    size = max(above[0].size, line[0].size)
    if abs(above[0].y - line[0].y) > RAISED * size:
        return False
    left, right = min(glyph.x for glyph in line), max(glyph.right for glyph in line)
    beside = min(max(glyph.x - right, left - glyph.right) for glyph in above)
    return beside <= BESIDE * size


def _once(line: Line) -> Line:
    """Return a line without glyphs drawn twice at one place, as some programs do for bold or for vowel signs."""
    kept: Line = []
    last: dict[str, float] = {}
    for glyph in line:
        apart = abs(glyph.x - last.get(glyph.text, math.inf))
        if apart < 0.01 or apart > COPIED * glyph.size:  # the letters of one ligature stand at one place
            kept.append(glyph)
            last[glyph.text] = glyph.x
    return kept


def _attach(lines: Sequence[Line], mark: Glyph) -> None:
    """Add a vowel sign or accent to the letter that it is over or under."""
    middle = (mark.x + mark.right) / 2

    def distance(place: tuple[int, int]) -> float:
        glyph = lines[place[0]][place[1]]
        apart = 0.0 if abs(glyph.x - mark.x) < 0.01 else abs((glyph.x + glyph.right) / 2 - middle)
        return apart + abs(glyph.y - mark.y)

    close = [row for row, line in enumerate(lines) if abs(line[0].y - mark.y) < 2 * line[0].size] or range(len(lines))
    row, at = min(((row, at) for row in close for at in range(len(lines[row]))), key=distance)
    under = lines[row][at]
    if mark.text not in under.text:
        lines[row][at] = replace(under, text=under.text + mark.text)


def _unprinted(lines: Sequence[Read], number: int, pages: int) -> list[Read]:
    """Return the lines of a page without those that a browser prints around it: address, time, and "1 of 3"."""
    edges = [place for place in range(len(lines)) if place < EDGE or place >= len(lines) - EDGE]
    signs = [_signs(lines[place][1], number, pages) for place in edges]
    if not all(map(any, zip(*signs, strict=True))):
        return list(lines)
    around = {place for place, found in zip(edges, signs, strict=True) if any(found)}
    return [line for place, line in enumerate(lines) if place not in around]


def _signs(line: str, number: int, pages: int) -> tuple[bool, bool, bool]:
    """Tell whether a line holds an address, a time, and the number of its page with that of all pages."""
    counted = any((int(page), int(of)) == (number, pages) for page, of in _PAGE_OF.findall(line))
    return "://" in line, bool(_TIME.search(line)), counted


_TIME = re.compile(r"\b\d{1,2}[:.٫]\d{2}\b")
_PAGE_OF = re.compile(r"(?<!\S)(\d{1,5}) ?(?:/|of|из|sur|von|de|من|از) ?(\d{1,5})(?!\S)")


def _texts(read: Sequence[Sequence[Read]]) -> Iterator[str]:
    """Yield the text of each page: a blank line between paragraphs, running heads left out."""
    edges = Counter(edge for lines in read if lines for edge in {_bare(lines[0][1]), _bare(lines[-1][1])})
    heads = {edge for edge, times in edges.items() if times >= max(REPEATED, len(read) / 2)}
    for lines in read:
        kept = [line for place, line in enumerate(lines) if 0 < place < len(lines) - 1 or _bare(line[1]) not in heads]
        steps = [above.y - below.y for (above, _), (below, _) in pairwise(kept)]
        down = sorted(step for step in steps if step > 0) or [0.0]
        usual = down[len(down) // 4]  # the distance of lines within a paragraph, even where paragraphs are short
        gaps = ["", *("\n\n" if step < 0 or step > PARAGRAPH * usual else "\n" for step in steps)]
        joined = "".join(gap + text for gap, (_, text) in zip(gaps, kept, strict=bool(kept)))
        yield _HYPHENATED.sub("", joined)


def _read(lines: Sequence[Line]) -> Iterator[Read]:
    """Yield the lines that hold text, each with the place of its first glyph."""
    right = mostly_right_to_left("".join(glyph.text for line in lines for glyph in line))
    for line in lines:
        text = read_line(line, right_to_left=right).strip()
        if text:
            yield line[0], text


def _bare(line: str) -> str:
    return re.sub(r"\d+", "0", line)


_HYPHENATED = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_])(?=[a-zà-öø-ÿа-яё])")
