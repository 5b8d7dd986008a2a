"""Visits that break off since the network of this machine changed, as any container's start changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from dext_tasks.ui import server
from dext_tasks.ui.visit_result import PageFault, PageFaultKind, Scheme, Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.ui.browser import Browser
    from dext_tasks.ui.server import Shown

SOUND = ""
# As Chromium 156 said while addresses came and went: of a file, of the entry page, and of our own script.
DISTURBED = (
    "l68.js: net::ERR_NETWORK_CHANGED",
    "/ui/index.html: Page.goto: net::ERR_NETWORK_CHANGED at http://127.0.0.1:38037/T/extension/ui/index.html",
    "/T/desktop.js: net::ERR_NETWORK_CHANGED, an absolute path leads outside the UI's folder; use a relative one",
)
OTHER = "style.css: 404, there is no such file in /ui"


def made(what: str) -> Visit:
    faults = (PageFault(PageFaultKind.ASSET_FAILED, what, Scheme.DARK),) if what else ()
    return Visit(Scheme.DARK, b"", (), (), faults, 0.1)


def visited(monkeypatch: pytest.MonkeyPatch, faults: Sequence[str]) -> tuple[Visit, int]:
    """What is seen, and how often the page was visited."""
    left = [*faults]
    monkeypatch.setattr(server, "_visited", lambda *_: made(left.pop(0)))
    nobody: Any = None
    seen = server.visit(cast("Browser", nobody), cast("Shown", nobody), Scheme.DARK, 1.0)
    return seen, len(faults) - len(left)


@pytest.mark.parametrize("fault", DISTURBED)
def test_what_breaks_off_is_visited_anew(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    assert visited(monkeypatch, [fault, fault, SOUND]) == (made(SOUND), 3)
    assert caplog.messages == ["the UI, dark: this machine's network changed; trying once more"] * 2


def test_the_third_visit_counts_whatever_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert visited(monkeypatch, [*DISTURBED, SOUND]) == (made(DISTURBED[2]), 3)


@pytest.mark.parametrize("fault", [SOUND, OTHER])
def test_other_visits_are_made_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    assert visited(monkeypatch, [fault, SOUND]) == (made(fault), 1)
    assert caplog.messages == []
