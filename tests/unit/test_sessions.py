from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections import OrderedDict
from inspect import signature
from typing import TYPE_CHECKING, Any

import nox.registry
import pytest

from dext_tasks import sessions
from dext_tasks.errors import ConfigError, ProjectNotFoundError, UnknownPlatformError
from dext_tasks.sessions import register

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = ["smoke(linux/amd64)", "smoke(linux/arm64)", "ui(linux/amd64)", "ui(linux/arm64)"]


class Recorder:
    """A nox session that keeps what it is told to run."""

    def __init__(self, cache_dir: Path, *posargs: str) -> None:
        self.cache_dir = cache_dir
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


def test_each_session_calls_its_verb_in_a_process_of_its_own(registered: OrderedDict[str, Any], tmp_path: Path) -> None:
    register()
    check, smoke, ui = Recorder(tmp_path, "--json"), Recorder(tmp_path, "--smoke-timeout", "60"), Recorder(tmp_path)
    registered["check"].func(check)
    registered["smoke"].func(smoke, platform="linux/arm64")
    registered["ui"].func(ui, platform="linux/amd64")
    head = (sys.executable, "-m", "dext_tasks")
    assert check.ran == [((*head, "check", "--json"), {"external": True})]
    wanted = (*head, "smoke", "--platform", "linux/arm64", "--ui", "never", "--smoke-timeout", "60")
    assert smoke.ran == [(wanted, {"external": True})]
    assert ui.ran == [((*head, "smoke", "--platform", "linux/amd64", "--ui", "always"), {"external": True})]


def test_another_folder_is_named_to_the_verb(registered: OrderedDict[str, Any], tmp_path: Path) -> None:
    register(path=tmp_path)
    check = Recorder(tmp_path)
    registered["check"].func(check)
    assert check.ran[0][0][3:] == ("check", "--path", str(tmp_path))


def test_sessions_may_run_at_once_where_nox_can(registered: OrderedDict[str, Any]) -> None:
    register()
    allowed = {getattr(each, "allow_parallel", None) for each in registered.values()}
    assert allowed == {True if "allow_parallel" in signature(nox.session).parameters else None}


def test_a_nox_that_runs_one_at_a_time_is_fine_too(
    registered: OrderedDict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_PARALLEL", {})
    register()
    assert set(registered) == {"check", "smoke", "ui"}


def test_sessions_need_no_environment_of_their_own(registered: OrderedDict[str, Any]) -> None:
    register()
    assert {each.venv_backend for each in registered.values()} == {"none"}


def test_our_log_stays_out_of_what_nox_shows(caplog: pytest.LogCaptureFixture) -> None:
    """Nox shows every record of every library, from the lowest level on."""
    package = logging.getLogger("dext_tasks")
    with caplog.at_level(logging.DEBUG):
        register()
        assert [each for each in caplog.records if each.name.startswith(package.name)] == []
        assert package.isEnabledFor(logging.DEBUG)


def test_a_platform_that_is_none_is_refused(registered: OrderedDict[str, Any]) -> None:
    with pytest.raises(SystemExit) as ended:
        register(platforms=["linux/amd64", "windows/amd64"])
    assert ended.value.code == UnknownPlatformError.exit_code
    assert registered == {}


@pytest.mark.parametrize("platforms", [None, ["linux/amd64"]])
def test_a_folder_that_is_not_there_is_refused(
    registered: OrderedDict[str, Any], capsys: pytest.CaptureFixture[str], platforms: list[str] | None
) -> None:
    with pytest.raises(SystemExit) as ended:
        register(path="extensions/typo", platforms=platforms)
    assert ended.value.code == ProjectNotFoundError.exit_code
    assert "extensions/typo is not a folder" in capsys.readouterr().err
    assert registered == {}


def test_settings_that_are_wrong_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "invoke.yaml").write_text("dext: {platforms: 7}\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        register(path=tmp_path)
    assert ended.value.code == ConfigError.exit_code
    where, message, remedy = capsys.readouterr().err.splitlines()
    assert where == f"register() for {tmp_path}:"
    assert message.startswith("error: invoke.yaml:1: 'platforms' must be ")
    assert remedy.startswith("  next: ")


def test_two_extensions_with_sessions_of_one_name_are_told(
    registered: OrderedDict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    register(path=tmp_path / "a")
    before = list(registered)
    with pytest.raises(SystemExit) as ended:
        register(path=tmp_path / "b")
    assert ended.value.code == ConfigError.exit_code
    told = capsys.readouterr().err
    assert "has a session check, smoke, ui already" in told
    assert "register(prefix=" in told
    assert list(registered) == before
    register(prefix="b-", path=tmp_path / "b")
    assert list(registered) == [*before, "b-check", "b-smoke", "b-ui"]


def test_a_session_of_the_noxfiles_own_is_not_replaced(registered: OrderedDict[str, Any]) -> None:
    @nox.session
    def check(session: nox.Session) -> None:
        """Be there first."""

    with pytest.raises(SystemExit):
        register()
    assert registered["check"].func is check.func


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
    ("call", "names"),
    [
        ("register()", ["check", *DEFAULT]),
        ('register("ext-", ["arm64"])', ["ext-check", "ext-smoke(linux/arm64)", "ext-ui(linux/arm64)"]),
        (
            'register(); register(prefix="b-", platforms=["linux/s390x"], path="below")',
            ["check", *DEFAULT, "b-check", "b-smoke(linux/s390x)", "b-ui(linux/s390x)"],
        ),
        (
            'register(prefix="a-", path="below"); register(prefix="b-", path="above", platforms=["s390x"])',
            ["a-check", *(f"a-{each}" for each in DEFAULT), "b-check", "b-smoke(linux/s390x)", "b-ui(linux/s390x)"],
        ),
    ],
)
def test_nox_lists_them_for_a_matrix(tmp_path: Path, call: str, names: list[str]) -> None:
    for name in ("above", "below"):
        (tmp_path / name).mkdir()
    (tmp_path / "noxfile.py").write_text(f"from dext_tasks.sessions import register\n{call}\n", encoding="utf-8")
    assert listed(tmp_path) == names


@pytest.mark.allow_processes
def test_platforms_come_from_the_settings(tmp_path: Path) -> None:
    (tmp_path / "noxfile.py").write_text("from dext_tasks.sessions import register\nregister()\n", encoding="utf-8")
    (tmp_path / "invoke.yaml").write_text("dext:\n  platforms: [linux/arm64]\n", encoding="utf-8")
    assert listed(tmp_path, "-t", "dext") == ["check", "smoke(linux/arm64)", "ui(linux/arm64)"]


@pytest.mark.allow_processes
@pytest.mark.parametrize("args", [("-l",), ("-l", "--json"), ("-s", "check")])
def test_nox_says_of_wrong_settings_what_a_verb_says(tmp_path: Path, args: tuple[str, ...]) -> None:
    (tmp_path / "noxfile.py").write_text("from dext_tasks.sessions import register\nregister()\n", encoding="utf-8")
    (tmp_path / "invoke.yaml").write_text("dext: {imag: x, smoke: {timeout: soon}}\n", encoding="utf-8")
    nox, verb = (
        subprocess.run(  # noqa: S603 - this interpreter, with a list of fixed words
            [sys.executable, "-m", *argv], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60
        )
        for argv in (("nox", *args), ("dext_tasks", "config"))
    )
    assert (nox.returncode, nox.stdout, nox.stderr) == (verb.returncode, verb.stdout, verb.stderr)
    assert nox.returncode == ConfigError.exit_code
    assert "Traceback" not in nox.stderr


@pytest.mark.allow_processes
@pytest.mark.skipif("allow_parallel" not in signature(nox.session).parameters, reason="this nox runs one at a time")
def test_two_sessions_run_at_once(tmp_path: Path) -> None:
    """Each waits for the other, which they could not do one after the other."""
    verb = """
import pathlib, sys, time
own, other = ("a", "b") if "linux/amd64" in sys.argv else ("b", "a")
pathlib.Path(own).touch()
for _ in range(1200):
    if pathlib.Path(other).exists():
        break
    time.sleep(0.05)
else:
    sys.exit("alone")
"""
    (tmp_path / "verb.py").write_text(verb, encoding="utf-8")
    noxfile = "from dext_tasks import sessions\nsessions._MODULE = 'verb'\nsessions.register()\n"
    (tmp_path / "noxfile.py").write_text(noxfile, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "nox", "-j", "2", "-s", "smoke"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done
