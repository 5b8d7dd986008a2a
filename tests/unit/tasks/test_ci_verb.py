from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import DextError, ProjectNotFoundError, UsageError

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
        ],
    )
    def test_that_cannot_be_told_apart_or_are_none_are_refused(
        self, call: Call, flags: tuple[str, ...], error: type[DextError]
    ) -> None:
        assert call("ci.matrix", *flags).code == error.exit_code
