"""Put the glyphs of a line of a page, right-to-left scripts included, in the order in which they are read."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

HIDDEN = 0.25  # of its size: the least width of a letter
JOINED = 0.05  # of its size: how far from its letter a joiner may stand
SPACE = 0.15  # of a line's size: the least gap that is a space

_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
_NUMBER = re.compile(r"[0-9٠-٩۰-۹]+(?:[.,:/٫٬-][0-9٠-٩۰-۹]+)*")
_NUMBER_AFTER_ARABIC = re.compile(r"[0-9٠-٩۰-۹]+(?:[.,:/٫٬][0-9٠-٩۰-۹]+)*")  # there "1990-1995" is seen as "1995-1990"
_LIGATURES = frozenset("لا لأ لإ لآ لٱ لله الله".split())  # as they are read; PDFium gives them either way
_LEFT = re.compile(r"\d|[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character, or the letters of a ligature, and where it is on the page, in points."""

    text: str
    x: float
    right: float
    y: float
    size: float


def mostly_right_to_left(text: str) -> bool:
    """Tell whether most letters of `text` are written from right to left."""
    kinds = [unicodedata.bidirectional(character) for character in text]
    return sum(kind in ("R", "AL") for kind in kinds) > sum(kind == "L" for kind in kinds)


def read_line(glyphs: Sequence[Glyph], *, right_to_left: bool) -> str:
    """Return the text of one line, given its glyphs in the order of the file and the direction of the page."""
    seen = sorted(_join_ligatures(glyphs), key=lambda glyph: glyph.x)
    pieces = list(_with_spaces(seen))
    text = "".join(pieces)
    if mostly_right_to_left(text) or (right_to_left and _begins_right(text)):
        return _from_right(pieces)
    return _inner_runs(pieces) if _has_right(text) else text


def _begins_right(text: str) -> bool:
    """Tell whether the rightmost letter of a line, the first one if it is read from the right, is right-to-left."""
    kinds = (unicodedata.bidirectional(character) for character in reversed(text))
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), False)


def _has_right(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def _join_ligatures(glyphs: Sequence[Glyph]) -> Iterator[Glyph]:
    """Join the letters at one place into one glyph, in reading order."""
    groups: list[list[Glyph]] = []
    for glyph in glyphs:
        beside = JOINED * glyph.size if glyph.text == "\u200c" else 0.01
        if groups and abs(groups[-1][0].x - glyph.x) < beside:
            groups[-1].append(glyph)
        else:
            groups.append([glyph])
    for place, group in enumerate(groups):
        if len(group) == 1 and len(group[0].text) == 1:  # as nearly all are
            yield group[0]
            continue
        text = "".join(glyph.text for glyph in group)
        if len(text) > 1 and _has_right(text) and _is_reversed(groups, place, text):
            text = text[::-1]
        yield replace(group[0], text=text, right=max(glyph.right for glyph in group))


def _is_reversed(groups: Sequence[Sequence[Glyph]], place: int, text: str) -> bool:
    """Tell whether the letters of a ligature come in visual order, from the left."""
    letters = "".join(c for c in text if not unicodedata.combining(c))
    if len(letters) < 2:
        return False
    if letters in _LIGATURES or letters[::-1] in _LIGATURES:
        return letters not in _LIGATURES
    beside = groups[place - 1] if place else groups[place + 1] if place + 1 < len(groups) else None
    if beside is None or beside[0].text == " ":
        return False
    return (beside[0].x < groups[place][0].x) == (place > 0)


def _with_spaces(seen: Sequence[Glyph]) -> Iterator[str]:
    size = max((glyph.size for glyph in seen), default=0)
    for before, glyph in zip([None, *seen], seen, strict=False):
        if before and glyph.x - before.right > _least(before) * size and " " not in (before.text, glyph.text):
            yield " "
        yield glyph.text


def _least(before: Glyph) -> float:
    """Return the gap after a glyph, in sizes, that is a space; some files give letters the width of their signs."""
    letters = sum(not unicodedata.combining(character) for character in before.text)
    signs = letters < len(before.text) and before.right - before.x < HIDDEN * before.size + 0.01
    return SPACE + HIDDEN * (letters - 0.75) if signs else SPACE


def _from_right(pieces: Sequence[str]) -> str:
    """Return a line read from the right: reversed, except for its numbers and its words in other scripts."""
    turned = list(reversed(pieces))
    out: list[str] = []
    after_arabic = False
    for kind, run in _runs(turned):
        number = _NUMBER_AFTER_ARABIC if after_arabic else _NUMBER
        out += _left_run(run, number) if kind else [piece.translate(_MIRRORED) for piece in run]
        strong = [kind for kind in map(unicodedata.bidirectional, "".join(run)) if kind in ("L", "R", "AL")]
        after_arabic = strong[-1] == "AL" if strong else after_arabic
    return "".join(out)


def _runs(turned: Sequence[str]) -> Iterator[tuple[bool, list[str]]]:
    """Yield runs of a line, each with whether it reads from the left, as from one Latin letter or digit to another."""
    run: list[str] = []
    held: list[str] = []
    for piece in turned:
        if _LEFT.match(piece) and not _has_right(piece):
            run += [*held, piece] if run else [piece]
            held = []
        elif run and not _has_right(piece):
            held.append(piece)
        else:
            if run:
                yield True, run
                yield False, held
            run, held = [], []
            yield False, [piece]
    yield True, run
    yield False, held


def _left_run(run: Sequence[str], number_pattern: re.Pattern[str]) -> list[str]:
    """Turn back a run that reads from the left; numbers with no letter between them keep the order of the line."""
    text = "".join(reversed(run))
    if any(unicodedata.bidirectional(character) == "L" for character in text):
        return [text]
    numbers = list(number_pattern.finditer(text))
    out: list[str] = []
    end = len(text)
    for number in reversed(numbers):
        out += [text[number.end() : end][::-1].translate(_MIRRORED), number.group()]
        end = number.start()
    return [*out, text[:end][::-1]]


def _inner_runs(pieces: Sequence[str]) -> str:
    """Return a line read from the left, with its words in right-to-left scripts put in their own order."""
    out: list[str] = []
    run: list[str] = []
    held: list[str] = []
    for piece in pieces:
        if _has_right(piece) or unicodedata.combining(piece[:1] or " "):
            run += [*held, piece] if run else [piece]
            held = []
        elif run and not piece.isalnum():
            held.append(piece)
        else:
            out += [_from_right(run), *held, piece] if run else [piece]
            run, held = [], []
    return "".join([*out, _from_right(run), *held] if run else out)
