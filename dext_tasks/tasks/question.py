"""Asking the person at the terminal, and reading what was typed as a flag."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dext_tasks.console import prompt
from dext_tasks.errors import ConfirmationNeededError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from semver import Version

    from dext_tasks.console.output import Output
    from dext_tasks.extension.version import Bump


def confirm(question: str, *, yes: bool, output: Output) -> None:
    """Go on only if told to.

    Raises:
        ConfirmationNeededError: The answer was no, or there is nobody to ask.
    """
    if yes:
        return
    if not prompt.somebody_answers():
        raise ConfirmationNeededError("there is no terminal to ask on", remedy="add --yes if the plan above is right")
    output.say(f"{question} [y/N]")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ConfirmationNeededError("not confirmed, nothing was changed", remedy="run it again when you are ready")


def bump_question(output: Output, *, yes: bool = False) -> Callable[[Version], Bump] | None:
    """What asks which version comes after the last one; None where nobody answers.

    Args:
        output: Where it is asked.
        yes: Whether nothing is to be asked.
    """
    return partial(_ask_bump, output) if prompt.somebody_answers() and not yes else None


def _ask_bump(output: Output, last: Version) -> Bump:
    """Ask until it is answered.

    Raises:
        ConfirmationNeededError: The input ended.
    """
    from dext_tasks.extension.version import Bump, next_version

    output.say(f"Which version comes after {last}?")
    for number, bump in enumerate(Bump, start=1):
        output.say(f"  {number}  {bump:<5}  {next_version(last, bump)}")
    answers = {spelling: bump for number, bump in enumerate(Bump, start=1) for spelling in (str(number), bump.value)}
    while True:
        try:
            answer = prompt.read_line("> ").strip().lower()
        except EOFError:
            raise ConfirmationNeededError(
                "no version was chosen, nothing was changed", remedy="run it again with --bump or --version"
            ) from None
        if answer in answers:
            return answers[answer]
        output.say(f"  answer with one of {', '.join(answers)}", style="yellow")


@dataclass(frozen=True)
class Wanted:
    """Which version is to be released.

    Attributes:
        version: The version itself; empty if it follows from the last one.
        bump: How it follows from the last one; None if that was not said.
        ask: Asks how, where that is not said; None if nobody can be asked.
        pre: What a pre-release is called; empty for a release.
        source: The flag that says where the version is read; empty if it is not read anywhere.
        reasons: Why it is that one, one line each; filled when it was read.
        notes: The file in which is told what changed; empty if none is wanted.
        is_begun: Whether it is the one that was begun, and no other.
        commit: What is to be released, read once when the verb began; empty if there is no commit.
    """

    version: str = ""
    bump: Bump | None = None
    ask: Callable[[Version], Bump] | None = None
    pre: str = ""
    source: str = ""
    reasons: Sequence[str] = ()
    notes: str = ""
    is_begun: bool = False
    commit: str = ""


FROM_CHANGELOG = "--from-changelog"
FROM_COMMITS = "--from-commits"


def wanted_version(
    version: str,
    bump: str,
    ask: Callable[[Version], Bump] | None = None,
    *,
    pre: str = "",
    sources: Sequence[str] = (),
) -> Wanted:
    """Read --version, --bump, --pre and the flags that say where a version is read.

    Raises:
        UsageError: Two that contradict each other are given, or the bump is none of the three.
        VersionInvalidError: A pre-release cannot be called so.
    """
    if version and bump:
        raise UsageError(f"--version {version} and --bump {bump} cannot be combined", remedy="give one of them")
    if version and pre:
        raise UsageError(
            f"--version {version} and --pre {pre} cannot be combined",
            remedy=f"give one of them, or name the pre-release: --version {version}-{pre}.1",
        )
    given = [*sources, *([f"--version {version}"] if version else []), *([f"--bump {bump}"] if bump else [])]
    if sources and len(given) > 1:
        raise UsageError(f"{' and '.join(given)} cannot be combined", remedy="give one of them")
    if pre and FROM_CHANGELOG in sources:
        raise UsageError(
            f"{FROM_CHANGELOG} and --pre {pre} cannot be combined",
            remedy="write the pre-release into the changelog, or say what it prepares with --bump",
        )
    return Wanted(version, _bump(bump), ask, _pre(pre), next(iter(sources), ""))


def _pre(text: str) -> str:
    from dext_tasks.extension.version import parse_pre

    return parse_pre(text) if text else ""


def _bump(text: str) -> Bump | None:
    from dext_tasks.extension.version import Bump

    try:
        return Bump(text) if text else None
    except ValueError as error:
        raise UsageError(f"--bump cannot be {text!r}", remedy=f"use one of {', '.join(Bump)}") from error
