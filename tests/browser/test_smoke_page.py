"""The report of a smoke test as a browser shows it."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from dext_tasks.console.smoke_page import PageContext, smoke_page
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.smoke.result import Attachment, Outcome, ProbeResult, SmokeResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_HOSTILE = "<script>document.title = 'ran'</script><img src='http://evil.example/x.png' onerror='document.title = 1'>"
_WIDE, _NARROW = 1400, 600


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _picture(shade: int, width: int = 1280, height: int = 800) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([shade]) * width) * height
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _results() -> list[SmokeResult]:
    seen = (
        Attachment("light", "image/png", _picture(240)),
        Attachment("dark", "image/png", _picture(30)),
        Attachment("console", "text/plain", f"[error] {_HOSTILE}\n".encode() + b"x" * 3000),
        Attachment("calls", "application/json", b'[{"member": "extension.vm.service.get", "arguments": ["/"]}]'),
    )
    start = ProbeResult("start", Outcome.PASSED, _HOSTILE, 1.5)
    ui = ProbeResult("UI", Outcome.PASSED, "no error", 4.0, attachments=seen)
    answer = ProbeResult("answer", Outcome.FAILED, "no-blank" * 60, 120.0, f"exited, code 1\n{'y' * 3000}\n{_HOSTILE}")
    amd64, arm64 = REQUIRED
    crashes = (f"qemu: uncaught target signal 11 {'z' * 300}",)
    return [
        SmokeResult(amd64, f"sha256:{'a' * 64}", emulated=False, probes=(start, ui)),
        SmokeResult(arm64, f"sha256:{'b' * 64}", emulated=True, probes=(start, answer, ui), crashes=crashes),
    ]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a report with pictures, long lines and hostile text."""
    file: Path = tmp_path_factory.mktemp("report") / "smoke.html"
    reference = f"registry.example/acme/{'long-' * 30}name:1.0.0"
    context = PageContext("Smoke test of acme/demo", reference, "0.4.0", datetime(2026, 1, 2, tzinfo=UTC))
    file.write_text(smoke_page(_results(), context), encoding="utf-8")
    return file.as_uri()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        message = f"no Chromium: none of {', '.join(_NAMES)} is on PATH"
        if "CI" in os.environ:
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        # Its sandbox does not start for root: https://crbug.com/638180
        started = playwright.chromium.launch(executable_path=found, chromium_sandbox=os.geteuid() != 0)
        yield started
        started.close()


@contextmanager
def _opened(chromium: Browser, address: str, **options: Any) -> Iterator[Page]:  # noqa: ANN401 - any of the browser's
    """The report in a page; what it complains of or asks for fails the test."""
    complaints: list[str] = []
    with chromium.new_context(**options) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if _is_foreign(request.url) else None)
        page.goto(address)
        yield page
    assert complaints == []


def _is_foreign(address: str) -> bool:
    return not address.startswith(("file:", "data:"))


def _size(width: int) -> dict[str, int]:
    return {"width": width, "height": 900}


def test_it_needs_no_network_and_runs_no_script(chromium: Browser, address: str) -> None:
    with _opened(chromium, address) as page:
        requested = page.evaluate("performance.getEntriesByType('resource').map(each => each.name)")
        assert [each for each in requested if not each.startswith("data:")] == []
        assert page.title() == "Smoke test of acme/demo"
        assert page.locator("script, iframe, object, embed, form").count() == 0
        assert page.get_by_text("<script>").count() > 0


def test_screenshots_are_decoded(chromium: Browser, address: str) -> None:
    with _opened(chromium, address) as page:
        sizes = page.evaluate("Array.from(document.images, each => [each.naturalWidth, each.naturalHeight, each.alt])")
        assert [size[:2] for size in sizes] == [[1280, 800]] * 4
        assert sizes[3][2] == "Screenshot of UI, dark, on linux/arm64"


def test_platforms_are_side_by_side_and_probes_on_one_line(chromium: Browser, address: str) -> None:
    with _opened(chromium, address, viewport=_size(_WIDE)) as page:
        first, second = (page.locator(f"#platform-{number}").bounding_box() for number in (1, 2))
        assert first is not None
        assert second is not None
        assert first["y"] == second["y"]
        assert first["x"] + first["width"] <= second["x"]
        assert second["x"] + second["width"] <= _WIDE
        tops = page.evaluate(
            """() => Array.from(document.querySelectorAll('.platform'), each =>
                 Array.from(each.querySelectorAll('h3'),
                   head => [head.textContent, head.getBoundingClientRect().top]))"""
        )
        assert tops[0] == tops[1]
        assert [name for name, _ in tops[0]] == ["start", "answer", "UI"]


@pytest.mark.parametrize("width", [_NARROW, 360])
def test_a_narrow_window_stacks_them_and_nothing_overflows(chromium: Browser, address: str, width: int) -> None:
    with _opened(chromium, address, viewport=_size(width)) as page:
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        first, second = (page.locator(f"#platform-{number}").bounding_box() for number in (1, 2))
        assert first is not None
        assert second is not None
        assert first["y"] + first["height"] <= second["y"]
        wide = page.evaluate(
            """() => Array.from(document.querySelectorAll('body, body *'))
                 .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
                 .map(each => each.outerHTML.slice(0, 80))"""
        )
        assert wide == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def _contrast(page: Page) -> list[tuple[str, float]]:
    """Texts whose contrast to what is behind them is less than WCAG 2.2 asks for, 1.4.3."""
    found: list[tuple[str, float]] = page.evaluate(
        """() => {
          const parts = text => text.match(/[0-9.]+/g).map(Number)
          const shade = value => value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4
          const light = ([r, g, b]) => 0.2126 * shade(r) + 0.7152 * shade(g) + 0.0722 * shade(b)
          const behind = each => {
            for (; each; each = each.parentElement) {
              const colour = parts(getComputedStyle(each).backgroundColor)
              if (colour.length < 4 || colour[3] > 0) return colour
            }
            return [255, 255, 255]
          }
          const bad = []
          for (const each of document.querySelectorAll('body *')) {
            if (!Array.from(each.childNodes).some(node => node.nodeType === 3 && node.data.trim())) continue
            const [one, two] = [light(parts(getComputedStyle(each).color)), light(behind(each))]
            const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)
            if (ratio < 4.5) bad.push([each.outerHTML.slice(0, 80), ratio])
          }
          return bad
        }"""
    )
    return found


def test_light_and_dark_differ_and_both_can_be_read(chromium: Browser, address: str) -> None:
    backgrounds = set()
    for scheme in ("light", "dark"):
        with _opened(chromium, address, color_scheme=scheme) as page:
            backgrounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
            assert _contrast(page) == []
    assert len(backgrounds) == 2


def test_a_picture_can_be_enlarged_and_put_back(chromium: Browser, address: str) -> None:
    with _opened(chromium, address, viewport=_size(_WIDE)) as page:
        figure = page.locator("figure").first
        before = figure.bounding_box()
        figure.get_by_role("link", name="Screenshot of UI, light, on linux/amd64").click()
        enlarged = figure.bounding_box()
        assert before is not None
        assert enlarged is not None
        assert (enlarged["x"], enlarged["width"]) == (0, _WIDE)
        figure.get_by_role("link", name="Close").click()
        after = figure.bounding_box()
        assert after is not None
        assert after["width"] == before["width"]


def test_it_can_be_printed(chromium: Browser, address: str) -> None:
    with _opened(chromium, address, color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert _contrast(page) == []
        assert page.pdf().startswith(b"%PDF")
