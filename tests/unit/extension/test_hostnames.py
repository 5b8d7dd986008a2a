from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.host_binaries import MissingBinary, gaps
from dext_tasks.extension.metadata import HostBinary
from dext_tasks.formats.executable.binary import HostOS

DARWIN, LINUX, WINDOWS = HostOS.DARWIN, HostOS.LINUX, HostOS.WINDOWS


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
