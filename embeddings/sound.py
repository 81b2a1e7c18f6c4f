"""Spell words by their consonants, the same from Arabic, Persian, Cyrillic and Latin letters, so that names meet.

Tokayev, توكاييف, توکایف, Токаев and Toqaev are all `tkf`. Arabic writes no short vowels, and scripts differ in the
letters they distinguish: vowels are dropped, and letters that one of the scripts does not distinguish count as one.
Words of two consonants or fewer have no sound here: too many of them would meet.
"""

import re
from functools import lru_cache

from embeddings.text import fold

SHORTEST = 3  # consonants that names in two scripts must share
ORDINARY = 4  # consonants that other words must share
TELLING = 4  # letters of a word that says what a question is about
UNTOLD = 0.5  # how much of a question may be names where no capitals tell
_CLASSES = {
    "b": "bpбпبپ",
    "t": "tтتطثτθ",
    "d": "dдدضذδ",
    "k": "kqgxкқгғхكقخغگکκγχ",
    "s": "szсзцшщчسصزظشچσζ",
    "j": "jжجژ",
    "f": "fvфвفφβ",
    "l": "lлلλ",
    "r": "rрرρ",
    "m": "mмمμ",
    "n": "nнңنν",
}
_CONSONANTS = {ord(letter): sound for sound, letters in _CLASSES.items() for letter in letters}
# What several letters sound like together, longer ones first; c and g before e and i are soft.
_TOGETHER = {
    "tch": "s",
    "sch": "s",
    "dzh": "j",
    "sh": "s",
    "ch": "s",
    "zh": "j",
    "dj": "j",
    "дж": "j",
    "ph": "f",
    "th": "t",
    "ck": "k",
    "ts": "s",
    "تش": "s",
    "تس": "s",
    "x": "ks",
    "ce": "s",
    "ci": "s",
    "cy": "s",
    "ge": "j",
    "gi": "j",
    "c": "k",
}
_ARTICLE = re.compile("^(?:[وفبكک]?ال|لل)")  # the Arabic article, with what is written before it
_JOINT = re.compile("|".join(_TOGETHER))
_REPEATED = re.compile(r"(.)\1+")
_OTHER = re.compile(f"[^{''.join(_CLASSES)}]")


def sounds(folded: str) -> str:
    """Return the consonants of each word of a folded text that has enough of them, with spaces between."""
    return " ".join(sound for word in folded.split() if (sound := _consonants(word)))


def question_sounds(question: str) -> tuple[str, float]:
    """Return the sounds of a question's words, with spaces between, and how much of it may be names, 0 to 1.

    Where it has capitals, a word without one is hardly a name, and needs ORDINARY consonants: shorter words of two
    languages meet by chance, as "bread" and the Persian for "flew" do.
    """
    words = question.split()
    if not any(next(filter(str.isalpha, word), "").isupper() for word in words):
        return sounds(fold(question)), UNTOLD
    heard = [sound for word in words for sound in sounds(fold(word)).split() if len(sound) >= _least(word)]
    telling = sum(len(word) >= TELLING for word in words)
    return " ".join(heard), min(len(heard) / max(telling, 1), 1.0)


def without_article(word: str, least: int) -> str:
    """Return a folded word without an Arabic article, or as it is where fewer letters than `least` would be left."""
    bare = _ARTICLE.sub("", word)
    return bare if len(bare) >= least else word


def _least(word: str) -> int:
    """Return how many consonants a word needs, in a question that has capitals."""
    return ORDINARY if next(filter(str.isalpha, word), "").islower() else SHORTEST


@lru_cache(maxsize=2**17)
def _consonants(word: str) -> str:
    bare = without_article(word, SHORTEST)  # fewer letters have no sound, and may be a name that begins as an article
    if bare.startswith(("و", "w")) and len(bare) > 2:  # a consonant at the start of a name, mostly a vowel within it
        bare = "f" + bare[1:]
    spelt = _JOINT.sub(lambda found: _TOGETHER[found[0]], bare)
    sound = _REPEATED.sub(r"\1", _OTHER.sub("", spelt.translate(_CONSONANTS)))
    return sound if len(sound) >= SHORTEST else ""
