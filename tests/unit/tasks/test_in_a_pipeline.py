from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import ChecksFailedError, ConfigError, DockerfileMissingError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.project import Project
    from tests.unit.conftest import MakeProject
    from tests.unit.tasks.conftest import Call

FINDING = "::error file=Dockerfile,line=1,title=label-missing::"


@pytest.fixture(autouse=True)
def project(make_project: MakeProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with findings in the current folder; there is no docker client."""
    made = make_project({"metadata.json": "{}", "Dockerfile": "FROM scratch\nLABEL a=b\n"})
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("PATH", str(tmp_path))
    return made


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, project: Project) -> Path:
    """A job of GitHub; the folder with its files of outputs and of the summary."""
    folder = tmp_path / "runner"
    folder.mkdir()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(folder / "outputs"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.root.resolve()))
    monkeypatch.setenv("NO_COLOR", "1")
    return folder


def annotated(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("::error", "::warning", "::notice"))]


class TestCheck:
    def test_findings_are_annotated_and_summarised(self, call: Call, github: Path) -> None:
        ended = call("check")
        assert ended.code == ChecksFailedError.exit_code
        assert annotated(ended.out) == []
        assert [line for line in annotated(ended.err) if line.startswith(FINDING)]
        assert all("title=ChecksFailedError" not in line for line in annotated(ended.err))
        lines = (github / "summary").read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("### Check")
        assert lines[2] == "| where | severity | rule | what | fix |"
        assert lines[-2].startswith("- ")

    def test_a_document_has_none(self, call: Call, github: Path) -> None:
        ended = call("check", "--json")
        assert ended.document["errors"] > 0
        assert annotated(ended.err)
        assert (github / "summary").is_file()

    @pytest.mark.usefixtures("github")
    def test_they_are_there_once(self, call: Call) -> None:
        ended = call("check", "--format", "github")
        assert annotated(ended.err) == []
        assert annotated(ended.out)

    @pytest.mark.usefixtures("github")
    def test_they_are_there_once_where_no_check_could_be_made(self, call: Call, project: Project) -> None:
        (project.root / "Dockerfile").unlink()
        ended = call("check", "--format", "github")
        assert ended.code == DockerfileMissingError.exit_code
        assert (len(annotated(ended.out)), annotated(ended.err)) == (1, [])

    @pytest.mark.usefixtures("github")
    def test_nobody_wants_them(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DEXT_PIPELINE", "none")
        assert annotated(call("check").err) == []

    @pytest.mark.usefixtures("github")
    def test_settings_that_cannot_be_read(self, call: Call, project: Project) -> None:
        (project.root / "invoke.yaml").write_text("dext:\n  imgae: a/b\n", encoding="utf-8")
        ended = call("check")
        assert ended.code == ConfigError.exit_code
        assert [line.partition("::un")[0] for line in annotated(ended.err)] == [
            "::error file=invoke.yaml,line=2,title=ConfigError"
        ]


class TestOutput:
    def test_a_report_goes_to_a_file_and_people_see_findings(self, call: Call, tmp_path: Path) -> None:
        file = tmp_path / "report.json"
        ended = call("check", "--format", "gitlab", "--output", str(file))
        assert ended.code == ChecksFailedError.exit_code
        assert "label-missing" in {each["check_name"] for each in json.loads(file.read_text(encoding="utf-8"))}
        assert "Findings" in ended.out

    @pytest.mark.usefixtures("github")
    def test_annotations_beside_it(self, call: Call, tmp_path: Path) -> None:
        ended = call("check", "--format", "sarif", "--output", str(tmp_path / "report.sarif"))
        assert annotated(ended.err)
        assert json.loads((tmp_path / "report.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"

    def test_json_beside_it(self, call: Call, tmp_path: Path) -> None:
        ended = call("check", "--json", "--format", "junit", "--output", str(tmp_path / "report.xml"))
        assert ended.document["errors"] > 0
        assert (tmp_path / "report.xml").read_text(encoding="utf-8").startswith("<?xml")

    def test_a_check_that_could_not_be_made_is_in_it(self, call: Call, project: Project, tmp_path: Path) -> None:
        (project.root / "Dockerfile").unlink()
        file = tmp_path / "report.json"
        ended = call("check", "--format", "gitlab", "--output", str(file))
        assert (ended.code, ended.out) == (DockerfileMissingError.exit_code, "")
        assert json.loads(file.read_text(encoding="utf-8"))[0]["check_name"] == "DockerfileMissingError"

    def test_it_needs_a_format(self, call: Call, tmp_path: Path) -> None:
        ended = call("check", "--output", str(tmp_path / "report"))
        assert ended.code == UsageError.exit_code
        assert "error: --output needs --format" in ended.err

    def test_a_folder_that_is_missing_is_said_at_once(self, call: Call, tmp_path: Path) -> None:
        ended = call("check", "--format", "json", "--output", str(tmp_path / "no" / "report"))
        assert (ended.code, "there is no folder" in ended.err) == (UsageError.exit_code, True)


class TestMatrix:
    def test_it_is_an_output(self, call: Call, github: Path) -> None:
        ended = call("ci.matrix", "--platform", "amd64")
        assert (github / "outputs").read_text(encoding="utf-8") == f"matrix={ended.out}"

    def test_gitlab_has_no_use_for_it(self, call: Call, monkeypatch: pytest.MonkeyPatch, project: Project) -> None:
        monkeypatch.setenv("GITLAB_CI", "true")
        monkeypatch.setenv("CI_PROJECT_DIR", str(project.root))
        assert call("ci.matrix", "--platform", "amd64").code == 0
        assert not (project.root / "dext.env").exists()


def test_a_pipeline_that_nobody_knows(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEXT_PIPELINE", "jenkins")
    ended = call("ci.matrix")
    assert (ended.code, ended.out) == (ConfigError.exit_code, "")
    assert "use one of auto, github, gitlab, none" in ended.err
