from __future__ import annotations

import pytest

from dext_tasks.formats.compose import parse
from dext_tasks.formats.compose.model import External

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
