"""Text as HTML: what others wrote reaches the page only through `escape`, each line in its own direction."""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from qa.documents import one_line, visible
from qa.language import UNKNOWN
from qa.spans import LINE_ENDS, Span

LANGUAGES = {
    "ar": "Arabic", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fa": "Persian", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "ja": "Japanese", "kk": "Kazakh", "ko": "Korean", "ru": "Russian", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "zh": "Chinese", UNKNOWN: "language unknown",
    "am": "Amharic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan",
    "cs": "Czech", "da": "Danish", "et": "Estonian", "eu": "Basque", "fi": "Finnish", "hr": "Croatian",
    "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "it": "Italian", "ka": "Georgian", "ky": "Kyrgyz",
    "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "mn": "Mongolian", "ms": "Malay", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "sk": "Slovak",
    "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil",
    "tg": "Tajik", "tk": "Turkmen", "tl": "Tagalog", "tt": "Tatar", "ug": "Uyghur", "uz": "Uzbek", "vi": "Vietnamese",
}  # fmt: skip

FULL = 0.7  # of the longest line: the least length of one that goes on in the next, where lines are wrapped
_LINES = re.compile(f"[^{LINE_ENDS}]+")
# A phrase of Latin or Cyrillic words, a number or a file name: kept together within right-to-left text.
_APART = re.compile(
    r"[A-Za-zÀ-ɏЀ-ӿ][A-Za-z0-9À-ɏЀ-ӿ]*(?:[ .,:/+'’&_@-]{1,2}[A-Za-z0-9À-ɏЀ-ӿ]+)*|[0-9]+(?:[.,:/+_-][0-9A-Za-z]+)*"
)


def escape(text: str) -> str:
    """Return HTML that shows `text` literally; control characters and lone surrogates show as U+FFFD."""
    return html.escape(visible(text))


def label(text: str) -> str:
    """Return HTML for a file name or headline whose direction does not affect the text around it."""
    line = one_line(text)
    return f"<bdi>{_isolate(line) if is_right_to_left(line) else escape(line)}</bdi>"


def paragraphs(
    text: str,
    *,
    passage: Span | None = None,
    marks: Sequence[Span] = (),
    words: Sequence[Span] = (),
    wrapped: bool = False,
) -> str:
    """Return each line of `text` as a paragraph in its own direction, with `marks`, `words` and `passage` set off.

    Where lines are `wrapped`, as those of a printed page, the long ones go on in the next.
    """
    found = []
    above = 0
    lines = [Span(match.start(), match.end()) for match in _LINES.finditer(text)]
    for line in _unwrapped(lines, text) if wrapped else lines:
        here = passage is not None and line.start < passage.end and passage.start < line.end
        gap = len(re.findall(r"\r\n|[^\r]|\r", text[above : line.start])) > 1
        above = line.end
        kinds = "line" + " here" * here + " gap" * gap + " flow" * wrapped
        ends = (passage,) if passage else ()
        found.append(f'<p dir="auto" class="{kinds}">{_line(text, line, ends, marks, words)}</p>')
    return "".join(found)


def _unwrapped(lines: Sequence[Span], text: str) -> Iterator[Span]:
    """Yield lines; one about as long as the longest is joined with the next, unless a blank one is between them."""
    full = FULL * max((line.length for line in lines), default=0)
    start = None
    for line, after in zip(lines, [*lines[1:], None], strict=False):
        start = line.start if start is None else start
        if after is None or line.length < full or text[line.end : after.start] != "\n":
            yield Span(start, line.end)
            start = None


def _line(text: str, line: Span, ends: Sequence[Span], marks: Sequence[Span], words: Sequence[Span]) -> str:
    right_to_left = is_right_to_left(line.of(text))
    shown = _isolate if right_to_left else escape
    pieces = []
    for outer in _cut(line, (*ends, *marks)):
        inner = ((shown(part.of(text)), _lies(part, words)) for part in _cut(outer, words))
        piece = "".join(f"<b>{part}</b>" if asked else part for part, asked in inner)
        pieces.append(f"<mark>{piece}</mark>" if _lies(outer, marks) else piece)
    return "".join(pieces)


def _cut(whole: Span, spans: Sequence[Span]) -> list[Span]:
    """Return the pieces of a span, cut at the ends of others."""
    edges = (edge for span in spans for edge in (span.start, span.end))
    cuts = sorted({whole.start, whole.end, *(edge for edge in edges if whole.start < edge < whole.end)})
    return [Span(start, end) for start, end in pairwise(cuts)]


def _lies(piece: Span, spans: Sequence[Span]) -> bool:
    return any(span.start <= piece.start and piece.end <= span.end for span in spans)


def _isolate(words: str) -> str:
    pieces, end = [], 0
    for match in _APART.finditer(words):
        pieces += [escape(words[end : match.start()]), f"<bdi>{escape(match.group())}</bdi>"]
        end = match.end()
    return "".join([*pieces, escape(words[end:])])


def is_right_to_left(text: str) -> bool:
    """Tell whether a browser lays `text` out from right to left: its first strong character decides."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind in ("R", "AL") for kind in strong if kind in ("L", "R", "AL")), False)


def direction(text: str) -> str:
    """Return the direction of `text` as the attribute `dir` has it."""
    return "rtl" if is_right_to_left(text) else "ltr"


def language_name(code: str) -> str:
    """Return the English name of a language code, or the code itself where it is not a known one."""
    return LANGUAGES.get(code, code)


def fact(shown: str) -> str:
    """Return one of several facts about a thing; `shown` is HTML."""
    return f'<span class="fact">{shown}</span>'


def file_fact(path: str) -> str:
    """Return the path of a file as a fact."""
    return fact(f'<span class="file">{label(path)}</span>')


def in_language(code: str) -> str:
    """Return the attribute by which a screen reader reads an element in that language; none for an unknown one."""
    return "" if code in ("", UNKNOWN) else f' lang="{escape(code)}"'


def bar(percent: int) -> str:
    """Return a bar filled to `percent`; the words beside it say the same."""
    return f'<span class="bar" aria-hidden="true"><i style="width:{percent}%"></i></span>'


def problem(message: str) -> str:
    """Return a sentence about what went wrong and what to do."""
    return f'<p class="problem" role="alert">{escape(message)}</p>'
