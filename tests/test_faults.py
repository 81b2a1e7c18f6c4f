"""Bad input to real processes: one sentence for each fault, an exit status that is not 0, and nothing lost."""

import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest

import qa.cli
from qa.catalog import FILE, Catalog
from qa.errors import CatalogError
from tests.conftest import ROOT, SEEDS, assert_refused, done, sanad, write_files


def test_each_unusable_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for name, part in (("missing", "no folder"), ("empty", "no documents"), ("file", "a file, not a folder")):
        for command in (["build"], ["ask", "oil"]):
            assert_refused(sanad(*command, tmp_path / name, "--index", tmp_path / "i"), part, name)
    assert not (tmp_path / "i").exists()


def test_a_folder_whose_name_is_not_utf_8_is_refused_and_may_be_reached_by_a_link(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/docs\xe3"))
    write_files(folder, {"a.txt": "The well is in the garden."})
    assert_refused(sanad("build", folder, "--index", tmp_path / "i"), "is not UTF-8: rename the folder", "link")
    (tmp_path / "link").symlink_to(folder)
    assert done("build", tmp_path / "link", "--index", tmp_path / "i").startswith("1 added")


def test_a_folder_that_became_empty_keeps_the_index_unless_it_is_meant(tmp_path: Path) -> None:
    place = (write_files(tmp_path / "docs", {"a.txt": "The well is in the garden."}), "--index", tmp_path / "i")
    assert done("build", *place).startswith("1 added; 1 passage embedded in ")
    (tmp_path / "docs" / "a.txt").write_bytes(bytes(99))
    assert_refused(sanad("build", *place), "No file in", "a.txt: it is not text", "1 file in all")
    (tmp_path / "docs" / "a.txt").unlink()
    assert_refused(sanad("build", *place), "The index keeps its 1 document. If that is meant, add --force.")
    assert done("build", *place, "--force").startswith("1 removed; 0 passages embedded")


@pytest.mark.parametrize(("question", "part"), [("", "empty"), ("؟!", "empty"), ("x" * 10_000, "10,000 characters")])
def test_each_unusable_question_is_said(built: Path, question: str, part: str) -> None:
    assert_refused(sanad("ask", question, SEEDS, "--index", built), part)


def test_each_unusable_setting_or_file_is_said(built: Path, tmp_path: Path) -> None:
    assert_refused(sanad("eval", tmp_path / "none.jsonl", SEEDS, "--index", built), "none.jsonl")
    assert_refused(sanad("ask", "oil", SEEDS, "--index", built, "--model", tmp_path), "safetensors")
    nowhere = tmp_path / "nowhere"
    assert_refused(sanad("ask", "oil", SEEDS, "--index", built, "--model", nowhere), str(nowhere), "give a folder")


@pytest.mark.parametrize("program", [["-m", "qa", "serve"], ["app.py"]])
def test_a_busy_port_is_said(tmp_path: Path, program: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, *program, SEEDS, "--index", tmp_path, "--port", port]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert_refused(found, f"Port {port} is in use: stop the other program or choose another")
    assert not list(tmp_path.iterdir())


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
@pytest.mark.parametrize("command", [["build"], ["ask", "oil"]])
def test_a_damaged_index_is_said_and_left_alone(tmp_path: Path, command: list[str], content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert_refused(sanad(*command, SEEDS, "--index", tmp_path), "damaged", "move it away and build again")
    assert (tmp_path / FILE).read_bytes() == content
    found = sanad("doctor", SEEDS, "--index", tmp_path)
    assert (found.returncode, f"{tmp_path / FILE} is beyond repair" in found.stdout) == (1, True)
    assert (tmp_path / FILE).read_bytes() == content


def test_a_file_where_the_index_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for command in (["build"], ["ask", "oil"]):
        assert_refused(sanad(*command, SEEDS, "--index", tmp_path / "file"), "a file is in the way", "name another")


def test_an_index_in_a_folder_of_documents_is_refused_by_every_command(tmp_path: Path) -> None:
    write_files(tmp_path, {"two/a/one.txt": "The bridge fell.", "two/b/two.txt": "Why?"})
    commands = (["build"], ["ask", "why"], ["eval", ROOT / "tests" / "questions.jsonl"], ["doctor", "--repair"])
    before = sorted(tmp_path.rglob("*"))
    for command in commands:
        found = sanad(*command, tmp_path / "two", "--index", tmp_path / "two" / "a")
        assert_refused(found, f"cannot be kept among the documents of {tmp_path / 'two'}: name another folder")
    assert sorted(tmp_path.rglob("*")) == before


def test_an_index_that_cannot_be_written_still_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copytree(SEEDS, tmp_path, dirs_exist_ok=True)
    done("build", tmp_path, "--index", tmp_path / ".index")
    write_files(tmp_path, {"new.txt": "The new well is in the yard."})
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
def test_f29_an_interrupted_build_keeps_what_it_did_and_the_next_goes_on_from_there(
    tmp_path: Path, first: bool
) -> None:
    folder, index = write_files(tmp_path / "docs", {"a.txt": "The old well is in the garden."}), tmp_path / "i"
    if not first:
        done("build", folder, "--index", index)
    shutil.copytree(SEEDS, folder, dirs_exist_ok=True)
    command = [sys.executable, "-c", INTERRUPTED, "build", folder, "--index", index, "--json"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert (found.returncode, found.stderr) == (130, "")
    stopped = json.loads(found.stdout)
    kept = [*stopped["added"], *stopped["unchanged"]]
    assert (stopped["embedded"], stopped["waiting"]) == (12, 6 - len(kept))
    assert [document.path for document in Catalog(index).listing().documents] == kept == sorted(kept)
    answer = json.loads(done("ask", "oil", folder, "--index", index, "--json"))
    assert answer["waiting"] == 0
    rest = json.loads(done("build", folder, "--index", index, "--json"))
    assert (len(rest["unchanged"]), rest["waiting"], rest["embedded"]) == (6, 0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_ctrl_c_at_any_time_leaves_an_index_that_goes_on(tmp_path: Path, seed: int) -> None:
    folder = Path(shutil.copytree(SEEDS, tmp_path / "docs"))
    place = (folder, "--index", tmp_path / "i")
    with subprocess.Popen(
        [sys.executable, "-m", "qa", "build", *place], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        time.sleep(random.Random(seed).uniform(0.25, 0.9))
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode in (0, 130, -signal.SIGINT)  # the last before our code runs
    report = json.loads(done("build", *place, "--json"))
    assert sorted([*report["added"], *report["unchanged"]]) == sorted(file.name for file in SEEDS.iterdir())
    assert json.loads(done("doctor", *place, "--json"))["healthy"]


def test_the_index_of_another_folder_is_replaced_only_with_force(tmp_path: Path) -> None:
    write_files(tmp_path, {"one/a.txt": "The well is in the garden.", "two/b.txt": "The pump is in the yard."})
    index = ("--index", tmp_path / "i")
    done("build", tmp_path / "one", *index)
    told = (str(tmp_path / "one"), "building", str(tmp_path / "two"), "name another")
    assert_refused(sanad("build", tmp_path / "two", *index), *told, "If that is meant, add --force.")
    assert_refused(sanad("ask", "well", tmp_path / "two", *index), *told)
    assert "The well" in done("ask", "well", *index)
    assert done("build", tmp_path / "two", *index, "--force").startswith("1 added, 1 removed")
    assert "The pump" in done("ask", "pump", *index)


def test_most_documents_gone_is_taken_as_meant_only_with_force(tmp_path: Path) -> None:
    files = {f"{n}.txt": f"The well number {n} is in the garden." for n in range(8)}
    place = (write_files(tmp_path / "docs", files), "--index", tmp_path / "i")
    done("build", *place)
    for n in range(6):
        (tmp_path / "docs" / f"{n}.txt").unlink()
    told = "6 of 8 documents are gone"
    assert_refused(sanad("build", *place), told, "is a disk missing?", "If that is meant, add --force.")
    asked = sanad("ask", "well number 3", *place)
    assert told in asked.stderr
    assert "well number 3" in asked.stdout
    assert done("build", *place, "--force").startswith("6 removed, 2 unchanged")


def test_names_that_are_no_text_reach_the_output_as_text(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a\n\x1b[31m\u202egpj.txt").write_text("The well is in the garden.")
    Path(os.fsdecode(os.fsencode(tmp_path / "docs") + b"/b\xff.txt")).write_text("text")
    found = sanad("ask", "well", tmp_path / "docs", "--index", tmp_path / "i")
    assert found.returncode == 0, found.stderr
    assert "a\ufffd\ufffd[31m\ufffdgpj.txt, characters" in found.stdout
    assert "\x1b" not in found.stdout + found.stderr


@pytest.mark.parametrize("environment", [{"PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}, {}])
def test_names_and_words_of_any_language_survive_a_locale_without_them(tmp_path: Path, environment) -> None:
    folder = write_files(tmp_path / "نامه‌ها", {"چاه é.txt": "چاه کهنه در باغ است، و آبی ندارد."})
    place = (folder, "--index", tmp_path / "i", "--json")
    found = json.loads(done("ask", "چاه کجاست؟", *place, LC_ALL="C", **environment))
    assert found["question"] == "چاه کجاست؟"
    assert [(hit["document"], hit["text"][:8]) for hit in found["hits"]] == [("چاه é.txt", "چاه کهنه")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", [["ask", "oil"], ["build"], ["doctor"]])
def test_output_that_cannot_be_written_is_said(built: Path, command: list[str]) -> None:
    run = [sys.executable, "-m", "qa", *command, SEEDS, "--index", built]
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(run, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, encoding="utf-8")
    told = "sanad: The output cannot be written (No space left on device): free some space, or send it elsewhere.\n"
    assert (found.returncode, found.stderr) == (1, told)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_a_disk_that_is_full_leaves_the_index_as_it_was_and_is_said(tmp_path: Path, built: Path, share: float) -> None:
    folder, index = write_files(tmp_path / "docs", {"a.txt": "The old well is in the garden."}), tmp_path / "i"
    done("build", folder, "--index", index)
    shutil.copytree(SEEDS, folder, dirs_exist_ok=True)
    room = int(share * (built / FILE).stat().st_size)
    limited = f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    command = f"{limited}; from qa.cli import main; sys.exit(main(sys.argv[1:]))"
    run = [sys.executable, "-c", command, "build", folder, "--index", index]
    assert_refused(subprocess.run(run, cwd=ROOT, capture_output=True, encoding="utf-8"), "index", "MB left")
    assert [document.path for document in Catalog(index).listing().documents] == ["a.txt"]
    assert json.loads(done("build", folder, "--index", index, "--json"))["added"] == [
        file.name for file in sorted(SEEDS.iterdir())
    ]
