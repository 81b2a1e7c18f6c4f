"""PDF files whose fonts say that a glyph stands for a character beyond U+FFFF, or for half of one."""

import tracemalloc

import pytest

from qa.extraction import Extractor
from qa.pdf import read_document
from tests.test_bad_files import pdf


def pages(texts: list[str], letter_a: str) -> bytes:
    """Return a PDF with a page for each text, in a font whose "A" stands for the UTF-16 units `letter_a`."""
    codes = f"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <41> <{letter_a}> endbfchar"
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(texts)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(texts)} /Resources << /Font << /F {4 + 2 * len(texts)} 0 R >> >>"
        " /MediaBox [0 0 600 800] >>",
        stream(f"/CIDInit /ProcSet findresource begin begincmap {codes} endcmap end"),
    ]
    for number, text in enumerate(texts):
        objects += [
            f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * number} 0 R >>",
            stream(f"BT /F 12 Tf 72 700 Td ({text}) Tj ET"),
        ]
    return pdf(*objects, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 3 0 R >>")


def stream(content: str) -> str:
    return f"<< /Length {len(content)} >> stream\n{content}\nendstream"


@pytest.mark.parametrize("letter", ["\U0001d400", "\U0001f600", "\U0001ee00"], ids=["maths", "emoji", "Arabic maths"])
def test_a_letter_of_two_halves_is_one_and_pages_stay_where_they_begin(letter: str) -> None:
    content = pages(["sum AAAAA here", "second page"], letter.encode("utf-16-be").hex())
    with Extractor() as extractor:
        for found in (read_document(content), extractor.read(".pdf", content)):
            assert found.text == f"sum {letter * 5} here\nsecond page"
            assert found.text[found.pages[1] :] == "second page"


@pytest.mark.parametrize("half", ["D835", "DC00", "DC00D835"])
def test_half_a_letter_costs_no_more_than_itself(half: str) -> None:
    content = pages(["sum AA AAA", "second page"], half)
    with Extractor() as extractor:
        found = extractor.read(".pdf", content)
    found.text.encode()
    assert found.text.startswith("sum ")
    assert found.text[found.pages[1] :] == "second page"


def test_ten_times_the_pages_do_not_take_ten_times_the_memory() -> None:
    peaks = {}
    for number in (4, 40):
        content = pages(["The words of a page. " * 40] * number, "0041")
        tracemalloc.start()
        assert len(read_document(content).pages) == number
        peaks[number] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[40] < 3 * peaks[4], peaks


def test_half_a_letter_in_its_metadata_costs_no_more_than_the_metadata() -> None:
    title = b"99 0 obj\n<< /Title <FEFF0041D835> >>\nendobj\ntrailer << /Info 99 0 R"
    content = pages(["The text of it"], "0041").replace(b"trailer <<", title)
    assert read_document(content).text == "The text of it"
