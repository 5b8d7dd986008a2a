"""Running one git command, and what its failure means."""

from __future__ import annotations

import logging
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from dext_tasks import calls
from dext_tasks.config.repository import OF_ANOTHER_REPOSITORY
from dext_tasks.errors import GitError
from dext_tasks.limits import GIT_LOCAL, GIT_NEW
from dext_tasks.redaction import without_logins

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

_LOG = logging.getLogger(__name__)

# The one message by which git says that there is none. "not a git repository: PATH" is one that is broken.
NO_REPOSITORY = "not a git repository (or any"
# The second is how git 2.35.2 said it first.
_UNTRUSTED = re.compile(r"(?:dubious ownership in repository at |unsafe repository \()'([^'\n]+)'")

TERMINAL: Final = Lock()
"""Held by a command that may have ssh or gpg ask for a passphrase there, where one at a time can."""


@dataclass(frozen=True)
class GitCommands:
    """Git commands in a folder, with errors that say what to do.

    Attributes:
        root: The folder.
    """

    root: Path

    def _run(
        self,
        *args: str,
        seconds: float = GIT_LOCAL,
        given: str = "",
        env: Mapping[str, str] | None = None,
        accepted: Collection[int] = (0,),
    ) -> str:
        done = self._try(*args, seconds=seconds, given=given, env=env)
        if done.returncode not in accepted:
            raise untrusted(done.stderr) or GitError(
                f"{in_words(args)} failed with exit code {done.returncode}",
                remedy="fix what git says above, then run the same command again",
                detail=without_logins(done.stderr.strip()),
            )
        return done.stdout

    def _try(
        self, *args: str, seconds: float = GIT_LOCAL, given: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        try:
            return _process(args, self.root, seconds, given, env)
        except FileNotFoundError as error:
            raise GitError("git is not on PATH", remedy="install git") from error
        except subprocess.TimeoutExpired as error:
            raise GitError(
                f"{in_words(args)} did not end within {seconds:.0f} s", remedy="check the remote, then run it again"
            ) from error


@dataclass(frozen=True)
class GitResult:
    """How a git command ended.

    Attributes:
        returncode: Its exit code; -1 if it could not be run or did not end.
        output: All that it said.
    """

    returncode: int
    output: str = ""


def in_words(arguments: Sequence[str]) -> str:
    """The command that is run, for people: without settings that come before it."""
    left = list(arguments)
    while left[0] == "-c":
        left = left[2:]
    return f"git {left[0]}"


def run_git(arguments: tuple[str, ...], folder: Path, whole: Mapping[str, str] | None = None) -> GitResult:
    """Run one git command where its failure is an answer: a folder outside of any repository, no git.

    Args:
        arguments: Of the command.
        folder: Where it runs.
        whole: Its environment, if not ``environment()``.
    """
    try:
        done = _process(arguments, folder, GIT_NEW, whole=whole)
    except OSError as error:
        # That git is not there is all that there is to say of it.
        is_missing = isinstance(error, FileNotFoundError | NotADirectoryError) and error.filename == "git"
        return GitResult(-1, "" if is_missing else str(error))
    except subprocess.TimeoutExpired:
        return GitResult(-1, f"{in_words(arguments)} did not end within {GIT_NEW:.0f} seconds")
    return GitResult(done.returncode, f"{done.stdout}{done.stderr}".strip())


def _process(  # noqa: PLR0913 - what a process is started with
    arguments: Sequence[str],
    folder: Path,
    seconds: float,
    given: str = "",
    env: Mapping[str, str] | None = None,
    *,
    whole: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    with calls.command(_LOG, ["git", *arguments]) as call:
        done = subprocess.run(  # noqa: S603 - a list, never a shell string
            ["git", *arguments],  # noqa: S607 - the user's own git
            cwd=folder,
            env={**(environment() if whole is None else whole), **(env or {})},
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
            input=given,
            timeout=seconds,
        )
        call.exited(done.returncode)
    return done


def environment() -> dict[str, str]:
    """What git runs with: English messages, no prompt that waits where nobody answers, and no other repository."""
    kept = {name: value for name, value in os.environ.items() if name not in OF_ANOTHER_REPOSITORY}
    return {**kept, **_without_monitor(kept), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def _without_monitor(environment: Mapping[str, str]) -> dict[str, str]:
    """One more setting: git asks no program which files have changed, which a repository could name.

    https://git-scm.com/docs/git-config#Documentation/git-config.txt-corefsmonitor
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT
    """
    count = environment.get("GIT_CONFIG_COUNT") or "0"
    # Git itself says what is wrong with another one.
    if not re.fullmatch("[0-9]{1,4}", count):
        return {}
    name = {f"GIT_CONFIG_KEY_{int(count)}": "core.fsmonitor", f"GIT_CONFIG_VALUE_{int(count)}": "false"}
    return {"GIT_CONFIG_COUNT": str(int(count) + 1), **name}


def untrusted(stderr: str) -> GitError | None:
    """The error for a repository of another user's, which git refuses to read: it could run what they put there.

    https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory
    """
    found = _UNTRUSTED.search(stderr)
    if not found:
        return None
    return GitError(
        f"git does not read the repository {found[1]}, because it belongs to another user",
        remedy=f"if you trust it: git config --global --add safe.directory {shlex.quote(found[1])}",
    )


def reason_of(stderr: str) -> str:
    """Why git stopped, in its own words on one line: the first is the cause, the others follow from it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("fatal: ", "error: "))]
    reason = (said or lines or ["it does not say why"])[0]
    return without_logins(re.sub(r"^(?:fatal|error): ", "", reason))
