"""A page's own requests, whatever they are made with: this machine's listeners see nothing of them."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from dext_tasks.ui.gate import Guard

from .conftest import page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Stage

SECRET = "canary-" + "s3cret"

# Each may fail in its own way, and none may reach anything.
ATTEMPTS = """
const url = `http://127.0.0.1:${PORT}/`;
const later = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const tries = {
  fetch: () => fetch(url),
  names: () => fetch(`http://localhost:${PORT}/`),
  subdomain: () => fetch(`http://a.localhost:${PORT}/`),
  short: () => fetch(`http://127.1:${PORT}/`),
  six: () => fetch(`http://[::ffff:127.0.0.1]:${PORT}/`),
  zero: () => fetch(`http://0.0.0.0:${PORT}/`),
  tls: () => fetch(`https://127.0.0.1:${PORT}/`),
  opaque: () => fetch(url, { mode: "no-cors" }),
  metadata: () => fetch("http://169.254.169.254/latest/meta-data/"),
  xhr: () => { const x = new XMLHttpRequest(); x.open("POST", url); x.onerror = () => {}; x.send("x"); },
  beacon: () => navigator.sendBeacon(url, "x"),
  events: () => new EventSource(url),
  socket: () => new WebSocket(`ws://127.0.0.1:${PORT}/`),
  transport: () => new WebTransport(`https://127.0.0.1:${PORT}/`).ready,
  image: () => { new Image().src = url; },
  elements: () => {
    const add = (name, facts) => document.body.append(Object.assign(document.createElement(name), facts));
    add("script", { src: url });
    add("iframe", { src: url });
    add("object", { data: url });
    add("embed", { src: url });
    add("video", { src: url });
    for (const rel of ["stylesheet", "prefetch", "preload", "modulepreload", "preconnect", "manifest", "icon"]) {
      document.head.append(Object.assign(document.createElement("link"), { rel, href: url, as: "fetch" }));
    }
    const rules = JSON.stringify({ prerender: [{ urls: [url] }], prefetch: [{ urls: [url] }] });
    document.head.append(Object.assign(document.createElement("script"), { type: "speculationrules", text: rules }));
  },
  form: () => {
    document.body.insertAdjacentHTML("beforeend", `<iframe name="f"></iframe><form target="f" action="${url}"></form>`);
    document.forms[0].submit();
  },
  worker: () => new Worker(URL.createObjectURL(new Blob([`fetch("${url}").catch(() => {})`]))),
  shared: () => new SharedWorker(URL.createObjectURL(new Blob([`fetch("${url}").catch(() => {})`]))),
  service: () => navigator.serviceWorker.register("sw.js"),
  popup: () => window.open(url),
  rtc: async () => {
    const iceServers = [
      { urls: `stun:127.0.0.1:${UDP}` },
      { urls: [`turn:127.0.0.1:${UDP}`, `turn:127.0.0.1:${PORT}?transport=tcp`], username: "u", credential: "c" },
    ];
    const peer = new RTCPeerConnection({ iceServers });
    peer.createDataChannel("x");
    await peer.setLocalDescription(await peer.createOffer());
  },
  file: async () => (await fetch(FILE)).text(),
  fileXhr: () => new Promise((done, fail) => {
    const x = new XMLHttpRequest();
    x.onload = () => done(x.responseText);
    x.onerror = fail;
    x.open("GET", FILE);
    x.send();
  }),
  fileFrame: async () => {
    const frame = Object.assign(document.createElement("iframe"), { src: FILE });
    document.body.append(frame);
    await later(0.5);
    return frame.contentDocument?.body?.innerText;
  },
  filePopup: async () => {
    const opened = window.open(FILE);
    await later(0.5);
    return opened?.document?.body?.innerText;
  },
  chrome: async () => (await fetch("chrome://version/")).text(),
};
const results = {};
await Promise.all(Object.entries(tries).map(async ([name, attempt]) => {
  try { results[name] = String(await Promise.race([attempt(), later(3)])); }
  catch (error) { results[name] = `! ${error}`; }
}));
await later(1);
tell(results);
"""


@dataclass
class Canary:
    """Listens on 127.0.0.1, by TCP and by UDP, and answers any request of HTTP.

    Attributes:
        port: Of TCP.
        udp: Of UDP.
        heard: What came in.
    """

    port: int
    udp: int
    heard: list[bytes] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Canary]:
    with (
        socket.create_server(("127.0.0.1", 0)) as stream,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        datagrams.bind(("127.0.0.1", 0))
        made = Canary(stream.getsockname()[1], datagrams.getsockname()[1])

        def accept() -> None:
            while True:
                try:
                    connection, _ = stream.accept()
                    with connection:
                        connection.settimeout(5)
                        made.heard.append(connection.recv(4096))
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere")
                except OSError:
                    if stream.fileno() < 0:
                        return

        def receive() -> None:
            while True:
                try:
                    content = datagrams.recv(4096)
                except OSError:
                    return
                if content == b"end":
                    return
                made.heard.append(content)

        threads = [threading.Thread(target=each, daemon=True) for each in (accept, receive)]
        for thread in threads:
            thread.start()
        yield made
        datagrams.sendto(b"end", datagrams.getsockname())


@pytest.fixture
def canary() -> Iterator[Canary]:
    with listening() as made:
        yield made


def _script(canary: Canary, file: str = "") -> str:
    return f"const PORT = {canary.port}, UDP = {canary.udp}, FILE = {json.dumps(file)};{ATTEMPTS}"


def test_nothing_of_this_machine_is_reached(stage: Stage, canary: Canary, tmp_path: Path) -> None:
    file = tmp_path / "canary.txt"
    file.write_text(SECRET)
    seen = stage.look(page(_script(canary, file.as_uri())), timeout=60.0)
    (results,) = stage.values()
    assert canary.heard == []
    assert SECRET not in json.dumps(results)
    assert not any("Chrom" in results[name] for name in ("chrome",)), results
    assert results["fetch"].startswith("! TypeError"), results
    # What was refused is told, with what opens it.
    told = [each for each in seen.refused if f"smoke.ui.allow-hosts opens 127.0.0.1:{canary.port}" in each]
    assert len(told) == 1, seen.refused
    assert any("169.254.169.254" in each for each in seen.refused), seen.refused
    assert f"refused: {told[0]}" in seen.console


def test_a_host_that_is_opened_by_name_is_reached_without_its_consent(stage: Stage, canary: Canary) -> None:
    script = f'tell(await (await fetch("http://127.0.0.1:{canary.port}/")).text())'
    assert stage.told(script, guard=Guard((f"127.0.0.1:{canary.port}",))) == "here"
    assert canary.heard[0].startswith(b"GET / HTTP/1.1")


def test_a_redirect_leads_nowhere_else(stage: Stage, canary: Canary) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def redirect() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                head = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{canary.port}/\r\nContent-Length: 0\r\n\r\n"
                connection.sendall(head.encode())

        threading.Thread(target=redirect, daemon=True).start()
        script = f'tell(String(await caught(fetch("http://127.0.0.1:{port}/"))))'
        told = stage.told(script, guard=Guard((f"127.0.0.1:{port}",)))
    assert told.startswith("TypeError")
    assert canary.heard == []
