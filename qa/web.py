"""The server of the chat: where it listens and what it allows."""

import contextlib
import errno
import os
import socket
import tempfile
from collections.abc import Iterator
from typing import Any

from starlette.middleware import Middleware

from qa.chat import Chat
from qa.errors import ServerError
from qa.folder import LARGEST_FILE
from qa.guard import LARGEST_BODY, Guard
from qa.library import Library
from qa.page import build_page, style
from qa.routes import routes
from qa.settings import DEFAULTS
from qa.uploads import Uploads
from qa.watch import watching

HOST, PORT = DEFAULTS["host"], int(DEFAULTS["port"])
_NO_DOCS = {"docs_url": None, "redoc_url": None, "openapi_url": None}


@contextlib.contextmanager
def serving(
    library: Library,
    host: str = HOST,
    port: int = PORT,
    *,
    uploads: bool = False,
    watch: bool = False,
    public_url: str = "",
) -> Iterator[str]:
    """Serve the chat over `library` while the context lasts, and give its address; port 0 stands for any free one.

    With `uploads` anyone who can open the page can add documents to the folder; with `watch` the index follows the
    folder even while nobody asks. A proxy that makes the chat known elsewhere passes on what comes for `public_url`,
    without the path of that address; then the page works only there. Raise ServerError where the port is taken or the
    host is not an address of this machine.
    """
    port = check_port(host, port)
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    with tempfile.TemporaryDirectory(prefix="sanad-") as private:
        os.environ["GRADIO_TEMP_DIR"] = private
        taken = Uploads(library.folder, library.index) if uploads else None
        chat = Chat(library, taken)
        page = build_page(chat, watch=watch)
        try:
            page.launch(**_settings(library, host, port, taken, public_url))
            with watching(library.folder, chat.rebuild.catch_up) if watch else contextlib.nullcontext():
                yield f"http://{'localhost' if host in ('0.0.0.0', '[::]') else host}:{port}"
        finally:
            chat.rebuild.stop()
            page.close(verbose=False)


def _settings(library: Library, host: str, port: int, uploads: Uploads | None, public_url: str) -> dict[str, Any]:
    guard = Middleware(Guard, served=host, public_url=public_url, largest_added=LARGEST_FILE if uploads else 0)
    return {
        "server_name": host,
        "server_port": port,
        "root_path": public_url,
        "prevent_thread_lock": True,
        "quiet": True,
        "share": False,
        "strict_cors": True,
        "enable_monitoring": False,
        "run_history": False,
        "mcp_server": False,
        "ssr_mode": False,
        "pwa": False,
        "footer_links": [],
        "max_file_size": LARGEST_BODY,
        "blocked_paths": [str(library.folder.absolute()), str(library.index.absolute())],
        "state_session_capacity": 500,
        "app_kwargs": {**_NO_DOCS, "routes": routes(library, uploads), "middleware": [guard]},
        **style(),
    }


def check_port(host: str, port: int) -> int:
    """Return the port to serve on, a free one where it is 0; raise ServerError with the reason where it cannot be.

    It is bound once to find out: Gradio would only say that it found no free port.
    """
    if not 0 <= port <= 65535:
        raise ServerError(f"There is no port {port}: choose one from 1024 to 65535 with --port.")
    try:
        place = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(place[0], place[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place[4])
            return int(probe.getsockname()[1])
    except (OSError, UnicodeError) as error:
        raise ServerError(_refusal(error, host, port)) from None


def _refusal(error: Exception, host: str, port: int) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"Port {port} is in use: stop the other program or choose another with --port."
    if number == errno.EACCES:
        return f"You may not use port {port}: choose one above 1023 with --port."
    return f"This machine has no address {host}: choose another with --host, such as {HOST}."
