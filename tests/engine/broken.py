"""Ways in which extensions are broken, and what a smoke test must say of each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .build_context import COMPOSE, PAGE, SCRIPT, BuildContext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

AMD64, ARM64 = "linux/amd64", "linux/arm64"
# Has a shell, and what makes a server out of a script.
BASE = "alpine/socat:1.8.0.3"
_FOLDER = "/run/guest-services"
_ANSWER = """#!/bin/sh
# Answers a request when it has been read.
end=$(printf '\\r')
while read -r line && [ "$line" != "$end" ]; do :; done
touch /tmp/asked
printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nok\\n'
"""
# PID 1 gets no signal it has no handler for, and a test need not wait until it is killed.
_IDLE = "trap exit TERM; sleep 600 & wait"
_PAGE = '<!doctype html>\n<title>Demo</title>\n<script src="app.js"></script>\n<h1>What there is to see</h1>\n'
_FILES = ("architecture", "extract")
_STARTED = (*_FILES, "start")
# Long enough for a shell to say a word, on a busy machine, too; four times as much under emulation.
_SHORT = {"DEXT_SMOKE_TIMEOUT": "4"}
_UI = {"DEXT_SMOKE_UI_RUN": "always"}


def _serve(name: str) -> str:
    return f"socat UNIX-LISTEN:{_FOLDER}/{name},fork,unlink-early EXEC:'sh /answer.sh'"


@dataclass
class BrokenContext(BuildContext):
    """A build context with more in its Dockerfile.

    Attributes:
        stages: What precedes it.
        instructions: What follows.
    """

    stages: str = ""
    instructions: str = ""

    def write(self, folder: Path) -> None:
        super().write(folder)
        file = folder / "Dockerfile"
        file.write_text(f"{self.stages}{file.read_text(encoding='utf-8')}{self.instructions}", encoding="utf-8")


@dataclass(frozen=True)
class Broken:
    """An extension that is broken in one way.

    Attributes:
        context: Makes it, given a host port that is taken.
        probe: The probe that finds it.
        says: What its detail says.
        evidence: What it shows besides.
        passed: Probes that pass all the same.
        only_native: Whether all is well where it is emulated.
        env: Settings.
    """

    context: Callable[[int], BrokenContext]
    probe: str
    says: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    passed: tuple[str, ...] = _STARTED
    only_native: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


def _plain(**keys: object) -> BrokenContext:
    """An extension with nothing but an icon, and what else metadata.json is to name."""
    context = BrokenContext(base=BASE)
    context.metadata = {"icon": "icon.svg", **keys}
    return context


def _backend(shell: str, *, port: int = 0, user: str = "") -> BrokenContext:
    context = _plain(vm={"composefile": COMPOSE, "exposes": {"socket": "demo.sock"}})
    context.compose["services"]["backend"]["ports"] = [f"{port}:80"] if port else []
    context.files["/answer.sh"] = _ANSWER
    runs_as = f"USER {user}\n" if user else ""
    context.instructions = f"{runs_as}ENTRYPOINT {json.dumps(['sh', '-c', shell])}\n"
    return context


def _entry(script: str) -> BrokenContext:
    """A backend that is started by a script."""
    context = _plain(vm={"composefile": COMPOSE, "exposes": {"socket": "demo.sock"}})
    context.files["/entry.sh"] = script
    context.instructions = 'RUN chmod +x /entry.sh\nENTRYPOINT ["/entry.sh"]\n'
    return context


def _checked(check: str) -> BrokenContext:
    """A backend that answers, and what is asked of its health."""
    context = _backend(_serve("demo.sock"))
    context.instructions += f"HEALTHCHECK --interval=1s --retries=1 {check}\n"
    return context


def _tab(page: str, script: str = "") -> BrokenContext:
    context = _plain(ui={"dashboard-tab": {"title": "Demo", "root": "/ui", "src": "index.html"}})
    context.files |= {PAGE: page, SCRIPT: script}
    return context


def _without_page() -> BrokenContext:
    context = _tab("")
    context.absent.add(PAGE)
    return context


def _of_other_architectures() -> BrokenContext:
    """The configuration is right, since BuildKit writes the target's architecture there."""
    context = _backend(_serve("demo.sock"))
    context.stages = f"FROM --platform={ARM64} {BASE} AS for-amd64\nFROM --platform={AMD64} {BASE} AS for-arm64\n"
    context.base = "for-$TARGETARCH"
    return context


_CRASH_LOOP = f"{_serve('demo.sock')} & while [ ! -e /tmp/asked ]; do sleep 0.1; done; sleep 2; echo lost it; exit 4"
_ABSOLUTE = _PAGE.replace("app.js", "/assets/app.js")
_ERROR = "const backend = null;\nbackend.connect();\n"

BROKEN = {
    "crash-at-start": Broken(
        lambda _: _backend("echo no database >&2; exit 3"),
        "answer",
        says=("exit code 3",),
        evidence=("no database", "exit code 3"),
    ),
    "crash-loop-after-2-s": Broken(
        lambda _: _backend(_CRASH_LOOP),
        "steady",
        says=("exit code 4",),
        evidence=("lost it",),
        passed=(*_STARTED, "answer"),
        env={"DEXT_SMOKE_SETTLE": "5"},
    ),
    "socket-never-bound": Broken(
        lambda _: _backend(f"echo waiting; {_IDLE}"),
        "answer",
        says=("demo.sock", "never created"),
        evidence=("waiting", "running"),
        env=_SHORT,
    ),
    "wrong-socket-name": Broken(
        lambda _: _backend(_serve("other.sock")),
        "answer",
        says=("demo.sock", "there is other.sock"),
        env=_SHORT,
    ),
    "non-root-user": Broken(
        lambda _: _backend(_serve("demo.sock"), user="1000"),
        "answer",
        says=("1000", _FOLDER, "belongs to root"),
        evidence=("Permission denied",),
    ),
    "entry-with-windows-line-ends": Broken(
        lambda _: _entry(f"#!/bin/sh\r\n{_IDLE}\r\n"),
        "answer",
        says=(r"/entry.sh has \r at the end of its first line", r"/bin/sh\r is looked for"),
        evidence=("no such file or directory",),
    ),
    "entry-without-its-interpreter": Broken(
        lambda _: _entry(f"#!/usr/bin/env bash\n{_IDLE}\n"),
        "answer",
        says=("/entry.sh is a script for bash, which is not there",),
    ),
    # Under emulation the kernel says of it what it says where there is no emulator.
    "entry-without-first-line": Broken(
        lambda _: _entry(f"{_IDLE}\n"),
        "answer",
        says=("/entry.sh is a text file without #!",),
        evidence=("exec format error",),
    ),
    "never-healthy": Broken(
        lambda _: _checked("CMD curl -f localhost"),
        "steady",
        says=("the health check of", "never passed", "curl: not found", "Rancher Desktop refuses it"),
        evidence=("unhealthy",),
        passed=(*_STARTED, "answer"),
        env=_SHORT,
    ),
    "programs-of-the-other-architecture": Broken(
        lambda _: _of_other_architectures(),
        "architecture",
        says=("is a program for",),
        passed=(),
    ),
    "missing-ui-entry": Broken(
        lambda _: _without_page(),
        "extract",
        says=("/ui/index.html",),
        passed=("architecture",),
    ),
    "absolute-assets": Broken(
        lambda _: _tab(_ABSOLUTE, "/assets/app.js"),
        "ui",
        says=("absolute", "/assets/app.js"),
        passed=_FILES,
        env=_UI,
    ),
    "javascript-error-at-load": Broken(
        lambda _: _tab(_PAGE, _ERROR),
        "ui",
        says=("script error", "Cannot read properties of null"),
        passed=_FILES,
        env=_UI,
    ),
    # Where it is emulated, no host port is taken: both platforms run at once.
    "port-conflict": Broken(
        lambda port: _backend(_serve("demo.sock"), port=port),
        "start",
        says=("port", "taken", "{port}"),
        passed=_FILES,
        only_native=True,
    ),
}
