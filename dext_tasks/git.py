"""The only code that runs git."""

from __future__ import annotations

import logging
import os
import re
import shlex
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from dext_tasks import calls
from dext_tasks.config.repository import OF_ANOTHER_REPOSITORY, repository_top
from dext_tasks.errors import DirtyTreeError, GitError, PreflightError
from dext_tasks.limits import GIT_LOCAL, GIT_NEW, GIT_REMOTE, GIT_SIGNING
from dext_tasks.project_files import is_report
from dext_tasks.redaction import without_logins
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_LOG = logging.getLogger(__name__)

# The one message by which git says that there is none. "not a git repository: PATH" is one that is broken.
NO_REPOSITORY = "not a git repository (or any"
# The second is how git 2.35.2 said it first.
_UNTRUSTED = re.compile(r"(?:dubious ownership in repository at |unsafe repository \()'([^'\n]+)'")


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
class Git:
    """The repository of a source tree.

    Attributes:
        root: A folder in its working tree.
    """

    root: Path

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
        raise _untrusted(done.stderr) or GitError(
            f"git cannot use the repository at {top or self.root}: {_reason(done.stderr)}",
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
        answer = self._run("status", "--porcelain", "-z", "--untracked-files=all", "--", ".")
        changes = tuple(_entries(answer))
        if not any(change.is_new for change in changes):
            return tuple(map(str, changes))
        top = Path(self._run("rev-parse", "--show-toplevel").removesuffix("\n"))
        return tuple(str(change) for change in changes if not (change.is_new and is_report(top / change.path)))

    def files_named(self, names: Sequence[str]) -> tuple[Path, ...]:
        """Files of these names anywhere in the repository: those that git has, and new ones that it does not ignore."""
        wanted = [f":(top,glob)**/{name}" for name in names]
        top = self._run("rev-parse", "--show-toplevel").removesuffix("\n")
        listed = self._run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name", "--", *wanted)
        return tuple(Path(top, name) for name in sorted(set(listed.split("\0"))) if name)

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

    def tags(self) -> tuple[str, ...]:
        """Names of all tags in this repository."""
        return tuple(self._run("tag", "--list").split())

    def commit_of(self, tag: str) -> str:
        """The commit a tag of this repository stands for; empty if there is no such tag."""
        done = self._try("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}^{{commit}}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def create_tag(self, name: str, commit: str, message: str) -> None:
        """Make an annotated tag; an existing one is never moved."""
        # It may be signed, by a key that is touched or opened by a person.
        self._run("tag", "--annotate", "--message", message, name, commit, seconds=GIT_SIGNING)

    def has_remote(self, remote: str) -> bool:
        """Whether a remote of that name is configured."""
        return remote in self._run("remote").split()

    def remote_tag(self, remote: str, name: str) -> str:
        """The commit a tag stands for on a remote; empty if it is not there.

        Raises:
            GitError: The remote could not be asked.
        """
        out = self._ask(remote, "ls-remote", "--tags", remote, f"refs/tags/{name}", f"refs/tags/{name}^{{}}")
        found: dict[str, str] = {}
        for line in out.splitlines():
            commit, _, ref = line.partition("\t")
            found[ref] = commit
        # An annotated tag is listed twice; the peeled line names the commit.
        return found.get(f"refs/tags/{name}^{{}}") or found.get(f"refs/tags/{name}", "")

    def push_tag(self, remote: str, name: str) -> None:
        """Push one tag, without force."""
        # `push.followTags` would take other tags along.
        ref = f"refs/tags/{name}"
        self._ask(remote, "push", "--quiet", "--no-follow-tags", remote, f"{ref}:{ref}")

    def committer(self) -> str:
        """Whose name a tag made now would carry, ``Name <address>``, by git's own rules.

        Raises:
            PreflightError: Git does not know, or does not accept what it knows.
        """
        done = self._try("var", "GIT_COMMITTER_IDENT")
        if done.returncode != 0:
            raise PreflightError(
                f"git does not know in whose name to make a tag: {_reason(done.stderr)}",
                remedy="git config user.name NAME and git config user.email ADDRESS, "
                "or set GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL",
            )
        # What follows is a time and its zone.
        return done.stdout.strip().rsplit(" ", 2)[0]

    def signs_tags(self) -> bool:
        """Whether this git signs each tag it makes.

        Raises:
            PreflightError: The setting is not one that git understands.
        """
        done = self._try("config", "--type=bool", "--get", "tag.gpgSign")
        if done.returncode not in (0, 1):
            raise PreflightError(
                f"git cannot tell whether to sign tags: {_reason(done.stderr)}",
                remedy="git config tag.gpgSign true, or false",
            )
        return done.stdout.strip() == "true"

    def require_signature(self) -> None:
        """Require that git can sign with the key of its settings, by signing something that is thrown away.

        A commit, because git before 2.40 makes an unsigned tag where an SSH key cannot be read, and says nothing.

        Raises:
            PreflightError: It cannot.
        """
        tree = self._run("hash-object", "-t", "tree", "--stdin").strip()
        with TemporaryDirectory(prefix="dext-signature-") as folder:
            # Nothing of it reaches the repository: the object is the only thing made, and its store goes.
            away = {"GIT_OBJECT_DIRECTORY": folder, "GIT_AUTHOR_NAME": "nobody", "GIT_AUTHOR_EMAIL": "nobody@invalid"}
            done = self._try("commit-tree", "-S", "-m", "signed to try the key", tree, seconds=GIT_SIGNING, env=away)
        if done.returncode != 0:
            raise PreflightError(
                f"git is to sign tags (tag.gpgSign) and cannot: {_reason(done.stderr)}",
                remedy="give it a key it can use (user.signingKey, gpg.format), or git config tag.gpgSign false",
                detail=done.stderr.strip(),
            )

    def require_tag(self, name: str, commit: str) -> None:
        """Require that a tag of that name can be made, by a transaction that is given up once it is prepared.

        Raises:
            PreflightError: It cannot: another one is in the way, or nothing may be written.
        """
        # Ended by NUL, a name cannot add steps of its own.
        steps = "".join(f"{step}\0" for step in ("start", f"create refs/tags/{name}", commit, "prepare", "abort"))
        done = self._try("update-ref", "--stdin", "-z", given=steps)
        # Transactions came with git 2.27; an older one is asked when the tag is made.
        if done.returncode != 0 and "unknown command: start" not in done.stderr:
            raise PreflightError(
                f"git cannot make the tag {name}: {_reason(done.stderr)}",
                remedy="change release.tag-prefix, or make the repository writable, whichever git says is wrong",
            )

    def require_push(self, remote: str, name: str, commit: str) -> None:
        """Require that the remote would take a tag; some hooks refuse only what is really sent.

        It tells whether this login may push at all. Its own rules, such as protected tags and hooks, are asked only
        by the push itself: https://git-scm.com/docs/git-push#Documentation/git-push.txt---dry-run

        Raises:
            PreflightError: It would not.
        """
        what = ("push", "--dry-run", "--quiet", "--no-follow-tags", remote, f"{commit}:refs/tags/{name}")
        done = self._try(*what, seconds=GIT_REMOTE, env=self._login(remote))
        if done.returncode != 0:
            raise PreflightError(
                f"the git remote {remote} would not take the tag {name}",
                remedy=f"give this account the right to push there; git push --dry-run {remote} HEAD:refs/tags/{name} "
                "shows whether it has it",
                detail=without_logins(done.stderr.strip()),
            )

    def _ask(self, remote: str, *args: str) -> str:
        return self._run(*args, seconds=GIT_REMOTE, env=self._login(remote))

    def _login(self, remote: str) -> dict[str, str]:
        """Variables that keep the password of a remote's address, where it has one, out of git's arguments."""
        addresses: list[tuple[str, str]] = []
        for key, push in (("url", ()), ("pushurl", ("--push",))):
            written = self._try("config", "--get-all", f"remote.{remote}.{key}").stdout.splitlines()
            # Without addresses of its own for pushing, git pushes to the others, by rules that may differ.
            used = self._try("remote", "get-url", *push, "--all", remote).stdout.splitlines()
            addresses += zip(written or [each for each, _ in addresses], used, strict=False)
        return without_login(dict.fromkeys(addresses), environment())

    def _run(self, *args: str, seconds: float = GIT_LOCAL, env: Mapping[str, str] | None = None) -> str:
        done = self._try(*args, seconds=seconds, env=env)
        if done.returncode != 0:
            raise _untrusted(done.stderr) or GitError(
                f"git {args[0]} failed with exit code {done.returncode}",
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
                f"git {args[0]} did not end within {seconds:.0f} s", remedy="check the remote, then run it again"
            ) from error


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


@dataclass(frozen=True)
class GitResult:
    """How a git command ended.

    Attributes:
        returncode: Its exit code; -1 if it could not be run or did not end.
        output: All that it said.
    """

    returncode: int
    output: str = ""


def run_git(arguments: tuple[str, ...], folder: Path) -> GitResult:
    """Run one git command where its failure is an answer: a folder outside of any repository, no git."""
    try:
        done = _process(arguments, folder, GIT_NEW)
    except OSError as error:
        return GitResult(-1, str(error))
    except subprocess.TimeoutExpired:
        return GitResult(-1, f"git {arguments[0]} did not end within {GIT_NEW:.0f} seconds")
    return GitResult(done.returncode, f"{done.stdout}{done.stderr}".strip())


def _process(
    arguments: Sequence[str], folder: Path, seconds: float, given: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    with calls.command(_LOG, ["git", *arguments]) as call:
        done = subprocess.run(  # noqa: S603 - a list, never a shell string
            ["git", *arguments],  # noqa: S607 - the user's own git
            cwd=folder,
            env={**environment(), **(env or {})},
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
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def _untrusted(stderr: str) -> GitError | None:
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


def _reason(stderr: str) -> str:
    """Why git stopped, in its own words on one line: the first is the cause, the others follow from it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("fatal: ", "error: "))]
    reason = (said or lines or ["it does not say why"])[0]
    return without_logins(re.sub(r"^(?:fatal|error): ", "", reason))


def dirty(changes: tuple[str, ...], remedy: str = "commit them, or add --allow-dirty") -> DirtyTreeError:
    """The error for a tree with changes that are not committed."""
    return DirtyTreeError(
        f"{counted(len(changes), 'file is', 'files are')} not committed", remedy=remedy, detail="\n".join(changes)
    )


def without_login(addresses: Iterable[tuple[str, str]], env: Mapping[str, str]) -> dict[str, str]:
    """The variables that keep passwords of remotes' addresses out of arguments; none where no address has one.

    git hands an address on to a helper of its own as an argument, which every user of the machine can read:
    ``git-remote-https origin https://me:PASSWORD@host/…``. With these the helper gets it without, and the login as a
    header: https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT

    Args:
        addresses: Each address as the settings have it, and as git would use it.
        env: The variables that git has already, which may hold settings, too.
    """
    settings = [setting for written, used in addresses for setting in _login_settings(written, used)]
    if not settings:
        return {}
    count = env.get("GIT_CONFIG_COUNT", "")
    # Git refuses any other text whenever it is run without these variables, and says why.
    first = int(count) if count.isdecimal() else 0
    found = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (key, value) in enumerate(settings, first):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def _login_settings(written: str, used: str) -> list[tuple[str, str]]:
    parts = urlsplit(used)
    login, at, host = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    # A name alone is not a secret, and whoever has a credential helper for it needs it there.
    if not (at and colon and parts.scheme in ("http", "https")):
        return []
    bare = parts._replace(netloc=host).geturl()
    word = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    return [
        # The longest match wins, so that the address as it is written goes before any rule of the user's.
        # https://git-scm.com/docs/git-config#Documentation/git-config.txt-urlltbasegtinsteadOf
        (f"url.{bare}.insteadOf", written),
        (f"url.{bare}.pushInsteadOf", written),
        (f"http.{parts.scheme}://{host}/.extraHeader", f"Authorization: Basic {word}"),
    ]
