"""Who may write the index of a version: the one release that holds its claim on the git remote.

No registry can set a tag only if it is absent. A git remote can, so the claim is taken there right before the index.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.errors import GitError
from dext_tasks.runtime.lease import Lease, is_free, this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.git import Git

STALE: Final = 900
"""How old a claim of another machine is before it counts as abandoned, seconds.

A release holds it from right before the index until its git tag is pushed, which takes seconds; a registry or remote in
trouble is asked again for some minutes. Clocks of machines may differ by as much.
"""
_LONGEST: Final = 10_000
_LAST: Final = 2**33
_LOOKS: Final = 3


@dataclass(frozen=True)
class Claim:
    """What a claim says.

    Attributes:
        image: What is released, without tag.
        commit: From what.
        index: Digest of the index that is to be written.
        platforms: Digest of each platform's manifest in it.
        machine: Name of the machine, see ``this_machine``.
        run: Of the run, like no other.
        since: When it was taken, by the clock of that machine, in seconds since 1970.
    """

    image: str
    commit: str
    index: str
    platforms: Mapping[str, str]
    machine: str
    run: str
    since: int

    @classmethod
    def new(cls, image: str, commit: str, index: str, platforms: Mapping[str, str]) -> Claim:
        """A claim of this run, now."""
        return cls(image, commit, index, platforms, this_machine(), secrets.token_hex(8), int(time.time()))

    @classmethod
    def parse(cls, text: str) -> Claim:
        """What somebody wrote.

        Raises:
            ValueError, TypeError: It is nothing of ours.
        """
        data = json.loads(text) if len(text) <= _LONGEST else None
        if not isinstance(data, dict):
            raise TypeError(data)
        texts = {name: _text(data.get(name)) for name in ("image", "commit", "index", "machine", "run")}
        platforms = data.get("platforms")
        since = data.get("since")
        if not isinstance(platforms, dict) or type(since) is not int:
            raise TypeError(since)
        # No time that a calendar has: beyond 1970 to 2242, or more digits than Python turns into text.
        if not 0 <= since <= _LAST:
            raise ValueError(since.bit_length())
        return cls(**texts, platforms={_text(key): _text(value) for key, value in platforms.items()}, since=since)

    @property
    def text(self) -> str:
        """As it is written: https://git-scm.com/docs/git-show shows it to people."""
        return json.dumps(asdict(self), indent=2, sort_keys=True)

    def new_lease(self) -> Lease:
        """What the run that takes it has to hold until it ends."""
        return Lease(f"claim {self.run}")

    @property
    def holder(self) -> str:
        """Whose it is, since when, for people."""
        since = datetime.fromtimestamp(self.since, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return f"a release from commit {self.commit[:12]} on {self.machine.partition('.')[0]}, since {since}"

    def is_abandoned(self) -> bool:
        """Whether the run that took it has ended without giving it back, by all that can be known here."""
        if self.machine == this_machine() and is_free(f"claim {self.run}"):
            return True
        return abs(time.time() - self.since) > STALE


@dataclass(frozen=True)
class SeenClaim:
    """A claim on the remote.

    Attributes:
        object: By which git knows it.
        claim: What it says; None if nothing that can be read.
        is_abandoned: Whether nobody holds it any more.
    """

    object: str
    claim: Claim | None
    is_abandoned: bool

    @property
    def holder(self) -> str:
        """Whose it is."""
        return self.claim.holder if self.claim else "somebody else"

    def is_of(self, commit: str) -> bool:
        """Whether it is of a release from that commit."""
        return self.claim is not None and self.claim.commit == commit

    def is_of_index(self, digest: str) -> bool:
        """Whether it is for the index of that digest."""
        return self.claim is not None and self.claim.index == digest

    def may_be_taken_over(self, commit: str) -> bool:
        """Whether a release of that commit may go on in its place."""
        return self.is_abandoned and self.is_of(commit)


@dataclass(frozen=True)
class HeldClaim:
    """A claim that a run goes on by.

    Attributes:
        object: By which git knows it.
        lease: What shows that its run lives; None if it is another release's, which writes the very same index.
    """

    object: str
    lease: Lease | None


def seen_claim(git: Git, remote: str, name: str, found: str) -> SeenClaim | None:
    """What a claim on a remote says; None if there is none.

    Args:
        git: The repository.
        remote: Of it.
        name: What is claimed.
        found: The object that was there when it was last asked; empty for none.

    Raises:
        GitError: The remote could not be asked.
    """
    for _ in range(_LOOKS):
        if not found:
            return None
        try:
            claim = Claim.parse(git.claim_text(remote, found))
        except GitError:
            # It may have been given back, or taken over, since.
            now = git.claim(remote, name)
            if now == found:
                raise
            found = now
        except (ValueError, TypeError, RecursionError):
            return SeenClaim(found, None, is_abandoned=False)
        else:
            return SeenClaim(found, claim, claim.is_abandoned())
    raise GitError(f"the claim of {name} on {remote} changes all the time", remedy="run the same command again")


def _text(value: Any) -> str:  # noqa: ANN401 - of a document
    if not isinstance(value, str):
        raise TypeError(value)
    return value
