from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from dext_tasks.console import Output
from dext_tasks.console.release_board import ReleaseBoard
from dext_tasks.engine.build import Built
from dext_tasks.errors import BuildFailedError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.release.steps.step import Step, StepStatus
from dext_tasks.smoke.installation import Candidate
from dext_tasks.smoke.result import Outcome, ProbeResult
from dext_tasks.sources.snapshot import Snapshot
from tests.unit.console.test_board import Clock, Terminal

if TYPE_CHECKING:
    from tests.unit.conftest import MakeImage

AMD64, ARM64 = REQUIRED
BUILD = Step("build", "linux/arm64", StepStatus.TODO, "", ARM64)
CHECK = Step("check", "linux/amd64, linux/arm64", StepStatus.TODO, "")
SMOKE = Step("smoke", "linux/arm64", StepStatus.TODO, "", ARM64)


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def candidate(make_image: MakeImage) -> Candidate:
    snapshot = Snapshot(ARM64, Path("/nowhere"), {}, None)
    return Candidate("acme_demo", ARM64, AMD64, make_image("linux/arm64"), snapshot)


def tell(board: ReleaseBoard, candidate: Candidate) -> None:
    """A release up to its smoke test."""
    board.started(BUILD)
    board.line(ARM64, "#1 compiling")
    board.built(ARM64, Built(candidate.image, 1.0))
    board.finished(BUILD, 1.25)
    board.started(CHECK)
    board.finished(CHECK, 0.5)
    board.started(SMOKE)
    board.probing(ARM64, "start")
    board.probed(candidate, ProbeResult("start", Outcome.PASSED, "started", 0.5))


def test_in_a_pipe_there_is_a_line_for_everything_that_begins_or_ends(candidate: Candidate) -> None:
    people = io.StringIO()
    with ReleaseBoard(Output(err=people)) as board:
        tell(board, candidate)
    assert people.getvalue().splitlines() == [
        "-> build linux/arm64",
        "linux/arm64 | #1 compiling",
        "ok build linux/arm64 (1.2 s)",
        "-> check linux/amd64, linux/arm64",
        "ok check linux/amd64, linux/arm64 (0.5 s)",
        "-> smoke linux/arm64",
        "linux/arm64 | start: passed, started",
    ]


def test_on_a_terminal_only_what_ended_stays(candidate: Candidate) -> None:
    people = Terminal()
    with ReleaseBoard(Output(err=people)) as board:
        tell(board, candidate)
    for line in ("ok build linux/arm64 (1.2 s)", "linux/arm64 | start: passed, started"):
        assert line in people.lines
    assert not any(line.startswith("->") or line == "linux/arm64 | #1 compiling" for line in people.lines)


def test_each_platform_and_what_is_done_for_all_have_a_line(candidate: Candidate) -> None:
    clock = Clock()
    with ReleaseBoard(Output(err=Terminal()), clock) as board:
        tell(board, candidate)
        board.probing(ARM64, "answer")
        console = Console(file=io.StringIO(), width=80, color_system=None)
        with console.capture() as capture:
            console.print(board.render())
    arm64, release = capture.get().splitlines()
    assert arm64.split()[1:] == ["linux/arm64", "0", "s", "answer"]
    assert release.split() == ["✓", "release", "0", "s", "check", "linux/amd64,", "linux/arm64", "(0.5", "s)"]
    assert max(map(len, (arm64, release))) <= 80


def test_a_built_platform_is_named_and_not_the_name_of_the_run(candidate: Candidate) -> None:
    with ReleaseBoard(Output(err=Terminal()), Clock()) as board:
        board.started(BUILD)
        board.built(ARM64, Built(replace(candidate.image, reference="dext-build/demo:linux-arm64-run-1-2-3"), 1.25))
        console = Console(file=io.StringIO(), width=80, color_system=None)
        with console.capture() as capture:
            console.print(board.render())
    assert capture.get().split() == ["✓", "linux/arm64", "0", "s", "build", "in", "1.2", "s"]


def test_a_failed_build_shows_its_whole_log() -> None:
    people = Terminal()
    log = "\n".join(f"#{number} step" for number in range(100))
    with ReleaseBoard(Output(err=people)) as board:
        board.started(BUILD)
        board.build_failed(ARM64, BuildFailedError("it failed", remedy="", log=log))
    assert set(log.splitlines()) <= set(people.lines)
