"""Tell passages that are the same text with small edits from passages that only look alike.

Copies of a story in several files differ in spelling, and in a few words that one of them leaves out. The same words
with another number, another name or a "not" say something else, and so do the lines of a table of results.
"""

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache

from embeddings.text import fold

FEWEST = 20  # words; a shorter text is the same only where all of its words are
LEFT_OUT = 0.1  # of the words of the longer text, that may be missing from the shorter one
LEAST_LETTERS = 6  # of a word that may be spelt with one letter less: Iran is not Iraq, nor Niger Nigeria

_NEGATIONS = """
not no never nor without none nobody nothing cannot не нет ни без никогда нельзя емес жоқ жок değil yok hayır asla
لا لم لن ليس ليست غير دون بلا ما نه نیست نبود بدون هرگز نمی nicht kein keine nie ohne ne pas sans jamais nunca sin
"""


def is_same_story(first: str, second: str) -> bool:
    """Tell whether one text is the other with a few words left out or spelt differently."""
    one, other = fold(first).split(), fold(second).split()
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    few = len(longer) - len(shorter) <= LEFT_OUT * len(longer)
    return len(shorter) >= FEWEST and few and _telling(shorter) == _telling(longer) and _is_left_out(shorter, longer)


def _telling(words: Sequence[str]) -> Counter[str]:
    """Return the words that change what the others say: numbers and negations."""
    return Counter(word for word in words if word in _negations() or any(map(str.isdigit, word)))


def _is_left_out(shorter: Sequence[str], longer: Sequence[str]) -> bool:
    """Tell whether one text is the other without some of its words, or with them spelt differently."""
    return all(
        kind in ("equal", "insert") or (kind == "replace" and _is_spelling(shorter[start:end], longer[first:last]))
        for kind, start, end, first, last in SequenceMatcher(None, shorter, longer, autojunk=False).get_opcodes()
    )


def _is_spelling(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether the words of two texts are pairwise the same, except for one extra letter that is not the first."""
    if len(one) != len(other):
        return False
    pairs = (sorted(pair, key=len) for pair in zip(one, other, strict=True))
    return all(
        len(less) >= LEAST_LETTERS and any(more[:at] + more[at + 1 :] == less for at in range(1, len(more)))
        for less, more in pairs
    )


@cache
def _negations() -> frozenset[str]:
    return frozenset(fold(_NEGATIONS).split())
