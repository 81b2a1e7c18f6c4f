"""A real browser on the chat, for the tests of this folder: `chat` is a page over a copy of the seeds."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qa.library import Library
from tests.conftest import SEEDS

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PERSIAN, PERSIAN_ANSWER = "نمونه کلاسیک رهبر قدیمی که قهرمان تغییر شد کیست؟", "میخائیل"
ENGLISH, ENGLISH_ANSWER = "What did a storm in March damage?", "عاصفة في مارس"
UNANSWERABLE = "كيف أتعلم العزف على العود؟"
EDITED, DELETED = "000_193464db59ca524a.txt", "004_54b42a50ae65c283.txt"  # which answer PERSIAN and ENGLISH
PATIENCE = 30_000  # milliseconds; the machine may be busy

BROWSER = [
    pytest.mark.browser,
    # Gradio 6.31 counts its requests with these options of pandas.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"),
]


@dataclass
class Chat:
    """A page of the chat in a browser, and what the browser did for it."""

    page: object
    address: str
    folder: Path
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __getattr__(self, name):
        return getattr(self.page, name)

    def ask(self, question: str) -> None:
        before = self.evaluate("document.querySelector('article.turn')?.dataset.turn ?? ''")
        self.fill("#question textarea", question)
        self.enter()
        self.wait_for_answer(before)

    def enter(self) -> None:
        """Ask what is in the box.

        Gradio drops an Enter in the few milliseconds until it has closed the last answer, so it is pressed again, but
        only after a while: a second one that is not dropped would ask the empty box.
        """
        from playwright.sync_api import TimeoutError as Late

        for _ in range(30):
            self.press("#question textarea", "Enter")
            with contextlib.suppress(Late):
                self.wait_for_function("document.querySelector('#question textarea').value === ''", timeout=1000)
                break

    def wait_for_answer(self, before: str = "") -> None:
        self.wait_for_function(
            """before => { const turn = document.querySelector('article.turn');
            return turn && turn.dataset.turn !== before && !turn.querySelector('.searching') }""",
            arg=before,
            timeout=PATIENCE,
        )

    def unfold(self) -> None:
        """Show the nearest misses, where it is not the point of the test how sure the model is."""
        self.evaluate("document.querySelectorAll('article.turn .misses').forEach(fold => { fold.open = true })")

    def rebuild(self) -> str:
        self.wait_for_selector("#rebuild >> text=Rebuild")
        self.evaluate("document.querySelector('#told .report')?.remove()")
        self.click("#rebuild")
        self.wait_for_selector("#told .report")
        self.wait_for_selector("#rebuild >> text=Rebuild")
        return str(self.inner_text("#told .report"))


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextlib.contextmanager
def served(folder: Path, index: Path, *, update: bool = True, uploads: bool = False) -> Iterator[str]:
    from qa.web import serving

    library = Library.open(folder, index)
    if update:
        library.update()
    with serving(library, port=0, uploads=uploads) as address:
        yield address


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("documents")
    shutil.copytree(SEEDS, place, dirs_exist_ok=True)
    return place


@pytest.fixture(scope="module")
def address(folder, tmp_path_factory):
    with served(folder, tmp_path_factory.mktemp("index")) as address:
        yield address


@contextlib.contextmanager
def opened(chromium, address: str, folder: Path, **options) -> Iterator[Chat]:
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 860}, **options})
    context.set_default_timeout(PATIENCE)
    chat = Chat(context.new_page(), address, folder)
    chat.page.on("request", lambda request: chat.requests.append(request.url))
    chat.page.on("pageerror", lambda error: chat.errors.append(str(error)))
    chat.page.on("console", lambda message: chat.errors.append(message.text) if message.type == "error" else None)
    chat.goto(address)
    chat.wait_for_selector("#conversation section, #conversation article")
    yield chat
    assert not chat.errors
    foreign = [url for url in chat.requests if not url.startswith((address, "data:", "blob:"))]
    assert not foreign, "a request left for another host"
    context.close()


@pytest.fixture
def chat(chromium, address, folder):
    with opened(chromium, address, folder) as chat:
        yield chat


def in_view(chat: Chat, selector: str) -> bool:
    """Tell whether the reader sees the top of an element."""
    return bool(
        chat.evaluate(
            """selector => { const box = document.querySelector(selector).getBoundingClientRect();
            return box.top >= 0 && box.top < innerHeight && box.left >= 0 && box.right <= innerWidth + 1 }""",
            selector,
        )
    )
