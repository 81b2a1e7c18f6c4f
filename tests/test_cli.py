"""The command line as other programs use it: real processes, exit statuses, JSON."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
import tomllib
from pathlib import Path

import pytest

import qa.cli
from tests.conftest import ROOT, SEEDS, assert_refused, done, sanad, write_files

KEYS = ["question", "language", "within", "confident", "confidence", "hits", "waiting"]
HIT_KEYS = ["rank", "score", "document", "title", "start", "end", "text", "highlights", "language", "page"]
HIT_KEYS += ["section", "date", "elsewhere"]
SCORE_KEYS = ["n", "unanswerable", "hit@1", "hit@3", "hit@5", "mrr", "refused_right", "refused_wrong"]
COMMANDS = ["build", "ask", "eval", "serve", "doctor"]


def test_build_reports_as_json(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SEEDS, tmp_path / "docs"))
    (folder / "bad.txt").write_bytes(bytes(99))
    (folder / "old.txt").write_bytes("مكتبة المدينة القديمة تأسست في حي الصاغة".encode("cp1256"))
    first = json.loads(done("build", folder, "--index", tmp_path / "i", "--json"))
    names = ["added", "changed", "removed", "unchanged", "skipped", "notes", "rebuilt", "switched"]
    names += ["embedded", "passages", "waiting", "seconds"]
    assert list(first) == names
    assert first["added"] == sorted([*(file.name for file in SEEDS.iterdir()), "old.txt"])
    assert first["skipped"] == [{"document": "bad.txt", "reason": "it is not text in any encoding that is known"}]
    assert first["notes"] == [{"document": "old.txt", "note": "read as cp1256"}]
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
    assert drawn.count("\n") == 1


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


def test_the_folder_may_follow_the_options(built: Path) -> None:
    before = done("ask", "نفت", SEEDS, "--index", built, "--json", "-k", "1")
    assert done("ask", "نفت", "--index", built, "--json", "-k", "1", SEEDS) == before


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


def test_eval_says_that_the_documents_of_the_questions_are_not_there(built: Path, tmp_path: Path) -> None:
    lines = [{"lang": "en", "question": name, "document": name, "contains": ["x"]} for name in ("b.txt", "a.txt")]
    questions = tmp_path / "q.jsonl"
    questions.write_text("\n".join(map(json.dumps, lines)))
    found = sanad("eval", questions, SEEDS, "--index", built)
    said = f"sanad: {SEEDS} lacks 2 documents that the questions name, for example a.txt: is it the right folder?\n"
    assert (found.returncode, found.stderr) == (0, said)


def test_eval_names_the_questions_that_cannot_be_asked_any_more(built: Path, tmp_path: Path) -> None:
    asked = {"lang": "en", "question": "Atlantic Council document:gone.pdf"}
    lines = [{**asked, "document": "002_17b2b5dd5e8b691f.txt", "contains": ["آتلانتیک"]}, {**asked, "document": None}]
    questions = tmp_path / "q.jsonl"
    questions.write_text("\n".join(map(json.dumps, lines)))
    printed = done("eval", questions, SEEDS, "--index", built).splitlines()
    reason = "it cannot be asked here. No document's path matches gone.pdf: look at the list of documents."
    assert printed[-2:] == [f"en: {asked['question']}: {reason}"] * 2
    scores = json.loads(done("eval", questions, SEEDS, "--index", built, "--json"))["en"]
    assert (scores["hit@1"], scores["refused_right"], scores["refused_wrong"]) == (0, 1, 1)


def test_doctor_tells_whether_index_and_folder_agree(tmp_path: Path) -> None:
    folder, index = Path(shutil.copytree(SEEDS, tmp_path / "docs")), tmp_path / "i"
    assert sanad("doctor", folder, "--index", index).returncode == 1
    done("build", folder, "--index", index)
    found = json.loads(done("doctor", folder, "--index", index, "--json"))
    assert (found["healthy"], found["findings"], found["repairs"]) == (True, [], [])
    (folder / "new.txt").write_text("new text")
    found = sanad("doctor", folder, "--index", index)
    assert (found.returncode, found.stdout) == (1, "new.txt is in the folder but not in the index.\n")


@pytest.mark.parametrize(("name", "value"), [("SANAD_PORT", "x"), ("SANAD_ALLOW_UPLOAD", "perhaps")])
def test_a_setting_of_serve_matters_to_no_other_command(built: Path, name: str, value: str) -> None:
    assert done("ask", "نفت", SEEDS, "--index", built, "-k", "1", **{name: value}).startswith(("Found", "Not found"))
    assert_refused(sanad("serve", SEEDS, "--index", built, **{name: value}), repr(value))


def test_the_version_is_that_of_the_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])  # where what is installed is looked for
    for told in ("sanad of an unknown version, since it is not installed\n", "sanad 7.8.9\n"):
        with pytest.raises(SystemExit) as ended:
            qa.cli.main(["--version"])
        assert (ended.value.code, capsys.readouterr()) == (0, (told, ""))
        metadata = "Metadata-Version: 2.1\nName: sanad\nVersion: 7.8.9\n"
        write_files(tmp_path, {"sanad-7.8.9.dist-info/METADATA": metadata})


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


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["serve", "--port", "99999"], "'99999' is not a port: give a number from 1 to 65535."),
        (["ask", "q", "--after", "soon"], "'soon' (after) is not a date: write it as 2022-01-31, 2022-01 or 2022."),
        (["ask", "q", "--language", "ARABIC"], "'ARABIC' is not a language code: give one such as ar, fa or en."),
        (["ask", "q", "--after", "2022", "--before", "2021"], "before 2021-01-01: swap the two."),
    ],
)
def test_a_wrong_value_of_an_option_is_wrong_usage(wrong: list[str], told: str) -> None:
    found = sanad(*wrong)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("usage: sanad")
    assert found.stderr.endswith(f"{told}\n")


def test_a_question_without_quotes_is_told_to_have_some() -> None:
    assert "put a question of several words in quotes" in sanad("ask", "who", "won", "the", "race").stderr
    assert "quotes" not in sanad("ask", "who won", "--colour", "red").stderr


def test_a_watched_folder_tells_of_each_skipped_file_once(tmp_path: Path) -> None:
    docs = write_files(tmp_path / "docs", {"a.txt": "oil", "empty.txt": ""})
    command = [sys.executable, "-m", "qa", "build", str(docs), "--index", str(tmp_path / "i"), "--watch"]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as watching:
        assert watching.stdout
        first = [watching.stdout.readline() for _ in range(2)]
        write_files(docs, {"blank.txt": " "})
        (write_files(tmp_path / "aside", {"b.txt": "gas"}) / "b.txt").rename(docs / "b.txt")  # whole at once
        then = [watching.stdout.readline() for _ in range(2)]
        watching.send_signal(signal.SIGINT)
        _, told = watching.communicate(timeout=60)
    assert (first[0][:18], then[0][:31]) == ("1 added, 1 skipped", "1 added, 1 unchanged, 2 skipped")
    assert [line.split(":")[0] for line in told.splitlines()] == ["skipped empty.txt", "skipped blank.txt"]


def test_the_reader_of_the_output_may_close_it(built: Path) -> None:
    command = f"{sys.executable} -m qa ask oil {SEEDS} --index {built} -k 40 | head -c 1"
    found = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(built: Path, closed: str) -> None:
    command = f"{sys.executable} -m qa ask oil {SEEDS} --index {built} -k 1 {closed}"
    found = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith(("Found", "Not found")) == (">&-" not in closed.split())


def test_too_little_memory_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(qa.cli, "_current", lambda *_, **__: bytes(2**62))  # more than any address
    assert qa.cli.main(["ask", "oil", str(SEEDS), "--index", str(tmp_path)]) == 1
    assert capsys.readouterr() == (
        "",
        "sanad: There is not enough memory: close other programs. What is indexed is kept.\n",
    )


def test_the_console_script_is_the_same_command() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"sanad": f"{qa.cli.main.__module__}:{qa.cli.main.__name__}"}
    script = Path(sys.executable).with_name("sanad")
    if not script.exists():
        pytest.skip("the console script is not installed here")
    assert subprocess.run([script, "--help"], capture_output=True, text=True, check=True).stdout == done("--help")
