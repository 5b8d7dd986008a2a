"""What people see of a build that fails, in a pipe and on a terminal, and of one whose emulator crashes."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from .docker import Docker
from .extension import PLATFORMS

if TYPE_CHECKING:
    from .extension import Extension

FAILED, CRASHED = 25, 29
_LINES = 60
_BOUND = 250
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
# BuildKit repeats the last lines of a step that fails, and the whole of its command.
_FAILS = "\n".join(
    [
        "FROM busybox:1.37",
        "ARG TARGETARCH",
        f'RUN i=0; while [ $i -lt {_LINES} ]; do i=$((i+1)); echo "line-$i-of-$TARGETARCH."; done; exit 3',
        "",
    ]
)
_ARCHITECTURES = ("amd64", "arm64")


def _lines_of(architecture: str) -> list[str]:
    return [f"line-{number}-of-{architecture}." for number in range(1, _LINES + 1)]


@pytest.fixture
def failing(extension: Extension) -> Extension:
    extension.write("Dockerfile", _FAILS)
    extension.commit("Fail on every platform")
    return extension


def test_in_a_pipe_every_failed_platform_is_shown_whole_and_once(failing: Extension) -> None:
    done = failing.dext("build")
    assert done.code == FAILED, done
    for architecture in _ARCHITECTURES:
        said = _lines_of(architecture)
        assert [line for line in said if line not in done.err] == [], done
        # The first lines are not among those that BuildKit repeats.
        assert [line for line in said[:10] if done.err.count(line) != 1] == [], done
    assert "error: the build for linux/amd64 failed; the build for linux/arm64 failed" in done.err


def test_on_a_terminal_too_below_a_board_that_goes_away(failing: Extension) -> None:
    code, shown = _on_a_terminal(failing, "build")
    assert code == FAILED, shown
    lines = [line.strip() for line in _SEQUENCE.sub("", shown).replace("\r", "\n").split("\n")]
    for platform in PLATFORMS:
        at = lines.index(f"{platform} | the build failed, and this is all it wrote:")
        said = _lines_of(platform.rpartition("/")[2])
        log = "\n".join(lines[at:])
        assert [line for line in said if line not in log] == [], shown
        # Of a line the board may have shown a part before; as a line of a log it is there once.
        whole = [line for line in lines if line.endswith(said[0]) and line.startswith("#")]
        assert len(whole) == 1, shown
        assert any(f"{platform} " in line and " build " in line for line in lines[:at]), shown


def _on_a_terminal(extension: Extension, *args: str) -> tuple[int, str]:
    """Exit code, and all that a terminal of 80 columns was sent."""
    ours, theirs = pty.openpty()
    shown: list[bytes] = []

    def read() -> None:
        try:
            while chunk := os.read(ours, 65536):
                shown.append(chunk)
        except OSError:
            # Linux says EIO when the other side is closed.
            return

    reader = threading.Thread(target=read)
    env = {**extension.dext.env, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "40"}
    with subprocess.Popen(
        ["dext", *args], cwd=extension.folder, env=env, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs
    ) as process:
        os.close(theirs)
        reader.start()
        code = process.wait(_BOUND)
    reader.join()
    os.close(ours)
    return code, b"".join(shown).decode(errors="replace")


def test_a_crash_of_the_emulator_is_tried_twice_and_told_apart(extension: Extension) -> None:
    native = Docker().run("version", "--format", "{{.Server.Arch}}").strip()
    # A shell that is not the container's first process ends as the emulator does, which dies by the signal.
    crash = f'if [ "$TARGETARCH" != {native} ]; then sh -c "kill -SEGV \\$\\$"; exit $?; fi'
    extension.write("Dockerfile", f"FROM busybox:1.37\nARG TARGETARCH\nRUN {crash}\nCOPY metadata.json /\n")
    extension.commit("Crash the emulator")
    done = extension.dext("build")
    other = next(platform for platform in PLATFORMS if not platform.endswith(native))
    assert done.code == CRASHED, done
    assert done.err.count("; building once more") == 1, done
    assert f"error: the emulator crashed in the build for {other}: qemu: uncaught target signal 11" in done.err
