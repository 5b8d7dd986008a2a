"""dext upgrade, of an extension that 0.1.0 made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks import errors
from dext_tasks._version import __version__
from dext_tasks.scaffold.answers import ANSWERS_FILE, derive, recorded
from dext_tasks.scaffold.render import copy_template
from dext_tasks.scaffold.templates import frozen_template
from tests.unit.real_git import git, isolate, put

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tasks.conftest import Call

pytestmark = pytest.mark.allow_processes
AVAILABLE = 2


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    isolate(monkeypatch)
    root = tmp_path / "demo"
    copy_template(frozen_template("0.1.0"), root, derive("demo", image="acme/demo"), "0.1.0")
    git(root, "init", "--quiet")
    commit(root)
    monkeypatch.chdir(root)
    return root


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "mine")


def test_whether_there_is_one_is_said_and_is_the_exit_code(call: Call, project: Path) -> None:
    told = call("upgrade", "--check")
    assert (told.code, told.out) == (
        AVAILABLE,
        f"{project} has the template of 0.1.0, and {__version__} is available\n",
    )
    document = {"path": str(project), "from": "0.1.0", "to": __version__, "available": True}
    asked = call("upgrade", "--check", "--json")
    assert (asked.code, asked.document) == (AVAILABLE, document)
    assert git(project, "status", "--porcelain") == ""


def test_what_is_shown_is_what_is_done(call: Call, project: Path) -> None:
    put(project, {"ui/own.js": "mine\n"})
    (project / "docs/screenshot-dark.png").unlink()
    commit(project)
    shown = call("upgrade", "--dry-run", "--json", "--path", str(project))
    assert git(project, "status", "--porcelain") == ""
    done = call("upgrade", "--json", "--path", str(project))
    assert (shown.code, done.code) == (0, 0)
    assert {**shown.document, "dry_run": False} == done.document
    assert "dry run: nothing was changed" in shown.err
    changed = {line.split()[1] for line in git(project, "status", "--porcelain", "-uall").splitlines()}
    assert changed == {each["path"] for each in done.document["files"] if each["what"] != "kept"}
    assert ANSWERS_FILE in changed
    assert not (project / "docs/screenshot-dark.png").exists()
    commit(project)
    again = call("upgrade")
    assert (again.code, again.out) == (0, f"{project} has the newest template, {__version__}\n")
    assert call("upgrade", "--check").code == 0


def test_conflicts_are_listed_and_have_an_exit_code(call: Call, project: Path) -> None:
    name = "Says something else."
    readme = (project / "README.md").read_text()
    put(project, {"README.md": readme.replace(recorded((project / ANSWERS_FILE).read_text()).description, "Mine.")})
    commit(project)
    ended = call("upgrade", "--data", f"description={name}", "--json")
    assert ended.code == errors.ConflictsLeftError.exit_code
    assert ended.document["conflicts"] == ["README.md"]
    (change,) = (each for each in ended.document["files"] if each["path"] == "README.md")
    assert (change["what"], change["lines"]) == ("conflict", [3])
    assert "error: 1 file has conflicts: README.md\n" in ended.err
    assert f"=======\n{name}\n>>>>>>> after updating" in (project / "README.md").read_text()
    assert recorded((project / ANSWERS_FILE).read_text()).description == name


@pytest.mark.parametrize(
    ("argv", "error", "message"),
    [
        (("--data", "title"), errors.ScaffoldError, "--data 'title' is not KEY=VALUE"),
        (("--data", "titel=x"), errors.ScaffoldError, "there is no question 'titel'; did you mean title?"),
        (("--data", "title=Docker"), errors.ScaffoldError, "the title 'Docker' cannot be used"),
        (("--check", "--data", "title=x"), errors.UsageError, "--check and --data contradict each other"),
        (("--path", ".."), errors.NotScaffoldedError, "so `dext new` did not make it"),
        (("--path", "nowhere"), errors.ProjectNotFoundError, "nowhere is not a folder"),
    ],
)
def test_what_cannot_be_done_is_told(
    call: Call, project: Path, argv: tuple[str, ...], error: type[errors.DextError], message: str
) -> None:
    ended = call("upgrade", *argv)
    assert ended.code == error.exit_code
    assert message in ended.err
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("where", "message", "first_change"),
    [
        ("dext_tasks.scaffold.upgrade.replace_files", "interrupted, nothing was changed", []),
        ("dext_tasks.console.upgrade.upgrade_table", "demo was upgraded already", ["M .copier-answers.yml"]),
    ],
)
def test_an_interruption_is_told(  # noqa: PLR0913, PLR0917 - a case has three parts
    where: str, message: str, first_change: list[str], call: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(where, interrupted)
    ended = call("upgrade")
    assert ended.code == errors.InterruptedError.exit_code
    assert message in ended.err
    assert git(project, "status", "--porcelain").splitlines()[:1] == first_change
