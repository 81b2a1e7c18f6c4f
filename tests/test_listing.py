"""The list of documents as the reader sees it."""

from qa.listing import listing
from qa.overview import CHANGED, INDEXED, SKIPPED, Line, Sheet
from tests.test_markup import HOSTILE, Page, assert_literal

FULL = Line(
    "sub/a.txt", INDEXED, "A headline", "text", "fa", "2022-11-29", 12, "2026-01-02T03:04:05Z", "Read as cp1256."
)


def page(*lines: Line, number: int = 1, pages: int = 1, found: int | None = None, searched: bool = False) -> str:
    return listing(Sheet(lines, number, pages, len(lines) if found is None else found), searched=searched)


def test_a_line_tells_everything() -> None:
    shown = Page(page(FULL))
    told = ("1 file", "A headline", "sub/a.txt", "text", "Persian", "2022-11-29", "12 passages", "Indexed", "cp1256")
    for words in (*told, "indexed 2026-01-02 03:04:05 UTC"):
        assert words in shown.text
    assert ("button", {"type": "button", "data-document": "sub/a.txt"}) in shown.tags
    assert ("time", {"datetime": "2026-01-02T03:04:05Z"}) in shown.tags


def test_what_is_not_indexed_says_why_and_does_not_open() -> None:
    shown = Page(page(Line("b.bin", SKIPPED, note="it is not text"), Line("c.txt", CHANGED, "C", passages=1)))
    assert "Skipped" in shown.text
    assert "it is not text" in shown.text
    assert "Changed since" in shown.text
    assert [attributes["data-document"] for _, attributes in shown.tags if "data-document" in attributes] == ["c.txt"]
    assert [attributes["data-again"] for _, attributes in shown.tags if "data-again" in attributes] == ["", "c.txt"]


def test_pages_lead_to_their_neighbours() -> None:
    first, middle, last = (Page(page(FULL, number=number, pages=3, found=101)) for number in (1, 2, 3))
    ways = [
        [(a["data-page"], "disabled" in a) for t, a in shown.tags if "data-page" in a]
        for shown in (first, middle, last)
    ]
    assert ways == [[("0", True), ("2", False)], [("1", False), ("3", False)], [("2", False), ("4", True)]]
    assert "Page 2 of 3" in middle.text
    assert "101 files" in middle.text
    assert "Page" not in Page(page(FULL)).text


def test_nothing_found_is_told_from_nothing_there() -> None:
    assert Page(page(searched=True)).text == "No document matches."
    assert Page(page()).text == "There are no documents yet."
    assert "1 file found" in Page(page(FULL, searched=True)).text


def test_hostile_names_are_shown_literally_and_right_to_left_ones_isolated() -> None:
    assert_literal([page(Line(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, HOSTILE, HOSTILE))])
    source = page(Line("سند.txt", INDEXED, "عنوان 12", passages=1))
    assert '<h3 dir="rtl">' in source
    assert '<h3 dir="rtl" lang="fa">' in page(Line("سند.txt", INDEXED, "عنوان", language="fa", passages=1))
    assert "<bdi>عنوان <bdi>12</bdi></bdi>" in source
