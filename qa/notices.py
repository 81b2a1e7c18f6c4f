"""What surrounds the conversation, as HTML: the welcome, how much is indexed, what an update is doing or did."""

from collections.abc import Iterable, Iterator, Sequence

from qa.answers import counted
from qa.examples import Example
from qa.folder import Skipped
from qa.language import UNKNOWN
from qa.markup import LANGUAGES, escape, label, language_name, problem
from qa.reports import Progress, Report

_TAB = '<button type="button" role="tab" data-view="{}" aria-controls="{}" aria-selected="{}" tabindex="{}">{}</button>'
TABS = (
    '<div role="tablist" aria-label="What is shown">'
    + _TAB.format("chat", "conversation", "true", 0, "Ask")
    + _TAB.format("documents", "library", "false", -1, "Documents")
    + "</div>"
)

_CHOICES = "".join(
    f'<option value="{code}">{name}</option>'
    for code, name in sorted(LANGUAGES.items(), key=lambda named: named[1])
    if code != UNKNOWN
)
FILTERS = (
    '<details class="filters"><summary>Filter <span class="chosen"></span></summary><div>'
    '<label>Document <input name="document" dir="auto" maxlength="200" placeholder="part of its path"></label>'
    f'<label>Language <select name="language"><option value="">any</option>{_CHOICES}</select></label>'
    '<label>From <input type="date" name="after"></label><label>Before <input type="date" name="before"></label>'
    '<button type="button" data-clear="true">Clear</button></div></details>'
)


def welcome(examples: Iterable[Example]) -> str:
    """Return what the page shows before the first question, with `examples` to try, numbered in their order."""
    tries = "".join(
        f'<li><button type="button" data-ask="{number}"><small>{language_name(example.language)}</small>'
        f'<span dir="auto" lang="{example.language}">{escape(example.question)}</span></button></li>'
        for number, example in enumerate(examples)
    )
    listed = f'<h3>Try one of these</h3><ul class="examples">{tries}</ul>' if tries else ""
    return (
        '<section class="welcome"><h2>What do you want to know?</h2>'
        "<p>Ask in any language, whatever language the documents are in. Sanad answers with the passages themselves, "
        f"word for word, and shows where they come from. It does not make anything up.</p>{listed}</section>"
    )


def nothing_indexed(folder: str, *, working: bool, trouble: str = "") -> str:
    """Return what the page shows while the index is first made, or where that found no documents."""
    if working:
        words = (
            f"Sanad reads {label(folder)} for the first time. You can ask as soon as the first documents are indexed."
        )
        return f'<section class="welcome"><h2>Reading the documents</h2><p>{words}</p></section>'
    advice = escape(trouble) or f"Put documents into {label(folder)}: text, PDF, web pages, office files."
    return (
        f'<section class="welcome"><h2>No documents yet</h2><p>{advice}</p>'
        "<p>Then press <b>Rebuild</b>, above.</p></section>"
    )


def count(passages: int, documents: int) -> str:
    """Return a line that says how much is indexed."""
    return f'<p class="count">{counted(passages, "passage")} in {counted(documents, "document")}</p>'


def progress(now: Progress | None, seconds: float) -> str:
    """Return the progress of an update after some seconds; None where it is still comparing files."""
    percent = 100 * now.done // now.total if now and now.total else 0
    words = " · ".join(_facts(now, seconds)) if now and now.total else "comparing the files with the index…"
    at = f" · {label(now.document)}" if now and now.document else ""
    return (
        f'<section class="notice" role="status"><p>Rebuilding: {words}{at}</p><div class="progress" role="progressbar" '
        f'aria-label="Rebuilding" aria-valuenow="{percent}"><i style="width:{percent}%"></i></div></section>'
    )


def _facts(now: Progress, seconds: float) -> Iterator[str]:
    yield f"{now.done:,} of {counted(now.total, 'document')}"
    if now.passages:
        documents = now.done / max(seconds, 1e-3)
        yield f"{documents:,.{0 if documents >= 10 else 1}f} documents and {now.rate:,.0f} passages a second"
    if now.left is not None:
        yield "a few seconds left" if now.left < 10 else f"about {_duration(now.left)} left"
    if now.skipped:
        yield f"{now.skipped:,} skipped, see Documents"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{round(seconds, -1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def paused() -> str:
    """Return a notice that the index stays as it is until the user says otherwise."""
    return '<p class="notice">Stopped: the index does not follow the folder until you press <b>Rebuild</b>.</p>'


def refused(trouble: str, remedy: str) -> str:
    """Return why an update was refused, with a button for doing it anyway where there is a remedy."""
    button = f'<button type="button" data-force="true">{escape(remedy)}</button>' if remedy else ""
    return f'<div class="refused">{problem(trouble)}{button}</div>'


def report(done: Report, again: int = 0) -> str:
    """Return what an update did, with the skipped files and reasons; `again` is how many were reread on request."""
    names = (("Added", done.added), ("Changed", done.changed), ("Removed", done.removed))
    named = [(kind, "</dd><dd>".join(map(label, paths))) for kind, paths in names if paths]
    lists = "".join(f"<dt>{kind}</dt><dd>{paths}</dd>" for kind, paths in named)
    which = f"<details><summary>Which ones</summary><dl>{lists}</dl></details>" if lists else ""
    reasons = [*((skip.path, skip.reason) for skip in done.skipped), *done.notes]
    skips = _reasons(reasons) if reasons else ""
    read = f"{counted(again, 'document')} read again. " if again else ""
    return f'<section class="notice report" role="status"><p>{read}{escape(done.summary)}</p>{skips}{which}</section>'


def skipped(files: Sequence[Skipped]) -> str:
    """Return the skipped files with the reasons, collapsed; an empty string where there are none."""
    if not files:
        return ""
    words, reasons = f"{counted(len(files), 'file')} skipped", _reasons((file.path, file.reason) for file in files)
    return f'<details class="notice"><summary>{words}</summary>{reasons}</details>'


def _reasons(files: Iterable[tuple[str, str]]) -> str:
    return f'<ul class="skips">{"".join(f"<li>{label(path)}: {escape(words)}</li>" for path, words in files)}</ul>'


def judged(number: int, file: str, pressed: Iterable[str] = (), trouble: str = "") -> str:
    """Return how many judgements there are and where, which buttons they press, and what went wrong, if anything."""
    held = ""
    if number:
        download = '<a href="questions.jsonl" download>Download</a>'
        held = f'<p class="judged" role="status">{counted(number, "judgement")} in {label(file)} {download}</p>'
    return f'<div data-pressed="{escape(" ".join(pressed))}">{problem(trouble) if trouble else ""}{held}</div>'
