"""What stands around the conversation: welcome, progress, reports."""

from qa import notices
from qa.folder import Skipped
from qa.notices import Example
from qa.reports import Progress, Report
from tests.test_markup import HOSTILE, Page, assert_literal


def test_hostile_names_and_reasons_are_shown_literally() -> None:
    skipped = (Skipped(HOSTILE, HOSTILE),)
    done = Report((HOSTILE,), (HOSTILE,), (), (), skipped, 1, HOSTILE, 0.1, ((HOSTILE, HOSTILE),))
    assert_literal(
        [
            notices.report(done),
            notices.skipped(skipped),
            notices.progress(Progress(1, 2, HOSTILE)),
            notices.nothing_indexed(HOSTILE, working=True),
            notices.nothing_indexed(HOSTILE, working=False),
            notices.nothing_indexed("folder", working=False, problem=HOSTILE),
        ]
    )


def test_progress_and_report() -> None:
    assert "3 of 4 new passages" in Page(notices.progress(Progress(3, 4, "a.txt"))).text
    assert "Comparing" in Page(notices.progress(None)).text
    done = Report(("a",), (), ("b",), (), (Skipped("c.bin", "it is not text"),), 7, None, 0.5)
    text = Page(notices.report(done)).text
    assert done.summary in text
    assert "c.bin: it is not text" in text
    noted = Report(("a",), (), (), (), (), 1, None, 0.5, (("a", "read as cp1256"),))
    assert "a: read as cp1256" in Page(notices.report(noted)).text
    assert notices.skipped(()) == ""
    assert Page(notices.count(1, 1)).text == "1 passage in 1 document"


def test_examples_are_numbered_in_order() -> None:
    page = Page(notices.welcome([Example("en", "One?", "a"), Example("fa", "دو؟", "b")]))
    assert [a["data-ask"] for tag, a in page.tags if tag == "button"] == ["0", "1"]
    assert "Persian" in page.text
    assert "Try" not in Page(notices.welcome([])).text
