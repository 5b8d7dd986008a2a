from __future__ import annotations

import http.client
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.facts import ContainerFacts, ContainerProcess
from dext_tasks.errors import EmulatorMissingError, EngineCommandError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.smoke.backend_client import NotASocketError
from dext_tasks.smoke.health import Watch
from dext_tasks.smoke.outcome import ProbeFailedError
from tests.unit.smoke.conftest import FakeChannel, never

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dext_tasks.engine.client import Client
    from tests.unit.smoke.conftest import MakeServices, World

    MakeWatch = Callable[..., Watch]

MAIN, HELPER = "main", "helper"


def state(status: str = "running", exit_code: int = 0, restarts: int = 0, name: str = MAIN) -> list[ContainerFacts]:
    return [ContainerFacts(name, status, exit_code, restarts)]


@pytest.fixture
def channel(tmp_path: Path, world: World) -> FakeChannel:
    (tmp_path / "guest").mkdir()
    return FakeChannel(never, tmp_path / "guest", world=world)


@pytest.fixture
def make_watch(client: Client, world: World, make_services: MakeServices) -> MakeWatch:
    def make(*, emulated: bool = False, user: str = "") -> Watch:
        world.there = True
        return Watch(make_services(client, "project"), MAIN, emulated=emulated, user=user)

    return make


class TestAnswer:
    def test_the_first_answer_counts(self, make_watch: MakeWatch, world: World, channel: FakeChannel) -> None:
        world.answers = [FileNotFoundError(), ConnectionRefusedError(), 503, 200]
        assert make_watch().answer(channel, "demo.sock", 30.0) == 503

    @pytest.mark.parametrize(
        ("error", "why"),
        [
            (FileNotFoundError(), "it was never created"),
            (ConnectionRefusedError(), "nothing listens on it"),
            (http.client.BadStatusLine("SSH-2.0"), "the answer is not HTTP, it begins with 'SSH-2.0'"),
            (TimeoutError("timed out"), "there was no answer in time"),
            (ConnectionResetError("reset"), "reset"),
        ],
    )
    def test_no_answer_in_time_says_why(
        self, error: Exception, why: str, make_watch: MakeWatch, world: World, channel: FakeChannel
    ) -> None:
        world.answers = [error]
        with pytest.raises(ProbeFailedError) as raised:
            make_watch().answer(channel, "demo.sock", 30.0)
        assert str(raised.value) == f"no answer over demo.sock within 30 s: {why}"
        assert (
            raised.value.evidence
            == "acme_demo-desktop-extension-service is running, exit code 0, restarted 0 times\nlistening"
        )
        assert 30.0 <= world.now < 31.0

    def test_a_socket_of_another_name_is_told(self, make_watch: MakeWatch, world: World, channel: FakeChannel) -> None:
        assert channel.folder
        (channel.folder / "other.sock").touch()
        world.answers = [FileNotFoundError()]
        with pytest.raises(ProbeFailedError, match=r"it was never created; there is other\.sock"):
            make_watch().answer(channel, "demo.sock", 1.0)

    def test_only_the_first_of_many_files_are_named(
        self, make_watch: MakeWatch, world: World, channel: FakeChannel
    ) -> None:
        assert channel.folder
        for number in range(3000):
            (channel.folder / f"{number:04}").touch()
        world.answers = [FileNotFoundError()]
        with pytest.raises(ProbeFailedError, match=r"there is 0000, 0001, 0002, 0003, 0004 and 2995 more$"):
            make_watch().answer(channel, "demo.sock", 1.0)

    def test_a_socket_that_may_not_be_opened_is_not_waited_for(
        self, make_watch: MakeWatch, world: World, channel: FakeChannel
    ) -> None:
        world.answers = [PermissionError("denied")]
        with pytest.raises(ProbeFailedError, match="--smoke-proxy always"):
            make_watch().answer(channel, "demo.sock", 30.0)
        assert world.now == 0.0

    def test_a_user_who_may_not_make_the_socket_is_named(
        self, make_watch: MakeWatch, world: World, channel: FakeChannel
    ) -> None:
        world.answers = [FileNotFoundError()]
        with pytest.raises(ProbeFailedError, match="never created; the backend runs as nobody, and "):
            make_watch(user="nobody").answer(channel, "demo.sock", 1.0)

    @pytest.mark.parametrize(
        ("error", "why"),
        [
            (FileNotFoundError(2, "No such file or directory"), "it was never created"),
            (ConnectionRefusedError(111, "Connection refused"), "nothing listens on it"),
            (OSError("demo.sock is a symbolic link"), "demo.sock is a symbolic link"),
        ],
    )
    def test_through_a_helper_container_it_says_why(
        self, error: OSError, why: str, make_watch: MakeWatch, world: World
    ) -> None:
        world.answers = [error]
        with pytest.raises(ProbeFailedError) as raised:
            make_watch().answer(FakeChannel(never, world=world), "demo.sock", 1.0)
        assert str(raised.value) == f"no answer over demo.sock within 1 s: {why}"

    def test_through_a_helper_container_no_other_way_is_recommended(self, make_watch: MakeWatch, world: World) -> None:
        world.answers = [NotASocketError("demo.sock is not a socket")]
        with pytest.raises(ProbeFailedError, match=r"^demo\.sock is not a socket$"):
            make_watch().answer(FakeChannel(never, world=world), "demo.sock", 1.0)

    def test_a_backend_that_ended_is_not_waited_for(
        self, make_watch: MakeWatch, world: World, channel: FakeChannel
    ) -> None:
        world.answers, world.running = [ConnectionRefusedError()], [state("exited", 1)]
        with pytest.raises(ProbeFailedError, match="main is exited, exit code 1"):
            make_watch().answer(channel, "demo.sock", 30.0)
        assert world.now < 1.0

    def test_containers_to_which_nothing_happens_are_looked_at_once(
        self, make_watch: MakeWatch, world: World, channel: FakeChannel
    ) -> None:
        world.is_quiet, world.answers = True, [*[ConnectionRefusedError()] * 100, 200]
        assert make_watch().answer(channel, "demo.sock", 30.0) == 200
        assert world.looks == 1

    def test_what_ended_before_anybody_waited_is_seen(
        self, make_watch: MakeWatch, world: World, channel: FakeChannel
    ) -> None:
        world.is_quiet, world.answers, world.running = True, [ConnectionRefusedError()], [state("exited", 1)]
        with pytest.raises(ProbeFailedError, match="main is exited, exit code 1"):
            make_watch().answer(channel, "demo.sock", 30.0)
        assert world.now == 0.0

    def test_an_interruption_ends_the_wait(
        self, make_watch: MakeWatch, client: Client, world: World, channel: FakeChannel
    ) -> None:
        world.answers = [ConnectionRefusedError()]
        client.cancellation.cancel()
        with pytest.raises(Interrupted):
            make_watch().answer(channel, "demo.sock", 30.0)


class TestSettle:
    def test_it_lasts_as_long_as_it_was_asked_to(self, make_watch: MakeWatch, world: World) -> None:
        world.running = [state()]
        make_watch().settle(2.2)
        assert world.now == pytest.approx(2.2)

    def test_where_nothing_happens_nothing_is_asked_in_between(self, make_watch: MakeWatch, world: World) -> None:
        world.is_quiet, world.running = True, [state()]
        make_watch().settle(60.0)
        assert world.now == pytest.approx(60.0)
        assert world.looks == 2

    def test_at_once_is_looked_too(self, make_watch: MakeWatch, world: World) -> None:
        world.running = [state("dead", 137)]
        with pytest.raises(ProbeFailedError, match="main is dead"):
            make_watch().settle(0.0)

    def test_containers_that_somebody_else_removed_are_missed(self, make_watch: MakeWatch, world: World) -> None:
        world.running = [state(), []]
        with pytest.raises(ProbeFailedError, match="every container has gone: somebody else removed them"):
            make_watch().settle(60.0)

    def test_a_restart_in_between_is_seen(self, make_watch: MakeWatch, world: World) -> None:
        world.running = [state(), state(), state(exit_code=2, restarts=1)]
        with pytest.raises(ProbeFailedError, match="restarted 1 times"):
            make_watch().settle(60.0)
        assert world.now < 2.0

    @pytest.mark.parametrize(
        "container",
        [
            state(),
            state("created"),
            state("exited", 0, name=HELPER),
            state("running", 0, restarts=3, name=HELPER),
        ],
    )
    def test_a_helper_may_end_well(self, container: list[ContainerFacts], make_watch: MakeWatch, world: World) -> None:
        world.running = [container]
        make_watch().settle(1.0)

    @pytest.mark.parametrize(
        "container",
        [
            state("exited", 0),
            state("running", 0, restarts=1),
            state("exited", 1, name=HELPER),
            state("running", 1, restarts=3, name=HELPER),
        ],
    )
    def test_anything_else_may_not_end(
        self, container: list[ContainerFacts], make_watch: MakeWatch, world: World
    ) -> None:
        world.running = [container]
        with pytest.raises(ProbeFailedError):
            make_watch().settle(1.0)


class TestBlame:
    @pytest.mark.parametrize(
        ("log", "exit_code", "emulated", "blamed"),
        [
            ("qemu: uncaught target signal 11 (Segmentation fault) - core dumped", 1, True, True),
            ("qemu: uncaught target signal 11 (Segmentation fault) - core dumped", 1, False, False),
            ("panic: no configuration", 139, True, True),
            ("panic: no configuration", 139, False, False),
            ("panic: no configuration", 1, True, False),
        ],
    )
    def test_an_emulator_is_blamed_only_where_one_ran(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
        self,
        log: str,
        exit_code: int,
        emulated: bool,  # noqa: FBT001 - of the row
        blamed: bool,  # noqa: FBT001 - of the row
        make_watch: MakeWatch,
        world: World,
    ) -> None:
        world.log, world.running = log, [state("exited", exit_code)]
        failure = make_watch(emulated=emulated).failure("it broke", "detail")
        said = f"main is exited, exit code {exit_code}, restarted 0 times"
        assert failure.emulator is blamed
        assert failure.evidence.splitlines() == ["detail", said, log]

    @pytest.mark.parametrize("exit_code", [132, 135, 139])
    def test_by_any_signal_of_an_emulator(self, exit_code: int, make_watch: MakeWatch, world: World) -> None:
        world.running = [state("exited", exit_code)]
        assert make_watch(emulated=True).failure("it broke").emulator

    def test_a_script_that_no_kernel_starts_is_not_the_emulator_s(self, make_watch: MakeWatch, world: World) -> None:
        world.log, world.files = "exec /entry.sh: exec format error", {"/entry.sh": b"echo hello\n"}
        world.running = [[replace(state("exited", 1)[0], process=ContainerProcess(("/entry.sh",)))]]
        failure = make_watch(emulated=True).failure("it broke")
        assert str(failure) == "it broke; /entry.sh is a text file without #!, which no kernel starts"

    def test_what_cannot_be_read_tells_nothing(
        self, make_watch: MakeWatch, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def head(*_: object) -> bytes:
            raise EngineCommandError("no such container", remedy="")

        world.running = [[replace(state("exited", 1)[0], process=ContainerProcess(("/entry.sh",)))]]
        watch = make_watch()
        monkeypatch.setattr(type(watch.services), "head", head)
        assert str(watch.failure("it broke")) == "it broke"

    def test_what_runs_is_not_looked_into(self, make_watch: MakeWatch, world: World) -> None:
        world.files = {"/entry.sh": b"#!/bin/sh\r\n"}
        world.running = [[replace(state()[0], process=ContainerProcess(("/entry.sh",)))]]
        assert str(make_watch().failure("no answer")) == "no answer"

    def test_a_missing_emulator_is_no_failure_of_the_extension(self, make_watch: MakeWatch, world: World) -> None:
        world.log, world.running = "exec /backend: exec format error", [state("exited", 1)]
        with pytest.raises(EmulatorMissingError):
            make_watch(emulated=True).failure("it broke")
        assert not make_watch().failure("it broke").emulator
