from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.report import Report, check
from dext_tasks.checks.run import Checked
from dext_tasks.checks.runtime_verdict import runtime_verdicts
from dext_tasks.checks.selection import Selection
from dext_tasks.checks.summary import Summary
from dext_tasks.console.formats.json import json as as_json
from dext_tasks.console.report import report_lines
from dext_tasks.extension.runtime import Runtime
from dext_tasks.sources.subject import Document, NotOfferedError, Place, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

RANCHER, PODMAN = Runtime.RANCHER_DESKTOP, Runtime.PODMAN_DESKTOP
KNOWN = {runtime: len(rules) for runtime, rules in PORTABILITY.items()}


class Told(Subject):
    """What a test says of each facet; what it does not mention is not offered."""

    def __init__(self, told: Mapping[str, list[Any]]) -> None:
        self.told = told

    def _of(self, facet: str) -> list[Any]:
        if facet not in self.told:
            raise NotOfferedError(self.silence)
        return self.told[facet]

    documents = property(lambda self: self._of("documents"))
    compose = property(lambda self: self._of("compose"))
    scripts = property(lambda self: self._of("scripts"))
    labels = property(lambda self: self._of("labels"))
    files = property(lambda self: self._of("files"))


def metadata(**parts: object) -> list[Document]:
    return [Document(json.dumps(parts).encode(), Place(file="metadata.json"))]


def report(*runtimes: Runtime, told: Mapping[str, list[Any]], ignore: str = "", select: str = "") -> Report:
    rules = [rule for runtime in runtimes for rule in PORTABILITY[runtime]]
    selection = Selection((select,) if select else (), {ignore: "known"} if ignore else {})
    return check([Told(told)], [*RULES, *rules], selection)


def lines(found: Report) -> list[str]:
    return [line for line in report_lines(found) if " Desktop: " in line]


CLEAN: dict[str, list[Any]] = {"documents": metadata(icon="x"), "compose": [], "scripts": [], "labels": [], "files": []}


def test_without_a_runtime_nothing_is_said() -> None:
    assert runtime_verdicts(report(told=CLEAN)) == ()
    assert lines(report(told=CLEAN)) == []


def test_each_runtime_has_a_line_though_nothing_was_found() -> None:
    assert lines(report(RANCHER, PODMAN, told=CLEAN)) == [
        "Rancher Desktop: no objection found",
        "Podman Desktop: would work in part, 1 rule (podman-desktop-ui-missing)",
    ]


def test_rules_that_are_not_answered_are_counted() -> None:
    told = {**CLEAN, "documents": metadata(icon="x", vm={"exposes": {"socket": "a.sock"}})}
    assert lines(report(RANCHER, told=told)) == [
        f"Rancher Desktop: no objection found, 1 of its {KNOWN[RANCHER]} rules not asked"
    ]


def test_an_error_means_that_it_does_not_work() -> None:
    (found,) = runtime_verdicts(report(RANCHER, told={**CLEAN, "documents": metadata()}))
    assert (found.failing, found.limited, found.would_work) == (("rancher-desktop-icon-missing",), (), False)
    assert lines(report(RANCHER, told={"documents": metadata()})) == [
        "Rancher Desktop: would fail, 1 rule (rancher-desktop-icon-missing)"
    ]


def test_what_is_accepted_works_no_better() -> None:
    (found,) = runtime_verdicts(report(RANCHER, ignore="rancher-*", told={"documents": metadata()}))
    assert found.failing == ("rancher-desktop-icon-missing",)


def test_what_is_not_answered_or_not_chosen_is_not_known_to_work() -> None:
    assert lines(report(RANCHER, told={})) == [f"Rancher Desktop: none of its {KNOWN[RANCHER]} rules was asked"]
    (found,) = runtime_verdicts(report(RANCHER, select="label-*", told=CLEAN))
    assert (len(found.silent), found.would_work) == (KNOWN[RANCHER], None)


def test_all_that_is_asked_and_answered_works() -> None:
    (found,) = runtime_verdicts(report(RANCHER, select="rancher-*", told=CLEAN))
    assert (found.silent, found.would_work) == ((), True)


@pytest.mark.parametrize(("told", "works"), [(CLEAN, True), ({"documents": metadata()}, False)])
def test_the_document_has_it_too(told: dict[str, list[Any]], *, works: bool) -> None:
    (found,) = json.loads(as_json(Checked(report(RANCHER, told=told), Summary())))["runtimes"]
    assert (found["runtime"], found["would_work"]) == ("rancher-desktop", works)
