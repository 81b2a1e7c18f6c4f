"""Sections: the headings that a passage stands under, from Markdown, web pages and office files to the answer."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.static import StaticEncoder
from qa.catalog import Catalog
from qa.documents import Document, read_document
from qa.library import Library
from qa.sections import Heading, locate_headings, markdown_headings, section_at
from tests.conftest import done, write_files
from tests.test_formats import book

BOOK = """# The lake

Birds come in spring.

## Fish ##

Trout live in the north.

### Nets

Nets are wide.

## *Boats*

Ferries go every hour.
"""


def sections(document: Document, *words: str) -> list[tuple[str, ...]]:
    return [document.section(document.text.index(word)) for word in words]


@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_a_place_stands_under_its_heading_and_those_above(line: str) -> None:
    document = read_document("lake.md", BOOK.replace("\n", line).encode(), "")
    assert document.title == "The lake"
    assert sections(document, "Birds", "Trout", "Nets are", "Ferries", "### Nets") == [
        (),
        ("Fish",),
        ("Fish", "Nets"),
        ("Boats",),
        ("Fish", "Nets"),
    ]


def test_underlined_headings_count_and_what_stands_in_code_does_not() -> None:
    text = "---\ndate: 2020-01-01\n---\nThe lake\n=====\n\n```sh\n# no heading\n```\n\nFish\n---\n"
    text += "\n| a | b |\n|---|---|\n\n- x\n---\n"
    found = markdown_headings(text)
    assert [(text[one.start :].split("\n")[0], one.level) for one in found] == [("The lake", 1), ("Fish", 2)]


@pytest.mark.parametrize("text", ["#tag", "####### seven", "a # b", "", "#", "# ", "-----\n", "\n---\n"])
def test_what_is_no_heading(text: str) -> None:
    assert markdown_headings(text) == ()


def test_a_web_page_s_headings_are_found_in_its_text() -> None:
    page = """<html><head><title>Lakes</title></head><body><nav><h2>Menu</h2></nav><article><h1>The lake</h1>
    <p>Birds come in spring and Fish in autumn.</p><h2>Fish <i>and</i> nets</h2><p>Trout live in the north.</p>
    <h3>Nets</h3><p>Nets are wide.</p><h2>Boats</h2><p>Ferries go every hour.</p></article></body></html>"""
    document = read_document("lake.html", page.encode(), "")
    assert sections(document, "Birds", "Trout", "Nets are", "Ferries") == [
        (),
        ("Fish and nets",),
        ("Fish and nets", "Nets"),
        ("Boats",),
    ]


@pytest.mark.parametrize("name", ["dam.docx", "dam.odt"])
def test_headings_of_an_office_program_s_files(name: str) -> None:
    document = read_document(name, Path(__file__).with_name("files").joinpath(name).read_bytes(), "")
    assert sections(document, "ماهی‌های دریاچه") == [("صفحه‌ی دوم",)]
    assert document.section(0) == ()


def test_headings_of_a_book() -> None:
    chapters = {"one.xhtml": "<h1>Fish</h1><p>Trout live here.</p>", "two.xhtml": "<h1>Boats</h1><p>Ferries go.</p>"}
    assert sections(read_document("b.epub", book(chapters), ""), "Trout", "Ferries") == [("Fish",), ("Boats",)]


def test_headings_that_are_no_line_of_the_text_are_left_out() -> None:
    text = "Menu of the day\nSoup\n\nSoup is warm.\n\nBread\n"
    found = locate_headings(text, [(1, "Menu"), (2, "Soup"), (2, "Soup"), (3, "Bread"), (1, "")])
    assert found == (Heading(text.index("Soup"), 2), Heading(text.index("Bread"), 3))


levels = st.lists(st.integers(1, 4), max_size=12)


@given(levels)
def test_the_path_is_that_of_the_naive_outline(found: list[int]) -> None:
    """Of the headings before a place, each that no later one of its level or above has closed."""
    text = "".join(f"{'#' * level} h{number}\n\ntext {number}.\n\n" for number, level in enumerate(found))
    headings = markdown_headings(text)
    for number in range(len(found)):
        before = list(enumerate(found[: number + 1]))
        open_ones = [n for n, level in before if all(later > level for _, later in before[n + 1 :])]
        assert section_at(text, headings, text.index(f"text {number}.")) == tuple(f"h{n}" for n in open_ones)


@given(st.text("#=-` \n\rab", max_size=60))
def test_any_text_has_headings_in_order(text: str) -> None:
    found = markdown_headings(text)
    assert sorted(found) == list(found)
    assert all(section_at(text, found, one.start) for one in found)


def test_a_long_heading_is_cut() -> None:
    text = "# " + "word " * 50
    assert section_at(text, markdown_headings(text), 10)[0].endswith("word…")


def test_sections_are_kept_and_printed(tmp_path: Path, encoder: StaticEncoder) -> None:
    library = Library(write_files(tmp_path / "docs", {"lake.md": BOOK * 1}), Catalog(tmp_path / "index"), encoder)
    library.update()
    (document,) = (read_document("lake.md", BOOK.encode(), ""),)
    hit = library.ask("How wide are the nets?").hits[0]
    assert hit.document.headings == document.headings != ()
    assert hit.section == ("Fish", "Nets")
    asked = ("ask", "How wide are the nets?", library.folder, "--index", library.catalog.folder)
    assert json.loads(done(*asked, "--json"))["hits"][0]["section"] == ["Fish", "Nets"]
    assert "Fish > Nets, paragraph 1" in done(*asked)
