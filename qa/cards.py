"""Answers, documents, reports and errors as HTML; whatever others wrote reaches the page only through `escape`."""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qa.answers import Answer, Hit, Place, counted
from qa.documents import Document, one_line
from qa.folder import Skipped
from qa.language import UNKNOWN
from qa.passages import Span
from qa.update import Progress, Report

LONGEST_SHOWN = 200_000  # characters of a document on the page at once; a browser lays out more only slowly
SHOWN_MISSES = 3
LANGUAGES = {
    "ar": "Arabic", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fa": "Persian", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "ja": "Japanese", "kk": "Kazakh", "ko": "Korean", "ru": "Russian", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "zh": "Chinese", UNKNOWN: "language unknown",
}  # fmt: skip
SURENESS = ((0.9, "Very sure"), (0.7, "Quite sure"), (0.5, "Fairly sure"), (0.0, "Not sure"))

_CONTROLS = (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000))
_REPLACED = dict.fromkeys(_CONTROLS, "\ufffd")
_LINES = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")
# Within right-to-left text: a phrase of Latin or Cyrillic words, or a number, which must not be torn apart.
_APART = re.compile(
    r"[A-Za-zÀ-ɏЀ-ӿ][A-Za-z0-9À-ɏЀ-ӿ]*(?:[ .,:/+'’&_@-]{1,2}[A-Za-z0-9À-ɏЀ-ӿ]+)*|[0-9]+(?:[.,:/+-][0-9]+)*"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of the conversation with its answer, or with the problem that left it without one."""

    number: int
    question: str
    answer: Answer | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A question to try, offered where the document that answers it is indexed."""

    language: str
    question: str
    document: str


def escape(text: str) -> str:
    """Return `text` as HTML that shows it literally; control characters and lone surrogates show as U+FFFD."""
    return html.escape(text.replace("\r\n", "\n").replace("\r", "\n").translate(_REPLACED), quote=True)


def label(text: str) -> str:
    """Return a file name or headline that keeps its direction to itself."""
    return f"<bdi>{escape(one_line(text))}</bdi>"


def paragraphs(text: str, *, passage: Span | None = None, marks: Sequence[Span] = ()) -> str:
    """Return each line of `text` as a paragraph of its own direction, with `marks` and `passage` set off."""
    found = []
    above = 0
    for match in _LINES.finditer(text):
        line = Span(match.start(), match.end())
        here = passage is not None and line.start < passage.end and passage.start < line.end
        gap = len(re.findall(r"\r\n|[^\r]|\r", text[above : line.start])) > 1
        above = line.end
        kinds = "line" + " here" * here + " gap" * gap
        found.append(f'<p dir="auto" class="{kinds}">{_line(text, line, passage, marks)}</p>')
    return "".join(found)


def _line(text: str, line: Span, passage: Span | None, marks: Sequence[Span]) -> str:
    right_to_left = is_right_to_left(text[line.start : line.end])
    edges = [edge for span in (*marks, *([passage] if passage else [])) for edge in (span.start, span.end)]
    cuts = sorted({line.start, line.end, *(edge for edge in edges if line.start < edge < line.end)})
    pieces = []
    for start, end in pairwise(cuts):
        words = text[start:end]
        piece = "".join(_isolate(words)) if right_to_left else escape(words)
        marked = any(mark.start <= start and end <= mark.end for mark in marks)
        pieces.append(f"<mark>{piece}</mark>" if marked else piece)
    return "".join(pieces)


def _isolate(words: str) -> Iterator[str]:
    end = 0
    for match in _APART.finditer(words):
        yield escape(words[end : match.start()])
        yield f"<bdi>{escape(match.group())}</bdi>"
        end = match.end()
    yield escape(words[end:])


def is_right_to_left(text: str) -> bool:
    """Tell the direction that a browser gives `text` by its first strong character."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind in ("R", "AL") for kind in strong if kind in ("L", "R", "AL")), False)


def language_name(code: str) -> str:
    """Return the English name of a language code, or the code itself where it is not a known one."""
    return LANGUAGES.get(code, code)


def conversation(turns: Sequence[Turn], welcome: str) -> str:
    """Return the questions and answers, oldest first, all but the newest folded; `welcome` where there are none."""
    if not turns:
        return welcome
    *earlier, newest = turns
    folded = "".join(map(_folded_turn, earlier))
    past = f'<section class="past" aria-label="Earlier questions">{folded}</section>' if earlier else ""
    return f'<p class="unseen" role="status">{_outcome(newest)}</p>{past}{_open_turn(newest)}'


def _open_turn(turn: Turn) -> str:
    asked = f'<h2 class="asked" dir="auto">{escape(turn.question)}</h2>' if turn.question else ""
    return f'<article class="turn" data-turn="{turn.number}">{asked}{_reply(turn)}</article>'


def _folded_turn(turn: Turn) -> str:
    asked = escape(turn.question)
    brief = "No answer" if turn.answer is None else "Found" if turn.answer.confident else "Not found"
    summary = f'<span class="was" dir="auto">{asked}</span> <small>{brief}</small>'
    return f'<details class="turn" data-turn="{turn.number}"><summary>{summary}</summary>{_reply(turn)}</details>'


def _outcome(turn: Turn) -> str:
    return escape(turn.answer.verdict if turn.answer else turn.problem or "Searching…")


def _reply(turn: Turn) -> str:
    if turn.answer is None:
        return problem(turn.problem) if turn.problem else '<p class="searching">Searching…</p>'
    answer = turn.answer
    kind = "found" if answer.confident else "missing"
    verdict = f'<div class="verdict {kind}"><p>{escape(answer.verdict)}</p>{_trust(answer.confidence)}</div>'
    hits = answer.hits if answer.confident else answer.hits[:SHOWN_MISSES]
    cards = "".join(_card(turn.number, hit, answer.hits[0].score) for hit in hits)
    listed = f'<ol class="hits">{cards}</ol>' if cards else ""
    if answer.confident or not listed:
        return verdict + listed
    others = f" and {len(hits) - 1} more" if len(hits) > 1 else ""
    return f'{verdict}<details class="misses"><summary>Show the nearest miss{others}</summary>{listed}</details>'


def _trust(confidence: float) -> str:
    percent = round(100 * min(max(confidence, 0.0), 1.0))
    words = next(words for least, words in SURENESS if confidence >= least or least == 0)
    return f'<p class="trust">{_bar(percent)}{words} <span>{percent} %</span></p>'


def _bar(percent: int) -> str:
    return f'<span class="bar" aria-hidden="true"><i style="width:{percent}%"></i></span>'


def _card(turn: int, hit: Hit, best: float) -> str:
    direction = "rtl" if is_right_to_left(hit.text) else "ltr"
    head = f'<span class="rank" title="Rank {hit.rank}">{hit.rank}</span><h3>{label(_title(hit.document))}</h3>'
    return (
        f'<li class="card"><header dir="{direction}">{head}</header>'
        f'<div class="passage" lang="{escape(hit.language)}">{paragraphs(hit.text, marks=hit.highlights)}</div>'
        f'{_elsewhere(hit)}<footer><p class="facts">{_facts(hit, best)}</p>'
        f'<button type="button" data-open="{turn}.{hit.rank}">Open in document</button></footer></li>'
    )


def _facts(hit: Hit, best: float) -> str:
    percent = round(100 * min(max(hit.score / best, 0.0), 1.0)) if best > 0 else 0
    match = "best match" if hit.rank == 1 else f"{_bar(percent)}{percent} % of the best"
    facts = (f'<span class="file">{label(hit.document.path)}</span>', f"¶ {hit.passage.number}")
    return " ".join(
        f'<span class="fact">{fact}</span>' for fact in (*facts, escape(language_name(hit.language)), match)
    )


def _elsewhere(hit: Hit) -> str:
    if not hit.elsewhere:
        return ""
    again = [place for place in hit.elsewhere if place.document.path == hit.document.path]
    others = dict.fromkeys(place.document.path for place in hit.elsewhere if place not in again)
    places = [f"{_times(again)} in this document"] if again else []
    places += [f"in {label(path)}" for path in others]
    return f'<p class="elsewhere">The same text stands {", ".join(places)}.</p>'


def _times(places: Sequence[Place]) -> str:
    return "once more" if len(places) == 1 else f"{len(places)} more times"


def _title(document: Document) -> str:
    return document.title or document.path


def viewer(place: str, hit: Hit, note: str = "") -> str:
    """Return the document of `hit` with its passage set off and its sentence marked; `place` names the hit."""
    document, passage = hit.document, hit.passage.span
    start, end = _window(document.text, passage)
    moved = Span(passage.start - start, passage.end - start)
    marks = [Span(moved.start + mark.start, moved.start + mark.end) for mark in hit.highlights]
    whole = end - start == len(document.text)
    part = "" if whole else f"Characters {start:,} to {end:,} of {len(document.text):,} of this long document."
    notes = "".join(f'<p class="note">{escape(words)}</p>' for words in (note, part) if words)
    direction = "rtl" if is_right_to_left(hit.text) else "ltr"
    return (
        f'<section class="sheet" data-place="{escape(place)}" role="region" aria-label="Document" tabindex="-1">'
        f'<header><div dir="{direction}"><h2>{label(_title(document))}</h2>'
        f'<p class="facts"><span class="fact"><span class="file">{label(document.path)}</span></span> '
        f'<span class="fact">¶ {hit.passage.number}</span></p></div>'
        f'<button type="button" data-close="true">Close</button></header>'
        f'<div class="text" lang="{escape(hit.language)}" tabindex="0" aria-label="Text of the document" role="group">'
        f"{notes}{paragraphs(document.text[start:end], passage=moved, marks=marks)}</div></section>"
    )


def _window(text: str, passage: Span) -> tuple[int, int]:
    if len(text) <= LONGEST_SHOWN:
        return 0, len(text)
    start = max(0, min(passage.start - LONGEST_SHOWN // 2, len(text) - LONGEST_SHOWN))
    return start, start + LONGEST_SHOWN


def welcome(examples: Iterable[Example]) -> str:
    """Return what stands on the page before the first question, with `examples`, numbered as given, to try."""
    tries = "".join(
        f'<li><button type="button" data-ask="{number}"><small>{language_name(example.language)}</small>'
        f'<span dir="auto" lang="{example.language}">{escape(example.question)}</span></button></li>'
        for number, example in enumerate(examples)
    )
    listed = f'<h3>Try one of these</h3><ul class="examples">{tries}</ul>' if tries else ""
    return (
        '<section class="welcome"><h2>What do you want to know?</h2>'
        "<p>Ask in any language, whatever language the documents are in. Sanad answers with the passages themselves, "
        f"word for word, and shows where they stand. It does not make anything up.</p>{listed}</section>"
    )


def nothing_indexed(folder: str, *, working: bool, problem: str = "") -> str:
    """Return what stands on the page while the index is first made, or where that came to nothing."""
    if working:
        words = f"This is the first start: every passage of {label(folder)} is read once. You can ask when it is done."
        return f'<section class="welcome"><h2>Reading the documents</h2><p>{words}</p></section>'
    told = escape(problem) or f"Put UTF-8 text files (.txt, .md) into {label(folder)}."
    return (
        f'<section class="welcome"><h2>No documents yet</h2><p>{told}</p>'
        "<p>Then press <b>Rebuild</b>, above.</p></section>"
    )


def count(passages: int, documents: int) -> str:
    """Return the line that says how much is indexed."""
    return f'<p class="count">{counted(passages, "passage")} in {counted(documents, "document")}</p>'


def progress(now: Progress | None) -> str:
    """Return how far an update is; None stands for an update that still compares files."""
    if now is None or not now.total:
        words, percent = "Comparing the files with the index…", 0
    else:
        percent = 100 * now.done // now.total
        words = f"{now.done:,} of {now.total:,} new passages"
    at = f" · {label(now.document)}" if now and now.document else ""
    return (
        f'<section class="notice" role="status"><p>Rebuilding: {words}{at}</p><div class="progress" role="progressbar" '
        f'aria-label="Rebuilding" aria-valuenow="{percent}"><i style="width:{percent}%"></i></div></section>'
    )


def report(done: Report) -> str:
    """Return what an update did, with each skipped file and the reason."""
    names = (("Added", done.added), ("Changed", done.changed), ("Removed", done.removed))
    named = [(kind, "</dd><dd>".join(map(label, paths))) for kind, paths in names if paths]
    lists = "".join(f"<dt>{kind}</dt><dd>{paths}</dd>" for kind, paths in named)
    which = f"<details><summary>Which ones</summary><dl>{lists}</dl></details>" if lists else ""
    skips = _skips(done.skipped) if done.skipped else ""
    return f'<section class="notice report" role="status"><p>{escape(done.summary)}</p>{skips}{which}</section>'


def skipped(files: Sequence[Skipped]) -> str:
    """Return the files that are not indexed, with the reasons, folded; an empty string where there are none."""
    if not files:
        return ""
    words = f"{counted(len(files), 'file')} skipped"
    return f'<details class="notice"><summary>{words}</summary>{_skips(files)}</details>'


def _skips(files: Sequence[Skipped]) -> str:
    return f'<ul class="skips">{"".join(f"<li>{label(file.path)}: {escape(file.reason)}</li>" for file in files)}</ul>'


def problem(message: str) -> str:
    """Return a sentence about what went wrong and what to do."""
    return f'<p class="problem" role="alert">{escape(message)}</p>'
