import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from qa.guard import HEADERS, LARGEST_BODY, ORIGINAL, SANDBOX, Guard, is_allowed


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer 200 with the length of the body, as the page's own routes would."""
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"ALLOWALL")]})
    await send({"type": "http.response.body", "body": str(size).encode()})


def request(
    headers: dict[str, str],
    *,
    path: str = "/",
    body: tuple[bytes, ...] = (b"",),
    served: str = "127.0.0.1",
    public_url: str = "",
) -> tuple[int, dict[bytes, bytes], bytes]:
    chunks: Iterator[bytes] = iter(body)
    left = len(body)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": next(chunks), "more_body": left > 0}

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "headers": raw}
    asyncio.run(Guard(echo, served, public_url)(scope, receive, send))
    starts = [message for message in sent if message["type"] == "http.response.start"]
    assert len(starts) == 1  # one response, whatever happened
    names = [name for name, _ in starts[0]["headers"]]
    assert len(names) == len(set(names))  # a browser obeys the first of two
    return starts[0]["status"], dict(starts[0]["headers"]), b"".join(m.get("body", b"") for m in sent)


HERE = {"host": "127.0.0.1:7860"}


def test_normal_use_passes_with_security_headers() -> None:
    status, headers, body = request({**HERE, "origin": "http://127.0.0.1:7860"}, body=(b"abc", b"de"))
    assert (status, body) == (200, b"5")
    assert set(HEADERS) <= set(headers.items())
    assert headers[b"x-frame-options"] == b"DENY"


def test_a_host_may_be_written_in_capitals() -> None:
    assert request({"host": "LocalHost:7860", "origin": "http://localhost:7860"})[0] == 200


def test_f26_an_original_is_sandboxed_and_nothing_else_is() -> None:
    _, headers, _ = request(HERE, path=f"{ORIGINAL}0")
    assert headers[b"content-security-policy"] == SANDBOX.encode()
    assert (headers[b"x-content-type-options"], headers[b"x-frame-options"]) == (b"nosniff", b"DENY")
    _, headers, _ = request(HERE, path="/originals")
    assert headers[b"content-security-policy"] == dict(HEADERS)[b"content-security-policy"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.",
        "",
        "192.168.1.5",
        "[::1",
        "evil.example:7860",
        "127.0.0.2",
    ],
)
def test_a_foreign_host_is_refused_and_the_refusal_carries_the_headers(host: str) -> None:
    status, headers, _ = request({"host": host})
    assert status == 400
    assert set(HEADERS) <= set(headers.items())


@pytest.mark.parametrize(
    ("host", "served", "allowed"),
    [
        ("LOCALHOST:7860", "127.0.0.1", True),
        ("[::1]:7860", "127.0.0.1", True),
        ("192.168.1.5:7860", "0.0.0.0", True),
        ("evil.example", "0.0.0.0", False),
        ("box.lan:7860", "box.lan", True),
        ("[fe80::1]:7860", "::", True),
        ("evil.example@127.0.0.1", "127.0.0.1", True),  # its host is 127.0.0.1: what is before the @ is a user
    ],
)
def test_hosts(host: str, served: str, allowed: bool) -> None:
    assert is_allowed(host, served) is allowed


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost:7860", "http://[", ""]
)
def test_a_foreign_origin_is_refused(origin: str) -> None:
    assert request({**HERE, "origin": origin})[0] == 403


@pytest.mark.parametrize("host", ["docs.example.org", "docs.example.org:443", "127.0.0.1:7860"])
def test_a_proxy_makes_the_page_known_at_one_address_and_no_other(host: str) -> None:
    public = "https://docs.example.org/sanad"
    assert request({"host": host, "origin": "https://docs.example.org"}, public_url=public)[0] == 200
    assert request({"host": "evil.example", "origin": "https://docs.example.org"}, public_url=public)[0] == 400
    for origin in ("https://evil.example", "https://docs.example.org:8443", "null"):
        assert request({"host": host, "origin": origin}, public_url=public)[0] == 403
    assert b"--public-url" in request({"host": "docs.example.org"})[2]


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/upload",
        "/gradio_api/file=/etc/passwd",
        "/proxy=http://x",
        "/gradio_api/process_recording",
        "/gradio_api/dev/reload",
        "/gradio_api/deep_link",
    ],
)
def test_routes_that_the_page_does_not_use_are_closed(path: str) -> None:
    assert request(HERE, path=path)[0] == 403


@pytest.mark.parametrize("length", [str(LARGEST_BODY + 1), "-1", "a", "٣"])
def test_a_large_or_senseless_length_is_refused(length: str) -> None:
    assert request({**HERE, "content-length": length})[0] in (400, 413)


def test_a_body_in_chunks_is_counted_to_the_limit() -> None:
    half = b"x" * (LARGEST_BODY // 2)
    assert request(HERE, body=(half, half))[0] == 200
    status, _, body = request(HERE, body=(half, half, b"x", half))
    assert (status, body) == (413, b"The request is too large.")
