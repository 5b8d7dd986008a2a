from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import ProjectNotFoundError

if TYPE_CHECKING:
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
