from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dext_tasks.ui.site import PageRequest

from .conftest import HOST, FakeProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import World


def test_a_page_has_the_client_before_its_own_scripts(world: World) -> None:
    response = world.ask("extension/ui/index.html?x=1")

    script = f'<script src="http://{HOST}/{world.session.token}/desktop.js"></script>'
    assert response.status == 200
    assert response.body == f"<html><head>{script}</head>".encode()
    assert response.headers["Content-Type"] == "text/html"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.js", "text/javascript"),
        ("a.MJS", "text/javascript"),
        ("a.css", "text/css"),
        ("a.svg", "image/svg+xml"),
        ("a.wasm", "application/wasm"),
        ("a.woff2", "font/woff2"),
        ("a.js.map", "application/json"),
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_files_have_their_types(world: World, name: str, kind: str) -> None:
    world.files[f"/ui/{name}"] = b"content"

    response = world.ask(f"extension/ui/{name}")

    assert (response.status, response.body, response.headers["Content-Type"]) == (200, b"content", kind)


@pytest.mark.parametrize(
    "path",
    [
        "extension/etc/passwd",
        "extension/ui/../etc/passwd",
        "extension/ui/%2e%2e/etc/passwd",
        "extension/ui/..%2fetc/passwd",
        "extension/ui//etc/passwd",
        "extension/ui",
        "extension/ui/",
        "extension",
        "extension/",
        "ui/index.html",
        "",
        "bridge/events/x",
        "bridge",
    ],
)
def test_nothing_else_is_there(world: World, path: str) -> None:
    assert world.ask(path).status == 404


def test_an_absolute_asset_is_outside(world: World) -> None:
    world.files["/assets/a.js"] = world.files["/ui/assets/a.js"] = b""

    assert world.site.answer(PageRequest("GET", "/assets/a.js", HOST)).status == 404


def test_an_image_that_is_the_ui(make_world: Callable[..., World]) -> None:
    world = make_world("/")
    world.files["/index.html"] = b"x"

    assert world.ask("extension/index.html").status == 200


@pytest.mark.parametrize(("host", "status"), [(HOST, 200), ("evil.example", 421), ("127.0.0.1:1", 421), ("", 421)])
def test_foreign_names_are_not_answered(world: World, host: str, status: int) -> None:
    assert world.ask("extension/ui/index.html", host=host).status == status


def test_other_pages_may_not_ask(world: World) -> None:
    assert world.ask("extension/ui/index.html", origin="http://evil.example").status == 403
    assert world.ask("extension/ui/index.html", origin=f"http://{HOST}").status == 200


def test_sessions_do_not_see_each_other(world: World) -> None:
    other = world.site.open()

    world.post("call", detail={"action": "record"})

    assert world.session.token != other.token
    assert len(world.session.ledger.calls) == 1
    assert other.ledger.calls == ()


def test_the_client_knows_what_the_extension_has(make_world: Callable[..., World]) -> None:
    body = make_world(vm=False).ask("desktop.js").body

    assert isinstance(body, bytes)
    settings = json.loads(body.decode().rsplit("})(", 1)[1].removesuffix(");\n"))
    assert (settings["hasVm"], settings["hasHost"]) == (False, True)
    assert settings["identity"]["image"] == "acme/demo:1.0.0"
    assert [*settings["themes"]] == ["light", "dark"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"page": 1}',
        b"\xff",
        b'{"page":"p","number":1,"member":"m","args":[],"detail":{}}',
    ],
)
@pytest.mark.parametrize("path", ["call", "start"])
def test_what_no_page_sends_is_refused(world: World, path: str, body: bytes) -> None:
    assert world.ask(f"bridge/{path}", "POST", body=body).status == 400


def test_unknown_addresses_of_the_bridge(world: World) -> None:
    assert world.post("else").status == 404
    assert world.ask("bridge/call").status == 404
    assert world.ask("extension/ui/index.html", "POST").status == 404


def test_events_of_a_process_and_the_end_of_its_page(world: World) -> None:
    world.machine.process = FakeProcess(b"out\xc3\xa9", b"err", 3)
    world.answer("start", number=7, detail={"where": "vm", "words": ["x", "y"]})

    events = world.ask("bridge/events?page=p").body
    assert not isinstance(events, bytes)
    lines: list[object] = []
    while not any("close" in str(line) for line in lines):
        lines += [json.loads(line) for line in next(events).splitlines() if line]

    assert {"process": 7, "stdout": "outé"} in lines
    assert {"process": 7, "stderr": "err"} in lines
    assert lines[-1] == {"process": 7, "close": {"cmd": "x y", "code": 3, "signal": None, "killed": False}}
    assert world.ask("bridge/leave?page=p", "POST").status == 204
    assert [*events] == []


def test_a_page_that_has_gone_starts_nothing_that_lasts(world: World) -> None:
    world.ask("bridge/leave?page=p", "POST")
    world.machine.process = FakeProcess(code=None)

    world.answer("start", detail={"where": "vm", "words": ["sleep", "60"], "stream": True})
    world.site.close()

    assert world.machine.process.signals == ["terminate"]
    assert world.session.ledger.calls[0].outcome == "stopped"


def test_a_process_is_stopped_by_its_number(world: World) -> None:
    world.machine.process = FakeProcess(code=None)
    world.answer("start", number=3, detail={"where": "vm", "words": ["sleep"], "stream": True})

    assert world.post("stop", number=4).status == 204
    assert world.machine.process.signals == []
    assert world.post("stop", number=3).status == 204
    world.site.close()

    assert world.machine.process.signals == ["terminate"]
