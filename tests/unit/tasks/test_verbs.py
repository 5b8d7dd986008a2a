"""Each verb reads flags, calls its feature, shows what came of it, and ends as it should."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
from dataclasses import dataclass, field, replace
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from documents.errors import exit_codes_page

from dext_tasks import errors
from dext_tasks.cleaning.clean import Cleaned
from dext_tasks.cleaning.leftovers import CleaningScope, Leftover, LeftoverKind
from dext_tasks.config import OPTIONS
from dext_tasks.doctor.line import Line, LineStatus
from dext_tasks.engine.build import Built
from dext_tasks.engine.facts import EngineFacts, Store
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.smoke.result import Outcome, ProbeResult, SmokeResult
from dext_tasks.tasks import namespace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.engine.engine import Engine
    from dext_tasks.engine.engines import Engines
    from dext_tasks.project import Project
    from dext_tasks.smoke.installation import Tools
    from dext_tasks.smoke.run import SmokeListener
    from tests.unit.conftest import MakeImage, MakeProject
    from tests.unit.tasks.conftest import Call

AMD64, ARM64 = REQUIRED


@pytest.fixture
def project(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in the current folder, and an engine whose facts are known."""
    made = make_project({"metadata.json": "{}", "Dockerfile": "FROM scratch\nCOPY metadata.json /\n"})
    monkeypatch.chdir(made.root)
    facts = EngineFacts("29.0.0", "1.52", AMD64, Store.CONTAINERD)
    monkeypatch.setattr("dext_tasks.engine.engine.Engine.facts", facts)
    monkeypatch.setattr("dext_tasks.engine.client.Client.has_at_hand", lambda *_: True)
    return made


@dataclass
class Feature:
    """Stands in for a feature's function: it keeps the projects it is called for, and gives an answer."""

    answer: Any = None
    projects: list[Project] = field(default_factory=list)

    def __call__(self, _engine: object, project: Project, *_: object, **__: object) -> Any:  # noqa: ANN401 - the answer
        self.projects.append(project)
        return self.answer


@pytest.fixture
def build_all(monkeypatch: pytest.MonkeyPatch, make_image: MakeImage) -> Feature:
    made = {each: Built(make_image(str(each)), 1.2345, emulated=each != AMD64) for each in REQUIRED}
    feature = Feature(made)
    monkeypatch.setattr("dext_tasks.engine.build.build_all", feature)
    return feature


@pytest.mark.usefixtures("project")
class TestBuild:
    def test_shows_what_was_built(self, call: Call, build_all: Feature) -> None:
        ended = call("build", "--json", "--platform", "arm64", "--build-target", "final")
        assert ended.code == 0
        amd64, arm64 = ended.document["images"]
        assert (amd64["platform"], amd64["runs"], amd64["seconds"]) == ("linux/amd64", "native", 1.234)
        assert (arm64["platform"], arm64["runs"], arm64["digest"]) == ("linux/arm64", "emulated", f"sha256:{'a' * 64}")
        (asked,) = build_all.projects
        assert (asked.settings.platforms, asked.settings.build_target) == ((ARM64,), "final")

    def test_without_json_the_result_is_the_table(self, call: Call, build_all: Feature) -> None:
        ended = call("build")
        assert (ended.code, ended.err) == (0, "")
        assert "linux/arm64 is loaded as " in ended.out
        assert len(build_all.projects) == 1


@pytest.mark.usefixtures("project")
class TestCheck:
    """The real rules on a source tree; there is no docker client."""

    @pytest.fixture(autouse=True)
    def _no_docker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))

    def test_an_error_found_is_a_failure_and_one_document(self, call: Call) -> None:
        ended = call("check", "--json")
        assert ended.code == errors.ChecksFailedError.exit_code == 1
        assert ended.document["findings"]
        assert "Dockerfile" in ended.err
        assert "found" in ended.err

    def test_it_names_what_it_checked(self, call: Call, project: Project) -> None:
        folder = project.root / "deep"
        folder.mkdir()
        (folder / "dockerfile").write_text("FROM scratch\nCOPY metadata.json /\n", encoding="utf-8")
        (folder / "metadata.json").write_text("{}", encoding="utf-8")
        ended = call("check", "--json", "--path", "deep")
        assert ended.document["checked"] == [
            {"source": "source tree", "where": str(folder), "files": ["dockerfile", "metadata.json"]}
        ]
        assert f"checked: source tree {folder} (dockerfile, metadata.json)" in ended.err

    def test_a_folder_that_is_named_is_not_climbed_out_of(self, call: Call, project: Project) -> None:
        (project.root / "deep").mkdir()
        ended = call("check", "--json", "--path", "deep")
        assert ended.code == errors.ProjectNotFoundError.exit_code
        assert f"the nearest one above is in {project.root}" in ended.document["error"]["message"]

    def test_flags_name_its_files(self, call: Call, tmp_path: Path) -> None:
        folder = tmp_path / "plain"
        for name, text in (("docker/X", "FROM scratch\nCOPY etc/metadata.json /\n"), ("etc/metadata.json", "{}")):
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_text(text, encoding="utf-8")
        flags = ("--dockerfile", "docker/X", "--metadata", "etc/metadata.json")
        ended = call("check", "--json", "--path", str(folder), *flags)
        assert ended.code == errors.ChecksFailedError.exit_code
        assert ended.document["checked"][0]["files"] == ["docker/X", "etc/metadata.json"]

    def test_without_json_the_result_is_the_report(self, call: Call) -> None:
        ended = call("check")
        assert ended.code == 1
        assert "label-missing" in ended.out
        assert ended.err.startswith("error: ")

    def test_beside_a_document_the_report_is_on_standard_error(self, call: Call) -> None:
        assert "label-missing" in call("check", "--format", "github").err

    @pytest.mark.parametrize("flags", [[], ["-v"], ["--verbose"]])
    def test_details_are_for_those_who_ask(self, call: Call, flags: list[str]) -> None:
        assert ("\nnot checked: " in call("check", *flags).out) is bool(flags)

    @pytest.mark.parametrize(
        ("file", "program"), [("tasks.py", "inv"), ("other.py", "dext"), ("tasks/__init__.py", "inv")]
    )
    def test_what_to_do_next_names_the_program_that_is_there(
        self, call: Call, project: Project, monkeypatch: pytest.MonkeyPatch, file: str, program: str
    ) -> None:
        monkeypatch.setattr("dext_tasks.checks.project.built_images", lambda *_: {})
        (project.root / file).parent.mkdir(exist_ok=True)
        (project.root / file).write_text("", encoding="utf-8")
        said = call("check").out
        assert said.count(f"run `{program} build` first") == 1

    @pytest.mark.parametrize("code", ["rancher-desktop-theme", "api-version-incompatible", "api-version-*"])
    @pytest.mark.parametrize("key", ["ignore", "select"])
    def test_a_rule_that_is_not_asked_is_known(self, call: Call, project: Project, key: str, code: str) -> None:
        value = f"{{{code}: we know}}" if key == "ignore" else f"[{code}, label-*]"
        (project.root / "invoke.yaml").write_text(f"dext: {{check: {{{key}: {value}}}}}\n", encoding="utf-8")
        assert call("check", "--json").code == errors.ChecksFailedError.exit_code

    @pytest.mark.parametrize("code", ["label-missing", "api-version-incompatible", "rancher-desktop-theme"])
    def test_every_rule_is_explained(self, call: Call, code: str) -> None:
        text = call("check", "--explain", code)
        assert (text.code, text.out.partition(" ")[0]) == (0, code)
        for flags in (["--json"], ["--format", "json"]):
            document = call("check", "--explain", code, *flags).document
            assert document.keys() == {"rule", "severity", "holds", "docker", "why", "fix", "repair", "source"}

    def test_a_rule_is_no_report(self, call: Call) -> None:
        ended = call("check", "--explain", "label-missing", "--format", "sarif")
        assert (ended.code, ended.out) == (errors.UsageError.exit_code, "")

    def test_two_formats_are_one_too_many(self, call: Call) -> None:
        ended = call("check", "--json", "--format", "sarif")
        assert ended.code == errors.UsageError.exit_code
        assert "cannot be combined" in ended.document["error"]["message"]
        assert call("check", "--json", "--format", "json").document["findings"]

    @pytest.mark.parametrize("flags", [("--json",), ("--json", "--explain", "label-missing")])
    def test_a_format_that_is_none_is_named_in_a_document(self, call: Call, flags: tuple[str, ...]) -> None:
        ended = call("check", "--format", "bogus", *flags)
        assert ended.code == errors.UsageError.exit_code
        assert ended.document["error"]["message"] == "there is no format 'bogus'"
        assert "sarif" in ended.document["error"]["remedy"]

    def test_one_rule_is_no_verdict(self, call: Call) -> None:
        ended = call("check", "--select", "metadata-syntax", "--format", "docker")
        assert "may or may not pass" in ended.out
        assert "not checked" in ended.err

    @pytest.mark.parametrize(
        ("name", "begins"),
        [
            ("json", '{\n  "error"'),
            ("sarif", '{\n  "$schema"'),
            ("junit", "<?xml"),
            ("github", "::error title=DockerfileMissingError::"),
            ("docker", "ERRO "),
        ],
    )
    def test_a_check_that_could_not_be_made_is_a_document_too(
        self, call: Call, project: Project, name: str, begins: str
    ) -> None:
        (project.root / "Dockerfile").unlink()
        ended = call("check", "--format", name)
        assert ended.code == errors.DockerfileMissingError.exit_code
        assert ended.out.startswith(begins)

    @pytest.mark.parametrize(("workspace", "file"), [("..", "project/Dockerfile"), (".", "Dockerfile")])
    def test_files_are_those_of_the_workspace(
        self, call: Call, monkeypatch: pytest.MonkeyPatch, project: Project, workspace: str, file: str
    ) -> None:
        monkeypatch.setenv("GITHUB_WORKSPACE", str((project.root / workspace).resolve()))
        assert f"::error file={file}," in call("check", "--format", "github").out

    def test_files_are_those_of_the_workspace_on_gitlab_too(
        self, call: Call, monkeypatch: pytest.MonkeyPatch, project: Project
    ) -> None:
        monkeypatch.setenv("GITLAB_CI", "true")
        monkeypatch.setenv("CI_PROJECT_DIR", str(project.root.parent))
        found = call("check", "--format", "gitlab").document
        assert "project/Dockerfile" in {each["location"]["path"] for each in found}

    def test_files_are_those_of_the_folder_it_is_called_in(
        self, call: Call, monkeypatch: pytest.MonkeyPatch, project: Project
    ) -> None:
        monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
        monkeypatch.chdir(project.root.parent)
        assert "::error file=project/Dockerfile," in call("check", "--path", "project", "--format", "github").out

    def test_private_addresses_are_a_setting(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[bool] = []

        class Network:
            def __init__(self, _: Path, *, allow_private: bool) -> None:
                seen.append(allow_private)

        monkeypatch.setattr("dext_tasks.online.client.Network", Network)
        for flags in ([], ["--private-addresses"]):
            call("check", "--online", *flags, "--select", "metadata-*")
        assert seen == [False, True]

    def test_without_a_dockerfile_there_is_nothing_to_check(self, call: Call, project: Project) -> None:
        (project.root / "Dockerfile").unlink()
        ended = call("check", "--json")
        assert ended.code == errors.DockerfileMissingError.exit_code
        assert ended.document["error"]["kind"] == "DockerfileMissingError"


class TestLabels:
    @pytest.fixture(autouse=True)
    def _labelled(self, project: Project) -> None:
        (project.root / "Dockerfile").write_text('FROM scratch\nLABEL b="x y" a=1\n', encoding="utf-8")

    def test_other_programs_read_them_by_line(self, call: Call) -> None:
        ended = call("labels")
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.splitlines() == ["a\tlinux/amd64, linux/arm64\t1", "b\tlinux/amd64, linux/arm64\tx y"]

    def test_json_is_one_document(self, call: Call) -> None:
        document = call("labels", "--json", "--platform", "arm64").document
        assert document == {"linux/arm64": {"a": "1", "b": "x y"}}

    def test_values_of_build_arguments_are_taken_as_they_are(self, call: Call, project: Project) -> None:
        text = 'FROM scratch AS one\nARG MSG\nLABEL msg="$MSG"\nFROM scratch\nLABEL msg=other\n'
        (project.root / "Dockerfile").write_text(text, encoding="utf-8")
        ended = call("labels", "--json", "--platform", "amd64", "--build-target", "one", "--build-arg", "MSG=a=b, c")
        assert ended.document == {"linux/amd64": {"msg": "a=b, c"}}

    def test_a_tree_that_cannot_be_built_has_none(self, call: Call, project: Project) -> None:
        (project.root / "Dockerfile").write_text("FROM scratch\nLABEL a\n", encoding="utf-8")
        ended = call("labels")
        assert ended.code == errors.DockerfileInvalidError.exit_code == 15
        assert "Dockerfile line 2" in ended.err


def result(outcome: Outcome) -> list[SmokeResult]:
    probes = (ProbeResult("start", outcome, "as seen", 0.5, "logs"),)
    return [SmokeResult(platform, "sha256:aa", platform == ARM64, probes) for platform in REQUIRED]


@pytest.fixture
def smoke_project(monkeypatch: pytest.MonkeyPatch) -> Feature:
    feature = Feature(result(Outcome.PASSED))
    monkeypatch.setattr("dext_tasks.smoke.run.smoke_project", feature)
    return feature


class TestSmoke:
    @pytest.mark.usefixtures("project")
    def test_builds_first(self, call: Call, build_all: Feature, smoke_project: Feature) -> None:
        ended = call("smoke", "--json", "--smoke-timeout", "60")
        assert ended.code == 0
        assert [each["passed"] for each in ended.document["platforms"]] == [True, True]
        assert [each["runs"] for each in ended.document["platforms"]] == ["native", "emulated"]
        assert len(build_all.projects) == 1
        assert smoke_project.projects[0].settings.smoke_timeout == 60.0

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize("states", [{}, {Platform.parse("amd64"): "another folder, /x"}])
    def test_does_not_build_if_told_so(
        self,
        call: Call,
        build_all: Feature,
        smoke_project: Feature,
        states: Mapping[Platform, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("dext_tasks.sources.build_state.built_images", lambda *_: {})
        monkeypatch.setattr("dext_tasks.sources.build_state.other_states", lambda *_: states)
        ended = call("smoke", "--no-build")
        assert ended.code == 0
        said = "what is there for linux/amd64 was built from another folder, /x; it is tested as it is"
        assert (said in ended.err) is bool(states)
        assert (len(build_all.projects), len(smoke_project.projects)) == (0, 1)

    @pytest.mark.usefixtures("project", "build_all")
    @pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ABORTED, Outcome.EMULATOR_CRASH])
    def test_a_failure_is_one_document(self, call: Call, smoke_project: Feature, outcome: Outcome) -> None:
        smoke_project.answer = result(outcome)
        ended = call("smoke", "--json")
        assert ended.code == errors.SmokeFailedError.exit_code
        assert [each["passed"] for each in ended.document["platforms"]] == [False, False]
        assert ended.document["platforms"][0]["probes"][0]["evidence"] == "logs"

    @pytest.mark.usefixtures("project", "build_all")
    def test_what_was_tested_is_shown_where_another_platform_s_engine_fails(
        self, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def one_of_two(_: Tools, __: Project, ___: Engines, listener: SmokeListener) -> list[SmokeResult]:
            listener.tested(result(Outcome.PASSED)[0])
            raise errors.EngineTimeoutError("docker ps in context far did not end within 60 s", remedy="look there")

        monkeypatch.setattr("dext_tasks.smoke.run.smoke_project", one_of_two)
        ended = call("smoke", "--json")
        assert ended.code == errors.EngineTimeoutError.exit_code
        assert [each["platform"] for each in ended.document["platforms"]] == ["linux/amd64"]
        assert ended.document["passed"] is False
        assert "docker ps in context far did not end" in ended.err

    @pytest.mark.usefixtures("project")
    @pytest.mark.parametrize("flag", ["--report", "--junit"])
    @pytest.mark.parametrize(
        ("name", "error", "why"),
        [
            ("missing/x", errors.UsageError, "there is no folder"),
            (".", errors.UsageError, "it is a folder"),
            pytest.param(
                "/dev/full", errors.FileAccessError, "No space left on device", marks=pytest.mark.needs("/dev/full")
            ),
            ("x" * 300, errors.FileAccessError, "File name too long"),
        ],
    )
    def test_a_file_that_cannot_be_written_is_known_first(  # noqa: PLR0913, PLR0917 - a case has four parts
        self,
        flag: str,
        name: str,
        error: type[errors.DextError],
        why: str,
        call: Call,
        build_all: Feature,
        smoke_project: Feature,
    ) -> None:
        ended = call("smoke", flag, name)
        assert ended.code == error.exit_code
        assert f"error: {name} cannot be written: {why}" in ended.err
        assert build_all.projects == smoke_project.projects == []

    @pytest.mark.usefixtures("project", "build_all", "smoke_project")
    def test_two_reports_need_two_files(self, call: Call) -> None:
        ended = call("smoke", "--report", "x", "--junit", "./x")
        assert (ended.code, Path("x").exists()) == (errors.UsageError.exit_code, False)

    @pytest.mark.usefixtures("project", "build_all", "smoke_project")
    def test_reports_may_go_where_dext_tasks_keeps_its_own(self, call: Call) -> None:
        assert call("smoke", "--report", ".dext/x.html", "--junit", ".dext/x.xml").code == 0
        assert sorted(path.name for path in Path(".dext").iterdir()) == [".gitignore", "x.html", "x.xml"]

    @pytest.mark.usefixtures("project", "build_all")
    @pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.FAILED])
    def test_a_disk_that_is_full_at_last_hides_no_result(
        self, call: Call, smoke_project: Feature, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def replace(path: Path, _: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))

        smoke_project.answer = result(outcome)
        monkeypatch.setattr(Path, "replace", replace)
        ended = call("smoke", "--json", "--report", "x.html", "--junit", "x.xml")
        expected = errors.FileAccessError if outcome is Outcome.PASSED else errors.SmokeFailedError
        assert (ended.code, len(ended.document["platforms"])) == (expected.exit_code, 2)
        for name in ("x.html", "x.xml"):
            assert ended.err.count(f"{name} cannot be written: No space left on device") == 1
        assert "report: x.html" not in ended.err

    def test_begins_nothing_without_metadata(
        self, call: Call, project: Project, build_all: Feature, smoke_project: Feature
    ) -> None:
        (project.root / "metadata.json").unlink()
        assert call("smoke").code == errors.MetadataMissingError.exit_code
        assert build_all.projects == smoke_project.projects == []


class TestDoctor:
    @pytest.fixture
    def patients(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        seen: list[Any] = []

        def examine(patient: Any) -> list[Line]:  # noqa: ANN401 - what is examined
            seen.append(patient)
            status = LineStatus.OK if patient.project else LineStatus.FAIL
            return [Line("engine", status, "as found", "" if patient.project else "do this")]

        monkeypatch.setattr("dext_tasks.doctor.examination.examine", examine)
        return seen

    @pytest.mark.usefixtures("project")
    def test_of_a_project(self, call: Call, patients: list[Any]) -> None:
        ended = call("doctor", "--json", "--platform", "arm64")
        assert ended.code == 0
        assert ended.document["lines"][0]["found"] == "as found"
        assert patients[0].platforms == (ARM64,)
        assert patients[0].git is not None

    def test_outside_of_any_project(self, call: Call, patients: list[Any]) -> None:
        ended = call("doctor", "--json")
        assert len(patients) == 1
        assert (patients[0].project, patients[0].platforms) == (None, REQUIRED)
        assert ended.code == errors.DoctorFailedError.exit_code
        assert ended.document["lines"][0]["remedy"] == "do this"


class TestNew:
    @pytest.fixture(autouse=True)
    def _git(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No process is started to see that it is there."""
        monkeypatch.setattr("dext_tasks.scaffold.repository.require_git", lambda _folder: None)

    @pytest.fixture
    def rendered(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Path]]:
        from dext_tasks.scaffold.render import Scaffolded
        from dext_tasks.scaffold.repository import GitOutcome

        seen: list[tuple[Any, Path]] = []

        def render(answers: Any, folder: Path, **_: object) -> Scaffolded:  # noqa: ANN401 - what was answered
            seen.append((answers, folder))
            return Scaffolded(path=folder, files=(), git=next(iter(GitOutcome)))

        monkeypatch.setattr("dext_tasks.scaffold.render.render", render)
        return seen

    def test_takes_flags_as_answers(self, call: Call, rendered: list[tuple[Any, Path]], tmp_path: Path) -> None:
        ended = call("new", "demo", "--path", str(tmp_path), "--image", "acme/demo", "--title", "A title", "--yes")
        assert (ended.code, ended.out) == (0, f"{tmp_path / 'demo'}\n")
        ((answers, folder),) = rendered
        assert (answers.name, answers.image, answers.title) == ("demo", "acme/demo", "A title")
        assert folder == tmp_path / "demo"

    def test_json_is_one_document(self, call: Call, rendered: list[tuple[Any, Path]], tmp_path: Path) -> None:
        ended = call("new", "demo", "--path", str(tmp_path), "--image", "acme/demo", "--json")
        assert ended.document["path"] == str(tmp_path / "demo")
        assert len(rendered) == 1

    def test_asks_nobody_where_nobody_can_answer(
        self, call: Call, rendered: list[tuple[Any, Path]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        assert call("new", "demo", "--image", "acme/demo").code == 0
        assert len(rendered) == 1

    def test_what_cannot_be_made_is_an_error(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> None:
            raise errors.DirectoryNotEmptyError("demo is not empty", remedy="name another folder")

        monkeypatch.setattr("dext_tasks.scaffold.render.render", full)
        assert call("new", "demo", "--yes").code == errors.DirectoryNotEmptyError.exit_code

    def test_a_name_is_needed(self, call: Call, rendered: list[tuple[Any, Path]]) -> None:
        assert call("new", "--yes").code not in (0, 70)
        assert rendered == []


@pytest.mark.usefixtures("project")
class TestConfig:
    def test_shows_values_and_where_they_are_from(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DEXT_SMOKE_TIMEOUT", "7")
        document = call("config", "--json").document
        assert document["smoke.timeout"] == {"value": 7.0, "from": "DEXT_SMOKE_TIMEOUT"}
        assert document["platforms"] == {"value": ["linux/amd64", "linux/arm64"], "from": "default"}

    def test_names_every_problem(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DEXT_SMOKE_TIMEOUT", "soon")
        monkeypatch.setenv("DEXT_IMAGES", "x")
        ended = call("config")
        assert ended.code == errors.ConfigError.exit_code
        assert "DEXT_SMOKE_TIMEOUT" in ended.err
        assert "DEXT_IMAGES" in ended.err


@pytest.mark.allow_processes
@pytest.mark.usefixtures("build_all", "smoke_project")
class TestWorkTree:
    @pytest.fixture(autouse=True)
    def _repository(self, project: Project) -> None:
        subprocess.run(["git", "init", "--quiet"], cwd=project.root, check=True)  # noqa: S607 - whoever's git

    @pytest.mark.parametrize("verb", ["build", "smoke"])
    def test_what_is_not_committed_is_built_and_said(self, verb: str, call: Call) -> None:
        ended = call(verb, "--json")
        assert ended.code == 0
        assert (ended.document["commit"], ended.document["uncommitted"]) == ("", ["?? Dockerfile", "?? metadata.json"])
        assert "uncommitted: 2 files, Dockerfile, metadata.json; a release would refuse it" in ended.err

    @pytest.mark.parametrize("verb", ["build", "smoke"])
    @pytest.mark.parametrize("flags", [("--allow-dirty=no",), ()])
    def test_it_is_refused_where_the_settings_say_so(
        self, verb: str, flags: tuple[str, ...], call: Call, project: Project
    ) -> None:
        if not flags:
            (project.root / "invoke.yaml").write_text("dext: {allow-dirty: false}\n", encoding="utf-8")
        assert call(verb, *flags).code == errors.DirtyTreeError.exit_code

    def test_a_setting_of_old_changes_nothing(self, call: Call, project: Project) -> None:
        (project.root / "invoke.yaml").write_text("dext: {allow-dirty: true}\n", encoding="utf-8")
        assert call("build", "--allow-dirty").code == 0

    @pytest.mark.usefixtures("project")
    def test_a_git_that_is_not_there_stops_no_work(
        self, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        ended = call("build", "--json")
        assert (ended.code, ended.document["uncommitted"]) == (0, None)
        assert "cannot tell whether everything is committed: git is not on PATH" in ended.err

    def test_reports_say_what_was_not_committed(self, call: Call, tmp_path: Path) -> None:
        page, junit = tmp_path / "smoke.html", tmp_path / "smoke.xml"
        assert call("smoke", "--report", str(page), "--junit", str(junit)).code == 0
        assert "2 files, Dockerfile, metadata.json" in page.read_text(encoding="utf-8")
        assert 'name="uncommitted" value="2 files, Dockerfile, metadata.json"' in junit.read_text(encoding="utf-8")


@pytest.mark.usefixtures("project", "build_all")
def test_outside_of_a_repository_nothing_is_said_of_commits(call: Call) -> None:
    ended = call("build", "--json")
    assert (ended.document["commit"], ended.document["uncommitted"]) == ("", [])
    assert "commit" not in ended.err


class TestClean:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, CleaningScope]]:
        """What is asked for, in place of clearing anything."""
        seen: list[tuple[str, CleaningScope]] = []
        build = Leftover(LeftoverKind.BUILD, "dext-build/acme_demo:linux-amd64", "sha256:aa")
        busy = replace(build, name="dext-build/acme_demo:linux-arm64", kept="a build is using it")

        def answer(name: str, cleaned: Cleaned) -> None:
            def asks(_: object, scope: CleaningScope) -> Cleaned:
                seen.append((name, scope))
                return cleaned

            monkeypatch.setattr(f"dext_tasks.cleaning.clean.{name}", asks)

        answer("clean", Cleaned((build,), (busy,), 2048))
        answer("preview", Cleaned((build,), (busy,), 2048))
        return seen

    def test_is_of_the_project(self, call: Call, project: Project, asked: list[tuple[str, CleaningScope]]) -> None:
        (project.root / "invoke.yaml").write_text("dext: {image: acme/demo}\n", encoding="utf-8")
        ended = call("clean", "--json")
        assert asked == [("clean", CleaningScope("dext-build/acme_demo", "acme/demo"))]
        assert ended.document == {
            "dry_run": False,
            "removed": [
                {"kind": "build", "name": "dext-build/acme_demo:linux-amd64", "image": "sha256:aa", "context": ""}
            ],
            "kept": [
                {
                    "kind": "build",
                    "name": "dext-build/acme_demo:linux-arm64",
                    "image": "sha256:aa",
                    "context": "",
                    "reason": "a build is using it",
                }
            ],
            "freed": 2048,
        }

    def test_says_what_it_freed(self, call: Call, project: Project, asked: list[tuple[str, CleaningScope]]) -> None:
        ended = call("clean")
        assert (ended.code, len(asked)) == (0, 1)
        for text in ("dext-build/acme_demo:linux-amd64", "kept: a build is using it", "1 thing removed; freed 2.0 KiB"):
            assert text in ended.out
        assert project.root.is_dir()

    @pytest.mark.usefixtures("project")
    def test_a_dry_run_says_what_it_would_free(self, call: Call, asked: list[tuple[str, CleaningScope]]) -> None:
        ended = call("clean", "--dry-run")
        assert [name for name, _ in asked] == ["preview"]
        assert "1 thing would go, which would free 2.0 KiB" in ended.out
        assert "removed" not in ended.out
        assert "nothing was changed" in ended.err

    def test_all_needs_no_project(self, call: Call, asked: list[tuple[str, CleaningScope]]) -> None:
        assert call("clean", "--all").code == 0
        assert asked == [("clean", CleaningScope())]
        ended = call("clean")
        assert (ended.code, "--all" in ended.err) == (errors.ProjectNotFoundError.exit_code, True)

    def test_an_engine_that_vanished_keeps_no_other_from_being_cleaned(
        self, call: Call, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (project.root / "invoke.yaml").write_text("dext: {contexts: {linux/arm64: far}}\n", encoding="utf-8")
        gone = errors.EngineUnreachableError("docker image ls in context far: no Docker engine answers", remedy="x")

        def clean(engine: Engine, _: CleaningScope) -> Cleaned:
            if engine.context:
                raise gone
            return Cleaned((Leftover(LeftoverKind.BUILD, "dext-build/a:b", "sha256:aa"),), (), 2048)

        monkeypatch.setattr("dext_tasks.cleaning.clean.clean", clean)
        ended = call("clean")
        assert "1 thing removed; freed 2.0 KiB" in ended.out
        assert (ended.code, gone.message in ended.err) == (20, True)

    @pytest.mark.usefixtures("project")
    def test_one_engine_that_does_not_answer_is_not_said_to_be_clean(
        self, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def clean(_: Engine, __: CleaningScope) -> Cleaned:
            raise errors.EngineUnreachableError("no Docker engine answers", remedy="x")

        monkeypatch.setattr("dext_tasks.cleaning.clean.clean", clean)
        ended = call("clean")
        assert (ended.code, ended.out) == (20, "")

    @pytest.mark.usefixtures("project")
    def test_nothing_is_said_to_be_nothing(
        self, call: Call, asked: list[tuple[str, CleaningScope]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dext_tasks.cleaning.clean.clean", lambda *_: Cleaned())
        assert call("clean").out == "there is nothing to clear away\n"
        assert asked == []


@pytest.mark.parametrize("named", ["", "relative", "/absolute"])
def test_what_is_remembered_of_builds_is_the_person_s(
    call: Call, home: Path, project: Project, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    seen: list[Path | None] = []
    monkeypatch.setenv("XDG_STATE_HOME", named)

    def clean(engine: Engine, _: CleaningScope) -> Cleaned:
        seen.append(engine.builds.file)
        return Cleaned()

    monkeypatch.setattr("dext_tasks.cleaning.clean.clean", clean)
    call("clean", "--path", str(project.root))
    folder = Path(named) if named == "/absolute" else home / ".local" / "state"
    assert seen == [folder / "dext-tasks" / "builds"]


def test_every_setting_is_the_flag_of_some_verb() -> None:
    """docs/settings.md says so of each."""
    given = {name for task in namespace.task_names for name in signature(namespace[task].body).parameters}
    assert {option.parameter for option in OPTIONS} <= given


class TestManual:
    def test_a_page_is_shown_as_it_is(self, call: Call) -> None:
        ended = call("manual", "exit-codes")
        assert (ended.code, ended.out, ended.err) == (0, exit_codes_page(), "")

    def test_without_a_name_there_is_a_list(self, call: Call) -> None:
        ended = call("manual")
        assert ended.code == 0
        assert "settings.schema" in ended.out
        assert call("manual", "--json").document["rules"] == "Rules"

    def test_a_page_can_be_a_document(self, call: Call) -> None:
        assert call("manual", "exit-codes", "--json").document["text"] == exit_codes_page()

    def test_an_unknown_page_is_wrong_usage(self, call: Call) -> None:
        ended = call("manual", "rule", "--json")
        assert ended.code == errors.UsageError.exit_code
        assert "did you mean rules?" in ended.document["error"]["message"]
