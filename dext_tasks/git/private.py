"""Repositories that a run makes for itself, in which git does nothing that whoever runs it has set.

No hooks, no signatures, no drivers or filters, no conversion of line ends: what is committed is what is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.errors import GitError
from dext_tasks.git.command import environment, in_words, run_git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# All else is as git has it where nothing is set. Git for Windows knows /dev/null, too.
_SETTINGS = """\
[user]
    name = dext-tasks
    email = dext-tasks@invalid
[core]
    hooksPath = /dev/null
[init]
    defaultBranch = main
    templateDir =
"""


@dataclass(frozen=True)
class PrivateGit:
    """Git as a run's own repositories need it.

    Attributes:
        home: What git takes for the user's home; a folder of the run's.
    """

    home: Path

    @classmethod
    def at(cls, home: Path) -> PrivateGit:
        """Make that home.

        Args:
            home: A folder that is not there yet.
        """
        home.mkdir()
        (home / ".gitconfig").write_text(_SETTINGS, encoding="utf-8")
        return cls(home)

    @property
    def environment(self) -> Mapping[str, str]:
        """Everything that git runs with; other programs that run git in these repositories need it, too."""
        kept = {name: value for name, value in environment().items() if not name.startswith("GIT_")}
        # Git looks for settings, ignored files and attributes in XDG_CONFIG_HOME, too, and on Windows for the home in
        # more variables than one: https://git-scm.com/docs/git-config#FILES
        homes = dict.fromkeys(("HOME", "USERPROFILE", "XDG_CONFIG_HOME"), str(self.home))
        return {**kept, **homes, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}

    def commit(self, folder: Path, tag: str) -> None:
        """Commit all that is in a folder, which becomes a repository if it is none yet.

        Args:
            folder: Its files.
            tag: Name of a tag for the commit.

        Raises:
            GitError: Git does not do so.
        """
        for arguments in (
            ("init", "--quiet"),
            ("add", "--all", "--force"),
            ("commit", "--quiet", "--allow-empty", "--message", tag),
            ("tag", tag),
        ):
            done = run_git(arguments, folder, self.environment)
            if done.returncode:
                raise GitError(
                    f"{in_words(arguments)} failed in a temporary folder",
                    remedy="see what git says above; it may need more room, or a newer git",
                    detail=done.output,
                )
