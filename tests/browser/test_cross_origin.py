"""A page reads answers of servers that do not say that it may, as in a desktop; sites stay apart all the same."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dext_tasks.ui.gate import Guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Stage

LONGEST = 60.0
# Each is one of the ways in which a page asks; none may be refused by the browser.
ATTEMPTS = """
const asked = {
  get: async () => (await fetch(`${OTHER}/`)).text(),
  put: async () => {
    const headers = { "X-Token": "t", "Content-Type": "application/json" };
    return (await fetch(`${OTHER}/`, { method: "PUT", headers, body: "{}" })).text();
  },
  credentials: async () => (await fetch(`${OTHER}/`, { credentials: "include" })).text(),
  failure: async () => { const said = await fetch(`${OTHER}/404`); return `${said.status} ${await said.text()}`; },
  header: async () => (await fetch(`${OTHER}/`)).headers.get("X-Own"),
  redirect: async () => (await fetch(`${OTHER}/redirect`)).text(),
  xhr: () => new Promise((done, fail) => {
    const x = new XMLHttpRequest();
    x.onload = () => done(x.responseText);
    x.onerror = () => fail(new Error("xhr"));
    x.open("GET", `${OTHER}/`);
    x.send();
  }),
  worker: () => new Promise((done) => {
    const text = `fetch("${OTHER}/").then((r) => r.text()).then(postMessage, (e) => postMessage(String(e)))`;
    new Worker(URL.createObjectURL(new Blob([text]))).onmessage = (event) => done(event.data);
  }),
  module: async () => (await import(`${OTHER}/module.js`)).default,
  canvas: () => new Promise((done, fail) => {
    const image = Object.assign(new Image(), { crossOrigin: "anonymous" });
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.getContext("2d").drawImage(image, 0, 0);
      done(canvas.toDataURL().slice(0, 14));
    };
    image.onerror = () => fail(new Error("image"));
    image.src = `${OTHER}/image.svg`;
  }),
};
const results = {};
for (const [name, ask] of Object.entries(asked)) {
  try { results[name] = await ask(); } catch (error) { results[name] = String(error); }
}
tell(results);
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


class Other:
    """A server that never heard of CORS.

    Attributes:
        url: Its origin.
        asked: Method and path of each request.
        go_on: Lets an answer that has begun come to its end.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.go_on = threading.Event()


@contextmanager
def _serving() -> Iterator[Other]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            made.asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            kinds = {"/module.js": ("text/javascript", "export default 'module'"), "/image.svg": ("image/svg+xml", SVG)}
            kind, text = kinds.get(self.path, ("text/plain", "hello"))
            self.send_response({"/404": 404, "/redirect": 302}.get(self.path, 200))
            self.send_header("Content-Type", kind)
            self.send_header("X-Own", "own")
            if self.path == "/redirect":
                self.send_header("Location", "/")
            if self.path == "/stream":
                self._stream()
                return
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def _stream(self) -> None:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nfirst\r\n")
            made.go_on.wait(LONGEST)
            self.wfile.write(b"4\r\nlast\r\n0\r\n\r\n")

        do_PUT = do_GET  # noqa: N815 - http.server's name

        def do_OPTIONS(self) -> None:
            made.asked.append(f"OPTIONS {self.path}")
            self.send_error(405)

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Other(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield made
        finally:
            made.go_on.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def other() -> Iterator[Other]:
    with _serving() as server:
        yield server


def _guard(other: Other) -> Guard:
    return Guard((other.url.removeprefix("http://"),))


def test_every_answer_can_be_read(stage: Stage, other: Other) -> None:
    told = stage.told(f'const OTHER = "{other.url}";{ATTEMPTS}', guard=_guard(other))
    assert told == {
        "get": "hello",
        "put": "hello",
        "credentials": "hello",
        "failure": "404 hello",
        "header": "own",
        "redirect": "hello",
        "xhr": "hello",
        "worker": "hello",
        "module": "module",
        "canvas": "data:image/png",
    }
    # The server is not asked whether it may be asked.
    assert [each for each in other.asked if each.startswith("OPTIONS")] == []
    assert "PUT /" in other.asked


def test_an_answer_is_read_as_it_comes(stage: Stage, other: Other) -> None:
    script = f"""
    const reader = (await fetch("{other.url}/stream")).body.getReader();
    const first = new TextDecoder().decode((await reader.read()).value);
    tell(first);
    """
    assert stage.told(script, guard=_guard(other)) == "first"
    assert not other.go_on.is_set()


def test_what_no_server_opens_stays_closed(stage: Stage, other: Other) -> None:
    script = f"""
    const opaque = await fetch("{other.url}/", {{ mode: "no-cors" }});
    const frame = document.createElement("iframe");
    await new Promise((done) => {{ frame.onload = done; frame.src = "{other.url}/"; document.body.append(frame); }});
    const image = new Image();
    await new Promise((done) => {{ image.onload = done; image.src = "{other.url}/image.svg"; }});
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").drawImage(image, 0, 0);
    let drawn = "";
    try {{ drawn = canvas.toDataURL(); }} catch (error) {{ drawn = error.name; }}
    tell([opaque.type, await opaque.text(), String(frame.contentDocument), drawn]);
    """
    assert stage.told(script, guard=_guard(other)) == ["opaque", "", "null", "SecurityError"]
