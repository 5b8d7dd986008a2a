from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.host_binaries import Fit, MissingBinary, fit, gaps, is_env, is_there
from dext_tasks.extension.metadata import HostBinary
from dext_tasks.formats.executable import identify
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


def found(**paths: str) -> list[MissingBinary]:
    """Of paths that are separated by spaces, by system."""
    return list(gaps([HostBinary(HostOS(os), path) for os, listed in paths.items() for path in listed.split()]))


@pytest.mark.parametrize(
    ("darwin", "linux", "windows"),
    [
        ("/d/t", "/l/t", "/w/t.exe"),
        ("/t", "/t", "/T.CMD"),
        ("/t.sh", "/t.sh", "/t.ps1"),
        ("/t-darwin-arm64", "/t_linux_amd64", "/t.windows.exe"),
        ("/t-darwin-amd /t-darwin-arm", "/t-linux-amd /t-linux-arm", "/t-windows-amd.exe"),
        ("/darwin", "/linux", "/windows.exe"),
        ("/t /launchctl.sh", "/t", "/t.exe /startup.ps1"),
        ("/t /u", "", "/t.exe /u.exe"),
        ("", "", ""),
    ],
)
def test_nothing_is_lacking(darwin: str, linux: str, windows: str) -> None:
    assert found(darwin=darwin, linux=linux, windows=windows) == []


def test_what_two_systems_have_and_the_third_has_not() -> None:
    assert found(darwin="/t /u.sh", linux="/u.sh /t", windows="/t.exe") == [
        MissingBinary("u", (DARWIN, LINUX), WINDOWS)
    ]
    assert found(darwin="/t", linux="/u /t", windows="/t.exe /u.exe") == [MissingBinary("u", (WINDOWS, LINUX), DARWIN)]


@given(st.lists(st.builds(HostBinary, st.sampled_from(HostOS), st.text().map(lambda path: f"/{path}"))))
def test_any_names_are_compared(binaries: list[HostBinary]) -> None:
    for gap in gaps(binaries):
        assert gap.lacking not in gap.there


@pytest.mark.parametrize(
    ("line", "systems"),
    [
        ("/bin/sh", {DARWIN, LINUX}),
        ("/bin/bash -eu", {DARWIN, LINUX}),
        ("/usr/bin/bash", {LINUX}),
        ("/usr/bin/sh", {LINUX}),
        ("/bin/zsh", {DARWIN}),
        ("/usr/bin/osascript", {DARWIN}),
        ("/usr/bin/env sh", {DARWIN, LINUX}),
        ("/usr/bin/env bash", {DARWIN, LINUX}),
        ("/usr/bin/env zsh", {DARWIN}),
        ("/usr/bin/env /usr/bin/bash", {LINUX}),
        ("/bin/env bash", {LINUX}),
        ("/usr/bin/env python3", set()),
        ("/usr/bin/env", set()),
        ("/usr/bin/python3", set()),
        ("/nonexistent/sh", set()),
        ("/usr/local/bin/bash", set()),
        ("/opt/homebrew/bin/bash", set()),
        ("/opt/env sh", set()),
        ("bash", set()),
        ("env bash", set()),
    ],
)
def test_where_an_interpreter_is(line: str, systems: set[HostOS]) -> None:
    script = identify(f"#!{line}\n".encode())
    assert {os for os in HostOS if is_there(os, script)} == systems


def test_where_env_is() -> None:
    assert {os for os in HostOS if is_env(os, "/usr/bin/env")} == {DARWIN, LINUX}
    assert {os for os in HostOS if is_env(os, "/bin/env")} == {LINUX}


@given(st.sampled_from(HostOS), st.binary())
def test_any_script_is_judged(os: HostOS, rest: bytes) -> None:
    assert is_there(os, identify(b"#!" + rest)) in {True, False}
