"""The repository of a source tree: its commit, its changes, and through their modules its tags, remotes and claims."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.config.repository import repository_top
from dext_tasks.errors import DirtyTreeError, GitError
from dext_tasks.git.claims import Claims
from dext_tasks.git.command import NO_REPOSITORY, reason_of, untrusted
from dext_tasks.git.export import Exports
from dext_tasks.git.history import CommitHistory
from dext_tasks.git.tags import LocalTags
from dext_tasks.project_files import is_report
from dext_tasks.redaction import without_logins
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True)
class WorkTree:
    """What a folder's files are, compared with what git has of them.

    Attributes:
        commit: The commit checked out; empty where there is none.
        uncommitted: What differs from it, one line each, as ``git status --porcelain`` writes them.
        unknown: Why git could not tell, and what to do about it; empty where it could, and outside of a repository.
    """

    commit: str = ""
    uncommitted: tuple[str, ...] = ()
    unknown: str = ""


@dataclass(frozen=True)
class Unmerged:
    """A file with conflicts.

    Attributes:
        path: In the folder of whoever merged.
        versions: Files with what it was before both sides changed it, as it is here, and as it is there; None for one
            that is not.
        is_executable: Whether its owner may run it.
    """

    path: str
    versions: tuple[Path | None, ...]
    is_executable: bool = False


# As `git ls-files -v --stage` writes them: https://git-scm.com/docs/git-ls-files#Documentation/git-ls-files.txt--v
_INDEXED = re.compile(r"(?P<flag>.) (?P<mode>[0-7]+) (?P<name>[0-9a-f]+) [0-3]\t(?P<path>.*)", re.DOTALL)
_NOT_LOOKED_AT = frozenset("hmcrskS")
_SUBMODULE = "160000"


class Git(LocalTags, Exports, Claims, CommitHistory):
    """The repository of a source tree.

    Attributes:
        root: A folder in its working tree.
    """

    def is_repository(self) -> bool:
        """Whether the folder is in a repository.

        Raises:
            GitError: It is in one that git does not use, such as another user's; that is not the same as none.
        """
        done = self._try("rev-parse", "--git-dir")
        if done.returncode == 0:
            return True
        top = repository_top(self.root)
        if top is None and NO_REPOSITORY in done.stderr:
            return False
        raise untrusted(done.stderr) or GitError(
            f"git cannot use the repository at {top or self.root}: {reason_of(done.stderr)}",
            remedy="repair it, or check out the project anew",
            detail=without_logins(done.stderr.strip()),
        )

    def head(self) -> str:
        """The commit checked out; empty where there is no repository or no commit.

        Raises:
            GitError: There is a repository that git does not use.
        """
        done = self._try("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if done.returncode == 0:
            return done.stdout.strip()
        self.is_repository()
        return ""

    def changes(self) -> tuple[str, ...]:
        """What differs from the commit, untracked files included, one line each; our own reports do not count."""
        answer = self._status("--untracked-files=all")
        changes = tuple(_entries(answer))
        if not any(change.is_new for change in changes):
            return tuple(map(str, changes))
        top = Path(self._run("rev-parse", "--show-toplevel").removesuffix("\n"))
        return tuple(str(change) for change in changes if not (change.is_new and is_report(top / change.path)))

    def changes_in(self, paths: Sequence[str]) -> tuple[str, ...]:
        """What differs from the commit in some files, new ones included, one line each; no other file is looked at.

        Args:
            paths: From the folder, with slashes.
        """
        if not paths:
            return ()
        named = [f":(literal){path}" for path in paths]
        return tuple(map(str, _entries(self._status("--untracked-files=all", among=named))))

    def hidden_changes(self) -> tuple[str, ...]:
        """Files that differ from the commit, and that ``changes`` leaves out because git was told not to look at them.

        By ``update-index --assume-unchanged`` or ``--skip-worktree``, and for a submodule by the setting ``ignore``.
        What a sparse checkout leaves out is no change. Paths are from the top of the repository.
        """
        listed = self._run("ls-files", "-v", "--stage", "--full-name", "-z", "--", ".").split("\0")
        entries = [_INDEXED.fullmatch(entry) for entry in listed]
        told = {entry["path"]: entry["name"] for entry in entries if entry and entry["flag"] in _NOT_LOOKED_AT}
        hidden = self._differing(told) if told else []
        if any(entry and entry["mode"] == _SUBMODULE for entry in entries):
            hidden += self._hidden_submodules()
        return tuple(sorted(hidden))

    def _differing(self, names: Mapping[str, str]) -> list[str]:
        """Which paths hold another object than the named one."""
        top = Path(self._run("rev-parse", "--show-toplevel").removesuffix("\n"))
        there = [path for path in names if (top / path).is_file() and "\n" not in path]
        found = self._try("hash-object", "--stdin-paths", given="".join(f"{path}\n" for path in there)).stdout.split()
        return [path for path, name in zip(there, found, strict=False) if name != names[path]]

    def _hidden_submodules(self) -> list[str]:
        shown, whole = (
            {change.path for change in _entries(self._status("--untracked-files=no", *more))}
            for more in ((), ("--ignore-submodules=none",))
        )
        return [path for path in whole if path not in shown]

    def _status(self, *options: str, among: Sequence[str] = (".",)) -> str:
        # Otherwise git notes in the index what it found, and tells a hook so.
        quiet = {"GIT_OPTIONAL_LOCKS": "0"}
        return self._run("status", "--porcelain", "-z", *options, "--", *among, env=quiet)

    def files_named(self, names: Sequence[str]) -> tuple[Path, ...]:
        """Files of these names anywhere in the repository: those that git has, and new ones that it does not ignore."""
        wanted = [f":(top,glob)**/{name}" for name in names]
        top = self._run("rev-parse", "--show-toplevel").removesuffix("\n")
        listed = self._run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name", "--", *wanted)
        return tuple(Path(top, name) for name in sorted(set(listed.split("\0"))) if name)

    def tracked(self) -> frozenset[str]:
        """Paths of the files in this folder that git has, relative to it."""
        return frozenset(name for name in self._run("ls-files", "-z", "--", ".").split("\0") if name)

    def files(self) -> tuple[str, ...]:
        """Paths of the files in this folder that git has, and of new ones that it does not ignore, relative to it."""
        listed = self._run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
        return tuple(dict.fromkeys(name for name in listed.split("\0") if name))

    def mark_unmerged(self, conflicts: Sequence[Unmerged]) -> None:
        """Let git know which files hold conflicts: it shows both sides, and commits nothing until each is added.

        As copier does: https://git-scm.com/docs/git-update-index#_using_index_info

        Raises:
            GitError: Git does not take them.
        """
        prefix = self._run("rev-parse", "--show-prefix").removesuffix("\n")
        entries: list[str] = []
        for each in conflicts:
            hashed = ("hash-object", "-w", f"--path={each.path}", "--")
            names = [self._run(*hashed, str(version)).strip() if version else "" for version in each.versions]
            mode = "100755" if each.is_executable else "100644"
            entries.append(f"0 {'0' * max(map(len, names))}\t{prefix}{each.path}\0")
            entries += [f"{mode} {name} {stage}\t{prefix}{each.path}\0" for stage, name in enumerate(names, 1) if name]
        # The hook post-index-change is for what its author does: https://git-scm.com/docs/githooks#_post_index_change
        options = ("-c", f"core.hooksPath={os.devnull}")
        self._run(*options, "update-index", "-z", "--index-info", given="".join(entries))

    def work_tree(self) -> WorkTree:
        """What the files here are. That git cannot tell is an answer, too: working on a project needs no git."""
        if repository_top(self.root) is None:
            return WorkTree()
        try:
            return WorkTree(self.head(), self.changes())
        except GitError as error:
            return WorkTree(unknown=f"{error.message}; {error.remedy}")

    def require_committed(self) -> None:
        """Require that everything is committed; outside of a repository there is nothing to require.

        Raises:
            DirtyTreeError: Something is not.
            GitError: There is a repository that git does not use.
        """
        if self.is_repository():
            changes = self.changes()
            if changes:
                raise dirty(changes)


@dataclass(frozen=True)
class _Change:
    """An entry of ``git status``.

    Attributes:
        code: Two letters, see https://git-scm.com/docs/git-status#_short_format.
        path: From the top of the repository.
        before: Its path before it was renamed or copied; empty if it was not.
    """

    code: str
    path: str
    before: str = ""

    @property
    def is_new(self) -> bool:
        """Whether git knows nothing of it."""
        return self.code == "??"

    def __str__(self) -> str:
        # A name may hold whatever a file system takes, and this is one line.
        names = [name.replace("\n", "\\n") for name in (self.before, self.path) if name]
        return f"{self.code} {' -> '.join(names)}"


def _entries(answer: str) -> Iterator[_Change]:
    """What ``git status --porcelain -z`` says: an entry of two names has the one of before in an entry of its own."""
    left = iter(answer.split("\0"))
    for entry in left:
        if entry:
            code = entry[:2]
            yield _Change(code, entry[3:], next(left, "") if set(code) & {"R", "C"} else "")


def dirty(changes: tuple[str, ...], remedy: str = "commit them, or add --allow-dirty") -> DirtyTreeError:
    """The error for a tree with changes that are not committed."""
    return DirtyTreeError(
        f"{counted(len(changes), 'file is', 'files are')} not committed", remedy=remedy, detail="\n".join(changes)
    )
