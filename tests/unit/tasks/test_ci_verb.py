from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
import yaml

from dext_tasks.errors import DextError, DirectoryNotEmptyError, ProjectNotFoundError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.project import Project
    from tests.unit.conftest import MakeProject
    from tests.unit.tasks.conftest import Call


@pytest.fixture(autouse=True)
def project(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in the current folder."""
    made = make_project({"metadata.json": "{}", "invoke.yaml": "dext: {platforms: [linux/arm64, linux/arm/v7]}\n"})
    monkeypatch.chdir(made.root)
    return made


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_the_matrix_is_one_line_of_json(call: Call, flags: tuple[str, ...]) -> None:
    ended = call("ci.matrix", *flags)
    assert (ended.code, ended.err, ended.out.count("\n")) == (0, "", 1)
    assert [(each["session"], each["runs-on"], each["emulated"]) for each in ended.document["include"]] == [
        ("check", "ubuntu-24.04", False),
        ("smoke(linux/arm64)", "ubuntu-24.04-arm", False),
        ("smoke(linux/arm)", "ubuntu-24.04", True),
        ("ui(linux/arm64)", "ubuntu-24.04-arm", False),
        ("ui(linux/arm)", "ubuntu-24.04", True),
    ]


def test_platforms_and_prefix_are_flags(call: Call) -> None:
    ended = call("ci.matrix", "--platform", "amd64", "--prefix", "ext-")
    sessions = [each["session"] for each in ended.document["include"]]
    assert sessions == ["ext-check", "ext-smoke(linux/amd64)", "ext-ui(linux/amd64)"]


def test_outside_of_a_project_there_is_no_matrix(call: Call, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root.parent)
    assert call("ci.matrix").code == ProjectNotFoundError.exit_code


@pytest.mark.parametrize(
    ("flags", "runner"),
    [
        (("--runs-on", "box"), "box"),
        (("--runs-on", "linux/arm64=arm-box", "--runs-on", "other"), "arm-box"),
        (("--runs-on", 'linux/arm64=["self-hosted", "arm64"]'), ["self-hosted", "arm64"]),
    ],
)
def test_runners_are_flags(call: Call, flags: tuple[str, ...], runner: object) -> None:
    ended = call("ci.matrix", "--platform", "arm64", *flags)
    assert ended.document["include"][1]["runs-on"] == runner


def test_runners_are_settings(call: Call, project: Project) -> None:
    text = "dext: {platforms: [arm64], matrix: {runs-on: {arm64: [self-hosted, arm64], default: {group: big}}}}\n"
    (project.root / "invoke.yaml").write_text(text, encoding="utf-8")
    jobs = call("ci.matrix").document["include"]
    assert [each["runs-on"] for each in jobs] == [{"group": "big"}, ["self-hosted", "arm64"], ["self-hosted", "arm64"]]
    shown = call("config", "--json").document["matrix.runs-on"]
    assert shown["value"] == {"default": {"group": "big"}, "linux/arm64": ["self-hosted", "arm64"]}


@pytest.mark.parametrize("value", ["", "linux/arm64="])
def test_a_runner_without_a_label_is_refused(call: Call, value: str) -> None:
    assert call("ci.matrix", "--runs-on", value).code == UsageError.exit_code


def test_a_later_job_on_github_gets_it(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    ended = call("ci.matrix")
    assert (tmp_path / "outputs").read_text(encoding="utf-8") == f"matrix={ended.out}"


def test_sessions_of_one_kind_can_be_listed(call: Call) -> None:
    sessions = [each["session"] for each in call("ci.matrix", "--only", "smoke").document["include"]]
    assert sessions == ["smoke(linux/arm64)", "smoke(linux/arm)"]
    assert call("ci.matrix", "--only", "smoked").code == UsageError.exit_code


class TestPipelines:
    FILES: ClassVar = {
        "github": [".github/workflows/extension-check.yml", ".github/workflows/extension-release.yml"],
        "gitlab": [".gitlab-ci.yml"],
    }

    @pytest.fixture(autouse=True)
    def top(self, project: Project) -> Path:
        (project.root / ".git").mkdir()
        (project.root / "invoke.yaml").write_text("dext: {image: acme/demo}\n", encoding="utf-8")
        return project.root

    @pytest.mark.parametrize("words", [("ci", "github"), ("ci.github",), ("ci", "gitlab"), ("ci.gitlab",)])
    def test_are_written_however_the_verb_is(self, call: Call, top: Path, words: tuple[str, ...]) -> None:
        files = self.FILES[words[-1].removeprefix("ci.")]
        ended = call(*words, "--json")
        assert ended.code == 0
        said = {"dry_run": False, "path": str(top), "files": files, "replaced": []}
        assert ended.document == {**said, "unchanged": []}
        again = call(*words)
        assert (again.code, again.err.splitlines()[-len(files) :]) == (
            0,
            [f"{file} is there already" for file in files],
        )
        assert call(*words, "--json").document == {**said, "unchanged": files}
        assert all((top / name).stat().st_size for name in files)

    @pytest.mark.parametrize("system", FILES)
    def test_replace_nothing_that_is_there_without_force(self, call: Call, top: Path, system: str) -> None:
        first = self.FILES[system][0]
        assert call("ci", system).code == 0
        (top / first).write_text("mine\n", encoding="utf-8")
        ended = call("ci", system)
        assert ended.code == DirectoryNotEmptyError.exit_code
        assert first in ended.err
        assert (top / first).read_text(encoding="utf-8") == "mine\n"
        assert call("ci", system, "--dry-run", "--json").document["replaced"] == [first]
        assert (top / first).read_text(encoding="utf-8") == "mine\n"
        assert call("ci", system, "--force", "--json").document["replaced"] == [first]
        assert (top / first).read_text(encoding="utf-8") != "mine\n"

    @pytest.mark.parametrize("system", FILES)
    def test_a_dry_run_writes_nothing(self, call: Call, top: Path, system: str) -> None:
        ended = call("ci", system, "--dry-run")
        assert ended.code == 0
        assert [f"would write {name}" for name in self.FILES[system]] == ended.out.splitlines()
        assert not any((top / name).exists() for name in self.FILES[system])

    def test_are_for_the_extensions_that_are_named(self, call: Call, top: Path) -> None:
        for name in ("a", "b"):
            (top / name).mkdir()
            (top / name / "metadata.json").write_text("{}", encoding="utf-8")
            (top / name / "invoke.yaml").write_text(f"dext: {{image: acme/{name}}}\n", encoding="utf-8")
        assert call("ci", "github", "--extension", "a", "--extension", "b").code == 0
        text = (top / self.FILES["github"][1]).read_text(encoding="utf-8")
        assert "a/v[0-9]*) path=a version=${GITHUB_REF_NAME#a/v} ;;" in text
        assert "b/v[0-9]*) path=b version=${GITHUB_REF_NAME#b/v} ;;" in text

    @pytest.mark.parametrize("words", [["ci"], ["ci", "jenkins"]])
    def test_without_a_known_system_those_that_there_are_are_named(self, call: Call, words: list[str]) -> None:
        ended = call(*words)
        assert ended.code == UsageError.exit_code
        assert "there is no task ci; there are ci.github, ci.gitlab, ci.matrix\n" in ended.err


class TestSeveral:
    @pytest.fixture(autouse=True)
    def _extensions(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two extensions below a folder that is not one itself."""
        for name, platform in (("a", "amd64"), ("b", "arm64")):
            folder = tmp_path / "several" / "extensions" / name
            folder.mkdir(parents=True)
            (folder / "metadata.json").write_text("{}", encoding="utf-8")
            (folder / "invoke.yaml").write_text(f"dext: {{platforms: [{platform}]}}\n", encoding="utf-8")
        monkeypatch.chdir(tmp_path / "several")

    def test_have_one_matrix(self, call: Call) -> None:
        ended = call("ci.matrix", "--extension", "extensions/a", "--extension", "of-b-=extensions/b")
        assert ended.code == 0
        assert [(each["session"], each["path"]) for each in ended.document["include"]] == [
            ("a-check", "extensions/a"),
            ("a-smoke(linux/amd64)", "extensions/a"),
            ("a-ui(linux/amd64)", "extensions/a"),
            ("of-b-check", "extensions/b"),
            ("of-b-smoke(linux/arm64)", "extensions/b"),
            ("of-b-ui(linux/arm64)", "extensions/b"),
        ]

    @pytest.mark.parametrize(
        ("flags", "error"),
        [
            (("--extension", "=extensions/a", "--extension", "=extensions/b"), UsageError),
            (("--extension", "extensions/a", "--prefix", "x-"), UsageError),
            (("--extension", "extensions"), ProjectNotFoundError),
            (("--extension", "none"), ProjectNotFoundError),
            (("--extension", "extensions/a", "--extension", "extensions/../extensions/a"), UsageError),
        ],
    )
    def test_that_cannot_be_told_apart_or_are_none_are_refused(
        self, call: Call, flags: tuple[str, ...], error: type[DextError]
    ) -> None:
        assert call("ci.matrix", *flags).code == error.exit_code


class TestOfTheSameName:
    @pytest.fixture(autouse=True)
    def top(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A repository with x/ext and y/ext."""
        top = tmp_path / "same"
        (top / ".git").mkdir(parents=True)
        for name in "xy":
            (top / name / "ext").mkdir(parents=True)
            (top / name / "ext" / "metadata.json").write_text("{}", encoding="utf-8")
            settings = f"dext: {{image: acme/{name}, platforms: [arm64]}}\n"
            (top / name / "ext" / "invoke.yaml").write_text(settings, encoding="utf-8")
        monkeypatch.chdir(top)
        return top

    def test_are_planned_by_the_workflow_that_is_written_for_them(self, call: Call, top: Path) -> None:
        assert call("ci", "github", "--extension", "x/ext", "--extension", "y/ext").code == 0
        workflow = yaml.safe_load((top / ".github/workflows/extension-check.yml").read_text(encoding="utf-8"))
        (plan,) = (step["run"] for step in workflow["jobs"]["plan"]["steps"] if step.get("id") == "plan")
        program, *words = plan.split()
        ended = call(*words)
        assert (program, ended.code, ended.err) == ("dext", 0, "")
        assert [(each["session"], each["path"]) for each in ended.document["include"]] == [
            ("x-ext-smoke(linux/arm64)", "x/ext"),
            ("y-ext-smoke(linux/arm64)", "y/ext"),
        ]

    def test_a_prefix_that_is_given_stays_and_is_not_made_different(self, call: Call) -> None:
        ended = call("ci.matrix", "--only", "check", "--extension", "of-x-=x/ext", "--extension", "y/ext")
        assert [each["session"] for each in ended.document["include"]] == ["of-x-check", "ext-check"]
        ended = call("ci.matrix", "--extension", "ext-=x/ext", "--extension", "y/ext")
        assert ended.code == UsageError.exit_code
        assert "two extensions have a session ext-check" in ended.err

    @pytest.mark.parametrize("system", ["github", "gitlab"])
    def test_one_that_is_named_twice_is_refused(self, call: Call, top: Path, system: str) -> None:
        ended = call("ci", system, "--extension", "x/ext", "--extension", "./x/ext")
        assert ended.code == UsageError.exit_code
        assert "--extension names ./x/ext twice" in ended.err
        assert not list(top.glob(".git?*"))
