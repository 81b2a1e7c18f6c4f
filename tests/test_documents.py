"""Files to documents: what is text, what is skipped and why, and what a document is called."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import documents
from qa.documents import Document, find_title, one_line, read_document, read_text, visible
from qa.folder import SkipError, Skipped, digest_of, list_files, read_bytes
from tests.conftest import SEEDS, write_files


def read_all(folder: Path) -> tuple[list[Document], dict[str, Skipped]]:
    """Read a folder as an update does: every file is a document or skipped."""
    files, skipped = list_files(folder)
    found = []
    for file in files:
        try:
            content = read_bytes(file)
            found.append(read_document(file.path, content, digest_of(content)))
        except SkipError as skip:
            skipped.append(Skipped(file.path, skip.reason, skip.lost))
    return found, {skip.path: skip for skip in skipped}


def test_the_seeds_are_read_as_they_stand() -> None:
    found, skipped = read_all(SEEDS)
    assert not skipped
    assert [page.text.encode() for page in found] == [file.read_bytes() for file in sorted(SEEDS.iterdir())]


BAD = {
    "binary.txt": (bytes(range(256)) * 4, "zero bytes"),
    "nul.txt": (b"text with a \0 in it", "zero bytes"),
    "latin.txt": ("Öl und Gas".encode("latin-1"), "not UTF-8 text (byte 0)"),
    "one_bad_byte.txt": (b"plenty of good text \xff and more", "not UTF-8 text (byte 20)"),
    "utf16.txt": ("نص عربي".encode("utf-16"), "zero bytes"),
    "escapes.txt": (b"\x1b[31m\x1b[0m\x07\x08 a", "control characters"),
    "empty.txt": (b"", "no text"),
    "spaces.txt": (b" \n\t\r\n ", "no text"),
    "bom.txt": (b"\xef\xbb\xbf", "no text"),
    "marks.txt": ("؟!… —".encode(), "no text"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_text_is_skipped_with_a_reason_and_the_others_go_on(tmp_path: Path, name: str) -> None:
    content, reason = BAD[name]
    (tmp_path / name).write_bytes(content)
    write_files(tmp_path, {"a.txt": "good text", "z.txt": "more text"})
    found, skipped = read_all(tmp_path)
    assert [page.path for page in found] == ["a.txt", "z.txt"]
    assert list(skipped) == [name]
    assert reason in skipped[name].reason
    assert skipped[name].lost


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read_text("\ufeffسند".encode()) == "سند"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_any_text_is_read_as_it_stands(text: str) -> None:
    assert read_text(text.encode()) == text.removeprefix("\ufeff")


@given(st.binary())
def test_any_bytes_are_read_as_they_stand_or_skipped_with_a_reason(content: bytes) -> None:
    try:
        text = read_document("a.bin", content, "").text
    except SkipError as skip:
        text = f"\ufeff{skip.reason}"
    assert text.encode() == content.removeprefix(b"\xef\xbb\xbf") or re.match("\ufeffit (is not|holds)", text)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("SHARE:\n\nA headline of words\n\nText.", "A headline of words"),
        ("Astana\nA headline of words\nText.", "A headline of words"),
        ("# A markdown title\n\nText.", "A markdown title"),
        ("11 آذر 1401 ساعت 16:50\nA headline of words", "A headline of words"),
        ("A sentence comes first.\nThe headline stands here\nText.", "The headline stands here"),
        ("Only sentences. Nothing else.\nMore of them.", "Only sentences. Nothing else."),
        ("word " * 60 + ".", ("word " * 32).strip() + "…"),
        ("Word", "Word"),
        ("", ""),
        ("\n \n", ""),
    ],
)
def test_a_title_is_the_headline(text: str, title: str) -> None:
    assert find_title(text) == title


@given(st.text())
def test_a_title_is_short_and_in_the_text(text: str) -> None:
    title = find_title(text)
    assert len(title) <= documents.LONGEST_TITLE + 1
    assert title.removesuffix("…") in text


def test_a_document_without_a_headline_is_called_by_its_file() -> None:
    assert read_document("a/1992.txt", b"share\n4 on", "").title == "1992"


@given(st.text(st.characters(), max_size=30))
def test_visible_text_can_be_printed_on_one_terminal(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert len(shown) == len(text.replace("\r\n", "\n"))
    assert not [c for c in shown if c not in "\n\t" and (c < " " or "\x7f" <= c < "\xa0")]
    assert visible(shown) == shown


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\n\u202e\u2066\u200f"), max_size=30))
def test_a_name_keeps_to_its_line_and_its_direction(text: str) -> None:
    shown = one_line(text)
    assert len(shown) == len(text)
    assert not re.search(r"[\n\r\x1b\u202a-\u202e\u2066-\u2069]", shown)
    assert [c for c in shown if c != "\ufffd"] == [c for c, s in zip(text, shown, strict=True) if s != "\ufffd"]


def test_a_page_holds_its_characters_to_the_next_one() -> None:
    document = Document("a.pdf", "", "", "one two three", "pdf", pages=(0, 4, 4, 8))
    assert [document.page(offset) for offset in (0, 3, 4, 7, 8, 99)] == [1, 1, 3, 3, 4, 4]
    assert Document("a.txt", "", "", "one").page(0) is None
