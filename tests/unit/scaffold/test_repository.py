from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from dext_tasks.errors import GitError
from dext_tasks.git import GitResult, run_git
from dext_tasks.scaffold.repository import (
    GitOutcome,
    commit_first,
    initialise,
    origin,
    require_git,
    web_address,
    without_git,
)

NEW = Path("/home/ada/.new/project")
AROUND = Path("/home/ada")
NO_REPOSITORY = GitResult(128, "fatal: not a git repository (or any of the parent directories): .git")


class ScriptedGit:
    """Answers by the subcommand and remembers what it was asked."""

    def __init__(self, **answers: GitResult) -> None:
        self.answers = {"rev_parse": NO_REPOSITORY} | answers
        self.asked: list[tuple[tuple[str, ...], Path]] = []

    def __call__(self, arguments: tuple[str, ...], directory: Path) -> GitResult:
        self.asked.append((arguments, directory))
        return self.answers.get(_subcommand(arguments), GitResult(0))

    def commands(self) -> list[str]:
        return [_subcommand(arguments) for arguments, _ in self.asked]


def test_a_new_directory_becomes_a_repository_with_a_commit() -> None:
    git = ScriptedGit()
    assert initialise(NEW, AROUND, git) == (GitOutcome.COMMITTED, "")
    assert git.commands() == ["version", "rev_parse", "config", "init", "add", "commit"]


def test_the_surroundings_are_asked_and_the_new_directory_is_changed() -> None:
    git = ScriptedGit()
    initialise(NEW, AROUND, git)
    assert {_subcommand(arguments) for arguments, directory in git.asked if directory == NEW} == {
        "init",
        "add",
        "commit",
    }


def test_no_repository_is_nested_in_another() -> None:
    git = ScriptedGit(rev_parse=GitResult(0, "true"))
    assert initialise(NEW, AROUND, git) == (GitOutcome.INSIDE_REPOSITORY, "")
    assert "init" not in git.commands()


@pytest.mark.parametrize(
    "words",
    [
        "fatal: detected dubious ownership in repository at '/home/ada'",
        # A linked working tree whose repository is somewhere else, as in a container.
        "fatal: not a git repository: /elsewhere/.git/worktrees/ada",
        "fatal: bad config line 6 in file .git/config",
    ],
)
def test_a_repository_that_git_does_not_use_is_a_repository(words: str) -> None:
    git = ScriptedGit(rev_parse=GitResult(128, words))
    assert initialise(NEW, AROUND, git) == (GitOutcome.INSIDE_REPOSITORY, "")


def test_a_missing_git_is_no_failure() -> None:
    assert initialise(NEW, AROUND, without_git) == (GitOutcome.GIT_MISSING, "")


def test_an_init_that_fails_is_told_in_git_s_words() -> None:
    git = ScriptedGit(init=GitResult(1, "fatal: cannot mkdir .git"))
    assert initialise(NEW, AROUND, git) == (GitOutcome.GIT_MISSING, "fatal: cannot mkdir .git")


@pytest.mark.parametrize("step", ["add", "commit"])
def test_a_commit_that_fails_is_left_to_the_user(step: str) -> None:
    git = ScriptedGit(**{step: GitResult(128, "*** Please tell me who you are.")})
    assert initialise(NEW, AROUND, git) == (GitOutcome.INITIALISED, "*** Please tell me who you are.")


def test_git_never_makes_up_an_identity() -> None:
    git = ScriptedGit()
    initialise(NEW, AROUND, git)
    assert git.asked[-1][0][:2] == ("-c", "user.useConfigOnly=true")


def test_the_branch_is_main_unless_the_user_has_another() -> None:
    plain, configured = ScriptedGit(), ScriptedGit(config=GitResult(0, "trunk"))
    initialise(NEW, AROUND, plain)
    initialise(NEW, AROUND, configured)
    assert (("-c", "init.defaultBranch=main", "init", "--quiet"), NEW) in plain.asked
    assert (("init", "--quiet"), NEW) in configured.asked


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/acme/tool.git", "https://github.com/acme/tool"),
        ("https://github.com/acme/tool/", "https://github.com/acme/tool"),
        ("https://ada:secret@git.example:8443/a/b/c.git", "https://git.example:8443/a/b/c"),
        ("https://token@github.com/acme/tool", "https://github.com/acme/tool"),
        ("http://git.example/acme/tool", "https://git.example/acme/tool"),
        ("git@github.com:acme/tool.git", "https://github.com/acme/tool"),
        ("git.example.com:acme/tool", "https://git.example.com/acme/tool"),
        ("ssh://git@git.example:2222/acme/tool.git", "https://git.example/acme/tool"),
        ("ssh://git.example/acme/tool", "https://git.example/acme/tool"),
        ("git+ssh://git@git.example/acme/tool", "https://git.example/acme/tool"),
        ("/srv/git/tool.git", ""),
        ("../tool", ""),
        ("file:///srv/git/tool.git", ""),
        ("backup:tool.git", ""),
        ("", ""),
    ],
)
def test_a_remote_has_a_web_address_without_a_login(remote: str, address: str) -> None:
    assert web_address(remote) == address
    assert origin(NEW, ScriptedGit(config=GitResult(0, remote))) == address


def test_a_repository_without_remote_has_no_origin() -> None:
    assert origin(NEW, ScriptedGit(config=GitResult(1))) == ""


def test_a_repository_without_a_commit_gets_its_first() -> None:
    git = ScriptedGit(rev_parse=GitResult(1))
    assert commit_first(NEW, git) == (GitOutcome.COMMITTED, "")
    assert git.commands() == ["version", "rev_parse", "add", "commit"]


def test_a_repository_with_commits_is_left_as_it_is() -> None:
    git = ScriptedGit(rev_parse=GitResult(0, "a" * 40))
    assert commit_first(NEW, git) == (GitOutcome.INSIDE_REPOSITORY, "")
    assert git.commands() == ["version", "rev_parse"]


def test_a_repository_that_git_refuses_to_read_is_left_with_git_s_words() -> None:
    said = "fatal: detected dubious ownership in repository at '/home/ada'"
    assert commit_first(NEW, ScriptedGit(rev_parse=GitResult(128, said))) == (GitOutcome.INSIDE_REPOSITORY, said)


def test_git_that_cannot_be_run_is_an_error_with_its_words() -> None:
    with pytest.raises(GitError) as caught:
        require_git(AROUND, lambda _arguments, _folder: GitResult(127, "no git here"))
    assert caught.value.detail == "no git here"
    require_git(AROUND, lambda _arguments, _folder: GitResult(0, "git version 2.39"))


def test_without_git_nothing_is_committed() -> None:
    assert commit_first(NEW, without_git) == (GitOutcome.GIT_MISSING, "")


def test_a_git_that_does_not_end_is_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("git", 30)

    monkeypatch.setattr(subprocess, "run", hang)
    assert run_git(("commit",), tmp_path) == GitResult(-1, "git commit did not end within 30 seconds")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "No such file or directory", "git"), ""),
        (NotADirectoryError(20, "Not a directory", "git"), ""),
        (FileNotFoundError(2, "No such file or directory", "/gone"), "[Errno 2] No such file or directory: '/gone'"),
        (PermissionError(13, "Permission denied", "git"), "[Errno 13] Permission denied: 'git'"),
    ],
)
def test_a_git_that_cannot_be_run_is_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    assert run_git(("--version",), tmp_path) == GitResult(-1, said)


def test_git_sees_nothing_of_a_hook_s_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def record(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - as subprocess
        seen.update(options)
        return subprocess.CompletedProcess(command, 0, stdout="done\n", stderr="")

    monkeypatch.setattr(subprocess, "run", record)
    monkeypatch.setenv("GIT_DIR", "/elsewhere/.git")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada")
    assert run_git(("--version",), tmp_path) == GitResult(0, "done")
    assert "GIT_DIR" not in seen["env"]
    assert seen["env"]["GIT_AUTHOR_NAME"] == "Ada"
    assert seen["env"]["LC_ALL"] == "C"
    assert seen["timeout"] == 30


@pytest.mark.allow_processes
def test_a_real_git_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _isolate(tmp_path, monkeypatch, name="Ada")
    assert initialise(_project(tmp_path), tmp_path) == (GitOutcome.COMMITTED, "")
    assert run_git(("log", "--format=%an", "--name-only"), tmp_path / "project").output == "Ada\n\nfile.txt"


@pytest.mark.allow_processes
def test_a_real_git_in_a_hook_makes_a_repository_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _isolate(tmp_path, monkeypatch, name="Ada")
    run_git(("init", "--quiet", "other"), tmp_path)
    other = tmp_path / "other" / ".git"
    for name, value in {
        "GIT_DIR": other,
        "GIT_WORK_TREE": other.parent,
        "GIT_INDEX_FILE": other / "index",
        "GIT_OBJECT_DIRECTORY": other / "objects",
        "GIT_COMMON_DIR": other,
    }.items():
        monkeypatch.setenv(name, str(value))
    before = sorted(other.rglob("*"))
    assert initialise(_project(tmp_path), tmp_path) == (GitOutcome.COMMITTED, "")
    assert run_git(("log", "--format=%an", "--name-only"), tmp_path / "project").output == "Ada\n\nfile.txt"
    assert sorted(other.rglob("*")) == before


@pytest.mark.allow_processes
def test_a_real_git_without_identity_leaves_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _isolate(tmp_path, monkeypatch, name="")
    state, output = initialise(_project(tmp_path), tmp_path)
    assert state is GitOutcome.INITIALISED
    assert "user.email" in output
    assert run_git(("status", "--porcelain"), tmp_path / "project").output == "A  file.txt"


@pytest.mark.allow_processes
def test_a_real_git_sees_the_repository_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _isolate(tmp_path, monkeypatch, name="Ada")
    project = _project(tmp_path)
    run_git(("init", "--quiet"), tmp_path)
    assert initialise(project, tmp_path)[0] is GitOutcome.INSIDE_REPOSITORY
    assert not (project / ".git").exists()


@pytest.mark.allow_processes
def test_no_hook_of_a_folder_that_somebody_has_packed_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _isolate(tmp_path, monkeypatch, name="Ada")
    project, witness = _project(tmp_path), tmp_path / "witness"
    run_git(("init", "--quiet"), project)
    hooks = project / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "commit-msg", "post-commit", "post-index-change", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> '{witness}'\n")
        (hooks / name).chmod(0o755)
    run_git(("add", "--all"), project)
    assert witness.exists()
    witness.unlink()
    origin(project)
    assert commit_first(project) == (GitOutcome.COMMITTED, "")
    assert not witness.exists()


def _subcommand(arguments: tuple[str, ...]) -> str:
    skipped = 2 if arguments[0] == "-c" else 0
    return arguments[skipped].removeprefix("--").replace("-", "_")


def _isolate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, name: str) -> None:
    """A git with no configuration but the name, that looks no higher than ``tmp_path``."""
    identity = f"[user]\n\tname = {name}\n\temail = {name}@example.invalid\n" if name else ""
    (tmp_path / "gitconfig").write_text(identity)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for variable in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(variable, raising=False)


def _project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "file.txt").write_text("x\n")
    return tmp_path / "project"
