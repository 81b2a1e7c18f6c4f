"""What may be typed, and what it means; what may not is wrong usage, with exit status 2."""

import sys
from pathlib import Path

import pytest

from qa.arguments import Arguments, read_arguments
from qa.filters import Filter
from tests.conftest import SEEDS, done, sanad, write_files

COMMANDS = ["build", "ask", "eval", "serve", "doctor"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("build", Arguments("build")),
        ("build docs --index i --model m --json", Arguments("build", "docs", "i", "m", json=True)),
        ("build --force --watch", Arguments("build", force=True, watch=True)),
        ("ask why", Arguments("ask", question="why", k=5)),
        ("ask why docs -k 3", Arguments("ask", "docs", question="why", k=3)),
        ("ask why -k 3 docs", Arguments("ask", "docs", question="why", k=3)),
        (
            "ask why --document a --document b --language ar --language fa --after 2021 --before 2022-02",
            Arguments("ask", question="why", within=Filter(("a", "b"), ("ar", "fa"), "2021-01-01", "2022-02-01")),
        ),
        ("eval q.jsonl docs", Arguments("eval", "docs", questions="q.jsonl")),
        ("serve --host ::1 --port 81 --watch", Arguments("serve", host="::1", port="81", watch=True)),
        ("serve --allow-upload", Arguments("serve", allow_upload="yes")),
        ("serve --public-url https://a.example", Arguments("serve", public_url="https://a.example")),
        ("doctor --repair --drop m", Arguments("doctor", repair=True, drop="m")),
    ],
)
def test_what_is_typed_is_what_is_meant(typed: str, meant: Arguments) -> None:
    assert read_arguments(typed.split()) == meant


def test_the_folder_may_follow_the_options(built: Path) -> None:
    before = done("ask", "نفت", SEEDS, "--index", built, "--json", "-k", "1")
    assert done("ask", "نفت", "--index", built, "--json", "-k", "1", SEEDS) == before


def test_the_version_is_that_of_the_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])  # where what is installed is looked for
    for told in ("sanad of an unknown version, since it is not installed\n", "sanad 7.8.9\n"):
        with pytest.raises(SystemExit) as ended:
            read_arguments(["--version"])
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
