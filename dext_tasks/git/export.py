"""The files of a commit, in a folder of their own, whatever the working tree holds.

They are what a fresh checkout would have. Of the ways to get them, ``read-tree -u`` with an index of its own is the one
that leaves nothing in the repository but objects that it had to fetch:

- ``git worktree add`` writes an entry that a killed run leaves there, and runs hooks.
- ``git archive`` obeys export-ignore and export-subst, so that its files are not those of a checkout.
- ``git checkout-index`` fetches the files of a partial clone one by one; ``read-tree`` fetches all at once
  (https://git-scm.com/docs/partial-clone).
- ``git clone`` knows nothing of objects that only this repository has, such as those of Git LFS.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from dext_tasks.errors import GitError
from dext_tasks.git.command import reason_of
from dext_tasks.git.remote import Remotes
from dext_tasks.limits import GIT_EXPORT
from dext_tasks.redaction import without_logins
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SUBMODULE = "160000"
# How a file begins that stands for one in Git LFS, and how large it may be:
# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer
_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_LONGEST_POINTER = 1024
_FEW = 5

# What would run a program of the user's, write to the repository, or leave out files.
_SETTINGS: Final = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    # It writes its shared part into the repository.
    "core.splitIndex=false",
    "core.sparseCheckout=false",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
# A pointer is left as it is; whether there is one is seen afterwards, as most projects have none.
_WITHOUT_LFS: Final = ("filter.lfs.process=", "filter.lfs.smudge=", "filter.lfs.required=false")
# As `git lfs install` sets them, also where it was never run or was told to leave files out:
# https://github.com/git-lfs/git-lfs/blob/main/docs/man/git-lfs-install.adoc
_WITH_LFS: Final = (
    "filter.lfs.process=git-lfs filter-process",
    "filter.lfs.smudge=git-lfs smudge -- %f",
    "filter.lfs.required=true",
)


@dataclass(frozen=True)
class _Checkout:
    """A folder that files of a commit are written to.

    Attributes:
        commit: The commit.
        folder: Where they go.
        env: Variables that make git take the folder for the working tree.
    """

    commit: str
    folder: Path
    env: Mapping[str, str]


class Exports(Remotes):
    """A repository whose commits can be written to a folder."""

    def export(self, commit: str, folder: Path) -> Path:
        """Write the files of a commit to a folder, with the submodules in this folder of the repository.

        Files and folders get the modes 0644 and 0755 and the time of the commit, so that images made from them do not
        depend on who makes them when.

        Args:
            commit: Its full name.
            folder: A new or empty folder.

        Returns:
            The folder in it that stands for this one; it may not be there.

        Raises:
            GitError: A file cannot be had: of Git LFS, of a submodule, or of a remote.
        """
        inner = self._run("rev-parse", "--show-prefix").removesuffix("\n")
        folder.mkdir(parents=True, exist_ok=True)
        self._write(commit, folder, inner)
        _even_out(folder, int(self._run("show", "--no-patch", "--format=%ct", commit)))
        return folder / inner

    def _write(self, commit: str, folder: Path, inner: str) -> None:
        store = self._run("rev-parse", "--absolute-git-dir").removesuffix("\n")
        with TemporaryDirectory(prefix="index-", dir=folder.parent) as place:
            env = {
                "GIT_DIR": store,
                "GIT_WORK_TREE": str(folder),
                "GIT_INDEX_FILE": str(Path(place, "index")),
                # `git replace` gives a commit other files than its name stands for.
                "GIT_NO_REPLACE_OBJECTS": "1",
                "GIT_LFS_SKIP_SMUDGE": "0",
                **self._promisor_login(),
            }
            checkout = _Checkout(commit, folder, env)
            self._check_out(checkout, _WITHOUT_LFS)
            self._resolve_pointers(checkout)
            modules = [each for each in self._submodules(checkout) if f"{each[0]}/".startswith(inner)]
        if modules:
            top = Path(self._run("rev-parse", "--show-toplevel").removesuffix("\n"))
            for path, pinned in modules:
                _submodule(top / path, path, pinned)._write(pinned, folder / path, "")  # noqa: SLF001 - of this class

    def _check_out(self, checkout: _Checkout, settings: tuple[str, ...]) -> None:
        given = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
        done = self._try(*given, "read-tree", "--reset", "-u", checkout.commit, seconds=GIT_EXPORT, env=checkout.env)
        if done.returncode != 0:
            raise GitError(
                f"the files of commit {checkout.commit[:12]} cannot be had: {reason_of(done.stderr)}",
                remedy="see what git says above; what has to be fetched needs its remote, then run the same command "
                "again",
                detail=without_logins(done.stderr.strip()),
            )

    def _resolve_pointers(self, checkout: _Checkout) -> None:
        """Put the files of Git LFS in the place of what stands for them.

        Raises:
            GitError: There are some, and no git-lfs, or it cannot get them.
        """
        pointers = self._pointers(checkout)
        if pointers and self._try("lfs", "version").returncode == 0:
            for path in pointers:
                (checkout.folder / path).unlink()
            self._check_out(checkout, _WITH_LFS)
            pointers = self._pointers(checkout)
        if pointers:
            more = f" and {len(pointers) - _FEW} more" if pointers[_FEW:] else ""
            raise GitError(
                f"{counted(len(pointers), 'file is', 'files are')} in Git LFS and cannot be had: "
                f"{', '.join(pointers[:_FEW])}{more}",
                remedy="install git-lfs (https://git-lfs.com), then run the same command again",
            )

    def _pointers(self, checkout: _Checkout) -> list[str]:
        found = [path for path in _files(checkout.folder) if _is_pointer(checkout.folder / path)]
        if not found:
            return []
        # Only what the attributes give to Git LFS is one of its files.
        asked = "".join(f"{path}\0" for path in found)
        done = self._try("check-attr", "--cached", "-z", "--stdin", "filter", given=asked, env=checkout.env)
        words = done.stdout.split("\0")
        return [path for path, value in zip(words[::3], words[2::3], strict=False) if value == "lfs"]

    def _submodules(self, checkout: _Checkout) -> Iterator[tuple[str, str]]:
        """Path and commit of each submodule."""
        for entry in self._run("ls-files", "--stage", "-z", env=checkout.env).split("\0"):
            facts, _, path = entry.partition("\t")
            if facts.startswith(_SUBMODULE):
                yield path, facts.split()[1]

    def _promisor_login(self) -> Mapping[str, str]:
        """The login for what a partial clone has not fetched yet."""
        done = self._try("config", "--get-regexp", r"^remote\..*\.promisor$")
        names = [line.split(" ")[0] for line in done.stdout.splitlines()]
        return self._login(names[0].removeprefix("remote.").removesuffix(".promisor")) if names else {}


def _submodule(root: Path, path: str, commit: str) -> Exports:
    """The repository of a submodule.

    Raises:
        GitError: It is not there, or has not the commit.
    """
    module = Exports(root)
    if (root / ".git").exists() and module._try("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0:  # noqa: SLF001
        return module
    raise GitError(
        f"the submodule {path} is not there with its commit {commit[:12]}",
        remedy=f"git submodule update --init --recursive {path}, then run the same command again",
    )


def _files(folder: Path) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        inner = Path(place).relative_to(folder)
        yield from ((inner / name).as_posix() for name in names)


def _is_pointer(file: Path) -> bool:
    found = file.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > _LONGEST_POINTER:
        return False
    with file.open("rb") as stream:
        return stream.read(len(_POINTER)) == _POINTER


def _even_out(folder: Path, seconds: int) -> None:
    """Give all that is in a folder the modes that git knows, and one time."""
    for place, folders, names in os.walk(folder, topdown=False):
        for name in (*names, *folders):
            _even(Path(place, name), seconds)
    _even(folder, seconds)


def _even(path: Path, seconds: int) -> None:
    mode = path.lstat().st_mode
    if not stat.S_ISLNK(mode):
        path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
    if os.utime in os.supports_follow_symlinks:
        os.utime(path, (seconds, seconds), follow_symlinks=False)
    elif not stat.S_ISLNK(mode):
        os.utime(path, (seconds, seconds))
