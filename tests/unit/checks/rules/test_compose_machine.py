from __future__ import annotations

from dataclasses import replace

import pytest

from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.facts import Place
from tests.unit.checks.compose_text import OWN_SERVICE, found_in_compose, second_service
from tests.unit.checks.fake_source import BY_CODE, FakeSource, compose


@pytest.mark.parametrize(
    ("text", "code", "what", "line"),
    [
        (
            second_service("ports: ['8080:80']"),
            "compose-port-published",
            "service db takes port 8080 of every address",
            6,
        ),
        (
            second_service("ports: ['127.0.0.1:8080:80']"),
            "compose-port-published",
            "service db takes port 8080 of 127.0.0.1",
            6,
        ),
        (second_service("container_name: db"), "compose-container-name", "service db has the fixed name db", 6),
        (second_service("privileged: true"), "compose-privileged", "service db runs privileged", 6),
        (second_service("volumes: ['/etc:/h']"), "compose-host-mount", "service db mounts /etc read-write", 6),
        (
            second_service("volumes: ['~/.ssh:/s:ro']"),
            "compose-host-mount",
            "service db mounts ~/.ssh read-only",
            6,
        ),
        (second_service("pid: host"), "compose-host-namespace", "service db shares the host's processes", 6),
        (second_service("network_mode: host"), "compose-host-namespace", "service db shares the host's network", 6),
        (second_service("userns_mode: host"), "compose-host-namespace", "service db shares the host's users", 6),
        (second_service("cap_add: [ipc_lock]"), "compose-capability", "service db has the capability IPC_LOCK", 6),
        (
            second_service("cap_add: [CAP_SYS_ADMIN]"),
            "compose-capability-far-reaching",
            "service db has the capability SYS_ADMIN",
            6,
        ),
        (second_service("cap_add: [ALL]"), "compose-capability-far-reaching", "service db has the capability ALL", 6),
        (second_service("devices: [/dev/fuse]"), "compose-device", "service db uses the device /dev/fuse", 6),
        (
            second_service("security_opt: ['seccomp:unconfined']"),
            "compose-unconfined",
            "service db has the security option seccomp:unconfined",
            6,
        ),
        (
            second_service("volumes: ['/var/run/docker.sock.raw:/var/run/docker.sock']"),
            "compose-engine-socket",
            "service db controls the container engine",
            6,
        ),
        (
            second_service("volumes: ['../../../..:/h']"),
            "compose-host-mount",
            "service db mounts ../../../.. read-write",
            6,
        ),
        (
            second_service("volumes: ['/run/guest-services/../../etc:/g']"),
            "compose-host-mount",
            "service db mounts /etc read-write",
            6,
        ),
        (
            second_service("volumes: ['etc:/r']")
            + "volumes: {etc: {driver_opts: {type: none, o: bind, device: /etc}}}\n",
            "compose-host-mount",
            "volume etc leads to /etc",
            7,
        ),
        (
            second_service("secrets: [s]") + "secrets: {s: {file: /etc/shadow}}\n",
            "compose-host-mount",
            "secret s reads /etc/shadow",
            7,
        ),
        (
            second_service("volumes: ['//./pipe/docker_engine://./pipe/docker_engine']"),
            "compose-engine-socket",
            "service db controls the container engine",
            6,
        ),
        (second_service("gpus: all"), "compose-device", "service db uses the machine's accelerators", 6),
        (
            second_service("use_api_socket: true"),
            "compose-engine-socket",
            "service db controls the container engine",
            6,
        ),
    ],
)
def test_one_thing_is_wrong_and_one_rule_says_so(text: str, code: str, what: str, line: int) -> None:
    assert found_in_compose(text) == {code: [(what, line)]}


def test_a_folder_with_the_engine_in_it_is_both() -> None:
    assert found_in_compose(second_service("volumes: ['/:/h:ro']")) == {
        "compose-host-mount": [("service db mounts / read-only", 6)],
        "compose-engine-socket": [("service db controls the container engine", 6)],
    }


def test_a_variable_with_a_default_is_its_default() -> None:
    assert found_in_compose(OWN_SERVICE + "  db:\n    image: postgres:${V:-17}\n    ports: ['${P:-5432}:5432']\n") == {
        "compose-port-published": [("service db takes port 5432 of every address", 6)]
    }


@pytest.mark.parametrize("added", ["DAC_OVERRIDE", "fowner", "CAP_CHOWN", "NET_BIND_SERVICE"])
def test_what_every_container_may_is_not_added(added: str) -> None:
    assert found_in_compose(second_service(f"cap_add: [{added}]")) == {}
    assert found_in_compose(second_service(f"cap_drop: [ALL]\n    cap_add: [{added}]")) == {}


def test_in_an_image_the_line_is_part_of_the_text() -> None:
    place = Place(path="/compose.yaml", platform=Platform("linux", "arm64"))
    (problem,) = BY_CODE["compose-privileged"].ask(
        FakeSource(compose=[replace(compose(second_service("privileged: true")), place=place)])
    )
    assert (problem.what, problem.place) == ("line 6: service db runs privileged", place)
