"""Documents that come through the page: safe names, nothing written over, nothing else removed, closed by default."""

import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

import qa.uploads
from qa.chat import Chat
from qa.errors import UploadError
from qa.guard import Guard
from qa.library import Library
from qa.routes import routes
from qa.uploads import KINDS, LONGEST_NAME, Uploads, safe_name

TEXT = b"The lamp is in the cellar."


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    (tmp_path / "docs").mkdir()
    return Uploads(tmp_path / "docs", tmp_path / "index")


def add(uploads: Uploads, name: str, content: bytes = TEXT) -> str:
    with uploads.receive(name) as incoming:
        incoming.write(content)
        return incoming.keep()


def names(uploads: Uploads) -> list[str]:
    return sorted(place.name for place in uploads.folder.iterdir())


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("notes.txt", "notes.txt"), ("پل خواجو.txt", "پل خواجو.txt"), ("REPORT.PDF", "REPORT.PDF"),
        ("../../etc/passwd.txt", "_.._etc_passwd.txt"), ("..\\..\\boot.txt", "_.._boot.txt"), ("/abs.md", "_abs.md"),
        (".hidden.txt", "hidden.txt"), ("a\x00b\nc.txt", "a_b_c.txt"), ("  a   b .txt", "a b.txt"),
        ("con.txt", "_con.txt"), ("COM1.a.txt", "_COM1.a.txt"), ("a\u202etxt.exe.txt", "atxt.exe.txt"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"), ("e\u0301.txt", "é.txt"), ("a\ud800b.txt", "a_b.txt"),
        ("c:evil.txt", "c_evil.txt"), ('<img src=x onerror="a()">.txt', "_img src=x onerror=_a()__.txt"),
    ],
)  # fmt: skip
def test_a_name_stays_in_its_folder(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=300), st.sampled_from(sorted(KINDS)))
def test_any_name_becomes_a_safe_one_or_is_refused(name: str, ending: str) -> None:
    try:
        safe = safe_name(name + ending)
    except UploadError:
        return
    assert Path(safe).name == safe
    assert Path(safe).suffix.lower() in KINDS
    assert not safe.startswith(".")
    assert not set('\\/:*?"<>|') & set(safe)
    assert len(safe.encode()) <= LONGEST_NAME + 1
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    "name", ["", ".txt", "...", "a", "a.exe", "a.txt.exe", "a.svg", "a.py", "\u202e.txt", "/", "a.txt/"]
)
def test_other_kinds_and_no_names_are_refused(uploads: Uploads, name: str) -> None:
    with pytest.raises(UploadError, match="was not added"), uploads.receive(name):
        pytest.fail("it was taken")
    assert names(uploads) == []


def test_a_file_is_saved_whole_under_its_name_and_removed_again(uploads: Uploads) -> None:
    assert add(uploads, "a.txt") == "a.txt"
    assert (uploads.folder / "a.txt").read_bytes() == TEXT
    assert names(uploads) == ["a.txt"]
    assert Uploads(uploads.folder, uploads.file.parent).added() == {"a.txt"}  # known after a restart
    uploads.remove("a.txt")
    assert (names(uploads), uploads.added()) == ([], frozenset())


def test_nothing_is_written_over(uploads: Uploads, tmp_path: Path) -> None:
    (uploads.folder / "a.txt").write_text("mine")
    (tmp_path / "outside.txt").write_text("outside")
    (uploads.folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    (uploads.folder / "dangling.txt").symlink_to(tmp_path / "nowhere.txt")
    for name in ("a.txt", "link.txt", "dangling.txt"):
        with pytest.raises(UploadError, match=f"There is a file {name} already"):
            add(uploads, name)
    assert (uploads.folder / "a.txt").read_text() == "mine"
    assert (tmp_path / "outside.txt").read_text() == "outside"
    assert not (tmp_path / "nowhere.txt").exists()
    assert names(uploads) == ["a.txt", "dangling.txt", "link.txt"]


def test_without_links_nothing_is_written_over_either(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert add(uploads, "a.txt") == "a.txt"
    with pytest.raises(UploadError, match="already"):
        add(uploads, "a.txt", b"other")
    assert (uploads.folder / "a.txt").read_bytes() == TEXT
    assert names(uploads) == ["a.txt"]


def test_only_what_was_added_and_is_still_the_same_is_removed(uploads: Uploads, tmp_path: Path) -> None:
    (uploads.folder / "mine.txt").write_text("mine")
    (tmp_path / "outside.txt").write_text("outside")
    add(uploads, "a.txt")
    add(uploads, "gone.txt")
    (uploads.folder / "a.txt").write_text("edited since")
    (uploads.folder / "gone.txt").unlink()
    for path in ("mine.txt", "../outside.txt", str(tmp_path / "outside.txt"), "", "."):
        with pytest.raises(UploadError, match="was not added through this page"):
            uploads.remove(path)
    with pytest.raises(UploadError, match="was changed since"):
        uploads.remove("a.txt")
    uploads.remove("gone.txt")
    assert names(uploads) == ["a.txt", "mine.txt"]
    assert uploads.added() == {"a.txt"}


def test_a_file_that_is_too_large_empty_or_broken_off_leaves_nothing(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.uploads, "LARGEST_FILE", 10)
    with pytest.raises(UploadError, match=r"a\.txt is larger than"):
        add(uploads, "a.txt", b"x" * 11)
    assert add(uploads, "b.txt", b"x" * 10) == "b.txt"
    with pytest.raises(UploadError, match="is empty"):
        add(uploads, "a.txt", b"")
    with contextlib.suppress(KeyboardInterrupt), uploads.receive("a.txt") as incoming:
        incoming.write(b"half")
        raise KeyboardInterrupt
    assert names(uploads) == ["b.txt"]


def test_a_file_that_the_list_cannot_name_is_not_kept(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    add(uploads, "a.txt")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(qa.uploads, "write_atomically", full)
        with pytest.raises(UploadError, match=r"uploads\.json cannot be written \(No space left on device\)"):
            add(uploads, "b.txt")
    assert (names(uploads), uploads.added()) == (["a.txt"], {"a.txt"})
    assert add(uploads, "b.txt") == "b.txt"


def test_a_folder_that_is_gone_and_a_damaged_list_are_told(uploads: Uploads) -> None:
    uploads.file.parent.mkdir()
    for damaged, told in (("[", r"uploads\.json cannot be read"), ("[]", "is not the list of uploads")):
        uploads.file.write_text(damaged)
        with pytest.raises(UploadError, match=told):
            uploads.remove("a.txt")
    uploads.folder.rmdir()
    with pytest.raises(UploadError, match=r"cannot be saved in .*docs \(No such file"):
        add(uploads, "a.txt")


def client(library: Library, uploads: Uploads | None, largest: int) -> TestClient:
    guard = Middleware(Guard, served="127.0.0.1", largest_added=largest)
    app = Starlette(routes=routes(library, uploads), middleware=[guard])
    return TestClient(app, base_url="http://127.0.0.1")


@pytest.fixture
def served(library: Library) -> TestClient:
    return client(library, Uploads(library.folder, library.catalog.folder), 1000)


def test_a_document_is_added_by_the_route_and_answers(library: Library, served: TestClient) -> None:
    reply = served.put("/add/lamp%20notes.txt", content=TEXT)
    assert (reply.status_code, reply.text) == (200, "lamp notes.txt")
    assert library.update().added == ("lamp notes.txt",)
    assert library.ask("Where is the lamp?").hits[0].document.path == "lamp notes.txt"
    reply = served.put("/add/lamp%20notes.txt", content=b"other")
    assert (reply.status_code, reply.text.split(":")[0]) == (400, "There is a file lamp notes.txt already")


@pytest.mark.parametrize(
    "path", ["..%2Fout.txt", "%2Fetc%2Fout.txt", "..%5Cout.txt", "sub/out.txt", "%2e%2e/out.txt", ""]
)
def test_no_address_leads_out_of_the_folder(library: Library, served: TestClient, path: str) -> None:
    before = {place for place in library.folder.parent.rglob("*") if library.catalog.folder not in place.parents}
    served.put(f"/add/{path}", content=TEXT)
    after = {place for place in library.folder.parent.rglob("*") if library.catalog.folder not in place.parents}
    assert {place.parent for place in after - before} <= {library.folder}


def test_strangers_other_methods_and_large_files_are_refused(library: Library, served: TestClient) -> None:
    before = sorted(library.folder.iterdir())
    assert served.put("/add/a.txt", content=TEXT, headers={"origin": "http://evil.example"}).status_code == 403
    assert served.put("/add/a.txt", content=TEXT, headers={"host": "evil.example"}).status_code == 400
    assert served.post("/add/a.txt", content=TEXT).status_code == 405
    assert served.put("/add/a.txt", content=b"x" * 1001).status_code == 413
    assert served.put("/add/a.txt", content=(b"x" * 600 for _ in range(2))).status_code == 413
    assert sorted(library.folder.iterdir()) == before


def test_without_leave_the_route_is_closed(library: Library) -> None:
    closed = client(library, None, 0)
    assert closed.put("/add/a.txt", content=TEXT).status_code == 403
    assert closed.put("/add/a.txt", content=b"").status_code == 403
    assert closed.get("/questions.jsonl").status_code == 200


def test_the_page_offers_to_remove_only_what_was_added(library: Library) -> None:
    uploads = Uploads(library.folder, library.catalog.folder)
    chat = Chat(library, uploads)
    add(uploads, "lamp.txt")
    library.update()
    assert chat.list_documents("").count("data-remove") == 1
    assert Chat(library).list_documents("").count("data-remove") == 0
    assert "was not added" in chat.remove("004_54b42a50ae65c283.txt")
    assert chat.remove("lamp.txt") == ""
    *_, ended = chat.rebuild.follow()
    assert ended.report is not None
    assert ended.report.removed == ("lamp.txt",)
    assert json.loads(uploads.file.read_text()) == {}
