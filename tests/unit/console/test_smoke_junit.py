from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.console.smoke_junit import smoke_junit
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.smoke.result import Attachment, Outcome, ProbeResult, SmokeResult

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=[]), max_size=60)


def parsed(results: Sequence[SmokeResult]) -> ET.Element:
    return ET.fromstring(smoke_junit(results))  # noqa: S314 - what was written a line ago


def child(element: ET.Element, path: str) -> ET.Element:
    found = element.find(path)
    assert found is not None, path
    return found


def test_a_suite_a_platform_and_a_case_a_probe(smoked: list[SmokeResult]) -> None:
    root = parsed(smoked)
    assert root.attrib == {"tests": "8", "failures": "1", "errors": "1", "skipped": "3"}
    first, second = root
    assert (first.get("name"), first.get("time"), first.get("failures")) == ("linux/amd64", "5.750", "0")
    assert {each.get("name"): each.get("value") for each in second.iter("property")} == {
        "image": f"sha256:{'b' * 64}",
        "runs": "emulated",
    }
    assert [(case.get("classname"), case.get("name")) for case in second.iter("testcase")] == [
        ("smoke linux/arm64", "start"),
        ("smoke linux/arm64", "host binaries"),
        ("smoke linux/arm64", "UI"),
        ("smoke linux/arm64", "uninstall"),
    ]


def test_each_outcome_has_its_element(smoked: list[SmokeResult]) -> None:
    cases = {case.get("name") or "": case for case in parsed(smoked[1:]).iter("testcase")}
    crash = child(cases["start"], "error")
    assert (crash.get("message"), crash.get("type")) == ("it ended", "emulator crash")
    assert crash.text == "qemu: uncaught target signal"
    assert child(cases["uninstall"], "failure").text == "acme_default"
    assert child(cases["host binaries"], "skipped").get("message") == "there is none"
    assert child(cases["UI"], "skipped").get("message") == "aborted: a probe before it failed"


def test_what_a_probe_saw_is_its_output(smoked: list[SmokeResult]) -> None:
    out = child(parsed(smoked[:1]), ".//testcase[@name='UI']/system-out").text
    assert out == 'no error\nconsole:\n[info] ready\n<b>bold</b>\n\ncalls:\n[{"member": "vm.service"}]'


def test_crashes_that_were_run_again_are_kept(smoked: list[SmokeResult]) -> None:
    assert child(parsed(smoked[1:]), "testsuite/system-err").text == "qemu: signal 11"
    built_twice = replace(smoked[1], build_crashes=("in the build",))
    assert child(parsed([built_twice]), "testsuite/system-err").text == "in the build\nqemu: signal 11"


@pytest.mark.parametrize("outcome", [None, Outcome.SKIPPED, Outcome.ABORTED])
def test_where_nothing_passed_the_suite_fails(smoked: list[SmokeResult], outcome: Outcome | None) -> None:
    probes = (ProbeResult("start", outcome, "why", 0.0),) if outcome else ()
    root = parsed([replace(smoked[0], probes=probes)])
    assert root.get("failures") == "1"
    assert child(root, ".//failure").get("message") == "no probe passed"


def test_no_platform_is_a_document_too() -> None:
    assert parsed([]).attrib == {"tests": "0", "failures": "0", "errors": "0", "skipped": "0"}


@given(ANY_TEXT, ANY_TEXT, st.binary(max_size=60), st.sampled_from(Outcome))
def test_hostile_text_stays_text(name: str, text: str, content: bytes, outcome: Outcome) -> None:
    def shape(name: str, text: str, content: bytes) -> list[str]:
        seen = (Attachment(name, "text/plain", content),)
        probe = ProbeResult(name, outcome, text, 0.0, text, seen)
        result = SmokeResult(REQUIRED[0], text, emulated=False, probes=(probe,), crashes=(text,))
        return [element.tag for element in parsed([result]).iter()]

    assert shape(name, text, content) == shape("name", text and "text", content and b"content")
