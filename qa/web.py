"""The chat: a page over one library, and the server that serves it on this machine."""

import contextlib
import errno
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

# Before gradio is imported: it and the libraries below it would otherwise report to their makers.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")

import gradio as gr
from starlette.middleware import Middleware

from qa import notices
from qa.chat import FORGOTTEN, Chat, Shown, Turns
from qa.errors import ServerError
from qa.guard import LARGEST_BODY, Guard
from qa.library import Library
from qa.listing import SEARCH
from qa.markup import problem
from qa.routes import routes

HOST, PORT = "127.0.0.1", 7860


class _Events:
    """The events of the page that need something of Gradio's own."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def ask(self, question: str | None, turns: Turns) -> Iterator[tuple[Any, ...]]:
        yield from map(_components, self._chat.ask(question, turns))

    def try_example(self, turns: Turns, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        yield from map(_components, self._chat.try_example(turns, _chosen(event, "ask")))

    def open(self, turns: Turns, event: gr.EventData) -> tuple[str, str]:
        document = self._chat.open(turns, _chosen(event, "open"))
        return document, "" if document else problem(FORGOTTEN)

    def judge(self, turns: Turns, event: gr.EventData) -> str:
        place, judgement, holds = (_chosen(event, name) for name in ("judge", "as", "holds"))
        return self._chat.judge(turns, place, judgement, holds=holds == "true")

    def look_through(self, event: gr.EventData) -> str:
        return self._chat.list_documents(_chosen(event, "search"), _chosen(event, "page"))

    def read(self, event: gr.EventData) -> str:
        return self._chat.read(_chosen(event, "document"))

    def update(self) -> Iterator[tuple[str, str, gr.Button]]:
        self._chat.rebuild.start()
        yield from self.follow(wanted=True)

    def load(self) -> Iterator[tuple[str, str, gr.Button]]:
        if self._chat.library.documents:
            self._chat.rebuild.settle()
        else:  # its progress is all that the page has to show
            self._chat.rebuild.start()
        yield from self.follow()

    def follow(self, *, wanted: bool = False) -> Iterator[tuple[str, str, gr.Button]]:
        for work in self._chat.rebuild.follow():
            button = gr.Button("Rebuilding…" if work.running else "Rebuild", interactive=not work.running)
            yield self._chat.count(), self._chat.notice(work, wanted=wanted), button


def _components(shown: Shown) -> tuple[Any, ...]:
    box, *others = shown
    return (gr.skip() if box is None else box, *others)


def _chosen(event: gr.EventData, name: str) -> str:
    data = event._data  # from the page: anything at all
    return str(data.get(name, "")) if isinstance(data, dict) else ""


def build_page(library: Library) -> gr.Blocks:
    """Return the page over `library`; where nothing is indexed yet, begin to."""
    chat = Chat(library)
    if not library.documents:
        chat.rebuild.start()
    events = _Events(chat)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    page = gr.Blocks(title="Sanad", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600))
    with page:
        turns = gr.State(())
        with gr.Row(elem_id="bar"):
            _html('<h1>Sanad <span lang="fa" dir="rtl">سند</span></h1>', "brand")
            _html(notices.TABS, "tabs", script=_file("page.js"))
            count = _html("", "indexed")
            rebuild = gr.Button("Rebuild", elem_id="rebuild", size="sm")
        notice = _html("", "told")
        conversation = _html("", "conversation", script=_file("page.js"))
        judged = _html("", "judged", script=_file("page.js"))
        with gr.Row(elem_id="composer"):
            refusal = _html("", "refusal")
            box = gr.Textbox(placeholder="Ask in any language", max_lines=4, autofocus=True, **_BOX)
            button = gr.Button("Ask", variant="primary", elem_id="ask")
        with gr.Column(elem_id="library"):
            finder = _html(SEARCH, "finder", script=_file("page.js"))
            listing = _html("", "listing", script=_file("page.js"))
        document = _html("", "viewer", script=_file("page.js"))
        told, shown = [count, notice, rebuild], [box, turns, conversation, refusal, count, notice]
        asked = gr.on([box.submit, button.click], events.ask, [box, turns], shown, concurrency_limit=2, **quiet)
        tried = conversation.select(events.try_example, turns, shown, concurrency_limit=2, **quiet)
        conversation.click(events.open, turns, [document, refusal], concurrency_limit=2, **quiet)
        conversation.like(events.judge, turns, judged, trigger_mode="multiple", **quiet)
        for part in (finder, listing):  # one at a time, or an earlier search might be shown after a later one
            part.select(events.look_through, None, listing, trigger_mode="multiple", concurrency_id="list", **quiet)
        listing.click(events.read, None, document, concurrency_limit=2, **quiet)
        updated = rebuild.click(events.update, None, told, concurrency_limit=8, **quiet)
        loaded = page.load(events.load, None, told, concurrency_limit=32, **quiet)
        for moment in (asked.then, tried.then):  # an update that a question began may take longer than the answer
            moment(events.follow, None, told, concurrency_limit=32, **quiet)
        for moment in (page.load, updated.then, loaded.then):
            moment(chat.show, turns, conversation, concurrency_limit=8, **quiet)
        updated.then(None, js=_RELIST)
        page.load(chat.judged, turns, judged, concurrency_limit=8, **quiet)
    page.queue(max_size=64, api_open=False)
    return page


_NO_DOCS = {"docs_url": None, "redoc_url": None, "openapi_url": None}
_BOX: dict[str, Any] = {"elem_id": "question", "label": "Question", "show_label": False, "container": False}
_RELIST = "() => document.querySelector('#finder input').dispatchEvent(new Event('input'))"


def _html(value: str, name: str, *, script: str | None = None) -> gr.HTML:
    return gr.HTML(value, elem_id=name, js_on_load=script, apply_default_css=False)


def _file(name: str) -> str:
    return files("qa").joinpath(name).read_text("utf-8")


@contextlib.contextmanager
def serving(library: Library, host: str = HOST, port: int = PORT) -> Iterator[str]:
    """Serve the chat over `library` while the context lasts and give its address; port 0 is any free one.

    Raise ServerError where the port is taken or the host is not an address of this machine.
    """
    port = check_port(host, port)
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    with tempfile.TemporaryDirectory(prefix="sanad-") as private:
        os.environ["GRADIO_TEMP_DIR"] = private
        page = build_page(library)
        try:
            page.launch(**_settings(library, host, port))
            yield f"http://{'localhost' if host in ('0.0.0.0', '[::]') else host}:{port}"
        finally:
            page.close(verbose=False)


def _settings(library: Library, host: str, port: int) -> dict[str, Any]:
    guard = Middleware(Guard, served=host)
    return {
        "server_name": host,
        "server_port": port,
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
        "blocked_paths": [str(library.folder.absolute()), str(library.catalog.file.absolute().parent)],
        "state_session_capacity": 500,
        "app_kwargs": {**_NO_DOCS, "routes": routes(library), "middleware": [guard]},
        "theme": gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
        "head": f"<style>{_file('page.css')}</style>",
    }


def check_port(host: str, port: int) -> int:
    """Return the port to serve on, a free one where it is 0; raise ServerError with the reason where it cannot be.

    It is bound once: Gradio would say no more than that it found no port.
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
        return f"Port {port} is not open to you: choose one above 1023 with --port."
    return f"This machine has no address {host}: choose another with --host, such as {HOST}."


def serve(
    library: Library, host: str = HOST, port: int = PORT, *, ready: Callable[[str], None] = lambda _: None
) -> None:
    """Serve the chat over `library` until Ctrl-C or SIGTERM; call `ready` with its address once it is up.

    Raise ServerError where the port is taken or the host is not an address of this machine.
    """
    ended = threading.Event()
    with _ends_on_signals(ended), serving(library, host, port) as address:
        ready(address)
        while not ended.wait(0.5):  # a wait without an end would not be interrupted on every system
            pass


@contextlib.contextmanager
def _ends_on_signals(ended: threading.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
