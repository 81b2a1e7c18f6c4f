"""PDF files whose fonts say that a glyph stands for a character beyond U+FFFF, or for half of one."""

import tracemalloc

import pytest

from qa.extraction import Extractor
from qa.pdf import _attach, _once, read_document
from qa.reading_order import Glyph
from tests.test_bad_files import pdf


def pages(texts: list[str], letter_a: str) -> bytes:
    """Return a PDF with a page for each text, in a font whose "A" stands for the UTF-16 units `letter_a`."""
    return laid_out([f"72 700 Td ({text}) Tj" for text in texts], letter_a)


def laid_out(operators: list[str], letter_a: str = "0041") -> bytes:
    """Return a PDF with a page for each list of operators, which place and show its text in 12 points."""
    codes = f"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <41> <{letter_a}> endbfchar"
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(operators)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(operators)} /Resources << /Font << /F "
        f"{4 + 2 * len(operators)} 0 R >> >>"
        " /MediaBox [0 0 600 800] >>",
        stream(f"/CIDInit /ProcSet findresource begin begincmap {codes} endcmap end"),
    ]
    for number, shown in enumerate(operators):
        objects += [
            f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * number} 0 R >>",
            stream(f"BT /F 12 Tf {shown} ET"),
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


def at(y: int, text: str, x: float = 72) -> str:
    return f"1 0 0 1 {x} {y} Tm ({text}) Tj"


def test_a_wider_step_between_lines_begins_a_paragraph() -> None:
    lines = ["The well is", "in the garden.", "It is deep", "and cold."]
    shown = " ".join(at(y, line) for y, line in zip((700, 686, 650, 636), lines, strict=True))
    assert read_document(laid_out([shown])).text == "The well is\nin the garden.\n\nIt is deep\nand cold."


@pytest.mark.parametrize(
    ("matrix", "places"),
    [
        ("1 0 0 1", [(72, 700), (72, 686), (72, 650), (72, 636)]),
        ("0 1 -1 0", [(100, 72), (114, 72), (150, 72), (164, 72)]),
        ("0 -1 1 0", [(400, 700), (386, 700), (350, 700), (336, 700)]),
        ("-1 0 0 -1", [(500, 100), (500, 114), (500, 150), (500, 164)]),
    ],
    ids=["0", "90", "270", "180"],
)
def test_a_page_that_was_turned_is_read_as_it_is_shown(matrix: str, places: list[tuple[int, int]], request) -> None:
    lines = ["The well is", "in the garden.", "It is deep", "and cold."]
    shown = " ".join(f"{matrix} {x} {y} Tm ({line}) Tj" for (x, y), line in zip(places, lines, strict=True))
    turned = request.node.callspec.id.encode()
    content = laid_out([shown]).replace(b"/Type /Page /Parent", b"/Type /Page /Rotate " + turned + b" /Parent")
    assert read_document(content).text == "The well is\nin the garden.\n\nIt is deep\nand cold."


def test_the_first_line_of_half_of_the_pages_is_a_running_head_and_that_of_fewer_is_text() -> None:
    texts = ["mill", "bridge", "market", "school", "garden", "river", "tower", "wall"]
    for times in (3, 4):
        heads = [
            f"Annual report {number}" if number < times else f"Part of the {text}" for number, text in enumerate(texts)
        ]
        shown = [f"{at(750, head)} {at(700, text)}" for head, text in zip(heads, texts, strict=True)]
        found = read_document(laid_out(shown))
        assert ("Annual report" in found.text) == (times == 3)
        assert found.text.count("Part of the") == len(texts) - times


@pytest.mark.parametrize(("bare", "told"), [(1, False), (2, True)])
def test_pages_without_a_text_layer_are_told_where_they_are_many(bare: int, told: bool) -> None:
    found = read_document(laid_out([at(700, "The words of it")] * (5 - bare) + [""] * bare))
    assert found.note == ("2 of 5 pages have no text layer" if told else "")
    assert len(found.pages) == 5


def glyphs(*drawn: tuple[str, float]) -> list[Glyph]:
    return [Glyph(text, x, x + 6, 700, 12) for text, x in drawn]


def test_a_letter_drawn_twice_at_one_place_is_read_once_and_two_side_by_side_twice() -> None:
    line = glyphs(("b", 72), ("b", 72.4), ("i", 78), ("l", 84), ("l", 90), ("l", 90.5))
    assert "".join(glyph.text for glyph in _once(line)) == "bill"
    assert len(_once(glyphs(("l", 72), ("l", 72)))) == 2  # of one ligature


def test_a_sign_drawn_twice_is_read_once() -> None:
    line = glyphs(("a", 72), ("b", 78))
    for x in (77, 79):
        _attach([line], Glyph("\u0301", x, x + 6, 702, 12))
    assert [glyph.text for glyph in line] == ["a", "b\u0301"]
