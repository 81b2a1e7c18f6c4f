"""What each command does and prints: results to standard output, everything else to standard error."""

import json
import sys
from pathlib import Path

from embeddings.errors import SanadError
from qa import evaluate
from qa.answers import counted
from qa.arguments import Arguments
from qa.documents import one_line
from qa.errors import CatalogError, FolderError, OtherFolderError, VanishedError
from qa.folder import Skipped, check_index
from qa.library import Library
from qa.printing import (
    answer_object,
    answer_text,
    edition_text,
    error_text,
    failure,
    report_object,
    score_object,
    score_table,
    skip_text,
    visit_lines,
    visit_object,
)
from qa.reports import Report
from qa.settings import Settings
from qa.terminal import ending, say, showing, stopping
from qa.visit import examine
from qa.watch import follow

DONE, FAILED, INTERRUPTED = 0, 1, 130  # exit statuses


def build(arguments: Arguments, settings: Settings) -> int:
    """Bring the index in line with the folder and print what was done; with `watch` go on until Ctrl-C."""
    library = _open(settings)
    try:
        report = _update(library, force=arguments.force)
    except (VanishedError, OtherFolderError) as error:
        raise type(error)(f"{error} If that is meant, add --force.") from error
    news = _News(library, as_json=arguments.json)
    news.tell(report)
    if arguments.watch and not report.waiting:
        with stopping() as stop:
            follow(library, news.tell, stop)
    return INTERRUPTED if report.waiting else DONE


class _News:
    """What the updates of one library did, as `build` prints it."""

    def __init__(self, library: Library, *, as_json: bool) -> None:
        self._library, self._as_json = library, as_json
        self._said: frozenset[Skipped] = frozenset()

    def tell(self, news: Report | SanadError) -> None:
        """Print what an update did, or why it failed; files that it skipped as the one before did are not named."""
        if isinstance(news, SanadError):
            say(error_text(news))
        elif self._as_json:
            _print_json(report_object(news, self._library))
        else:
            self._print_report(news)

    def _print_report(self, report: Report) -> None:
        for skip in report.skipped:
            if skip not in self._said:
                say(skip_text(skip))
        self._said = frozenset(report.skipped)
        for path, note in report.notes:
            say(f"note on {one_line(path)}: {note}")
        held = f"{counted(len(self._library), 'passage')} of {counted(len(self._library.documents), 'document')}"
        print(f"{report.summary}\n{held} in {self._library.index}", flush=True)


def ask(arguments: Arguments, settings: Settings) -> int:
    """Print the passages that answer a question."""
    answer = _open_current(settings).ask(arguments.question, arguments.k, within=arguments.within)
    if arguments.json:
        _print_json(answer_object(answer))
    else:
        print(answer_text(answer, bold=sys.stdout.isatty()))
    return DONE


def measure(arguments: Arguments, settings: Settings) -> int:
    """Print how well the questions of a file are answered."""
    questions = evaluate.read_questions(Path(arguments.questions))
    library = _open_current(settings)
    outcomes = evaluate.ask_all(library, questions)
    scores = evaluate.score_languages(outcomes)
    absent = evaluate.absent(library, questions)
    if absent:
        lacking = f"{counted(len(absent), 'document')} that the questions name"
        say(f"sanad: {settings.folder} lacks {lacking}, for example {one_line(absent[0])}: is it the right folder?")
    if arguments.json:
        _print_json({language: score_object(score) for language, score in scores})
        return DONE
    print("\n".join(score_table(scores)))
    for outcome in outcomes:
        if outcome.failed or outcome.problem:
            print(f"{outcome.question.language}: {one_line(outcome.question.text)}: {failure(outcome)}")
    return DONE


def serve(arguments: Arguments, settings: Settings) -> int:
    """Serve the chat until Ctrl-C or SIGTERM."""
    from qa import web  # gradio takes 3 s to import

    web.check_port(settings.host, settings.port)  # before the model is loaded
    serving = web.serving(
        _open(settings),
        settings.host,
        settings.port,
        uploads=settings.allow_upload,
        watch=arguments.watch,
        public_url=settings.public_url,
    )
    with ending() as wait, serving as address:
        proxy = f"{settings.public_url}/, where a proxy passes requests on to " if settings.public_url else ""
        print(f"Sanad answers at {proxy}{address}", flush=True)
        wait()
    return DONE


def doctor(arguments: Arguments, settings: Settings) -> int:
    """Print what is wrong with the index, after repairing it if that is wanted; it has failed where anything is."""
    check_index(settings.folder, settings.index)
    visit = examine(settings.folder, settings.index, settings.model, drop=arguments.drop, repair=arguments.repair)
    if arguments.json:
        _print_json(visit_object(visit))
    else:
        for line in visit_lines(visit):
            print(line)
        if not visit.findings:
            print(f"Index {settings.index} and folder {settings.folder} agree.")
        for edition in visit.editions:
            say(edition_text(edition))
        for skip in visit.skipped:
            say(skip_text(skip))
    return FAILED if visit.findings else DONE


def _open(settings: Settings) -> Library:
    return Library.open(settings.folder, settings.index, settings.model)


def _open_current(settings: Settings) -> Library:
    """Open the library and bring it up to date; where that fails, what is indexed still answers."""
    library = _open(settings)
    try:
        report = _update(library, switch=False)
        if report.waiting:
            raise KeyboardInterrupt
        if report.is_news:
            say(report.summary)
    except (FolderError, CatalogError) as error:
        if not len(library) or isinstance(error, OtherFolderError):
            raise
        say(f"{error_text(error)} Answering from the index as it was.")
    return library


def _update(library: Library, *, force: bool = False, switch: bool = True) -> Report:
    """Update until it is done or Ctrl-C stops it, which keeps what is done; the next update continues from there."""
    with stopping() as stop, showing() as progress:
        return library.update(force=force, progress=progress, stop=stop.is_set, switch=switch)


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=sys.stdout.encoding.lower() != "utf-8"))
