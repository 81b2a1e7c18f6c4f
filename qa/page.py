"""The page of the chat: its components, and what each event shows in them."""

import os
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

# Set before gradio is imported: it and the libraries below it would otherwise send usage data to their makers.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")

import gradio as gr

from qa import notices
from qa.chat import Chat, Shown
from qa.conversation import Turns
from qa.folder import LARGEST_FILE
from qa.listing import SEARCH, adding
from qa.uploads import KINDS

REBUILD, STOP = "Rebuild", "Stop"
ICON = (  # a page of lines, one of them marked; without it browsers show that of Gradio
    '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 viewBox=%270 0 32 32%27%3E'
    "%3Crect width=%2732%27 height=%2732%27 rx=%277%27 fill=%27%231b5e57%27/%3E%3Cpath d=%27M8 9h16M8 23h10%27 stroke="
    "%27%23fff%27 stroke-width=%273%27/%3E%3Cpath d=%27M8 16h16%27 stroke=%27%23ffd54a%27 stroke-width=%275%27/%3E"
    '%3C/svg%3E">'
)
LOOK = 2.0  # seconds between two looks at a watched folder
WAITING = 1000  # events that wait at most; a page that opens has nine of them, and a class opens at once

# What an event shows until the next is there: in `_Parts.shown` and in `_Parts.status`.
_Pages = Iterator[tuple[Any, ...]]
_Status = Iterator[tuple[str, str, gr.Button]]


class _Events:
    """The events of the page, between Gradio's components and `Chat`."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def ask(self, question: str | None, within: str | None, turns: Turns) -> _Pages:
        yield from map(_components, self._chat.ask(question, turns, within or ""))

    def try_example(self, turns: Turns, event: gr.EventData) -> _Pages:
        yield from map(_components, self._chat.try_example(turns, _chosen(event, "ask")))

    def open(self, turns: Turns, event: gr.EventData) -> tuple[str, str]:
        return self._chat.open(turns, _chosen(event, "open"))

    def show_first(self, kept: str, turns: Turns) -> str | dict[str, Any]:
        shown = self._chat.show_first(kept, turns)
        return gr.skip() if shown is None else shown

    def judge(self, turns: Turns, event: gr.EventData) -> str:
        place, judgement, holds = (_chosen(event, name) for name in ("judge", "as", "holds"))
        return self._chat.judge(turns, place, judgement, holds=holds == "true")

    def look_through(self, event: gr.EventData) -> str:
        return self._chat.list_documents(_chosen(event, "search"), _chosen(event, "page"))

    def read(self, event: gr.EventData) -> str:
        return self._chat.read(_chosen(event, "document"))

    def remove(self, event: gr.EventData) -> _Status:
        trouble = self._chat.remove(_chosen(event, "remove"))
        if trouble:
            yield self._chat.count(), trouble, gr.skip()
        else:
            yield from self.follow(wanted=True)

    def update(self, label: str) -> _Status:
        if label == STOP:  # the label that the user saw: the update may have ended since
            self._chat.rebuild.stop()
        else:
            self._chat.rebuild.start()
        yield from self.follow(wanted=True)

    def added(self) -> _Status:
        yield from self.update(REBUILD)

    def force(self) -> _Status:
        self._chat.rebuild.start(force=True)
        yield from self.follow(wanted=True)

    def rebuild_some(self, event: gr.EventData) -> _Status:
        self._chat.rebuild_some(_chosen(event, "again"))
        yield from self.follow(wanted=True)

    def load(self) -> _Status:
        if self._chat.indexed.documents:
            self._chat.rebuild.settle()
        else:  # there is nothing but its progress to show
            self._chat.rebuild.keep_up()
        yield from self.follow()

    def follow(self, *, wanted: bool = False) -> _Status:
        for work in self._chat.rebuild.follow():
            button = gr.Button(STOP if work.running else REBUILD)
            yield self._chat.count(), self._chat.notice(work, wanted=wanted), button


def _components(shown: Shown) -> tuple[Any, ...]:
    box, *others = shown
    return (gr.skip() if box is None else box, *others)


def _chosen(event: gr.EventData, name: str) -> str:
    data = event._data  # from the page: anything at all
    return str(data.get(name, "")) if isinstance(data, dict) else ""


_BOX: dict[str, Any] = {"elem_id": "question", "label": "Question", "show_label": False, "container": False}
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_WITHIN = "(question, _, turns) => [question, sanadWithin(), turns]"  # page.js knows the conditions that are chosen
# What page.js kept of this tab.
_KEPT = "(kept, turns) => [sessionStorage.getItem(`sanad ${location.pathname}`) ?? '', turns]"
_TYPED = "() => sessionStorage.getItem(`sanad-typed ${location.pathname}`) ?? ''"  # and what stood in its box
_RELIST = "() => document.querySelector('#finder input').dispatchEvent(new Event('input'))"


class _Parts:
    """The components of the page, from top to bottom."""

    def __init__(self, *, adds: bool) -> None:
        self.turns = gr.State(())
        with gr.Row(elem_id="bar"):
            _html('<h1>Sanad <span lang="fa" dir="rtl">سند</span></h1>', "brand")
            _html(notices.TABS, "tabs", scripted=True)
            self.count = _html("", "indexed")
            self.rebuild = gr.Button(REBUILD, elem_id="rebuild", size="sm")
        self.notice = _html("", "told", scripted=True)
        self.conversation = _html("", "conversation", scripted=True)
        self.judged = _html("", "judged", scripted=True)
        with gr.Row(elem_id="composer"):
            self.refusal = _html("", "refusal")
            _html(notices.FILTERS, "filters", scripted=True)
            self.within = gr.Textbox(visible=False)
            self.box = gr.Textbox(placeholder="Ask in any language", max_lines=4, autofocus=True, **_BOX)
            self.button = gr.Button("Ask", variant="primary", elem_id="ask")
        with gr.Column(elem_id="library"):
            self.adder = _html(adding(KINDS, LARGEST_FILE) if adds else "", "adder", scripted=True)
            self.finder = _html(SEARCH, "finder", scripted=True)
            self.listing = _html("", "listing", scripted=True)
        self.document = _html("", "viewer", scripted=True)
        # What a question changes, in the order of `Shown`, and what an update changes, in that of `_Events.follow`.
        self.shown = [self.box, self.turns, self.conversation, self.refusal, self.count, self.notice]
        self.status = [self.count, self.notice, self.rebuild]


def build_page(chat: Chat, *, watch: bool = False) -> gr.Blocks:
    """Return the page of a chat, which looks now and then how much is indexed where the folder is watched.

    Where nothing is indexed yet, begin an update.
    """
    if not chat.indexed.documents:
        chat.rebuild.start()
    page = gr.Blocks(title="Sanad", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600))
    with page:
        parts, events = _Parts(adds=chat.uploads is not None), _Events(chat)
        _connect_questions(parts, events)
        _connect_updates(parts, events, chat)
        _connect_documents(parts, events)
        _connect_loading(page, parts, events, chat)
        if watch:
            gr.Timer(LOOK).tick(chat.count, None, parts.count, concurrency_limit=8, **_QUIET)
    page.queue(max_size=WAITING, api_open=False)
    return page


def _connect_questions(parts: _Parts, events: _Events) -> None:
    given = [parts.box, parts.within, parts.turns]
    sent = [parts.box.submit, parts.button.click]
    asked = gr.on(sent, events.ask, given, parts.shown, js=_WITHIN, concurrency_limit=2, **_QUIET)
    tried = parts.conversation.select(events.try_example, parts.turns, parts.shown, concurrency_limit=2, **_QUIET)
    for moment in (asked.then, tried.then):  # an update that a question began may take longer than the answer
        moment(events.follow, None, parts.status, concurrency_limit=32, **_QUIET)
    found = [parts.document, parts.refusal]
    parts.conversation.click(events.open, parts.turns, found, concurrency_limit=2, **_QUIET)
    parts.conversation.like(events.judge, parts.turns, parts.judged, trigger_mode="multiple", **_QUIET)


def _connect_updates(parts: _Parts, events: _Events, chat: Chat) -> None:
    updated = parts.rebuild.click(
        events.update, parts.rebuild, parts.status, trigger_mode="multiple", concurrency_limit=8, **_QUIET
    )
    forced = parts.notice.select(events.force, None, parts.status, concurrency_limit=8, **_QUIET)
    for moment in (updated.then, forced.then):
        moment(chat.show, parts.turns, parts.conversation, concurrency_limit=8, **_QUIET)
        moment(None, js=_RELIST)


def _connect_documents(parts: _Parts, events: _Events) -> None:
    for part in (parts.finder, parts.listing):  # one at a time: an earlier search must not replace what a later found
        part.select(events.look_through, None, parts.listing, trigger_mode="multiple", concurrency_id="list", **_QUIET)
    parts.listing.click(events.read, None, parts.document, concurrency_limit=2, **_QUIET)
    for change in (
        parts.adder.upload(events.added, None, parts.status, **_QUIET),
        parts.listing.delete(events.remove, None, parts.status, **_QUIET),
        parts.listing.apply(events.rebuild_some, None, parts.status, **_QUIET),
    ):
        change.then(None, js=_RELIST)


def _connect_loading(page: gr.Blocks, parts: _Parts, events: _Events, chat: Chat) -> None:
    kept, restored = [parts.box, parts.turns], [parts.turns, parts.conversation]
    loaded = page.load(events.load, None, parts.status, concurrency_limit=32, **_QUIET)
    first = page.load(chat.await_documents, None, None, concurrency_limit=32, **_QUIET)
    page.load(chat.restore, kept, restored, js=_KEPT, concurrency_limit=8, **_QUIET)
    page.load(None, None, parts.box, js=_TYPED, **_QUIET)
    for moment in (first.then, loaded.then):
        moment(events.show_first, kept, parts.conversation, js=_KEPT, concurrency_limit=8, **_QUIET)
    page.load(chat.judged, parts.turns, parts.judged, concurrency_limit=8, **_QUIET)


def _html(value: str, name: str, *, scripted: bool = False) -> gr.HTML:
    script = _file("page.js") if scripted else None
    return gr.HTML(value, elem_id=name, js_on_load=script, apply_default_css=False)


def style() -> dict[str, Any]:
    """Return the launch options for how the page looks: the fonts of the user's system, and page.css."""
    theme = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    return {"theme": theme, "head": f"{ICON}<style>{_file('page.css')}</style>"}


def _file(name: str) -> str:
    return files("qa").joinpath(name).read_text("utf-8")
