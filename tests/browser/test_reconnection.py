"""A server that goes away and comes back, seen from a real browser."""

from qa.library import Library
from tests.browser.conftest import BROWSER, ENGLISH, PATIENCE

pytestmark = BROWSER


def test_a_question_asked_while_the_server_is_away_is_still_in_the_box_when_it_is_back(chromium, folder, tmp_path):
    from qa.web import serving

    library = Library.open(folder, tmp_path / "index")
    library.update()
    page = chromium.new_page()
    with serving(library, port=0) as address:
        page.goto(address)
        page.wait_for_selector("#conversation section")
    page.evaluate("window.before = true")
    page.fill("#question textarea", ENGLISH)
    page.press("#question textarea", "Enter")
    with serving(library, port=int(address.rpartition(":")[2])):
        page.wait_for_function("!window.before", timeout=PATIENCE)  # Gradio loads the page anew
        page.wait_for_selector("#conversation section")
        box = "document.querySelector('#question textarea').value"
        page.wait_for_function(f"question => {box} === question", arg=ENGLISH, timeout=PATIENCE)
        page.close()
