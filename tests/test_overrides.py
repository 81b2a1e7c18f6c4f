"""What the owner of a folder says of its encodings goes before what is detected, also when it is said later."""

from pathlib import Path

import pytest

from qa.catalog import Catalog
from qa.encodings import decode
from qa.errors import FolderError
from qa.library import Library
from qa.overrides import NAME, Overrides
from tests.conftest import WordEncoder, word_library, write_files

TEXT = "نفط oil"  # too short to be told from Russian in KOI8
CONTENT = TEXT.encode("iso8859-6")
FILES = Path(__file__).with_name("files")


def library_of(folder: Path, contents: dict[str, bytes]) -> Library:
    write_files(folder / "docs", dict.fromkeys(contents, ""))
    for path, content in contents.items():
        (folder / "docs" / path).write_bytes(content)
    return word_library(folder / "docs", folder / "index", WordEncoder("oil"))


def tell(library: Library, *lines: str) -> None:
    (library.folder / NAME).write_text("\n".join(lines), "utf-8")


def read(library: Library) -> dict[str, str]:
    paths = [document.path for document in library.documents]
    return {document.path: document.text for document in Catalog(library.index).documents(paths)}


def test_f4_what_is_told_goes_before_what_is_detected(tmp_path: Path) -> None:
    assert decode(CONTENT).text != TEXT, "a test that needs no telling shows nothing"
    library = library_of(tmp_path, {"old/a.txt": CONTENT, "new.txt": TEXT.encode()})
    tell(library, "# of the archive", "", "old/*.txt = iso8859-6")
    report = library.update()
    assert read(library) == {"old/a.txt": TEXT, "new.txt": TEXT}
    assert report.notes == (("old/a.txt", "read as iso8859-6"),)


def test_f4_telling_it_later_reads_the_same_bytes_again(tmp_path: Path) -> None:
    library = library_of(tmp_path, {"a.txt": CONTENT, "b.txt": TEXT.encode()})
    library.update()
    guessed = read(library)["a.txt"]
    tell(library, "a.txt = iso8859-6")
    assert library.update().changed == ("a.txt",)
    assert read(library)["a.txt"] == TEXT
    assert library.update().changed == ()
    (library.folder / NAME).unlink()
    assert library.update().changed == ("a.txt",)
    assert read(library)["a.txt"] == guessed


def test_a_file_that_was_no_text_is_read_once_another_encoding_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.folder.UNSETTLED", 0)  # so that a mark alone tells that it was left out
    library = library_of(tmp_path, {"a.txt": CONTENT, "b.txt": b"Another."})
    tell(library, "a.* = utf-32")
    for _ in range(2):
        assert [skip.path for skip in library.update().skipped] == ["a.txt"]
    tell(library, "*.txt = utf-32", "? = ascii", "b.txt = ascii", "a.txt = iso8859-6")
    report = library.update()
    assert (report.added, report.changed, report.skipped) == (("a.txt",), ("b.txt",), ())
    assert read(library)["a.txt"] == TEXT


def test_what_is_told_wrongly_is_said(tmp_path: Path) -> None:
    library = library_of(tmp_path, {"a.txt": b"The oil \xff price rose again.", "b.txt": b"\1\2\3" * 9})
    tell(library, "* = utf-8")
    report = library.update()
    assert report.notes == (("a.txt", "read as utf-8; broken characters: 1, the first at byte 8"),)
    assert [skip.reason for skip in report.skipped] == [
        "it is not text in utf-8, the encoding given for it: give another, or none"
    ]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.csv", "City;River\n{};x\n", "City: {}; River: x"),
        ("a.json", '["{}"]', "{}"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n{}\n", "{}"),
        ("a.html", '<meta charset="utf-8"><p>{}</p>', "{}"),
    ],
)
def test_f4_in_every_format_that_is_text(tmp_path: Path, name: str, before: str, after: str) -> None:
    library = library_of(tmp_path, {name: before.format(TEXT).encode("iso8859-6")})
    tell(library, "a.* = arabic")
    assert library.update().notes == ((name, "read as iso8859-6"),)
    assert read(library)[name].strip() == after.format(TEXT)


def test_a_format_that_tells_its_own_encoding_is_left_to_it(tmp_path: Path) -> None:
    places = sorted(place for place in FILES.iterdir() if place.suffix in {".docx", ".pdf", ".xlsx"})
    assert {place.suffix for place in places} == {".docx", ".pdf", ".xlsx"}
    library = library_of(tmp_path, {place.name: place.read_bytes() for place in places})
    library.update()
    before = read(library)
    tell(library, "* = iso8859-6")
    library.update()
    assert read(library) == before


@pytest.mark.parametrize("mark", ["utf-16", "utf-16-le", "utf-8", "utf-8-sig"])
def test_a_mark_is_no_part_of_the_text(tmp_path: Path, mark: str) -> None:
    marked = TEXT if mark in ("utf-16", "utf-8-sig") else f"\ufeff{TEXT}"  # these write one of their own
    library = library_of(tmp_path, {"a.txt": marked.encode(mark)})
    tell(library, f"a.txt = {mark}")
    library.update()
    assert read(library)["a.txt"] == TEXT


def test_the_last_line_that_fits_holds(tmp_path: Path) -> None:
    lines = "*.txt = cp1256\n/old/ = KOI8-R\na = b.txt = utf-16\n"
    (tmp_path / NAME).write_bytes(b"\xef\xbb\xbf" + lines.encode())
    told = Overrides.read(tmp_path)
    assert [told.encoding(path) for path in ("x/n.txt", "old/n.txt", "old/n.md", "a = b.txt", "n.md")] == [
        "cp1256",
        "koi8-r",
        "koi8-r",
        "utf-16",
        "",
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a.txt", "'a.txt' names no encoding: write PATTERN = ENCODING"),
        ("= cp1256", "names no encoding"),
        ("a.txt = arabic7", "there is no encoding called 'arabic7'"),
        ("a.txt = base64", "there is no encoding called 'base64'"),
        ("a.txt = undefined", "is not a pattern"),
        ("! = cp1256", "is not a pattern"),
    ],
)
def test_a_line_that_makes_no_sense_is_said_and_nothing_is_lost(tmp_path: Path, line: str, reason: str) -> None:
    library = library_of(tmp_path, {"a.txt": TEXT.encode()})
    library.update()
    tell(library, "# one", line)
    with pytest.raises(FolderError, match=rf"{NAME}, line 2: .*{reason}".replace(".sanad", r"\.sanad")):
        library.update()
    assert library.ask("oil").hits


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"\xff\xfe\xff")
    with pytest.raises(FolderError, match=r"write PATTERN = ENCODING on each line, in UTF-8"):
        Overrides.read(tmp_path)
