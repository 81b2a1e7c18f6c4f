"""The command line as a process: what it imports, reads and leaves behind where its output or memory ends."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import qa.cli
import qa.commands
from tests.conftest import ROOT, SEEDS, assert_refused, done, sanad


def test_ask_imports_neither_torch_nor_gradio_nor_sentence_transformers(built: Path) -> None:
    code = "import sys; from qa.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", code, "ask", "نفت", str(SEEDS), "--index", str(built)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    loaded = set(found.stderr.split())
    assert {"numpy", "faiss", "tokenizers"} <= loaded
    assert not loaded & {"torch", "gradio", "sentence_transformers", "transformers", "scipy", "sklearn", "pandas"}


@pytest.mark.parametrize(("name", "value"), [("SANAD_PORT", "x"), ("SANAD_ALLOW_UPLOAD", "perhaps")])
def test_a_setting_of_serve_matters_to_no_other_command(built: Path, name: str, value: str) -> None:
    assert done("ask", "نفت", SEEDS, "--index", built, "-k", "1", **{name: value}).startswith(("Found", "Not found"))
    assert_refused(sanad("serve", SEEDS, "--index", built, **{name: value}), repr(value))


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
    monkeypatch.setattr(qa.commands, "_open_current", lambda *_, **__: bytes(2**62))  # more than any address
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
