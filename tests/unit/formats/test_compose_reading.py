from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.compose import ComposeFaultKind, Restart
from dext_tasks.formats.compose.model import ComposeText, External, Mount, Port, Service
from dext_tasks.formats.compose.reading import parse

FULL = b"""services:
  backend:
    image: ${DESKTOP_PLUGIN_IMAGE}
    container_name: fixed
    privileged: true
    pid: host
    network_mode: "host"
    ipc: shareable
    cap_add: [CAP_SYS_ADMIN, net_raw]
    devices: ["/dev/fuse:/dev/fuse", {source: /dev/kvm}]
    device_cgroup_rules: ["c 1:3 mr"]
    security_opt: ["seccomp:unconfined"]
    use_api_socket: true
    entrypoint: /server
    command: [-socket, /run/guest-services/a.sock]
    env_file: [one.env, {path: two.env}]
    extends: {file: base.yaml, service: x}
    restart: "no"
  job:
    build: {context: .}
    depends_on: {backend: {condition: service_completed_successfully}}
configs:
  c: {file: ./c.conf}
secrets:
  s: {file: ./s.txt}
include: [more.yaml, {path: [even.yaml]}]
"""


def only(lines: str) -> Service:
    (service,) = parse(f"services:\n  web:\n    image: a\n    {lines}\n".encode()).services
    return service


COMPOSE = parse(FULL)
BACKEND, JOB = COMPOSE.services


class TestServices:
    def test_they_are_in_order_with_their_lines(self) -> None:
        assert [(service.name, service.line) for service in COMPOSE.services] == [("backend", 2), ("job", 19)]
        assert COMPOSE.faults == ()

    def test_image_and_build(self) -> None:
        assert (BACKEND.image, BACKEND.build) == (ComposeText("${DESKTOP_PLUGIN_IMAGE}", 3), None)
        assert (JOB.image, JOB.build) == (None, ComposeText(".", 20))

    def test_what_it_is_called(self) -> None:
        assert BACKEND.container_name == ComposeText("fixed", 4)

    def test_how_it_is_started(self) -> None:
        assert [text.value for text in BACKEND.starting] == ["/server", "-socket", "/run/guest-services/a.sock"]

    def test_files_beside_it(self) -> None:
        assert [text.value for text in BACKEND.side_files] == ["one.env", "two.env", "base.yaml"]
        assert [text.value for text in COMPOSE.side_files] == ["./c.conf", "./s.txt", "more.yaml", "even.yaml"]

    def test_which_of_them_end(self) -> None:
        assert [service.completes_for for service in COMPOSE.services] == [COMPOSE.services[1].name, ""]

    def test_uses_of_the_extensions_own_image(self) -> None:
        assert COMPOSE.plugin_image_uses == (ComposeText("${DESKTOP_PLUGIN_IMAGE}", 3),)


# As Compose 2.26 made containers of them.
@pytest.mark.parametrize(
    ("text", "restart"),
    [
        ("user: a", None),
        ('restart: "no"', Restart.NEVER),
        ("restart: no", Restart.NEVER),
        ("restart: on-failure", Restart.AFTER_FAILURES),
        ("restart: on-failure:3", Restart.AFTER_FAILURES),
        ("restart: always", Restart.ALWAYS),
        ("restart: unless-stopped", Restart.ALWAYS),
        ("restart: ${POLICY}", None),
        ("restart: ${POLICY:-always}", Restart.ALWAYS),
        ("{restart: always, deploy: {restart_policy: {condition: none}}}", Restart.NEVER),
        ("{restart: 'no', deploy: {restart_policy: {condition: any}}}", Restart.ALWAYS),
        ("{deploy: {restart_policy: {condition: on-failure}}}", Restart.AFTER_FAILURES),
        ("{deploy: {restart_policy: {}}}", None),
    ],
)
def test_when_a_service_is_started_again(text: str, restart: Restart | None) -> None:
    keys = f"{{image: x, {text[1:]}" if text.startswith("{") else f"\n    image: x\n    {text}"
    (service,) = parse(f"services:\n  a: {keys}\n".encode()).services
    assert service.restart is restart


def test_only_what_is_started_waits() -> None:
    waiting = "{image: x, depends_on: {job: {condition: service_completed_successfully}}"
    text = f"services:\n  job: {{image: x}}\n  off: {waiting}, profiles: [dev]}}\n"
    job, off = parse(text.encode()).services
    assert (job.completes_for, off.is_active) == ("", False)
    job, _, _ = parse(f"{text}  on: {waiting}}}\n".encode()).services
    assert job.completes_for == "on"


@pytest.mark.parametrize(
    ("text", "source", "target", "read_only", "is_bind"),
    [
        ("data:/data", "data", "/data", False, False),
        ("data:/data:ro", "data", "/data", True, False),
        ("/data", "", "/data", False, False),
        ("/:/host:ro,rslave", "/", "/host", True, True),
        ("./conf:/etc/conf", "./conf", "/etc/conf", False, True),
        ("~/.kube:/kube", "~/.kube", "/kube", False, True),
        ("C:\\\\Users:/users", "C:\\Users", "/users", False, True),
        ("${HOME}/.kube:/kube:ro", "${HOME}/.kube", "/kube", True, True),
        ("${DATA:-/var/data}:/data", "/var/data", "/data", False, True),
        ("${VOLUME:-data}:/data", "data", "/data", False, False),
        ("${HOME}:/home", "${HOME}", "/home", False, True),
        ("${HOME:-${USERPROFILE}}/ok:/a:ro", "${HOME:-${USERPROFILE}}/ok", "/a", True, True),
        ("${A:-${B:-${HOME}}}:/a", "${A:-${B:-${HOME}}}", "/a", False, False),
        ("${A:-${B}}/x:/a", "${A:-${B}}/x", "/a", False, True),
        ("x}:/a", "x}", "/a", False, False),
        ("$PWD:/home", "$PWD", "/home", False, True),
        ("${VOLUME}:/data", "${VOLUME}", "/data", False, False),
        ("a:", "", "a:", False, False),
        (
            "//./pipe/docker_engine://./pipe/docker_engine",
            "//./pipe/docker_engine",
            "//./pipe/docker_engine",
            False,
            True,
        ),
        (
            "/var/run/docker.sock.raw:/var/run/docker.sock",
            "/var/run/docker.sock.raw",
            "/var/run/docker.sock",
            False,
            True,
        ),
    ],
)
def test_mounts_in_the_short_form(text: str, source: str, target: str, *, read_only: bool, is_bind: bool) -> None:
    (mount,) = only(f'volumes: ["{text}"]').mounts
    is_named = bool(source) and not is_bind
    assert mount == Mount(source, target, read_only, is_bind, is_short=True, line=4, is_named=is_named)


def test_mounts_in_the_long_form() -> None:
    text = (
        "[{type: bind, source: /a, target: /b, read_only: true}, {type: volume, source: v, target: /c}, {type: tmpfs}]"
    )
    bind, volume, tmpfs = only(f"volumes: {text}").mounts
    assert bind == Mount("/a", "/b", read_only=True, is_bind=True, is_short=False, line=4)
    assert (volume.source, volume.is_bind, volume.is_named) == ("v", False, True)
    assert (tmpfs.source, tmpfs.target) == ("", "")


def test_a_named_pipe_is_of_the_host() -> None:
    (pipe,) = only("volumes: [{type: npipe, source: '\\\\.\\pipe\\x', target: '\\\\.\\pipe\\x'}]").mounts
    assert pipe.is_bind
    assert pipe.path == "//pipe/x"


def test_a_file_that_may_be_absent_is_not_needed() -> None:
    assert only("env_file: [{path: a, required: false}, {path: b, required: true}]").side_files == (
        ComposeText("b", 4),
    )


@pytest.mark.parametrize(
    ("text", "published", "target", "host_ip"),
    [
        ('"80"', "", "80", ""),
        ("80", "", "80", ""),
        ('"8080:80"', "8080", "80", ""),
        ('"8080:80/udp"', "8080", "80", ""),
        ('":80"', "", "80", ""),
        ('"0:80"', "", "80", ""),
        ('"8000-8010:80-90"', "8000-8010", "80-90", ""),
        ('"127.0.0.1:8080:80"', "8080", "80", "127.0.0.1"),
        ('"127.0.0.1::80"', "", "80", "127.0.0.1"),
        ('"[::1]:8080:80"', "8080", "80", "::1"),
        ('"${PORT:-8080}:80"', "8080", "80", ""),
        ("{target: 80, published: 8080, host_ip: 127.0.0.1}", "8080", "80", "127.0.0.1"),
        ('{target: 80, published: "0"}', "", "80", ""),
        ("{target: 80}", "", "80", ""),
    ],
)
def test_ports(text: str, published: str, target: str, host_ip: str) -> None:
    assert only(f"ports: [{text}]").ports == (Port(published, target, host_ip, 4),)


def test_a_file_that_cannot_be_read_has_a_fault_and_nothing_else() -> None:
    compose = parse(b"a: [")
    assert compose.services == ()
    assert [fault.kind for fault in compose.faults] == [ComposeFaultKind.SYNTAX]


NAMES = st.sampled_from(
    ["services", "image", "build", "volumes", "ports", "cap_add", "devices", "command", "depends_on", "restart"]
) | st.sampled_from(
    ["extends", "env_file", "configs", "include", "file", "path", "source", "target", "pid", "<<", "web"]
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["host", "a:b:c", "${", "${A:-b}", ":"])
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5))


@given(st.dictionaries(NAMES, TREES).map(lambda tree: {"services": {"web": tree}, **tree}))
def test_no_tree_is_too_odd(tree: dict[str, object]) -> None:
    import json

    parse(json.dumps(tree).encode())


@given(st.binary(max_size=200))
def test_no_bytes_are_too_odd(content: bytes) -> None:
    parse(content)


BASE = "services:\n  a:\n    image: b:1\n    "


def found(service: str, sections: str) -> list[tuple[str, str]]:
    text = f"{BASE}{service}\n{sections}\n"
    return [(each.kind, each.name) for each in parse(text.encode()).externals]


@pytest.mark.parametrize(
    ("service", "sections", "expected"),
    [
        ("volumes: ['vol:/v']", "volumes: {vol: {external: true}}", [("volume", "vol")]),
        ("volumes: ['vol:/v']", "volumes: {vol: {external: true, name: own}}", [("volume", "own")]),
        ("volumes: ['vol:/v']", "volumes: {vol: {external: true, name: '${N:-own}'}}", [("volume", "own")]),
        ("volumes: ['vol:/v']", "volumes: {vol: {external: {name: own}}}", [("volume", "own")]),
        (
            "volumes: [{type: volume, source: vol, target: /v}]",
            "volumes: {vol: {external: true}}",
            [("volume", "vol")],
        ),
        ("networks: [net]", "networks: {net: {external: true}}", [("network", "net")]),
        ("networks: {net: {}}", "networks: {net: {external: true}}", [("network", "net")]),
        ("command: x", "networks: {default: {external: true, name: net}}", [("network", "net")]),
        ("secrets: [s]", "secrets: {s: {external: true}}", [("secret", "s")]),
        ("secrets: [{source: s}]", "secrets: {s: {external: true}}", [("secret", "s")]),
        ("configs: [c]", "configs: {c: {external: true}}", [("config", "c")]),
        ("network_mode: 'container:other'", "", [("container", "other")]),
        ("pid: 'container:other'", "", [("container", "other")]),
        ("ipc: 'container:other'", "", [("container", "other")]),
        ("volumes_from: ['container:other:ro']", "", [("container", "other")]),
        ("network_mode: 'container:${N:-other}'", "", [("container", "other")]),
        # It is a service, or nobody starts what joins it.
        ("network_mode: 'service:b'", "  b: {image: b:1}", []),
        ("volumes_from: [b]", "  b: {image: b:1}", []),
        ("network_mode: 'container:own'", "  b: {image: b:1, container_name: own}", []),
        ("{profiles: [debug], pid: 'container:other'}", "", []),
        ("network_mode: host", "", []),
        # Compose makes it.
        ("volumes: ['vol:/v']", "volumes: {vol: {name: own}}", []),
        ("volumes: ['vol:/v']", "volumes: {vol: {external: false}}", []),
        ("volumes: ['vol:/v']", "volumes: {vol: null}", []),
        # Every engine has it.
        ("networks: [net]", "networks: {net: {external: true, name: host}}", []),
        ("networks: [bridge]", "networks: {bridge: {external: true}}", []),
        # Compose does not ask for it.
        ("command: x", "volumes: {vol: {external: true}}", []),
        ("command: x", "networks: {net: {external: true}}", []),
        ("networks: [net]", "networks: {net: {}, default: {external: true}}", []),
        ("network_mode: none", "networks: {default: {external: true}}", []),
        ("command: x", "secrets: {s: {external: true}}", []),
        ("{profiles: [debug], volumes: ['vol:/v']}", "volumes: {vol: {external: true}}", []),
        ("volumes: ['/vol:/v']", "volumes: {vol: {external: true}}", []),
    ],
)
def test_what_is_taken_for_granted(service: str, sections: str, expected: list[tuple[str, str]]) -> None:
    if service.startswith("{"):
        text = f"services:\n  a: {{image: b:1, {service[1:]}\n{sections}\n"
        assert [(each.kind, each.name) for each in parse(text.encode()).externals] == expected
    else:
        assert found(service, sections) == expected


def test_the_line_is_that_of_the_entry() -> None:
    text = f"{BASE}volumes: ['vol:/v']\nvolumes:\n  other:\n  vol:\n    external: true\n"
    assert parse(text.encode()).externals == (External("volume", "vol", 7),)
