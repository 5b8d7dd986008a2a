"""The guard around unit tests, and the fixtures they share.

Unit tests start no process, open no connection, and see neither the home nor the variables of whoever
runs them. `@pytest.mark.allow_processes` lifts the first of these rules for one test.
"""

from __future__ import annotations

import logging
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from dext_tasks.config import Settings
from dext_tasks.engine.facts import ImageFacts
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.project import Project
from dext_tasks.runtime import lease, temporary
from tests.unit.needs import why_not

MakeProject = Callable[..., Project]
MakeImage = Callable[..., ImageFacts]

# https://docs.python.org/3/library/audit_events.html; unlike a patched module, an audit hook also sees what
# a library imported beforehand, AF_UNIX sockets and C code.
_PROCESSES = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "pty.spawn",
        "subprocess.Popen",
    }
)
_CONNECTIONS = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})
_VARIABLES = (
    "XDG_",
    "DOCKER_",
    "DEXT_",
    "INVOKE_",
    "NOX_",
    "COMPOSE_",
    "BUILDX_",
    "BUILDKIT_",
    "GIT_",
    "TTY_",
    "GITHUB_",
    "GITLAB_",
    "CI_",
)
_NAMES = frozenset({"FORCE_COLOR", "NO_COLOR", "CI", "COLUMNS", "LINES"})
_HERE = Path(__file__).parent
_NOBODY = 65534
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Guard:
    """Fails the test that does what is forbidden at the moment."""

    def __init__(self) -> None:
        self.forbidden: frozenset[str] = frozenset()
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in self.forbidden or (event == "socket.connect" and _is_lease(arguments[1])):
            return
        what = f"{event}{arguments[:2]!r}"
        if event in _PROCESSES:
            what = f"unit tests start no process, this one did: {what}; see the marker allow_processes"
        else:
            what = f"unit tests open no connection, this one did: {what}; what needs one belongs in tests/engine"
        self.seen.append(what)
        pytest.fail(what)

    def require_none_seen(self) -> None:
        """Fail for what was forbidden: who is told by an exception may be a thread whose result nobody wants."""
        said = "; ".join(self.seen)
        self.seen.clear()
        if said:
            pytest.fail(said)


def _is_lease(address: object) -> bool:
    """Whether it is the name of a lease, which is looked for by connecting to it; nothing is ever sent there."""
    return isinstance(address, str) and address.startswith("\0dext-tasks-")


GUARD = Guard()
sys.addaudithook(GUARD)
# Copier asks for it, and Python asks `uname` once: whichever test comes first starts no process for it.
platform.processor()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this system cannot run."""
    for item in items:
        room = item.path.relative_to(_HERE).parts[0]
        needs = [name for marker in item.iter_markers("needs") for name in marker.args]
        processes = item.get_closest_marker("allow_processes") is not None
        if reason := why_not(room, needs, processes=processes):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def refused() -> list[str]:
    """What the test has done so far that is forbidden; who empties it does not fail for that."""
    return GUARD.seen


@pytest.fixture(autouse=True)
def _guard(request: pytest.FixtureRequest) -> Iterator[None]:
    lifted = request.node.get_closest_marker("allow_processes") is not None
    GUARD.forbidden = _CONNECTIONS if lifted else _CONNECTIONS | _PROCESSES
    yield
    # Threads may outlive the test.
    GUARD.forbidden = _CONNECTIONS
    GUARD.require_none_seen()


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    base = tmp_path_factory.mktemp("homes", numbered=False)
    return (base / str(number) for number in count())


@pytest.fixture(autouse=True)
def home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, which is not the current folder, and an environment without anybody's preferences."""
    base = next(_homes)
    made, working = base / "home", base / "working"
    made.mkdir(parents=True)
    working.mkdir()
    for name in list(os.environ):
        if name.startswith(_VARIABLES) or name in _NAMES or name.lower() in _PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("USERPROFILE" if sys.platform == "win32" else "HOME", str(made))
    monkeypatch.chdir(working)
    return made


@pytest.fixture(autouse=True)
def _sweeps_nobody_else_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where everybody's temporary folders are nothing is looked for: to a test other runs may look dead."""
    bases, shared = temporary.bases, temporary.bases()
    monkeypatch.setattr(temporary, "bases", lambda: bases() - shared)


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Makes a project of the given files, by path, and settings, by attribute."""

    def make(files: Mapping[str, str | bytes] | None = None, **settings: Any) -> Project:  # noqa: ANN401 - any setting
        root = tmp_path / "project"
        root.mkdir(exist_ok=True)
        for name, content in (files or {}).items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return Project(root, Settings(**settings))

    return make


@pytest.fixture
def stranger() -> Iterator[Path]:
    """A folder that anybody may enter, in which the test has no more rights than any other user: root has all."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system lacks os.geteuid")
    with TemporaryDirectory(prefix="dext-tests-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        user = os.geteuid()
        if user == 0:
            os.seteuid(_NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(user)
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o700)


@pytest.fixture
def make_image() -> MakeImage:
    """Makes the facts of an image for a platform, amd64 if none is given."""

    def make(platform: str = "linux/amd64", **facts: Any) -> ImageFacts:  # noqa: ANN401 - any fact
        given = {
            "reference": f"dext-build/acme_demo:{platform.replace('/', '-')}",
            "id": f"sha256:{'a' * 64}",
            "labels": {},
            "size": 1024,
        }
        return ImageFacts(platform=Platform.parse(platform), **{**given, **facts})

    return make


class Told:
    """What is logged of calls, a line each, with N for how long each took."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    @property
    def lines(self) -> list[str]:
        return [re.sub(r"\d+\.\d{3} s$", "N s", record.getMessage()) for record in self._caplog.records]

    @property
    def levels(self) -> list[str]:
        """Of each line."""
        return [record.levelname for record in self._caplog.records]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    caplog.set_level(logging.INFO, "dext_tasks")
    return Told(caplog)


@pytest.fixture
def own_leases(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Leases that no process of other tests takes: they are the whole machine's, and so are the names of extensions.

    To every other process the runs of such a test look dead, and it would sweep their temporary folders. So they are
    where nobody else looks, under a name that is short enough for sockets.
    """
    key = lease._key  # noqa: SLF001 - what all leases are told apart by
    monkeypatch.setattr(lease, "_key", lambda name: key(f"{name} in {tmp_path}"))
    with TemporaryDirectory(prefix="tests-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setattr(temporary, "_SHORT", folder)
        yield
