"""What a remote has, and what is pushed there."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from dext_tasks.errors import GitError, PreflightError, ReleaseRacedError
from dext_tasks.git.command import TERMINAL, GitCommands, environment, in_words, reason_of, untrusted
from dext_tasks.git.tags import TAGS, lightweight_in, tags_in
from dext_tasks.limits import GIT_REMOTE
from dext_tasks.redaction import without_logins

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CLAIMS: Final = "refs/dext/release/"
"""Where the claims of releases are; the name of a git tag follows. No clone fetches them by itself."""

OBJECTS_ONLY: Final = (
    *("--quiet", "--no-tags", "--no-prune", "--refmap=", "--no-write-fetch-head", "--no-auto-gc"),
    "--recurse-submodules=no",
)
"""With these, a fetch adds objects to a repository and changes nothing else: no refs, no tags, and not FETCH_HEAD."""


@dataclass(frozen=True)
class RemoteRefs:
    """What a remote has.

    Attributes:
        tags: The commit that each tag stands for.
        claims: The object of each claim, by what is claimed.
        lightweight: The tags that are not annotated.
        is_configured: Whether there is a remote of that name at all.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)
    lightweight: frozenset[str] = frozenset()
    is_configured: bool = True


class Remotes(GitCommands):
    """The remotes of a repository."""

    def has_remote(self, remote: str) -> bool:
        """Whether a remote of that name is configured."""
        return remote in self._run("remote").split()

    def remote_refs(self, remote: str) -> RemoteRefs:
        """Everything on a remote that says what was released, or is being, by one question.

        Raises:
            GitError: The remote could not be asked; that is not the same as nothing, as of one that is not configured.
        """
        if not self.has_remote(remote):
            return RemoteRefs(is_configured=False)
        listing = self._ask(remote, "ls-remote", remote, f"{TAGS}*", f"{CLAIMS}*")
        return RemoteRefs(tags_in(listing), claims_in(listing), lightweight_in(listing))

    def remote_tag(self, remote: str, name: str) -> str:
        """The commit a tag stands for on a remote; empty if it is not there.

        Raises:
            GitError: The remote could not be asked.
        """
        listing = self._ask(remote, "ls-remote", "--tags", remote, f"{TAGS}{name}", f"{TAGS}{name}^{{}}")
        # The pattern also fits what ends like it: refs/tags/refs/tags/NAME.
        return tags_in(listing).get(name, "")

    def remote_text_of(self, remote: str, name: str) -> str:
        """What an annotated tag on a remote says; empty if there is none, or it is not annotated.

        Its object is fetched, with its commit if that is not here, and nothing of this repository points at it.

        Raises:
            GitError: The remote could not be asked.
        """
        listing = self._ask(remote, "ls-remote", "--tags", remote, f"{TAGS}{name}")
        found = next((each.split()[0] for each in listing.splitlines() if each.split()[1] == f"{TAGS}{name}"), "")
        if not found:
            return ""
        self._ask(remote, "fetch", *OBJECTS_ONLY, remote, f"{TAGS}{name}")
        kind = self._run("cat-file", "-t", found).strip()
        # Headers end with an empty line.
        return self._run("cat-file", "-p", found).partition("\n\n")[2].strip() if kind == "tag" else ""

    def push_tag(self, remote: str, name: str) -> None:
        """Push one tag, without force."""
        # `push.followTags` would take other tags along.
        ref = f"{TAGS}{name}"
        self._ask(remote, "push", "--quiet", "--no-follow-tags", remote, f"{ref}:{ref}")

    def require_push(self, remote: str, name: str, commit: str) -> None:
        """Require that the remote would take a tag; some hooks refuse only what is really sent.

        It tells whether this login may push at all. Its own rules, such as protected tags and hooks, are asked only
        by the push itself: https://git-scm.com/docs/git-push#Documentation/git-push.txt---dry-run

        Raises:
            ReleaseRacedError: It has the tag by now.
            PreflightError: It would not.
        """
        what = ("push", "--dry-run", "--quiet", "--no-follow-tags", remote, f"{commit}:{TAGS}{name}")
        login = self._login(remote)
        with TERMINAL:
            done = self._try(*what, seconds=GIT_REMOTE, env=login)
        if done.returncode != 0:
            self._require_untaken(remote, name)
            raise PreflightError(
                f"the git remote {remote} would not take the tag {name}",
                remedy=f"give this account the right to push there; git push --dry-run {remote} HEAD:refs/tags/{name} "
                "shows whether it has it",
                detail=without_logins(done.stderr.strip()),
            )

    def _require_untaken(self, remote: str, name: str) -> None:
        there = ""
        # Whoever may not push may not be allowed to ask either, and that is the greater trouble.
        with suppress(GitError):
            there = self.remote_tag(remote, name)
        if there:
            raise ReleaseRacedError(
                f"the git remote {remote} got the tag {name} in the meantime, on {there}: another release was first",
                remedy="run the same command again, which looks anew at what is published",
            )

    def _ask(self, remote: str, *args: str) -> str:
        done = self._try(*args, seconds=GIT_REMOTE, env=self._login(remote))
        if done.returncode != 0:
            raise untrusted(done.stderr) or GitError(
                f"{in_words(args)} failed for the git remote {remote}: {reason_of(done.stderr)}",
                remedy=f"fix what git says (git remote get-url {remote} says where it is), or name another remote "
                "by release.remote; then run the same command again",
                detail=without_logins(done.stderr.strip()),
            )
        return done.stdout

    def _login(self, remote: str) -> dict[str, str]:
        """Variables that keep the password of a remote's address, where it has one, out of git's arguments."""
        addresses: list[tuple[str, str]] = []
        for key, push in (("url", ()), ("pushurl", ("--push",))):
            written = self._try("config", "--get-all", f"remote.{remote}.{key}").stdout.splitlines()
            # Without addresses of its own for pushing, git pushes to the others, by rules that may differ.
            used = self._try("remote", "get-url", *push, "--all", remote).stdout.splitlines()
            addresses += zip(written or [each for each, _ in addresses], used, strict=False)
        return without_login(dict.fromkeys(addresses), environment())


def claims_in(listing: str) -> dict[str, str]:
    """The object of each claim in a list of refs, as ``ls-remote`` writes it."""
    lines = (line.partition("\t") for line in listing.splitlines())
    # What ends with ^{} is what an annotated tag stands for; nothing of ours is one.
    refs = {ref: found for found, _, ref in lines if ref.startswith(CLAIMS) and not ref.endswith("^{}")}
    return {ref.removeprefix(CLAIMS): found for ref, found in refs.items()}


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
