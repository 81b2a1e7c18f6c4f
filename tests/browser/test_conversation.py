"""Questions in a real browser: answers with marked passages, their documents, and what is not found."""

import json
from pathlib import Path

import pytest

from tests.browser.conftest import (
    BROWSER,
    EDITED,
    ENGLISH,
    ENGLISH_ANSWER,
    PERSIAN,
    PERSIAN_ANSWER,
    UNANSWERABLE,
    in_view,
)
from tests.conftest import SEEDS

pytestmark = BROWSER


HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>${1+1}"


def test_a_persian_question_is_answered_with_a_marked_passage_that_opens_in_its_document(chat):
    chat.ask(PERSIAN)
    card = chat.locator(".card").first
    assert PERSIAN_ANSWER in card.locator("mark").first.inner_text()
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
    assert ENGLISH_ANSWER in " ".join(chat.locator("article.turn .card").all_text_contents()[:3])
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


def test_the_next_question_closes_the_document_of_the_last_one(chat):
    chat.ask(PERSIAN)
    chat.click("article.turn [data-open] >> nth=0")
    chat.wait_for_selector("#viewer mark")
    chat.ask(ENGLISH)
    chat.wait_for_selector("#viewer section", state="detached")
    assert chat.evaluate("document.activeElement.tagName") == "TEXTAREA"


@pytest.mark.parametrize(
    ("question", "told"), [("   ", "empty"), ("؟ ", "empty"), ("why?" * 2500, "10,000 characters")]
)
def test_a_question_that_cannot_be_asked_stays_in_the_box_with_a_sentence_beside_it(chat, question, told):
    chat.ask(PERSIAN)
    chat.fill("#question textarea", question)
    chat.wait_for_timeout(200)  # until Gradio has closed the last answer
    chat.press("#question textarea", "Enter")
    chat.wait_for_selector("#refusal .problem")
    assert told in chat.inner_text("#refusal .problem")
    assert in_view(chat, "#refusal .problem")
    assert chat.input_value("#question textarea") == question
    assert chat.inner_text("article.turn .asked") == PERSIAN
    assert chat.locator(".past details").count() == 0
    assert chat.evaluate("document.documentElement.scrollWidth <= innerWidth")
    chat.ask(ENGLISH)  # and the next one is answered
    assert chat.locator("article.turn .card").count() > 0
    chat.wait_for_selector("#refusal .problem", state="detached")


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


def test_the_chat_is_used_by_keyboard_alone(chat):
    chat.focus("#question textarea")
    chat.keyboard.type(PERSIAN)
    chat.keyboard.press("Shift+Enter")
    assert chat.input_value("#question textarea") == PERSIAN + "\n"
    chat.keyboard.press("Enter")
    chat.wait_for_answer()
    # The page keeps the question, and then puts the focus into the box: a focus before that would be lost.
    chat.wait_for_function("JSON.parse(sessionStorage.getItem(`sanad ${location.pathname}`) ?? '[]').length")
    assert chat.evaluate("document.activeElement.tagName") == "TEXTAREA"
    chat.focus("article.turn [data-open] >> nth=0")
    chat.keyboard.press("Enter")
    chat.wait_for_selector("#viewer mark")
    chat.wait_for_timeout(300)
    assert chat.evaluate("document.activeElement.classList.contains('sheet')")
    assert "Found" in (chat.text_content("[role=status]") or "")


def test_thumbs_are_pressed_by_keyboard_and_the_file_of_judgements_is_downloaded(chat):
    chat.ask(PERSIAN)
    right, wrong, none = (f'article.turn [data-as="{name}"] >> nth=0' for name in ("right", "wrong", "none"))
    assert chat.locator(right).inner_text() == "Right"
    assert chat.locator(right).locator("xpath=..").get_attribute("aria-label") == "Does passage 1 answer?"
    chat.focus(right)
    chat.keyboard.press("Space")
    chat.wait_for_selector("#judged >> text=1 judgement in")
    chat.wait_for_selector('article.turn [data-as="right"][aria-pressed="true"]')
    assert chat.evaluate("document.activeElement.dataset.as") == "right"
    with chat.expect_download() as download:
        chat.click("#judged a")
    line = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert (line["question"], line["document"]) == (PERSIAN, EDITED)
    assert PERSIAN_ANSWER in line["contains"][0]
    chat.click(none)  # which takes the other back
    chat.wait_for_selector('article.turn [data-as="none"][aria-pressed="true"]')
    assert chat.locator(right).get_attribute("aria-pressed") == "false"
    chat.click(wrong)
    chat.wait_for_selector("#judged >> text=2 judgements in")
    chat.ask(ENGLISH)
    assert chat.locator('.past [data-as][aria-pressed="true"]').count() == 2  # the server knows them
    chat.click(".past summary")
    for pressed in (".past [data-as=none]", ".past [data-as=wrong] >> nth=0"):
        chat.click(pressed)
    chat.wait_for_selector("#judged p", state="detached")


def test_an_answer_is_looked_for_where_the_filter_says(chat):
    chat.focus(".filters summary")
    chat.keyboard.press("Enter")
    chat.select_option(".filters [name=language]", "ar")
    chat.fill(".filters [name=document]", '00 "3')
    assert chat.inner_text(".filters .chosen") == 'document:"00 3" language:ar'
    chat.fill("#question textarea", "Kazakhstan")
    chat.press("#question textarea", "Enter")
    chat.wait_for_selector("#refusal .problem")  # no such document
    chat.wait_for_function("document.querySelector('#question textarea').value === 'Kazakhstan'")  # as it was typed
    assert chat.input_value(".filters [name=document]") == '00 "3'
    chat.click(".filters [data-clear]")
    chat.enter()
    chat.wait_for_answer()
    assert chat.inner_text("article.turn .asked") == "Kazakhstan"
    chat.select_option(".filters [name=language]", "ar")
    chat.fill(".filters [name=document]", "003")
    chat.fill("#question textarea", "Kazakhstan")
    chat.enter()
    chat.wait_for_answer(before="1")
    assert chat.inner_text("article.turn .asked") == "Kazakhstan document:003 language:ar"
    chat.unfold()
    assert {name.split()[0] for name in chat.locator("article.turn .card .facts").all_inner_texts()} == {
        "003_a2fb5b04f03751af.txt"
    }
    chat.click(".filters [data-clear]")
    assert chat.inner_text(".filters .chosen") == ""
    chat.ask(ENGLISH)
    assert chat.inner_text("article.turn .asked") == ENGLISH


def test_a_forged_hit_opens_nothing(chat):
    chat.ask(PERSIAN)
    for forged in ("9.9", "../../etc/passwd", "1.1.1", "x" * 1000):
        chat.evaluate("id => { document.querySelector('[data-open]').dataset.open = id }", forged)
        chat.click("article.turn [data-open] >> nth=0")
        chat.wait_for_timeout(250)
        assert chat.locator("#viewer section").count() == 0
        assert "no longer knows this conversation" in chat.inner_text(
            "#refusal .problem"
        )  # as after a restart of the server


def test_back_closes_the_document_and_a_page_loaded_anew_shows_the_conversation_again(chat):
    chat.ask(PERSIAN)
    chat.ask(ENGLISH)
    chat.click("article.turn [data-open] >> nth=0")
    chat.wait_for_selector("#viewer mark")
    chat.go_back()
    chat.wait_for_selector("#viewer section", state="detached")
    assert chat.inner_text("article.turn .asked") == ENGLISH
    chat.click("article.turn [data-open] >> nth=0")
    chat.wait_for_selector("#viewer mark")
    chat.keyboard.press("Escape")
    chat.wait_for_selector("#viewer section", state="detached")
    chat.click("article.turn [data-open] >> nth=0")
    chat.wait_for_selector("#viewer mark")
    chat.keyboard.press("Escape")
    chat.focus(".filters summary")
    chat.keyboard.press("Enter")
    chat.select_option(".filters [name=language]", "ar")
    chat.reload()
    chat.wait_for_answer()
    assert chat.inner_text("article.turn .asked") == ENGLISH
    assert chat.inner_text(".filters .chosen") == "language:ar"
    assert PERSIAN in chat.inner_text(".past summary")
    chat.click("article.turn [data-open] >> nth=0")  # the server knows the conversation, too
    chat.wait_for_selector("#viewer mark")
