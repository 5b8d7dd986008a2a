from __future__ import annotations

import pytest

from dext_tasks.extension.host_binaries import Fit, fit
from dext_tasks.formats.executable.binary import HostOS

DARWIN, LINUX, WINDOWS = HostOS.DARWIN, HostOS.LINUX, HostOS.WINDOWS


@pytest.mark.parametrize("os", HostOS)
@pytest.mark.parametrize("machine", ["amd64", "arm64"])
def test_its_own_architecture_runs(os: HostOS, machine: str) -> None:
    assert fit(os, machine, [machine]) is Fit.RUNS
    assert fit(os, machine, ["s390x", machine]) is Fit.RUNS


@pytest.mark.parametrize("os", HostOS)
def test_what_says_nothing_is_taken_to_run(os: HostOS) -> None:
    assert fit(os, "amd64", []) is Fit.RUNS


@pytest.mark.parametrize("os", HostOS)
def test_a_machine_without_a_name_is_another(os: HostOS) -> None:
    assert fit(os, "amd64", ["ELF machine 9999 (64 bits, little-endian)"]) is Fit.FAILS


@pytest.mark.parametrize(
    ("os", "machine", "binary", "expected"),
    [
        (LINUX, "arm64", "amd64", Fit.FAILS),
        (LINUX, "amd64", "arm64", Fit.FAILS),
        (LINUX, "amd64", "386", Fit.RUNS),
        (LINUX, "arm64", "arm", Fit.EMULATED),
        (LINUX, "arm64", "386", Fit.FAILS),
        (DARWIN, "arm64", "amd64", Fit.EMULATED),
        (DARWIN, "amd64", "arm64", Fit.FAILS),
        (DARWIN, "amd64", "386", Fit.FAILS),
        (DARWIN, "arm64", "ppc", Fit.FAILS),
        (WINDOWS, "arm64", "amd64", Fit.EMULATED),
        (WINDOWS, "arm64", "386", Fit.EMULATED),
        (WINDOWS, "amd64", "386", Fit.RUNS),
        (WINDOWS, "amd64", "arm64", Fit.FAILS),
    ],
)
def test_another_architecture(os: HostOS, machine: str, binary: str, expected: Fit) -> None:
    assert fit(os, machine, [binary]) is expected


def test_of_a_universal_binary_the_best_part_counts() -> None:
    assert fit(DARWIN, "arm64", ["386", "amd64"]) is Fit.EMULATED
