"""A file may hang, bomb or kill its reader: it is skipped with the reason, and the others are read."""

import errno
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.extracted import Extracted
from qa.extraction import PACKAGE, Extractor, Limits, _ask
from qa.folder import SkipError
from qa.library import Library
from tests.conftest import WordEncoder, word_library, write_files

READER = """
import ctypes, os, time
from qa.extracted import Extracted
from qa.folder import SkipError

def read(content):
    words = content.decode()
    if words == "loop for ever":
        while True: pass
    if words == "sleep": time.sleep(60)
    if words == "kill": ctypes.string_at(0)
    if words == "end": os._exit(0)
    if words == "eat memory": bytearray(2**40)
    if words == "eat memory slowly":
        eaten = []
        while True: eaten.append(bytes(2**22))
    if words == "recurse": return read(content)
    if words == "raise": raise KeyError("a library of others")
    if words == "write":
        with open("/tmp/" + str(os.getpid()), "w") as file:
            os.unlink(file.name)
            file.write("x" * 99)
    if words == "skip": raise SkipError("it is locked")
    if words == "print": print("{" * 99999, flush=True); os.write(1, b"xxxxxxxxxxxx")
    return Extracted(f"{words} {os.getpid()}", pages=(0, 1))

serve(*map(int, sys.argv[2:]), {".x": read})
"""
BAD = {
    "loop for ever": "more than 1 seconds of processor time",
    "kill": "its reader crashed",
    "end": "its reader crashed",
    "eat memory": "more than 600 MB of memory",
    "eat memory slowly": "more than 600 MB of memory",
    "recurse": "nested too deeply",
    "raise": r"damaged \(KeyError: 'a library of others'\)",
    "write": r"damaged \(OSError: \[Errno 27\] File too large\)",
    "skip": "it is locked",
}


@pytest.fixture
def extractor() -> Iterator[Extractor]:
    with Extractor(Limits(wall=30, cpu=1, memory=600 * 2**20), PACKAGE + READER) as extractor:
        yield extractor


def read(extractor: Extractor, words: str) -> Extracted:
    return extractor.read(".x", words.encode())


@pytest.mark.parametrize("words", BAD)
def test_f22_a_reader_that_fails_costs_its_file_only(extractor: Extractor, words: str) -> None:
    read(extractor, "before")
    with pytest.raises(SkipError, match=BAD[words]) as raised:
        read(extractor, words)
    assert raised.value.lost
    assert read(extractor, "after").text.startswith("after ")


def test_f22_a_reader_that_waits_is_ended_and_what_was_indexed_stays() -> None:
    with Extractor(Limits(wall=1), PACKAGE + READER) as extractor:
        with pytest.raises(SkipError, match="more than 1 seconds") as raised:
            read(extractor, "sleep")
        assert not raised.value.lost  # a slow machine is no reason to forget it
        assert read(extractor, "after").text.startswith("after ")


def test_a_system_that_cannot_limit_memory_keeps_the_other_limits() -> None:
    macos = """
import resource
def setrlimit(kind, limits, setrlimit=resource.setrlimit):
    if kind == resource.RLIMIT_AS: raise ValueError("current limit exceeds maximum limit")
    setrlimit(kind, limits)
resource.setrlimit = setrlimit
"""
    with Extractor(Limits(cpu=1), PACKAGE + macos + READER) as extractor:
        assert read(extractor, "file").text.startswith("file ")
        for words in ("loop for ever", "write"):
            with pytest.raises(SkipError, match=BAD[words]):
                read(extractor, words)


def test_where_the_seconds_of_a_process_are_limited_already_files_are_read_too() -> None:
    limited = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (500, 500))
def setrlimit(kind, limits, setrlimit=resource.setrlimit):
    if kind == resource.RLIMIT_CPU and limits[1] != 500: raise ValueError("not allowed to raise maximum limit")
    setrlimit(kind, limits)
resource.setrlimit = setrlimit  # as for anyone but root
"""
    with Extractor(Limits(cpu=1), PACKAGE + limited + READER) as extractor:
        assert read(extractor, "file").text.startswith("file ")
        with pytest.raises(SkipError, match=BAD["loop for ever"]):
            read(extractor, "loop for ever")


def test_an_answer_in_the_last_moment_costs_the_next_file_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask_until_late(child: "subprocess.Popen[bytes]", suffix: str, content: bytes) -> object:
        answer = _ask(child, suffix, content)
        child.wait()  # until it is killed
        return answer

    with Extractor(Limits(wall=1), PACKAGE + READER) as extractor:
        monkeypatch.setattr("qa.extraction._ask", ask_until_late)
        assert read(extractor, "before").text.startswith("before ")
        monkeypatch.undo()
        assert read(extractor, "after").text.startswith("after ")


def test_many_files_are_read_by_one_process(extractor: Extractor) -> None:
    found = {read(extractor, "file").text for _ in range(500)}
    assert len(found) == 1
    with pytest.raises(SkipError):
        read(extractor, "kill")
    assert read(extractor, "file").text not in found


def test_each_file_has_its_own_seconds_of_work(extractor: Extractor) -> None:
    burn = "until = time.process_time() + 0.1\n    while time.process_time() < until: pass"
    program = READER.replace("    words = content.decode()", f"    words = content.decode()\n    {burn}")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Extractor(Limits(cpu=1), PACKAGE + program) as busy:
        processes = {read(busy, "work").text for _ in range(20)}
    assert len(processes) == 1
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime > 1.5  # more than one file may take


def test_what_a_reader_prints_is_no_answer(extractor: Extractor) -> None:
    assert read(extractor, "print").text.startswith("print ")


def test_the_text_and_pages_come_back_as_they_are(extractor: Extractor) -> None:
    words = "سند\u2028«\U0001f600»\n\x1b"
    assert read(extractor, words).text.startswith(words)
    assert read(extractor, words).pages == (0, 1)


def test_an_answer_that_is_far_too_long_costs_its_file_only(
    extractor: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.extraction.LARGEST_ANSWER", 200)
    with pytest.raises(SkipError, match="its reader crashed"):
        read(extractor, "words " * 99)
    assert read(extractor, "few words").text.startswith("few words ")


def test_where_no_process_can_be_started_what_was_indexed_stays(
    extractor: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", refuse)
        with pytest.raises(SkipError, match=r"cannot be started \(Resource temporarily unavailable\)") as raised:
            read(extractor, "file")
    assert not raised.value.lost
    assert read(extractor, "file").text.startswith("file ")


def test_no_process_is_left_behind(extractor: Extractor) -> None:
    pid = int(read(extractor, "file").text.split()[1])
    extractor.__exit__(None, None, None)
    assert not Path(f"/proc/{pid}").exists()


def test_plain_text_needs_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Extractor, "_start", lambda self: pytest.fail("a process was started"))
    folder = write_files(tmp_path / "docs", {"a.txt": "The well is in the garden.", "b.md": "# Well\n\nA garden."})
    assert word_library(folder, tmp_path / "i", WordEncoder("well")).update().added == ("a.txt", "b.md")


@pytest.fixture
def words(tmp_path: Path) -> Library:
    files = {"a.html": "<p>The well is in the garden.", "z.csv": "place,name\nwell,garden\n", "m.txt": "A well."}
    return word_library(write_files(tmp_path / "docs", files), tmp_path / "i", WordEncoder("well garden"))


def test_a_bad_file_among_good_ones_is_told_in_the_report(words: Library) -> None:
    write_files(words.folder, {"b.pdf": "no pdf", "c.json": "{" * 100_000, "d.docx": ""})
    report = words.update()
    assert report.added == ("a.html", "m.txt", "z.csv")
    assert [skip.path for skip in report.skipped] == ["b.pdf", "c.json", "d.docx"]
    assert words.ask("garden").hits[0].document.path in ("a.html", "z.csv")
