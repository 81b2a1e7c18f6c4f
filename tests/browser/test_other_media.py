"""The page on paper and in the colours of the system, in a real browser."""

import pypdfium2

from tests.browser.conftest import BROWSER, DELETED, ENGLISH, ENGLISH_ANSWER, opened

pytestmark = BROWSER


def printed(chat) -> str:
    """Return the text that the page has on paper, its pages end to end, in one line."""
    with pypdfium2.PdfDocument(chat.page.pdf(format="A4")) as pdf:
        return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pdf).split())


def test_paper_has_the_answer_and_then_the_whole_open_document_and_no_buttons(chromium, address, folder):
    with opened(chromium, address, folder, color_scheme="dark") as chat:
        chat.ask(ENGLISH)
        text = printed(chat)
        assert ENGLISH in text
        assert DELETED in text
        assert not [words for words in ("Documents", "Ask in any language", "Right", "Copy", "Filter") if words in text]
        chat.click("[data-open] >> nth=0")
        chat.wait_for_selector("#viewer mark")
        years = [line.split()[2] for line in (folder / DELETED).read_text("utf-8").splitlines() if "2022 1" in line]
        text = printed(chat)
        assert len(years) == text.count("2022 1") > 2  # from the first page to the last
        assert ENGLISH not in text
        chat.page.emulate_media(media="print")
        paper = "element => getComputedStyle(element).color"
        assert chat.locator("#viewer mark").first.evaluate(paper) == "rgb(34, 32, 28)"  # dark, whatever the screen is


def test_forced_colors_show_the_highlight_and_nothing_through_the_question_box(chromium, address, folder):
    with opened(chromium, address, folder, forced_colors="active") as chat:
        chat.ask(ENGLISH)
        assert ENGLISH_ANSWER in chat.inner_text("mark >> nth=0")
        behind = "element => getComputedStyle(element).backgroundColor"
        box, mark, card = (chat.locator(part).first.evaluate(behind) for part in ("#composer", "mark", ".card"))
        assert box == card == "rgb(255, 255, 255)"
        assert mark not in (card, "rgba(0, 0, 0, 0)")
