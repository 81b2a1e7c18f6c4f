"""The documents tab by keyboard: looked through, read again, added to and taken from."""

import shutil

from qa.library import Library
from tests.browser.conftest import (
    BROWSER,
    EDITED,
    PERSIAN,
    opened,
    served,
)
from tests.conftest import SEEDS

pytestmark = BROWSER


def test_documents_are_looked_through_by_keyboard(chat, folder):
    (folder / "scan.bin").write_bytes(b"")
    try:
        chat.rebuild()
        chat.focus("[role=tab][data-view=chat]")
        chat.keyboard.press("ArrowRight")
        chat.wait_for_selector("#listing .entry")
        assert not chat.locator("#question").is_visible()
        assert chat.evaluate("document.activeElement.dataset.view") == "documents"
        assert chat.locator("#listing .entry").count() == 6
        skipped = chat.locator("#listing .entry").filter(has_text="scan.bin")
        assert "it holds no text" in skipped.inner_text()
        assert skipped.locator("button").count() == 0
        chat.fill("#finder input", "جورباتشوف nowhere")
        chat.wait_for_selector("text=No document matches")
        chat.fill("#finder input", "گورباچف")
        chat.wait_for_selector("text=1 file found")
        chat.focus("#listing [data-again]")
        chat.keyboard.press("Enter")
        chat.wait_for_selector("#told >> text=1 document read again")
        chat.wait_for_selector("text=1 file found")
        chat.focus("#listing [data-document]")
        chat.keyboard.press("Enter")
        chat.wait_for_selector("#viewer .sheet")
        chat.wait_for_timeout(300)
        text = (SEEDS / EDITED).read_text("utf-8")
        assert " ".join(text.split())[:200] in " ".join(chat.inner_text("#viewer .text").split())
        chat.keyboard.press("Escape")
        chat.wait_for_selector("#viewer .sheet", state="detached")
        assert chat.evaluate("document.activeElement.dataset.document") == EDITED
        chat.focus("[role=tab][data-view=documents]")
        chat.keyboard.press("ArrowLeft")
        assert chat.locator("#question").is_visible()
        chat.ask(PERSIAN)
        assert chat.locator("article.turn .card").count() > 0
    finally:
        (folder / "scan.bin").unlink()
        chat.evaluate("document.querySelector('[role=tab]').click()")
        chat.rebuild()


def test_documents_are_added_and_removed_where_that_is_allowed(chromium, chat, folder, tmp_path):
    chat.click("[role=tab][data-view=documents]")
    chat.wait_for_selector("#listing .entry")
    assert chat.locator(".drop").count() == 0  # off by default
    lamp = tmp_path / "چراغ.txt"
    lamp.write_text("چراغ در زیرزمین است.\n\nچراغ قدیمی خانه در زیرزمین نگه داشته می‌شود.", "utf-8")
    other = shutil.copytree(SEEDS, tmp_path / "docs")
    index = tmp_path / "index"
    with served(other, index, uploads=True) as address, opened(chromium, address, other) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        page.click("[role=tab][data-view=documents]")
        page.set_input_files(".drop input", lamp)
        page.wait_for_selector("#listing [data-remove]")
        assert "Added" in page.inner_text(".added li")
        assert (other / lamp.name).read_bytes() == lamp.read_bytes()
        assert "in 6 documents" in page.inner_text("#indexed")
        drop = """([name, text]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], name));
            document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true })) }"""
        page.evaluate(drop, ["note.txt", "Dropped here."])
        page.wait_for_selector("#listing [data-remove='note.txt']")
        assert "note.txt" in page.inner_text(".added li")
        page.click("[data-remove='note.txt']")
        page.wait_for_selector("#listing [data-remove='note.txt']", state="detached")
        assert page.locator(".added li").count() == 0  # what is gone is not told as added
        page.focus("[data-remove]")
        page.keyboard.press("Enter")
        page.wait_for_selector("#listing [data-remove]", state="detached")
        assert sorted(place.name for place in other.iterdir()) == sorted(place.name for place in SEEDS.iterdir())


def test_a_watched_folder_is_counted_anew_without_being_asked(chromium, tmp_path, folder):
    from qa.web import serving

    library = Library.open(folder, tmp_path / "index")
    library.update()
    with serving(library, port=0, watch=True) as address, opened(chromium, address, folder) as chat:
        chat.wait_for_selector("#indexed >> text=in 5 documents")
        (folder / "new.txt").write_text("The ferry to the island leaves at noon.")
        chat.wait_for_selector("#indexed >> text=in 6 documents")
        (folder / "new.txt").unlink()
        chat.wait_for_selector("#indexed >> text=in 5 documents")
