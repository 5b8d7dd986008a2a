"""Tags of the repository here, and what making one needs."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dext_tasks.errors import PreflightError
from dext_tasks.git.command import TERMINAL, GitCommands, reason_of
from dext_tasks.limits import GIT_SIGNING

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS = "refs/tags/"
_PEELED = "^{}"


class LocalTags(GitCommands):
    """The tags of a repository."""

    def tags(self) -> Mapping[str, str]:
        """The commit that each tag of this repository stands for."""
        # It ends with 1 where there is none. for-each-ref follows only one tag of a tag before git 2.45.
        return tags_in(self._run("show-ref", "--tags", "--dereference", accepted=(0, 1)))

    def commit_of(self, tag: str) -> str:
        """The commit that a local tag points to; empty if the tag does not exist."""
        done = self._try("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}^{{commit}}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def text_of(self, tag: str) -> str:
        """What an annotated tag of this repository says; empty if there is none, or it is not annotated."""
        kind, _, text = self._run("for-each-ref", "--format=%(objecttype) %(contents)", f"refs/tags/{tag}").partition(
            " "
        )
        return text.strip() if kind == "tag" else ""

    def is_lightweight(self, name: str) -> bool:
        """Whether a local tag exists and is lightweight."""
        done = self._try("cat-file", "-t", f"{TAGS}{name}")
        return done.returncode == 0 and done.stdout.strip() != "tag"

    def create_tag(self, name: str, commit: str, message: str) -> None:
        """Make an annotated tag; an existing one is never moved, and a lightweight one of the commit is replaced.

        Its date is the commit's. So two machines on which git has one identity make the very same tag.
        """
        date = self._run("log", "-1", "--format=%cd", "--date=raw", commit).strip()
        options = ["--force"] if self._is_lightweight_at(name, commit) else []
        # An argument has at most 128 KiB on Linux (MAX_ARG_STRLEN in execve(2)); a file has no such end.
        made = ("tag", "--annotate", *options, "--cleanup=whitespace", "--file", "-", name, commit)
        # It may be signed, by a key that is touched or opened by a person.
        self._run(*made, seconds=GIT_SIGNING, given=message, env={"GIT_COMMITTER_DATE": date})

    def _is_lightweight_at(self, name: str, commit: str) -> bool:
        return self.is_lightweight(name) and self.commit_of(name) == commit

    def committer(self) -> str:
        """Whose name a tag made now would carry, ``Name <address>``, by git's own rules.

        Raises:
            PreflightError: Git does not know, or does not accept what it knows.
        """
        done = self._try("var", "GIT_COMMITTER_IDENT")
        if done.returncode != 0:
            raise PreflightError(
                f"git does not know in whose name to make a tag: {reason_of(done.stderr)}",
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
                f"git cannot tell whether to sign tags: {reason_of(done.stderr)}",
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
        with TERMINAL, TemporaryDirectory(prefix="dext-signature-") as folder:
            # Nothing of it reaches the repository: the object is the only thing made, and its store goes.
            away = {"GIT_OBJECT_DIRECTORY": folder, "GIT_AUTHOR_NAME": "nobody", "GIT_AUTHOR_EMAIL": "nobody@invalid"}
            done = self._try("commit-tree", "-S", "-m", "signed to try the key", tree, seconds=GIT_SIGNING, env=away)
        if done.returncode != 0:
            raise PreflightError(
                f"git is to sign tags (tag.gpgSign) and cannot: {reason_of(done.stderr)}",
                remedy="give it a key it can use (user.signingKey, gpg.format), or git config tag.gpgSign false",
                detail=done.stderr.strip(),
            )

    def require_tag(self, name: str, commit: str) -> None:
        """Require that a tag of that name can be made, by a transaction that is given up once it is prepared.

        Raises:
            PreflightError: It cannot: another one is in the way, or nothing may be written.
        """
        # Ended by NUL, a name cannot add steps of its own.
        ref = f"{TAGS}{name}"
        replaces = self._is_lightweight_at(name, commit)
        change = (f"update {ref}", commit, commit) if replaces else (f"create {ref}", commit)
        steps = "".join(f"{step}\0" for step in ("start", *change, "prepare", "abort"))
        done = self._try("update-ref", "--stdin", "-z", given=steps)
        # Transactions came with git 2.27; an older one is asked when the tag is made.
        if done.returncode != 0 and "unknown command: start" not in done.stderr:
            raise PreflightError(
                f"git cannot make the tag {name}: {reason_of(done.stderr)}",
                remedy="change release.tag-prefix, or make the repository writable, whichever git says is wrong",
            )


def lightweight_in(listing: str) -> frozenset[str]:
    """The tags in such a list that are not annotated."""
    refs = {line.replace("\t", " ").partition(" ")[2] for line in listing.splitlines()}
    tags = {ref for ref in refs if ref.startswith(TAGS) and not ref.endswith(_PEELED)}
    return frozenset(ref.removeprefix(TAGS) for ref in tags if f"{ref}{_PEELED}" not in refs)


def tags_in(listing: str) -> dict[str, str]:
    """The commit of each tag in a list of objects and refs, as ``show-ref --dereference`` and ``ls-remote`` write it.

    An annotated tag is listed twice: as its own object, and then peeled.
    """
    found: dict[str, str] = {}
    for line in listing.splitlines():
        # One separates them by a space, the other by a tab.
        commit, _, ref = line.replace("\t", " ").partition(" ")
        if ref.startswith(TAGS):
            found[ref.removeprefix(TAGS).removesuffix(_PEELED)] = commit
    return found
