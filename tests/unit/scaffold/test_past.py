"""Extensions of every released template become what the template of today makes, and keep what their authors wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks._version import __version__
from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.report import check
from dext_tasks.config import Settings
from dext_tasks.project import Project
from dext_tasks.scaffold.answers import ANSWERS_FILE, CHOICES, Answers, derive, recorded
from dext_tasks.scaffold.render import copy_template
from dext_tasks.scaffold.templates import frozen_template, frozen_versions, template_path
from dext_tasks.scaffold.upgrade import Scaffold, Upgrade, apply_upgrade, plan_upgrade
from dext_tasks.scaffold.validation import problems
from dext_tasks.sources.tree import TreeSource
from tests.unit.real_git import git, isolate, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.allow_processes

ANSWERS = derive("hello", image="ghcr.io/acme/hello", title='"Q" $x {{ 7 * 7 }}', description="Größe & <more> \\")
VERSIONS = [version for version in frozen_versions() if version != __version__]
# What authors do first, where a template is likely to change as well.
EDITS: dict[str, Callable[[str], str]] = {
    "Dockerfile": lambda text: text.replace("FROM scratch", "# Mine.\nFROM scratch").replace(
        "https://github.com", "https://git.acme.example"
    ),
    "README.md": lambda text: text.replace("## Release", "## Why\n\nMine.\n\n## Release"),
    "CHANGELOG.md": lambda text: f"{text}\n## [0.1.0] - 2026-01-31\n\n- Mine.\n",
    "backend/main.go": lambda text: f"{text}\n// Mine.\nfunc mine() {{}}\n",
    "ui/app.js": lambda text: f"{text}\n// Mine.\n",
    "ui/style.css": lambda text: text.replace("\n", "\r\n"),
    "invoke.yaml": lambda text: text.replace("# timeout: 30 ", "timeout: 31"),
    "metadata.json": lambda text: text.replace('"index.html"', '"index.html?mine"'),
    ".gitignore": lambda text: f"{text}mine\n",
}
MADE_OTHER = [(name, choice) for name, choices in CHOICES.items() for choice in list(choices)[1:]]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """An extension as a version of dext-tasks made it."""
    isolate(monkeypatch)

    def make(version: str) -> Path:
        root = tmp_path / version / "hello"
        copy_template(frozen_template(version), root, ANSWERS, version)
        git(root, "init", "--quiet")
        commit(root)
        return root

    return make


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "mine")


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    return {name: content for name, content in found.items() if not name.startswith(".git/")}


def upgraded(root: Path, **changed: str) -> Upgrade:
    planned = plan_upgrade(Scaffold.of(root), changed)
    apply_upgrade(planned)
    return planned


def fresh(answers: Answers, root: Path) -> dict[str, bytes]:
    copy_template(template_path(), root, answers, __version__)
    return contents(root)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_author_s_work_is_kept(version: str, made: Callable[[str], Path], tmp_path: Path) -> None:
    root = made(version)
    before = contents(root)
    mine = {name: edit(before[name].decode()) for name, edit in EDITS.items()}
    assert [name for name, text in mine.items() if text.encode() == before[name]] == []
    put(root, {**mine, "backend/mine.go": "package main\n"})
    (root / "docs/screenshot-dark.png").write_bytes(b"\x89PNG mine")
    (root / "docs/screenshot-light.png").unlink()
    commit(root)
    done = upgraded(root)
    assert [each.path for each in done.conflicts] == []
    now, today = contents(root), fresh(recorded(before[ANSWERS_FILE].decode()), tmp_path / "fresh")
    # What the author wrote, in what the template makes today.
    assert {name: now[name].decode() for name in EDITS} == {name: EDITS[name](today[name].decode()) for name in EDITS}
    assert now["backend/mine.go"] == b"package main\n"
    assert now["docs/screenshot-dark.png"] == b"\x89PNG mine"
    assert "docs/screenshot-light.png" not in now
    assert now.keys() - {"backend/mine.go"} == today.keys() - {"docs/screenshot-light.png"}


@pytest.mark.parametrize("version", VERSIONS)
def test_no_desktop_has_anything_to_say_afterwards(version: str, made: Callable[[str], Path]) -> None:
    root = made(version)
    upgraded(root)
    tree = TreeSource(Project(root, Settings(image=ANSWERS.image)), "")
    rules = (*RULES, *(rule for portable in PORTABILITY.values() for rule in portable))
    assert [str(each) for each in check([tree], rules).findings] == []


@pytest.mark.parametrize(("name", "choice"), [("title", "Other"), *MADE_OTHER])
def test_an_answer_changed_on_the_way_is_as_if_it_had_always_been_so(
    name: str, choice: str, made: Callable[[str], Path], tmp_path: Path
) -> None:
    root = made(frozen_versions()[0])
    before = recorded((root / ANSWERS_FILE).read_text())
    answers = derive(**{**before.written(), name: choice})
    if problems(answers):
        pytest.skip(f"{name}={choice} needs more answers: {problems(answers)}")
    upgraded(root, **{name: choice})
    assert contents(root) == fresh(answers, tmp_path / "fresh")
    commit(root)
    upgraded(root, **{name: before.written()[name]})
    assert contents(root) == fresh(before, tmp_path / "back")


def test_every_released_version_is_tried() -> None:
    assert "0.1.0" in VERSIONS
