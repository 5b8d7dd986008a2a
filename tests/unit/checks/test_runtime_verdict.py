from __future__ import annotations

import json

import pytest

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.report import Report, check
from dext_tasks.checks.run import Checked
from dext_tasks.checks.runtime_verdict import runtime_verdicts
from dext_tasks.checks.selection import Selection
from dext_tasks.checks.summary import Summary
from dext_tasks.console.formats.json import json as as_json
from dext_tasks.console.report import report_lines
from dext_tasks.extension.desktops import Desktop
from dext_tasks.extension.labels import API_VERSION
from dext_tasks.sources.facts import Document, LabelSet, Place, Refusal, Sourced
from dext_tasks.sources.origin import Origin, OriginKind
from tests.unit.checks.fake_source import Facets, FakeSource

RANCHER, PODMAN = Desktop.RANCHER_DESKTOP, Desktop.PODMAN_DESKTOP


def metadata(**parts: object) -> list[Document]:
    return [Document(json.dumps(parts).encode(), Place(file="metadata.json"))]


def report(*runtimes: Desktop, told: Facets, ignore: str = "", select: str = "") -> Report:
    rules = [rule for runtime in runtimes for rule in PORTABILITY[runtime]]
    selection = Selection((select,) if select else (), {ignore: "known"} if ignore else {})
    return check([FakeSource(**told)], [*RULES, *rules], selection)


def lines(found: Report) -> list[str]:
    return [line for line in report_lines(found) if " Desktop: " in line]


CLEAN: Facets = {"documents": metadata(icon="x"), "compose": [], "scripts": [], "labels": [], "files": []}
OF_A_TREE: Facets = {"documents": metadata(icon="x"), "compose": [], "scripts": [], "labels": []}


def test_without_a_runtime_nothing_is_said() -> None:
    assert runtime_verdicts(report(told=CLEAN)) == ()
    assert lines(report(told=CLEAN)) == []


def test_each_runtime_has_a_line_though_nothing_was_found() -> None:
    assert lines(report(RANCHER, PODMAN, told=CLEAN)) == [
        "Rancher Desktop: no objection found",
        "Podman Desktop: would work in part, 1 rule (podman-desktop-ui-missing)",
    ]


def needed(runtime: Desktop) -> tuple[str, ...]:
    (found,) = runtime_verdicts(report(runtime, told=CLEAN))
    return found.needed


def test_rules_that_are_not_answered_are_counted() -> None:
    told: Facets = {**CLEAN, "documents": metadata(icon="x", vm={"exposes": {"socket": "a.sock"}})}
    assert lines(report(RANCHER, told=told)) == [
        f"Rancher Desktop: cannot tell, 1 of its {len(needed(RANCHER))} rules not asked"
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
    assert lines(report(RANCHER, told={})) == [f"Rancher Desktop: none of its {len(needed(RANCHER))} rules was asked"]
    (found,) = runtime_verdicts(report(RANCHER, select="label-*", told=CLEAN))
    assert (found.silent, found.would_work) == (found.needed, None)


def test_what_any_desktop_needs_is_not_left_out_of_the_choice() -> None:
    (found,) = runtime_verdicts(report(RANCHER, select="rancher-*", told=CLEAN))
    assert "metadata-syntax" in found.silent
    assert found.would_work is None


@pytest.mark.parametrize("runtime", Desktop)
def test_all_that_is_asked_and_answered_works(runtime: Desktop) -> None:
    told: Facets = {
        **CLEAN,
        "documents": metadata(icon="x", ui={"dashboard-tab": {"title": "x", "root": "/ui", "src": "a"}}),
    }
    (found,) = runtime_verdicts(report(runtime, told=told))
    assert (found.silent, found.would_work) == ((), True)


@pytest.mark.parametrize("runtime", Desktop)
def test_what_is_broken_everywhere_is_broken_there(runtime: Desktop) -> None:
    broken = [Document(b'{"icon": ', Place(file="metadata.json"))]
    (found,) = runtime_verdicts(report(runtime, told={**CLEAN, "documents": broken}))
    assert (found.failing, found.would_work) == (("metadata-syntax",), False)


@pytest.mark.parametrize("runtime", Desktop)
@pytest.mark.parametrize(
    ("compose", "code"),
    [
        ("services: {a: {image: UPPER}}", "compose-image-invalid"),
        ("services: {a: {build: .}}", "compose-build"),
        ("services: {a: {image: b, x: y}}", "compose-schema"),
        ("services: [", "compose-syntax"),
    ],
)
def test_a_compose_file_that_cannot_be_started_fails_in_every_desktop(
    runtime: Desktop, compose: str, code: str
) -> None:
    documents = [Document(compose.encode(), Place(file="compose.yaml"))]
    (found,) = runtime_verdicts(report(runtime, told={**CLEAN, "compose": documents}))
    assert code in found.failing
    assert found.would_work is False


def test_a_service_that_may_end_is_a_perhaps() -> None:
    compose = b'services: {a: {image: "a:1", restart: "no"}}'
    told: Facets = {**CLEAN, "compose": [Document(compose, Place(file="compose.yaml"))]}
    (found,) = runtime_verdicts(report(RANCHER, told=told))
    assert (found.failing, found.limited, found.would_work) == ((), (), None)
    assert "rancher-desktop-service-ends" in found.silent


def test_an_icon_that_is_nowhere_fails() -> None:
    def origins(path: str) -> list[Sourced]:
        return [Sourced(None, Origin(OriginKind.ABSENT if path == "/x" else OriginKind.FILE))]

    told: Facets = {**OF_A_TREE, "origins": origins, "absence": lambda *_: "is nowhere"}
    (found,) = runtime_verdicts(report(RANCHER, told=told))
    assert (found.failing, found.would_work) == (("icon-nowhere",), False)


@pytest.mark.parametrize("runtime", Desktop)
def test_nothing_is_known_to_work_before_the_files_of_the_image_are_asked(runtime: Desktop) -> None:
    ui = {"dashboard-tab": {"title": "x", "root": "/ui", "src": "a"}}
    told: Facets = {**OF_A_TREE, "documents": metadata(icon="x", ui=ui)}
    (found,) = runtime_verdicts(report(runtime, told=told))
    assert {"icon-absent", "ui-entry-absent", "binary-absent"} <= set(found.silent)
    assert (found.failing, found.would_work) == ((), None)


def test_what_cannot_be_built_is_not_known_to_work() -> None:
    told: Facets = {**CLEAN, "refusal": Refusal("no FROM", Place(file="Dockerfile", line=1))}
    unbuildable = report(RANCHER, told=told)
    (found,) = runtime_verdicts(unbuildable)
    assert (found.failing, found.silent, found.would_work) == ((), (), None)
    assert lines(unbuildable) == ["Rancher Desktop: cannot tell, for the tree cannot be built as it is"]


def test_only_docker_desktop_asks_for_the_version_of_its_api() -> None:
    told: Facets = {**CLEAN, "labels": [LabelSet(None, {API_VERSION: "latest"}, Place(file="Dockerfile", line=1), {})]}
    works = {runtime: runtime_verdicts(report(runtime, told=told))[0].failing for runtime in Desktop}
    assert works[Desktop.DOCKER_DESKTOP] == ("api-version-invalid",)
    assert works[RANCHER] == ()


@pytest.mark.parametrize("label", [{}, {API_VERSION: ""}, {API_VERSION: " "}])
def test_without_it_docker_desktop_installs_nothing(label: dict[str, str]) -> None:
    told: Facets = {**CLEAN, "labels": [LabelSet(None, label, Place(file="Dockerfile", line=1), {})]}
    (found,) = runtime_verdicts(report(Desktop.DOCKER_DESKTOP, told=told))
    assert found.failing == ("docker-desktop-api-version-missing",)


@pytest.mark.parametrize(("told", "works"), [(CLEAN, True), ({"documents": metadata()}, False)])
def test_the_document_has_it_too(told: Facets, *, works: bool) -> None:
    (found,) = json.loads(as_json(Checked(report(RANCHER, told=told), Summary())))["runtimes"]
    assert (found["runtime"], found["would_work"]) == ("rancher-desktop", works)
