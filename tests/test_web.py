"""The server of the chat: its port, and its end."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

import pytest

from qa.errors import ServerError
from tests.conftest import ROOT, SEEDS


def test_a_port_in_use_and_a_foreign_host_are_told_in_one_sentence():
    from qa.web import check_port

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"^Port {port} is in use: stop the other program or choose another"):
            check_port("127.0.0.1", port)
    with pytest.raises(ServerError, match=r"^This machine has no address 203\.0\.113\.7"):
        check_port("203.0.113.7", 0)
    with pytest.raises(ServerError, match="There is no port 70000"):
        check_port("127.0.0.1", 70000)


@contextlib.contextmanager
def served(index):
    """Serve the seeds in a process of its own; give it and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "qa", "serve", str(SEEDS), "--index", str(index), "--port", port]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"Sanad answers at http://127.0.0.1:{port}\n"
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_cleanly(tmp_path, number):
    with served(tmp_path / "index") as (process, _):
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_class_that_asks_at_once_is_not_turned_away(tmp_path):
    with served(tmp_path / "index") as (_, address):
        events = json.load(urlopen(f"{address}/config"))["dependencies"]
        (ask,) = [event["id"] for event in events if event["api_name"] == "ask"]

        def join(number: int) -> int:
            event = {"data": ["oil", "", None], "fn_index": ask, "session_hash": str(number), "trigger_id": None}
            headers = {"content-type": "application/json"}
            with urlopen(Request(f"{address}/gradio_api/queue/join", json.dumps(event).encode(), headers)) as reply:
                return int(reply.status)

        with ThreadPoolExecutor(20) as class_:
            assert set(class_.map(join, range(150))) == {200}
