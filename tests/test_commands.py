"""The commands as other programs use them: real processes, JSON, what is said beside it."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.conftest import ROOT, SEEDS, done, sanad, write_files

KEYS = ["question", "language", "within", "confident", "confidence", "hits", "waiting"]
HIT_KEYS = ["rank", "score", "document", "title", "start", "end", "text", "highlights", "language", "page"]
HIT_KEYS += ["section", "date", "elsewhere"]
SCORE_KEYS = ["n", "unanswerable", "hit@1", "hit@3", "hit@5", "mrr", "refused_right", "refused_wrong"]


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
