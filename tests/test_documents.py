"""Files to documents: what is text, what is skipped and why, and what a document is called."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import documents
from qa.documents import Document, clean, find_title, one_line, read_document, visible
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
    "f1_empty.txt": (b"", "no text"),
    "f1_spaces.txt": (b" \n\t\r\n ", "no text"),
    "f1_mark.txt": (b"\xef\xbb\xbf", "no text"),
    "f1_punctuation.txt": ("؟!… —".encode(), "no text"),
    "f2_bytes.txt": (bytes(range(256)) * 4, "not text"),
    "f2_program.txt": (b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0\x3e\0\x01\0\0\0" * 60, "not text"),
    "f2_picture.txt": (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01" + random.Random(1).randbytes(900), "not text"),
    "f2_random_1_kb.txt": (random.Random(2).randbytes(1000), "not text"),
    "f2_random_10_mb.txt": (random.Random(3).randbytes(10**7), "not text"),
    "f8_escapes.txt": (b"\x1b[31m\x1b[0m\x07\x08 a", "not text"),
    "old.doc": (b"\xd0\xcf\x11\xe0 words", "save this one as .docx"),
}


@pytest.mark.parametrize("name", BAD)
def test_f1_f2_a_file_that_is_no_text_is_skipped_with_a_reason_and_the_others_go_on(tmp_path: Path, name: str) -> None:
    content, reason = BAD[name]
    (tmp_path / name).write_bytes(content)
    write_files(tmp_path, {"a.txt": "good text", "z.txt": "more text"})
    found, skipped = read_all(tmp_path)
    assert [page.path for page in found] == ["a.txt", "z.txt"]
    assert list(skipped) == [name]
    assert reason in skipped[name].reason
    assert skipped[name].lost


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf"])))
def test_any_text_is_read_as_it_stands(text: str) -> None:
    if any(map(str.isalnum, text)):
        assert read_document("a.txt", text.encode(), "").text == text


@given(st.binary())
def test_any_bytes_become_text_that_can_be_shown_or_are_skipped_with_a_reason(content: bytes) -> None:
    try:
        document = read_document("a.bin", content, "")
    except SkipError as skip:
        reason = skip.reason
    else:
        reason = "it is not skipped"
        assert document.text.encode() == content.removeprefix(b"\xef\xbb\xbf") or document.note
        assert visible(document.text.replace("\r", "\n"), keep="\n\t\v\f\x85") == document.text.replace("\r", "\n")
    assert re.match("it (is not|holds)", reason)


@given(st.text(st.characters() | st.sampled_from("\0\x1b\u200b\u200c\u202e\ufeff\U000e0041\U0001f3f4\ud800")))
def test_f8_f27_clean_text_keeps_every_place_and_can_be_printed(text: str) -> None:
    shown, note = clean(text)
    assert len(shown) == len(text)
    assert bool(note) == (shown != text)
    assert clean(shown) == (shown, "")
    shown.encode()
    assert all(new in (old, "\ufffd") for old, new in zip(text, shown, strict=True))


@pytest.mark.parametrize(
    ("text", "shown", "note"),
    [
        ("one\0two\x1b[31m", "one\ufffdtwo\ufffd[31m", "control characters replaced: 2"),
        ("line\u2028line\u2029line\x85line\x0cline", "line\u2028line\u2029line\x85line\x0cline", ""),
        (
            "ask\U000e0069\U000e0067\U000e006e me",
            "ask\ufffd\ufffd\ufffd me",
            "runs of invisible characters replaced: 1",
        ),
        ("a" + "\u200b\u200c" * 8 + "b", "a" + "\ufffd" * 16 + "b", "runs of invisible characters replaced: 1"),
        ("می\u200cخواهم \U0001f468\u200d\U0001f469", "می\u200cخواهم \U0001f468\u200d\U0001f469", ""),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",) * 2 + ("",),
    ],
)
def test_f8_f27_what_cannot_be_seen_is_replaced_and_told(text: str, shown: str, note: str) -> None:
    assert clean(text) == (shown, note)


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
        ("Harbour plan\n\nThe harbour will be deepened by four metres before the end of the\ndecade.", "Harbour plan"),
        ("Fire at the harbour\nby a reporter\n\nText.", "Fire at the harbour"),
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
    text = text.replace("\r\n", "\n")
    shown = one_line(text)
    assert len(shown) == len(text)
    assert not re.search(r"[\n\r\x1b\u202a-\u202e\u2066-\u2069]", shown)
    assert [c for c in shown if c != "\ufffd"] == [c for c, s in zip(text, shown, strict=True) if s != "\ufffd"]


def test_a_page_holds_its_characters_to_the_next_one() -> None:
    document = Document("a.pdf", "", "", "one two three", "pdf", pages=(0, 4, 4, 8))
    assert [document.page(offset) for offset in (0, 3, 4, 7, 8, 99)] == [1, 1, 3, 3, 4, 4]
    assert Document("a.txt", "", "", "one").page(0) is None
