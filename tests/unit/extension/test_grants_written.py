"""What a compose file asks for is the same before it is resolved and after."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given

from dext_tasks.extension.grants.machine import HostMachine
from dext_tasks.extension.grants.model import asked
from dext_tasks.extension.grants.written import as_written
from tests.compose_models import documents, placed
from tests.engine.hostile import COMPOSE_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping


def names(text: str) -> list[str]:
    return [str(each.grant) for each, _ in as_written(text.encode())]


def of_service(lines: str) -> list[str]:
    return names(f"services:\n  web:\n    image: a\n    {lines}\n")


# Some of it shows on the machine alone: where a link leads, what other files say, which variables there are, and what
# compose makes of a range.
UNKNOWN: Mapping[str, set[str]] = {
    "root-proc": {"host-mount"},
    "variable-of-the-home": set(),
    "variable-bare-in-env": set(),
    "include-by-include": set(),
    "env-file-that-is-not-reset": set(),
    "ports": set(),
}


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_check_tells_what_smoke_refuses(name: str) -> None:
    attack = COMPOSE_FILES[name]
    text = yaml.safe_dump(attack.document).replace("@CANARY@", "/home/you")
    kinds = UNKNOWN.get(name, {grant.partition(":")[0] for grant in attack.grants})
    assert {each.partition(":")[0] for each in names(text)} == kinds


@given(documents(["true"]))
def test_what_is_resolved_already_asks_for_the_same(document: dict[str, Any]) -> None:
    document = placed(document, "/extension")
    resolved = {each.grant for each in asked(document, HostMachine("/extension"))}
    assert {each.grant for each, _ in as_written(json.dumps(document).encode())} == resolved


@pytest.mark.parametrize(
    "source",
    [
        *("~/.ssh", "/Users", "${HOME}/.kube", "../b", "../../../..", "/run/guest-services-x", "/etc"),
        "C:\\Users",
    ],
)
def test_mounts_of_the_host_are_named_as_they_are_written(source: str) -> None:
    found = [name for name in of_service(f"volumes: ['{source}:/x']") if not name.startswith("environment")]
    assert found == [f"host-mount:{source.replace(chr(92), '/')}"]


@pytest.mark.parametrize(
    ("source", "real"),
    [
        ("./a/../../b", "../b"),
        ("/run/guest-services/../x", "/run/x"),
        ("/etc/", "/etc"),
        ("//./pipe/other", "/pipe/other"),
    ],
)
def test_mounts_of_the_host_are_named_by_where_they_lead(source: str, real: str) -> None:
    assert of_service(f"volumes: ['{source}:/x']") == [f"host-mount:{real}"]


@pytest.mark.parametrize("source", ["/run/guest-services", "/run/guest-services/x", ".", "./a", "./a/../b", "data"])
def test_mounts_that_are_no_files_of_the_host(source: str) -> None:
    assert names(f"services: {{web: {{image: a, volumes: ['{source}:/x']}}}}\nvolumes: {{data: }}") == []


@pytest.mark.parametrize(
    "source",
    [
        *("/var/run/docker.sock", "/var/run/docker.sock/", "/run/docker.sock.raw", "/run/podman/podman.sock"),
        *("//./pipe/docker_engine", r"\\.\pipe\dockerDesktopLinuxEngine", "//./pipe/podman-machine-default"),
    ],
)
def test_engine_sockets(source: str) -> None:
    assert of_service(f"volumes: [{{type: bind, source: '{source}', target: /x}}]") == ["engine-socket"]
    # Whatever the variable is.
    target = source.rstrip("/")
    found = of_service(f"volumes: [{{type: bind, source: '${{SOCKET}}/x', target: '{target}'}}]")
    assert found == ["environment:SOCKET", "engine-socket"]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("command: ['$$HOME', '${A:-b}', '${A-b}', '${A:+b}', '${DESKTOP_PLUGIN_IMAGE}', '$COMPOSE_PROJECT_NAME']", []),
        ("command: ['$HOME', '${A:?b}']", ["environment:HOME", "environment:A"]),
        ("command: '$${HOME} $$$HOME'", ["environment:HOME"]),
        ("volumes: ['${A:-/etc}:/x']", ["host-mount:/etc"]),
        (
            "volumes: ['/etc:/x:ro,rshared,z']",
            ["host-mount:/etc", "mount-option:selinux=z", "mount-option:propagation=rshared"],
        ),
        ("volumes: ['theirs:/x']", ["external-volume:theirs"]),
        ("networks: [theirs]", ["external-network:theirs"]),
        ("devices: [/dev/fuse, /dev/kvm:/dev/kvm]", ["device:/dev/fuse", "device:/dev/kvm"]),
        ("device_cgroup_rules: ['c 1:3 mr']", ["device-rule:c 1:3 mr"]),
        ("deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}", ["gpus"]),
        (
            "post_start: [{command: a}, {command: b, privileged: true}]",
            ["hook:post_start", "hook:post_start", "privileged"],
        ),
        ("env_file: [/etc/a, b.env, ../c]", ["host-file:/etc/a", "host-file:/c"]),
        ("extends: {file: base.yaml, service: x}", []),
        ("oom_kill_disable: false", []),
        ("privileged: 'true'", ["privileged"]),
        ("image: !reset x", []),
    ],
)
def test_services(lines: str, found: list[str]) -> None:
    assert of_service(lines) == found


def test_only_what_a_service_uses_is_asked_for() -> None:
    sections = {
        "volumes": {"used": {"driver_opts": {"o": "bind", "device": "/etc"}}, "other": {"external": True}},
        "networks": {"default": {"driver": "macvlan"}, "other": {"external": True}},
        "secrets": {"used": {"file": "./own"}, "other": {"file": "/etc/shadow"}},
        "configs": {"other": {"environment": "TOKEN"}},
    }
    service = {"image": "a", "volumes": ["used:/u"], "secrets": [{"source": "used"}]}
    text = json.dumps({"services": {"web": service}, **sections})
    assert names(text) == ["volume-bind:/etc", "network-driver:macvlan"]


def test_each_has_its_line() -> None:
    text = """services:
  web:
    image: a
    cap_add:
      - ALL
      - CHOWN
    volumes:
      - ./a:/b
      - /etc:/x
      - type: bind
        source: /srv
    pid: host
    env_file: /etc/env
  other:
    <<: {privileged: true}
volumes:
  v: {external: true}
"""
    lines = {(each.by, str(each.grant)): line for each, line in as_written(text.encode())}
    assert lines == {
        ("service web", "capability:ALL"): 5,
        ("service web", "host-mount:/etc"): 9,
        ("service web", "host-mount:/srv"): 10,
        ("service web", "host-pid"): 12,
        ("service web", "host-file:/etc/env"): 13,
        ("service other", "privileged"): 15,
    }


@pytest.mark.parametrize("text", ["", "a: [", "[]", "services:", "services: {web: }", "volumes: []"])
def test_what_is_odd_asks_for_nothing(text: str) -> None:
    assert names(text) == []
