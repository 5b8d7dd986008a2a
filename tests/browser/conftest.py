"""Pages that a test writes, in a real browser, on a machine that a test can look into."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.ui.browser import Browser, BrowserUnavailableError
from dext_tasks.ui.server import Exhibit, shown, visit
from dext_tasks.ui.visit_result import Scheme

from .scripted_machine import HOLD, TELL, ScriptedMachine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.ui.visit_result import PageFaultKind, Visit

# Nothing that goes well takes as long, however slow the machine is.
TIMEOUT = 60.0


@dataclass
class Stage:
    """Shows pages.

    Attributes:
        browser: To look with.
        machine: What they reach.
    """

    browser: Browser
    machine: ScriptedMachine = field(default_factory=ScriptedMachine)

    def exhibit(self, files: Mapping[str, str | bytes], entry: str = "index.html", **facts: Any) -> Exhibit:  # noqa: ANN401 - of Exhibit
        content = {f"/ui/{name}": text.encode() if isinstance(text, str) else text for name, text in files.items()}
        return Exhibit(content.get, "/ui", entry, self.machine, **{"has_vm": True, "has_host": True, **facts})

    def look(
        self,
        files: Mapping[str, str | bytes] | str,
        scheme: Scheme = Scheme.LIGHT,
        timeout: float = TIMEOUT,
        **facts: Any,  # noqa: ANN401 - of Exhibit
    ) -> Visit:
        """Visit a page, given its files or its entry page."""
        named = {"index.html": files} if isinstance(files, str) else files
        with shown(self.exhibit(named, **facts)) as site:
            return visit(self.browser, site, scheme, timeout)

    def told(self, script: str, scheme: Scheme = Scheme.LIGHT, **facts: Any) -> Any:  # noqa: ANN401 - JSON, of Exhibit
        """What a script gives to ``tell``, one value or a list of several; the page must have no fault."""
        hold = f"""dd.extension.vm.service.get("{HOLD}");"""
        seen = self.look(page(hold + script), scheme, **facts)
        assert not seen.faults, seen.faults
        values = self.values()
        return values[0] if len(values) == 1 else values

    def values(self) -> list[Any]:
        return [json.loads(request.body or b"null") for request in self.machine.requests if request.url == TELL]


def page(script: str, markup: str = "<h1>Demo</h1>") -> str:
    """A page with a module that can use ``dd``, ``tell(value)`` and ``caught(promise)``."""
    return f"""<!doctype html>
<html><head><title>Demo</title></head><body>{markup}<script type="module">
const dd = window.ddClient;
const tell = (value) => dd.extension.vm.service.post("{TELL}", JSON.stringify(value ?? null));
const caught = (promise) => promise.then((value) => ({{ resolved: value }}), (error) => error);
{script}
</script></body></html>"""


def kinds(seen: Visit) -> list[PageFaultKind]:
    return [fault.kind for fault in seen.faults]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        made = Browser()
    except BrowserUnavailableError as error:
        # A skip in CI looks like success, and nobody notices that nothing is tested any more.
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    with made:
        yield made


@pytest.fixture
def stage(browser: Browser) -> Iterator[Stage]:
    """A stage; no process of its machine outlives the test."""
    made = Stage(browser)
    yield made
    assert [process.args for process in made.machine.processes if process.poll() is None] == []
