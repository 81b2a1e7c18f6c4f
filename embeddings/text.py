"""Fold Arabic, Persian, Cyrillic and Latin text to one spelling, with offsets back to the original.

Index, question and highlight all go through `fold`, so that whatever is found can be marked. The rules are data:
`embeddings.training.tokenizer` writes the same ones into the tokenizer file, and a test compares the two.
"""

import re
import unicodedata
from dataclasses import dataclass

# Combining marks of Latin, Cyrillic, Greek, Hebrew and Arabic, and the tatweel. Marks of other scripts (the vowels
# of Devanagari and Thai, for instance) are letters to their readers and stay.
DROPPED = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08e1\u08e3-\u08ff\u1ab0-\u1abd\u1dc0-\u1dff"
    "\u20d0-\u20dc\ufe20-\ufe2f"
)
# Each letter on the left replaces those on the right: variants that writers, keyboards and encodings mix up.
# Hamza seats and alef forms need no line of their own, since NFKD takes the hamza off as a mark.
VARIANTS = {
    "ی": "يىےېۍ",
    "ک": "كڪ",
    "ه": "ةەہھۃ",
    "ا": "ٱ",
    "i": "ı",
    "o": "ø",
    "l": "ł",
    "d": "đ",
    "ss": "ß",
    "σ": "ς",
    **{str(n): chr(0x660 + n) + chr(0x6F0 + n) for n in range(10)},
}
# Persian writes some prefixes and suffixes with a space, a zero-width non-joiner, or attached. All become attached.
# "ماه می" is the month of May, not a prefix; nothing joins "ماه", so that folding twice changes nothing.
JOINED = (
    r"(?:(?<=\Aمی)|(?<= می)|(?<=\Aنمی)|(?<= نمی))(?<!\Aماه می)(?<! ماه می) (?=[^ ])(?!ماه)"
    r"|(?<=[^ ]) (?=(?:ها|های|هایی|هایش|هایشان|تر|ترین)(?: |\Z))"
)

# Old Kazakh keyboards lack the Cyrillic і, and people type the Latin i: beside a Cyrillic letter it becomes Cyrillic.
MIXED = "i(?:(?<=[\u0400-\u0481\u048a-\u052f]i)(?!i)|(?<!ii)(?=[\u0400-\u0481\u048a-\u052f]))"
CYRILLIC_I = "\u0456"

_DROPPED = re.compile(f"[{DROPPED}]")
_VARIANTS = {ord(variant): letter for letter, variants in VARIANTS.items() for variant in variants}
_JOINED = re.compile(JOINED)
# Whatever is joined contains one of these; most texts do not, which is quicker to see.
_JOINABLE = ("می ", " ها", " تر")
_MIXED = re.compile(MIXED)


class _Table(dict[int, str]):
    """A map from code points to their folded forms, each computed once."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    lowered = "".join(c.lower() for c in unicodedata.normalize("NFKD", character))
    kept = _DROPPED.sub("", lowered).translate(_VARIANTS)
    return "".join(_letter_or_space(c) for c in kept)


def _letter_or_space(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":  # zero-width joiners, direction marks, byte order marks
        return ""
    return character if category[0] in "LNM" else " "


_TABLE = _Table()


def fold(text: str) -> str:
    """Return `text` in one spelling: letters, digits and marks, and a space for every other character.

    Folding twice changes nothing. `fold_with_offsets` also leads back to the original.
    """
    folded = _MIXED.sub(CYRILLIC_I, text.translate(_TABLE))
    return _JOINED.sub("", folded) if any(part in folded for part in _JOINABLE) else folded


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and, for each of its characters, the index of the original character it came from."""

    text: str
    origins: list[int]
    length: int  # of the original

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original (start, end) of the non-empty folded span `start:end`, with dropped marks after it."""
        after = self.origins[end] if end < len(self.origins) else self.length
        first, last = self.origins[start], self.origins[end - 1]
        return first, max(after, last + 1)


def fold_with_offsets(text: str) -> Folded:
    """Fold `text` as `fold` does, and keep where each folded character came from."""
    table = _TABLE
    pieces = [table[ord(character)] for character in text]
    folded = _MIXED.sub(CYRILLIC_I, "".join(pieces))
    origins = [index for index, piece in enumerate(pieces) for _ in piece]
    for joined in reversed(list(_JOINED.finditer(folded))):
        del origins[joined.start()]
    return Folded(_JOINED.sub("", folded), origins, len(text))
