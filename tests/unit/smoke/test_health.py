"""Health checks that pass, pass late, pass sometimes, and never."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.facts import ContainerFacts, ContainerProcess, Health, HealthStatus
from dext_tasks.smoke.health import Watch, diagnosis, wait_for_health
from dext_tasks.smoke.outcome import ProbeFailedError
from tests.unit.smoke.test_files import ELF

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.engine.client import Client
    from tests.unit.smoke.conftest import MakeServices, World

    MakeWatch = Callable[..., Watch]

MAIN = "main"
STARTING = Health(HealthStatus.STARTING, command=("curl", "-f", "localhost"), timeout=5.0)
HEALTHY = replace(STARTING, status=HealthStatus.HEALTHY, said="exit code 0: ok", has_passed=True)
UNHEALTHY = replace(STARTING, status=HealthStatus.UNHEALTHY, said="exit code 7: connection refused")
FLAPPING = replace(UNHEALTHY, has_passed=True)


def running(health: Health, name: str = MAIN) -> ContainerFacts:
    return ContainerFacts(name, "running", 0, 0, health=health)


@pytest.fixture
def watch(client: Client, world: World, make_services: MakeServices) -> Watch:
    world.there = True
    return Watch(make_services(client, "project"), MAIN, emulated=False)


@pytest.mark.parametrize("health", [Health(), HEALTHY])
def test_what_has_no_check_or_is_healthy_is_not_waited_for(health: Health, watch: Watch, world: World) -> None:
    world.running = [[running(health)]]
    assert wait_for_health(watch, 30.0, 1.0) == ()
    assert (world.now, world.check_seconds) == (0.0, [])


def test_what_the_engine_has_not_asked_yet_is_asked_here(watch: Watch, world: World) -> None:
    world.running, world.checks = [[running(STARTING)]], [True]
    assert wait_for_health(watch, 30.0, 1.0) == ()
    assert (world.now, world.check_seconds) == (0.0, [5.0])


def test_a_check_takes_no_longer_than_is_waited_for_it(watch: Watch, world: World) -> None:
    world.running, world.checks = [[running(replace(STARTING, timeout=86400.0))]], [True]
    wait_for_health(watch, 30.0, 4.0)
    assert world.check_seconds == [30.0]


def test_under_emulation_a_check_may_take_longer(watch: Watch, world: World) -> None:
    world.running, world.checks = [[running(STARTING)]], [True]
    wait_for_health(watch, 30.0, 4.0)
    assert world.check_seconds == [20.0]


def test_what_takes_a_while_to_become_healthy_is_well(watch: Watch, world: World) -> None:
    world.running = [[running(STARTING)], [running(STARTING)], [running(HEALTHY)]]
    assert wait_for_health(watch, 30.0, 1.0) == ()
    assert world.now == pytest.approx(1.0)


def test_one_that_never_passes_fails_and_names_who_refuses_it(watch: Watch, world: World) -> None:
    world.running = [[running(UNHEALTHY)]]
    with pytest.raises(ProbeFailedError) as raised:
        wait_for_health(watch, 30.0, 1.0)
    assert str(raised.value) == (
        "the health check of main never passed: exit code 7: connection refused; "
        "Rancher Desktop refuses it, Docker Desktop does not ask"
    )
    assert "main is running, exit code 0, restarted 0 times, unhealthy (exit code 7: connection refused)" in (
        raised.value.evidence
    )
    assert 30.0 <= world.now < 32.0


def test_one_that_the_engine_is_still_at_fails_too(watch: Watch, world: World) -> None:
    world.running = [[running(STARTING)]]
    with pytest.raises(ProbeFailedError, match="the health check of main never passed; Rancher Desktop"):
        wait_for_health(watch, 3.0, 1.0)


def test_a_check_that_cannot_be_run_here_is_left_to_the_engine(watch: Watch, world: World) -> None:
    world.running = [[running(replace(STARTING, command=()))], [running(HEALTHY)]]
    assert wait_for_health(watch, 3.0, 1.0) == ()
    assert world.check_seconds == []


@pytest.mark.parametrize(
    "states",
    [
        [[running(UNHEALTHY)], [running(HEALTHY)]],
        [[running(FLAPPING)]],
        [[running(STARTING)], [running(UNHEALTHY)], [running(HEALTHY)]],
    ],
    ids=["late", "passed before", "in between"],
)
def test_one_that_passes_at_times_is_a_warning(states: list[list[ContainerFacts]], watch: Watch, world: World) -> None:
    world.running = states
    (warning,) = wait_for_health(watch, 30.0, 1.0)
    assert warning == (
        "main was unhealthy (exit code 7: connection refused) and passes at other times; "
        "Rancher Desktop refuses what is unhealthy"
    )


def test_every_container_counts(watch: Watch, world: World) -> None:
    world.running = [[running(HEALTHY), running(UNHEALTHY, "cache"), running(UNHEALTHY, "store")]]
    with pytest.raises(ProbeFailedError, match=r"health check of cache never.*health check of store never"):
        wait_for_health(watch, 1.0, 1.0)


def test_what_does_not_run_has_no_health(watch: Watch, world: World) -> None:
    world.running = [[ContainerFacts("helper", "exited", 0, 0, health=UNHEALTHY)]]
    assert wait_for_health(watch, 1.0, 1.0) == ()


def test_a_container_that_breaks_meanwhile_is_not_waited_for(watch: Watch, world: World) -> None:
    world.running = [[running(STARTING)], [replace(running(STARTING), status="exited", exit_code=1)]]
    with pytest.raises(ProbeFailedError, match="main is exited"):
        wait_for_health(watch, 30.0, 1.0)
    assert world.now < 3.0


SHELL = {"/bin/sh": ELF["amd64"]}
CRLF = b"#!/bin/sh\r\nset -e\r\n"


def told(files: dict[str, bytes], *command: str, folder: str = "/") -> str:
    asked: list[str] = []

    def read(path: str, most: int) -> bytes | None:
        assert path not in asked, "read twice"
        asked.append(path)
        return files[path][:most] if path in files else None

    return diagnosis(ContainerProcess(command, ("/usr/bin", "/bin"), folder), read)


class TestProgram:
    def test_with_windows_line_ends_is_named_with_its_carriage_return(self) -> None:
        said = told({**SHELL, "/entry.sh": CRLF}, "/entry.sh", "--serve")
        assert said.startswith(
            r"/entry.sh has \r at the end of its first line, so that /bin/sh\r is looked for; save it"
        )

    @pytest.mark.parametrize("line", [b"#!/usr/bin/env sh\r\n", b"#! /bin/sh -e\r\n"])
    def test_however_the_first_line_names_its_interpreter(self, line: bytes) -> None:
        files = {**SHELL, "/usr/bin/env": ELF["amd64"], "/entry.sh": line}
        assert r"has \r at the end of its first line" in told(files, "/entry.sh")

    @pytest.mark.parametrize(
        ("first", "missing"),
        [
            (b"#!/bin/bash\n", "is a script for /bin/bash, which is not there"),
            (b"#!/usr/bin/env bash\n", "is a script for bash, which is not there"),
            (b"#!/opt/env sh\n", "is a script for /opt/env, which is not there"),
        ],
    )
    def test_whose_interpreter_is_missing(self, first: bytes, missing: str) -> None:
        files = {**SHELL, "/usr/bin/env": ELF["amd64"], "/entry.sh": first}
        assert told(files, "/entry.sh") == f"/entry.sh {missing}"

    def test_whose_interpreter_is_on_the_path_is_well(self) -> None:
        files = {"/usr/bin/sh": ELF["amd64"], "/usr/bin/env": ELF["amd64"], "/e": b"#!/usr/bin/env sh\n"}
        assert told(files, "/e") == ""

    def test_that_is_a_text_without_a_first_line_for_the_kernel(self) -> None:
        assert told({**SHELL, "/entry.sh": b"echo hello\n"}, "/entry.sh") == (
            "/entry.sh is a text file without #!, which no kernel starts"
        )

    def test_with_a_byte_order_mark(self) -> None:
        assert "a byte order mark stands before #!" in told({"/e": b"\xef\xbb\xbf#!/bin/sh\n", **SHELL}, "/e")

    def test_whose_loader_is_missing(self, dynamic: bytes) -> None:
        assert told({"/backend": dynamic}, "/backend") == (
            "/backend is a program for the loader /lib64/ld-linux-x86-64.so.2, which is not there"
        )
        assert told({"/backend": dynamic, "/lib64/ld-linux-x86-64.so.2": ELF["amd64"]}, "/backend") == ""

    def test_by_its_name_alone_is_looked_for_where_the_image_says(self) -> None:
        assert told({"/usr/bin/entry": CRLF, **SHELL}, "entry").startswith("/usr/bin/entry has")
        assert told({"/app/entry.sh": CRLF, **SHELL}, "./entry.sh", folder="/app").startswith("/app/entry.sh has")

    @pytest.mark.parametrize("command", [(), ("/absent",), ("absent",)])
    def test_that_is_not_there_is_named_by_docker_already(self, command: tuple[str, ...]) -> None:
        assert told(SHELL, *command) == ""

    def test_that_can_be_started_is_well(self) -> None:
        assert told({"/backend": ELF["amd64"]}, "/backend") == ""
        assert told({"/entry.sh": b"#!/bin/sh\nset -e\n", **SHELL}, "/entry.sh") == ""

    def test_with_some_windows_line_ends_only(self) -> None:
        said = told({"/entry.sh": b"#!/bin/sh\nset -e\r\nexec /backend\r\n", **SHELL}, "/entry.sh")
        assert said == r"/entry.sh has \r at the ends of its lines, which a shell takes for a part of the last word"


class TestScriptOfAShell:
    @pytest.mark.parametrize(
        "command",
        [
            ("/bin/sh", "/entry.sh"),
            ("sh", "-e", "/entry.sh", "serve"),
            ("sh", "-c", "/entry.sh serve"),
            ("sh", "-c", "set -e; '/entry.sh'"),
            ("sh", "entry.sh"),
            ("sh", "./entry.sh"),
        ],
    )
    def test_with_windows_line_ends(self, command: tuple[str, ...]) -> None:
        assert r"/entry.sh has \r" in told({**SHELL, "/entry.sh": CRLF}, *command)

    def test_without_a_first_line_may_be_run_by_it(self) -> None:
        assert told({**SHELL, "/entry.sh": b"echo hello\n"}, "sh", "/entry.sh") == ""
        assert r"\r at the ends" in told({**SHELL, "/entry.sh": b"echo hello\r\n"}, "sh", "/entry.sh")

    def test_whose_interpreter_is_missing(self) -> None:
        said = told({**SHELL, "/entry.sh": b"#!/bin/bash\n"}, "sh", "-c", "exec /entry.sh")
        assert said == "/entry.sh is a script for /bin/bash, which is not there"

    def test_arguments_of_other_programs_are_not_looked_at(self) -> None:
        files = {"/usr/bin/node": ELF["amd64"], "/server.js": b"console.log(1)\r\n"}
        assert told(files, "node", "/server.js") == ""

    def test_a_program_among_the_arguments_is_none(self) -> None:
        assert told({**SHELL, "/backend": b"\x7fELF\r\n\0"}, "sh", "-c", "/backend") == ""

    def test_a_long_command_line_is_not_looked_at_whole(self) -> None:
        words = " ".join(f"/file{number}" for number in range(1000))
        files = {**SHELL, "/file7": CRLF, "/file8": CRLF}
        assert "/file7 has" in told(files, "sh", "-c", words)
        assert told({**SHELL, "/file8": CRLF}, "sh", "-c", words) == ""


@pytest.fixture
def dynamic() -> bytes:
    """The beginning of a dynamic program: its header, one program header, and the loader's name."""
    name = b"/lib64/ld-linux-x86-64.so.2\0"
    header = bytearray(ELF["amd64"][:64].ljust(64, b"\0"))
    header[16:18] = (2).to_bytes(2, "little")
    header[32:40] = (64).to_bytes(8, "little")
    header[54:56] = (56).to_bytes(2, "little")
    header[56:58] = (1).to_bytes(2, "little")
    segment = bytearray(56)
    segment[0:4] = (3).to_bytes(4, "little")
    segment[8:16] = (120).to_bytes(8, "little")
    segment[32:40] = len(name).to_bytes(8, "little")
    return bytes(header + segment) + name
