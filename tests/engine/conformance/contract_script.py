"""What a page may expect of ``ddClient``; run against the page of the variant ``everything`` by `smoke.ui.script`."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

GREETING = "from this machine"
MACHINES = {"x64": "x86_64", "arm64": "aarch64"}
INFO = {"ID", "Driver", "Plugins", "MemTotal", "SystemTime", "OSType", "ServerVersion"}
IMAGE = {"Id", "RepoTags", "Created", "Size", "Labels", "ParentId"}
CONTAINER = {"Id", "Names", "Image", "ImageID", "Command", "Created", "Ports", "Labels", "State", "Status", "Mounts"}
STATUSES = {"400", "401", "403", "404", "451", "500", "503", "504"}


class _Greeting(BaseHTTPRequestHandler):
    """Says who it is, and nothing of who may read it."""

    def do_GET(self) -> None:
        content = GREETING.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep quiet."""


@contextmanager
def _greeting() -> Iterator[str]:
    """The address of a server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def _is_since_epoch(seconds: object) -> bool:
    return isinstance(seconds, int) and 10**9 < seconds < 10**10


def _ended_well(seen: dict[str, Any], outputs: list[dict[str, str]]) -> bool:
    # Two streams have no order between them: a busy machine may hand on the later one first.
    return (
        sorted(seen["outputs"], key=str) == sorted(outputs, key=str) and seen["errors"] == [] and seen["exits"] == [0]
    )


def _are_rejected(answers: dict[str, Any]) -> bool:
    told = {status: (answer.get("statusCode"), answer.get("message")) for status, answer in answers.items()}
    return set(told) == STATUSES and all(
        number == int(status) and status in str(message) for status, (number, message) in told.items()
    )


# Whether what was seen is as it must be; what is rejected comes as what it was rejected with.
ITEMS: dict[str, Callable[[Any], bool]] = {
    "client": lambda seen: seen == "object",
    "host": lambda seen: seen["platform"] == "linux" and seen["arch"] in MACHINES and bool(seen["hostname"]),
    "image": lambda seen: ":" in seen,
    # Rancher Desktop gives code 0, Docker Desktop none: https://github.com/docker/extensions-sdk/issues/126
    "host exec": lambda seen: "code" not in seen and seen["stdout"].strip() == "2" and not seen["stderr"],
    "host stream": lambda seen: _ended_well(seen, [{"stdout": "4"}, {"stderr": "6"}]),
    "host stream closed": lambda seen: seen in {"error", "close"},
    "host missing": lambda seen: "ENOENT" in seen["text"] + seen.get("message", ""),
    "host failing": lambda seen: seen["code"] == 1 and bool(re.search("dummy.*false", seen["cmd"])),
    "cross-origin fetch": lambda seen: seen == GREETING,
    "docker info": lambda seen: set(seen) >= INFO,
    "docker info quoted": lambda seen: set(seen) >= INFO,
    "list images": lambda seen: set(seen) >= IMAGE and _is_since_epoch(seen["Created"]),
    "list containers": lambda seen: (
        set(seen) >= CONTAINER and _is_since_epoch(seen["Created"]) and isinstance(seen["Ports"], list)
    ),
    "vm exec": lambda seen: seen["stdout"] == "xyzzy\n",
    "vm machine": lambda seen: seen in MACHINES.values(),
    "get": lambda seen: "ID=conformance" in seen,
    "get absolute": lambda seen: seen == GREETING,
    "post text": lambda seen: seen["contentType"].startswith("text/plain") and seen["body"] == "hello",
    "post object": lambda seen: (
        seen["contentType"].startswith("application/json") and seen["body"] == '{"greeting":"hello"}'
    ),
    "request object": lambda seen: seen["body"] == '{"greeting":"hello"}',
    "get status": _are_rejected,
    "post status": _are_rejected,
}


def _fault(name: str, result: dict[str, Any]) -> str:
    if "value" not in result:
        return f"{name}: {result['error']}"
    try:
        holds = ITEMS[name](result["value"])
    except (KeyError, TypeError, AttributeError) as error:
        return f"{name}: {error!r} in {result['value']}"
    return "" if holds else f"{name}: {result['value']}"


def test_every_item_of_the_contract_holds(page: Page) -> None:
    with _greeting() as address:
        results: dict[str, dict[str, Any]] = page.evaluate("address => runAll(address)", address)
    assert set(results) == set(ITEMS), sorted(results)
    faults = list(filter(None, (_fault(name, result) for name, result in results.items())))
    # Whoever runs the script may not be pytest, and says no more than this.
    assert not faults, "\n".join(faults)
    # The backend and the binaries are those of the platform that the page is told of.
    assert results["vm machine"]["value"] == MACHINES[results["host"]["value"]["arch"]]


def test_the_page_says_that_there_is_a_client(page: Page) -> None:
    assert page.inner_text("#client") == "object"
