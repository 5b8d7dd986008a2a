"""Extensions of every released template become what the template of today makes, and keep what their authors wrote."""

from __future__ import annotations

import shutil
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import pytest

from dext_tasks._version import __version__
from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.report import check
from dext_tasks.config import Settings
from dext_tasks.project import Project
from dext_tasks.scaffold import templates
from dext_tasks.scaffold.answers import ANSWERS_FILE, CHOICES, Answers, derive, recorded
from dext_tasks.scaffold.file_changes import Fate
from dext_tasks.scaffold.render import copy_template
from dext_tasks.scaffold.templates import frozen_template, frozen_versions, template_path
from dext_tasks.scaffold.upgrade import Scaffold, Upgrade, apply_upgrade, plan_upgrade
from dext_tasks.scaffold.validation import problems
from dext_tasks.sources.tree import TreeSource
from tests.unit.real_git import git, isolate, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.allow_processes, pytest.mark.made]

ANSWERS = derive("hello", image="ghcr.io/acme/hello", title='"Q" $x {{ 7 * 7 }}', description="Größe & <more> \\")
OLDER = "0.1.9"
VERSIONS = [version for version in frozen_versions() if version != __version__]
# All that there is, in as few projects as can have it.
EVERYTHING = {
    ci: replace(
        ANSWERS,
        frontend="react",
        backend=backend,
        compose=True,
        host_binaries=True,
        ci=ci,
        license="MPL-2.0",
        year="2026",
        updates=updates,
    )
    for ci, backend, updates in (("github", "go", "dependabot"), ("gitlab", "node", "renovate"))
}
MINE = "mine, $x {{ 7 * 7 }} größe\n"
# One of those that change a line, and each that changes which files there are.
_ALIKE = {"category", "license"}
MADE_OTHER = [
    (name, choice)
    for name, choices in CHOICES.items()
    for choice in (list(choices)[-1:] if name in _ALIKE else list(choices)[1:])
]


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


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A template that is older than today's: each file differs, some are not there yet, and one is there no more."""
    isolate(monkeypatch)
    places = tmp_path / "templates"
    template = places / "past" / OLDER
    shutil.copytree(template_path(), template)
    for file in (each for each in (template / "project").rglob("*") if each.is_file()):
        if ".png" in file.name:
            file.write_bytes(b"\x89PNG\0older")
        elif "answers_file" not in file.name:
            file.write_bytes(file.read_bytes() + b"# older\n")
    for file in (template / "project").rglob("main_test.go"):
        file.unlink()
    put(template / "project", {"gone.txt": "gone\n"})
    monkeypatch.setattr(templates, "_PLACES", (places, *templates._PLACES))  # noqa: SLF001 - where they are looked for
    return template


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


def edited(then: bytes, now: bytes) -> tuple[str, str]:
    """A line of an author's in the longest part of a file that the template left alone: in the file then, and now."""
    before, after = (text.decode().splitlines(keepends=True) for text in (then, now))
    part = SequenceMatcher(None, before, after, autojunk=False).find_longest_match()
    places = (part.a + part.size // 2, part.b + part.size // 2)
    for lines, place in zip((before, after), places, strict=True):
        lines.insert(place, MINE)
    return "".join(before), "".join(after)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_author_s_work_is_kept(version: str, made: Callable[[str], Path], tmp_path: Path) -> None:
    root = made(version)
    before = contents(root)
    today = fresh(recorded(before[ANSWERS_FILE].decode()), tmp_path / "fresh")
    texts = [name for name in before.keys() & today.keys() if name != ANSWERS_FILE and b"\0" not in before[name]]
    edits = {name: edited(before[name], today[name]) for name in texts}
    assert len(edits) > 12
    put(root, {name: then for name, (then, _) in edits.items()})
    # On Windows git gives files other line ends.
    (root / "README.md").write_bytes((root / "README.md").read_bytes().replace(b"\n", b"\r\n"))
    put(root, {"backend/mine.go": "package main\n"})
    (root / "docs/screenshot-dark.png").write_bytes(b"\x89PNG\0mine")
    (root / "docs/screenshot-light.png").unlink()
    commit(root)
    done = upgraded(root)
    assert [each.path for each in done.conflicts] == []
    found = contents(root)
    found["README.md"] = found["README.md"].replace(b"\r\n", b"\n")
    assert {name: found[name].decode() for name in texts} == {name: now for name, (_, now) in edits.items()}
    assert found["backend/mine.go"] == b"package main\n"
    assert found["docs/screenshot-dark.png"] == b"\x89PNG\0mine"
    assert found.keys() - {"backend/mine.go"} == today.keys() - {"docs/screenshot-light.png"}


@pytest.mark.parametrize("answers", EVERYTHING.values(), ids=EVERYTHING)
def test_one_with_everything_on_is_upgraded(answers: Answers, older: Path, tmp_path: Path) -> None:
    root = tmp_path / "hello"
    copy_template(older, root, answers, OLDER)
    git(root, "init", "--quiet")
    commit(root)
    before, today = contents(root), fresh(answers, tmp_path / "fresh")
    texts = [name for name in before.keys() & today.keys() if name != ANSWERS_FILE and b"\0" not in before[name]]
    # Every second one is an author's, too.
    edits = {name: edited(before[name], today[name]) for name in sorted(texts)[::2]}
    put(root, {name: then for name, (then, _) in edits.items()} | {"ui/src/Mine.tsx": MINE})
    commit(root)
    done = upgraded(root)
    assert [each.path for each in done.conflicts] == []
    kept = {name: now.encode() for name, (_, now) in edits.items()}
    assert contents(root) == {**today, **kept, "ui/src/Mine.tsx": MINE.encode()}
    assert {each.fate for each in done.files} == {Fate.NEW, Fate.UPDATED, Fate.MERGED, Fate.REMOVED}
    commit(root)
    assert upgraded(root).files == ()


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
