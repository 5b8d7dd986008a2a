from __future__ import annotations

import pytest

from dext_tasks.ui.request_log import FailedLoad, Findings, PageObserver
from dext_tasks.ui.session import Note
from dext_tasks.ui.visit_result import PageFaultKind, Scheme

URL = "http://127.0.0.1:1/token/extension/ui/index.html?x=1"
BASE = "http://127.0.0.1:1/token/extension"
OUTSIDE = "an absolute path leads outside the UI's folder"


def _found(*loads: FailedLoad, root: str = "/ui") -> list[tuple[PageFaultKind, str]]:
    observer, findings = PageObserver(URL), Findings(URL, root)
    observer.failed.extend(loads)
    findings.observed(observer, [])
    return [(fault.kind, fault.what) for fault in findings.faults(Scheme.DARK)]


@pytest.mark.parametrize(
    ("load", "kind", "what"),
    [
        (
            FailedLoad(f"{BASE}/ui/a%20b.js", "404"),
            PageFaultKind.ASSET_FAILED,
            "a b.js: 404, there is no such file in /ui",
        ),
        (FailedLoad(f"{BASE}/ui/a.js", "net::ERR_X"), PageFaultKind.ASSET_FAILED, "a.js: net::ERR_X"),
        (FailedLoad(f"{BASE}/b.js", "404"), PageFaultKind.ASSET_FAILED, "/b.js: 404, it is outside of /ui"),
        (
            FailedLoad("http://127.0.0.1:1/assets/a.js?v=1", "404"),
            PageFaultKind.ASSET_ABSOLUTE,
            f"/assets/a.js: 404, {OUTSIDE}; use a relative one",
        ),
        (
            FailedLoad("http://127.0.0.1:1/api", "404", script=True),
            PageFaultKind.ASSET_ABSOLUTE,
            f"/api: 404, {OUTSIDE}; send requests to the backend through ddClient",
        ),
    ],
)
def test_loads_that_failed(load: FailedLoad, kind: PageFaultKind, what: str) -> None:
    assert _found(load, load) == [(kind, what)]


def test_an_image_that_is_the_ui() -> None:
    assert _found(FailedLoad(f"{BASE}/a.js", "404"), root="/") == [
        (PageFaultKind.ASSET_FAILED, "a.js: 404, there is no such file in /")
    ]


def test_without_a_page_its_own_absence_is_all_there_is_to_say() -> None:
    observer, findings = PageObserver(URL), Findings(URL, "/ui")
    observer.failed.append(FailedLoad(URL, "404"))
    findings.no_page("404")
    findings.observed(observer, [])

    assert findings.has_no_page
    assert [fault.what for fault in findings.faults(Scheme.LIGHT)] == ["/ui/index.html: there is no such file"]


def test_faults_explain_each_other_and_are_told_once() -> None:
    observer, findings = PageObserver(URL), Findings(URL, "/ui")
    findings.blank()
    observer.errors += ["first\n  second", "first second"]
    observer.crashed = True
    findings.observed(observer, [Note("unknown", "a.b"), Note("rejection", "no"), Note("rejection", "no")])

    kinds = [fault.kind for fault in findings.faults(Scheme.LIGHT)]
    assert kinds == [
        PageFaultKind.SCRIPT_ERROR,
        PageFaultKind.SCRIPT_ERROR,
        PageFaultKind.UNKNOWN_MEMBER,
        PageFaultKind.BLANK,
        PageFaultKind.CRASHED,
    ]
    assert [fault.what for fault in findings.faults(Scheme.LIGHT)][:3] == [
        "first second",
        "unhandled rejection: no",
        "unknown member ddClient.a.b",
    ]


def test_a_page_that_loaded_did_not_time_out() -> None:
    observer, findings = PageObserver(URL), Findings(URL, "/ui")
    observer.loaded = True
    findings.timed_out(observer, 5)

    assert findings.faults(Scheme.LIGHT) == ()


def test_a_long_text_is_shortened() -> None:
    observer, findings = PageObserver(URL), Findings(URL, "/ui")
    observer.errors.append("x" * 1000)
    findings.observed(observer, [])

    assert len(findings.faults(Scheme.LIGHT)[0].what) == 300
