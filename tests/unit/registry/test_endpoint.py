from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.registry.endpoint import Insecure

# As `docker info --format '{{json .RegistryConfig}}'` prints it.
CONFIGURATION: dict[str, Any] = {
    "IndexConfigs": {
        "docker.io": {"Mirrors": [], "Name": "docker.io", "Official": True, "Secure": True},
        "reg.lan:5000": {"Mirrors": [], "Name": "reg.lan:5000", "Official": False, "Secure": False},
        "10.9.0.1": {"Name": "10.9.0.1", "Secure": True},
    },
    "InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8", "10.0.0.0/8", "fd00::/8"],
    "Mirrors": None,
}
NAMES = {"inside.lan": ["192.0.2.1", "10.1.2.3"], "outside.lan": ["192.0.2.1"], "six.lan": ["fd00::7%eth0"]}


def found(host: str) -> list[str]:
    return NAMES.get(host, [])


@pytest.mark.parametrize(
    ("registry", "covered"),
    [
        ("reg.lan:5000", True),
        ("REG.LAN:5000", True),
        # The port is part of the name.
        ("reg.lan", False),
        ("reg.lan:5001", False),
        ("docker.io", False),
        # By address, and by the address of the name: one is enough.
        ("10.1.2.3", True),
        ("10.1.2.3:5000", True),
        ("[fd00::7]:5000", True),
        ("[fe80::7]:5000", False),
        ("11.1.2.3:5000", False),
        ("inside.lan:5000", True),
        ("six.lan", True),
        ("outside.lan", False),
        ("unknown.lan", False),
        # What is named goes before the network it is in.
        ("10.9.0.1", False),
        ("10.9.0.1:5000", True),
    ],
)
def test_which_registries(registry: str, *, covered: bool) -> None:
    assert Insecure.of(CONFIGURATION).covers(registry, found) == covered


def test_no_name_is_looked_up_where_no_network_is_listed() -> None:
    def never(host: str) -> list[str]:
        pytest.fail(f"{host} was looked up")

    configuration = {**CONFIGURATION, "InsecureRegistryCIDRs": []}
    assert not Insecure.of(configuration).covers("inside.lan", never)
    assert not Insecure().covers("10.1.2.3", never)


@pytest.mark.parametrize(
    "configuration",
    [
        {},
        {"IndexConfigs": None, "InsecureRegistryCIDRs": None},
        {"IndexConfigs": [], "InsecureRegistryCIDRs": {}},
        {"IndexConfigs": {"reg.lan": None, "x": []}, "InsecureRegistryCIDRs": ["", "x/y", 7, None, "10.0.0.0/33"]},
    ],
)
def test_what_is_malformed_makes_nothing_insecure(configuration: dict[str, Any]) -> None:
    assert not Insecure.of(configuration).covers("reg.lan", lambda _: ["10.1.2.3", "no address"])


@given(st.from_regex(r"[a-z0-9.:\[\]-]{1,20}", fullmatch=True))
def test_any_host(registry: str) -> None:
    try:
        covered = Insecure.of(CONFIGURATION).covers(registry, found)
    except ValueError:
        # References with such a host are refused before.
        assert "[" in registry or "]" in registry
        return
    assert isinstance(covered, bool)
