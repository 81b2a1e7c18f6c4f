"""Bombs, declarations and damage in archives, XML and PDF, by the numbers of our list: the files beside it go on."""

import http.server
import io
import random
import struct
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.extraction import Extractor
from qa.folder import SkipError
from tests import test_bad_input
from tests.test_bad_input import GOOD
from tests.test_formats import FILES, book, read, zipped

# The fixtures are those of the other file.
extractor = test_bad_input.extractor


def bomb(name: str, size: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as member:
        member.write(b"<a>")
        for _ in range(size // 2**20):
            member.write(b" " * 2**20)
        member.write(b"</a>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("suffix", "member"),
    [
        ("docx", "word/document.xml"), ("odt", "content.xml"), ("pptx", "ppt/presentation.xml"),
        ("epub", "META-INF/container.xml"), ("xlsx", "xl/worksheets/sheet1.xml"),
    ],
)  # fmt: skip
def test_f20_zip_bomb_is_refused_while_it_inflates(suffix: str, member: str, extractor: Extractor) -> None:
    content = bomb(member, 200 * 2**20)
    assert len(content) < 250_000
    with pytest.raises(SkipError, match="zip bomb"):
        read(f"a.{suffix}", content, extractor)
    lying = content.replace(struct.pack("<I", 200 * 2**20 + 7), struct.pack("<I", 70))
    assert lying != content
    with pytest.raises(SkipError, match=r"zip bomb|damaged"):
        read(f"a.{suffix}", lying, extractor)


def test_f20_a_bomb_that_would_still_fit_is_refused_too(extractor: Extractor) -> None:
    with pytest.raises(SkipError, match="zip bomb"):
        read("a.docx", bomb("word/document.xml", 64 * 2**20), extractor)


def test_f20_many_small_parts_are_refused_by_their_sum(extractor: Extractor) -> None:
    noise = random.Random(1).randbytes(2**20).hex()
    chapters = {f"{number}.xhtml": noise for number in range(70)}
    with pytest.raises(SkipError, match="zip bomb"):
        read("a.epub", book(chapters, zipfile.ZIP_STORED), extractor)


def test_f20_an_archive_of_too_many_parts_is_refused(extractor: Extractor) -> None:
    with pytest.raises(SkipError, match="more than 10,000 parts"):
        read("a.docx", zipped({str(number): "" for number in range(10_001)}), extractor)


def test_f20_parts_with_names_that_leave_the_archive_go_nowhere(extractor: Extractor, tmp_path: Path) -> None:
    chapters = {"../../../../../../../../tmp/escaped.xhtml": f"<p>{GOOD}</p>", "/etc/passwd": "<p>x</p>"}
    with pytest.raises(SkipError, match="no text"):
        read("a.epub", book(chapters), extractor)
    assert not Path("/tmp/escaped.xhtml").exists()


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[tuple[Path, str, list[str]]]:
    """Yield a secret file, the address of a server, and what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

    secret = tmp_path / "secret.txt"
    secret.write_text("the canary sings")
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield secret, f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


DOCX = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:t>{}</w:t></w:p></w:document>'
DECLARED = {
    "entities": '<!DOCTYPE x [<!ENTITY a "canary"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY e "&b;&b;&b;&b;">]>',
    "file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>',
    "network": '<!DOCTYPE x [<!ENTITY e SYSTEM "{address}entity">]>',
    "type": '<!DOCTYPE x SYSTEM "{address}type.dtd">',
    "parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "{address}p.dtd"> %p;<!ENTITY e "x">]>',
}


@pytest.mark.parametrize("kind", DECLARED)
def test_f21_xml_that_declares_anything_is_refused(kind: str, canary, extractor: Extractor) -> None:
    secret, address, asked = canary
    declared = DECLARED[kind].replace("{secret}", str(secret)).replace("{address}", address)
    body = DOCX.format("&e;" if "ENTITY e" in declared else "text")
    container = f"{declared}<container><rootfile full-path='a'/></container>"
    for suffix, files in {
        "docx": {"word/document.xml": declared + body},
        "xlsx": {"xl/workbook.xml": declared + "<a/>", "xl/_rels/workbook.xml.rels": "<a/>"},
        "epub": {"META-INF/container.xml": container},
    }.items():
        with pytest.raises(SkipError, match="declares entities or a document type"):
            read(f"a.{suffix}", zipped(files), extractor)
    assert asked == []


def test_f21_a_page_fetches_and_includes_nothing(canary, extractor: Extractor) -> None:
    secret, address, asked = canary
    page = (
        f'<!DOCTYPE html [<!ENTITY e SYSTEM "file://{secret}">]><html><head><link rel=stylesheet href="{address}a">'
        f'<base href="{address}"></head><body><p>{GOOD} &e;</p><img src="{address}b"><iframe src="file://{secret}">'
        f'</iframe><object data="{address}c"></object><svg><image href="{address}d"/></svg>'
        f'<script src="{address}e"></script><p style="background:url({address}f)">Second line of it.</p></body></html>'
    )
    document = read("p.html", page, extractor)
    assert GOOD in document.text
    assert "canary" not in document.text
    assert asked == []


def pdf(*objects: str) -> bytes:
    body = "%PDF-1.7\n" + "".join(f"{number} 0 obj\n{told}\nendobj\n" for number, told in enumerate(objects, 1))
    return f"{body}trailer << /Root 1 0 R /Size {len(objects) + 1} >>\nstartxref\n0\n%%EOF".encode()


PDFS = {
    "locked": ((FILES / "locked.pdf").read_bytes(), "locked with a password"),
    "without text": ((FILES / "blank.pdf").read_bytes(), "no text layer: run OCR on it"),
    "empty": (b"", "damaged|no text"),
    "circular pages": (
        pdf("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R] /Count 9 >>"),
        "damaged|no text|pages",
    ),
    "circular xref": (
        b"%PDF-1.7\nxref\n0 1\n0 65535 f \ntrailer << /Prev 9 /Root 1 0 R >>\nstartxref\n9\n%%EOF",
        "damaged|no text|pages",
    ),
    "deep": (pdf("<< /Type /Catalog /Pages " + "[" * 50_000 + "]" * 50_000 + " >>"), "damaged|no text|pages"),
    "huge object": (
        pdf("<< /Type /Catalog /Pages 2 0 R >>", "<< /Length 99999999999 >> stream\nx\nendstream"),
        "damaged|no text|pages",
    ),
    "many pages": (
        pdf("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 2000000000 >>"),
        "damaged|no text|pages",
    ),
    "page and pdf": (b"<html><script>alert(1)</script>" + (FILES / "blank.pdf").read_bytes(), "damaged|no text|pages"),
}


@pytest.mark.parametrize("kind", PDFS)
def test_f22_a_pdf_without_readable_text_is_skipped_with_the_reason(kind: str, extractor: Extractor) -> None:
    content, reason = PDFS[kind]
    with pytest.raises(SkipError, match=reason):
        read("a.pdf", content, extractor)


def mutants(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Yield a file cut short, with bytes changed, and with a piece moved, by turns."""
    order = random.Random(seed)
    for turn in range(count):
        changed = bytearray(content)
        place, length = order.randrange(len(content)), order.randrange(1, 200)
        if turn % 3 == 0:
            del changed[place:]
        elif turn % 3 == 1:
            for _ in range(length):
                changed[order.randrange(len(changed))] = order.randrange(256)
        else:
            piece = changed[place : place + length]
            changed[order.randrange(len(changed)) :][:length] = piece
        yield bytes(changed)


@pytest.mark.parametrize(
    "name", ["dam.pdf", "printed.pdf", "dam.docx", "dam.odt", "library.pptx", "cities.xlsx", "cities.xls"]
)
def test_f22_damaged_files_are_read_or_skipped_and_the_whole_one_after_them_is_read(
    name: str, extractor: Extractor
) -> None:
    content = (FILES / name).read_bytes()
    outcomes = set()
    for mutant in mutants(content, 45, seed=len(content)):
        try:
            document = read(name, mutant, extractor)
        except SkipError as skip:
            outcomes.add(skip.reason[:20])
        else:
            outcomes.add("read")
            document.text.encode()
    assert len(outcomes) > 1
    assert read(name, content, extractor).text
