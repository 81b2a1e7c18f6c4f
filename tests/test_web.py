import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qa.errors import ServerError
from qa.library import Library

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
SEEDS = Path(__file__).parent.parent / "seeds"
PERSIAN = "(a question)"
ENGLISH = "(a question)"
UNANSWERABLE = "(a question)"
EDITED, DELETED = "000_193464db59ca524a.txt", "004_54b42a50ae65c283.txt"
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>${1+1}"
PATIENCE = 30_000  # milliseconds; the machine may be busy

pytestmark = [
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
        self.press("#question textarea", "Enter")
        self.wait_for_answer(before)

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
        self.evaluate("document.querySelector('#told .report')?.remove()")
        self.click("#rebuild")
        self.wait_for_function(
            "() => document.querySelector('#told .report') && !document.querySelector('#rebuild').disabled",
            timeout=PATIENCE,
        )
        return str(self.inner_text("#told .report"))


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextlib.contextmanager
def served(folder: Path, index: Path, *, update: bool = True) -> Iterator[str]:
    from qa.web import serving

    library = Library.open(folder, index)
    if update:
        library.update()
    with serving(library, port=0) as address:
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
    return bool(
        chat.evaluate(
            """selector => { const box = document.querySelector(selector).getBoundingClientRect();
            return box.top >= 0 && box.top < innerHeight && box.left >= 0 && box.right <= innerWidth + 1 }""",
            selector,
        )
    )


def test_a_persian_question_is_answered_with_a_marked_passage_that_opens_in_its_document(chat):
    chat.ask(PERSIAN)
    card = chat.locator(".card").first
    assert "کورتونوف" in card.locator("mark").first.inner_text()
    assert card.locator(".passage p").first.get_attribute("dir") == "auto"
    assert card.locator(".passage p").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
    for words in ("000_193464db59ca524a.txt", "¶ ", "Persian", "گورباچف قزاق؟"):
        assert words in card.inner_text()
    assert chat.input_value("#question textarea") == ""
    card.locator("[data-open]").click()
    chat.wait_for_selector("#viewer mark")
    chat.wait_for_timeout(500)
    assert in_view(chat, "#viewer mark")
    beside = "document.querySelector('#ask').getBoundingClientRect().right"
    assert chat.evaluate(f"{beside} <= document.querySelector('.sheet').getBoundingClientRect().left")
    text = chat.inner_text("#viewer .text")
    for line in (SEEDS / EDITED).read_text("utf-8").splitlines():
        assert " ".join(line.split()) in " ".join(text.split())
    assert chat.inner_text("#viewer .here")[:20] in chat.inner_text(".card >> nth=0")
    chat.keyboard.press("Escape")
    chat.wait_for_selector("#viewer section", state="detached")
    assert chat.evaluate("document.activeElement.dataset.open") == "1.1"
    card.locator("[data-open]").click()  # the same passage opens again
    chat.wait_for_selector("#viewer mark")
    chat.click("[data-close]")
    chat.wait_for_selector("#viewer section", state="detached")


def test_an_english_question_after_another_folds_the_earlier_one(chat):
    chat.ask(PERSIAN)
    chat.ask(ENGLISH)
    assert chat.locator("article.turn .card").count() >= 3
    assert "نوفوروسيسك" in " ".join(chat.locator("article.turn .card").all_text_contents()[:3])
    assert chat.locator(".past details").count() == 1
    assert PERSIAN in chat.inner_text(".past summary")
    assert ENGLISH in chat.inner_text("article.turn .asked")
    assert in_view(chat, "article.turn .asked")


def test_an_example_is_asked_by_a_click(chat):
    assert chat.locator("[data-ask]").count() == 6
    question = chat.inner_text("[data-ask] >> nth=2 >> span")
    chat.click("[data-ask] >> nth=2")
    chat.wait_for_answer()
    assert chat.inner_text("article.turn .asked") == question


def test_what_the_documents_do_not_hold_is_not_found_and_the_nearest_miss_is_folded(chat):
    chat.ask(UNANSWERABLE)
    assert "Not found" in chat.inner_text("article.turn .verdict")
    assert not chat.locator("article.turn .card").first.is_visible()
    chat.click(".misses summary")
    assert chat.locator("article.turn .card").first.is_visible()


@pytest.mark.parametrize(
    ("question", "told"), [("   ", "empty"), ("؟ ", "empty"), ("why?" * 2500, "10,000 characters")]
)
def test_a_question_that_cannot_be_asked_gets_a_sentence(chat, question, told):
    chat.ask(question)
    assert told in chat.inner_text("article.turn .problem")
    assert chat.evaluate("document.documentElement.scrollWidth <= innerWidth")
    chat.ask(PERSIAN)  # and the next one is answered
    assert chat.locator("article.turn .card").count() > 0


def test_hostile_text_is_shown_literally(chat, folder):
    name = "<img src=x onerror=alert(1)>.txt"
    (folder / name).write_text(f"Zorblax report\n\nThe zorblax was found in Quuxville. {HOSTILE}\n", "utf-8")
    try:
        report = chat.rebuild()
        assert "1 added" in report
        chat.ask("Where was the zorblax found?")
        chat.unfold()
        card = chat.locator("article.turn .card").filter(has_text="Quuxville").first
        assert HOSTILE in card.inner_text()
        assert name in card.inner_text()
        card.locator("[data-open]").click()
        chat.wait_for_selector("#viewer mark")
        assert HOSTILE in chat.inner_text("#viewer .text")
        chat.ask(HOSTILE)
        assert HOSTILE in chat.inner_text("article.turn .asked")
        assert chat.title() == "Sanad"
        assert chat.locator("#conversation img, #viewer img, #conversation script").count() == 0
    finally:
        (folder / name).unlink()
        chat.rebuild()


def test_rebuild_brings_in_an_edited_document_and_drops_a_deleted_one(chat, folder):
    pipeline = "(a question)"
    edited, deleted = folder / EDITED, folder / DELETED
    before, kept = edited.read_bytes(), deleted.read_bytes()
    try:
        chat.ask("How many flamingos live on Lake Tengiz?")
        assert chat.locator(".card").filter(has_text="14,562").count() == 0
        edited.write_bytes(before + b"\n\nThere are 14,562 flamingos living on Lake Tengiz this year.\n")
        deleted.unlink()
        (folder / "broken.txt").write_bytes(b"\xff\xfe\x00broken")
        report = chat.rebuild()
        assert "1 changed" in report
        assert "1 removed" in report
        assert "broken.txt" in report
        chat.ask("How many flamingos live on Lake Tengiz?")
        assert "14,562 flamingos" in " ".join(chat.locator("article.turn mark").all_inner_texts())
        chat.ask(pipeline)
        assert DELETED not in (chat.text_content("article.turn") or "")
        assert "in 4 documents" in chat.inner_text("#indexed")
    finally:
        edited.write_bytes(before)
        deleted.write_bytes(kept)
        (folder / "broken.txt").unlink()
        assert "1 added" in chat.rebuild()


def test_an_answer_given_before_a_rebuild_still_opens_and_says_that_the_document_changed(chat, folder):
    chat.ask(PERSIAN)
    edited = folder / EDITED
    before = edited.read_bytes()
    try:
        edited.write_bytes(before + b"\nOne line more.\n")
        chat.rebuild()
        chat.click("[data-open] >> nth=0")
        chat.wait_for_selector("#viewer mark")
        assert "changed since" in chat.inner_text("#viewer .note")
        assert "One line more." not in chat.inner_text("#viewer .text")
    finally:
        edited.write_bytes(before)
        chat.rebuild()


def test_phone_width_has_no_sideways_scrolling_and_the_document_covers_the_chat(chromium, address, folder):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with opened(chromium, address, folder, **phone) as chat:
        sideways = "document.documentElement.scrollWidth > innerWidth"
        assert not chat.evaluate(sideways)
        chat.ask(PERSIAN)
        assert not chat.evaluate(sideways)
        small = """() => [...document.querySelectorAll('button')]
            .filter(b => b.checkVisibility() && b.getBoundingClientRect().height < 40).map(b => b.innerText)"""
        assert chat.evaluate(small) == []
        chat.click("[data-open] >> nth=0")
        chat.wait_for_selector("#viewer mark")
        chat.wait_for_timeout(500)
        assert chat.evaluate("document.querySelector('.sheet').getBoundingClientRect().width") == 390
        assert in_view(chat, "#viewer mark")
        assert not chat.evaluate(sideways)


CONTRAST = """selector => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.map(v => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b };
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] };
  const element = document.querySelector(selector);
  const both = [parse(getComputedStyle(element).color), behind(element)];
  const [a, b] = both.map(c => light(c.slice(0, 3))).sort((x, y) => y - x);
  return (a + .05) / (b + .05) }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(chromium, address, folder, scheme):
    with opened(chromium, address, folder, color_scheme=scheme) as chat:
        assert chat.evaluate("document.body.classList.contains('dark')") is (scheme == "dark")
        for selector in (".welcome h2 + p", ".examples small", ".examples span", ".count", "#ask", "#rebuild"):
            assert chat.evaluate(CONTRAST, selector) > 4.5, selector
        chat.ask(PERSIAN)
        for selector in (".asked", ".verdict p", ".trust", ".card h3", ".line", ".facts", ".rank", ".card button"):
            assert chat.evaluate(CONTRAST, selector) > 4.5, selector
        chat.ask(UNANSWERABLE)
        for selector in (".verdict.missing p", ".past .was", ".misses summary"):
            assert chat.evaluate(CONTRAST, selector) > 4.5, selector


def test_the_chat_is_used_by_keyboard_alone(chat):
    chat.focus("#question textarea")
    chat.keyboard.type(PERSIAN)
    chat.keyboard.press("Shift+Enter")
    assert chat.input_value("#question textarea") == PERSIAN + "\n"
    chat.keyboard.press("Enter")
    chat.wait_for_answer()
    assert chat.evaluate("document.activeElement.tagName") == "TEXTAREA"
    chat.focus("[data-open] >> nth=0")
    chat.keyboard.press("Enter")
    chat.wait_for_selector("#viewer mark")
    chat.wait_for_timeout(300)
    assert chat.evaluate("document.activeElement.classList.contains('sheet')")
    assert "Found" in (chat.text_content("[role=status]") or "")


def test_a_forged_hit_opens_nothing(chat):
    chat.ask(PERSIAN)
    for forged in ("9.9", "../../etc/passwd", "1.1.1", "x" * 1000):
        chat.evaluate("id => { document.querySelector('[data-open]').dataset.open = id }", forged)
        chat.click("[data-open] >> nth=0")
        chat.wait_for_timeout(250)
        assert chat.locator("#viewer section").count() == 0


def test_an_empty_folder_says_where_to_put_documents_and_a_rebuild_finds_them(chromium, tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    with served(folder, tmp_path / "index", update=False) as address, opened(chromium, address, folder) as chat:
        chat.wait_for_selector("text=No documents yet")
        assert str(folder) in chat.inner_text("#conversation")
        assert "0 passages" in chat.inner_text("#indexed")
        shutil.copy(SEEDS / EDITED, folder)
        assert "1 added" in chat.rebuild()
        chat.wait_for_selector("text=What do you want to know?")
        chat.ask(PERSIAN)
        assert "کورتونوف" in chat.inner_text(".card >> nth=0")


class Stuck(Library):
    """A library whose first update waits until it is let go, and whose questions can break."""

    def update(self, **options):
        progress = options["progress"]
        while not self.free:
            from qa.update import Progress

            progress(Progress(1, 4, EDITED))
            time.sleep(0.05)
        return super().update(**options)

    def ask(self, question, k=5):
        if "secret" in question:
            raise RuntimeError(f"broken in {self.folder}")
        return super().ask(question, k)


def test_a_first_start_shows_progress_and_an_unforeseen_error_shows_no_path(chromium, tmp_path, folder, caplog):
    from qa.web import serving

    library = Stuck.open(folder, tmp_path / "index")
    library.free = False
    with serving(library, port=0) as address, opened(chromium, address, folder) as chat:
        chat.wait_for_selector("text=Reading the documents")
        assert "1 of 4 new passages" in chat.inner_text("#told")
        assert chat.locator("#rebuild").is_disabled()
        chat.ask(PERSIAN)  # answered while it runs, with what there is: nothing yet
        assert "Not found" in chat.inner_text("article.turn")
        library.free = True
        chat.wait_for_selector("#told .report")
        chat.ask("a secret question")
        told = chat.inner_text("article.turn .problem")
        assert told.startswith("Sorry, something went wrong")
        assert str(folder) not in chat.content()
        number = told.rstrip(".").split()[-1]
        assert number in caplog.text
        assert "broken in" in caplog.text


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


def test_the_server_ends_cleanly_on_interrupt(folder, tmp_path):
    code = (
        "import sys; from qa.library import Library; from qa.web import serve; "
        "serve(Library.open(sys.argv[1], sys.argv[2]), port=0, ready=lambda address: print(address, flush=True))"
    )
    command = [sys.executable, "-c", code, str(folder), str(tmp_path / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(2)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (0, "", "")
