from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from .registry import free_port

if TYPE_CHECKING:
    from .extension import Extension
    from .program import Done

AMD64 = "linux/amd64"
ARM64 = "linux/arm64"
# PID 1 gets no signal it has no handler for, and a test need not wait until it is killed.
IDLE = "trap exit TERM; sleep 600 & wait"


def _smoke(extension: Extension, *args: str, platform: str = AMD64, **env: str) -> Done:
    extension.commit("Break it")
    env = {"DEXT_SMOKE_TIMEOUT": "120", "DEXT_SMOKE_SETTLE": "0.5", **env}
    return extension.dext("smoke", "--json", "--platform", platform, *args, **env)


def _probes(done: Done) -> dict[str, dict[str, Any]]:
    platform = done.json["platforms"][0]
    return {probe["name"]: probe for probe in platform["probes"]}


@dataclass(frozen=True)
class Case:
    """A backend that fails.

    Attributes:
        shell: What it does.
        probe: The probe that finds it.
        detail: What the probe says.
        evidence: What it shows, all of it.
        platform: Where it runs.
        socket: Whether metadata.json promises a socket.
        timeout: Seconds until it must answer.
    """

    shell: str
    probe: str
    detail: str
    evidence: tuple[str, ...]
    platform: str = AMD64
    socket: bool = True
    timeout: int = 120


CASES = {
    "exits-at-once": Case("echo no database >&2; exit 3", "answer", "exit code 3", ("no database", "exit code 3")),
    "exits-at-once-emulated": Case(
        "echo no database; exit 3", "answer", "exit code 3", ("no database", "exit code 3"), platform=ARM64
    ),
    "crash-loop": Case("sleep 1; echo lost it; exit 4", "answer", "exit code 4", ("lost it", "exit code 4")),
    "crash-loop-without-socket": Case(
        "sleep 0.2; echo lost it; exit 4", "steady", "exit code 4", ("lost it", "exit code 4"), socket=False
    ),
    "done-and-gone": Case("echo all done", "steady", "exit code 0", ("all done",), socket=False),
    "never-bound": Case(f"echo waiting; {IDLE}", "answer", "it was never created", ("waiting", "running"), timeout=6),
    "a-file-is-no-socket": Case(
        f"echo waiting; touch /run/guest-services/backend.sock; {IDLE}",
        "answer",
        "backend.sock is not a socket",
        ("waiting",),
        timeout=6,
    ),
    "a-link-to-the-engines-socket": Case(
        f"ln -s /var/run/docker.sock /run/guest-services/backend.sock; {IDLE}",
        "answer",
        "backend.sock is a symbolic link, which is not followed",
        (),
        timeout=6,
    ),
    "not-executable": Case("exec /metadata.json", "answer", "exit code 126", ("Permission denied",)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_failing_backend_is_shown_with_its_log(extension: Extension, case: Case) -> None:
    extension.use_busybox(case.shell)
    if not case.socket:
        extension.edit_metadata(vm={"image": "${DESKTOP_PLUGIN_IMAGE}"})
    done = _smoke(extension, platform=case.platform, DEXT_SMOKE_TIMEOUT=str(case.timeout), DEXT_SMOKE_SETTLE="2")
    assert done.code == 50, done
    probe = _probes(done)[case.probe]
    assert probe["outcome"] == "failed", done
    assert case.detail in probe["detail"]
    assert [text for text in case.evidence if text not in probe["evidence"]] == []
    assert [text for text in case.evidence if text not in done.err] == []
    assert _probes(done)["uninstall"]["outcome"] == "passed"


def test_a_socket_of_another_name_is_named(extension: Extension) -> None:
    extension.edit("Dockerfile", "/run/guest-services/backend.sock", "/run/guest-services/other.sock")
    done = _smoke(extension, DEXT_SMOKE_TIMEOUT="6")
    assert done.code == 50, done
    assert "there is other.sock" in _probes(done)["answer"]["detail"]
    assert "listening" in _probes(done)["answer"]["evidence"]


def test_a_proxy_reaches_the_backend_for_who_may_not_open_its_socket(extension: Extension) -> None:
    extension.commit("As it is")
    done = extension.dext("smoke", "--json", "--smoke-proxy", "always", DEXT_SMOKE_SETTLE="0.5")
    assert done.code == 0, done
    for platform in done.json["platforms"]:
        outcomes = {probe["name"]: probe["outcome"] for probe in platform["probes"]}
        assert outcomes["answer"] == outcomes["requests"] == outcomes["uninstall"] == "passed"


def test_behind_a_proxy_a_socket_that_is_not_there_is_told_as_well(extension: Extension) -> None:
    extension.use_busybox(IDLE)
    done = _smoke(extension, "--smoke-proxy", "always", DEXT_SMOKE_TIMEOUT="1.5")
    assert done.code == 50, done
    assert "it was never created" in _probes(done)["answer"]["detail"]


def test_a_backend_that_answers_and_then_dies_is_found(extension: Extension) -> None:
    shell = "timeout 2 /service -socket /run/guest-services/backend.sock; echo it is over; exit 5"
    extension.edit("Dockerfile", "FROM scratch", "FROM busybox:1.37")
    extension.edit("Dockerfile", "ENTRYPOINT", f"ENTRYPOINT {json.dumps(['sh', '-c', shell])}\n#")
    done = _smoke(extension, DEXT_SMOKE_SETTLE="10")
    assert done.code == 50, done
    assert _probes(done)["answer"]["outcome"] == "passed"
    assert "exit code 5" in _probes(done)["steady"]["detail"]
    assert "it is over" in _probes(done)["steady"]["evidence"]


def test_a_crash_of_the_emulator_is_told_apart(extension: Extension) -> None:
    emulated = ARM64 if _native(extension) == AMD64 else AMD64
    extension.use_busybox("kill -SEGV $$")
    # A crashed emulator that is PID 1 does not even end. Under emulation a second is four.
    done = _smoke(extension, platform=emulated, DEXT_SMOKE_TIMEOUT="1")
    assert done.code == 50, done
    assert "emulator crash" in {probe["outcome"] for probe in _probes(done).values()}


def test_an_image_of_another_platform_fails_although_it_runs(extension: Extension) -> None:
    assert extension.dext("build").code == 0
    native = _native(extension)
    emulated = ARM64 if native == AMD64 else AMD64
    extension.docker.run("tag", extension.builds[native], extension.builds[emulated])
    done = _smoke(extension, "--no-build", platform=emulated)
    assert done.code == 50, done
    probes = _probes(done)
    assert probes["architecture"]["outcome"] == "failed"
    assert f"says it is for {native}" in probes["architecture"]["detail"]
    rest = {probe["outcome"] for name, probe in probes.items() if name not in ("architecture", "uninstall")}
    assert rest == {"aborted"}


def test_programs_of_another_architecture_fail_although_they_run(extension: Extension) -> None:
    extension.edit("Dockerfile", "GOARCH=$TARGETARCH", "GOARCH=amd64")
    done = _smoke(extension, platform=ARM64)
    assert done.code == 50, done
    assert _probes(done)["architecture"]["outcome"] == "failed"
    assert "/service is a program for amd64" in _probes(done)["architecture"]["detail"]


def _native(extension: Extension) -> str:
    return extension.docker.run("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}").strip()


def test_an_extension_without_backend_passes_on_its_files(extension: Extension) -> None:
    extension.edit_metadata(vm=None)
    done = _smoke(extension)
    assert done.code == 0, done
    outcomes = {name: probe["outcome"] for name, probe in _probes(done).items()}
    assert {name for name, outcome in outcomes.items() if outcome == "passed"} == {"architecture", "extract"}
    assert set(outcomes.values()) == {"passed", "skipped"}


COMPOSE = """\
services:
  backend:
    image: ${DESKTOP_PLUGIN_IMAGE}
    depends_on: [helper]
    environment: {GREETING: "${GREETING:-hello}"}
    ports: ["127.0.0.1:PORT:80"]
  helper:
    image: ${DESKTOP_PLUGIN_IMAGE}
    entrypoint: ["/service", "-socket", "/kept/helper.sock"]
    volumes: ["kept:/kept"]
volumes:
  kept: {}
"""
HELPER = 'image: ${DESKTOP_PLUGIN_IMAGE}\n    entrypoint: ["/service", "-socket", "/kept/helper.sock"]'


def test_a_composefile_is_installed_with_volumes_and_ports(extension: Extension) -> None:
    _use_compose(extension, COMPOSE)
    extension.commit("Use compose")
    done = extension.dext("smoke", "--json", DEXT_SMOKE_SETTLE="0.5")
    assert done.code == 0, done
    for platform in done.json["platforms"]:
        outcomes = {probe["name"]: probe["outcome"] for probe in platform["probes"]}
        assert set(outcomes.values()) == {"passed", "skipped"}
        assert outcomes["start"] == outcomes["answer"] == outcomes["steady"] == outcomes["uninstall"] == "passed"


def test_a_failing_service_of_a_composefile_is_shown(extension: Extension) -> None:
    broken = 'image: busybox:1.37\n    command: ["sh", "-c", "sleep 0.5; echo helper is broken; exit 7"]'
    _use_compose(extension, COMPOSE.replace(HELPER, broken))
    done = _smoke(extension, DEXT_SMOKE_SETTLE="3")
    assert done.code == 50, done
    failed = [probe for probe in _probes(done).values() if probe["outcome"] == "failed"]
    assert "exit code 7" in failed[0]["detail"]
    assert "helper is broken" in failed[0]["evidence"]


def test_a_service_whose_image_is_nowhere_is_named(extension: Extension) -> None:
    _use_compose(extension, COMPOSE.replace(HELPER, "image: localhost:5000/dext-tests/nothing:1.0.0"))
    done = _smoke(extension)
    assert done.code == 50, done
    assert "localhost:5000/dext-tests/nothing" in _probes(done)["start"]["evidence"]


def _use_compose(extension: Extension, text: str) -> None:
    extension.write("compose.yaml", text.replace("PORT", str(free_port())))
    extension.edit_metadata(vm={"composefile": "compose.yaml", "exposes": {"socket": "backend.sock"}})
    extension.edit("Dockerfile", "COPY metadata.json icon.svg /", "COPY metadata.json icon.svg compose.yaml /")
    extension.edit(".dockerignore", "!ui", "!ui\n!compose.yaml")
