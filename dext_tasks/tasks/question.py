"""Asking the person at the terminal, and reading what was typed as a flag."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import ConfirmationNeededError, UsageError

if TYPE_CHECKING:
    from dext_tasks.console.output import Output
    from dext_tasks.extension.version import Bump


def confirm(question: str, *, yes: bool, output: Output) -> None:
    """Go on only if told to.

    Raises:
        ConfirmationNeededError: The answer was no, or there is nobody to ask.
    """
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise ConfirmationNeededError("there is no terminal to ask on", remedy="add --yes if the plan above is right")
    output.say(f"{question} [y/N]")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ConfirmationNeededError("not confirmed, nothing was changed", remedy="run it again when you are ready")


@dataclass(frozen=True)
class Wanted:
    """Which version is to be released.

    Attributes:
        version: The version itself; empty if it follows from the last one.
        bump: How it follows from the last one; None if that was not said.
    """

    version: str = ""
    bump: Bump | None = None


def wanted_version(version: str, bump: str) -> Wanted:
    """Read --version and --bump.

    Raises:
        UsageError: Both are given, or the bump is none of the three.
    """
    if version and bump:
        raise UsageError(
            f"--version {version} and --bump {bump} are two answers to one question", remedy="give one of them"
        )
    return Wanted(version, _bump(bump))


def _bump(text: str) -> Bump | None:
    from dext_tasks.extension.version import Bump

    try:
        return Bump(text) if text else None
    except ValueError as error:
        raise UsageError(f"--bump is {text!r}", remedy=f"use one of {', '.join(Bump)}") from error
