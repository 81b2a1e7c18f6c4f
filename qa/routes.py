"""The routes beside the page: judgements and original documents to download, and new documents to add."""

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from qa.errors import CatalogError, UploadError
from qa.guard import ADD, ORIGINAL
from qa.judgements import FILE, Judgements
from qa.library import Library
from qa.originals import original
from qa.uploads import Uploads


def routes(library: Library, uploads: Uploads | None = None) -> list[Route]:
    """Return the routes over `library` that are not Gradio's; without `uploads` no documents can be added."""
    judgements = Judgements(library.index)

    def questions(request: Request) -> Response:
        try:
            content = judgements.content()
        except CatalogError as error:
            return PlainTextResponse(str(error), 500)
        named = {"content-disposition": f'attachment; filename="{FILE}"'}
        return Response(content, headers=named, media_type="application/x-ndjson")

    def document(request: Request) -> Response:
        try:
            return original(library, request)
        except CatalogError as error:
            return PlainTextResponse(str(error), 500)

    found = [Route(f"/{FILE}", questions), Route(f"{ORIGINAL}{{digest}}", document)]
    return [*found, Route(f"{ADD}{{name}}", partial(_add, uploads), methods=["PUT"])] if uploads else found


async def _add(uploads: Uploads, request: Request) -> Response:
    """Save the body as a document, and answer with the name it got, or with what is wrong in a sentence."""
    try:
        with uploads.receive(request.path_params["name"]) as incoming:
            async for content in request.stream():
                await run_in_threadpool(incoming.write, content)
            return PlainTextResponse(await run_in_threadpool(incoming.keep))
    except UploadError as error:
        return PlainTextResponse(str(error), 400)
    except ClientDisconnect:  # or the guard has already refused it as too large
        return PlainTextResponse("The file did not arrive.", 400)
