"""The original of a document: the very bytes that were indexed, or nothing."""

import hashlib
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from qa.documents import Document
from qa.guard import ORIGINAL
from qa.library import Library
from qa.originals import link, original
from qa.routes import routes
from tests.conftest import WordEncoder, word_library, write_files

PAGE = "<p>A page about the well in the garden.<script>alert(1)</script>"


@pytest.fixture
def words(tmp_path: Path) -> Library:
    folder = write_files(tmp_path / "docs", {"سند یک.html": PAGE, "a/b.txt": "The well is in the garden."})
    library = word_library(folder, tmp_path / "index", WordEncoder("well garden"))
    library.update()
    return library


def get(library: Library, digest: str) -> Response:
    return original(library, Request({"type": "http", "path_params": {"digest": digest}}))


def digests(library: Library) -> dict[str, str]:
    return {document.path: document.digest for document in library.documents}


def test_a_page_is_downloaded_under_its_name_and_never_shown(words: Library) -> None:
    answer = get(words, digests(words)["سند یک.html"])
    assert (answer.status_code, answer.body) == (200, PAGE.encode())
    assert answer.headers["content-type"] == "application/octet-stream"
    name = "%D8%B3%D9%86%D8%AF%20%DB%8C%DA%A9.html"
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"


def test_a_pdf_is_shown_and_what_only_calls_itself_so_is_not(words: Library, tmp_path: Path) -> None:
    for content, kind in ((b"%PDF-1.7 and more", "inline"), (b"<script>", "attachment")):
        digest = hashlib.sha256(content).hexdigest()
        (tmp_path / "docs" / "x.pdf").write_bytes(content)
        listed = Listing(words, Document("x.pdf", digest, "", "", "pdf"))
        assert original(listed, asked(digest)).headers["content-disposition"].startswith(kind)  # type: ignore[arg-type]


class Listing:
    """A library as far as originals need one."""

    def __init__(self, library: Library, *documents: Document) -> None:
        self.folder, self.documents = library.folder, documents


def asked(digest: str) -> Request:
    return Request({"type": "http", "path_params": {"digest": digest}})


@pytest.mark.parametrize("digest", ["", "../a/b.txt", "a/b.txt", "%2e%2e", "0" * 64, "g" * 64, "\n" * 64])
def test_f26_what_is_not_in_the_index_is_not_handed_out(words: Library, digest: str) -> None:
    assert get(words, digest).status_code == 404


def test_f11_a_changed_removed_or_swapped_file_is_not_handed_out(words: Library, tmp_path: Path) -> None:
    digest, place = digests(words)["a/b.txt"], tmp_path / "docs" / "a" / "b.txt"
    (tmp_path / "secret").write_text("a secret")
    assert get(words, digest).status_code == 200
    place.write_text("other words")
    assert get(words, digest).status_code == 404
    place.unlink()
    assert get(words, digest).status_code == 404
    place.symlink_to(tmp_path / "secret")
    assert get(words, digest).status_code == 404


def test_while_the_list_of_joined_folders_is_wrong_nothing_is_handed_out(words: Library) -> None:
    (words.folder / ".sanadfolders").write_text("..")
    assert get(words, digests(words)["a/b.txt"]).status_code == 404


def test_a_link_names_the_hash_and_the_page_of_a_pdf() -> None:
    assert link(Document("a.pdf", "0" * 64, "", "", "pdf"), 3) == f"original/{'0' * 64}#page=3"
    assert link(Document("a.docx", "0" * 64, "", "", "docx"), None) == f"original/{'0' * 64}"


def test_of_an_index_that_is_damaged_meanwhile_the_route_says_so(words: Library) -> None:
    digest = digests(words)["a/b.txt"]
    damaged = word_library(words.folder, words.index, WordEncoder("well garden"))
    page = TestClient(Starlette(routes=routes(damaged)))
    assert page.get(f"{ORIGINAL}{digest}").status_code == 200
    words.catalog.file.write_bytes(b"garbage" * 1000)
    reply = page.get(f"{ORIGINAL}{digest}")
    assert (reply.status_code, "is damaged or is not an index of Sanad" in reply.text) == (500, True)
