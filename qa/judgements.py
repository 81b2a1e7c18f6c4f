"""What readers judge in the chat, kept beside the index as lines that `eval` reads."""

import json
import threading
from collections.abc import Iterable
from pathlib import Path

from qa.answers import Answer, Hit
from qa.atomic import write_atomically
from qa.errors import CatalogError, EvaluationError
from qa.evaluate import Question, parse, plain

FILE = "questions.jsonl"
TELLING = 20  # folded characters; a shorter sentence stands in too many passages to tell one


def right(answer: Answer, hit: Hit) -> Question:
    """Return the judgement that `hit` answers the question: its marked sentence is what a right passage contains."""
    return Question(answer.language, answer.asked, hit.document.path, _telling(hit))


def wrong(answer: Answer, hit: Hit) -> Question:
    """Return the judgement that `hit` does not answer the question; what does, nobody said."""
    return Question(answer.language, answer.asked, hit.document.path, (), _telling(hit))


def unanswerable(answer: Answer) -> Question:
    """Return the judgement that nothing in the folder answers the question."""
    return Question(answer.language, answer.asked, None, ())


def _telling(hit: Hit) -> tuple[str, ...]:
    marked = [span.of(hit.text) for span in hit.highlights]
    return tuple(sentence for sentence in marked if len(plain(sentence)) >= TELLING) or (hit.text,)


class Judgements:
    """The file of judgements in an index folder; lines that somebody else wrote there stay as they are."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE
        self._lock = threading.Lock()

    def read(self) -> frozenset[Question]:
        """Return what is judged so far; a line that is no question is left out."""
        return frozenset(found for line in self._lines() if (found := _question(line)))

    def strange(self) -> list[str]:
        """Return the lines that are no question."""
        return [line for line in self._lines() if not _question(line)]

    def set_aside(self, aside: Path) -> None:
        """Move the lines that are no question, or a file that is no text, to another file."""
        try:
            strange = "".join(f"{line}\n" for line in self.strange()).encode()
        except CatalogError:
            self.file.rename(aside)
            return
        write_atomically(aside, strange)
        lines = self._lines()
        self._write(lines, [line for line in lines if _question(line)])

    def add(self, judged: Question) -> None:
        """Write a judgement, once, in place of those that it contradicts. Raise CatalogError where that cannot be."""
        with self._lock:
            lines = self._lines()
            kept = [line for line in lines if not _contradict(_question(line), judged)]
            if judged not in map(_question, kept):
                kept.append(_line(judged))
            self._write(lines, kept)

    def remove(self, judged: Question) -> None:
        """Take a judgement back. Raise CatalogError where that cannot be written."""
        with self._lock:
            lines = self._lines()
            self._write(lines, [line for line in lines if _question(line) != judged])

    def content(self) -> bytes:
        """Return the file as it stands, nothing where nobody judged anything."""
        try:
            return self.file.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise CatalogError(f"{self.file} cannot be read ({error.strerror}): fix its permissions.") from error

    def _lines(self) -> list[str]:
        try:
            return [line for line in self.content().decode("utf-8-sig").split("\n") if line.strip()]
        except UnicodeDecodeError as error:
            raise CatalogError(f"{self.file} is not UTF-8 text: move it away.") from error

    def _write(self, before: list[str], after: Iterable[str]) -> None:
        """Put a new file in place of the old one: whatever happens, one of the two is there, whole."""
        lines = list(after)
        if lines == before:
            return
        try:
            write_atomically(self.file, "".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            raise CatalogError(
                f"The judgement cannot be written to {self.file} ({error.strerror}): check its disk and permissions."
            ) from error


def _line(judged: Question) -> str:
    told: dict[str, object] = {"lang": judged.language, "question": judged.text, "document": judged.document}
    wrong = {"wrong": list(judged.wrong)} if judged.wrong else {}
    return json.dumps({**told, "contains": list(judged.contains), **wrong}, ensure_ascii=False)


def _question(line: str) -> Question | None:
    try:
        return parse(line)
    except EvaluationError:
        return None


def _contradict(old: Question | None, new: Question) -> bool:
    """Tell whether two judgements cannot both hold: of one passage, or that something and that nothing answers."""
    if old is None or old == new or (old.language, old.text) != (new.language, new.text):
        return False
    if old.document is None or new.document is None:
        return bool(old.contains or new.contains)
    return old.document == new.document and bool({*old.contains, *old.wrong} & {*new.contains, *new.wrong})
