from __future__ import annotations

import base64
import os
import subprocess
from functools import partial
from pathlib import Path

import pytest

from dext_tasks.errors import GitError
from dext_tasks.git import Git, without_login

WORD = "sesame-7f3a"
ADDRESS = f"https://me:{WORD}@git.invalid/acme/demo.git"
BARE = "https://git.invalid/acme/demo.git"


def settings(found: dict[str, str]) -> list[tuple[str, str]]:
    numbers = range(int(found.get("GIT_CONFIG_COUNT", "0")))
    return [
        (found[f"GIT_CONFIG_KEY_{number}"], found[f"GIT_CONFIG_VALUE_{number}"])
        for number in numbers
        if f"GIT_CONFIG_KEY_{number}" in found
    ]


@pytest.mark.parametrize("login", [f"me:{WORD}", f"me:{WORD}%40%2Fx", f":{WORD}", f"a%3Ab:{WORD}"])
def test_a_login_is_a_header(login: str) -> None:
    address = f"https://{login}@git.invalid:8443/acme/demo.git"
    (instead, push, header) = settings(without_login([(address, address)], {}))
    bare = "https://git.invalid:8443/acme/demo.git"
    assert (instead, push) == ((f"url.{bare}.insteadOf", address), (f"url.{bare}.pushInsteadOf", address))
    assert header[0] == "http.https://git.invalid:8443/.extraHeader"
    user, _, word = base64.b64decode(header[1].removeprefix("Authorization: Basic ")).decode().rpartition(":")
    expected = {f"me:{WORD}%40%2Fx": ("me", f"{WORD}@/x"), f"a%3Ab:{WORD}": ("a:b", WORD)}
    assert (user, word) == expected.get(login, (login.partition(":")[0], WORD))


@pytest.mark.parametrize(
    "address",
    [BARE, "https://me@git.invalid/x", "git@git.invalid:acme/demo.git", f"ssh://me:{WORD}@git.invalid/x", "../x", ""],
)
def test_what_has_no_password_of_http_stays(address: str) -> None:
    assert without_login([(address, address)], {}) == {}


def test_settings_that_are_there_stay() -> None:
    found = without_login([(ADDRESS, ADDRESS)], {"GIT_CONFIG_COUNT": "2"})
    assert found["GIT_CONFIG_COUNT"] == "5"
    assert {"GIT_CONFIG_KEY_0", "GIT_CONFIG_KEY_1"}.isdisjoint(found)


@pytest.mark.parametrize("count", ["", "two", "-1", " "])
def test_a_count_that_is_no_number_counts_nothing(count: str) -> None:
    assert without_login([(ADDRESS, ADDRESS)], {"GIT_CONFIG_COUNT": count})["GIT_CONFIG_COUNT"] == "3"


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the helper that git starts for https writes its arguments and settings."""
    folder, told = tmp_path / "programs", tmp_path / "told"
    folder.mkdir()
    helper = folder / "git-remote-https"
    helper.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >> {told}\nexit 1\n", encoding="utf-8")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    # Git looks there first.
    monkeypatch.setenv("GIT_EXEC_PATH", _exec_path(tmp_path, helper))
    return told


def run(*args: str) -> str:
    return subprocess.run(["git", *args], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603, S607 - the real git


def _exec_path(tmp_path: Path, helper: Path) -> str:
    made = tmp_path / "exec"
    made.mkdir()
    for program in Path(run("--exec-path")).iterdir():
        if program.name != helper.name:
            (made / program.name).symlink_to(program)
    (made / helper.name).symlink_to(helper)
    return str(made)


@pytest.mark.allow_processes
@pytest.mark.parametrize("way", ["plain", "pushurl", "insteadOf", "pushInsteadOf"])
def test_no_argument_of_git_holds_it(tmp_path: Path, arguments: Path, way: str) -> None:
    root = tmp_path / "project"
    run("init", "--quiet", str(root))
    config = partial(run, "-C", str(root), "config")
    config("remote.origin.url", ADDRESS if way == "plain" else BARE)
    if way == "pushurl":
        config("remote.origin.pushurl", ADDRESS)
    elif way != "plain":
        config(f"url.https://me:{WORD}@git.invalid/.{way}", "https://git.invalid/")
    git = Git(root)
    with pytest.raises(GitError):
        git.remote_tag("origin", "v1.0.0")
    with pytest.raises(GitError):
        git.push_tag("origin", "v1.0.0")
    told = arguments.read_text(encoding="utf-8")
    assert BARE in told
    assert WORD not in told
