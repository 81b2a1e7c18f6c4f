"""The page around the conversation, in a real browser: rebuilding, its states, its widths and colours."""

import shutil
import time
from pathlib import Path

import pytest

from qa.library import Library
from tests.browser.conftest import (
    BROWSER,
    DELETED,
    EDITED,
    ENGLISH,
    ENGLISH_ANSWER,
    PERSIAN,
    PERSIAN_ANSWER,
    UNANSWERABLE,
    in_view,
    opened,
    served,
)
from tests.conftest import SEEDS, write_files

pytestmark = BROWSER


def test_rebuild_brings_in_an_edited_document_and_drops_a_deleted_one(chat, folder):
    edited, deleted = folder / EDITED, folder / DELETED
    before, kept = edited.read_bytes(), deleted.read_bytes()
    try:
        chat.ask("How many flamingos live on Lake Tengiz?")
        assert chat.locator(".card").filter(has_text="14,562").count() == 0
        edited.write_bytes(before + b"\n\nThere are 14,562 flamingos living on Lake Tengiz this year.\n")
        deleted.unlink()
        (folder / "broken.txt").write_bytes(bytes(9))
        report = chat.rebuild()
        assert "1 changed" in report
        assert "1 removed" in report
        assert "broken.txt" in report
        chat.ask("How many flamingos live on Lake Tengiz?")
        assert "14,562 flamingos" in " ".join(chat.locator("article.turn mark").all_inner_texts())
        chat.ask(ENGLISH)
        assert DELETED not in (chat.text_content("article.turn") or "")
        assert "in 4 documents" in chat.inner_text("#indexed")
    finally:
        edited.write_bytes(before)
        deleted.write_bytes(kept)
        (folder / "broken.txt").unlink()
        assert "1 added" in chat.rebuild()


def test_the_chat_follows_the_folder_without_a_rebuild_and_a_report_stays_for_one_question_only(chromium, chat, folder):
    deleted = folder / DELETED
    kept = deleted.read_bytes()
    try:
        chat.rebuild()
        deleted.unlink()
        chat.ask(ENGLISH)
        assert DELETED not in (chat.text_content("article.turn") or "")
        assert "in 4 documents" in chat.inner_text("#indexed")
        assert "1 removed" in chat.inner_text("#told .report")
        chat.ask(PERSIAN)
        chat.wait_for_selector("#told .report", state="detached")
    finally:
        deleted.write_bytes(kept)
    with opened(chromium, chat.address, folder) as other:  # a page follows the folder when it opens, too
        other.wait_for_selector("#told .report >> text=1 added")
        assert "in 5 documents" in other.inner_text("#indexed")


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


def test_copy_takes_the_passage_with_its_source_and_selecting_only_the_words(chat):
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copied = "navigator.clipboard.readText()"
    chat.ask(ENGLISH)
    chat.click(".card .copy >> nth=0")
    chat.wait_for_selector(".card .copy >> text=Copied")
    text, source = chat.evaluate(copied).rsplit("\n\n", 1)
    assert ENGLISH_ANSWER in text
    assert f"({DELETED}, ¶ " in source
    chat.evaluate("getSelection().selectAllChildren(document.querySelector('.card'))")
    chat.press("body", "Control+c")
    assert ENGLISH_ANSWER in chat.evaluate(copied)
    assert not {"Right", "Open in document", "Copy"} & set(chat.evaluate(copied).splitlines())


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
        assert PERSIAN_ANSWER in chat.inner_text(".card >> nth=0")


class Stuck(Library):
    """A library whose first update waits until it is let go, and whose questions can break."""

    def update(self, **options):
        progress = options["progress"]
        while not self.free:
            from qa.reports import Progress

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
        chat.wait_for_selector("#told >> text=1 of 4 documents")
        chat.wait_for_selector("#rebuild >> text=Stop")
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


class Held(Library):
    """A library whose update waits before it reads the document of that name until it is let go on."""

    def update(self, **options):
        progress, stop = options["progress"], options["stop"]

        def wait(now):
            progress(now)
            while now.document == self.at and not stop():
                time.sleep(0.05)

        return super().update(**{**options, "progress": wait})


def test_a_first_build_answers_while_it_runs_is_stopped_and_goes_on(chromium, tmp_path, folder, monkeypatch):
    from qa.web import serving

    for most in ("FIRST", "GROUP"):  # passages after which documents can be asked
        monkeypatch.setattr(f"qa.update.{most}", 1)
    library = Held.open(folder, tmp_path / "index")
    library.at = "003_a2fb5b04f03751af.txt"  # the fourth of five
    with serving(library, port=0) as address, opened(chromium, address, folder) as chat:
        chat.wait_for_selector("text=What do you want to know?")  # as soon as anything is in
        chat.wait_for_selector("#indexed >> text=in 3 documents")
        chat.wait_for_selector("#told >> text=3 of 5 documents")
        assert "passages a second" in chat.inner_text("#told")
        chat.ask(PERSIAN)
        assert PERSIAN_ANSWER in chat.inner_text(".card >> nth=0")
        assert chat.inner_text("#rebuild") == "Stop"
        chat.focus("#rebuild")
        chat.keyboard.press("Enter")
        chat.wait_for_selector("#told >> text=1 file still waiting")
        chat.wait_for_selector("#told >> text=until you press")
        chat.wait_for_selector("#rebuild >> text=Rebuild")
        chat.ask(ENGLISH)  # which does not begin it again
        chat.wait_for_selector("#told >> text=until you press")
        assert "in 4 documents" in chat.inner_text("#indexed")
        library.at = None
        assert "1 added" in chat.rebuild()
        assert "in 5 documents" in chat.inner_text("#indexed")


def test_a_folder_that_was_emptied_is_taken_as_meant_by_a_button(chromium, tmp_path):
    folder = tmp_path / "documents"
    for number in range(7):
        write_files(folder, {f"{number}.txt": f"Note {number} about an old bridge.\n"})
    with served(folder, tmp_path / "index") as address, opened(chromium, address, folder) as chat:
        for place in folder.iterdir():
            place.unlink()
        chat.ask("How old is the bridge?")  # the index still answers
        chat.unfold()
        assert "an old bridge" in chat.inner_text("article.turn .card >> nth=0")
        chat.wait_for_selector("#told .problem")
        assert "in 7 documents" in chat.inner_text("#indexed")
        chat.click("text=Remove them all from the index")
        chat.wait_for_selector("#told >> text=7 removed")
        assert "in 0 documents" in chat.inner_text("#indexed")
        chat.wait_for_selector("#told [data-force]", state="detached")


def test_phone_width_has_no_sideways_scrolling_and_the_document_covers_the_chat(chromium, address, folder):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with opened(chromium, address, folder, **phone) as chat:
        sideways = "document.documentElement.scrollWidth > 390"  # a phone widens innerWidth to what sticks out
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
        chat.click("[data-close]")
        chat.click("[role=tab][data-view=documents]")
        chat.wait_for_selector("#listing .entry")
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
        chat.click(".filters summary")
        for selector in (".filters summary", ".filters label", ".filters [name=after]", ".filters select"):
            assert chat.evaluate(CONTRAST, selector) > 4.5, selector
        chat.click(".filters summary")
        for selector in (".welcome h2 + p", ".examples small", ".examples span", ".count", "#ask", "#rebuild"):
            assert chat.evaluate(CONTRAST, selector) > 4.5, selector
        chat.ask(PERSIAN)
        for selector in (".asked", ".verdict p", ".trust", ".card h3", ".line", ".facts", ".rank", ".card button"):
            assert chat.evaluate(CONTRAST, selector) > 4.5, selector
        chat.click("[role=tab][data-view=documents]")
        chat.wait_for_selector("#listing .entry")
        for selector in (".entry h3", ".entry .facts", ".state", "[role=tab]", "[role=tab][aria-selected=true]"):
            assert chat.evaluate(CONTRAST, selector) > 4.5, selector
        chat.click("[role=tab][data-view=chat]")
        chat.ask(UNANSWERABLE)
        for selector in (".verdict.missing p", ".past .was", ".misses summary"):
            assert chat.evaluate(CONTRAST, selector) > 4.5, selector


def test_the_original_opens_beside_the_text(chat, folder):
    files = Path(__file__).parent.parent / "files"
    try:
        for name in ("dam.pdf", "library.pptx"):
            shutil.copy(files / name, folder)
        assert "2 added" in chat.rebuild()
        chat.ask("ماهی‌های دریاچه در بهار چه می‌کنند؟")
        card = chat.locator(".card").filter(has_text="dam.pdf").first
        assert "p. 2" in card.inner_text()
        card.locator("[data-open]").click()
        link = chat.locator(".sheet a.original")
        link.wait_for()
        assert (link.inner_text(), link.get_attribute("href")[-7:]) == ("Open the original", "#page=2")
        answer = chat.request.get(f"{chat.address}/{link.get_attribute('href').split('#')[0]}")
        assert (answer.status, answer.body()) == (200, (files / "dam.pdf").read_bytes())
        assert answer.headers["content-type"] == "application/pdf"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert chat.request.get(f"{chat.address}/original/{'0' * 64}").status == 404
        (folder / "dam.pdf").unlink()
        assert chat.request.get(f"{chat.address}/{link.get_attribute('href').split('#')[0]}").status == 404
    finally:
        for name in ("dam.pdf", "library.pptx"):
            (folder / name).unlink(missing_ok=True)
        chat.rebuild()
