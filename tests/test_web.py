"""The server of the chat: its port, and its end."""

import signal
import socket
import subprocess
import sys

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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_cleanly(tmp_path, number):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "qa", "serve", str(SEEDS), "--index", str(tmp_path / "index"), "--port", port]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Sanad answers at http://127.0.0.1:{port}\n"
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "", "")
