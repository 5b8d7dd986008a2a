from __future__ import annotations

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.conftest import GUARD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NO_PROCESS = "unit tests start no process"
NO_CONNECTION = "unit tests open no connection"
REFUSED = pytest.fail.Exception
PREFERENCES = (
    "XDG_CONFIG_HOME",
    "DOCKER_CONFIG",
    "DOCKER_HOST",
    "DEXT_IMAGE",
    "INVOKE_RUN_ECHO",
    "GIT_DIR",
    "FORCE_COLOR",
    "NO_COLOR",
    "GITHUB_ACTIONS",
    "GITHUB_OUTPUT",
    "CI_PROJECT_DIR",
    "CI",
    "https_proxy",
    "HTTPS_PROXY",
)


@pytest.fixture(scope="module", autouse=True)
def outside() -> Iterator[pytest.MonkeyPatch]:
    """The environment of somebody with preferences; set before any guard of a test."""
    with pytest.MonkeyPatch.context() as outside:
        for name in PREFERENCES:
            outside.setenv(name, "/outside")
        yield outside


@pytest.fixture(autouse=True)
def _meant(refused: list[str]) -> Iterator[None]:
    """What the tests of this file try does not fail them twice."""
    yield
    refused.clear()


def fork() -> None:
    if os.fork() == 0:
        os._exit(0)


PROCESSES: dict[str, Callable[[], object]] = {
    "subprocess.run": lambda: subprocess.run([sys.executable, "-c", ""], check=False),
    "subprocess.Popen": lambda: subprocess.Popen([sys.executable, "-c", ""]),
    "os.system": lambda: os.system("true"),  # noqa: S605, S607 - refused
    "os.posix_spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "os.fork": fork,
    "os.execv": lambda: os.execv("/nonexistent/program", ["program"]),  # noqa: S606 - refused
}
CONNECTIONS: dict[str, Callable[[], object]] = {
    "tcp": lambda: connect(socket.AF_INET, ("127.0.0.1", 9)),
    "tcp6": lambda: connect(socket.AF_INET6, ("::1", 9)),
    "unix": lambda: connect(getattr(socket, "AF_UNIX", socket.AF_INET), "/nonexistent/docker.sock"),
    "create_connection": lambda: socket.create_connection(("localhost", 9), timeout=1),
    "name": lambda: socket.getaddrinfo("registry.example", 443),
}


def connect(family: int, address: object) -> None:
    with socket.socket(family) as end:
        end.settimeout(1)
        end.connect(address)  # type: ignore[arg-type]  # of either family


@pytest.mark.needs("os.fork")
@pytest.mark.parametrize("start", PROCESSES.values(), ids=PROCESSES)
def test_a_process_fails_the_test(start: Callable[[], object]) -> None:
    with pytest.raises(REFUSED, match=NO_PROCESS):
        start()


@pytest.mark.parametrize("connect", CONNECTIONS.values(), ids=CONNECTIONS)
def test_a_connection_fails_the_test(connect: Callable[[], object]) -> None:
    with pytest.raises(REFUSED, match=NO_CONNECTION):
        connect()


def test_nothing_that_catches_exceptions_hides_it() -> None:
    assert not issubclass(REFUSED, Exception)


@pytest.mark.allow_processes
def test_the_marker_allows_processes() -> None:
    assert subprocess.run([sys.executable, "-c", ""], check=False).returncode == 0


@pytest.mark.allow_processes
def test_the_marker_allows_no_connections() -> None:
    with pytest.raises(REFUSED, match=NO_CONNECTION):
        connect(socket.AF_INET, ("127.0.0.1", 9))


def test_threads_are_free_to_use() -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        assert list(pool.map(str, range(4))) == ["0", "1", "2", "3"]


def test_a_thread_is_guarded_too() -> None:
    with ThreadPoolExecutor() as pool, pytest.raises(REFUSED, match=NO_PROCESS):
        pool.submit(PROCESSES["subprocess.run"]).result()


def test_what_a_thread_keeps_to_itself_fails_the_test_all_the_same(refused: list[str]) -> None:
    with ThreadPoolExecutor() as pool:
        pool.submit(PROCESSES["subprocess.run"])
        pool.submit(CONNECTIONS["unix"])
    assert sorted(each.partition(",")[0] for each in refused) == [NO_CONNECTION, NO_PROCESS]
    with pytest.raises(REFUSED, match=NO_PROCESS):
        GUARD.require_none_seen()
    assert not refused


@pytest.mark.parametrize("name", PREFERENCES)
def test_preferences_are_out_of_sight(name: str) -> None:
    assert name not in os.environ


def test_the_home_is_empty_and_nobodys(home: Path) -> None:
    assert Path.home() == home
    assert list(home.iterdir()) == []


def test_the_current_folder_is_empty_and_not_the_home(home: Path) -> None:
    assert list(Path.cwd().iterdir()) == []
    assert not Path.cwd().is_relative_to(home)
