"""What the server gives besides the page: the file of judgements, the originals of documents."""

from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from qa.errors import CatalogError
from qa.guard import ORIGINAL
from qa.judgements import FILE, Judgements
from qa.library import Library
from qa.originals import original


def routes(library: Library) -> list[Route]:
    """Return the routes of the server over `library` that are not Gradio's."""
    judgements = Judgements(library.catalog.folder)

    def questions(request: Request) -> Response:
        try:
            content = judgements.content()
        except CatalogError as error:
            return PlainTextResponse(str(error), 500)
        named = {"content-disposition": f'attachment; filename="{FILE}"'}
        return Response(content, headers=named, media_type="application/x-ndjson")

    return [Route(f"/{FILE}", questions), Route(f"{ORIGINAL}{{digest}}", partial(original, library))]
