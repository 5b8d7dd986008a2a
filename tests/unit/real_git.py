"""Repositories of the real git, which sees nothing of whoever runs the tests."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def isolate(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    """Let git run with one identity and no settings but a repository's own.

    Args:
        monkeypatch: Of the test.
        variables: More of git's, or other values.
    """
    for name, value in {
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
        # No repository above the temporary folder is ever found.
        "GIT_CEILING_DIRECTORIES": "/",
        **variables,
    }.items():
        monkeypatch.setenv(name, value)


def git(root: Path, *args: str) -> str:
    done = subprocess.run(  # noqa: S603 - the real git, with a list of fixed words
        ["git", *args],  # noqa: S607 - the git of whoever runs the tests
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip()


def commit(root: Path, name: str = "file") -> str:
    (root / name).write_text(name, encoding="utf-8")
    git(root, "add", name)
    git(root, "commit", "--quiet", "--message", name)
    return git(root, "rev-parse", "HEAD")


def put(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())


def made(root: Path, files: dict[str, str]) -> str:
    """Commit files in a repository, which is made if it is not there."""
    root.mkdir(exist_ok=True)
    if not (root / ".git").exists():
        git(root, "init", "--quiet")
    put(root, files)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "some files")
    return git(root, "rev-parse", "HEAD")


def held(folder: Path) -> dict[str, str]:
    found = (each for each in sorted(folder.rglob("*")) if each.is_file() and ".git" not in each.parts)
    return {each.relative_to(folder).as_posix(): each.read_bytes().decode() for each in found}
