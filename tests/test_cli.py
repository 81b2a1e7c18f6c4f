"""The command line as other programs use it: real processes, exit statuses, JSON, and one sentence for each fault."""

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
import termios
import tomllib
from pathlib import Path
from unittest import mock

import pytest

import qa.cli
from qa.catalog import FILE, Catalog
from qa.errors import CatalogError
from tests.conftest import ROOT, SEEDS, write_files

KEYS = ["question", "language", "confident", "confidence", "hits"]
HIT_KEYS = ["rank", "score", "document", "title", "start", "end", "text", "highlights", "language"]
SCORE_KEYS = ["n", "unanswerable", "hit@1", "hit@3", "hit@5", "mrr", "refused_right", "refused_wrong"]
COMMANDS = ["build", "ask", "eval", "serve", "doctor"]


def sanad(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "qa", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", timeout=120
    )


def done(*arguments: str | Path, **environment: str) -> str:
    """Run a command that must succeed and return what it printed."""
    found = sanad(*arguments, **environment)
    assert found.returncode == 0, found.stderr
    return found.stdout


def assert_refused(found: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Check that a command failed with one clear sentence and nothing else."""
    assert found.returncode == 1
    assert found.stdout == ""
    assert "Traceback" not in found.stderr
    lines = found.stderr.splitlines()
    assert len(lines) == 1, found.stderr
    assert lines[0].startswith("sanad: ")
    assert all(part in lines[0] for part in parts), lines[0]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an index of the seeds, built by the command."""
    index = tmp_path_factory.mktemp("built")
    assert done("build", SEEDS, "--index", index).startswith("5 added; ")
    return index


def test_build_reports_as_json(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SEEDS, tmp_path / "docs"))
    (folder / "bad.txt").write_bytes(b"\xff")
    first = json.loads(done("build", folder, "--index", tmp_path / "i", "--json"))
    names = ["added", "changed", "removed", "unchanged", "skipped", "rebuilt", "embedded", "passages", "seconds"]
    assert list(first) == names
    assert first["added"] == sorted(file.name for file in SEEDS.iterdir())
    assert first["skipped"] == [{"document": "bad.txt", "reason": "it is not UTF-8 text (byte 0): save it as UTF-8"}]
    assert first["embedded"] == first["passages"] > 40
    second = json.loads(done("build", folder, "--index", tmp_path / "i", "--json"))
    assert (second["unchanged"], second["embedded"]) == (first["added"], 0)


def test_a_build_on_a_terminal_shows_its_progress(tmp_path: Path) -> None:
    shown, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    command = [sys.executable, "-m", "qa", "build", str(SEEDS), "--index", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=terminal, check=True)
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=terminal, check=True)  # embeds nothing
    os.close(terminal)
    drawn = os.read(shown, 100_000).decode()
    assert "0%|" in drawn
    assert drawn.count("100%|") == 1


@pytest.mark.parametrize(
    "question", ["Did Kazakhstan abolish capital punishment?", "نفت قزاقستان", "Сколько длится срок?", "'<b>${x}</b>'"]
)
def test_ask_answers_as_json(built: Path, question: str) -> None:
    found = json.loads(done("ask", question, SEEDS, "--index", built, "--json", "-k", "4"))
    assert list(found) == KEYS
    assert (found["question"], type(found["confident"])) == (question, bool)
    assert 0 <= found["confidence"] <= 1
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3, 4]
    for hit in found["hits"]:
        assert list(hit) == HIT_KEYS
        text = (SEEDS / hit["document"]).read_text("utf-8")
        assert hit["text"] == text[hit["start"] : hit["end"]]
        assert hit["highlights"]
        assert all(0 <= start < end <= len(hit["text"]) for start, end in hit["highlights"])


def test_ask_prints_the_answer_with_its_places_for_people(built: Path) -> None:
    printed = done("ask", "Which countries besides Russia matter to Astana?", SEEDS, "--index", built)
    assert printed.startswith(("Found: searched", "Not found: searched"))
    assert "\n1. " in printed
    assert ".txt, characters " in printed
    assert "\x1b" not in printed


def test_ask_builds_the_index_first_and_follows_the_folder(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("The old well is in the garden.")
    asked = ("ask", "Where is the well?", tmp_path / "docs", "--index", tmp_path / "i", "--json")
    assert "garden" in json.loads(done(*asked))["hits"][0]["text"]
    (tmp_path / "docs" / "a.txt").write_text("The new well is in the yard.")
    assert [hit["text"] for hit in json.loads(done(*asked))["hits"]] == ["The new well is in the yard."]
    shutil.rmtree(tmp_path / "docs")
    found = sanad(*asked)
    assert "Answering from the index as it was" in found.stderr
    assert "yard" in json.loads(found.stdout)["hits"][0]["text"]


def test_ask_imports_neither_torch_nor_gradio_nor_sentence_transformers(built: Path) -> None:
    code = "import sys; from qa.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", code, "ask", "نفت", str(SEEDS), "--index", str(built)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    loaded = set(found.stderr.split())
    assert {"numpy", "faiss", "tokenizers"} <= loaded
    assert not loaded & {"torch", "gradio", "sentence_transformers", "transformers", "scipy", "sklearn", "pandas"}


def test_eval_measures_as_json_and_as_a_table(built: Path, tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    one = {
        "lang": "en",
        "question": "Atlantic Council",
        "document": "002_17b2b5dd5e8b691f.txt",
        "contains": ["آتلانتیک"],
    }
    other = {"lang": "tr", "question": "Elma turtası nasıl yapılır?", "document": None}
    questions.write_text(json.dumps(one) + "\n" + json.dumps(other), "utf-8")
    found = json.loads(done("eval", questions, SEEDS, "--index", built, "--json"))
    assert list(found) == ["en", "tr", "all"]
    assert all(list(scores) == SCORE_KEYS for scores in found.values())
    assert [(s["n"], s["unanswerable"]) for s in found.values()] == [(1, 0), (0, 1), (1, 1)]
    assert found["tr"]["hit@1"] is None
    printed = done("eval", questions, SEEDS, "--index", built)
    assert printed.split()[: len(SCORE_KEYS)] == SCORE_KEYS


def test_doctor_tells_whether_index_and_folder_agree(tmp_path: Path) -> None:
    folder, index = Path(shutil.copytree(SEEDS, tmp_path / "docs")), tmp_path / "i"
    assert sanad("doctor", folder, "--index", index).returncode == 1
    done("build", folder, "--index", index)
    assert json.loads(done("doctor", folder, "--index", index, "--json")) == {"healthy": True, "findings": []}
    (folder / "new.txt").write_text("new text")
    found = sanad("doctor", folder, "--index", index)
    assert (found.returncode, found.stdout) == (1, "new.txt is in the folder but not in the index.\n")


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_explains_every_command(command: list[str]) -> None:
    printed = done(*command, "--help")
    assert printed.startswith("usage: sanad")
    assert all(name in printed for name in COMMANDS) or command


@pytest.mark.parametrize(
    "wrong", [[], ["nothing"], ["ask"], ["ask", "q", "-k", "0"], ["ask", "q", "-k", "x"], ["build", "a", "b"]]
)
def test_wrong_usage_exits_with_2(wrong: list[str]) -> None:
    found = sanad(*wrong)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("usage: sanad")


def test_each_unusable_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for name, part in (("missing", "no folder"), ("empty", "no documents"), ("file", "a file, not a folder")):
        for command in (["build"], ["ask", "oil"]):
            assert_refused(sanad(*command, tmp_path / name, "--index", tmp_path / "i"), part, name)
    assert not (tmp_path / "i").exists()


def test_a_folder_that_became_empty_keeps_the_index_unless_it_is_meant(tmp_path: Path) -> None:
    place = (write_files(tmp_path / "docs", {"a.txt": "The well is in the garden."}), "--index", tmp_path / "i")
    assert done("build", *place).startswith("1 added; 1 passage embedded in ")
    (tmp_path / "docs" / "a.txt").write_bytes(b"\xff")
    assert_refused(sanad("build", *place), "No file in", "a.txt: it is not UTF-8 text", "1 file in all")
    (tmp_path / "docs" / "a.txt").unlink()
    assert_refused(sanad("build", *place), "The index keeps its 1 document. If that is meant, add --force.")
    assert done("build", *place, "--force").startswith("1 removed; 0 passages embedded")


@pytest.mark.parametrize(("question", "part"), [("", "empty"), ("؟!", "empty"), ("x" * 10_000, "10,000 characters")])
def test_each_unusable_question_is_said(built: Path, question: str, part: str) -> None:
    assert_refused(sanad("ask", question, SEEDS, "--index", built), part)


def test_each_unusable_setting_or_file_is_said(built: Path, tmp_path: Path) -> None:
    assert_refused(sanad("eval", tmp_path / "none.jsonl", SEEDS, "--index", built), "none.jsonl")
    assert_refused(sanad("ask", "oil", SEEDS, "--index", built, SANAD_PORT="x"), "no port")
    assert_refused(sanad("ask", "oil", SEEDS, "--index", built, "--model", tmp_path), "safetensors")
    nowhere = tmp_path / "nowhere"
    assert_refused(sanad("ask", "oil", SEEDS, "--index", built, "--model", nowhere), str(nowhere), "give a folder")


def test_a_locked_index_is_said_and_still_answers(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("The old well is in the garden.")
    place = (tmp_path / "docs", "--index", tmp_path / "i")
    done("build", *place)
    (tmp_path / "docs" / "b.txt").write_text("The new well is in the yard.")
    db = sqlite3.connect(tmp_path / "i" / FILE, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    assert_refused(sanad("build", *place), "Another process is writing the index")
    found = sanad("ask", "well", *place, "--json")
    db.close()
    assert [hit["document"] for hit in json.loads(found.stdout)["hits"]] == ["a.txt"]
    assert json.loads(done("build", *place, "--json"))["added"] == ["b.txt"]


@pytest.mark.parametrize("content", [b"x", b"garbage" * 1000, bytes(range(256)) * 40])
@pytest.mark.parametrize("command", [["build"], ["ask", "oil"], ["doctor"]])
def test_a_damaged_index_is_said_and_left_alone(tmp_path: Path, command: list[str], content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert_refused(sanad(*command, SEEDS, "--index", tmp_path), "damaged", "move it away and build again")
    assert (tmp_path / FILE).read_bytes() == content


def test_a_file_where_the_index_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for command in (["build"], ["ask", "oil"]):
        assert_refused(sanad(*command, SEEDS, "--index", tmp_path / "file"), "a file is in the way", "name another")


def test_an_index_that_cannot_be_written_still_answers(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_files(tmp_path, {"new.txt": "The new well is in the yard."})
    shutil.copytree(built, tmp_path / ".index")
    refused = CatalogError("The index cannot be used (attempt to write a readonly database).")
    monkeypatch.setattr(Catalog, "write", mock.Mock(side_effect=refused))
    assert qa.cli.main(["ask", "oil", str(tmp_path), "--index", str(tmp_path / ".index"), "--json"]) == 0
    told = capsys.readouterr()
    assert "readonly database). Answering from the index as it was." in told.err
    assert len(json.loads(told.out)["hits"]) == 5
    assert qa.cli.main(["build", str(tmp_path), "--index", str(tmp_path / ".index")]) == 1
    assert capsys.readouterr() == ("", f"sanad: {refused}\n")


INTERRUPTED = """
import os, signal, sys
import qa.update
from qa.cli import main
embed, batches = qa.update.embed, []
def interrupted(*given):
    batches.append(given)
    if len(batches) == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return embed(*given)
qa.update.BATCH, qa.update.embed = 4, interrupted
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("first", [True, False])
def test_an_interrupted_build_leaves_the_index_as_it_was(tmp_path: Path, first: bool) -> None:
    folder, index = write_files(tmp_path / "docs", {"a.txt": "The old well is in the garden."}), tmp_path / "i"
    if not first:
        done("build", folder, "--index", index)
    shutil.copytree(SEEDS, folder, dirs_exist_ok=True)
    command = [sys.executable, "-c", INTERRUPTED, "build", folder, "--index", index]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert (found.returncode, found.stdout) == (130, "")
    assert found.stderr == "sanad: stopped; the index is as it was.\n"
    assert [document.path for document in Catalog(index).load().documents] == ["a.txt"][first:]
    assert len(json.loads(done("build", folder, "--index", index, "--json"))["added"]) == 5 + first


def test_names_that_are_no_text_reach_the_output_as_text(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a\n\x1b[31m\u202egpj.txt").write_text("The well is in the garden.")
    Path(os.fsdecode(os.fsencode(tmp_path / "docs") + b"/b\xff.txt")).write_text("text")
    found = sanad("ask", "well", tmp_path / "docs", "--index", tmp_path / "i")
    assert found.returncode == 0, found.stderr
    assert "a\ufffd\ufffd[31m\ufffdgpj.txt, characters" in found.stdout
    assert "\x1b" not in found.stdout + found.stderr


def test_the_reader_of_the_output_may_close_it(built: Path) -> None:
    command = f"{sys.executable} -m qa ask oil {SEEDS} --index {built} -k 40 | head -c 1"
    found = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")


def test_the_console_script_is_the_same_command() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"sanad": f"{qa.cli.main.__module__}:{qa.cli.main.__name__}"}
    script = Path(sys.executable).with_name("sanad")
    if not script.exists():
        pytest.skip("the console script is not installed here")
    assert subprocess.run([script, "--help"], capture_output=True, text=True, check=True).stdout == done("--help")
