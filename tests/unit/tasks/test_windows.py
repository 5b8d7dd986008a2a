"""What runs on Windows itself, and what says that it needs WSL. Nothing here was tried on Windows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import NeedsWSLError
from dext_tasks.scaffold.answers import derive
from dext_tasks.scaffold.render import copy_template
from dext_tasks.scaffold.templates import frozen_template
from dext_tasks.tasks import namespace
from tests.unit.real_git import isolate, made

if TYPE_CHECKING:
    from tests.unit.tasks.conftest import Call

NATIVE = {
    "adopt",
    "check",
    "ci.github",
    "ci.gitlab",
    "ci.matrix",
    "config",
    "doctor",
    "fix",
    "labels",
    "manual",
    "new",
    "release.verify",
    "upgrade",
}
NEED_WSL = {
    *("build", "clean", "smoke"),
    *(f"release.{each}" for each in ("abort", "list", "release", "resume", "status")),
}
# They change nothing.
NOTHING_TO_REHEARSE = ("release.list", "release.status")
HELLO = Path(__file__).parents[3] / "examples" / "hello"

# A Python that lacks what Python lacks on Windows. Other people's libraries are loaded beforehand, as they have code of
# their own for Windows; `which` looks for programs as on Linux.
AS_WINDOWS = """
import sys
import asyncio, ctypes, multiprocessing, os, platform, shutil, signal, socket, subprocess, tempfile
import copier, invoke, invoke.program, jinja2, jsonschema, plumbum, psutil, referencing, rich.console, rich.progress
import rich.table, rich.traceback, semver, urllib3, yaml

which = shutil.which

def as_on_linux(*args, **more):
    sys.platform = "linux"
    try:
        return which(*args, **more)
    finally:
        sys.platform = "win32"

shutil.which = as_on_linux
for name in ("fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"):
    sys.modules[name] = None
for module, names in {
    os: "O_CLOEXEC O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK fork forkpty getegid geteuid getgid getpgid getuid "
    "killpg memfd_create mkfifo openpty posix_spawn posix_spawnp setpgid setsid statvfs sysconf uname",
    signal: "SIGALRM SIGBUS SIGHUP SIGKILL SIGPIPE SIGQUIT setitimer",
    socket: "AF_UNIX socketpair",
}.items():
    for name in names.split():
        delattr(module, name)
# What the standard library found out about the system when it was loaded.
shutil._use_fd_functions = subprocess._USE_POSIX_SPAWN = False
sys.platform = "win32"
from dext_tasks.__main__ import main
sys.argv = ["dext", *sys.argv[1:]]
main()
"""


def as_windows(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-c", AS_WINDOWS, *args], capture_output=True, check=False, text=True, encoding="utf-8"
    )


def test_every_verb_is_one_or_the_other() -> None:
    assert set(namespace.task_names) == NATIVE | NEED_WSL


@pytest.mark.parametrize("verb", sorted(NEED_WSL))
@pytest.mark.parametrize("dry", [True, False], ids=["dry", "for real"])
def test_what_needs_an_engine_says_so_at_once(
    verb: str,
    dry: bool,  # noqa: FBT001 - a case
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    # In a folder without a project: nothing was looked at before.
    ended = call(verb, "--json", *["--dry-run"] * (dry and verb not in NOTHING_TO_REHEARSE))
    assert ended.code == NeedsWSLError.exit_code
    assert ended.document["error"]["remedy"].startswith("run it in WSL")


@pytest.mark.allow_processes
class TestNative:
    def test_an_extension_is_made_checked_and_shown(self, tmp_path: Path) -> None:
        new = as_windows("new", "demo", "--image", "acme/demo", "--yes", "--path", str(tmp_path))
        assert new.returncode == 0, new
        project = ("--path", str(tmp_path / "demo"))
        checked = as_windows("check", "--json", *project)
        assert checked.returncode == 0, checked
        report = json.loads(checked.stdout)
        assert "does not run on Windows itself" in checked.stdout + checked.stderr, report
        labels = as_windows("labels", "--json", *project)
        assert labels.returncode == 0, labels
        settings = as_windows("config", "--json", *project)
        assert settings.returncode == 0, settings
        matrix = as_windows("ci.matrix", *project)
        assert matrix.returncode == 0, matrix

    def test_an_extension_is_upgraded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        isolate(monkeypatch)
        root = tmp_path / "demo"
        copy_template(frozen_template("0.1.0"), root, derive("demo", image="acme/demo"), "0.1.0")
        made(root, {"README.md": (root / "README.md").read_text(encoding="utf-8") + "\nMine.\n"})
        upgraded = as_windows("upgrade", "--json", "--data", "description=Other.", "--path", str(root))
        assert upgraded.returncode == 0, upgraded
        fates = {each["path"]: each["what"] for each in json.loads(upgraded.stdout)["files"]}
        assert fates["README.md"] == "merged"
        readme = (root / "README.md").read_text(encoding="utf-8")
        assert "\nOther.\n" in readme
        assert readme.endswith("\nMine.\n")

    def test_a_finding_is_a_finding(self, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_text("FROM scratch\nLABEL a=b\n", encoding="utf-8")
        checked = as_windows("check", "--json", "--path", str(tmp_path))
        assert checked.returncode == 1, checked

    @pytest.mark.parametrize("verb", ["check", "labels"])
    def test_an_image_in_an_engine_needs_wsl(self, verb: str) -> None:
        ended = as_windows(verb, "--image", "acme/demo:1.0.0", "--path", str(HELLO))
        assert ended.returncode == NeedsWSLError.exit_code, ended
        assert "WSL" in ended.stderr

    def test_the_doctor_says_so(self, tmp_path: Path) -> None:
        ended = as_windows("doctor", "--json", "--path", str(tmp_path))
        assert "does not run on Windows itself" in ended.stdout, ended
        assert "Traceback" not in ended.stderr
