from __future__ import annotations

import json

import pytest

from dext_tasks.extension.compose import Mount, parse
from dext_tasks.extension.metadata import parse as parse_metadata
from dext_tasks.extension.permissions import is_engine_socket, is_host_mount, is_unconfined, permissions
from dext_tasks.extension.runtime import Runtime

NOTHING = parse_metadata(b"{}")


def said(lines: str) -> tuple[str, ...]:
    text = f"services:\n  web:\n    image: a\n    {lines}\n"
    return permissions([parse(text.encode())], NOTHING)


def bind(source: str, target: str = "/x") -> Mount:
    return Mount(source, target, read_only=False, is_bind=True, is_short=True, line=1)


@pytest.mark.parametrize(
    "lines",
    [
        *("command: x", "volumes: [data:/data]", "ports: ['80']", "volumes: ['./a:/b']"),
        *("cap_add: [DAC_OVERRIDE, FOWNER]", "{cap_drop: [ALL], cap_add: [CAP_CHOWN, SETUID]}"),
    ],
)
def test_nothing_special(lines: str) -> None:
    assert said(lines) == ()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("privileged: true", "runs privileged"),
        ("volumes: ['/:/host']", "mounts / read-write"),
        ("volumes: ['/etc:/etc:ro']", "mounts /etc read-only"),
        ("volumes: ['/var/run/docker.sock.raw:/var/run/docker.sock']", "controls the container engine"),
        ("volumes: ['/var/run/docker.sock:/tmp/engine']", "controls the container engine"),
        ("use_api_socket: true", "controls the container engine"),
        ("pid: host", "shares the host's processes"),
        ("cap_add: [IPC_LOCK, CHOWN]", "has the capability IPC_LOCK"),
        ("cap_add: [NET_ADMIN, SYS_PTRACE]", "has the capabilities NET_ADMIN, SYS_PTRACE"),
        ("devices: [/dev/fuse]", "uses the device /dev/fuse"),
        ("gpus: all", "uses the device gpu"),
        ("security_opt: ['seccomp=unconfined']", "runs unconfined"),
        ("ports: ['8080:80']", "listens on port 8080 of the machine"),
        ("ports: ['8080:80', '9000-9010:9000-9010']", "listens on ports 8080, 9000-9010 of the machine"),
    ],
)
def test_one_thing(lines: str, sentence: str) -> None:
    assert said(lines) == (f"service web {sentence}",)


def test_a_service_is_one_sentence_the_furthest_reaching_first() -> None:
    lines = "{image: a, ports: ['1:1'], network_mode: host, pid: host, volumes: ['/:/h'], privileged: true}"
    (sentence,) = permissions([parse(f"services: {{web: {lines}}}".encode())], NOTHING)
    assert sentence == (
        "service web runs privileged, mounts / read-write, shares the host's network and processes, "
        "listens on port 1 of the machine"
    )


def test_what_two_platforms_say_alike_is_said_once() -> None:
    one, other = parse(b"services: {a: {image: x, privileged: true}}"), parse(b"services: {b: {image: x, pid: host}}")
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
    compose = parse(json.dumps({"services": {"a\n\u202eb": {"image": "x", "volumes": ["/\n\u202e:/x"]}}}).encode())
    for sentence in permissions([compose], NOTHING):
        assert sentence.isprintable()


@pytest.mark.parametrize(
    "source", ["/run/guest-services", "/run/guest-services/x", ".", "./a", "./a/../b", "/var/run/docker.sock"]
)
def test_mounts_that_are_no_files_of_the_host(source: str) -> None:
    assert not is_host_mount(bind(source))


@pytest.mark.parametrize(
    "source",
    [
        *("/", "~/.ssh", "/Users", "C:\\Users", "${HOME}/.kube", "../b", "../../../..", "./a/../../b"),
        *("/run/guest-services/../..", "/run/guest-services-x", "//./pipe/other"),
    ],
)
def test_mounts_of_the_host(source: str) -> None:
    assert is_host_mount(bind(source))
    assert not is_engine_socket(bind(source))


@pytest.mark.parametrize(
    "source",
    [
        *("/var/run/docker.sock", "/var/run/docker.sock/", "/run/docker.sock.raw", "/run/podman/podman.sock"),
        *("//./pipe/docker_engine", r"\\.\pipe\dockerDesktopLinuxEngine", "//./pipe/podman-machine-default"),
    ],
)
def test_engine_sockets(source: str) -> None:
    assert is_engine_socket(bind(source))
    assert is_engine_socket(bind("${SOCKET}/x", source))


@pytest.mark.parametrize(
    "option", ["seccomp:unconfined", "seccomp=unconfined", "apparmor: unconfined", "label:disable"]
)
def test_unconfined(option: str) -> None:
    assert is_unconfined(option)


@pytest.mark.parametrize("option", ["no-new-privileges:true", "seccomp:profile.json", "label:type:x", ""])
def test_confined(option: str) -> None:
    assert not is_unconfined(option)


def test_runtimes_have_names_for_people() -> None:
    assert [runtime.title for runtime in Runtime] == ["Docker Desktop", "Rancher Desktop", "Podman Desktop"]
