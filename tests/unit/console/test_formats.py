from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from xml.etree import ElementTree as ET

import pytest

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.report import check
from dext_tasks.checks.rule import DockerStep, Problem, Rule, Severity
from dext_tasks.checks.run import Checked
from dext_tasks.checks.summary import Summary
from dext_tasks.console.formats import FAILURES, FORMATS, ReportFormat
from dext_tasks.console.formats.junit import junit
from dext_tasks.errors import ImageNotFoundError
from dext_tasks.extension import sdk
from dext_tasks.extension.tags import Resolution
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.sources.facts import Place, SourceScope
from dext_tasks.sources.source import AbsentSource, Source
from dext_tasks.tasks import namespace

if TYPE_CHECKING:
    from collections.abc import Iterable

ARM64 = REQUIRED[1]
ABSENT = Problem("no arm64", Place(platform=ARM64), 'the image for platform "linux/arm64" is not pushed to DockerHub')


def rule(code: str, step: DockerStep | None, problem: Problem | None) -> Rule:
    """A rule that finds this, or that needs files if there is nothing to find."""

    def ask(source: Source) -> Iterable[Problem]:
        return [problem] if problem else [Problem("", Place()) for _ in source.files]

    return Rule(code, "title", Severity.ERROR, str(step or ""), "why", "fix", "https://one.example/", ask, step=step)


def made(*found: tuple[str, DockerStep | None, Problem]) -> Checked:
    """What rules with these codes, steps and findings make of a source."""
    return Checked(check([Source()], [rule(*each) for each in found]), Summary())


@pytest.mark.parametrize("name", ReportFormat)
def test_the_help_of_its_flag_and_the_readme_name_every_format(name: ReportFormat) -> None:
    (flag,) = (each for each in namespace["check"].get_arguments() if each.name == "format")
    assert re.search(rf"\b{name}\b", str(flag.help))
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    (item,) = re.findall(r"^- `--format .*(?:\n  .*)*", readme, re.MULTILINE)
    assert re.search(rf"\b{name}`", item)


@pytest.mark.parametrize("name", ReportFormat)
@pytest.mark.parametrize("fixture", ["checked", "accepting", "clean"])
def test_every_format_writes_every_report(name: ReportFormat, fixture: str, request: pytest.FixtureRequest) -> None:
    text = FORMATS[name](request.getfixturevalue(fixture))
    assert not text or text.endswith("\n")


class TestWhatWasChecked:
    """Every format names it."""

    SCOPES: ClassVar = {
        "source tree": SourceScope("/home/me/demo", ("docker/X", "etc/metadata.json")),
        "built images": SourceScope("acme/demo:1 for linux/amd64"),
    }
    SAID = ("source tree /home/me/demo (docker/X, etc/metadata.json)", "built images acme/demo:1 for linux/amd64")

    @pytest.fixture
    def scoped(self, checked: Checked) -> Checked:
        return replace(checked, scopes=self.SCOPES)

    def test_json(self, scoped: Checked) -> None:
        assert json.loads(FORMATS[ReportFormat.JSON](scoped))["checked"] == [
            {"source": "source tree", "where": "/home/me/demo", "files": ["docker/X", "etc/metadata.json"]},
            {"source": "built images", "where": "acme/demo:1 for linux/amd64", "files": []},
        ]

    def test_sarif(self, scoped: Checked) -> None:
        assert json.loads(FORMATS[ReportFormat.SARIF](scoped))["runs"][0]["properties"] == {"checked": list(self.SAID)}

    def test_junit(self, scoped: Checked) -> None:
        root = ET.fromstring(FORMATS[ReportFormat.JUNIT](scoped))  # noqa: S314 - what was written a line ago
        found = [(each.get("name"), each.get("value")) for each in root.iter("property")]
        assert found == [("checked", said) for said in self.SAID]
        assert root.attrib["tests"] == "4"

    def test_github(self, scoped: Checked) -> None:
        lines = FORMATS[ReportFormat.GITHUB](scoped).splitlines()
        assert lines[0].startswith("::error")
        assert lines[-2:] == [f"checked: {said}" for said in self.SAID]

    def test_github_takes_no_command_from_a_folder(self, checked: Checked) -> None:
        hostile = replace(checked, scopes={"source tree": SourceScope("/a\n::error::b")})
        assert FORMATS[ReportFormat.GITHUB](hostile).endswith("checked: source tree /a\\n::error::b\n")

    def test_docker(self, scoped: Checked) -> None:
        lines = FORMATS[ReportFormat.DOCKER](scoped).splitlines()
        assert lines[:2] == [f"INFO Looked at {said}" for said in self.SAID]


class TestJson:
    def test_findings(self, checked: Checked) -> None:
        data = json.loads(FORMATS[ReportFormat.JSON](checked))
        assert data["docker"] == {"would_pass": False, "rules": ["label-odd"], "not_checked": []}
        assert [(each["rule"], each["platform"]) for each in data["findings"]] == [
            ("label-odd", ""),
            ("path-odd", "linux/amd64"),
            ("path-odd", "linux/arm64"),
            ("note-odd", ""),
        ]
        assert data["findings"][0]["line"] == 3
        assert data["not_run"] == [{"rule": "file-odd", "source": "source tree", "reason": "a tree shows no files"}]
        assert data["permissions"] == ["runs privileged"]

    def test_a_missing_label_has_its_key(self) -> None:
        place = Place(file="Dockerfile", line=1, label="org.opencontainers.image.title")
        said = '(required) image label "org.opencontainers.image.title" is missing'
        missing = ("label-missing", DockerStep.LABELS, Problem("missing", place, said, "add it"))
        (found,) = json.loads(FORMATS[ReportFormat.JSON](made(missing)))["findings"]
        assert (found["label"], found["docker"], found["line"], found["fix"]) == (
            "org.opencontainers.image.title",
            '(required) image label "org.opencontainers.image.title" is missing',
            1,
            "add it",
        )

    def test_what_docker_says_of_a_platform_or_key_is_of_that_one(self) -> None:
        said = made(
            ("platform", DockerStep.PLATFORMS, ABSENT),
            ("metadata", DockerStep.METADATA, Problem("our words", Place(), "name?")),
            ("tag", DockerStep.TAG, Problem("latest is not one", Place())),
            ("ours", None, Problem("odd", Place())),
        )
        assert [each["docker"] for each in json.loads(FORMATS[ReportFormat.JSON](said))["findings"]] == [
            'the image for platform "linux/arm64" is not pushed to DockerHub',
            "name?",
            "Checked image tag is semver",
            "",
        ]

    def test_what_is_known_of_desktops(self, checked: Checked) -> None:
        summary = Summary(api=">= 0.3.4", offers=sdk.offers(">= 0.3.4"))
        rows = json.loads(FORMATS[ReportFormat.JSON](replace(checked, summary=summary)))["desktops"]
        assert {row["stated"] for row in rows} == {True, False}
        assert all(row["source"].startswith("https://") for row in rows)
        assert all(bool(row["note"]) is not row["stated"] for row in rows)

    def test_what_is_accepted_keeps_its_reason(self, accepting: Checked) -> None:
        data = json.loads(FORMATS[ReportFormat.JSON](accepting))
        assert [(each["rule"], each["reason"]) for each in data["accepted"]] == [("label-odd", "known, and harmless")]
        assert data["errors"] == 0


class TestSarif:
    def test_rules_and_results(self, checked: Checked) -> None:
        data = json.loads(FORMATS[ReportFormat.SARIF](checked))
        (run,) = data["runs"]
        assert data["version"] == "2.1.0"
        codes = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert codes == ["label-odd", "path-odd", "note-odd", "file-odd"]
        assert [result["level"] for result in run["results"]] == ["error", "warning", "warning", "note"]
        assert all(codes[result["ruleIndex"]] == result["ruleId"] for result in run["results"])

    def test_locations(self, checked: Checked) -> None:
        results = json.loads(FORMATS[ReportFormat.SARIF](checked))["runs"][0]["results"]
        (label,) = results[0]["locations"]
        assert label["physicalLocation"] == {"artifactLocation": {"uri": "Dockerfile"}, "region": {"startLine": 3}}
        (path,) = results[1]["locations"]
        assert path["logicalLocations"] == [{"fullyQualifiedName": "/icon.svg linux/amd64"}]

    @pytest.mark.parametrize(
        ("place", "reference", "folder", "uri"),
        [
            (Place(file="Dockerfile", line=3), "", "", "Dockerfile"),
            (Place(file="deep/a b#c.md"), "", "", "deep/a%20b%23c.md"),
            (Place(file="Dockerfile"), "", "extensions/demo", "extensions/demo/Dockerfile"),
            (Place(file="../Dockerfile"), "", "extensions/demo", "extensions/Dockerfile"),
            (Place(path="/ui/index.html"), "localhost:5000/a:1", "", "ui/index.html"),
            (Place(label="x.y"), "localhost:5000/a:1", "", "localhost%3A5000/a%3A1"),
            (Place(), "", "", "image"),
        ],
    )
    def test_every_result_has_a_file(self, place: Place, reference: str, folder: str, uri: str) -> None:
        checked = replace(made(("a", None, Problem("wrong", place))), reference=reference, folder=folder)
        (result,) = json.loads(FORMATS[ReportFormat.SARIF](checked))["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": uri},
            "region": {"startLine": max(1, place.line)},
        }

    def test_what_is_accepted_is_suppressed(self, accepting: Checked) -> None:
        results = json.loads(FORMATS[ReportFormat.SARIF](accepting))["runs"][0]["results"]
        assert [r["ruleId"] for r in results if "suppressions" in r] == ["label-odd"]


class TestJunit:
    def test_a_case_a_rule(self, checked: Checked) -> None:
        root = ET.fromstring(FORMATS[ReportFormat.JUNIT](checked))  # noqa: S314 - what was written a line ago
        assert root.attrib == {"tests": "4", "failures": "1", "errors": "0", "skipped": "1"}
        cases = {case.get("name"): case for case in root.iter("testcase")}
        failure, skipped = cases["label-odd"].find("failure"), cases["file-odd"].find("skipped")
        assert failure is not None
        assert failure.get("message") == "label x.y is [empty]"
        assert skipped is not None
        assert cases["path-odd"].find("failure") is None

    def test_where_warnings_count_they_are_failures(self, checked: Checked) -> None:
        root = ET.fromstring(FORMATS[ReportFormat.JUNIT](replace(checked, strict=True)))  # noqa: S314 - as above
        assert root.attrib["failures"] == "2"

    def test_what_xml_cannot_hold_is_replaced(self, checked: Checked) -> None:
        first, *others = checked.report.findings
        odd = first._replace(what="a\x00b\ud800c")
        shown = junit(replace(checked, report=replace(checked.report, findings=(odd, *others))))
        failure = ET.fromstring(shown).find(".//failure")  # noqa: S314 - as above
        assert failure is not None
        assert failure.get("message") == "a\ufffdb\ufffdc"


class TestGithub:
    def test_commands(self, checked: Checked) -> None:
        lines = FORMATS[ReportFormat.GITHUB](checked).splitlines()
        assert lines[0] == "::error file=Dockerfile,line=3,title=label-odd::label x.y is [empty]. fix 1"
        assert lines[1] == "::warning title=path-odd::/icon.svg is not in the image (/icon.svg, linux/amd64). fix 2"

    def test_files_are_those_of_the_workspace(self, checked: Checked) -> None:
        lines = FORMATS[ReportFormat.GITHUB](replace(checked, folder="extensions/demo")).splitlines()
        assert lines[0].startswith("::error file=extensions/demo/Dockerfile,line=3,")

    def test_a_fault_is_told_once_per_line_of_a_file(self) -> None:
        def ask(source: Source) -> list[Problem]:
            places = [Place(file="Dockerfile", line=3), Place(file="Dockerfile", line=9)]
            in_image = [Place(label="x", platform=each) for each in REQUIRED]
            return [Problem("odd", place) for place in (places if source.name == "tree" else in_image)]

        sources = [AbsentSource(name, "silent") for name in ("tree", "images")]
        odd = Rule("label-odd", "t", Severity.ERROR, "", "why", "fix", "https://one.example/", ask)
        lines = FORMATS[ReportFormat.GITHUB](Checked(check(sources, [odd]), Summary())).splitlines()
        assert [line.partition(",title")[0] for line in lines] == [
            "::error file=Dockerfile,line=3",
            "::error file=Dockerfile,line=9",
        ]

    def test_text_cannot_make_commands_of_its_own(self, checked: Checked) -> None:
        lines = FORMATS[ReportFormat.GITHUB](checked).splitlines()
        assert lines[-1] == "::notice file=a%2Cb%3Ac.md,title=note-odd::100%25 odd,%0Aand :known. fix 3"


class TestDocker:
    def test_only_what_docker_would_say(self, checked: Checked) -> None:
        assert FORMATS[ReportFormat.DOCKER](replace(checked, reference="acme/demo:1.0.0")).splitlines() == [
            "INFO Checked image labels",
            'ERRO (required) image label "x.y" is odd',
            (
                "Image labels check failed. Learn more at: "
                "https://docs.docker.com/desktop/extensions-sdk/extensions/labels/"
            ),
            'The extension "acme/demo:1.0.0" hasn\'t passed the checks to be published.',
            "Please fix the errors above and run the validate command again.",
        ]

    def test_what_is_accepted_here_docker_reports_all_the_same(self, accepting: Checked) -> None:
        assert "\nERRO " in FORMATS[ReportFormat.DOCKER](accepting)

    def test_a_clean_report_passes(self, clean: Checked) -> None:
        first, second = FORMATS[ReportFormat.DOCKER](replace(clean, reference="acme/demo:1.0.0")).splitlines()
        assert first == 'The extension "acme/demo:1.0.0" passes the validation checks.'
        assert second.startswith("If you want to make your extension available in the marketplace, please submit it")

    def test_steps_are_in_dockers_order_with_their_errors(self) -> None:
        said = '(required) image label "a" ("0.3.4") is incompatible with current SDK version "0.4.2".'
        text = FORMATS[ReportFormat.DOCKER](
            made(
                ("sdk", DockerStep.API_VERSION, Problem("ours", Place(), said)),
                ("platform", DockerStep.PLATFORMS, ABSENT),
                ("tag", DockerStep.TAG, Problem("latest is not one", Place())),
                (
                    "files",
                    DockerStep.INSTALLATION,
                    Problem("/icon.svg is absent", Place(path="/icon.svg", platform=ARM64)),
                ),
                (
                    "metadata",
                    DockerStep.METADATA,
                    Problem("name?", Place()),
                ),
            )
        )
        assert text.splitlines()[:-2] == [
            "INFO Checked metadata.json",
            "ERRO name?",
            "INFO Checked image tag is semver",
            "ERRO latest is not one",
            "INFO Checked image is multiplatform",
            'ERRO the image for platform "linux/arm64" is not pushed to DockerHub',
            (
                'Use "--platform=linux/amd64,linux/arm64" when building and pushing your image to DockerHub. '
                "Learn more at: https://docs.docker.com/desktop/extensions-sdk/extensions/multi-arch/"
            ),
            "INFO Checked extension is compatible with current SDK version",
            f"ERRO {said}",
            "ERRO /icon.svg is absent (linux/arm64)",
        ]

    def test_what_nobody_answered_is_no_pass(self) -> None:
        report = check([AbsentSource("source tree", "silent")], [rule("files", DockerStep.INSTALLATION, None)])
        text = FORMATS[ReportFormat.DOCKER](Checked(report, Summary(), reference="acme/demo"))
        assert text == 'The extension "acme/demo" may or may not pass the validation checks; not checked: files\n'
        assert json.loads(FORMATS[ReportFormat.JSON](Checked(report, Summary())))["docker"] == {
            "would_pass": None,
            "rules": [],
            "not_checked": ["files"],
        }

    def test_a_check_never_says_that_something_was_installed(self) -> None:
        quiet = replace(rule("x", DockerStep.INSTALLATION, None), ask=lambda _: [])
        text = FORMATS[ReportFormat.DOCKER](Checked(check([Source()], [quiet]), Summary(), reference="acme/demo"))
        assert text.splitlines()[0] == 'The extension "acme/demo" passes the validation checks.'

    def test_which_tag_was_taken(self, clean: Checked) -> None:
        text = FORMATS[ReportFormat.DOCKER](replace(clean, resolution=Resolution("1.0.0", ("1.0.0", "0.9.0"), ())))
        assert text.startswith("INFO Tag not specified, greatest semver tag resolved: 1.0.0\n")

    @pytest.mark.parametrize("each", [each for each in RULES if each.docker], ids=lambda each: each.code)
    def test_every_rule_of_dockers_has_a_step(self, each: Rule) -> None:
        quiet = replace(each, ask=lambda _: [Problem("wrong", Place(label="a", platform=ARM64))])
        text = FORMATS[ReportFormat.DOCKER](Checked(check([Source()], [quiet]), Summary()))
        assert text.startswith("ERRO " if each.step is DockerStep.INSTALLATION else "INFO Checked ")
        assert "ERRO " in text
        assert "INFO Installed" not in text


class TestFailure:
    """What is written where no check could be made."""

    ERROR = ImageNotFoundError("a:1 is\nnot there", remedy="push it", detail="\x1b[1m404")

    def test_json(self) -> None:
        assert json.loads(FAILURES[ReportFormat.JSON](self.ERROR))["error"]["kind"] == "ImageNotFoundError"

    def test_sarif(self) -> None:
        (run,) = json.loads(FAILURES[ReportFormat.SARIF](self.ERROR))["runs"]
        (invocation,) = run["invocations"]
        assert (run["results"], invocation["executionSuccessful"], invocation["exitCode"]) == (
            [],
            False,
            self.ERROR.exit_code,
        )
        assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "a:1 is\nnot there\npush it"

    def test_junit(self) -> None:
        root = ET.fromstring(FAILURES[ReportFormat.JUNIT](self.ERROR))  # noqa: S314 - what was written a line ago
        assert root.attrib == {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}

    def test_github(self) -> None:
        assert (
            FAILURES[ReportFormat.GITHUB](self.ERROR)
            == "::error title=ImageNotFoundError::a:1 is%0Anot there: push it\n"
        )

    def test_docker(self) -> None:
        assert FAILURES[ReportFormat.DOCKER](self.ERROR).startswith("ERRO a:1 is")

    def test_there_is_one_for_each(self) -> None:
        assert FAILURES.keys() == FORMATS.keys() == set(ReportFormat)
