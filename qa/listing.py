"""The list of documents, in HTML: what each one is, and its state in the index."""

from collections.abc import Container, Iterable

from qa.answers import counted
from qa.markup import direction, escape, fact, file_fact, in_language, label, language_name
from qa.overview import INDEXED, Line, Sheet

SEARCH = (
    '<input type="search" aria-label="Search the documents" placeholder="Search by headline, file, format or state" '
    'dir="auto" autocomplete="off" maxlength="200">'
)


def listing(sheet: Sheet, *, searched: bool, removable: Container[str] = ()) -> str:
    """Return a page of the list, with buttons to the next; `searched` says whether a search chose its files.

    Files among `removable` have a button that removes them.
    """
    if not sheet.found:
        words = "No document matches." if searched else "There are no documents yet."
        return f'<p class="none" role="status">{words}</p>'
    found = f"{counted(sheet.found, 'file')}{' found' if searched else ''}"
    lines = "".join(_line(line, removable=line.path in removable) for line in sheet.lines)
    whole = "" if searched else '<button type="button" data-again="">Rebuild all</button>'
    head = f'<div class="found"><p role="status">{found}</p>{whole}</div>'
    return f'<h2 class="unseen">Documents</h2>{head}<ul class="files">{lines}</ul>{_pager(sheet)}'


def adding(kinds: Iterable[str], largest: int) -> str:
    """Return the place to drop or choose files to add: with these endings, of at most `largest` bytes."""
    accepted = escape(",".join(sorted(kinds)))
    return (
        f'<label class="drop" data-largest="{largest}"><input type="file" multiple accept="{accepted}"><span>'
        "<b>Add documents</b>: drop files here, or choose them. They are saved in the folder.</span></label>"
        '<ul class="added" role="status"></ul>'
    )


def _line(line: Line, *, removable: bool) -> str:
    state = escape(line.state.capitalize())
    kind = "fine" if line.state == INDEXED else "late"
    head = label(line.title or line.path)
    if line.passages:
        head = f'<button type="button" data-document="{escape(line.path)}">{head}</button>'
    note = f'<p class="why">{escape(line.note)}</p>' if line.note else ""
    path = escape(line.path)
    does = f'<button type="button" data-again="{path}">Rebuild</button>' if line.passages else ""
    does += f'<button type="button" data-remove="{path}">Remove</button>' if removable else ""
    return (
        f'<li class="entry"><h3 dir="{direction(line.title)}"{in_language(line.language)}>{head}</h3>'
        f'<div class="about"><p class="facts"><span class="state {kind}">{state}</span> {_facts(line)}</p>'
        f'<span class="does">{does}</span></div>{note}</li>'
    )


def _facts(line: Line) -> str:
    file = [file_fact(line.path)] if line.title else []
    facts = [escape(words) for words in (line.format, line.date) if words]
    facts += [escape(language_name(line.language))] if line.language else []
    facts += [counted(line.passages, "passage")] if line.title else []
    if line.indexed:
        time = escape(line.indexed)
        facts.append(f'indexed <time datetime="{time}">{time.replace("T", " ").replace("Z", " UTC")}</time>')
    return " ".join([*file, *map(fact, facts)])


def _pager(sheet: Sheet) -> str:
    if sheet.pages == 1:
        return ""
    ways = (("Previous", sheet.number - 1), ("Next", sheet.number + 1))
    before, after = (
        f'<button type="button" data-page="{number}"{"" if 1 <= number <= sheet.pages else " disabled"}>{name}</button>'
        for name, number in ways
    )
    return (
        f'<nav class="pager" aria-label="Pages">{before}<span>Page {sheet.number} of {sheet.pages}</span>{after}</nav>'
    )
