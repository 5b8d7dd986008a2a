from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from dext_tasks.engine.client import Client, heard
from dext_tasks.engine.faults import translate
from dext_tasks.errors import (
    DextError,
    EngineCommandError,
    EngineTimeoutError,
    EngineUnreachableError,
    ImageNotFoundError,
    NeedsWSLError,
    RegistryUnreachableError,
)
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.limits import REGISTRY_LIMITS
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.lease import is_free

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import Told
    from tests.unit.engine.conftest import FakeDocker

pytestmark = pytest.mark.allow_processes

WORD = "sesame-7f3a"


def by_run(client: Client, *args: str, seconds: float = 60.0) -> bytes:
    return client.run(*args, what="docker thing", seconds=seconds)


def by_whales(client: Client, *args: str, seconds: float = 60.0) -> bytes:
    with client.faults("docker thing"):
        client.whales(seconds).image.tag("a", args[-1])
    return b""


@pytest.fixture(params=[True, False], ids=["timeout", "watchdog"])
def bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends commands: coreutils', and what stands in for it on macOS."""
    monkeypatch.setattr(Client, "has_timeout", lambda _: request.param)


BOUNDS = pytest.mark.usefixtures("bound")
WAYS = pytest.mark.parametrize("call", [by_run, by_whales])


def test_arguments_reach_the_program_unchanged(docker: FakeDocker) -> None:
    docker.answer(out=b"said\n")
    hostile = ["a b", "$HOME", "`id`", "'\"", "--", "", "ö🐋", "-x=1", "a\nb"]
    assert by_run(docker.client(), *hostile) == b"said\n"
    assert docker.calls == [hostile]


def test_a_context_goes_before_every_command_and_is_named_in_errors(docker: FakeDocker) -> None:
    docker.answer("version", out="29")
    docker.answer("pull", err="no such thing", code=1)
    client = docker.client(context="far")
    client.run("version", what="docker version", seconds=5)
    assert docker.calls == [["--context", "far", "version"]]
    with pytest.raises(EngineCommandError, match=r"^docker pull x in context far failed"):
        client.run("pull", "x", what="docker pull x", seconds=5)
    with (
        pytest.raises(EngineCommandError, match=r"^docker pull x in context far failed"),
        client.faults("docker pull x"),
    ):
        client.whales(5).pull("x", quiet=True)


def test_standard_input_is_closed(docker: FakeDocker) -> None:
    docker.program.write_text("#!/bin/sh\ncat\n", encoding="utf-8")
    assert by_run(docker.client()) == b""


@WAYS
def test_a_failure_is_what_its_text_stands_for(docker: FakeDocker, call: Callable[..., bytes]) -> None:
    docker.answer(err="Error response from daemon: No such image: x:1\n", code=1)
    with pytest.raises(ImageNotFoundError, match=r"^docker thing: ") as caught:
        call(docker.client(), "x")
    assert caught.value.detail == "Error response from daemon: No such image: x:1"


@WAYS
def test_a_failure_without_a_known_text_names_the_code(docker: FakeDocker, call: Callable[..., bytes]) -> None:
    docker.answer(err="strange\n", code=3)
    with pytest.raises(EngineCommandError, match="docker thing failed with exit code 3"):
        call(docker.client(), "x")


@WAYS
def test_a_failure_shows_the_end_of_what_was_said(docker: FakeDocker, call: Callable[..., bytes]) -> None:
    docker.answer(err="".join(f"line {number}\n" for number in range(1000)), code=1)
    with pytest.raises(EngineCommandError) as caught:
        call(docker.client(), "x")
    assert caught.value.detail.splitlines() == [f"line {number}" for number in range(960, 1000)]


@WAYS
def test_a_failure_that_is_no_text_is_a_failure_all_the_same(docker: FakeDocker, call: Callable[..., bytes]) -> None:
    docker.answer(err=b"no such image \xff\xfe", code=1)
    with pytest.raises(ImageNotFoundError) as caught:
        call(docker.client(), "x")
    assert "no such image" in caught.value.detail


def test_a_login_in_an_address_is_not_shown() -> None:
    said = Client().redacted("invalid bind address format: http://joe:hunter2@engine:2375")
    assert said == "invalid bind address format: http://***@engine:2375"


@WAYS
def test_no_secret_is_on_any_face_of_a_failure(docker: FakeDocker, call: Callable[..., bytes]) -> None:
    docker.answer(out=f"{WORD} out", err=f"cannot use {WORD}: {WORD}-longer", code=1)
    client = docker.client(secrets=["", WORD, f"{WORD}-longer"])
    with pytest.raises(DextError) as caught:
        call(client, "x", WORD)
    error = caught.value
    assert error.detail == "cannot use ***: ***"
    for face in (str(error), repr(error), error.remedy, *traceback.format_exception(error)):
        assert WORD not in face


@BOUNDS
@WAYS
def test_a_bound_is_kept(docker: FakeDocker, call: Callable[..., bytes]) -> None:
    docker.answer(seconds=600)
    began = time.monotonic()
    with pytest.raises(EngineTimeoutError, match="docker thing did not end in time"):
        call(docker.client(), "x", seconds=0.3)
    assert time.monotonic() - began < 60


@BOUNDS
def test_a_command_that_ignores_its_bound_is_killed(docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dext_tasks.engine.client._KILL_AFTER", 0.2)
    docker.answer(seconds=600, stubborn=True)
    began = time.monotonic()
    with pytest.raises(EngineTimeoutError):
        by_run(docker.client(), "x", seconds=0.3)
    assert time.monotonic() - began < 60


@BOUNDS
def test_a_bound_ends_what_the_command_has_started(docker: FakeDocker, tmp_path: Path) -> None:
    started = tmp_path / "started"
    docker.program.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {started}\nwait\n", encoding="utf-8")
    # On a busy machine the first bound may be over before there is anything to end.
    for seconds in (0.3, 3, 30):
        with pytest.raises(EngineTimeoutError):
            by_run(docker.client(), "x", seconds=seconds)
        if started.exists() and started.read_text(encoding="utf-8").strip():
            break
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(started.read_text(encoding="utf-8"))).wait(60)


@BOUNDS
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_command_and_what_it_has_started(
    docker: FakeDocker, tmp_path: Path, number: signal.Signals
) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    docker.program.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {started}\nwait\n", encoding="utf-8")
    with docker.client().start("x", seconds=600) as process:
        child = psutil.Process(int(started.read_text(encoding="utf-8")))
        # Until it has seen that it has a child, coreutils' timeout ends alone:
        # https://github.com/coreutils/coreutils/blob/v9.1/src/timeout.c (cleanup)
        while psutil.Process(process.pid).status() == psutil.STATUS_RUNNING:
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(60)
    with suppress(psutil.NoSuchProcess):
        child.wait(60)


@BOUNDS
def test_a_command_that_is_bounded_ends_as_it_ends(docker: FakeDocker) -> None:
    for code in (0, 1, 42):
        docker.answer(code=code)
        with docker.client().start("x", seconds=600) as process:
            assert process.wait(60) == code
    docker.program.write_text("#!/bin/sh\nkill -KILL $$\n", encoding="utf-8")
    with docker.client().start("x", seconds=600) as process:
        assert process.wait(60) in {-9, 137}
    docker.program.write_text("no program\n", encoding="utf-8")
    docker.program.chmod(0o755)
    with docker.client().start("x", seconds=600) as process:
        assert process.wait(60) in {126, 127}


@BOUNDS
def test_a_command_that_nobody_listens_to_ends_by_it(docker: FakeDocker) -> None:
    docker.program.write_text("#!/bin/sh\nexec yes\n", encoding="utf-8")
    with docker.client().start("x", seconds=600) as process:
        assert process.stdout
        process.stdout.read(4)
        process.stdout.close()
        assert process.wait(60) in {-signal.SIGPIPE, 128 + signal.SIGPIPE}


class TestCancellation:
    @WAYS
    def test_no_command_starts_afterwards(self, docker: FakeDocker, call: Callable[..., bytes]) -> None:
        docker.answer()
        cancellation = Cancellation()
        cancellation.cancel()
        with pytest.raises(Interrupted):
            call(docker.client(cancellation=cancellation), "x")
        assert docker.calls == []

    @WAYS
    def test_clean_up_does(self, docker: FakeDocker, call: Callable[..., bytes]) -> None:
        docker.answer()
        cancellation = Cancellation()
        cancellation.cancel()
        with cancellation.shielded():
            call(docker.client(cancellation=cancellation), "x")
        assert len(docker.calls) == 1

    @WAYS
    def test_the_shield_is_one_thread_s(self, docker: FakeDocker, call: Callable[..., bytes]) -> None:
        docker.answer()
        cancellation = Cancellation()
        cancellation.cancel()
        failures: list[Exception] = []

        def other() -> None:
            try:
                call(docker.client(cancellation=cancellation), "x")
            except Interrupted as error:
                failures.append(error)

        with cancellation.shielded():
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        assert len(failures) == 1

    @WAYS
    def test_a_command_that_is_ended_meanwhile_was_interrupted(
        self, docker: FakeDocker, call: Callable[..., bytes]
    ) -> None:
        # Ctrl-C reaches docker too, which then fails: that is not a failure of docker's.
        cancellation = Cancellation()
        meanwhile = docker.folder / "meanwhile"
        os.mkfifo(meanwhile)
        docker.program.write_text(
            f"#!/bin/sh\nread word <{meanwhile}\necho signal: interrupt >&2\nexit 130\n", encoding="utf-8"
        )

        def cancel() -> None:
            with meanwhile.open("w", encoding="utf-8") as held:
                cancellation.cancel()
                held.write("on\n")

        thread = threading.Thread(target=cancel)
        thread.start()
        with pytest.raises(Interrupted):
            call(docker.client(cancellation=cancellation), "x")
        thread.join()


class TestWithout:
    def test_docker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        for call in (by_run, by_whales):
            with pytest.raises(EngineUnreachableError, match="'docker' is not on PATH") as caught:
                call(Client(), "version")
            assert "install the docker client" in caught.value.remedy

    @pytest.mark.parametrize("program", ["", "busybox"])
    def test_coreutils_timeout_commands_are_bounded(
        self, program: str, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        docker.answer(out=b"said")
        monkeypatch.setenv("PATH", str(docker.folder))
        if program:
            (docker.folder / program).write_bytes(b"")
            (docker.folder / program).chmod(0o755)
            (docker.folder / "timeout").symlink_to(program)
        client = docker.client()
        *watchdog, seconds, grace, called = client.command(1.5)
        assert watchdog[-1].endswith("watchdog.py")
        assert (seconds, grace, called) == ("1.5", "5", str(docker.program))
        assert by_run(client, "x") == b"said"

    def test_wsl_nothing_is_asked_on_windows(self, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "win32")
        for call in (by_run, by_whales):
            with pytest.raises(NeedsWSLError, match="what asks a Docker engine does not run on Windows itself"):
                call(docker.client(), "x")
        assert docker.calls == []

    def test_anything_missing_commands_are_bounded(self, docker: FakeDocker) -> None:
        client = docker.client()
        assert client.has_timeout()
        assert client.command(1.5) == ["timeout", "--kill-after=5", "1.5", str(docker.program)]

    def test_git_s_other_repository_is_seen_by_no_command(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_WORK_TREE", "/elsewhere")
        monkeypatch.setenv("GIT_DIR", "/elsewhere/.git")
        monkeypatch.setenv("GIT_COMMITTER_NAME", "Ann")
        program = tmp_path / "docker"
        program.write_text('#!/bin/sh\necho "$GIT_DIR$GIT_WORK_TREE$GIT_COMMITTER_NAME"\n', encoding="utf-8")
        program.chmod(0o755)
        client = Client([str(program)])
        assert client.command(0) == ["env", "-u", "GIT_DIR", "-u", "GIT_WORK_TREE", str(program)]
        with client.cancellation.shielded():
            assert client.command(0)[5:] == ["SHIELDED_BY_DEXT_TASKS=1", str(program)]
        assert client.run("version", what="x", seconds=60.0) == b"Ann\n"


def test_of_what_is_said_without_end_the_beginning_is_kept(docker: FakeDocker) -> None:
    docker.program.write_text("#!/bin/sh\nhead -c 3000000 /dev/zero\nhead -c 2000000 /dev/zero >&2\n", encoding="utf-8")
    with Client((str(docker.program),)).start("run", seconds=60) as process:
        out, err = heard(process)
    assert (len(out), len(err), process.returncode) == (1 << 20, 1 << 20, 0)


@pytest.mark.parametrize("code", [0, 3])
def test_each_command_is_told_of_with_its_duration(docker: FakeDocker, told: Told, code: int) -> None:
    docker.answer(code=code)
    with suppress(DextError):
        by_run(docker.client(secrets=[WORD]), "login", "--password", "x", f"to-{WORD}", "--env", "API_TOKEN=y")
    line = f"{docker.program} login --password '***' 'to-***' --env 'API_TOKEN=***'"
    assert told.lines == [f"{line}: exit code {code}, N s"]


def test_a_call_of_python_on_whales_is_told_of(docker: FakeDocker, told: Told) -> None:
    docker.answer()
    by_whales(docker.client(), "b")
    assert told.lines == [f"{docker.program} thing: exit code 0, N s"]
    with docker.client().faults("docker build", ["build", "--build-arg", "TOKEN=x"]):
        pass
    docker.answer(code=3)
    with suppress(DextError):
        by_whales(docker.client(), "b")
    assert told.lines[1:] == [
        f"{docker.program} build --build-arg 'TOKEN=***': exit code 0, N s",
        f"{docker.program} thing: exit code 3, N s",
    ]


def test_a_command_that_others_end_is_told_of_once_it_has_ended(docker: FakeDocker, told: Told) -> None:
    docker.answer(out=b"said", seconds=60)
    with docker.client().start("exec", "demo", "serve") as process:
        assert process.poll() is None
        assert told.lines == []
        process.kill()
    assert process.poll() == process.wait() == -9
    assert told.lines == [f"{docker.program} exec demo serve: exit code -9, N s"]


LOST = "Error response from daemon: parent snapshot sha256:4f does not exist: not found"
AGAIN = "docker thing: the engine lost a parent snapshot for a moment; trying once more"


class TestAgain:
    """What fails by a fault that comes and goes is tried once more, and everybody is told so."""

    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dext_tasks.engine.client.ENGINE_PAUSE", 0.0)

    def failing(self, docker: FakeDocker, times: int, said: str) -> None:
        """Have a docker that fails so many times."""
        script = f"""#!/bin/sh
echo call >>{docker.folder}/calls
[ "$(wc -l <{docker.folder}/calls)" -gt {times} ] && echo said && exit
echo "{said}" >&2
exit 1
"""
        docker.program.write_text(script, encoding="utf-8")

    def count(self, docker: FakeDocker) -> int:
        return len((docker.folder / "calls").read_text(encoding="utf-8").splitlines())

    def test_that_is_enough(self, docker: FakeDocker, told: Told) -> None:
        self.failing(docker, 1, LOST)
        assert by_run(docker.client(), "x") == b"said\n"
        assert told.lines[1] == AGAIN
        assert told.levels[1] == "WARNING"

    def test_once_and_no_more(self, docker: FakeDocker) -> None:
        self.failing(docker, 2, LOST)
        with pytest.raises(EngineCommandError) as caught:
            by_run(docker.client(), "x")
        assert LOST in caught.value.detail
        assert self.count(docker) == 2

    @pytest.mark.parametrize("said", ["denied: no", "No such image: x", "something else"])
    def test_not_what_was_refused(self, docker: FakeDocker, said: str) -> None:
        self.failing(docker, 1, said)
        with pytest.raises(DextError):
            by_run(docker.client(), "x")
        assert self.count(docker) == 1

    def test_not_after_an_interrupt(self, docker: FakeDocker) -> None:
        client = docker.client()

        def fails() -> None:
            client.cancellation.cancel()
            raise EngineCommandError("docker thing failed", remedy="", detail=LOST)

        with pytest.raises(Interrupted):
            client.again("docker thing", fails)


class TestPatiently:
    """What a registry in trouble ends is tried again, in growing pauses, and everybody is told so."""

    @pytest.fixture
    def pauses(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        found: list[float] = []
        monkeypatch.setattr(Cancellation, "sleep", lambda _, seconds: found.append(seconds))
        return found

    def failing(self, said: str, times: int) -> Callable[[], str]:
        left = [translate("docker push x", 1, said)] * times

        def push() -> str:
            if left:
                raise left.pop()
            return "pushed"

        return push

    def test_until_it_is_over(self, docker: FakeDocker, pauses: list[float], told: Told) -> None:
        call = self.failing("received unexpected HTTP status: 503 Service Unavailable", REGISTRY_LIMITS.tries)
        assert docker.client().patiently("docker push x", call) == "pushed"
        assert pauses == [0.5, 1.0, 2.0, 4.0]
        assert told.lines[0] == "docker push x: the registry is in trouble; trying again in 0.5 s"
        assert told.levels[0] == "WARNING"

    @pytest.mark.parametrize(("asked", "pause"), [("7s", 7.0), ("1h", 30.0), ("10ms", 0.5)])
    def test_as_late_as_the_registry_asks_for(
        self, docker: FakeDocker, pauses: list[float], asked: str, pause: float
    ) -> None:
        call = self.failing(f"toomanyrequests: retry-after: {asked}, allowed: 1/minute", 1)
        assert docker.client().patiently("docker push x", call) == "pushed"
        assert pauses == [pause]

    def test_but_not_for_ever(self, docker: FakeDocker, pauses: list[float]) -> None:
        call = self.failing("connect: connection refused", REGISTRY_LIMITS.tries + 1)
        with pytest.raises(RegistryUnreachableError):
            docker.client().patiently("docker push x", call)
        assert len(pauses) == REGISTRY_LIMITS.tries

    @pytest.mark.parametrize("said", ["denied: no", "unauthorized: 503", "name unknown", "something else"])
    def test_not_what_was_refused(self, docker: FakeDocker, pauses: list[float], said: str) -> None:
        with pytest.raises(DextError):
            docker.client().patiently("docker push x", self.failing(said, 1))
        assert pauses == []


class TestFollow:
    def test_hands_on_each_line(self, docker: FakeDocker) -> None:
        docker.answer("push", out=f"one\ntwo {WORD}\n", err="three\n")
        lines: list[str] = []
        docker.client(secrets=[WORD]).follow("push", what="docker push", seconds=60, on_line=lines.append)
        assert lines == ["one", "two ***", "three"]

    @BOUNDS
    def test_is_bounded(self, docker: FakeDocker) -> None:
        docker.answer("push", seconds=30)
        with pytest.raises(EngineTimeoutError, match="docker push did not end in time"):
            docker.client().follow("push", what="docker push", seconds=0.2, on_line=print)


class TestLocated:
    """Errors say which engine they are of, unless it is the one that docker takes by itself."""

    @pytest.mark.parametrize(
        ("variables", "config", "context", "said"),
        [
            ({}, "", "", "docker info"),
            ({"DOCKER_HOST": "unix:///var/run/docker.sock", "DOCKER_CONTEXT": "far"}, "", "", "docker info"),
            ({"DOCKER_HOST": "tcp://h:2376", "DOCKER_CONTEXT": "x"}, "", "", "docker info at tcp://h:2376"),
            ({"DOCKER_HOST": "ssh://ada:word@h"}, "", "", "docker info at ssh://h"),
            ({"DOCKER_HOST": "tcp://h:2376"}, "", "far", "docker info in context far"),
            ({"DOCKER_CONTEXT": "far"}, '{"currentContext": "near"}', "", "docker info in context far"),
            ({"DOCKER_CONTEXT": "default"}, "", "", "docker info"),
            ({}, '{"currentContext": "near"}', "", "docker info in context near"),
            ({}, '{"currentContext": "default"}', "", "docker info"),
            *(({}, config, "", "docker info") for config in ("{}", "{", "[]", "7")),
        ],
    )
    def test_in_the_client_s_order(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
        self,
        variables: dict[str, str],
        config: str,
        context: str,
        said: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        if config:
            (tmp_path / "config.json").write_text(config, encoding="utf-8")
        assert Client(context=context).located("docker info") == said

    def test_also_where_docker_keeps_its_folder_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = Path("~/.docker").expanduser()
        folder.mkdir()
        (folder / "config.json").write_text('{"currentContext": "near"}', encoding="utf-8")
        monkeypatch.delenv("DOCKER_CONFIG", raising=False)
        assert Client().located("docker info") == "docker info in context near"

    def test_in_errors(self, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2376")
        docker.answer("x", err="no idea", code=3)
        for call in (by_run, by_whales):
            with pytest.raises(DextError, match=r"^docker thing at tcp://192\.0\.2\.1:2376"):
                call(docker.client(), "x")


def test_a_client_that_is_forgotten_holds_no_lease() -> None:
    """A process that makes one after another would run out of descriptors."""
    client = Client()
    identity = client.run_id
    assert not is_free(identity)
    del client
    gc.collect()
    assert is_free(identity)
