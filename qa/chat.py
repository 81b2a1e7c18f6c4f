"""What the chat does: ask questions, open documents, run updates; everything it returns is HTML."""

import contextlib
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from embeddings.errors import SanadError
from qa import cards, notices
from qa.answers import Hit
from qa.conversation import (
    Turn,
    Turns,
    find_hit,
    find_judgement,
    judged_names,
    kept_questions,
    next_turn,
    with_room,
)
from qa.errors import CatalogError, QuestionError, UploadError
from qa.evaluate import Question
from qa.examples import fitting
from qa.folder import Skipped
from qa.judgements import Judgements
from qa.library import Library
from qa.listing import listing
from qa.markup import problem
from qa.overview import Overview
from qa.rebuild import Rebuild, Work, apology
from qa.tables import Listed
from qa.uploads import Uploads

LONGEST_SEARCH = 200  # characters
FORGOTTEN = "Sanad was restarted and no longer knows this conversation: ask the question again."

logger = logging.getLogger(__name__)


class Shown(NamedTuple):
    """What the page shows around a question, in the order of the components that show it."""

    box: str | None  # None leaves it as it is, since the next question may already be typed
    turns: Turns
    conversation: str
    refusal: str
    amount: str
    notice: str


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the index holds; nothing where it cannot be read, for which `problem` is the reason."""

    documents: tuple[Listed, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    problem: str = ""


class Chat:
    """What the events of the page do; each method takes and returns what the page's components show."""

    def __init__(self, library: Library, uploads: Uploads | None = None) -> None:
        self.library = library
        self.uploads = uploads
        self.rebuild = Rebuild(library)
        self.judgements = Judgements(library.index)
        self.overview = Overview(library)

    @property
    def indexed(self) -> Indexed:
        """What the index holds now."""
        try:
            return Indexed(self.library.documents, self.library.skipped)
        except CatalogError as error:
            return Indexed(problem=str(error))

    def show(self, turns: Turns) -> str:
        """Return the conversation, or what is shown before the first question."""
        work, indexed = self.rebuild.work, self.indexed
        if indexed.documents:
            welcome = notices.welcome(fitting(indexed.documents))
            return cards.conversation(turns, welcome, judged_names(turns, self._judged()))
        folder, trouble = str(self.library.folder.absolute()), indexed.problem or work.problem
        return cards.conversation(turns, notices.nothing_indexed(folder, working=work.running, trouble=trouble))

    def ask(self, question: str | None, turns: Turns, within: str = "") -> Iterator[Shown]:
        """Yield the page with the question, then with its answer, or as it was where the question is refused.

        Conditions `within` are added to it, but do not return to the box: the page holds them in their own fields.
        The index first follows the folder, as far as it can in a moment: deleted documents must not answer.
        """
        typed = question or ""
        question = f"{typed} {within}" if within else typed
        asked, kept = next_turn(turns, question), with_room(turns)
        yield self._page(turns)._replace(box="", conversation=self.show((*kept, asked)))
        work = self.rebuild.settle()
        try:
            yield self._page((*kept, self._answered(asked, question)), work)
        except QuestionError as error:
            yield self._page(turns, work)._replace(box=typed, refusal=problem(str(error)))

    def _page(self, turns: Turns, work: Work | None = None) -> Shown:
        now = self.rebuild.work
        work = work or (now if now.running else Work())  # how an earlier update ended was shown already
        return Shown(None, turns, self.show(turns), "", self.count(), self.notice(work))

    def _answered(self, asked: Turn, question: str) -> Turn:
        """Return a turn with the answer to its whole question; raise QuestionError where that cannot be asked."""
        try:
            return replace(asked, answer=self.library.ask(question))
        except QuestionError:
            raise
        except SanadError as error:
            return replace(asked, problem=str(error))
        except Exception:
            logger.exception("a question failed, error %s", number := secrets.token_hex(4))
            return replace(asked, problem=apology(number))

    def restore(self, kept: str, turns: Turns) -> tuple[Turns, str]:
        """Answer again the questions that a page which is loaded anew had `kept`, a JSON list; return what it shows."""
        for question in () if turns else kept_questions(kept):
            with contextlib.suppress(QuestionError):  # such as a condition that nothing meets any more
                turns = (*turns, self._answered(next_turn(turns, question), question))
        return turns, self.show(turns)

    def show_first(self, kept: str, turns: Turns) -> str | None:
        """Return what a page shows that was just loaded, None where `restore` is still to bring what it had `kept`."""
        return None if not turns and kept_questions(kept) else self.show(turns)

    def try_example(self, turns: Turns, number: str) -> Iterator[Shown]:
        """Ask the example of that number."""
        examples = fitting(self.indexed.documents)
        if number.isdecimal() and int(number) < len(examples):
            yield from self.ask(examples[int(number)].question, turns)
        else:
            yield self._page(turns)

    def open(self, turns: Turns, place: str) -> tuple[str, str]:
        """Return the document of the hit named `place`, or an empty string and why there is none."""
        found = find_hit(turns, place)
        return (cards.viewer(place, *found, self._note(found[1])), "") if found else ("", problem(FORGOTTEN))

    def _note(self, hit: Hit) -> str:
        indexed = self.indexed
        if indexed.problem:
            return indexed.problem
        now = {document.path: document.digest for document in indexed.documents}.get(hit.document.path)
        if now is None:
            return "This document is no longer in the index. Here is its text as it was searched."
        if now != hit.document.digest:
            return "This document has changed since. Here is its text as it was searched."
        return ""

    def judge(self, turns: Turns, place: str, judgement: str, *, holds: bool) -> str:
        """Record, or take back, a judgement on a passage or an answer; return what is judged now."""
        judged = find_judgement(turns, f"{place}:{judgement}")
        if judged is None:
            return self.judged(turns, FORGOTTEN)
        try:
            (self.judgements.add if holds else self.judgements.remove)(judged)
        except CatalogError as error:
            return self.judged(turns, str(error))
        return self.judged(turns)

    def judged(self, turns: Turns, trouble: str = "") -> str:
        """Return how many judgements there are and where, and which buttons of the conversation they press."""
        held = self._judged()
        return notices.judged(len(held), str(self.judgements.file.absolute()), judged_names(turns, held), trouble)

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

    def read(self, path: str) -> str:
        """Return the document with that path, to be read, or why it cannot be; an empty string where there is none."""
        try:
            document = self.overview.document(path)
        except CatalogError as error:
            return cards.unreadable(path, str(error))
        return cards.reader(document) if document else ""

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
        self.rebuild.start(again=[path] if path else [document.path for document in self.indexed.documents])

    def await_documents(self) -> None:
        """Wait until some documents can be searched, or the first update has ended without any."""
        for _ in self.rebuild.follow():
            if self.indexed.documents:
                break

    def count(self) -> str:
        """Return how much is indexed."""
        documents = self.indexed.documents
        return notices.count(sum(document.passages for document in documents), len(documents))

    def notice(self, work: Work, *, wanted: bool = False) -> str:
        """Return the progress or the result of an update, or else the skipped files.

        That an update changed nothing is shown only where the user `wanted` it, not where a question started it.
        """
        if work.running:
            return notices.progress(work.progress, work.seconds)
        paused = notices.paused() if self.rebuild.paused else ""
        if work.report and (wanted or work.report.is_news):
            return notices.report(work.report, work.again) + paused
        indexed = self.indexed
        if indexed.problem:
            return problem(indexed.problem) + paused
        refused = notices.refused(work.problem, work.remedy) if work.problem and indexed.documents else ""
        return refused + paused + notices.skipped(indexed.skipped)
