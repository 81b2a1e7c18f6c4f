"""The fence around the page: who may use it, how much they may send, and what the browser may do with it."""

import ipaddress
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# ASGI's own types (asgiref.typing), spelt out so that nothing has to be installed for them.
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

LARGEST_BODY = 256 * 1024  # bytes; a question is at most a few thousand
PORTS = {"http": 80, "https": 443}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# Routes that every Gradio page has and this one does not need: uploads, files, fetching from elsewhere, what authors of
# a page use, and what saves its state.
CLOSED = (
    "/upload", "/file=", "/file/", "/proxy=", "/stream/", "/component_server", "/monitoring", "/process_recording",
    "/custom_component", "/vibe", "/undo-vibe", "/dev/", "/profiling", "/deep_link",
)  # fmt: skip
# Gradio compiles its templates in the page, hence the unsafe- words; nothing may be exchanged with another host.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'; base-uri 'self'"
)
ADD = "/add/"  # where documents are added, if that is allowed
ORIGINAL = "/original/"  # where original documents are served: nothing in them may run or load
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


class Guard:
    """ASGI middleware that refuses foreign hosts and origins, closed routes and large bodies.

    A proxy may make the page known at `public_url`. An added document may have at most `largest_added` bytes; with 0,
    none can be added.
    """

    def __init__(self, app: App, served: str, public_url: str = "", largest_added: int = 0) -> None:
        self.app = app
        self.served = served
        self.public = _origin(public_url)
        self.largest_added = largest_added

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on with a limit on its body."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        adding = scope["path"].startswith(ADD)
        largest = self.largest_added if adding else LARGEST_BODY
        refusal = self._refuse_sender(headers) or _refuse(scope["path"], headers, largest)
        if refusal:
            return await _answer(_secured(send, scope["path"]), *refusal)
        limited = _Limited(receive, _secured(send, scope["path"]), largest)
        return await self.app(scope, limited.receive, limited.send)

    def _refuse_sender(self, headers: MutableMapping[str, str]) -> tuple[int, str] | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        public = self.public  # a proxy passes its own Host on, or puts ours in its place
        if not (is_allowed(host, self.served) or (public and _name(host) == public.host)):
            return 400, "This address does not serve that host. A proxy needs --public-url: see the README."
        if not (origin is None or _is_from(origin, host) or (public and _origin(origin) == public)):
            return 403, "Pages of other sites may not use this one. A proxy needs --public-url: see the README."
        return None


def _refuse(path: str, headers: MutableMapping[str, str], largest: int) -> tuple[int, str] | None:
    if not largest or any(path.removeprefix("/gradio_api").startswith(closed) for closed in CLOSED):
        return 403, "This route is closed."
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > largest:
        return 413, "The request is too large."
    return None


class _Origin(NamedTuple):
    """What tells one site from another."""

    scheme: str
    host: str
    port: int


def _origin(address: str) -> _Origin | None:
    """Return the site of an address, None where it is no address of a page."""
    try:
        url = urlsplit(address)
        return _Origin(url.scheme, url.hostname or "", url.port or PORTS[url.scheme])
    except (ValueError, KeyError):
        return None


def _name(host: str) -> str | None:
    """Return the name in a Host header without its port, None where there is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_from(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # it is no address
        return False


def is_allowed(host: str, served: str) -> bool:
    """Tell whether a Host header may address a server bound to `served`.

    A server on loopback goes by its loopback names only; on the network also by any numeric address and by this
    machine's name. A name of somebody else's choosing (DNS rebinding) is never among them.
    """
    name = _name(host)
    if name is None:
        return False
    if name in LOOPBACK or name == served.strip("[]").lower():
        return True
    return served.strip("[]") not in LOOPBACK and (_is_address(name) or name == socket.gethostname().lower())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class _Limited:
    """A request whose body is counted as it arrives, since a chunked one does not declare its length."""

    def __init__(self, receive: Receive, send: Send, largest: int) -> None:
        self._receive, self._send, self._largest = receive, send, largest
        self._size = 0
        self._begun = self._refused = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size <= self._largest:
            return message
        if not self._begun:
            self._begun = self._refused = True
            await _answer(self._send, 413, "The request is too large.")
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self._begun = True
        if not self._refused:
            await self._send(message)


def _secured(send: Send, path: str) -> Send:
    policy = (b"content-security-policy", SANDBOX.encode())
    added = (policy, *HEADERS[1:]) if path.startswith(ORIGINAL) else HEADERS

    async def send_secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            names = {name for name, _ in HEADERS}
            kept = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in names]
            message = {**message, "headers": [*kept, *added]}
        await send(message)

    return send_secured


async def _answer(send: Send, status: int, words: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})
