"""The chat behind a proxy that makes it known under another name and path, in a real browser."""

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from qa.library import Library
from tests.browser.conftest import BROWSER, CHROMIUM, ENGLISH, ENGLISH_ANSWER, QUIET, opened

pytestmark = BROWSER
NAME, PATH = "docs.example.org", "/sanad"


@contextlib.contextmanager
def proxied(*, keeps_host: bool) -> Iterator[ThreadingHTTPServer]:
    """Run a proxy that passes on what comes below PATH, without PATH; `upstream` says where to."""

    class Proxy(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            if not self.path.startswith(f"{PATH}/"):
                self.send_response(204)  # another site's, such as its icon
                return self.end_headers()
            upstream = http.client.HTTPConnection(self.server.upstream)
            headers = dict(self.headers.items()) if keeps_host else {**self.headers, "Host": self.server.upstream}
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with contextlib.closing(upstream), contextlib.suppress(ConnectionError):  # of a page that was closed
                upstream.request(self.command, self.path.removeprefix(PATH), body, headers)
                reply = upstream.getresponse()
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                self.end_headers()
                while part := reply.read1():
                    self.wfile.write(part)
                    self.wfile.flush()

        do_GET = do_POST = do_PUT = pass_on  # noqa: N815, as http.server calls them

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("keeps_host", [True, False])
def test_the_chat_works_behind_a_proxy_with_a_name_and_a_path(folder, tmp_path, keeps_host):
    from playwright.sync_api import sync_playwright

    from qa.web import serving

    library = Library.open(folder, tmp_path / "index")
    library.update()
    with sync_playwright() as playwright, proxied(keeps_host=keeps_host) as proxy:
        names = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, names])
        public = f"http://{NAME}:{proxy.server_port}{PATH}"
        with serving(library, port=0, uploads=True, public_url=public) as address:
            proxy.upstream = address.removeprefix("http://")
            with opened(chromium, f"{public}/", folder) as chat:
                assert chat.evaluate("document.querySelector('link[rel=icon]').href").startswith("data:image/svg")
                chat.ask(ENGLISH)
                assert ENGLISH_ANSWER in chat.inner_text(".card")
                kept = chat.evaluate("Object.keys(sessionStorage)")  # that of another library at the same site is apart
                assert kept == [f"sanad {PATH}/"]
                chat.click(".card .copy")
                chat.wait_for_selector(".card .copy >> text=Copied")  # though not served over https
                chat.click("[data-open]")
                chat.wait_for_selector("#viewer .original")
                original = chat.get_attribute("#viewer .original", "href")
                assert chat.evaluate("address => fetch(address).then(reply => reply.status)", original) == 200
                chat.click("#viewer [data-close]")
                chat.click("[role=tab] >> text=Documents")
                name = f"added {keeps_host}.txt"
                added = {"name": name, "mimeType": "text/plain", "buffer": b"The dam broke in the night."}
                chat.set_input_files("#adder input", added)
                chat.wait_for_selector(f"#listing >> text={name}")
        chromium.close()
