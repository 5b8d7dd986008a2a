from __future__ import annotations

import json
import subprocess
import sys
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import nox.registry
import pytest

from dext_tasks.errors import ConfigError, UnknownPlatformError
from dext_tasks.sessions import register

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = ["smoke(linux/amd64)", "smoke(linux/arm64)"]


class Recorder:
    """A nox session that keeps what it is told to run."""

    def __init__(self, *posargs: str) -> None:
        self.posargs = posargs
        self.ran: list[tuple[tuple[str, ...], dict[str, object]]] = []

    def run(self, *argv: str, **options: object) -> None:
        self.ran.append((argv, options))


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> OrderedDict[str, Any]:
    """Nox's list of sessions, empty."""
    sessions: OrderedDict[str, Any] = OrderedDict()
    monkeypatch.setattr(nox.registry, "_REGISTRY", sessions)
    return sessions


def test_each_session_calls_its_verb_in_a_process_of_its_own(registered: OrderedDict[str, Any]) -> None:
    register()
    check, smoke = Recorder("--json"), Recorder("--smoke-timeout", "60")
    registered["check"].func(check)
    registered["smoke"].func(smoke, platform="linux/arm64")
    head = (sys.executable, "-m", "dext_tasks")
    assert check.ran == [((*head, "check", "--json"), {"external": True})]
    wanted = (*head, "smoke", "--platform", "linux/arm64", "--smoke-timeout", "60")
    assert smoke.ran == [(wanted, {"external": True})]


def test_another_folder_is_named_to_the_verb(registered: OrderedDict[str, Any], tmp_path: Path) -> None:
    register(path=tmp_path)
    check = Recorder()
    registered["check"].func(check)
    assert check.ran[0][0][3:] == ("check", "--path", str(tmp_path))


def test_sessions_need_no_environment_of_their_own(registered: OrderedDict[str, Any]) -> None:
    register()
    assert {each.venv_backend for each in registered.values()} == {"none"}


def test_a_platform_that_is_none_is_refused(registered: OrderedDict[str, Any]) -> None:
    with pytest.raises(UnknownPlatformError):
        register(platforms=["linux/amd64", "windows/amd64"])
    assert registered == {}


def test_settings_that_are_wrong_are_refused(tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text("dext: {platforms: 7}\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        register(path=tmp_path)


def listed(folder: Path, *args: str) -> list[str]:
    done = subprocess.run(  # noqa: S603 - this interpreter, with a list of fixed words
        [sys.executable, "-m", "nox", "-l", "--json", *args],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [each["session"] for each in json.loads(done.stdout)]


@pytest.mark.allow_processes
@pytest.mark.parametrize(
    ("call", "sessions"),
    [
        ("register()", ["check", *DEFAULT]),
        ('register("ext-", ["arm64"])', ["ext-check", "ext-smoke(linux/arm64)"]),
        (
            'register(); register(prefix="b-", platforms=["linux/s390x"], path="below")',
            ["check", *DEFAULT, "b-check", "b-smoke(linux/s390x)"],
        ),
    ],
)
def test_nox_lists_them_for_a_matrix(tmp_path: Path, call: str, sessions: list[str]) -> None:
    (tmp_path / "noxfile.py").write_text(f"from dext_tasks.sessions import register\n{call}\n", encoding="utf-8")
    assert listed(tmp_path) == sessions


@pytest.mark.allow_processes
def test_platforms_come_from_the_settings(tmp_path: Path) -> None:
    (tmp_path / "noxfile.py").write_text("from dext_tasks.sessions import register\nregister()\n", encoding="utf-8")
    (tmp_path / "invoke.yaml").write_text("dext:\n  platforms: [linux/arm64]\n", encoding="utf-8")
    assert listed(tmp_path, "-t", "dext") == ["check", "smoke(linux/arm64)"]
