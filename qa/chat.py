"""What the chat does: ask questions, open documents, run updates; everything it returns is HTML."""

import contextlib
import json
import logging
import secrets
from collections.abc import Iterator
from typing import NamedTuple

from embeddings.errors import SanadError
from qa import cards, notices
from qa.answers import Answer, Hit
from qa.cards import Turn
from qa.errors import CatalogError, QuestionError, UploadError
from qa.evaluate import Question
from qa.judgements import Judgements, right, unanswerable, wrong
from qa.library import LONGEST_QUESTION, Library
from qa.listing import listing
from qa.markup import problem
from qa.notices import Example
from qa.overview import Overview
from qa.rebuild import Rebuild, Work, apology
from qa.reports import Report
from qa.tables import Listed
from qa.uploads import Uploads

LONGEST_CONVERSATION = 30  # turns kept for each open page, since each holds its documents
LONGEST_SEARCH = 200  # characters
FORGOTTEN = "Sanad was restarted and no longer knows this conversation: ask the question again."
EXAMPLES = (
    Example("en", "What did a storm in March damage?", "004_54b42a50ae65c283.txt"),
    Example("ru", "Какое соглашение о партнёрстве заключено с Европейским союзом?", "001_bebae4cf14fa5b29.txt"),
    Example("kk", "Ауыл әкімдерін халық тікелей сайлай ма?", "003_a2fb5b04f03751af.txt"),
    Example("tr", "Şi Cinping Kazakistan'ın toprak bütünlüğü hakkında ne dedi?", "002_17b2b5dd5e8b691f.txt"),
    Example(
        "ar", "كم دولة في الاتحاد الأوروبي يمكنها الاعتماد على توكاييف في أزمة الطاقة؟", "004_54b42a50ae65c283.txt"
    ),
    Example("fa", "توکایف در سال ۱۹۹۲ چه مقامی داشت؟", "003_a2fb5b04f03751af.txt"),
)

logger = logging.getLogger(__name__)

Turns = tuple[Turn, ...]


class Shown(NamedTuple):
    """What the page shows around a question, in the order of the components that show it."""

    box: str | None  # None leaves it as it is, since the next question may already be typed
    turns: Turns
    conversation: str
    refusal: str
    indexed: str
    told: str


class Chat:
    """What the events of the page do; each method takes and returns what the page's components show."""

    def __init__(self, library: Library, uploads: Uploads | None = None) -> None:
        self.library = library
        self.uploads = uploads
        self.rebuild = Rebuild(library)
        self.judgements = Judgements(library.index)
        self.overview = Overview(library)

    @property
    def documents(self) -> tuple[Listed, ...]:
        """What is indexed, or nothing where the index cannot be read, for which `notice` gives the reason."""
        try:
            return self.library.documents
        except CatalogError:
            return ()

    def examples(self) -> list[Example]:
        """Return the examples whose documents are indexed."""
        paths = {document.path for document in self.documents}
        return [example for example in EXAMPLES if example.document in paths]

    def show(self, turns: Turns) -> str:
        """Return the conversation, or what is shown before the first question."""
        work = self.rebuild.work
        trouble = work.problem
        try:
            if self.library.documents:
                return cards.conversation(turns, notices.welcome(self.examples()), self._judged())
        except CatalogError as error:
            trouble = str(error)
        folder = str(self.library.folder.absolute())
        return cards.conversation(turns, notices.nothing_indexed(folder, working=work.running, problem=trouble))

    def ask(self, question: str | None, turns: Turns, within: str = "") -> Iterator[Shown]:
        """Yield the page with the question, then with its answer, or as it was where the question is refused.

        Conditions `within` are added to it, but do not return to the box: the page holds them in their own fields.
        The index first follows the folder, as far as it can in a moment: deleted documents must not answer.
        """
        typed = question or ""
        question = f"{typed} {within}" if within else typed
        asked = Turn(turns[-1].number + 1 if turns else 1, " ".join(question.split())[:LONGEST_QUESTION])
        kept = turns[-LONGEST_CONVERSATION + 1 :]
        yield self._page(turns)._replace(box="", conversation=self.show((*kept, asked)))
        work = self.rebuild.settle()
        try:
            yield self._page((*kept, self._answer(asked, question)), work)
        except QuestionError as error:
            yield self._page(turns, work)._replace(box=typed, refusal=problem(str(error)))

    def _page(self, turns: Turns, work: Work | None = None) -> Shown:
        now = self.rebuild.work
        work = work or (now if now.running else Work())  # how an earlier update ended was shown already
        return Shown(None, turns, self.show(turns), "", self.count(), self.notice(work))

    def _answer(self, asked: Turn, question: str) -> Turn:
        try:
            return Turn(asked.number, asked.question, self.library.ask(question))
        except QuestionError:
            raise
        except SanadError as error:
            return Turn(asked.number, asked.question, problem=str(error))
        except Exception:
            logger.exception("a question failed, error %s", number := secrets.token_hex(4))
            return Turn(asked.number, asked.question, problem=apology(number))

    def restore(self, kept: str, turns: Turns) -> tuple[Turns, str]:
        """Answer again the questions that a page which is loaded anew had `kept`, a JSON list; return what it shows."""
        for question in () if turns else _questions(kept):
            asked = Turn(turns[-1].number + 1 if turns else 1, question)
            with contextlib.suppress(QuestionError):  # such as a condition that nothing meets any more
                turns = (*turns, self._answer(asked, question))
        return turns, self.show(turns)

    def show_first(self, kept: str, turns: Turns) -> str | None:
        """Return what a page shows that was just loaded, None where `restore` is still to bring what it had `kept`."""
        return None if not turns and _questions(kept) else self.show(turns)

    def try_example(self, turns: Turns, number: str) -> Iterator[Shown]:
        """Ask the example of that number."""
        examples = self.examples()
        if number.isdecimal() and int(number) < len(examples):
            yield from self.ask(examples[int(number)].question, turns)
        else:
            yield self._page(turns)

    def open(self, turns: Turns, place: str) -> str:
        """Return the document of the hit named `place`, an empty string where this conversation has no such hit."""
        found = _find(turns, place)
        return cards.viewer(place, *found, self._note(found[1])) if found else ""

    def _note(self, hit: Hit) -> str:
        try:
            now = {document.path: document.digest for document in self.library.documents}.get(hit.document.path)
        except CatalogError as error:
            return str(error)
        if now is None:
            return "This document is no longer in the index. Here is its text as it was searched."
        if now != hit.document.digest:
            return "This document has changed since. Here is its text as it was searched."
        return ""

    def judge(self, turns: Turns, place: str, judgement: str, *, holds: bool) -> str:
        """Record, or take back, a judgement on a passage or an answer; return what is judged now."""
        judged = _judgement(turns, place, judgement)
        try:
            if judged is None:
                return self.judged(turns, FORGOTTEN)
            (self.judgements.add if holds else self.judgements.remove)(judged)
        except CatalogError as error:
            return self.judged(turns, str(error))
        return self.judged(turns)

    def judged(self, turns: Turns, trouble: str = "") -> str:
        """Return how many judgements there are and where, and which buttons of the conversation they press."""
        held = self._judged()
        return notices.judged(len(held), str(self.judgements.file.absolute()), _pressed(turns, held), trouble)

    def _judged(self) -> frozenset[Question]:
        try:
            return self.judgements.read()
        except CatalogError:  # the next judgement will report it; answers do not depend on it
            return frozenset()

    def list_documents(self, search: str, number: str = "1") -> str:
        """Return a page of the documents whose entries hold all words of `search`."""
        page = int(number) if number.isdecimal() and len(number) < 10 else 1
        try:
            removable = self.uploads.added() if self.uploads else frozenset[str]()
            sheet = self.overview.page(search[:LONGEST_SEARCH], page)
        except SanadError as error:
            return problem(str(error))
        return listing(sheet, searched=bool(search.strip()), removable=removable)

    def remove(self, path: str) -> str:
        """Remove a file that was added through the page; return what is wrong, or an empty string."""
        try:
            if self.uploads:
                self.uploads.remove(path)
        except UploadError as error:
            return problem(str(error))
        self.rebuild.start()
        return ""

    def rebuild_some(self, path: str) -> None:
        """Read one document again, or all of them where no path is given, changed or not."""
        self.rebuild.start(again=[path] if path else [document.path for document in self.documents])

    def await_documents(self) -> None:
        """Wait until some documents can be searched, or the first update has ended without any."""
        for _ in self.rebuild.follow():
            if self.documents:
                break

    def read(self, path: str) -> str:
        """Return the document with that path, to be read, or why it cannot be; an empty string where there is none."""
        try:
            document = self.overview.document(path)
        except CatalogError as error:
            return cards.unreadable(path, str(error))
        return cards.reader(document) if document else ""

    def count(self) -> str:
        """Return how much is indexed."""
        documents = self.documents
        return notices.count(sum(document.passages for document in documents), len(documents))

    def notice(self, work: Work, *, wanted: bool = False) -> str:
        """Return the progress or the result of an update, or else the skipped files.

        That an update changed nothing is shown only where the user `wanted` it, not where a question started it.
        """
        if work.running:
            return notices.progress(work.progress, work.seconds)
        paused = notices.paused() if self.rebuild.paused else ""
        if work.report and (wanted or _changed(work.report)):
            return notices.report(work.report, work.again) + paused
        try:
            told = notices.refused(work.problem, work.remedy) if work.problem and self.library.documents else ""
            return told + paused + notices.skipped(self.library.skipped)
        except CatalogError as error:
            return problem(str(error)) + paused


def _questions(kept: str) -> list[str]:
    """Return the questions in what a page kept: anything at all."""
    try:
        found = json.loads(kept)
    except (ValueError, RecursionError):
        return []
    questions = found[-LONGEST_CONVERSATION:] if isinstance(found, list) else []
    return [question for question in questions if isinstance(question, str)]


def _changed(report: Report) -> bool:
    return bool(report.added or report.changed or report.removed or report.rebuilt or report.switched)


def _find(turns: Turns, place: str) -> tuple[Answer, Hit] | None:
    for turn in turns:
        for hit in turn.answer.hits if turn.answer else ():
            if turn.answer and place == f"{turn.number}.{hit.rank}":
                return turn.answer, hit
    return None


def _judgement(turns: Turns, place: str, judgement: str) -> Question | None:
    return next((judged for name, judged in _judgements(turns) if name == f"{place}:{judgement}"), None)


def _pressed(turns: Turns, held: frozenset[Question]) -> list[str]:
    return [name for name, judged in _judgements(turns) if judged in held]


def _judgements(turns: Turns) -> Iterator[tuple[str, Question]]:
    """Yield every judgement that the conversation offers, each with the name of its button."""
    for turn in turns:
        if turn.answer:
            yield f"{turn.number}:none", unanswerable(turn.answer)
            for hit in turn.answer.hits:
                yield f"{turn.number}.{hit.rank}:right", right(turn.answer, hit)
                yield f"{turn.number}.{hit.rank}:wrong", wrong(turn.answer, hit)
