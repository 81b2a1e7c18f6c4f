"""What the command line prints: sentences for people, and the JSON objects that other programs rely on."""

from collections.abc import Sequence

from embeddings.errors import SanadError
from qa import evaluate
from qa.answers import Answer, Hit, counted
from qa.documents import Document, one_line, visible
from qa.editions import Edition
from qa.filters import Filter
from qa.folder import Skipped
from qa.library import Library
from qa.reports import Report
from qa.spans import Span
from qa.visit import Visit

NAMED = 10  # places at most; --json lists them all
MESSAGES = 100  # of the doctor; where a disk is missing, there is one for each document


def answer_object(answer: Answer) -> dict[str, object]:
    """Return an answer as the JSON object that other programs rely on."""
    return {
        "question": answer.question,
        "language": answer.language,
        "within": _filter_object(answer.within),
        "confident": answer.confident,
        "confidence": round(answer.confidence, 4),
        "hits": [_hit_object(hit) for hit in answer.hits],
        "waiting": answer.waiting,
    }


def _filter_object(within: Filter) -> dict[str, object]:
    return {
        "document": list(within.documents),
        "language": list(within.languages),
        "after": within.after or None,
        "before": within.before or None,
    }


def _hit_object(hit: Hit) -> dict[str, object]:
    return {
        "rank": hit.rank,
        "score": round(hit.score, 4),
        "document": hit.document.path,
        "title": hit.document.title,
        "start": hit.passage.span.start,
        "end": hit.passage.span.end,
        "text": hit.text,
        "highlights": [[span.start, span.end] for span in hit.highlights],
        "language": hit.language,
        "page": hit.page,
        "section": list(hit.section),
        "date": hit.document.date or None,
        "elsewhere": [
            {
                "document": place.document.path,
                "start": place.span.start,
                "end": place.span.end,
                "same": place.same,
            }
            for place in hit.elsewhere
        ],
    }


def score_object(score: evaluate.Score) -> dict[str, float | None]:
    """Return how well the questions of one language were answered as a JSON object."""
    return {
        "n": score.answerable,
        "unanswerable": score.unanswerable,
        "hit@1": score.hit_1,
        "hit@3": score.hit_3,
        "hit@5": score.hit_5,
        "mrr": score.mrr,
        "refused_right": score.refused_right,
        "refused_wrong": score.refused_wrong,
    }


def report_object(report: Report, library: Library) -> dict[str, object]:
    """Return what an update did as a JSON object."""
    return {
        **{name: list(getattr(report, name)) for name in ("added", "changed", "removed", "unchanged")},
        "skipped": _skip_objects(report.skipped),
        "notes": [{"document": path, "note": note} for path, note in report.notes],
        "rebuilt": report.rebuilt,
        "switched": report.switched,
        "embedded": report.embedded,
        "passages": len(library),
        "waiting": report.waiting,
        "seconds": round(report.seconds, 3),
    }


def _skip_objects(skipped: Sequence[Skipped]) -> list[dict[str, str]]:
    return [{"document": skip.path, "reason": skip.reason} for skip in skipped]


def answer_text(answer: Answer, *, bold: bool) -> str:
    """Return an answer as text for people; with `bold` the answering sentences are bold."""
    waiting = f" {counted(answer.waiting, 'file')} not indexed yet." if answer.waiting else ""
    head = f"{answer.verdict} Confidence {answer.percent} %.{waiting}"
    return "\n\n".join([head, *(_hit_text(hit, bold=bold) for hit in answer.hits)])


def _hit_text(hit: Hit, *, bold: bool) -> str:
    found = _found(hit.document, hit.passage.span)
    again = [
        f"{'again' if place.same else 'nearly so'} in {_found(place.document, place.span)}"
        for place in hit.elsewhere[:NAMED]
    ]
    again += [f"and in {counted(more, 'other place')}"] if (more := len(hit.elsewhere) - NAMED) > 0 else []
    page = f"p. {hit.page}" if hit.page else ""
    where = (found, page, one_line(" > ".join(hit.section)), f"paragraph {hit.passage.number}")
    facts = ", ".join(filter(None, (hit.language, hit.document.date)))
    title = f"{hit.rank}. {one_line(hit.document.title)} ({facts})"
    head = f"{title}\n   {', '.join(filter(None, where))}"
    return "\n   ".join([head, *again]) + "\n" + _marked(hit, bold=bold)


def _found(document: Document, span: Span) -> str:
    return f"{one_line(document.path)}, characters {span.start}-{span.end}"


def _marked(hit: Hit, *, bold: bool) -> str:
    text, done, parts = hit.text, 0, []
    for span in hit.highlights:
        answering = visible(span.of(text))
        parts += [visible(text[done : span.start]), f"\x1b[1m{answering}\x1b[0m" if bold else answering]
        done = span.end
    return "".join([*parts, visible(text[done:])])


def failure(outcome: evaluate.Outcome) -> str:
    """Return in words how a question failed, or why it could not be asked."""
    if outcome.problem:
        return f"it cannot be asked here. {one_line(outcome.problem)}"
    if outcome.question.document is None:
        return "answered, and nothing there answers it"
    if not outcome.question.contains:
        return "the first passage is one that was judged wrong"
    place = f"right passage at rank {outcome.rank}" if outcome.rank else f"no right passage in {evaluate.DEPTH}"
    return place + (", refused" if outcome.refused else "")


def score_table(scores: Sequence[tuple[str, evaluate.Score]]) -> list[str]:
    """Return the lines of a table with a row for each language."""
    rows = [(language, score_object(score)) for language, score in scores]
    head = "      " + "".join(f"{column:>14}" for column in rows[0][1])
    return [head, *(f"{language:<6}" + "".join(f"{_figure(v):>14}" for v in row.values()) for language, row in rows)]


def _figure(value: float | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"


def error_text(error: SanadError) -> str:
    """Return an error as one line."""
    return f"sanad: {one_line(str(error))}"


def skip_text(skip: Skipped) -> str:
    """Return one line about a file that was skipped."""
    return f"skipped {one_line(skip.path)}: {one_line(skip.reason)}"


def version_text() -> str:
    """Return the version of Sanad that is installed."""
    from importlib.metadata import PackageNotFoundError, version  # 20 ms that only this takes

    try:
        return f"sanad {version('sanad')}"
    except PackageNotFoundError:
        return "sanad of an unknown version, since it is not installed"


def visit_object(visit: Visit) -> dict[str, object]:
    """Return what the doctor found as a JSON object."""
    return {
        "healthy": not visit.findings,
        "findings": [finding.message for finding in visit.findings],
        "repairs": list(visit.repairs),
        "skipped": _skip_objects(visit.skipped),
        "models": [
            {name: getattr(edition, name) for name in ("model", "place", "documents", "bytes", "answers", "whole")}
            for edition in visit.editions
        ],
    }


def visit_lines(visit: Visit) -> list[str]:
    """Return what the doctor repaired and what is still wrong, one line each, MESSAGES of them at most."""
    messages = (*visit.repairs, *(finding.message for finding in visit.findings))
    more = len(messages) - MESSAGES
    cut = [f"{more:,} more like these: --json lists them all."] if more > 0 else []
    return [*map(one_line, messages[:MESSAGES]), *cut]


def edition_text(edition: Edition) -> str:
    """Return one line about an edition of the index: its model, its state and its size."""
    state = "answers" if edition.answers else "kept" if edition.whole else "not finished"
    name = one_line(edition.model) or f"unreadable, {edition.place}"
    return f"model {name}: {state}, {counted(edition.documents, 'document')}, {edition.bytes / 2**20:,.1f} MB"
