"""Find the words of a question in a sentence, whatever their spelling, ending or script."""

import functools
import re

from embeddings.sound import ORDINARY, SHORTEST, sounds, without_article
from embeddings.text import fold_with_offsets
from qa.language import is_common
from qa.spans import Span

GRAM = 4
ALIKE = 0.5  # of the 4-grams of two words: the least that words of one stem share
BARE = 2  # letters that a word has without its article: two can be compared as letters, a sound takes three

_WORD = re.compile(r"[^ ]+")


@functools.lru_cache(maxsize=2048)  # a conversation is shown again with every question
def question_words(question: str, sentence: str) -> tuple[Span, ...]:
    """Return where words of the question are in a sentence, in order, without words that every text has.

    Words are compared as they are indexed, folded; the spans are those of the original letters.
    """
    asked = _words(question)
    folded = fold_with_offsets(sentence)
    found = []
    for match in _WORD.finditer(folded.text):
        span = Span(*folded.span(*match.span()))
        if not is_common(match[0]) and any(
            _share_stem(word, match[0]) or _sound_alike(written, word, span.of(sentence), match[0])
            for written, word in asked
        ):
            found.append(span)
    return tuple(found)


def _words(question: str) -> list[tuple[str, str]]:
    """Return the words of the question that matter, each as it is written and as it is folded."""
    folded = fold_with_offsets(question)
    spans = [(match[0], folded.span(*match.span())) for match in _WORD.finditer(folded.text)]
    return [(question[start:end], word) for word, (start, end) in spans if not is_common(word)]


def _share_stem(one: str, other: str) -> bool:
    """Tell whether two folded words are the same or share a stem, whatever their endings or an Arabic article."""
    one, other = without_article(one, BARE), without_article(other, BARE)
    if one == other:
        return True
    grams, others = _grams(one), _grams(other)
    return 2 * len(grams & others) >= ALIKE * (len(grams) + len(others)) and bool(grams)


def _grams(word: str) -> set[str]:
    marked = f"_{word}_"
    return {marked[start : start + GRAM] for start in range(len(marked) - GRAM + 1)}


def _sound_alike(written: str, folded: str, other_written: str, other_folded: str) -> bool:
    """Tell whether two words in different scripts sound alike; fewer consonants suffice for a capitalised name."""
    if _is_arabic(folded) == _is_arabic(other_folded) and folded.isascii() == other_folded.isascii():
        return False
    sound = sounds(folded)
    capital = written[:1].isupper() or other_written[:1].isupper()
    return len(sound) >= (SHORTEST if capital else ORDINARY) and sound == sounds(other_folded)


def _is_arabic(folded: str) -> bool:
    return "\u0600" <= folded[:1] <= "\u06ff"
