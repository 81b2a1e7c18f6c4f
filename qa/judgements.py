"""What users judge in the chat, kept beside the index as lines that `eval` reads."""

import contextlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from qa.answers import Answer, Hit
from qa.atomic import write_atomically
from qa.errors import CatalogError, EvaluationError, LockedError
from qa.evaluate import Question, parse, plain

FILE, LOCK = "questions.jsonl", "judging.lock"
PATIENCE = 5.0  # seconds to wait for another server on the same index
TELLING = 20  # folded characters; a shorter sentence may be in many passages


def right(answer: Answer, hit: Hit) -> Question:
    """Return the judgement that `hit` answers the question: its marked sentence is what a right passage contains."""
    return Question(answer.language, answer.asked, hit.document.path, _telling(hit))


def wrong(answer: Answer, hit: Hit) -> Question:
    """Return the judgement that `hit` does not answer the question; what does is not known."""
    return Question(answer.language, answer.asked, hit.document.path, (), _telling(hit))


def unanswerable(answer: Answer) -> Question:
    """Return the judgement that nothing in the folder answers the question."""
    return Question(answer.language, answer.asked, None, ())


def _telling(hit: Hit) -> tuple[str, ...]:
    marked = [span.of(hit.text) for span in hit.highlights]
    return tuple(sentence for sentence in marked if len(plain(sentence)) >= TELLING) or (hit.text,)


class Judgements:
    """The file of judgements in an index folder; lines that others wrote there are left as they are."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE
        self._lock = FileLock(folder / LOCK, timeout=PATIENCE)

    def read(self) -> frozenset[Question]:
        """Return the judgements so far, without lines that are not questions."""
        return frozenset(found for line in self._lines() if (found := _question(line)))

    def strange(self) -> list[str]:
        """Return the lines that are not questions."""
        return [line for line in self._lines() if not _question(line)]

    def set_aside(self, aside: Path) -> None:
        """Move the lines that are not questions, or the whole file where it is not text, to another file."""
        with self._alone():
            try:
                strange = "".join(f"{line}\n" for line in self.strange()).encode()
            except CatalogError:
                self.file.rename(aside)
                return
            write_atomically(aside, strange)
            lines = self._lines()
            self._write(lines, [line for line in lines if _question(line)])

    def add(self, judged: Question) -> None:
        """Write a judgement once, in place of those that it contradicts; raise CatalogError where that fails."""
        with self._alone():
            lines = self._lines()
            kept = [line for line in lines if not _contradict(_question(line), judged)]
            if judged not in map(_question, kept):
                kept.append(_line(judged))
            self._write(lines, kept)

    def remove(self, judged: Question) -> None:
        """Take a judgement back; raise CatalogError where that fails."""
        if not self.file.exists():
            return
        with self._alone():
            lines = self._lines()
            self._write(lines, [line for line in lines if _question(line) != judged])

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and processes from writing judgements while the context lasts."""
        try:
            with self._lock:
                yield
        except Timeout:
            raise LockedError(f"Another process is writing {self.file}: judge again when it is done.") from None
        except OSError as error:
            raise self._unwritable(error) from error

    def content(self) -> bytes:
        """Return the bytes of the file, none where nothing was judged yet."""
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
        """Replace the file atomically by one with other lines; do nothing where they are the same."""
        lines = list(after)
        if lines == before:
            return
        try:
            write_atomically(self.file, "".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> CatalogError:
        return CatalogError(
            f"The judgement cannot be written to {self.file} ({error.strerror}): check its disk and permissions."
        )


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
    """Tell whether two judgements contradict each other: on one passage, or on whether anything answers."""
    if old is None or old == new or (old.language, old.text) != (new.language, new.text):
        return False
    if old.document is None or new.document is None:
        return bool(old.contains or new.contains)
    return old.document == new.document and bool({*old.contains, *old.wrong} & {*new.contains, *new.wrong})
