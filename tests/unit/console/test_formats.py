from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from dext_tasks.console.formats import FORMATS, Format
from dext_tasks.console.formats.junit import junit

if TYPE_CHECKING:
    from dext_tasks.checks.run import Checked


@pytest.mark.parametrize("name", Format)
@pytest.mark.parametrize("fixture", ["checked", "accepting", "clean"])
def test_every_format_writes_every_report(name: Format, fixture: str, request: pytest.FixtureRequest) -> None:
    text = FORMATS[name](request.getfixturevalue(fixture))
    assert not text or text.endswith("\n")


class TestJson:
    def test_findings(self, checked: Checked) -> None:
        data = json.loads(FORMATS[Format.JSON](checked))
        assert data["docker"] == {"would_pass": False, "rules": ["label-odd"]}
        assert [(each["rule"], each["platform"]) for each in data["findings"]] == [
            ("label-odd", ""),
            ("path-odd", "linux/amd64"),
            ("path-odd", "linux/arm64"),
            ("note-odd", ""),
        ]
        assert data["findings"][0]["line"] == 3
        assert data["not_run"] == [{"rule": "file-odd", "source": "source tree", "reason": "a tree shows no files"}]
        assert data["permissions"] == ["runs privileged"]

    def test_what_is_accepted_keeps_its_reason(self, accepting: Checked) -> None:
        data = json.loads(FORMATS[Format.JSON](accepting))
        assert [(each["rule"], each["reason"]) for each in data["accepted"]] == [("label-odd", "known, and harmless")]
        assert data["errors"] == 0


class TestSarif:
    def test_rules_and_results(self, checked: Checked) -> None:
        data = json.loads(FORMATS[Format.SARIF](checked))
        (run,) = data["runs"]
        assert data["version"] == "2.1.0"
        codes = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert codes == ["label-odd", "path-odd", "note-odd", "file-odd"]
        assert [result["level"] for result in run["results"]] == ["error", "warning", "warning", "note"]
        assert all(codes[result["ruleIndex"]] == result["ruleId"] for result in run["results"])

    def test_locations(self, checked: Checked) -> None:
        results = json.loads(FORMATS[Format.SARIF](checked))["runs"][0]["results"]
        (label,) = results[0]["locations"]
        assert label["physicalLocation"] == {"artifactLocation": {"uri": "Dockerfile"}, "region": {"startLine": 3}}
        (path,) = results[1]["locations"]
        assert path["logicalLocations"] == [{"fullyQualifiedName": "/icon.svg linux/amd64"}]

    def test_what_is_accepted_is_suppressed(self, accepting: Checked) -> None:
        results = json.loads(FORMATS[Format.SARIF](accepting))["runs"][0]["results"]
        assert [r["ruleId"] for r in results if "suppressions" in r] == ["label-odd"]


class TestJunit:
    def test_a_case_a_rule(self, checked: Checked) -> None:
        root = ET.fromstring(FORMATS[Format.JUNIT](checked))  # noqa: S314 - what was written a line ago
        assert root.attrib == {"tests": "4", "failures": "1", "errors": "0", "skipped": "1"}
        cases = {case.get("name"): case for case in root.iter("testcase")}
        failure, skipped = cases["label-odd"].find("failure"), cases["file-odd"].find("skipped")
        assert failure is not None
        assert failure.get("message") == "label x.y is [empty]"
        assert skipped is not None
        assert cases["path-odd"].find("failure") is None

    def test_what_xml_cannot_hold_is_replaced(self, checked: Checked) -> None:
        (first, *_) = checked.report.findings
        object.__setattr__(first, "what", "a\x00b\ud800c")
        assert ET.fromstring(junit(checked)) is not None  # noqa: S314 - as above


class TestGithub:
    def test_commands(self, checked: Checked) -> None:
        lines = FORMATS[Format.GITHUB](checked).splitlines()
        assert lines[0] == "::error file=Dockerfile,line=3,title=label-odd::label x.y is [empty]. fix 1"
        assert lines[1] == "::warning title=path-odd::/icon.svg is not in the image (/icon.svg, linux/amd64). fix 2"

    def test_text_cannot_make_commands_of_its_own(self, checked: Checked) -> None:
        lines = FORMATS[Format.GITHUB](checked).splitlines()
        assert lines[3] == "::notice file=a%2Cb%3Ac.md,title=note-odd::100%25 odd,%0Aand :known. fix 3"


class TestDocker:
    def test_only_what_docker_would_say(self, checked: Checked) -> None:
        first, *rest = FORMATS[Format.DOCKER](checked).splitlines()
        assert first == 'ERRO image label "x.y" is odd'
        assert rest[0] == "The extension hasn't passed the checks to be published."

    def test_what_is_accepted_here_docker_reports_all_the_same(self, accepting: Checked) -> None:
        assert FORMATS[Format.DOCKER](accepting).startswith("ERRO ")

    def test_a_clean_report_passes(self, clean: Checked) -> None:
        assert FORMATS[Format.DOCKER](clean) == "The extension passes the validation checks.\n"
