from __future__ import annotations

import json

import pytest

from dext_tasks.extension.desktops import Desktop
from dext_tasks.extension.metadata import parse as parse_metadata
from dext_tasks.extension.permissions import permissions

NOTHING = parse_metadata(b"{}")


def said(lines: str) -> tuple[str, ...]:
    return permissions([f"services:\n  web:\n    image: a\n    {lines}\n".encode()], NOTHING)


@pytest.mark.parametrize(
    "lines",
    [
        *("command: x", "volumes: [data:/data]\nvolumes: {data: {}}", "ports: ['80']", "volumes: ['./a:/b', '/c']"),
        *("cap_add: [DAC_OVERRIDE, FOWNER]", "privileged: false", "labels: {a: ${DESKTOP_PLUGIN_IMAGE}}"),
        *("volumes: ['/run/guest-services:/g', './a/../b:/c']", "{profiles: [x], privileged: true}"),
        # Rules say what is wrong with it, and it does nothing to a machine.
        *("build: .", "pull_policy: build"),
    ],
)
def test_nothing_special(lines: str) -> None:
    assert said(lines) == ()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("privileged: true", "runs privileged"),
        ("volumes: ['/:/host']", "controls the container engine, mounts / read-write"),
        ("volumes: ['/etc:/etc:ro']", "mounts /etc read-only"),
        ("volumes: ['/etc:/etc:ro', '/srv:/srv']", "mounts /etc read-only, /srv read-write"),
        ("volumes: ['/var/run/docker.sock.raw:/var/run/docker.sock']", "controls the container engine"),
        ("volumes: ['/var/run/docker.sock:/tmp/engine']", "controls the container engine"),
        ("use_api_socket: true", "controls the container engine"),
        ("pid: host", "shares the host's processes"),
        ("cap_add: [IPC_LOCK, CHOWN]", "has the capability IPC_LOCK"),
        ("cap_add: [NET_ADMIN, SYS_PTRACE]", "has the capabilities NET_ADMIN, SYS_PTRACE"),
        ("devices: [/dev/fuse]", "uses the device /dev/fuse"),
        ("gpus: all", "uses the machine's accelerators"),
        ("security_opt: ['seccomp=unconfined']", "has the security option seccomp:unconfined"),
        ("environment: [TOKEN]", "reads the variable TOKEN"),
        ("ports: ['8080:80']", "listens on port 8080 of the machine"),
        ("ports: ['8080:80', '9000-9010:9000-9010']", "listens on ports 8080, 9000-9010 of the machine"),
    ],
)
def test_one_thing(lines: str, sentence: str) -> None:
    assert said(lines) == (f"service web {sentence}",)


def test_a_service_is_one_sentence_the_furthest_reaching_first() -> None:
    lines = "{image: a, ports: ['1:1'], network_mode: host, pid: host, volumes: ['/etc:/h'], privileged: true}"
    (sentence,) = permissions([f"services: {{web: {lines}}}".encode()], NOTHING)
    assert sentence == (
        "service web runs privileged, mounts /etc read-write, shares the host's network, "
        "shares the host's processes, listens on port 1 of the machine"
    )


def test_what_is_no_services_own() -> None:
    text = (
        "services: {web: {image: 'a:$TAG', volumes: [vol:/v]}}\nvolumes: {vol: {driver_opts: {o: bind, device: /etc}}}"
    )
    assert permissions([text.encode()], NOTHING) == (
        "the compose file reads the variable TAG",
        "volume vol leads to /etc",
    )


def test_what_two_platforms_say_alike_is_said_once() -> None:
    one, other = b"services: {a: {image: x, privileged: true}}", b"services: {b: {image: x, pid: host}}"
    assert permissions([one, one, other], NOTHING) == (
        "service a runs privileged",
        "service b shares the host's processes",
    )


@pytest.mark.parametrize(
    ("binaries", "sentence"),
    [
        ([{"linux": [{"path": "/a"}]}], "installs 1 binary on the host (linux)"),
        (
            [{"darwin": [{"path": "/a"}, {"path": "/b"}], "windows": [{"path": "/c"}]}],
            "installs 2 binaries on the host (darwin, windows)",
        ),
    ],
)
def test_host_binaries(binaries: list[object], sentence: str) -> None:
    metadata = parse_metadata(json.dumps({"host": {"binaries": binaries}}).encode())
    assert permissions([], metadata) == (sentence,)


def test_hostile_names_stay_on_one_line() -> None:
    compose = json.dumps({"services": {"a\n\u202eb": {"image": "x", "volumes": ["/\n\u202e:/x"]}}}).encode()
    (sentence,) = permissions([compose], NOTHING)
    assert sentence.isprintable()


@pytest.mark.parametrize("content", [b"", b"a: [", b"[]", b"services: []", b"services: {a: []}"])
def test_of_what_is_no_compose_file_nothing_is_said(content: bytes) -> None:
    assert [each for each in permissions([content], NOTHING) if not each.startswith("service a")] == []


def test_runtimes_have_names_for_people() -> None:
    assert [runtime.title for runtime in Desktop] == ["Docker Desktop", "Rancher Desktop", "Podman Desktop"]
