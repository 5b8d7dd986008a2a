from __future__ import annotations

import threading
import time

import psutil
import pytest

from dext_tasks.ui.browser import Browser
from dext_tasks.ui.server import Exhibit, shown, visit
from dext_tasks.ui.visit_result import PageFault, PageFaultKind, Scheme

from .conftest import TIMEOUT, Stage, kinds, page

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("scheme", Scheme)
def test_a_sound_page_has_a_picture_and_no_fault(stage: Stage, scheme: Scheme) -> None:
    seen = stage.look(page("""console.log("hello", 1);"""), scheme)

    assert seen.scheme is scheme
    assert seen.picture.startswith(PNG)
    assert seen.console == ("log: hello 1",)
    assert not seen.faults
    assert 0 < seen.seconds < 10


def test_a_missing_entry_page(stage: Stage) -> None:
    seen = stage.look({"other.html": "x"})

    assert seen.faults == (PageFault(PageFaultKind.NO_PAGE, "/ui/index.html: there is no such file", Scheme.LIGHT),)


def test_the_query_of_the_entry_reaches_the_page(stage: Stage) -> None:
    seen = stage.look(
        {"index.html": page("document.write(location.search + location.hash);")}, entry="index.html?a=b%20c#/d"
    )

    assert not seen.faults


def test_absolute_assets_are_named(stage: Stage) -> None:
    seen = stage.look('<script type="module" src="/assets/app.js"></script><link rel="stylesheet" href="/a.css"><p>x')

    advice = "404, an absolute path leads outside the UI's folder; use a relative one"
    assert sorted(fault.what for fault in seen.faults) == [f"/a.css: {advice}", f"/assets/app.js: {advice}"]
    assert {*kinds(seen)} == {PageFaultKind.ASSET_ABSOLUTE}


def test_an_absolute_request_of_a_script_is_led_to_the_client(stage: Stage) -> None:
    seen = stage.look(page("""await fetch("/api/things"); await fetch("/api/things");"""))

    (fault,) = seen.faults
    assert fault.what.startswith("/api/things: 404, an absolute path leads outside the UI's folder; send requests to")


def test_missing_assets_are_named(stage: Stage) -> None:
    seen = stage.look('<img src="img/a%20b.png"><img src="../shared/c.png">x')

    assert sorted(fault.what for fault in seen.faults) == [
        "/shared/c.png: 404, it is outside of /ui",
        "img/a b.png: 404, there is no such file in /ui",
    ]
    assert {*kinds(seen)} == {PageFaultKind.ASSET_FAILED}


def test_modules_styles_and_wasm_are_loaded_by_their_types(stage: Stage) -> None:
    files: dict[str, str | bytes] = {
        "index.html": '<link rel="stylesheet" href="./a.css"><script type="module" src="./a.js"></script><p id="p">x',
        "a.css": "p { color: rgb(1, 2, 3) }",
        "a.js": """
            import { name } from "./b.mjs";
            await WebAssembly.compileStreaming(fetch("./c.wasm"));
            const data = await (await fetch("./d.json")).json();
            const color = getComputedStyle(document.getElementById("p")).color;
            ddClient.desktopUI.toast.success([name, data, color].join("|"));
        """,
        "b.mjs": "export const name = 'b';",
        "c.wasm": b"\0asm\1\0\0\0",
        "d.json": "7",
    }

    seen = stage.look(files)

    assert not seen.faults
    assert seen.calls[0].args == '["b|7|rgb(1, 2, 3)"]'


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("throw new Error('kaput');", "kaput"),
        ("nothing.at.all;", "ReferenceError: nothing is not defined"),
        ("Promise.reject(new TypeError('late'));", "unhandled rejection: TypeError: late"),
        ("Promise.reject({a: 1});", 'unhandled rejection: {"a":1}'),
        ("dd.extension.vm.service.get('/status/404');", "unhandled rejection: Not Found (404): is 404"),
        ("dd.extension.vm.cli.exec('sh', ['-c', '\"echo no >&2; exit 2\"']);",
         "unhandled rejection: sh -c echo no >&2; exit 2: exit code 2: no"),
    ],
)  # fmt: skip
def test_errors_that_nobody_caught(stage: Stage, script: str, what: str) -> None:
    seen = stage.look(page(script))

    assert seen.faults == (PageFault(PageFaultKind.SCRIPT_ERROR, what, Scheme.LIGHT),)
    assert any("error: " in line for line in seen.console)


def test_an_error_many_times_is_told_once(stage: Stage) -> None:
    seen = stage.look(page("for (let i = 0; i < 5; i++) setTimeout(() => { throw new Error('again') });"))

    assert [fault.what for fault in seen.faults] == ["again"]


def test_a_script_that_cannot_be_parsed(stage: Stage) -> None:
    seen = stage.look("<script>let = ;</script><p>x")

    assert kinds(seen) == [PageFaultKind.SCRIPT_ERROR]
    assert "SyntaxError" in seen.faults[0].what


@pytest.mark.parametrize("markup", ["", "<div id=root></div>", "<p hidden>x</p>", "<canvas width=0></canvas>"])
def test_a_blank_page(stage: Stage, markup: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dext_tasks.ui.page_visit._BLANK", 0.5)
    seen = stage.look(f"<!doctype html><title>t</title><body>{markup}")

    assert kinds(seen) == [PageFaultKind.BLANK]
    assert seen.picture.startswith(PNG)


def test_a_blank_page_after_an_error_is_not_waited_for_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dext_tasks.ui.page_visit._BLANK", 3600.0)
    started = time.monotonic()

    seen = stage.look(page("throw new Error('early');", markup=""))

    assert kinds(seen) == [PageFaultKind.SCRIPT_ERROR, PageFaultKind.BLANK]
    assert time.monotonic() - started < TIMEOUT


@pytest.mark.parametrize(
    "markup",
    ["x", "<canvas>", "<svg width=20 height=20></svg>", "<input>", "<button>", "<iframe>"],
)
def test_pages_that_show_something(stage: Stage, markup: str) -> None:
    assert not stage.look(f"<!doctype html><body>{markup}").faults


def test_text_in_a_shadow_tree_is_something(stage: Stage) -> None:
    script = """document.getElementById("h").attachShadow({mode: "open"}).append("inside");"""

    assert not stage.look(page(script, markup="<div id=h></div>")).faults


def test_a_page_that_is_drawn_late_is_waited_for(stage: Stage) -> None:
    script = """setTimeout(() => document.body.append("now"), 1500);"""

    assert not stage.look(page(script, markup="")).faults


def test_a_page_that_polls_for_ever_is_seen(stage: Stage) -> None:
    started = time.monotonic()

    seen = stage.look(page("""setInterval(() => dd.docker.listContainers(), 100);"""))

    assert not seen.faults
    assert time.monotonic() - started < TIMEOUT


def test_a_page_that_does_not_load_names_what_it_waits_for(stage: Stage) -> None:
    exhibit_files = {"index.html": '<body>x<img src="slow.png">'}
    content = {f"/ui/{name}": text.encode() for name, text in exhibit_files.items()}

    seen_all = threading.Event()

    def read(path: str) -> bytes | None:
        if path.endswith("slow.png"):
            seen_all.wait(TIMEOUT)
        return content.get(path)

    with shown(Exhibit(read, "/ui", "index.html", stage.machine, has_vm=True, has_host=True)) as site:
        seen = visit(stage.browser, site, Scheme.LIGHT, 6.0)
        seen_all.set()

    assert [fault.what for fault in seen.faults] == ["/ui/index.html did not load within 6 s; it waits for ui/slow.png"]


@pytest.mark.usefixtures("stage")
def test_a_crash_is_told() -> None:
    with Browser() as browser:
        stage = Stage(browser)
        killer = threading.Thread(target=_kill_renderers, args=(stage,))
        killer.start()
        seen = stage.look(page("""await dd.docker.listImages(); dd.extension.vm.service.get("/hold");"""))
        killer.join()

    assert PageFaultKind.CRASHED in kinds(seen)
    assert seen.picture == b""


def _kill_renderers(stage: Stage) -> None:
    """End the processes that draw the page that is open, and no others."""
    deadline = time.monotonic() + TIMEOUT
    while not stage.machine.asked and time.monotonic() < deadline:
        time.sleep(0.02)
    started = browser_started_last()
    for child in started.children(recursive=True):
        if "--type=renderer" in " ".join(child.cmdline()):
            child.kill()
    stage.machine.told.set()


def browser_started_last() -> psutil.Process:
    drivers = [child for child in psutil.Process().children() if "run-driver" in child.cmdline()]
    return max(drivers, key=lambda child: child.create_time())


def test_dialogs_and_popups_do_not_hold_a_page_up(stage: Stage) -> None:
    script = """
        alert("hey"); const answer = confirm("sure?"); prompt("name?");
        window.open("about:blank");
        tell(answer);
    """

    seen = stage.look(page(script))

    assert not seen.faults
    assert stage.values() == [False]
    assert seen.console[:3] == ("alert: hey", "confirm: sure?", "prompt: name?")
    assert any(line.startswith("popup: ") for line in seen.console)


def test_frames_have_a_client_of_their_own(stage: Stage) -> None:
    files = {"index.html": '<iframe src="inner.html"></iframe>', "inner.html": page("tell(typeof dd.docker);")}

    assert not stage.look(files).faults
    assert stage.values() == ["object"]
