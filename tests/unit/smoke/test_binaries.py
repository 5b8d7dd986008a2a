from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Self

import pytest

from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.smoke.outcome import ProbeAbortedError, ProbeFailedError, ProbeSkippedError
from dext_tasks.smoke.probes import binaries as module
from dext_tasks.smoke.probes.binaries import binaries, container_arguments
from tests.unit.smoke.conftest import METADATA
from tests.unit.smoke.test_files import ELF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.extension.metadata import HostBinary
    from dext_tasks.smoke.installation import Trial
    from tests.unit.conftest import Told
    from tests.unit.smoke.conftest import MakeCandidate, MakeTrial, World

AMD64, ARM64 = REQUIRED
SCRIPT = b"#!/bin/sh\necho\n"


class Machine:
    """Answers calls of binaries with what was prepared, by argument; keeps what was called."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str]] = {}
        self.called: list[str] = []

    def __call__(self, _trial: Trial, listed: HostBinary, argument: str) -> tuple[int, str]:
        self.called.append(f"{listed.path} {argument}")
        return self.answers.get(argument, (1, "unknown option"))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(module, "_call", made)
    monkeypatch.setattr(module, "_is_in_image", lambda _trial, *paths: "/bin/sh" in paths)
    return made


@pytest.fixture
def make_listing(make_trial: MakeTrial, make_candidate: MakeCandidate) -> Any:  # noqa: ANN401 - a factory
    """Makes an installation of an image with these files, each listed for its system."""

    def make(files: Mapping[str, tuple[str, bytes]], platform: object = AMD64, **settings: Any) -> Trial:  # noqa: ANN401 - any setting
        group: dict[str, list[dict[str, str]]] = {}
        for path, (system, _) in files.items():
            group.setdefault(system, []).append({"path": path})
        metadata = {"icon": "/icon.svg", "host": {"binaries": [group]}}
        candidate = make_candidate(metadata, platform=platform, files=list(files))
        for path, (_, content) in files.items():
            file = candidate.snapshot.path(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return make_trial(candidate, **settings)

    return make


def test_none_are_listed(make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
    with pytest.raises(ProbeSkippedError, match="no host binaries"):
        binaries(make_trial(make_candidate()))


def test_the_first_argument_that_ends_well_will_do(make_listing: Any, machine: Machine) -> None:  # noqa: ANN401 - a factory
    machine.answers = {"--help": (0, "usage: tool\nmore\n")}
    seen = binaries(make_listing({"/tool": ("linux", SCRIPT)}))
    assert machine.called == ["/tool --version", "/tool --help"]
    assert seen.detail == "/tool --help said 'usage: tool'; 1 of their system's format"


def test_the_argument_of_the_settings_is_the_only_one(make_listing: Any, machine: Machine) -> None:  # noqa: ANN401 - a factory
    machine.answers = {"--help": (0, "")}
    trial = make_listing({"/a/tool": ("linux", SCRIPT)}, smoke_binary_arguments=(("tool", "version"),))
    with pytest.raises(ProbeFailedError, match="/a/tool does not end well with version") as raised:
        binaries(trial)
    assert raised.value.evidence == "/a/tool version ended with exit code 1\nunknown option"


def test_an_empty_argument_leaves_it_alone(make_listing: Any, machine: Machine) -> None:  # noqa: ANN401 - a factory
    trial = make_listing({"/tool": ("linux", SCRIPT)}, smoke_binary_arguments=(("tool", ""),))
    assert "was not run" in binaries(trial).detail
    assert machine.called == []


def test_those_of_other_systems_are_not_run(make_listing: Any, machine: Machine) -> None:  # noqa: ANN401 - a factory
    files = {"/mac": ("darwin", SCRIPT), "/win.cmd": ("windows", b"@echo off\r\n")}
    assert binaries(make_listing(files)).detail == "2 of their system's format"
    assert machine.called == []


@pytest.mark.parametrize(
    ("system", "content", "why"),
    [
        ("linux", ELF["arm64"], "is for arm64 in the image for amd64"),
        ("linux", b"", "is listed for linux and is empty"),
        ("linux", b"no shebang", "is not a program that Linux knows"),
        ("darwin", ELF["amd64"], "is listed for darwin and is ELF"),
        ("windows", ELF["amd64"], "is listed for windows and is ELF"),
    ],
)
def test_of_another_format(system: str, content: bytes, why: str, make_listing: Any, machine: Machine) -> None:  # noqa: ANN401 - a factory
    with pytest.raises(ProbeFailedError, match=why):
        binaries(make_listing({"/tool": (system, content)}))
    assert machine.called == []


@pytest.mark.parametrize("system", ["linux", "darwin"])
@pytest.mark.parametrize("first", [b"#!/bin/sh\r\n", b"#!/usr/bin/env sh\r\n"])
def test_a_script_with_windows_line_ends(system: str, first: bytes, make_listing: Any, machine: Machine) -> None:  # noqa: ANN401 - a factory
    with pytest.raises(ProbeFailedError, match=r"^/tool has \\r at the end of its first line, so that .*\\r is looked"):
        binaries(make_listing({"/tool": (system, first + b"echo\r\n")}))
    assert machine.called == []


def test_a_batch_file_has_windows_line_ends(make_listing: Any) -> None:  # noqa: ANN401 - a factory
    assert binaries(make_listing({"/tool.cmd": ("windows", b"#!/bin/sh\r\n")})).detail == "1 of their system's format"


def test_a_first_line_that_one_system_takes_and_another_does_not(make_listing: Any, machine: Machine) -> None:  # noqa: ANN401 - a factory
    script = b"#!/usr/bin/env node --no-warnings\n"
    with pytest.raises(ProbeFailedError, match="env -S would split"):
        binaries(make_listing({"/tool": ("linux", script)}))
    assert binaries(make_listing({"/tool": ("darwin", script)})).detail == "1 of their system's format"
    assert machine.called == []


@pytest.mark.usefixtures("machine")
def test_an_interpreter_that_env_would_not_find(make_listing: Any) -> None:  # noqa: ANN401 - a factory
    assert (
        "the image has no /usr/bin/env" in binaries(make_listing({"/tool": ("linux", b"#!/usr/bin/env bash\n")})).detail
    )


def test_what_is_there_is_looked_at_if_another_one_is_not(make_listing: Any, machine: Machine) -> None:  # noqa: ANN401 - a factory
    machine.answers = {"--version": (0, "1.0")}
    trial = make_listing({"/tool": ("linux", SCRIPT), "/gone": ("darwin", SCRIPT)})
    del trial.candidate.snapshot.facts["/gone"]
    assert binaries(trial).detail == "/tool --version said '1.0'; 1 of their system's format"
    del trial.candidate.snapshot.facts["/tool"]
    with pytest.raises(ProbeAbortedError, match="not in the image: /gone, /tool"):
        binaries(trial)


def test_an_interpreter_that_is_not_in_the_image(make_listing: Any, machine: Machine) -> None:  # noqa: ANN401 - a factory
    files = {"/tool": ("linux", b"#!/usr/bin/python3\n")}
    assert "the image has no /usr/bin/python3" in binaries(make_listing(files)).detail
    assert machine.called == []
    machine.answers = {"--version": (0, "1.0")}
    assert "said '1.0'" in binaries(make_listing(files, smoke_host_image="debian:13")).detail


@pytest.mark.parametrize(
    "answer", [(132, ""), (135, ""), (139, ""), (1, "qemu: uncaught target signal 11 (Segmentation fault)")]
)
def test_a_crash_of_the_emulator_is_its_own(answer: tuple[int, str], make_listing: Any, machine: Machine) -> None:  # noqa: ANN401 - a factory
    machine.answers = {"--version": answer}
    with pytest.raises(ProbeFailedError) as raised:
        binaries(make_listing({"/tool": ("linux", SCRIPT)}, platform=ARM64))
    assert raised.value.emulator
    with pytest.raises(ProbeFailedError) as raised:
        binaries(make_listing({"/tool": ("linux", SCRIPT)}))
    assert not raised.value.emulator


def test_in_the_extensions_own_image(make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
    trial = make_trial(make_candidate())
    arguments = container_arguments(trial, "/host/tool", "--env", "A=1")
    assert arguments[:2] == ["--rm", "--label"]
    assert "dev.dext-tasks.beside=acme_demo-desktop-extension" in arguments
    assert arguments[-5:] == ["--env", "A=1", "--entrypoint", "/host/tool", trial.candidate.image.reference]
    assert arguments[arguments.index("--pull") :][:2] == ["--pull", "never"]


def test_it_has_the_limits_of_every_container(make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
    arguments = container_arguments(make_trial(make_candidate(), smoke_memory="1g", smoke_pids=50), "/host/tool")
    given = {name: arguments[arguments.index(name) + 1] for name in ("--memory", "--pids-limit", "--log-driver")}
    assert given == {"--memory": "1g", "--pids-limit": "50", "--log-driver": "json-file"}
    assert "max-size=10m" in arguments
    assert arguments[arguments.index("--security-opt") + 1] == "no-new-privileges:true"
    assert "--security-opt" not in container_arguments(
        make_trial(make_candidate(), smoke_allow=("new-privileges",)), "/a"
    )


def test_a_comma_in_a_path_begins_no_other_option(make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
    trial = make_trial(make_candidate(), smoke_host_image="debian:13")
    arguments = container_arguments(trial, "/x,source=/etc/passwd")
    fields = next(csv.reader([arguments[arguments.index("--mount") + 1]]))
    source = trial.candidate.snapshot.folder / "x,source=" / "etc" / "passwd"
    assert fields == ["type=bind", f"source={source}", "target=/run/dext-host/passwd", "readonly"]


def test_what_there_is_no_time_for_is_a_failure(
    make_listing: Any,  # noqa: ANN401 - a factory
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BINARIES_RUN", -1.0)
    with pytest.raises(ProbeFailedError, match="2 more were not run"):
        binaries(make_listing({"/a": ("linux", SCRIPT), "/b": ("linux", SCRIPT)}))
    assert machine.called == []


def test_an_engine_elsewhere_is_given_the_binaries_in_a_volume(
    make_trial: MakeTrial, make_candidate: MakeCandidate, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dext_tasks.engine.api.endpoint", lambda _client: "tcp://192.0.2.1:2376")
    listed = {
        "host": {"binaries": [{"linux": [{"path": "/host/tool"}, {"path": "/gone"}], "darwin": [{"path": "/m"}]}]}
    }
    trial = make_trial(make_candidate({**METADATA, **listed}), smoke_host_image="debian:13")
    for path in ("host/tool", "m"):
        file = trial.candidate.snapshot.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"program")
    for _ in range(2):
        arguments = container_arguments(trial, "/host/tool")
        assert "type=volume,source=beside,target=/run/dext-host,readonly" in arguments
        assert arguments[-3:] == ["--entrypoint", "/run/dext-host/host/tool", "debian:13"]
    assert world.filled == {"beside": ["host/tool"]}


def test_in_an_image_that_stands_for_the_users_machine(make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
    trial = make_trial(make_candidate(), smoke_host_image="debian:13")
    arguments = container_arguments(trial, "/host/tool")
    assert arguments[-3:] == ["--entrypoint", "/run/dext-host/tool", "debian:13"]
    source = trial.candidate.snapshot.folder / "host" / "tool"
    assert f"type=bind,source={source},target=/run/dext-host/tool,readonly" in arguments


class Ended:
    """A docker that has ended."""

    def __init__(self, code: int, said: str) -> None:
        self.returncode = code
        self.said = said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


LOST = (125, "docker: Error response from daemon: parent snapshot sha256:4f does not exist: not found")


@pytest.mark.parametrize(
    "first",
    [
        LOST,
        # The program's own words, and what stays.
        (1, LOST[1]),
        (125, "docker: Error response from daemon: invalid mount"),
    ],
)
def test_a_run_that_the_engine_lost_is_tried_again(
    first: tuple[int, str],
    make_listing: Any,  # noqa: ANN401 - a factory
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_is_in_image", lambda _trial, *paths: "/bin/sh" in paths)
    monkeypatch.setattr(module, "heard", lambda process: (b"", process.said.encode()))
    called: list[str] = []

    def start(_client: object, *args: str, seconds: float) -> Ended:
        assert seconds > 0
        called.append(args[-1])
        return Ended(*(first if len(called) == 1 else (0, "1.0")))

    monkeypatch.setattr("dext_tasks.engine.client.Client.start", start)
    assert "said '1.0'" in binaries(make_listing({"/tool": ("linux", SCRIPT)})).detail
    is_lost = first == LOST
    assert called == ["--version", "--version" if is_lost else "--help"]
    said = "docker run /tool: the engine lost a parent snapshot for a moment; trying once more"
    assert told.lines == ([said] if is_lost else [])


UNPULLED = (
    "Unable to find image 'acme/machine:1' locally\n"
    "docker: Error response from daemon: failed to resolve reference: dial tcp: lookup registry: no such host"
)
PULLED = (
    "Unable to find image 'acme/machine:1' locally\n1: Pulling from acme/machine\n"
    "Status: Downloaded newer image for acme/machine:1\ndocker: Error response from daemon: invalid mount"
)


@pytest.mark.parametrize(
    ("code", "said", "what"),
    [
        (125, UNPULLED, "the engine cannot get the image of smoke.host-image"),
        (125, PULLED, "/tool does not end well"),
        (1, UNPULLED, "/tool does not end well"),
    ],
)
def test_a_missing_image_of_the_user_s_machine_is_no_fault_of_a_binary(
    code: int,
    said: str,
    what: str,
    make_listing: Any,  # noqa: ANN401 - a factory
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "heard", lambda _: (b"", said.encode()))
    monkeypatch.setattr("dext_tasks.engine.client.Client.start", lambda *_, **__: Ended(code, said))
    with pytest.raises(ProbeFailedError) as raised:
        binaries(make_listing({"/tool": ("linux", SCRIPT)}, smoke_host_image="acme/machine:1"))
    assert what in str(raised.value)
    assert ("docker pull acme/machine:1" in str(raised.value)) is (code == 125 and said == UNPULLED)
    assert said in raised.value.evidence
