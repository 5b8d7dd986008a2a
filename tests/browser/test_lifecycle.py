"""What is left when a browser, a UI or the whole process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest

from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.ui.browser import Browser, BrowserUnavailableError
from dext_tasks.ui.server import shown, visit
from dext_tasks.ui.visit_result import Scheme

from .conftest import TIMEOUT, page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Stage

MAIN = """
import sys, time
sys.path.insert(0, {tests!r})
from scripted_machine import ScriptedMachine
from dext_tasks.ui.browser import Browser
from dext_tasks.ui.server import Exhibit, shown, visit
from dext_tasks.ui.visit_result import Scheme
files = {{"/ui/index.html": b"<p>x"}}
with Browser() as browser, shown(Exhibit(files.get, "/ui", "index.html", ScriptedMachine(), True, True)) as site:
    visit(browser, site, Scheme.LIGHT, 15.0)
    print("up", flush=True)
    time.sleep(60)
"""


def _until(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith(("browser", "ddClient"))}


def _profiles(folder: str | Path) -> list[Path]:
    return [path for path in Path(folder).iterdir() if "playwright" in path.name or "chromium" in path.name.lower()]


def test_a_browser_ends_without_a_trace(browser: Browser) -> None:
    browser.run(_version, TIMEOUT)
    drivers, threads, files = {*psutil.Process().children()}, _threads(), {*_profiles(tempfile.gettempdir())}

    with Browser() as another:
        another.run(_version, TIMEOUT)
        # The tests' own browser starts processes when it likes, but no driver.
        (driver,) = {*psutil.Process().children()} - drivers
        started = [driver, *driver.children(recursive=True)]

    assert len(started) > 1
    assert _until(lambda: not any(map(_is_alive, started)))
    assert _threads() == threads
    assert {*_profiles(tempfile.gettempdir())} <= files


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


async def _version(chromium: object) -> str:
    return str(chromium)


def test_a_ui_ends_without_a_trace(stage: Stage) -> None:
    threads = _threads()

    with shown(stage.exhibit({"index.html": page("dd.extension.vm.cli.exec('sleep', ['60'], {stream: {}});")})) as site:
        visit(stage.browser, site, Scheme.LIGHT, TIMEOUT)
        url = site.url

    assert _threads() == threads
    with pytest.raises(OSError, match="refused"):
        urlopen(url, timeout=TIMEOUT)  # noqa: S310 - an address of our own


def test_several_threads_visit_at_once(stage: Stage) -> None:
    with (
        shown(stage.exhibit({"index.html": page("await dd.docker.listImages();")})) as site,
        ThreadPoolExecutor(3) as pool,
    ):
        seen = [*pool.map(lambda scheme: visit(stage.browser, site, scheme, TIMEOUT), [*Scheme, Scheme.LIGHT])]

    assert [each.faults for each in seen] == [(), (), ()]
    assert [len(each.calls) for each in seen] == [1, 1, 1]


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A temporary folder whose name is short enough for a browser's sockets, as pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="dxb-") as made:
        yield Path(made)


@pytest.mark.usefixtures("browser")
def test_a_killed_process_leaves_no_browser(short_folder: Path) -> None:
    tests = str(Path(__file__).parent)
    process = subprocess.Popen(  # noqa: S603 - this very Python
        [sys.executable, "-c", MAIN.format(tests=tests)],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(short_folder)},
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == b"up\n"
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()

    assert _until(lambda: not any(map(_is_alive, children)))
    # What is left is the folder that the next smoke test sweeps.
    assert _until(lambda: not [path for path in short_folder.rglob("*") if _profiles(path.parent)])


@pytest.mark.usefixtures("browser")
def test_an_interrupted_run_does_not_wait_for_a_page(stage: Stage) -> None:
    cancellation = Cancellation()
    hanging = page("await new Promise(() => {});", markup="")
    with (
        Browser(cancellation=cancellation) as browser,
        shown(stage.exhibit({"index.html": hanging})) as site,
    ):
        threading.Timer(1.5, cancellation.cancel).start()
        with pytest.raises(Interrupted):
            visit(browser, site, Scheme.LIGHT, 60.0)


def test_a_program_that_is_no_browser_is_told(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho 'cannot start' >&2\nexit 3\n")
    program.chmod(0o755)

    with Browser(str(program)) as browser, pytest.raises(BrowserUnavailableError, match="the browser does not work"):
        browser.run(_version, TIMEOUT)


def test_any_browser_can_open_the_address_and_nobody_else_can_find_it(stage: Stage) -> None:
    with shown(stage.exhibit({"index.html": "<p>x"}, entry="index.html?a=1")) as site:
        with urlopen(site.url, timeout=TIMEOUT) as answer:  # noqa: S310 - an address of our own
            assert answer.headers["Content-Type"] == "text/html"
            assert b"desktop.js" in answer.read()
        for url, headers in [(f"{site.origin}/ui/index.html", {}), (site.url, {"Host": "evil.example"})]:
            with pytest.raises(HTTPError):
                urlopen(Request(url, headers=headers), timeout=TIMEOUT)  # noqa: S310 - as above
        assert site.calls == ()


def test_what_a_person_does_at_the_address_is_told(stage: Stage) -> None:
    async def open_by_hand(chromium: object) -> None:
        tab = await chromium.new_page()  # type: ignore[attr-defined]
        await tab.goto(site.url)
        await tab.wait_for_selector("text=done")
        await tab.close()

    script = "await dd.docker.listImages(); document.body.append('done');"
    with shown(stage.exhibit({"index.html": page(script)})) as site:
        stage.browser.run(open_by_hand, TIMEOUT)

        assert [call.member for call in site.calls] == ["docker.listImages"]
