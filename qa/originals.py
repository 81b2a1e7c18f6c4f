"""Serve the original file of an indexed document, which is addressed by the hash of its bytes and nothing else."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from qa.documents import Document
from qa.errors import FolderError
from qa.folder import File, SkipError, digest_of, read_bytes
from qa.folders import locate
from qa.guard import ORIGINAL
from qa.library import Library

_DIGEST = re.compile("[0-9a-f]{64}")


def link(document: Document, page: int | None = None) -> str:
    """Return the address of a document's original, relative to the page of the chat; a PDF opens at `page`."""
    return ORIGINAL[1:] + document.digest + (f"#page={page}" if page and document.format == "pdf" else "")


def original(library: Library, request: Request) -> Response:
    """Answer with the file that has the hash in the address, if a document in the index was read from it."""
    digest = str(request.path_params["digest"])
    found = _find(library, digest) if _DIGEST.fullmatch(digest) else None
    if found is None:
        return PlainTextResponse("This document is not in the index, or its file has changed since.", 404)
    path, content = found
    shown = path.lower().endswith(".pdf") and content.startswith(b"%PDF-")
    name = quote(PurePosixPath(path).name, safe="")
    return Response(
        content,
        media_type="application/pdf" if shown else "application/octet-stream",
        headers={
            "content-disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{name}",
            "cache-control": "private, no-store",
        },
    )


def _find(library: Library, digest: str) -> tuple[str, bytes] | None:
    """Return path and bytes of the first indexed document with that hash whose file still has it."""
    for document in library.documents:
        if document.digest == digest:
            try:
                content = read_bytes(File(document.path, locate(library.folder, document.path)))
            except (SkipError, FolderError):
                continue
            if digest_of(content) == digest:  # the file may have been replaced: only indexed bytes are served
                return document.path, content
    return None
