"""Pipelines as a runner runs them, from the clone to the published version."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .git_server import git_server
from .registry import PASSWORD, USER
from .requirement import require_browser
from .runner import GitHubRun, GitLabRun, Machines, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .extension import Extension
    from .registry import Registry

pytestmark = pytest.mark.timeout(900)
_TOKEN = "t0ken-of-git-5e1a"  # noqa: S105 - of a server that lives as long as one test
_SECONDS = 200
NO_PROJECT = 4


@pytest.fixture(scope="module")
def wheels(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheels")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(repository)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def published(extension: Extension, locked_registry: Registry) -> Extension:
    """An extension that is published where a login is needed."""
    extension.edit("invoke.yaml", extension.image, f"{locked_registry.address}/{extension.repository}")
    return extension


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder for machines with a short path: Chromium makes a socket in the one for temporary files."""
    with tempfile.TemporaryDirectory(prefix="dxp-") as made:
        yield Path(made)


@contextmanager
def served(folder: Path, user: str) -> Iterator[tuple[Path, Origin]]:
    """A git server that wants a login: its bare repository, and how it is reached."""
    bare = folder / "git" / "demo.git"
    subprocess.run(["git", "init", "--quiet", "--bare", bare], check=True, timeout=_SECONDS)
    subprocess.run(["git", "-C", bare, "config", "http.receivepack", "true"], check=True, timeout=_SECONDS)
    with git_server(bare.parent, user, _TOKEN) as address:
        yield bare, Origin(f"http://{address}/demo.git", user, _TOKEN)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[tuple[Path, Origin]]:
    """As GitHub takes its token."""
    with served(tmp_path, "x-access-token") as made:
        yield made


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[tuple[Path, Origin]]:
    """GitLab takes any name beside a token."""
    with served(tmp_path, "dext-tasks") as made:
        yield made


def test_github_checks_tests_and_releases_a_tag(
    published: Extension, locked_registry: Registry, github: tuple[Path, Origin], wheels: Path, short: Path
) -> None:
    require_browser()
    bare, origin = github
    assert published.dext("ci", "github").code == 0
    commit = published.commit("Have a pipeline")
    published.git("tag", "--annotate", "v1.0.0", "--message", "1.0.0")
    published.git("push", "--quiet", str(bare), "HEAD:refs/heads/main", "v1.0.0")
    workflows = published.folder / ".github" / "workflows"
    machines = Machines(short, wheels, origin, commit)
    context = {
        "github.token": _TOKEN,
        "github.server_url": origin.url.removesuffix("/demo.git"),
        "secrets.REGISTRY_USERNAME": USER,
        "secrets.REGISTRY_PASSWORD": PASSWORD,
    }

    checked = GitHubRun(
        machines, (workflows / "extension-check.yml").read_text(), {**context, "github.event_name": "pull_request"}
    )
    checked.run()
    assert set(checked.artifacts) == {"smoke-0", "smoke-1"}
    assert all((folder / "smoke.xml").stat().st_size for folder in checked.artifacts.values())

    tagged = replace(machines, tag="v1.0.0")
    released = GitHubRun(
        tagged, (workflows / "extension-release.yml").read_text(), {**context, "github.event_name": "push"}
    )
    released.run()
    digest = locked_registry.digest(published.repository, "1.0.0")
    assert released.context["needs.publish.outputs.digest"] == digest
    assert locked_registry.versions(published.repository) == {"1.0.0"}
    assert set(locked_registry.platforms(published.repository, "1.0.0")) == {"linux/amd64", "linux/arm64"}
    assert published.git("ls-remote", str(bare), "refs/tags/v1.0.0^{}").split()[0] == commit
    for told in (machines, tagged):
        _require_no_secret(told)


def test_gitlab_checks_tests_and_releases_by_button(
    published: Extension, locked_registry: Registry, gitlab: tuple[Path, Origin], wheels: Path, short: Path
) -> None:
    require_browser()
    bare, origin = gitlab
    assert published.dext("ci", "gitlab").code == 0
    commit = published.commit("Have a pipeline")
    published.git("push", "--quiet", str(bare), "HEAD:refs/heads/main")
    machines = Machines(short, wheels, origin, commit)
    variables = {
        "CI_PROJECT_URL": origin.url.removesuffix(".git"),
        **dict(zip(("CI_SERVER_PROTOCOL", "CI_SERVER_HOST", "CI_SERVER_PORT"), _server(origin), strict=True)),
        "CI_COMMIT_TAG": "",
        "GITLAB_USER_NAME": "Tester",
        "GITLAB_USER_EMAIL": "tester@example.invalid",
        "REGISTRY_USERNAME": USER,
        "REGISTRY_PASSWORD": PASSWORD,
        "RELEASE_TOKEN": _TOKEN,
    }
    text = (published.folder / ".gitlab-ci.yml").read_text()
    GitLabRun(machines, text, variables).run("check", "smoke")

    pressed = GitLabRun(machines, text, {**variables, "RELEASE_BUMP": "minor"})
    pressed.run("prepare", "publish")
    digest = locked_registry.digest(published.repository, "0.1.0")
    told = pressed.left["dext.env"].read_text(encoding="utf-8").splitlines()
    address = f"{locked_registry.address}/{published.repository}"
    assert told == ["version=0.1.0", f"reference={address}:0.1.0@{digest}", f"digest={digest}"]
    assert published.git("ls-remote", str(bare), "refs/tags/v0.1.0^{}").split()[0] == commit
    assert pressed.installed == {"chromium", "docker-buildx", "docker-cli", "docker-compose"}
    _require_no_secret(machines)


def test_the_action_runs_a_verb_with_what_it_is_given(
    repository: Path, wheels: Path, short: Path, tmp_path: Path
) -> None:
    hello = repository / "examples" / "hello"
    machines = Machines(short, wheels, Origin("", "", ""), "")
    run = GitHubRun(machines, "", {"github.event_name": "push"})
    code, outputs = run.use(repository, {"verb": "ci.matrix", "arguments": "--only\nsmoke\n"}, hello)
    assert code == 0, machines.shown
    assert outputs["result"].rstrip("\n") == outputs["matrix"]
    assert [each["platform"] for each in json.loads(outputs["matrix"])["include"]] == ["linux/amd64", "linux/arm64"]

    mark = tmp_path / "mark"
    hostile = {"verb": "check", "arguments": f"--ignore=label-missing=$(touch {mark}) `touch {mark}`; touch {mark}"}
    code, outputs = run.use(repository, {**hostile, "path": "no such folder"}, hello)
    assert (code, mark.exists()) == (NO_PROJECT, False), machines.shown


def _server(origin: Origin) -> tuple[str, str, str]:
    """Protocol, host and port of a git server."""
    protocol, _, address = origin.url.removesuffix("/demo.git").partition("://")
    host, _, port = address.rpartition(":")
    return protocol, host, port


def _require_no_secret(machines: Machines) -> None:
    """Nothing that a job wrote has one in it, but docker's own file of logins."""
    for secret in (_TOKEN, PASSWORD):
        assert secret not in machines.shown
        found = [
            str(file)
            for file in machines.folder.glob("job-*/*/**/*")
            if file.is_file() and not file.is_symlink() and secret.encode() in file.read_bytes()
        ]
        assert found == []
