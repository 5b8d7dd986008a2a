"""Refs on a remote that one run at a time can hold: made, moved and removed by compare-and-swap.

A claim is a commit without parents and files, whose message says who holds it. It is the kind of object that every host
takes, and it is read without any history.
"""

from __future__ import annotations

import re
from typing import Final

from dext_tasks.errors import GitError
from dext_tasks.git.command import reason_of
from dext_tasks.git.remote import CLAIMS, OBJECTS_ONLY, Remotes, claims_in
from dext_tasks.limits import GIT_REMOTE
from dext_tasks.redaction import without_logins

# How hosts say that a login may read and not write. GitHub: "Permission to … denied" and 403, "marked as read only";
# git's own daemon: "service not enabled"; where nobody can be asked for a login: "could not read Username".
_DENIED: Final = re.compile(
    r"denied|forbidden|\b40[13]\b|not (?:allowed|permitted|authorized|enabled)|read[- ]only|authentication failed|"
    r"could not read (?:username|password)",
    re.IGNORECASE,
)
_NOBODY: Final = "dext-tasks"


class Claims(Remotes):
    """Claims on the remotes of a repository, each by the name of what is claimed."""

    def new_claim(self, text: str, seconds: int) -> str:
        """The object of a new claim; nobody sees it until it is put on a remote.

        Args:
            text: What it says.
            seconds: Its time, since 1970.
        """
        tree = self._run("hash-object", "-w", "-t", "tree", "--stdin").strip()
        names = {f"GIT_{who}_{what}": _NOBODY for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        dates = {f"GIT_{who}_DATE": f"@{seconds} +0000" for who in ("AUTHOR", "COMMITTER")}
        return self._run("commit-tree", "--no-gpg-sign", tree, given=text, env={**names, **dates}).strip()

    def swap_claim(self, remote: str, name: str, new: str, expected: str) -> str:
        """Put a claim on a remote, unless what is there is not what is expected; the remote decides, for one at a time.

        Args:
            remote: Of this repository.
            name: What is claimed.
            new: The object of the claim; empty to remove it.
            expected: The object that is there; empty for none.

        Returns:
            Why it was not done: something else is there, or this remote takes no such ref from this login. Empty if it
            was done.

        Raises:
            GitError: The remote could not be asked.
        """
        return self._push_claim(remote, name, new, expected)

    def claim_refusal(self, remote: str, name: str, commit: str) -> str:
        """Why a remote takes no claim from this login, as far as that is known before one is made; empty if it may.

        It finds a login that may only read, and a repository that is archived. A remote's own rules and hooks are asked
        by a real push alone: https://git-scm.com/docs/git-push#Documentation/git-push.txt---dry-run

        Args:
            remote: Of this repository.
            name: What is to be claimed, and is not.
            commit: Any that is here.

        Raises:
            GitError: The remote could not be asked.
        """
        return self._push_claim(remote, name, commit, "", "--dry-run")

    def _push_claim(self, remote: str, name: str, new: str, expected: str, *how: str) -> str:
        ref = f"{CLAIMS}{name}"
        # Neither signed nor shown to hooks of the user's: it is no work of theirs.
        options = ("--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no")
        lease = f"--force-with-lease={ref}:{expected}"
        # https://git-scm.com/docs/git-push#Documentation/git-push.txt---force-with-leaserefnameexpect
        done = self._try(
            "push", *how, *options, lease, remote, f"{new}:{ref}", seconds=GIT_REMOTE, env=self._login(remote)
        )
        if done.returncode == 0:
            return ""
        for line in done.stdout.splitlines():
            # https://git-scm.com/docs/git-push#_output: flag, refs and summary are separated by tabs
            flag, _, rest = line.partition("\t")
            if flag == "!":
                return without_logins(rest.partition("\t")[2])
        # A host says so in a line of its own, before git says that it could not read from the remote.
        if denied := [line for line in done.stderr.splitlines() if _DENIED.search(line)]:
            return reason_of(denied[0])
        raise GitError(
            f"the claim {ref} could not be put on the git remote {remote}: {reason_of(done.stderr)}",
            remedy="run the same command again",
            detail=without_logins(done.stderr.strip()),
        )

    def claim(self, remote: str, name: str) -> str:
        """The object of a claim on a remote, asked now; empty if there is none.

        Raises:
            GitError: The remote could not be asked.
        """
        return claims_in(self._ask(remote, "ls-remote", remote, f"{CLAIMS}{name}")).get(name, "")

    def claim_text(self, remote: str, claim: str) -> str:
        """What a claim on a remote says; empty if it is nothing but a commit, as somebody else may have put there.

        Raises:
            GitError: The remote does not give it, as where the claim was removed meanwhile.
        """
        self._ask(remote, "fetch", *OBJECTS_ONLY, remote, claim)
        if self._run("cat-file", "-t", claim).strip() != "commit":
            return ""
        return self._run("cat-file", "commit", claim).partition("\n\n")[2]
