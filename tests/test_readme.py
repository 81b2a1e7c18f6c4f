"""What README says is run: its example, its commands, its settings."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from qa.arguments import build_parser
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_example_prints_what_readme_shows(tmp_path: Path) -> None:
    (example,) = blocks("python")
    code = example.replace("/tmp/sanad-seeds", str(tmp_path))
    assert code != example
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert found.stdout == blocks("text")[0]


@pytest.mark.parametrize("command", ["build", "ask", "eval", "serve", "doctor"])
def test_every_command_stands_in_readme(command: str) -> None:
    assert f"`sanad {command} " in README
    assert command in build_parser().format_help()


def test_every_option_of_the_command_line_stands_in_readme() -> None:
    for action in build_parser()._subparsers._group_actions[0].choices.values():  # type: ignore[union-attr]
        options = {option for act in action._actions for option in act.option_strings} - {"-h", "--help"}
        assert all(option in README for option in options), options


def test_links_and_the_picture_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) >= 4
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_dependency_has_its_reason() -> None:
    listed = re.search(
        r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert listed
    names = re.findall(r'"([a-z-]+)[><=]', listed.group(1))
    reasons = README.split("## Dependencies, and why")[1].split("##")[0]
    assert len(names) >= 6
    assert [name for name in names if name not in reasons] == []


def test_every_figure_names_a_command_that_exists() -> None:
    modules = set(re.findall(r"python -m (tests\.benchmarks\.\w+)", README))
    assert modules >= {"tests.benchmarks.quality", "tests.benchmarks.speed", "tests.benchmarks.trust"}
    assert all((ROOT / module.replace(".", "/")).with_suffix(".py").exists() for module in modules)
