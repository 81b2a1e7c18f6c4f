"""Files to documents: what is text, what is skipped and why, and what a document is called."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import documents
from qa.documents import (
    Document,
    File,
    SkipError,
    Skipped,
    digest_of,
    find_title,
    list_files,
    one_line,
    read_bytes,
    read_document,
    read_text,
    visible,
)
from qa.errors import FolderError
from tests.conftest import SEEDS, write_files

as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


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


def test_files_are_listed_with_folders_in_order_of_their_paths(tmp_path: Path) -> None:
    write_files(tmp_path, {"b.txt": "b", "a/z.txt": "z", "a/b/c.md": "c", "سند.txt": "s", "a b.txt": "d"})
    assert [file.path for file in list_files(tmp_path)[0]] == ["a b.txt", "a/b/c.md", "a/z.txt", "b.txt", "سند.txt"]


def test_hidden_files_and_folders_are_no_documents(tmp_path: Path) -> None:
    write_files(tmp_path, {".hidden.txt": "a", ".git/config": "b", "a/.cache/c.txt": "c", "seen.txt": "d"})
    assert list_files(tmp_path) == ([File("seen.txt", tmp_path / "seen.txt")], [])


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


def test_a_large_file_is_skipped_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(documents.LARGEST_FILE + 1)
    found, skipped = read_all(tmp_path)
    assert (found, skipped["large.txt"].reason) == ([], "it is larger than 64 MB: split it")


def test_pipes_links_and_odd_names_are_skipped_and_never_waited_for(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "docs", {"good.txt": "good text"})
    (tmp_path / "secret.txt").write_text("a secret")
    os.mkfifo(folder / "pipe.txt")
    (folder / "dangling.txt").symlink_to(folder / "nowhere")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "outside.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    Path(os.fsdecode(os.fsencode(folder) + b"/a\xff.txt")).write_text("a name that is not UTF-8")
    found, skipped = read_all(folder)
    assert [page.path for page in found] == ["good.txt"]
    assert sorted(skipped) == ["a\ufffd.txt", "dangling.txt", "loop.txt", "outside.txt", "pipe.txt", "up"]
    assert skipped["up"].reason == "it is a link to a folder"
    assert "rename" in skipped["a\ufffd.txt"].reason
    assert "leaves the folder" in skipped["outside.txt"].reason
    assert "not a regular file" in skipped["pipe.txt"].reason


def test_a_link_within_the_folder_is_a_document(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "text"})
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    assert [page.path for page in read_all(tmp_path)[0]] == ["a.txt", "b.txt"]


def test_a_file_that_vanishes_after_it_was_listed_is_skipped(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "text"})
    (file,), _ = list_files(tmp_path)
    file.location.unlink()
    with pytest.raises(SkipError, match="vanished") as raised:
        read_bytes(file)
    assert raised.value.lost


def test_a_file_that_cannot_be_read_keeps_what_was_indexed(tmp_path: Path) -> None:
    with pytest.raises(SkipError, match="cannot be read") as raised:
        read_bytes(File("a.txt", tmp_path))  # a folder: reading it fails for root as well
    assert not raised.value.lost


@as_root
def test_a_forbidden_file_or_folder_keeps_what_was_indexed(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "a", "b/c.txt": "c"})
    (tmp_path / "a.txt").chmod(0)
    (tmp_path / "b").chmod(0)
    found, skipped = read_all(tmp_path)
    (tmp_path / "b").chmod(0o700)
    assert not found
    assert {skip.path: skip.lost for skip in skipped.values()} == {"a.txt": False, "b/": False}


def test_a_folder_whose_name_is_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"may not be read .*: allow it, or name another folder"):
        list_files(tmp_path / ("x" * 999))


@as_root
def test_a_folder_below_a_forbidden_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "closed" / "docs").mkdir(parents=True)
    (tmp_path / "closed").chmod(0)
    with pytest.raises(FolderError, match=r"may not be read .*: allow it, or name another folder"):
        list_files(tmp_path / "closed" / "docs")
    (tmp_path / "closed").chmod(0o700)


@pytest.mark.parametrize("make", [lambda place: None, lambda place: place.write_text("x"), lambda p: p.symlink_to(p)])
def test_no_folder_is_said_in_a_sentence(tmp_path: Path, make) -> None:
    make(tmp_path / "docs")
    with pytest.raises(FolderError, match="docs"):
        list_files(tmp_path / "docs")


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
    assert len(shown) == len(text)
    assert not [c for c in shown if c not in "\n\t" and (c < " " or "\x7f" <= c < "\xa0")]
    assert visible(shown) == shown


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\n\u202e\u2066\u200f"), max_size=30))
def test_a_name_keeps_to_its_line_and_its_direction(text: str) -> None:
    shown = one_line(text)
    assert len(shown) == len(text)
    assert not re.search(r"[\n\r\x1b\u202a-\u202e\u2066-\u2069]", shown)
    assert [c for c in shown if c != "\ufffd"] == [c for c, s in zip(text, shown, strict=True) if s != "\ufffd"]
