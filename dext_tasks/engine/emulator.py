"""Whether an emulator crashed, judged by what a program under it left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

# QEMU names the signal before it dies of it itself, whatever exit code a shell makes of that in the end:
# https://gitlab.com/qemu-project/qemu/-/blob/v9.0.0/linux-user/signal.c (dump_core_and_abort)
_SAID: Final = "qemu: uncaught target signal"
# What else dies of these is a program with a fault of its own. SIGABRT is left out: programs abort themselves.
# https://github.com/tonistiigi/binfmt/issues/215, https://github.com/docker/setup-qemu-action/issues/201
# Numbers of Linux's, which containers run on wherever they run: SIGBUS is 10 on macOS.
_SIGILL, _SIGBUS, _SIGSEGV = 4, 7, 11
_CODES: Final = frozenset(128 + number for number in (_SIGILL, _SIGBUS, _SIGSEGV))
# A line of BuildKit's plain progress: the number of the step, the time, and what was said.
_LINE: Final = regex(r"#(?P<step>\d+) (?P<said>.*)")
_FAILED: Final = regex(r"ERROR: process .* did not complete successfully: exit code: (?P<code>\d+)")


def says_crash(said: str) -> bool:
    """Whether the emulator said that it ends a program."""
    return _SAID in said


def step_of(line: str) -> str:
    """The number of the step that a line of a build's log belongs to; empty if it belongs to none."""
    found = _LINE.match(line)
    return found["step"] if found else ""


def is_crash(said: str, code: int) -> bool:
    """Whether a program that ran under emulation was ended by the emulator.

    Args:
        said: What it wrote.
        code: Its exit code, as a shell or an engine gives it: 128 and the signal.
    """
    return says_crash(said) or code in _CODES


def crash_in(log: Sequence[str]) -> str:
    """What shows that the emulator crashed in the step for which a build failed; empty if nothing does.

    Args:
        log: Lines of BuildKit's plain progress, of a build under emulation that failed.
    """
    steps = [found.groupdict() for line in log if (found := _LINE.match(line))]
    failed = {each["step"]: int(error["code"]) for each in steps if (error := _FAILED.search(each["said"]))}
    # What a step said that went well explains nothing.
    told = (words(each["said"]) for each in steps if each["step"] in failed and says_crash(each["said"]))
    codes = (f"exit code {code}" for code in failed.values() if code in _CODES)
    return next(told, "") or next(codes, "")


def words(line: str) -> str:
    """What the emulator said in a line, without what precedes it."""
    return line[line.index(_SAID) :]
