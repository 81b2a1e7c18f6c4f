"""Run the readers of foreign formats in a child process with limits: a file may hang, bomb or kill its reader.

The child is started once and reads many files. A file that ends it is lost alone: the next one gets a new child.
"""

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, cast

from qa.extracted import Extracted
from qa.folder import SkipError
from qa.formats import EXTRACTORS, Reader

LARGEST_ANSWER = 512 * 2**20  # bytes of JSON; the text is at most a few times as large as its file
_SIZE = struct.Struct(">Q")
_TOO_LONG = "it may be damaged; if it is not, split it"


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take: seconds by the clock, seconds of one core, bytes of memory."""

    wall: float = 120
    cpu: int = 60
    memory: int = 2 * 2**30


LIMITS = Limits()
# The child imports the readers from beside this file, whatever the working directory is, and nothing else of the
# package: the index and its libraries would only cost it time and memory.
PACKAGE = """
import sys, types
package = sys.modules["qa"] = types.ModuleType("qa")
package.__path__ = [sys.argv[1]]
from qa.extraction import serve
"""
CHILD = PACKAGE + "serve(*map(int, sys.argv[2:]))"


class Extractor:
    """A child process that reads files, started with the first one; leave the context to end it."""

    def __init__(self, limits: Limits = LIMITS, program: str = CHILD) -> None:
        self.limits = limits
        self._program = program
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Extractor":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def read(self, suffix: str, content: bytes) -> Extracted:
        """Return what the reader for `suffix` makes of a file; raise SkipError with the reason where it cannot."""
        try:
            child = self._child = self._child or self._start()
        except OSError as error:
            reason = f"its reader cannot be started ({error.strerror}): the next update tries again"
            raise SkipError(reason, lost=False) from None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            child.kill()

        watch = threading.Timer(self.limits.wall, give_up)
        watch.start()
        try:
            answer = _ask(child, suffix, content)
        except (OSError, EOFError, ValueError):
            raise SkipError(self._explain(late.is_set(), self._end()), lost=not late.is_set()) from None
        finally:
            watch.cancel()
            watch.join()
        if late.is_set():  # in the moment of the answer: the next file needs another child
            self._end()
        if "skip" in answer:
            raise SkipError(str(answer["skip"]))
        told = {"pages": tuple(answer["pages"]), "headings": tuple(map(tuple, answer["headings"]))}
        return Extracted(**{**answer, **told})

    def _start(self) -> "subprocess.Popen[bytes]":
        limits = (str(self.limits.cpu), str(self.limits.memory))
        command = [sys.executable, "-c", self._program, str(Path(__file__).parent), *limits]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _end(self) -> int:
        child, self._child = self._child, None
        if child is None:
            return 0
        with child, contextlib.suppress(BrokenPipeError):
            child.kill()
        return child.wait()

    def _explain(self, late: bool, status: int) -> str:
        if late:
            return f"reading it took more than {self.limits.wall:,.0f} seconds: {_TOO_LONG}"
        if status == -signal.SIGXCPU:
            return f"reading it took more than {self.limits.cpu:,} seconds of processor time: {_TOO_LONG}"
        return "its reader crashed: it may be damaged"


def _ask(child: "subprocess.Popen[bytes]", suffix: str, content: bytes) -> Mapping[str, Any]:
    questions, answers = cast(BinaryIO, child.stdin), cast(BinaryIO, child.stdout)
    for part in (suffix.encode(), content):
        questions.write(_SIZE.pack(len(part)))
        questions.write(part)
    questions.flush()
    answer = json.loads(_take(answers, LARGEST_ANSWER))
    if not isinstance(answer, dict):
        raise ValueError("no answer")
    return answer


def _take(stream: BinaryIO, largest: int | None = None) -> bytes:
    """Return the next part of a stream, which is preceded by its size."""
    head = stream.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(head)
    if largest is not None and size > largest:
        raise ValueError("too large")
    part = stream.read(size)
    if len(part) < size:
        raise EOFError
    return part


def serve(cpu: int, memory: int, readers: Mapping[str, Reader] = EXTRACTORS) -> None:
    """Read files from standard input and answer on standard output until the input ends; drop what readers print."""
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    _limit_memory(memory)
    while True:
        try:
            suffix, content = _take(sys.stdin.buffer).decode(), _take(sys.stdin.buffer)
        except EOFError:
            return
        _limit_time(cpu)
        answer = json.dumps(_read(readers, suffix, content, memory)).encode()
        answers.write(_SIZE.pack(len(answer)) + answer)
        answers.flush()


def _read(readers: Mapping[str, Reader], suffix: str, content: bytes, memory: int) -> dict[str, object]:
    try:
        return asdict(readers[suffix](content))
    except SkipError as skip:
        return {"skip": skip.reason}
    except MemoryError:
        return {"skip": f"reading it took more than {memory // 2**20:,} MB of memory: split it"}
    except RecursionError:
        return {"skip": "it is nested too deeply"}
    except Exception as error:  # noqa: BLE001, whatever a library raises over a damaged file costs that file only
        return {"skip": f"it is damaged ({type(error).__name__}: {str(error)[:100]})"}


def _limit_memory(memory: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # a reader writes no files
    # macOS refuses this limit, whatever it is; other systems only where a lower one holds already.
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _limit_time(cpu: int) -> None:
    """Allow the next file its seconds on top of those that the files before it took."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    most = int(usage.ru_utime + usage.ru_stime) + 1 + cpu
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)  # which none but root may raise
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
