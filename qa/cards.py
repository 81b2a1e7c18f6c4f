"""Questions with their answers, and the documents behind them, as HTML."""

from collections.abc import Container, Sequence

from qa.answers import Answer, Hit, Place, counted
from qa.conversation import Turn
from qa.documents import Document, one_line
from qa.language import detect
from qa.markup import bar, direction, escape, fact, file_fact, in_language, label, language_name, paragraphs, problem
from qa.originals import link
from qa.question_words import question_words
from qa.spans import Span

LONGEST_SHOWN = 200_000  # characters of a document on the page at once; browsers are slow to lay out more
SHOWN_MISSES = 3
NAMED = 10  # other documents with the same passage
SURENESS = ((0.9, "Very sure"), (0.7, "Quite sure"), (0.5, "Fairly sure"), (0.0, "Not sure"))


def conversation(turns: Sequence[Turn], welcome: str, pressed: Container[str] = ()) -> str:
    """Return the questions and answers, oldest first, all but the newest collapsed; `welcome` where there are none.

    The buttons of judgements whose names are among `pressed` are shown as pressed.
    """
    if not turns:
        return welcome
    *earlier, newest = turns
    folded = "".join(_folded_turn(turn, pressed) for turn in earlier)
    past = f'<section class="past" aria-label="Earlier questions">{folded}</section>' if earlier else ""
    return f'<p class="unseen" role="status">{_outcome(newest)}</p>{past}{_open_turn(newest, pressed)}'


def _open_turn(turn: Turn, pressed: Container[str]) -> str:
    asked = f'<h2 class="asked" dir="auto"{_spoken(turn)}>{escape(turn.question)}</h2>' if turn.question else ""
    return f'<article class="turn" data-turn="{turn.number}">{asked}{_reply(turn, pressed)}</article>'


def _folded_turn(turn: Turn, pressed: Container[str]) -> str:
    asked = escape(turn.question)
    brief = "No answer" if turn.answer is None else "Found" if turn.answer.confident else "Not found"
    summary = f'<span class="was" dir="auto"{_spoken(turn)}>{asked}</span> <small>{brief}</small>'
    return (
        f'<details class="turn" data-turn="{turn.number}"><summary>{summary}</summary>{_reply(turn, pressed)}</details>'
    )


def _spoken(turn: Turn) -> str:
    return in_language(turn.answer.language) if turn.answer else ""


def _outcome(turn: Turn) -> str:
    return escape(turn.answer.verdict if turn.answer else turn.problem or "Searching…")


def _reply(turn: Turn, pressed: Container[str]) -> str:
    if turn.answer is None:
        return problem(turn.problem) if turn.problem else '<p class="searching">Searching…</p>'
    answer = turn.answer
    kind = "found" if answer.confident else "missing"
    verdict = f'<div class="verdict {kind}"><p>{escape(answer.verdict)}</p>{_trust(answer)}</div>'
    hits = answer.hits if answer.confident else answer.hits[:SHOWN_MISSES]
    cards = "".join(_card(turn, answer, hit, pressed) for hit in hits)
    listed = f'<ol class="hits">{cards}</ol>' if cards else ""
    none = _thumb(str(turn.number), "none", "Nothing here answers it", pressed)
    last = f'<p class="judge">{none}</p>'
    if answer.confident or not listed:
        return verdict + listed + last
    others = f" and {len(hits) - 1} more" if len(hits) > 1 else ""
    misses = f'<details class="misses"><summary>Show the nearest miss{others}</summary>{listed}</details>'
    return verdict + misses + last


def _thumb(place: str, judgement: str, words: str, pressed: Container[str]) -> str:
    holds = str(f"{place}:{judgement}" in pressed).lower()
    return (
        f'<button type="button" class="thumb" data-judge="{place}" data-as="{judgement}" '
        f'aria-pressed="{holds}">{words}</button>'
    )


def _trust(answer: Answer) -> str:
    words = next(words for least, words in SURENESS if answer.confidence >= least or least == 0)
    return f'<p class="trust">{bar(answer.percent)}{words} <span>{answer.percent} %</span></p>'


def _card(turn: Turn, answer: Answer, hit: Hit, pressed: Container[str]) -> str:
    place = turn.place(hit)
    spoken = in_language(hit.language) + (' class="unseen"' if _begins_with_title(hit) else "")
    head = f'<span class="rank" title="Rank {hit.rank}">{hit.rank}</span><h3{spoken}>{label(_title(hit.document))}</h3>'
    head += fact(f"p. {hit.page}") if hit.page else ""
    head += f'<button type="button" class="copy" data-copy="{escape(_citation(hit))}">Copy</button>'
    shown = paragraphs(hit.text, marks=hit.highlights, words=_asked(answer, hit), wrapped=_is_printed(hit.document))
    thumbs = _thumb(place, "right", "Right", pressed)
    thumbs += _thumb(place, "wrong", "Wrong", pressed)
    return (
        f'<li class="card"><header dir="{direction(hit.text)}">{head}</header>'
        f'<div class="passage"{in_language(hit.language)}>{shown}</div>'
        f'{_elsewhere(hit)}<footer><p class="facts">{_facts(hit, answer.hits[0].score)}</p><div class="does">'
        f'<span class="thumbs" role="group" aria-label="Does passage {hit.rank} answer?">{thumbs}</span>'
        f'<button type="button" data-open="{place}">Open in document</button></div></footer></li>'
    )


def _citation(hit: Hit) -> str:
    """Return the words of a hit with their source, to be pasted elsewhere."""
    page = () if hit.page is None else (f"p. {hit.page}",)
    date = (hit.document.date,) if hit.document.date else ()
    source = ", ".join((one_line(hit.document.path), *page, f"¶ {hit.passage.number}", *date))
    title = "" if _begins_with_title(hit) else one_line(hit.document.title)
    return f"{hit.text}\n\n{f'{title} ({source})' if title else source}"


def _begins_with_title(hit: Hit) -> bool:
    """Tell whether the first line of a passage is the headline of its document, as it is or with marks of Markdown."""
    return hit.text.splitlines()[0].strip("#*_ ") == hit.document.title


def _is_printed(document: Document) -> bool:
    """Tell whether the lines of a document end where those of a printed page do."""
    return document.format == "pdf"


def _asked(answer: Answer, hit: Hit) -> list[Span]:
    """Return where the words of the question are in the marked sentences."""
    return [
        word.shifted(mark.start)
        for mark in hit.highlights
        for word in question_words(answer.question, mark.of(hit.text))
    ]


def _facts(hit: Hit, best: float) -> str:
    percent = round(100 * min(max(hit.score / best, 0.0), 1.0)) if best > 0 else 0
    match = "best match" if hit.rank == 1 else f"{bar(percent)}{percent} % of the best"
    date = (escape(hit.document.date),) if hit.document.date else ()
    facts = (_where(hit), *date, escape(language_name(hit.language)), match)
    return " ".join((file_fact(hit.document.path), *map(fact, facts)))


def _where(hit: Hit) -> str:
    page = () if hit.page is None else (f"p. {hit.page}",)
    section = (label(" › ".join(hit.section)),) if hit.section else ()
    return " · ".join((*page, *section, f"¶ {hit.passage.number}"))


def _elsewhere(hit: Hit) -> str:
    same = [place for place in hit.elsewhere if place.same]
    near = [place for place in hit.elsewhere if not place.same]
    kinds = (("The same text appears", same), ("Nearly the same text appears", near))
    return "".join(f'<p class="elsewhere">{words} {_places(hit, found)}.</p>' for words, found in kinds if found)


def _places(hit: Hit, found: Sequence[Place]) -> str:
    again = sum(place.document.path == hit.document.path for place in found)
    others = list(dict.fromkeys(path for place in found if (path := place.document.path) != hit.document.path))
    places = [f"{_times(again)} in this document"] if again else []
    more = [f"and in {counted(len(others) - NAMED, 'other document')}"] if len(others) > NAMED else []
    return ", ".join([*places, *(f"in {label(path)}" for path in others[:NAMED]), *more])


def _times(places: int) -> str:
    return "once more" if places == 1 else f"{places:,} more times"


def _title(document: Document) -> str:
    return document.title or document.path


def viewer(place: str, answer: Answer, hit: Hit, note: str = "") -> str:
    """Return the document of a hit of `answer`, with its passage set off and its sentence marked.

    `place` is the name of the hit in the conversation.
    """
    window = _window(hit.document.text, hit.passage.span)
    moved = hit.passage.span.shifted(-window.start)
    marks, words = ([span.shifted(moved.start) for span in spans] for spans in (hit.highlights, _asked(answer, hit)))
    shown = paragraphs(
        window.of(hit.document.text), passage=moved, marks=marks, words=words, wrapped=_is_printed(hit.document)
    )
    text = _notes(hit.document, window, note) + shown
    original = "" if note else _original(hit.document, hit.page)
    return _sheet(place, hit.document, text, language=hit.language, facts=fact(_where(hit)), original=original)


def reader(document: Document) -> str:
    """Return a document to be read from its beginning."""
    window = _window(document.text, Span(0, 0))
    text = _notes(document, window, "") + paragraphs(window.of(document.text), wrapped=_is_printed(document))
    original = _original(document, None)
    return _sheet(document.path, document, text, language=detect(document.text), original=original)


def unreadable(path: str, trouble: str) -> str:
    """Return, in place of a document to be read, why it cannot be."""
    return _sheet(path, Document(path, "", "", ""), problem(trouble), language="en")


def _sheet(place: str, document: Document, text: str, *, language: str, facts: str = "", original: str = "") -> str:
    spoken = in_language(language)
    return (
        f'<section class="sheet" data-place="{escape(place)}" role="region" aria-label="Document" tabindex="-1">'
        f'<header><div dir="{direction(document.title or document.text)}"><h2{spoken}>{label(_title(document))}</h2>'
        f'<p class="facts">{file_fact(document.path)} {facts}</p></div>'
        f'{original}<button type="button" data-close="true">Close</button></header>'
        f'<div class="text"{spoken} tabindex="0" aria-label="Text of the document" role="group">'
        f"{text}</div></section>"
    )


def _original(document: Document, page: int | None) -> str:
    """Return the link to the original file: a PDF opens at its page, any other file is downloaded."""
    words = "Open the original" if document.format == "pdf" else "Download the original"
    address = escape(link(document, page))
    return f'<a class="original" href="{address}" target="_blank" rel="noopener noreferrer">{words}</a>'


def _notes(document: Document, window: Span, note: str) -> str:
    whole = window == Span(0, len(document.text))
    part = f"Characters {window.start:,} to {window.end:,} of {len(document.text):,} of this long document."
    reading = f"{document.note[0].upper()}{document.note[1:]}." if document.note else ""
    notes = (note, reading, "" if whole else part)
    return "".join(f'<p class="note">{escape(words)}</p>' for words in notes if words)


def _window(text: str, passage: Span) -> Span:
    start = max(0, min(passage.start - LONGEST_SHOWN // 2, len(text) - LONGEST_SHOWN))
    return Span(start, min(start + LONGEST_SHOWN, len(text)))
