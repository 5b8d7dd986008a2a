"""Upgrades of projects in real repositories, from one small template to another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from semver import Version

from dext_tasks import errors
from dext_tasks.scaffold import templates
from dext_tasks.scaffold.answers import ANSWERS_FILE, derive
from dext_tasks.scaffold.file_changes import Fate
from dext_tasks.scaffold.render import copy_template
from dext_tasks.scaffold.upgrade import Scaffold, TemplateVersion, Upgrade, apply_upgrade, available, plan_upgrade
from tests.unit.needs import make_pipe
from tests.unit.real_git import git, held, isolate, put

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

pytestmark = pytest.mark.allow_processes

LINES = "".join(f"{number}\n" for number in range(9))
# The template of 0.1.0 made no licence.
ANSWERS = derive("demo", image="acme/demo", title="{{ 7 * 7 }} $(x)", license="none")
RECORDED = "_template_version: {{ template_version }}\n" + "".join(
    f"{name}: {{{{ {name} | to_json }}}}\n" for name in list(ANSWERS.written())[:8]
)
OLD = {
    "text": LINES,
    "README.md.jinja": "# {{ title }}\n",
    "gone": "gone\n",
    "only/gone": "gone\n",
    "icon.png": "\x89PNG old",
    "ui/app.js": "old\n",
}
NEW = {
    "text": LINES.replace("7", "new"),
    "README.md.jinja": "# {{ title }}\n\n{{ description }}\n",
    "icon.png": "\x89PNG new",
    "ui/app.js": "new\n",
    "more/new": "new\n",
}


@dataclass(frozen=True)
class World:
    """A place with templates of three versions, and a project.

    Attributes:
        root: Of the project.
        target: The newest template.
    """

    root: Path
    target: TemplateVersion

    def author(self, **files: str | None) -> None:
        """Commit what an author made of the project; None removes a file."""
        for name, text in files.items():
            if text is None:
                (self.root / name).unlink()
        put(self.root, {name: text for name, text in files.items() if text is not None})
        self.commit()

    def commit(self) -> None:
        git(self.root, "add", "--all", "--force")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", "mine")

    def plan(self, **changed: str) -> Upgrade:
        return plan_upgrade(Scaffold.of(self.root), changed, self.target)

    def upgrade(self, **changed: str) -> dict[str, str]:
        """Upgrade it; what becomes of each file."""
        before = held(self.root)
        planned = self.plan(**changed)
        assert held(self.root) == before
        apply_upgrade(planned)
        for each in planned.files:
            if each.is_written:
                assert (self.root / each.path).is_file() == (each.state is not None)
            if each.is_written and each.state:
                assert (self.root / each.path).read_bytes() == each.state.content
        return {each.path: each.fate.value for each in planned.files if each.path != ANSWERS_FILE}

    def status(self) -> list[str]:
        return git(self.root, "status", "--porcelain", "--untracked-files=all", "--", ".").splitlines()


def template(folder: Path, files: Mapping[str, str]) -> Path:
    put(folder / "project", {**files, "{{ _copier_conf.answers_file }}.jinja": RECORDED})
    put(folder, {"copier.yml": "_subdirectory: project\n_answers_file: .copier-answers.yml\n"})
    return folder


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    isolate(monkeypatch)
    place = tmp_path / "templates"
    monkeypatch.setattr(templates, "_PLACES", (place,))
    old, new = template(place / "past" / "0.1.0", OLD), template(place / "extension", NEW)
    root = tmp_path / "demo"
    copy_template(old, root, ANSWERS, "0.1.0")
    git(root, "init", "--quiet")
    made = World(root, TemplateVersion(Version(0, 2, 0), new))
    made.commit()
    return made


def test_a_project_that_nobody_changed_becomes_what_is_made_today(world: World, tmp_path: Path) -> None:
    planned = world.plan()
    assert held(world.root)["text"] == LINES
    fates = world.upgrade()
    fresh = tmp_path / "fresh"
    copy_template(world.target.folder, fresh, ANSWERS, "0.2.0")
    assert held(world.root) == held(fresh)
    assert str(tmp_path) not in (world.root / ANSWERS_FILE).read_text()
    assert fates == {
        "README.md": "updated",
        "gone": "removed",
        "icon.png": "updated",
        "more/new": "new",
        "only/gone": "removed",
        "text": "updated",
        "ui/app.js": "updated",
    }
    assert not (world.root / "only").exists()
    assert (planned.before, planned.after, planned.is_available) == (Version(0, 1, 0), Version(0, 2, 0), True)
    world.commit()
    again = world.plan()
    assert (again.files, again.is_available) == ((), False)


def test_what_the_author_made_of_it_is_kept(world: World) -> None:
    mine = {
        "text": LINES.replace("1", "mine"),
        "gone": "mine\n",
        "icon.png": "\x89PNG\0mine",
        "ui/app.js": None,
        "ui/main.js": "old\n",
        "more/other": "mine\n",
    }
    world.author(**mine)
    (world.root / "text").chmod(0o755)
    world.commit()
    assert world.upgrade() == {
        "README.md": "updated",
        "gone": "kept",
        "icon.png": "kept",
        "more/new": "new",
        "only/gone": "removed",
        "text": "merged",
        "ui/app.js": "kept",
    }
    assert {name: text for name, text in held(world.root).items() if name in mine} == {
        "text": LINES.replace("1", "mine").replace("7", "new"),
        "gone": "mine\n",
        "icon.png": "\x89PNG\0mine",
        "ui/main.js": "old\n",
        "more/other": "mine\n",
    }
    assert (world.root / "text").stat().st_mode & 0o777 == 0o755
    assert not list(world.root.glob(".dext-*"))


def test_conflicts_are_marked_and_git_knows_of_them(world: World) -> None:
    world.author(text=LINES.replace("7", "mine"), **{"more/new": "mine\n"})
    planned = world.plan()
    assert {each.path: each.lines for each in planned.conflicts} == {"text": (8,), "more/new": (1,)}
    apply_upgrade(planned)
    marked = "<<<<<<< before updating\nmine\n=======\nnew\n>>>>>>> after updating\n"
    assert (world.root / "text").read_text() == LINES.replace("7\n", marked)
    assert {"UU text", "AA more/new"} <= set(world.status())
    stages = git(world.root, "ls-files", "--unmerged").splitlines()
    assert [line.split()[2:] for line in stages] == [
        [stage, path] for path, staged in (("more/new", "23"), ("text", "123")) for stage in staged
    ]
    assert git(world.root, "show", ":2:text") == LINES.replace("7", "mine").strip()
    assert git(world.root, "show", ":3:text") == LINES.replace("7", "new").strip()
    with pytest.raises(errors.ConflictsLeftError, match="2 files have conflicts still: more/new, text"):
        world.plan()
    # Whoever commits them all the same is told.
    world.commit()
    assert not world.plan().is_available
    (world.root / ANSWERS_FILE).write_text((world.root / ANSWERS_FILE).read_text().replace("0.2.0", "0.1.0"))
    world.commit()
    with pytest.raises(errors.ConflictsLeftError, match="2 files have conflict markers already: more/new, text"):
        world.plan()


def test_line_ends_of_windows_stay(world: World) -> None:
    git(world.root, "config", "core.autocrlf", "true")
    for name in ("text", "README.md", "ui/app.js", ANSWERS_FILE):
        (world.root / name).write_bytes((world.root / name).read_bytes().replace(b"\n", b"\r\n"))
    put(world.root, {"ui/app.js": "old\r\nmine\r\n", "text": LINES.replace("1", "mine").replace("\n", "\r\n")})
    world.commit()
    assert b"\r" not in (git(world.root, "cat-file", "blob", "HEAD:text")).encode()
    fates = world.upgrade()
    assert (fates["text"], fates["README.md"], fates["ui/app.js"]) == ("merged", "updated", "conflict")
    assert held(world.root)["text"] == LINES.replace("1", "mine").replace("7", "new").replace("\n", "\r\n")
    assert "\r\n\r\n" in held(world.root)["README.md"]
    assert "\n" not in held(world.root)["ui/app.js"].replace("\r\n", "")
    # The sides that git keeps are as it keeps files.
    assert git(world.root, "cat-file", "blob", ":3:ui/app.js") == "new"


def test_what_is_not_the_project_s_own_is_not_touched(world: World, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    put(outside, {"app.js": "old\n", "text": "old\n"})
    for name in ("text", "ui/app.js", "more/new"):
        (world.root / name).unlink(missing_ok=True)
    (world.root / "ui").rmdir()
    (world.root / "ui").symlink_to(outside)
    (world.root / "text").symlink_to(outside / "text")
    put(world.root / "more", {"new": "of another repository\n"})
    git(world.root / "more", "init", "--quiet")
    git(world.root / "more", "add", "new")
    git(world.root / "more", "commit", "--quiet", "--message", "one")
    world.commit()
    planned = world.plan()
    apply_upgrade(planned)
    assert {each.path: each.why for each in planned.files if each.fate is Fate.KEPT} == {
        "more/new": "more is a repository of its own",
        "text": "it is a symbolic link",
        "ui/app.js": "ui is a symbolic link",
    }
    assert held(outside) == {"app.js": "old\n", "text": "old\n"}
    assert (world.root / "more/new").read_text() == "of another repository\n"


def test_one_extension_of_several_is_upgraded(world: World, tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "extensions").mkdir(parents=True)
    git(top, "init", "--quiet")
    (world.root / ".git").rename(tmp_path / "unused")
    for name in ("a", "größe b"):
        copy_template(templates.frozen_template("0.1.0"), top / "extensions" / name, ANSWERS, "0.1.0")
    inner = replace(world, root=top / "extensions" / "größe b")
    put(inner.root, {"text": LINES.replace("7", "mine")})
    put(top, {"README.md": "old\n"})
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message", "two")
    put(top, {"README.md": "not committed\n", "extensions/a/text": "not committed\n"})
    before = held(top / "extensions" / "a")
    assert inner.upgrade()["text"] == "conflict"
    assert held(top / "extensions" / "a") == before
    assert held(top)["README.md"] == "not committed\n"
    git(top, "config", "core.quotePath", "false")
    assert "UU text" in {line.replace('"', "").replace("extensions/größe b/", "") for line in inner.status()}
    assert Scaffold.of(inner.root / "ui").root == inner.root
    with pytest.raises(errors.NotScaffoldedError) as caught:
        Scaffold.of(top)
    assert caught.value.remedy.endswith(f": --path {Path('extensions/a')}, --path {Path('extensions/größe b')}")


def test_what_git_does_not_have_is_not_replaced(world: World) -> None:
    put(world.root, {".gitignore": "more/\n"})
    world.commit()
    put(world.root, {"more/new": "ignored\n", "notes": "not in the way\n"})
    with pytest.raises(errors.DirtyTreeError, match="1 file is in the way, and not committed") as caught:
        world.plan()
    assert caught.value.detail == "more/new"
    put(world.root, {"more/new": "new\n"})
    assert "more/new" not in world.upgrade()
    assert held(world.root)["notes"] == "not in the way\n"


def _uncommitted(root: Path) -> None:
    put(root, {"text": "mine\n"})


def _staged(root: Path) -> None:
    put(root, {"other": "mine\n"})
    git(root, "add", "other")


def _hidden(root: Path) -> None:
    put(root, {"text": "mine\n"})
    git(root, "update-index", "--assume-unchanged", "text")


def _without_git(root: Path) -> None:
    (root / ".git").rename(root.parent / "unused")


def _without_commit(root: Path) -> None:
    _without_git(root)
    git(root, "init", "--quiet")


def _recorded(old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        text = (root / ANSWERS_FILE).read_text()
        assert old in text
        (root / ANSWERS_FILE).write_text(text.replace(old, new))
        git(root, "commit", "--quiet", "--all", "--message", "mine")

    return change


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (_uncommitted, errors.DirtyTreeError, "1 file is not committed"),
        (_staged, errors.DirtyTreeError, "1 file is not committed"),
        (_hidden, errors.DirtyTreeError, "1 file is not committed"),
        (_without_git, errors.DirtyTreeError, "is not in a git repository"),
        (_without_commit, errors.DirtyTreeError, "files are in the way, and not committed"),
        (lambda root: (root / ANSWERS_FILE).unlink(), errors.NotScaffoldedError, "has no .copier-answers.yml"),
        (_recorded("0.1.0", "'?'"), errors.NotScaffoldedError, "does not say which version"),
        (_recorded("_template_version", "_commit"), errors.NotScaffoldedError, "does not say which version"),
        (_recorded("_template_version:", "- "), errors.NotScaffoldedError, "is not YAML any more"),
        (_recorded("0.1.0", "0.3.0"), errors.TemplateVersionError, "has the template of dext-tasks 0.3.0, and this is"),
        (_recorded("0.1.0", "0.1.1"), errors.TemplateVersionError, "template of dext-tasks 0.1.1 is not known"),
        (_recorded('acme/demo"\npub', 'Acme/Demo"\npub'), errors.ScaffoldError, "write it in lower case"),
        (_recorded('vendor: "acme"\n', ""), errors.ScaffoldError, "has not all of"),
    ],
)
def test_what_cannot_be_upgraded_is_told_and_left_alone(
    world: World, damage: Callable[[Path], object], error: type[errors.DextError], message: str
) -> None:
    damage(world.root)
    before = held(world.root)
    with pytest.raises(error, match=message) as caught:
        world.plan()
    assert caught.value.remedy
    assert held(world.root) == before


# Nine to the ninth power once each is written out.
_LAUGHS = "_0: &a0 [x]\n" + "".join(f"_{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (_LAUGHS + "title: *a9\n", errors.ScaffoldError, "has not all of"),
        (_LAUGHS + "_template_version: *a9\n", errors.NotScaffoldedError, "does not say which version"),
        ("_deep: " + "[" * 5000 + "]" * 5000 + "\n", errors.NotScaffoldedError, "is not YAML any more"),
        ("? [a]\n: b\n", errors.NotScaffoldedError, "is not YAML any more"),
        ('_odd: "\\U00110000"\n', errors.NotScaffoldedError, "is not YAML any more"),
    ],
)
def test_whoever_wrote_the_answers_cannot_break_it(
    world: World, text: str, error: type[errors.DextError], message: str
) -> None:
    recorded = (world.root / ANSWERS_FILE).read_text()
    kept = [line for line in recorded.splitlines(keepends=True) if line.partition(":")[0] not in text]
    put(world.root, {ANSWERS_FILE: "".join(kept) + text})
    world.commit()
    with pytest.raises(error, match=message):
        world.plan()


def test_answers_are_text_whatever_they_look_like(world: World) -> None:
    put(
        world.root, {ANSWERS_FILE: (world.root / ANSWERS_FILE).read_text() + f"_day: 2001-99-99\n_long: {'9' * 5000}\n"}
    )
    world.commit()
    assert world.upgrade()["text"] == "updated"


@pytest.mark.parametrize("name", ["text", "more/new"])
def test_what_an_editor_saves_meanwhile_is_not_replaced(world: World, name: str) -> None:
    planned = world.plan()
    put(world.root, {name: "saved meanwhile\n"})
    before = held(world.root)
    with pytest.raises(errors.DirtyTreeError):
        apply_upgrade(planned)
    assert held(world.root) == before


def test_answers_are_changed(world: World) -> None:
    world.author(text=LINES.replace("1", "mine"))
    assert world.upgrade(title="Other", description="Says more.")["README.md"] == "updated"
    assert held(world.root)["README.md"] == "# Other\n\nSays more.\n"
    assert Scaffold.of(world.root).answers == replace(ANSWERS, title="Other", description="Says more.")
    world.commit()
    assert world.upgrade(title="Third") == {"README.md": "updated"}
    with pytest.raises(errors.ScaffoldError, match="leave out"):
        world.plan(title="Docker thing")


def test_an_answer_edited_by_hand_is_the_project_s(world: World) -> None:
    _recorded('vendor: "acme"', "vendor: Me # mine")(world.root)
    world.upgrade()
    assert Scaffold.of(world.root).answers.vendor == "Me"


def test_whether_there_is_one_needs_no_git(world: World) -> None:
    _without_git(world.root)
    scaffold = Scaffold.of(world.root)
    assert available(scaffold, world.target).is_available
    assert not available(scaffold, replace(world.target, version=Version(0, 1, 0))).is_available


def test_nothing_of_whoever_runs_it_takes_part(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = tmp_path / "witness"
    script = tmp_path / "program"
    script.write_text(f"#!/bin/sh\necho \"$PWD\" >> '{witness}'\nexit 1\n")
    script.chmod(0o755)
    hooks = tmp_path / "skeleton" / "hooks"
    hooks.mkdir(parents=True)
    for name in ("pre-commit", "post-checkout", "post-commit", "post-index-change", "reference-transaction"):
        (hooks / name).symlink_to(script)
    settings = {
        "core.hooksPath": hooks,
        "core.fsmonitor": script,
        "core.autocrlf": "true",
        "core.attributesFile": tmp_path / "attributes",
        "commit.gpgSign": "true",
        "tag.gpgSign": "true",
        "gpg.program": script,
        "diff.external": script,
        "merge.mine.driver": script,
        "filter.mine.clean": script,
        "init.templateDir": hooks.parent,
        "init.defaultBranch": "..",
        "user.useConfigOnly": "true",
    }
    put(tmp_path, {"attributes": "* merge=mine filter=mine\n"})
    world.author(text=LINES.replace("1", "mine"), **{"ui/app.js": "mine\n"})
    home = tmp_path / "home"
    home.mkdir()
    for name, value in settings.items():
        git(home, "config", "--file", str(home / ".gitconfig"), name, str(value))
    put(home, {"copier/settings.yml": "defaults: {title: Wrong}\ntrust: ['/']\n"})
    for name, where in {"HOME": home, "XDG_CONFIG_HOME": home, "GIT_CONFIG_GLOBAL": home / ".gitconfig"}.items():
        monkeypatch.setenv(name, str(where))
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(home / "copier/settings.yml"))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(hooks.parent))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(script))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "no-index"))
    planned = world.plan()
    assert {each.path: each.fate.value for each in planned.files if each.path in {"text", "ui/app.js"}} == {
        "text": "merged",
        "ui/app.js": "conflict",
    }
    apply_upgrade(planned)
    # A filter is what git asks about each file of the project; nothing else was run.
    assert set(witness.read_text().splitlines()) == {str(world.root)}


def test_no_hook_and_no_monitor_of_the_repository_is_run(world: World, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    program = tmp_path / "hooks" / "post-index-change"
    put(tmp_path, {"hooks/post-index-change": f"#!/bin/sh\necho \"$0\" >> '{witness}'\nexit 1\n"})
    program.chmod(0o755)
    world.author(**{"ui/app.js": "mine\n"})
    git(world.root, "config", "core.hooksPath", str(program.parent))
    git(world.root, "config", "core.fsmonitor", str(program))
    git(world.root, "status")
    assert witness.exists()
    witness.unlink()
    # What git has to look at again, it would note in its index.
    (world.root / "text").touch()
    assert world.upgrade()["ui/app.js"] == "conflict"
    assert not witness.exists()


def test_nothing_of_a_template_is_run(world: World, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    put(
        world.target.folder,
        {
            "copier.yml": f"_subdirectory: project\n_tasks: ['touch {witness}']\n"
            f"_migrations: [{{version: 0.2.0, after: ['touch {witness}']}}]\n"
        },
    )
    with pytest.raises(errors.ScaffoldError, match="UnsafeTemplateError"):
        world.plan()
    assert not witness.exists()


def test_an_interruption_leaves_all_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.author(text=LINES.replace("7", "mine"))
    planned = world.plan()
    before = held(world.root)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dext_tasks.git.Git.mark_unmerged", interrupted)
    with pytest.raises(KeyboardInterrupt):
        apply_upgrade(planned)
    assert held(world.root) == before
    assert world.status() == []
    assert (world.root / "only/gone").is_file()
    assert not (world.root / "more").exists()


def test_the_version_is_written_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[str] = []
    replace_one = Path.replace

    def noted(path: Path, target: Path) -> Path:
        replaced.append(target.name)
        return replace_one(path, target)

    monkeypatch.setattr(Path, "replace", noted)
    world.upgrade()
    assert replaced.index(ANSWERS_FILE) == len(replaced) - 1 > 3


def test_an_answers_file_that_is_no_file_is_told(world: World, tmp_path: Path) -> None:
    place = world.root / ANSWERS_FILE
    place.rename(tmp_path / "answers")
    place.symlink_to(tmp_path / "answers")
    with pytest.raises(errors.NotScaffoldedError, match="cannot be read: it is a symbolic link"):
        Scaffold.of(world.root)
    place.unlink()
    make_pipe(place)
    with pytest.raises(errors.NotScaffoldedError, match="cannot be read: it is not a file"):
        Scaffold.of(world.root)


def test_without_git_it_says_what_is_missing(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.GitError, match="git is not on PATH"):
        world.plan()
    (world.root / ANSWERS_FILE).unlink()
    with pytest.raises(errors.NotScaffoldedError):
        world.plan()


def test_that_it_is_too_new_is_said_whatever_it_was_asked(world: World) -> None:
    _recorded("0.1.0", "0.3.0\nfrontend: of 0.3.0")(world.root)
    with pytest.raises(errors.TemplateVersionError):
        world.plan()
