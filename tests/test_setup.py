"""Set-up and CI: one torch, and a browser test that was skipped fails CI."""

import os
import re
import subprocess
import sys

from tests.conftest import ROOT


def test_make_and_pip_agree_on_torch() -> None:
    pinned = [re.findall(r"torch==[\w.]+", (ROOT / name).read_text("utf-8")) for name in ("Makefile", "pyproject.toml")]
    assert pinned[0] == pinned[1]
    assert len(pinned[0]) == 1


def test_ci_notices_every_browser_test_that_was_skipped() -> None:
    (pattern,) = re.findall(r"grep -E '(.+)' \"\$log\"", (ROOT / ".ci/run").read_text("utf-8"))
    command = [sys.executable, "-m", "pytest", "-m", "browser", "-p", "no:cacheprovider", "tests/browser"]
    environment = {**os.environ, "PATH": "/nowhere"}  # no chromium there
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8")
    assert found.returncode == 0, found.stdout + found.stderr
    noticed = [line for line in found.stdout.splitlines() if re.search(pattern, line)]
    (skipped,) = re.findall(r"(\d+) skipped", found.stdout)
    assert len(noticed) == int(skipped) > 10
    assert all(re.search(r"tests/browser/test_\w+\.py::test_", line) for line in noticed)
