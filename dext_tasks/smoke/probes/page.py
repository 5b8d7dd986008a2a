"""Probe of the UI: its page in a real browser, light and dark, and the extension's own test of it."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from dext_tasks import calls
from dext_tasks.config.kind import When
from dext_tasks.errors import BrowserMissingError, ConfigError
from dext_tasks.smoke.desktop_bridge import InstalledMachine
from dext_tasks.smoke.outcome import ProbeFailedError, ProbeSkippedError, Seen
from dext_tasks.smoke.result import Attachment
from dext_tasks.ui.browser import Browser, BrowserUnavailableError
from dext_tasks.ui.gate import Guard, gate
from dext_tasks.ui.page_test import Opened, ScriptResult, run_script
from dext_tasks.ui.server import Exhibit, Shown, shown, visit
from dext_tasks.ui.visit_result import Scheme
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.smoke.installation import Tools, Trial
    from dext_tasks.ui.visit_result import BridgeCall, Visit

_LOG = logging.getLogger(__name__)
# Ctrl-C ends the browser, too, and that may be known here before the Ctrl-C itself; seconds.
_NEWS = 1.0
_SCRIPT_FACTOR = 6


@contextmanager
def opened(tools: Tools) -> Iterator[Tools]:
    """The tools with a browser that starts while backends do, or with the reason why there is none.

    Raises:
        BrowserMissingError: The settings ask for one, and there is none.
        ConfigError: They name a test file that is not there.
    """
    _require_script(tools)
    if tools.settings.smoke_ui_run is When.NEVER:
        yield replace(tools, no_browser="smoke.ui.run is never")
        return
    try:
        client = tools.engine.client
        browser = Browser(tools.settings.smoke_ui_browser, client.cancellation, client.folder_prefix)
    except BrowserUnavailableError as error:
        why = _without(tools, error)
        calls.decided(_LOG, "pages are not opened: %s", why)
        yield replace(tools, no_browser=why)
        return
    calls.decided(_LOG, "pages are opened in %s", browser.executable)
    with browser:
        yield replace(tools, browser=browser)


def _require_script(tools: Tools) -> None:
    name = tools.settings.smoke_ui_script
    if name and not (tools.root / name).is_file():
        raise ConfigError(f"smoke.ui.script is {name}, and there is no such file", remedy=f"make {tools.root / name}")


def _without(tools: Tools, error: BrowserUnavailableError) -> str:
    """Why pages are not opened; an error where the settings say that they must be."""
    if tools.settings.smoke_ui_run is When.ALWAYS:
        raise BrowserMissingError(error.what, remedy=error.remedy) from error
    return str(error)


def page(trial: Trial) -> Seen:
    """The page is shown in both themes, without an error, with all that it loads and calls."""
    try:
        return _look(trial)
    except BrowserUnavailableError as error:
        trial.tools.engine.client.cancellation.sleep(_NEWS)
        raise ProbeSkippedError(_without(trial.tools, error)) from error


def _look(trial: Trial) -> Seen:
    browser = trial.tools.browser
    if trial.metadata.ui is None:
        raise ProbeSkippedError("metadata.json has no dashboard tab")
    trial.require_files(trial.metadata.ui.root, trial.metadata.ui.entry)
    if browser is None:
        raise ProbeSkippedError(trial.tools.no_browser)
    if trial.metadata.vm and trial.metadata.vm.is_run and trial.watch is None:
        raise ProbeSkippedError("its backend was not started")
    with shown(_exhibit(trial)) as site:
        visits = _visits(trial, browser, site)
        _require_sound(visits)
        tested = _script(trial, browser, site, visits)
    calls = sum(len(each.calls) for each in visits)
    shown_in = " and ".join(each.scheme for each in visits)
    refused = len({each for visit in visits for each in visit.refused})
    noted = f", {counted(refused, 'address', 'addresses')} refused" if refused else ""
    return Seen(
        f"shown in {shown_in}, {counted(calls, 'call')}{noted}{tested}",
        _attachments(visits, site.calls),
    )


def _exhibit(trial: Trial) -> Exhibit:
    ui, metadata = trial.metadata.ui, trial.metadata
    assert ui  # noqa: S101 - asked for before
    return Exhibit(
        read=trial.candidate.snapshot.whole,
        root=ui.root,
        entry=ui.src,
        machine=InstalledMachine(trial),
        has_vm=metadata.vm is not None,
        has_host=bool(metadata.binaries),
        dialog=trial.tools.settings.smoke_ui_dialog,
        guard=Guard(trial.tools.settings.smoke_ui_allow_hosts),
    )


def _visits(trial: Trial, browser: Browser, site: Shown) -> list[Visit]:
    """One after the other: a backend is used by one page at a time."""
    return [visit(browser, site, scheme, trial.patience.page) for scheme in Scheme]


def _require_sound(visits: Sequence[Visit]) -> None:
    faults = list(dict.fromkeys(f"{fault.kind}: {fault.what}" for each in visits for fault in each.faults))
    if faults:
        more = f" (and {len(faults) - 1} more)" if faults[1:] else ""
        raise ProbeFailedError(f"{faults[0]}{more}", "\n".join(faults), attachments=_attachments(visits))


def _script(trial: Trial, browser: Browser, site: Shown, visits: Sequence[Visit]) -> str:
    """The extension's own test; what it says besides, for the line of a probe that passed."""
    name = trial.tools.settings.smoke_ui_script
    if not name:
        return ""
    file = trial.tools.root / name
    client, timeout = trial.services.client, trial.patience.page * _SCRIPT_FACTOR
    with gate(site.exhibit.guard, site.origin) as way_out:
        opened = Opened(site.url, way_out.address)

        def run() -> ScriptResult:
            return run_script(
                file, opened, browser.executable, timeout, client.cancellation, prefix=client.folder_prefix
            )

        result = run()
        if result.is_disturbed:
            calls.repeated(_LOG, name, "this machine's network changed")
            result = run()
    if not result.passed:
        raise ProbeFailedError(*_blame(name, result), attachments=_attachments(visits, site.calls))
    return f", {counted(len(result.tests), 'test')} of {name} passed"


def _blame(name: str, result: ScriptResult) -> tuple[str, str]:
    """What failed, and what it said."""
    failed = [test for test in result.tests if not test.passed]
    what = f"{', '.join(test.name for test in failed)} failed" if failed else result.problem
    said = [*(f"{test.name}: {test.message}" for test in failed), result.problem, result.output]
    return f"{name}: {what}", "\n".join(filter(None, said))


def _attachments(visits: Sequence[Visit], of_script: Sequence[BridgeCall] = ()) -> tuple[Attachment, ...]:
    return (*(attachment for each in visits for attachment in _of_visit(each)), *_calls("script", of_script))


def _of_visit(each: Visit) -> Iterator[Attachment]:
    if each.picture:
        yield Attachment(each.scheme, "image/png", each.picture)
    if each.console:
        yield Attachment(f"console {each.scheme}", "text/plain", "\n".join(each.console).encode())
    yield from _calls(each.scheme, each.calls)


def _calls(whose: str, calls: Sequence[BridgeCall]) -> Iterator[Attachment]:
    if calls:
        content = json.dumps([asdict(call) for call in calls], indent=1)
        yield Attachment(f"calls {whose}", "application/json", content.encode())
