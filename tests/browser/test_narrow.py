"""The page on narrow phones, in a real browser: nothing sticks out sideways."""

import pytest

from tests.browser.conftest import BROWSER, PERSIAN, opened

pytestmark = BROWSER

MARGIN = 16


@pytest.mark.parametrize("width", [320, 360, 375])
def test_nothing_sticks_out_sideways_on_a_narrow_phone(chromium, address, folder, width):
    phone = {"viewport": {"width": width, "height": 740}, "has_touch": True, "is_mobile": True}
    with opened(chromium, address, folder, **phone) as chat:

        def fits() -> bool:  # innerWidth is no measure here: a phone widens it to that of what sticks out
            return chat.evaluate("document.documentElement.scrollWidth") == width

        assert fits()
        chat.ask(PERSIAN)
        chat.unfold()
        assert fits()
        chat.click("[data-open] >> nth=0")
        chat.wait_for_selector("#viewer mark")
        assert fits()
        chat.click("[data-close]")
        chat.click("[role=tab][data-view=documents]")
        chat.wait_for_selector("#listing .entry")
        assert fits()
        button = chat.locator("#rebuild").bounding_box()
        assert button["x"] + button["width"] <= width - MARGIN
        assert chat.locator("#bar").bounding_box()["height"] < 80, "the bar is more than one row"
        chat.click("#listing [data-document] >> nth=0")
        chat.wait_for_selector("#viewer .sheet")
        assert fits()


def test_a_long_section_leaves_the_number_of_the_paragraph_on_one_line(chromium, address, folder):
    with opened(chromium, address, folder, viewport={"width": 360, "height": 740}) as chat:
        chat.ask(PERSIAN)
        chat.unfold()
        height = """fact => {
            const range = document.createRange();
            fact.innerHTML = `<bdi>${"a long headline ".repeat(9)}</bdi> · ¶ 1`;
            range.selectNode(fact.lastChild);
            return range.getBoundingClientRect().height;
        }"""
        assert chat.locator(".card .fact:has-text('¶')").first.evaluate(height) < 40


@pytest.mark.parametrize("width", [900, 1024, 1180])
def test_a_document_beside_the_chat_leaves_room_for_facts_and_headlines(chromium, address, folder, width):
    with opened(chromium, address, folder, viewport={"width": width, "height": 740}) as chat:
        chat.ask(PERSIAN)
        chat.unfold()
        chat.click("[data-open] >> nth=0")
        chat.wait_for_selector("#viewer mark")
        for inner, outer in ((".card footer .facts", ".card"), ("#viewer .sheet header > div", "#viewer .sheet")):
            part, whole = (chat.locator(name).first.bounding_box()["width"] for name in (inner, outer))
            assert part > 0.8 * whole
        assert chat.locator("#bar").bounding_box()["height"] < 80, "the bar is more than one row"
