"""The command line: build, ask, eval, serve, doctor. Results go to standard output, all else to standard error."""

import argparse
import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from embeddings.errors import SanadError
from qa import evaluate
from qa.answers import Answer, Hit, counted
from qa.documents import one_line, visible
from qa.errors import CatalogError, EmptyFolderError, FolderError
from qa.library import Library
from qa.reports import Progress, Report
from qa.settings import Settings, read_settings

FAILED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed with a message, 2 wrong usage, 130 interrupted."""
    options = _parse(arguments)
    try:
        given = {name: getattr(options, name, None) for name in ("folder", "index", "model", "host", "port")}
        status: int = options.run(options, read_settings(given, os.environ))
        sys.stdout.flush()
        return status
    except SanadError as error:
        _say(f"sanad: {one_line(str(error))}")
        return FAILED
    except KeyboardInterrupt:
        _say("sanad: stopped; the index is as it was.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, head for instance, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; FOLDER may also follow the options, where argparse alone would not look for it."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if len(rest) == 1 and not rest[0].startswith("-") and options.folder is None:
        options.folder = rest[0]
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sanad", description="Ask a folder of documents in any language.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = _command(commands, "build", _build, "make the index equal the folder")
    build.add_argument("--force", action="store_true", help="take a folder without documents as meant")
    ask = _command(commands, "ask", _ask, "answer a question with passages", "question")
    ask.add_argument("-k", type=_positive, default=5, help="how many passages (5)")
    _command(commands, "eval", _eval, "measure the answers to questions of your own", "questions")
    serve = _command(commands, "serve", _serve, "open the chat in a browser")
    serve.add_argument("--host", help="address to serve on (127.0.0.1)")
    serve.add_argument("--port", help="port to serve on (7860)")
    _command(commands, "doctor", _doctor, "tell whether index and folder agree")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace, Settings], int],
    purpose: str,
    *positional: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=purpose, description=purpose.capitalize() + ".")
    for argument in positional:
        command.add_argument(argument)
    command.add_argument("folder", nargs="?", help="the documents (seeds)")
    command.add_argument("--index", metavar="DIR", help="where the index is kept (in your cache folder)")
    command.add_argument("--model", metavar="NAME", help="folder or name of a sentence-transformers model (built-in)")
    if name in ("ask", "eval", "build", "doctor"):
        command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(run=run)
    return command


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of passages")
    return int(text)


def _build(options: argparse.Namespace, settings: Settings) -> int:
    library = Library.open(settings.folder, settings.index, settings.model)
    try:
        with _bar() as progress:
            report = library.update(force=options.force, progress=progress)
    except EmptyFolderError as error:
        if library.catalog.known():
            raise EmptyFolderError(f"{error} If that is meant, add --force.") from error
        raise
    if options.json:
        _print_json(_report_object(report, library))
    else:
        _tell_skipped(report)
        print(
            f"{report.summary}\n{counted(len(library), 'passage')} of {counted(len(library.documents), 'document')} "
            f"in {settings.index}"
        )
    return 0


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    answer = _current(settings).ask(options.question, options.k)
    if options.json:
        _print_json(answer_object(answer))
    else:
        print(f"{answer.verdict} Confidence {answer.confidence:.0%}.")
        for hit in answer.hits:
            print("\n" + _hit_text(hit, bold=sys.stdout.isatty()))
    return 0


def _current(settings: Settings) -> Library:
    """Open the library and bring it in line with its folder; where that cannot be, what is indexed still answers."""
    library = Library.open(settings.folder, settings.index, settings.model)
    try:
        with _bar() as progress:
            report = library.update(progress=progress)
        if report.added or report.changed or report.removed or report.rebuilt:
            _say(report.summary)
    except (FolderError, CatalogError) as error:
        if not len(library):
            raise
        _say(f"sanad: {one_line(str(error))} Answering from the index as it was.")
    return library


def _eval(options: argparse.Namespace, settings: Settings) -> int:
    questions = evaluate.read_questions(Path(options.questions))
    outcomes = evaluate.ask_all(_current(settings), questions)
    scores = evaluate.score_languages(outcomes)
    if options.json:
        _print_json({language: _score_object(score) for language, score in scores})
        return 0
    columns = list(_score_object(scores[0][1]))
    print("      " + "".join(f"{column:>14}" for column in columns))
    for language, score in scores:
        print(f"{language:<6}" + "".join(f"{_figure(value):>14}" for value in _score_object(score).values()))
    for outcome in outcomes:
        if outcome.failed:
            print(f"{outcome.question.language}: {one_line(outcome.question.text)}: {_failure(outcome)}")
    return 0


def _failure(outcome: evaluate.Outcome) -> str:
    if outcome.question.document is None:
        return "answered, and nothing there answers it"
    if not outcome.question.contains:
        return "the first passage is one that was judged wrong"
    place = f"right passage at rank {outcome.rank}" if outcome.rank else f"no right passage in {evaluate.DEPTH}"
    return place + (", refused" if outcome.refused else "")


def _figure(value: float | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    from qa.web import check_port, serve  # gradio takes 3 s to import

    check_port(settings.host, settings.port)
    try:
        library = _current(settings)
    except FolderError as error:
        _say(f"sanad: {one_line(str(error))} The chat opens all the same.")
        library = Library.open(settings.folder, settings.index, settings.model)
    serve(library, settings.host, settings.port, ready=lambda address: print(f"Sanad answers at {address}", flush=True))
    return 0


def _doctor(options: argparse.Namespace, settings: Settings) -> int:
    findings = Library.open(settings.folder, settings.index, settings.model).check()
    if options.json:
        _print_json({"healthy": not findings, "findings": list(findings)})
    else:
        print("\n".join(map(one_line, findings)) or f"Index {settings.index} and folder {settings.folder} agree.")
    return FAILED if findings else 0


def answer_object(answer: Answer) -> dict[str, object]:
    """Return an answer as the JSON object that other programs rely on."""
    return {
        "question": answer.question,
        "language": answer.language,
        "confident": answer.confident,
        "confidence": round(answer.confidence, 4),
        "hits": [_hit_object(hit) for hit in answer.hits],
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
    }


def _score_object(score: evaluate.Score) -> dict[str, float | None]:
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


def _report_object(report: Report, library: Library) -> dict[str, object]:
    return {
        **{name: list(getattr(report, name)) for name in ("added", "changed", "removed", "unchanged")},
        "skipped": [{"document": skip.path, "reason": skip.reason} for skip in report.skipped],
        "notes": [{"document": path, "note": note} for path, note in report.notes],
        "rebuilt": report.rebuilt,
        "embedded": report.embedded,
        "passages": len(library),
        "seconds": round(report.seconds, 3),
    }


def _hit_text(hit: Hit, *, bold: bool) -> str:
    places = [(hit.document, hit.passage.span), *((place.document, place.span) for place in hit.elsewhere)]
    found = [f"{one_line(document.path)}, characters {span.start}-{span.end}" for document, span in places]
    page = f"p. {hit.page}, " if hit.page else ""
    title = f"{hit.rank}. {one_line(hit.document.title)} ({hit.language})"
    head = f"{title}\n   {found[0]}, {page}paragraph {hit.passage.number}"
    return "\n   again in ".join([head, *found[1:]]) + "\n" + _marked(hit, bold=bold)


def _marked(hit: Hit, *, bold: bool) -> str:
    text, done, parts = hit.text, 0, []
    for span in hit.highlights:
        answering = visible(text[span.start : span.end])
        parts += [visible(text[done : span.start]), f"\x1b[1m{answering}\x1b[0m" if bold else answering]
        done = span.end
    return "".join([*parts, visible(text[done:])])


def _tell_skipped(report: Report) -> None:
    for skip in report.skipped:
        _say(f"skipped {one_line(skip.path)}: {one_line(skip.reason)}")
    for path, note in report.notes:
        _say(f"note on {one_line(path)}: {note}")


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    """Show a progress bar while passages are embedded, where standard error is a terminal."""
    from tqdm import tqdm

    with contextlib.ExitStack() as ends:

        @functools.cache
        def start(total: int) -> tqdm:
            return ends.enter_context(tqdm(total=total, unit=" passages", disable=None))

        def show(progress: Progress) -> None:
            if progress.total:  # an update that embeds nothing draws nothing
                bar = start(progress.total)
                bar.update(progress.done - bar.n)

        yield show


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
