from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.host_binaries import is_env, is_there
from dext_tasks.formats.executable import identify
from dext_tasks.formats.executable.binary import HostOS

DARWIN, LINUX, WINDOWS = HostOS.DARWIN, HostOS.LINUX, HostOS.WINDOWS


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
