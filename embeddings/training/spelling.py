"""What word pieces share: groups of letters, as they are written and as they would be in Latin letters.

A piece is trained as a vector of its own plus those of its groups (as in fastText, Bojanowski et al. 2017), so a rare
form learns from the frequent ones that are spelled like it, and a name from the same name in another script.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from embeddings.ragged import Ints, starts_of

WRITTEN = range(2, 7)  # letters in a group
LATIN = range(3, 6)  # letters in a group of the Latin spelling
FEWEST = 5  # pieces that must share a group
_LATIN = str.maketrans(
    {
        **dict(zip("абвгдежзийклмнопрстуфхыэқғәөүұіңһ", "abvgdejziyklmnoprstufhiekgaouuinh", strict=True)),
        **dict(zip("ابتثجحخدذرزسشصضطظغفقكکلمنهویيپچگژ", "abtsjhhdzrzsssdtzgfkkklmnhvyypcgj", strict=True)),
        **{"ц": "ts", "ч": "c", "ш": "s", "щ": "s", "ю": "yu", "я": "ya", "q": "k", "w": "v", "x": "ks"},
    }
)


@dataclass(frozen=True, slots=True)
class Spellings:
    """The groups of letters in each piece: those of piece i are `groups[starts[i]:starts[i + 1]]`, below `count`."""

    groups: Ints  # (members,)
    starts: Ints  # (pieces + 1,)
    count: int


def spellings(pieces: list[str]) -> Spellings:
    """Return the groups that at least FEWEST of the pieces have."""
    spelled = [_groups(piece) for piece in pieces]
    shared = Counter(group for groups in spelled for group in groups)
    numbers = {group: i for i, group in enumerate(g for g, pieces_with in shared.items() if pieces_with >= FEWEST)}
    members = [[numbers[group] for group in groups if group in numbers] for groups in spelled]
    groups = np.array([group for found in members for group in found], np.int64)
    return Spellings(groups, starts_of([len(found) for found in members]), len(numbers))


def _groups(piece: str) -> list[tuple[str, str]]:
    """Return each group once, in order; the mark of a word's beginning counts as a letter."""
    latin = "".join(c for c in piece.translate(_LATIN) if c == "▁" or "a" <= c <= "z")
    written = [("written", group) for group in _cut(piece, WRITTEN) if group != piece]
    spoken = [("latin", group) for group in _cut(latin, LATIN)]
    whole = [("whole", latin)] if len(latin) >= LATIN.start else []
    return list(dict.fromkeys(written + spoken + whole))


def _cut(text: str, sizes: range) -> list[str]:
    return [text[start : start + size] for size in sizes for start in range(len(text) - size + 1)]
