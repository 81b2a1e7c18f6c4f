"""The command line: build, ask, eval, serve, doctor. Results go to standard output, the rest to standard error."""

import argparse
import errno
import json
import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from embeddings.errors import SanadError
from qa import evaluate
from qa.answers import counted
from qa.documents import one_line
from qa.errors import CatalogError, FolderError, OtherFolderError, VanishedError
from qa.filters import Filter
from qa.folder import Skipped, check_index
from qa.library import Library
from qa.printing import (
    answer_object,
    edition_text,
    failure,
    hit_text,
    report_object,
    score_object,
    score_table,
    version_text,
    visit_object,
)
from qa.reports import Report
from qa.settings import Settings, read_port, read_settings
from qa.terminal import hush, showing, speak_unicode, stopping
from qa.visit import examine
from qa.watch import follow

FAILED, INTERRUPTED = 1, 130
MESSAGES = 100  # of the doctor; where a disk is missing, there is one for each document
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed with a message, 2 wrong usage, 130 interrupted."""
    if arguments is None:
        speak_unicode()
    options = _parse(arguments)
    try:
        status: int = options.run(options, _settings(options))
        sys.stdout.flush()
        return status
    except SanadError as error:
        _say(f"sanad: {one_line(str(error))}")
        return FAILED
    except KeyboardInterrupt:
        _say("sanad: Stopped. What is indexed is kept; the next build continues from there.")
        return INTERRUPTED
    except MemoryError:
        _say("sanad: There is not enough memory: close other programs. What is indexed is kept.")
        return FAILED
    except BrokenPipeError:  # the program that reads the output, such as head, has stopped
        hush()
        return 0
    except OSError as error:
        if error.filename is not None or error.errno not in FULL:
            raise
        hush()
        _say(f"sanad: The output cannot be written ({error.strerror}): free some space, or send it elsewhere.")
        return FAILED


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; FOLDER may also follow the options, which argparse alone does not allow."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if len(rest) == 1 and not rest[0].startswith("-") and options.folder is None:
        options.folder = rest[0]
    elif rest:
        quote = "" if any(word.startswith("-") for word in rest) else " (put a question of several words in quotes)"
        parser.error(f"unrecognized arguments: {' '.join(rest)}{quote}")
    try:
        if "language" in options:
            options.within = Filter.of(options.document, options.language, options.after, options.before)
        if getattr(options, "port", None):
            read_port(options.port)
    except SanadError as error:
        parser.error(str(error))
    return options


def _settings(options: argparse.Namespace) -> Settings:
    """Read the settings that a command has; one that it does not need may be anything in the environment."""
    names = ("folder", "index", "model", "host", "port", "allow_upload")
    unused = {f"SANAD_{name.upper()}" for name in names if name not in options}
    environment = {name: value for name, value in os.environ.items() if name not in unused}
    return read_settings({name: getattr(options, name, None) for name in names}, environment)


class _Version(argparse.Action):
    """Print the version and exit; it is looked up only then, which other commands need not wait for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(version_text())
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sanad", description="Ask a folder of documents in any language.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = _command(commands, "build", _build, "bring the index in line with the folder")
    meant = "go on although most documents are gone, or the index belongs to another folder"
    build.add_argument("--force", action="store_true", help=meant)
    build.add_argument("--watch", action="store_true", help="keep running and follow the folder until Ctrl-C")
    ask = _command(commands, "ask", _ask, "answer a question with passages", "question")
    ask.add_argument("-k", type=_positive, default=5, help="how many passages (default: 5)")
    ask.add_argument(
        "--document", action="append", default=[], metavar="PART",
        help="search only documents whose path matches; may be repeated",
    )  # fmt: skip
    ask.add_argument(
        "--language", action="append", default=[], metavar="CODE",
        help="search only passages in this language, such as ar; may be repeated",
    )  # fmt: skip
    ask.add_argument("--after", default="", metavar="DATE", help="search only documents dated on or after this day")
    ask.add_argument("--before", default="", metavar="DATE", help="search only documents dated before this day")
    _command(commands, "eval", _eval, "measure the answers to questions of your own", "questions")
    serve = _command(commands, "serve", _serve, "open the chat in a browser")
    serve.add_argument("--host", help="address to serve on (default: 127.0.0.1)")
    serve.add_argument("--port", help="port to serve on (default: 7860)")
    serve.add_argument("--watch", action="store_true", help="follow the folder even when nobody asks")
    serve.add_argument(
        "--allow-upload", action="store_const", const="yes", help="let visitors of the page add documents"
    )
    doctor = _command(commands, "doctor", _doctor, "check that the index is intact and agrees with the folder")
    doctor.add_argument("--repair", action="store_true", help="repair what can be repaired")
    doctor.add_argument("--drop", metavar="NAME", help="remove the index of a model that is not in use")
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
    command.add_argument("folder", nargs="?", help="the documents (default: seeds)")
    command.add_argument("--index", metavar="DIR", help="where the index is kept (default: in your cache folder)")
    command.add_argument(
        "--model",
        metavar="NAME",
        help="folder or hub name of a sentence-transformers model (default: that of the index, or built-in)",
    )
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
        report = _update(library, force=options.force)
    except (VanishedError, OtherFolderError) as error:
        raise type(error)(f"{error} If that is meant, add --force.") from error
    _print_report(report, library, settings, as_json=options.json)
    if options.watch and not report.waiting:
        said = set(report.skipped)
        with stopping() as stop:
            follow(library, lambda news: _print_news(news, library, settings, said, as_json=options.json), stop)
    return INTERRUPTED if report.waiting else 0


def _print_report(
    report: Report, library: Library, settings: Settings, said: Collection[Skipped] = (), *, as_json: bool
) -> None:
    if as_json:
        _print_json(report_object(report, library))
        return
    for skip in report.skipped:
        if skip not in said:
            _say(f"skipped {one_line(skip.path)}: {one_line(skip.reason)}")
    for path, note in report.notes:
        _say(f"note on {one_line(path)}: {note}")
    held = f"{counted(len(library), 'passage')} of {counted(len(library.documents), 'document')}"
    print(f"{report.summary}\n{held} in {settings.index}", flush=True)


def _print_news(
    news: Report | SanadError, library: Library, settings: Settings, said: set[Skipped], *, as_json: bool
) -> None:
    """Print what an update did while a folder is watched, or why it failed; skipped files that were `said` are not."""
    if isinstance(news, Report):
        _print_report(news, library, settings, said, as_json=as_json)
        said.clear()
        said.update(news.skipped)
    else:
        _say(f"sanad: {one_line(str(news))}")


def _update(library: Library, *, force: bool = False, switch: bool = True) -> Report:
    """Update until it is done or Ctrl-C stops it, which keeps what is done; the next update continues from there."""
    with stopping() as stop, showing() as progress:
        return library.update(force=force, progress=progress, stop=stop.is_set, switch=switch)


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    answer = _current(settings, switch=False).ask(options.question, options.k, within=options.within)
    if options.json:
        _print_json(answer_object(answer))
    else:
        waiting = f" {counted(answer.waiting, 'file')} not indexed yet." if answer.waiting else ""
        print(f"{answer.verdict} Confidence {answer.percent} %.{waiting}")
        for hit in answer.hits:
            print("\n" + hit_text(hit, bold=sys.stdout.isatty()))
    return 0


def _current(settings: Settings, *, switch: bool = True) -> Library:
    """Open the library and bring it up to date; where that fails, what is indexed still answers."""
    library = Library.open(settings.folder, settings.index, settings.model)
    try:
        report = _update(library, switch=switch)
        if report.waiting:
            raise KeyboardInterrupt
        if report.added or report.changed or report.removed or report.rebuilt or report.switched:
            _say(report.summary)
    except (FolderError, CatalogError) as error:
        if not len(library) or isinstance(error, OtherFolderError):
            raise
        _say(f"sanad: {one_line(str(error))} Answering from the index as it was.")
    return library


def _eval(options: argparse.Namespace, settings: Settings) -> int:
    questions = evaluate.read_questions(Path(options.questions))
    library = _current(settings, switch=False)
    outcomes = evaluate.ask_all(library, questions)
    scores = evaluate.score_languages(outcomes)
    absent = evaluate.absent(library, questions)
    if absent:
        lacking = f"{counted(len(absent), 'document')} that the questions name"
        _say(f"sanad: {settings.folder} lacks {lacking}, for example {one_line(absent[0])}: is it the right folder?")
    if options.json:
        _print_json({language: score_object(score) for language, score in scores})
        return 0
    print("\n".join(score_table(scores)))
    for outcome in outcomes:
        if outcome.failed or outcome.problem:
            print(f"{outcome.question.language}: {one_line(outcome.question.text)}: {failure(outcome)}")
    return 0


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    from qa.web import check_port, serve  # gradio takes 3 s to import

    check_port(settings.host, settings.port)
    library = Library.open(settings.folder, settings.index, settings.model)
    serve(
        library, settings.host, settings.port, uploads=settings.allow_upload, watch=options.watch,
        ready=lambda address: print(f"Sanad answers at {address}", flush=True),
    )  # fmt: skip
    return 0


def _doctor(options: argparse.Namespace, settings: Settings) -> int:
    check_index(settings.folder, settings.index)
    visit = examine(settings.folder, settings.index, settings.model, drop=options.drop, repair=options.repair)
    if options.json:
        _print_json(visit_object(visit))
    else:
        messages = (*visit.repairs, *(finding.message for finding in visit.findings))
        for message in messages[:MESSAGES]:
            print(one_line(message))
        if len(messages) > MESSAGES:
            print(f"{len(messages) - MESSAGES:,} more like these: --json lists them all.")
        if not visit.findings:
            print(f"Index {settings.index} and folder {settings.folder} agree.")
        for edition in visit.editions:
            _say(edition_text(edition))
        for skip in visit.skipped:
            _say(f"skipped {one_line(skip.path)}: {one_line(skip.reason)}")
    return FAILED if visit.findings else 0


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=sys.stdout.encoding.lower() != "utf-8"))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
