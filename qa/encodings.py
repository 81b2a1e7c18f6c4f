"""Bytes to text: by the byte order mark, as UTF-8, or in an encoding that is detected; the result says which."""

import codecs
import re
import unicodedata
from dataclasses import dataclass

from qa.folder import SkipError

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WIDER = {"iso8859-1": "cp1252", "iso8859-9": "cp1254"}  # what a page names, and what it is to every browser
GUESSES = ("cp1256", "cp1252")  # where nothing is detected: Arabic and Persian, then Western
SAMPLE = 200_000  # bytes or characters from which the rest is judged
STRANGE = 1 / 50  # of the characters may be controls or unassigned; with more it is not text
BROKEN = 1 / 20  # of the characters beyond ASCII may be broken in a file that is taken for UTF-8

_CONTROLS = frozenset({"Cc"})
_STRANGE = frozenset({"Cc", "Cn", "Co", "Cs"})  # what bytes read in a wrong encoding become
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and what the user should know about how it was read: nothing where it was valid UTF-8."""

    text: str
    note: str = ""

    def as_utf8(self) -> bytes:
        """Return the text as bytes whose encoding need not be guessed."""
        return codecs.BOM_UTF8 + self.text.encode(errors="replace")


def decode(content: bytes) -> Decoded:
    """Decode text, without its byte order mark; raise SkipError where it is not text.

    Tried in this order: the mark, UTF-8, UTF-8 with a few broken bytes, what is detected, and the usual guesses.
    """
    found = _by_mark(content) or _as_utf8(content) or _detected(content)
    if found is None:
        raise SkipError("it is not text in any encoding that is known")
    return found


def decode_as(content: bytes, encoding: str) -> Decoded:
    """Decode text in the encoding that its owner gives; raise SkipError where the result is not text."""
    found = _replacing(content, encoding, named=True)
    if not _is_text(found.text):
        raise SkipError(f"it is not text in {encoding}, the encoding given for it: give another, or none")
    return Decoded(found.text.removeprefix("\ufeff"), found.note)


def decode_named(content: bytes, encoding: str) -> Decoded | None:
    """Decode a page or message in the encoding that it names, as browsers do; return None where it names a wrong one.

    Letters that are valid UTF-8 are UTF-8, whatever it names: many a page keeps the name that its template had.
    """
    found = _exactly(content, "utf-8") if _MULTIBYTE.search(content) else None
    return found or _exactly(content, encoding)


def _exactly(content: bytes, encoding: str) -> Decoded | None:
    try:
        name = codecs.lookup(encoding).name
        return Decoded(content.decode(WIDER.get(name, name)).removeprefix("\ufeff"))
    except (LookupError, UnicodeError):  # no encoding of text, or another
        return None


def _by_mark(content: bytes) -> Decoded | None:
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return _replacing(content[len(mark) :], encoding, named=encoding != "utf-8")
    return None


def _as_utf8(content: bytes) -> Decoded | None:
    """Return UTF-8 text, or None; a broken byte among many good ones is no sign of another encoding."""
    try:
        text = content.decode()
        return Decoded(text) if _is_text(text, _CONTROLS) else None
    except UnicodeDecodeError:
        found = _replacing(content, "utf-8")
    good = len(_MULTIBYTE.findall(content))
    few = found.text.count("\ufffd") <= max(good * BROKEN, good > 0)
    return found if few and _is_text(found.text, _CONTROLS) else None


def _detected(content: bytes) -> Decoded | None:
    import chardet  # only where a file is not UTF-8

    detected = chardet.detect(content[:SAMPLE])["encoding"]
    for encoding in dict.fromkeys(filter(None, (detected, *GUESSES))):
        try:
            text = content.decode(encoding).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
        if _is_text(text):
            return Decoded(text, f"read as {codecs.lookup(encoding).name}")
    return None


def _replacing(content: bytes, encoding: str, *, named: bool = False) -> Decoded:
    """Decode with U+FFFD for what is broken, and note how much and where first; with `named` also the encoding."""
    notes = [f"read as {encoding}"] if named else []
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        text = content.decode(encoding, "replace")
        notes.append(f"broken characters: {text.count(chr(0xFFFD)):,}, the first at byte {error.start:,}")
    return Decoded(text, "; ".join(notes))


def _is_text(text: str, categories: frozenset[str] = _STRANGE) -> bool:
    sample = text[:SAMPLE]
    strange = sum(unicodedata.category(c) in categories and c not in "\t\n\v\f\r\x85" for c in sample)
    strange -= sample.count("\x1b[")  # colours and such, as a terminal was shown them
    return strange <= len(sample) * STRANGE
