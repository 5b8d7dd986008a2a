from __future__ import annotations

import io
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from dext_tasks.console import Output
from dext_tasks.console.board import Board
from dext_tasks.console.log import log_lines
from dext_tasks.engine.build import Built
from dext_tasks.errors import BuildFailedError, EmulatorCrashedError
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.smoke.installation import Candidate
from dext_tasks.smoke.result import Outcome, ProbeResult
from dext_tasks.sources.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import MakeImage

AMD64, ARM64 = REQUIRED
PASSED = ProbeResult("start", Outcome.PASSED, "started", 0.5)
FAILED = ProbeResult("answer", Outcome.FAILED, "no answer", 30.0, "exited, code 1\nlast line")
CURSOR_IS_BACK = "\x1b[?25h"
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal(io.StringIO):
    """A terminal, as programs ask for it."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]  # writeable in the standard library's stubs
        return self._encoding

    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        """Every line that was ever shown, as text."""
        return [line.strip() for line in _SEQUENCE.sub("", self.getvalue()).replace("\r", "\n").split("\n")]


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def candidate(make_image: MakeImage) -> Callable[[Platform], Candidate]:
    def made(platform: Platform) -> Candidate:
        image = make_image(str(platform))
        return Candidate("acme_demo", platform, AMD64, image, Snapshot(platform, Path("/nowhere"), {}, None))

    return made


LOG = "\n".join(f"#{number} step" for number in range(100))


def failure(log: str = LOG) -> BuildFailedError:
    return BuildFailedError("the build for linux/arm64 failed", remedy="fix it", detail=log[-40:], log=log)


class TestPlain:
    def test_lines_have_their_platform(self, candidate: Callable[[Platform], Candidate]) -> None:
        people = io.StringIO()
        with Board(Output(err=people)) as board:
            board.line(ARM64, "#5 [2/3] COPY ui /ui")
            board.line(ARM64, "")
            board.started(ARM64, "answer")
            board.probed(candidate(ARM64), FAILED)
        assert people.getvalue() == (
            "linux/arm64 | #5 [2/3] COPY ui /ui\n"
            "linux/arm64 | answer: started\n"
            "linux/arm64 | answer: failed, no answer\n"
            "exited, code 1\n"
            "last line\n"
        )

    def test_a_log_is_not_told_twice(self) -> None:
        people = io.StringIO()
        output = Output(err=people)
        with Board(output) as board:
            for line in LOG.splitlines():
                board.line(ARM64, line)
            board.build_failed(ARM64, failure())
        output.error(failure())
        assert people.getvalue().splitlines() == [
            *(f"linux/arm64 | {line}" for line in LOG.splitlines()),
            "error: the build for linux/arm64 failed",
            "  next: fix it",
        ]

    def test_a_crash_that_is_tried_again_is_told(self) -> None:
        people = io.StringIO()
        with Board(Output(err=people)) as board:
            board.build_repeated(ARM64, EmulatorCrashedError("the emulator crashed", remedy="", log="#1"))
        assert people.getvalue() == "linux/arm64 | the emulator crashed; building once more\n"

    def test_a_build_that_ended_well_is_not_told(self, make_image: MakeImage) -> None:
        people = io.StringIO()
        with Board(Output(err=people)) as board:
            board.built(ARM64, Built(make_image("linux/arm64"), 1.0))
        assert people.getvalue() == ""

    def test_forced_colour_makes_no_terminal(
        self, candidate: Callable[[Platform], Candidate], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        people = io.StringIO()
        with Board(Output(err=people, colour=True)) as board:
            board.probed(candidate(AMD64), PASSED)
        assert people.getvalue() == "linux/amd64 | start: passed, started\n"

    def test_a_dumb_terminal_gets_plain_lines(
        self, candidate: Callable[[Platform], Candidate], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TERM", "dumb")
        people = Terminal()
        with Board(Output(err=people)) as board:
            board.probed(candidate(AMD64), PASSED)
        assert people.getvalue() == "linux/amd64 | start: passed, started\n"

    def test_outside_of_its_block_there_are_plain_lines(self, candidate: Callable[[Platform], Candidate]) -> None:
        people = Terminal()
        board = Board(Output(err=people))
        board.probed(candidate(AMD64), PASSED)
        assert people.getvalue() == "linux/amd64 | start: passed, started\n"


class TestLive:
    def test_what_ended_stays_and_the_board_goes(self, candidate: Callable[[Platform], Candidate]) -> None:
        people = Terminal()
        output = Output(err=people)
        with Board(output) as board:
            board.started(ARM64, "answer")
            board.probed(candidate(ARM64), FAILED)
            output.say("said meanwhile")
        written = people.getvalue()
        assert CURSOR_IS_BACK in written
        assert written.endswith("\x1b[2K")
        first = people.lines.index("linux/arm64 | answer: failed, no answer")
        assert {"exited, code 1", "last line", "said meanwhile"} <= set(people.lines[first:])

    def test_the_whole_log_of_each_failed_build_stays_once(self) -> None:
        people = Terminal()
        output = Output(err=people)
        with Board(output) as board:
            for platform in REQUIRED:
                for line in LOG.splitlines():
                    board.line(platform, f"{line} of {platform}")
            for platform in REQUIRED:
                board.build_failed(platform, failure("\n".join(f"{line} of {platform}" for line in LOG.splitlines())))
        output.error(failure())
        # The board's own lines, which are drawn in between and gone afterwards, begin with a sign.
        shown = [line for line in people.lines if line.startswith(("#", "linux/"))]
        for platform in REQUIRED:
            at = shown.index(f"{platform} | the build failed, and this is all it wrote:")
            whole = [f"{line} of {platform}" for line in LOG.splitlines()]
            assert shown[at + 1 :][: len(whole)] == whole
            assert shown.count(whole[-1]) == 1

    def test_a_crash_that_is_tried_again_stays(self) -> None:
        people = Terminal()
        with Board(Output(err=people)) as board:
            board.line(ARM64, "#1 compiling")
            board.build_repeated(ARM64, EmulatorCrashedError("the emulator crashed", remedy="", log="#1"))
        assert "linux/arm64 | the emulator crashed; building once more" in people.lines

    def test_without_colour_there_is_none(self, candidate: Callable[[Platform], Candidate]) -> None:
        people = Terminal()
        with Board(Output(err=people)) as board:
            board.probed(candidate(ARM64), FAILED)
        assert re.findall(r"\x1b\[[0-9;]*m", people.getvalue()) == []

    def test_an_end_before_the_end_gives_the_terminal_back(self, candidate: Callable[[Platform], Candidate]) -> None:
        people = Terminal()
        output = Output(err=people)
        board = Board(output)

        def interrupted() -> None:
            with board:
                board.probed(candidate(ARM64), FAILED)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert CURSOR_IS_BACK in people.getvalue()
        output.say("plain again")
        assert people.getvalue().endswith("plain again\n")

    def test_nothing_is_lost_or_mixed_when_many_speak(self, candidate: Callable[[Platform], Candidate]) -> None:
        platforms = [*REQUIRED, Platform("linux", "s390x"), Platform("linux", "riscv64")]
        people = Terminal()

        def work(platform: Platform) -> None:
            for number in range(20):
                board.line(platform, f"#{number}")
                board.started(platform, f"probe {number}")
                evidence = f"{platform} {number} a\n{platform} {number} b"
                board.probed(candidate(platform), ProbeResult(f"p{number}", Outcome.FAILED, "no", 0.0, evidence))

        with Board(Output(err=people)) as board, ThreadPoolExecutor() as pool:
            list(pool.map(work, platforms))
        for platform in platforms:
            for number in range(20):
                at = people.lines.index(f"{platform} | p{number}: failed, no")
                shown = [line for line in people.lines[at + 1 :] if line and "  " not in line and " s " not in line]
                assert shown[:2] == [f"{platform} {number} a", f"{platform} {number} b"]


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class TestRendering:
    """What a terminal of 100 columns shows; the block is entered so that events reach the board."""

    @staticmethod
    def shown(board: Board) -> list[str]:
        console = Console(file=io.StringIO(), width=100, color_system=None)
        with console.capture() as capture:
            console.print(board.render())
        return [line.rstrip() for line in capture.get().splitlines()]

    def test_a_line_a_platform(self, candidate: Callable[[Platform], Candidate]) -> None:
        clock = Clock()
        with Board(Output(err=Terminal()), clock) as board:
            board.line(AMD64, "#5 [2/3] COPY ui /ui")
            board.started(ARM64, "answer")
            clock.now = 112.5
            assert [line.split(maxsplit=1)[1] for line in self.shown(board)] == [
                "linux/amd64 12 s build  #5 [2/3] COPY ui /ui",
                "linux/arm64 12 s answer",
            ]
            board.probed(candidate(ARM64), FAILED)
            clock.now = 200.0
            assert self.shown(board)[1] == "✗ linux/arm64 12 s  answer no answer"

    def test_a_build_that_ended(self, make_image: MakeImage) -> None:
        clock = Clock()
        crash = EmulatorCrashedError("the emulator crashed", remedy="", log="#1")
        with Board(Output(err=Terminal()), clock) as board:
            for platform in REQUIRED:
                board.line(platform, "#1 begins")
            clock.now += 7
            board.built(AMD64, Built(make_image(), 7.0))
            board.build_failed(ARM64, failure())
            clock.now += 60
            assert self.shown(board) == [
                "✓ linux/amd64 7 s build dext-build/acme_demo:linux-amd64 is loaded",
                "✗ linux/arm64 7 s build the build for linux/arm64 failed",
            ]
            board.build_failed(ARM64, crash)
            assert self.shown(board)[1].endswith("build the emulator crashed")

    def test_it_turns_while_something_goes_on(self) -> None:
        clock = Clock()
        with Board(Output(err=Terminal()), clock) as board:
            board.started(AMD64, "start")
            before = self.shown(board)[0][0]
            clock.now += 0.125
            assert self.shown(board)[0][0] != before

    def test_a_long_or_hostile_line_takes_one_line(self) -> None:
        with Board(Output(err=Terminal())) as board:
            board.line(AMD64, "\x1b[2J[red]a\nb\rc\x07 " + "x" * 500)
            (line,) = self.shown(board)
        assert "[red]a b c x" in line
        assert len(line) <= 100

    def test_an_ascii_terminal_gets_ascii(self, candidate: Callable[[Platform], Candidate]) -> None:
        with Board(Output(err=Terminal("ascii"))) as board:
            board.started(AMD64, "start")
            board.probed(candidate(ARM64), FAILED)
            assert all(line[0].isascii() for line in self.shown(board))


class TestLog:
    def test_what_is_logged_tears_no_board(self) -> None:
        terminal, document = Terminal(), io.StringIO()
        output = Output(as_json=True, err=terminal, out=document)
        threads = 8
        with log_lines(output, 1), Board(output) as board, ThreadPoolExecutor(threads) as pool:
            assert board.is_live
            board.begin("linux/amd64", "build")

            def work(number: int) -> None:
                for turn in range(20):
                    logging.getLogger("dext_tasks.x").info("docker call %d of %d", turn, number)
                    board.line(AMD64, f"#{turn} step")

            list(pool.map(work, range(threads)))
        assert document.getvalue() == ""
        wanted = {f"docker call {turn} of {number}" for turn in range(20) for number in range(threads)}
        assert [line for line in terminal.lines if "docker call" in line and line not in wanted] == []
        assert wanted <= set(terminal.lines)

    def test_what_is_logged_is_obeyed_by_no_terminal(self) -> None:
        people = io.StringIO()
        with log_lines(Output(err=people), 1):
            logging.getLogger("dext_tasks.x").info("GET %s", "http://host/\x1b[31m\n::error::x")
        assert people.getvalue() == "GET http://host/\\n::error::x\n"
