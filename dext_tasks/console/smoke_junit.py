"""A smoke test as JUnit XML: a suite a platform, a case a probe.

Format: https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # only writes XML, never reads any

from dext_tasks.console.smoke import runs
from dext_tasks.console.work_tree import uncommitted
from dext_tasks.console.xml import clean, document, suite
from dext_tasks.smoke.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.git import WorkTree
    from dext_tasks.smoke.result import ProbeResult, SmokeResult

# A crash of the emulator is an error of the surroundings; a failure is the extension's.
_ELEMENTS = {
    Outcome.FAILED: "failure",
    Outcome.EMULATOR_CRASH: "error",
    Outcome.SKIPPED: "skipped",
    Outcome.ABORTED: "skipped",
}
_BAD = ("failure", "error")


def smoke_junit(results: Sequence[SmokeResult], tree: WorkTree | None = None) -> str:
    """One ``testsuites`` document; what was tested is a property of each suite."""
    source = {"commit": tree.commit, "uncommitted": uncommitted(tree)} if tree else {}
    return document(_suite(result, {name: value for name, value in source.items() if value}) for result in results)


def _suite(result: SmokeResult, source: Mapping[str, str]) -> ET.Element:
    cases = [_case(result, probe) for probe in result.probes]
    if not result.passed and not any(case.find(tag) is not None for case in cases for tag in _BAD):
        cases.append(_nothing(result))
    made = suite(str(result.platform), cases)
    made.set("time", _seconds(result.seconds))
    more = {"context": result.context, "withheld": ", ".join(result.withheld)}
    known = {name: value for name, value in more.items() if value}
    made.insert(0, _properties({"image": result.image, "runs": runs(result), **known, **source}))
    if crashes := (*result.build_crashes, *result.crashes):
        ET.SubElement(made, "system-err").text = clean("\n".join(crashes))
    return made


def _properties(values: dict[str, str]) -> ET.Element:
    made = ET.Element("properties")
    for name, value in values.items():
        ET.SubElement(made, "property", {"name": name, "value": clean(value)})
    return made


def _case(result: SmokeResult, probe: ProbeResult) -> ET.Element:
    # Where classes are shown without their suites, platforms must still be distinguishable.
    about = {"classname": f"smoke {result.platform}", "name": clean(probe.name), "time": _seconds(probe.seconds)}
    case = ET.Element("testcase", about)
    if probe.outcome in _ELEMENTS:
        ended = ET.SubElement(case, _ELEMENTS[probe.outcome], {"message": _message(probe), "type": probe.outcome.value})
        ended.text = clean(probe.evidence) or None
    if seen := _seen(probe):
        ET.SubElement(case, "system-out").text = clean(seen)
    return case


def _message(probe: ProbeResult) -> str:
    return clean(f"{probe.outcome.value}: {probe.detail}" if probe.outcome is Outcome.ABORTED else probe.detail)


def _seen(probe: ProbeResult) -> str:
    # JUnit knows no warning: it is the output of a case that passed.
    detail = [probe.detail] if probe.outcome in (Outcome.PASSED, Outcome.WARNING) else []
    return "\n".join([*detail, *(f"{each.name}:\n{each.text}" for each in probe.attachments if each.text)])


def _nothing(result: SmokeResult) -> ET.Element:
    """A result that is not a success fails its suite, whatever its cases say."""
    case = ET.Element("testcase", {"classname": f"smoke {result.platform}", "name": "smoke test", "time": "0.000"})
    ET.SubElement(case, "failure", {"message": "no probe passed", "type": Outcome.FAILED.value})
    return case


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
