"""The server of the chat: its port, and its end."""

import socket
import subprocess
import sys

import pytest

from qa.errors import ServerError
from tests.conftest import SEEDS


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


def test_the_server_ends_cleanly_on_interrupt(tmp_path):
    code = (
        "import sys; from qa.library import Library; from qa.web import serve; "
        "serve(Library.open(sys.argv[1], sys.argv[2]), port=0, ready=lambda address: print(address, flush=True))"
    )
    command = [sys.executable, "-c", code, str(SEEDS), str(tmp_path / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(2)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "", "")
