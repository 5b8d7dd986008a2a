"""docs/pictures/: what README.md shows, made from the code that shows it to users.

No two browsers draw the same bytes. So a picture is not compared: what it was made from is, by a digest beside it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Literal

from dext_tasks import api
from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.report import check
from dext_tasks.config import Settings
from dext_tasks.console.output import Output
from dext_tasks.console.report import findings_table, report_lines
from dext_tasks.console.smoke import smoke_table
from dext_tasks.console.smoke_page import PageContext, smoke_page
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.project import Project
from dext_tasks.scaffold.answers import CHOICES, derive
from dext_tasks.scaffold.render import copy_template
from dext_tasks.scaffold.templates import template_path
from dext_tasks.smoke.result import Attachment, Outcome, ProbeResult, SmokeResult
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from playwright.sync_api import Browser, ViewportSize

    from dext_tasks.formats.oci.platform import Platform

FOLDER = "docs/pictures"
DIGESTS = "digests.txt"
_EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "hello"
# What a careless edit of the example does: a category that is none, and an address that breaks in the dashboard.
_FAULTS = {
    "Dockerfile": ('categories="utility-tools"', 'categories="utilities"'),
    "ui/index.html": ('src="app.js"', 'src="/app.js"'),
}
# As a smoke test of examples/hello was: probe, detail, seconds on amd64, seconds on arm64.
_RECORDED = (
    ("architecture", "{platform}, {runs}", 0.0, 0.0),
    ("extract", "6 paths", 0.0, 0.0),
    ("start", "project dexttasks_hello-desktop-extension", 1.1, 1.4),
    ("answer", "GET / over backend.sock answered 404 after 0.0 s", 0.0, 0.3),
    ("requests", "1 answered as expected", 0.0, 0.0),
    ("binaries", "metadata.json lists no host binaries", 0.0, 0.0),
    ("ui", "shown in light and dark, 2 calls", 4.6, 6.2),
    ("steady", "no restart within 2.0 s", 2.3, 2.3),
    ("uninstall", "nothing left behind", 1.1, 0.9),
)
_WIDTH = 100  # columns of the terminal
# Pixels: so wide that a report shows its platforms, and the screenshots of each, side by side.
_WINDOW: Final[ViewportSize] = {"width": 1280, "height": 800}
# WebP of this quality looks like PNG, in half the bytes.
_TO_WEBP = """
async (png) => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${png}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.toDataURL("image/webp", 0.85).split(",")[1];
}
"""
_PAGE: Final[ViewportSize] = {"width": 800, "height": 560}
# The backend of examples/hello, which answers at once and in no time.
_BACKEND = """
performance.now = () => 0;
const get = async () => ({message: "Hello from the backend", platform: "PLATFORM"});
window.ddClient = {extension: {vm: {service: {get}}}};
"""
_SCHEMES: Final = ("light", "dark")
# What a page of the template is made of, among its tests and settings of its tools.
_PAGE_FILES: Final = {".html", ".css", ".js", ".ts", ".tsx"}


class _Terminal(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        return True


def report(screens: Mapping[tuple[Platform, str], bytes]) -> str:
    """The HTML report of the recorded smoke test.

    Args:
        screens: PNG files of the UI, by platform and colour scheme.
    """
    when = datetime(2026, 1, 2, 9, 30, tzinfo=UTC)
    context = PageContext("Smoke test of dexttasks/hello", "dexttasks/hello:0.1.0", "1.0.0", when)
    return smoke_page([_result(platform, screens) for platform in REQUIRED], context)


def terminal() -> str:
    """A check that finds something, and a smoke test that passes, as a terminal gets them."""
    from rich.console import ConsoleDimensions

    screen = _Terminal()
    output = Output(out=screen, err=screen, colour=True, out_colour=True)
    output._out.rich.size = ConsoleDimensions(_WIDTH, 25)  # noqa: SLF001 - rich asks a real terminal itself
    with _faulty() as project:
        found = check([TreeSource(project)], RULES)
    screen.write("$ inv check\n")
    output.table(findings_table(found), result=True)
    for line in report_lines(found):
        output.say(line, result=True)
    screen.write("\n$ inv smoke\n")
    output.table(smoke_table([_result(platform, {}) for platform in REQUIRED]), result=True)
    return screen.getvalue()


def page_names(frontend: str) -> dict[str, str]:
    """The pictures of a page of `dext new`, by colour scheme.

    Args:
        frontend: What it is made of.
    """
    return {scheme: f"page-{frontend}-{scheme}.webp" for scheme in _SCHEMES}


def digests() -> str:
    """docs/pictures/digests.txt: of what each picture is made from, as sha256sum writes it."""
    from rich.text import Text

    pages = [file.read_text(encoding="utf-8") for file in sorted((_EXAMPLE / "ui").iterdir())]
    shown = "\0".join([report({}), _BACKEND, *pages])
    sources = {f"smoke-report-{scheme}.webp": shown for scheme in _SCHEMES}
    sources["terminal.svg"] = Text.from_ansi(terminal()).plain
    for frontend in CHOICES["frontend"]:
        sources |= dict.fromkeys(page_names(frontend).values(), _page_source(frontend))
    return "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sources.items())


def draw(folder: Path, stale: Iterable[str]) -> None:
    """Draw pictures anew.

    Args:
        folder: Where to.
        stale: Their names.

    Raises:
        BrowserUnavailableError: There is no Chromium, or nothing to drive it with.
        DextError: A page of the template cannot be built or shown, as where no engine answers.
    """
    names = set(stale)
    made = {"terminal.svg": _svg(terminal())} if "terminal.svg" in names else {}
    if any(name.startswith("smoke-report-") for name in names):
        made |= _screenshots()
    for frontend in CHOICES["frontend"]:
        if names.intersection(page_names(frontend).values()):
            made |= _page_pictures(frontend)
    for name, content in made.items():
        (folder / name).write_bytes(content)


def _result(platform: Platform, screens: Mapping[tuple[Platform, str], bytes]) -> SmokeResult:
    seen = tuple(Attachment(scheme, "image/png", screen) for (of, scheme), screen in screens.items() if of == platform)
    number = REQUIRED.index(platform)
    runs = ("native", "emulated")[number]
    probes = [
        ProbeResult(
            name,
            Outcome.SKIPPED if name == "binaries" else Outcome.PASSED,
            detail.format(platform=platform, runs=runs),
            seconds[number],
            attachments=seen if name == "ui" else (),
        )
        for name, detail, *seconds in _RECORDED
    ]
    digest = hashlib.sha256(str(platform).encode()).hexdigest()
    return SmokeResult(platform, f"sha256:{digest}", emulated=bool(number), probes=tuple(probes))


@contextmanager
def _faulty() -> Iterator[Project]:
    """The example with faults in it."""
    with TemporaryDirectory() as name:
        root = Path(name) / _EXAMPLE.name
        shutil.copytree(_EXAMPLE, root)
        for file, (good, bad) in _FAULTS.items():
            text = (root / file).read_text(encoding="utf-8")
            (root / file).write_text(text.replace(good, bad), encoding="utf-8")
        yield Project(root, Settings(image="dexttasks/hello"))


def _svg(text: str) -> bytes:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=io.StringIO(), record=True, width=_WIDTH)
    console.print(Text.from_ansi(text), end="")
    drawn = console.export_svg(title="dext-tasks", unique_id="terminal")
    # A picture on GitHub may load nothing; without a font of its own it takes the reader's.
    return re.sub(r" *@font-face \{.*?\}\n", "", drawn, flags=re.DOTALL).encode()


def _screenshots() -> dict[str, bytes]:
    from playwright.sync_api import sync_playwright

    from dext_tasks.ui.browser import find_executable

    with sync_playwright() as playwright:
        # The pages are our own, and root, as in CI, cannot start the sandbox: https://crbug.com/638180
        browser = playwright.chromium.launch(executable_path=find_executable(), chromium_sandbox=False)
        page = report({(of, scheme): _screen(browser, of, scheme) for of in REQUIRED for scheme in _SCHEMES})
        made = {}
        for scheme in _SCHEMES:
            tab = browser.new_page(viewport=_WINDOW, color_scheme=scheme)
            tab.set_content(page, wait_until="load")
            made[f"smoke-report-{scheme}.webp"] = _webp(browser, tab.screenshot(full_page=True))
        browser.close()
    return made


@contextmanager
def _new_extension(frontend: str) -> Iterator[Path]:
    """What `dext new` makes with such a page."""
    with TemporaryDirectory() as name:
        root = Path(name) / f"hello-{frontend}"
        answers = derive(root.name, image=f"dexttasks/{root.name}", title="Hello", frontend=frontend)
        copy_template(template_path(), root, answers)
        yield root


def _page_source(frontend: str) -> str:
    """What the page of a new extension is made of."""
    with _new_extension(frontend) as root:
        files = [file for file in sorted((root / "ui").rglob("*")) if file.suffix in _PAGE_FILES]
        return "\0".join(f"{file.relative_to(root)}\0{file.read_text(encoding='utf-8')}" for file in files)


def _page_pictures(frontend: str) -> dict[str, bytes]:
    """The page of a new extension in each colour scheme, as its smoke test sees it."""
    from playwright.sync_api import sync_playwright

    from dext_tasks.ui.browser import find_executable

    settings = {"platforms": [str(REQUIRED[0])], "smoke.ui.run": "always"}
    with _new_extension(frontend) as root, api.load(root, environment=os.environ, settings=settings) as extension:
        extension.build()
        (result,) = extension.smoke()
    (page,) = (probe for probe in result.probes if probe.name == "ui" and probe.outcome is Outcome.PASSED)
    seen = {each.name: each.content for each in page.attachments if each.media_type == "image/png"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_executable(), chromium_sandbox=False)
        made = {name: _webp(browser, seen[scheme]) for scheme, name in page_names(frontend).items()}
        browser.close()
    return made


def _webp(browser: Browser, png: bytes) -> bytes:
    encoded = browser.new_page().evaluate(_TO_WEBP, base64.b64encode(png).decode("ascii"))
    return base64.b64decode(encoded)


def _screen(browser: Browser, platform: Platform, scheme: Literal["light", "dark"]) -> bytes:
    """The UI of the example as it is in a desktop."""
    tab = browser.new_page(viewport=_PAGE, color_scheme=scheme)
    tab.add_init_script(_BACKEND.replace("PLATFORM", str(platform)))
    tab.goto((_EXAMPLE / "ui" / "index.html").as_uri())
    tab.get_by_text("Running").wait_for()
    return tab.screenshot()
