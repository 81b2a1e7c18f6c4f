"""What stands around the conversation: welcome, progress, reports."""

from qa import notices
from qa.examples import Example
from qa.folder import Skipped
from qa.reports import Progress, Report
from tests.test_markup import HOSTILE, Page, assert_literal


def test_hostile_names_and_reasons_are_shown_literally() -> None:
    skipped = (Skipped(HOSTILE, HOSTILE),)
    done = Report((HOSTILE,), (HOSTILE,), (), (), skipped, 1, HOSTILE, 0.1, ((HOSTILE, HOSTILE),))
    assert_literal(
        [
            notices.report(done),
            notices.skipped(skipped),
            notices.progress(Progress(1, 2, HOSTILE), 1.0),
            notices.refused(HOSTILE, HOSTILE),
            notices.nothing_indexed(HOSTILE, working=True),
            notices.nothing_indexed(HOSTILE, working=False),
            notices.nothing_indexed("folder", working=False, trouble=HOSTILE),
        ]
    )


def test_progress_and_report() -> None:
    assert "comparing" in Page(notices.progress(None, 0.0)).text
    done = Report(("a",), (), ("b",), (), (Skipped("c.bin", "it is not text"),), 7, None, 0.5)
    text = Page(notices.report(done)).text
    assert done.summary in text
    assert "c.bin: it is not text" in text
    noted = Report(("a",), (), (), (), (), 1, None, 0.5, (("a", "read as cp1256"),))
    assert "a: read as cp1256" in Page(notices.report(noted)).text
    assert notices.skipped(()) == ""
    assert Page(notices.count(1, 1)).text == "1 passage in 1 document"


def test_progress_tells_how_fast_it_is_and_how_long_it_will_take() -> None:
    now = Progress(30, 400, "a.txt", passages=1500, skipped=2, rate=512.4, left=250.0)
    text = Page(notices.progress(now, 2.0)).text
    for words in (
        "30 of 400 documents",
        "15 documents and 512 passages a second",
        "about 4 min left",
        "2 skipped",
        "a.txt",
    ):
        assert words in text
    assert 'aria-valuenow="7"' in notices.progress(now, 2.0)
    slow = Page(notices.progress(Progress(1, 2, "", passages=9, left=1.0), 4.0)).text
    assert "0.2 documents" in slow
    assert "a few seconds left" in slow
    assert "skipped" not in slow
    assert "3.1 h left" in Page(notices.progress(Progress(1, 2, "", left=11_000.0), 4.0)).text
    assert "70 s left" in Page(notices.progress(Progress(1, 2, "", left=72.0), 4.0)).text


def test_a_refusal_offers_its_remedy_if_there_is_one() -> None:
    assert [a for tag, a in Page(notices.refused("No.", "Do it")).tags if tag == "button"] == [
        {"type": "button", "data-force": "true"}
    ]
    assert "button" not in notices.refused("No.", "")


def test_the_filter_has_a_field_for_each_condition() -> None:
    names = [a["name"] for _, a in Page(notices.FILTERS).tags if "name" in a]
    assert names == ["document", "language", "after", "before"]


def test_examples_are_numbered_in_order() -> None:
    page = Page(notices.welcome([Example("en", "One?", "a"), Example("fa", "دو؟", "b")]))
    assert [a["data-ask"] for tag, a in page.tags if tag == "button"] == ["0", "1"]
    assert "Persian" in page.text
    assert "Try" not in Page(notices.welcome([])).text
