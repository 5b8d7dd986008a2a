"""What somebody sees who looks at a registry and a git remote from outside, at every moment, and what must never be."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from semver import Version

if TYPE_CHECKING:
    from pathlib import Path

    from ..registry import Registry

PLATFORMS = frozenset({"linux/amd64", "linux/arm64"})
LATEST = "latest"
_TAGS = "refs/tags"
# Of releases under way: dext_tasks/git/remote.py (CLAIMS).
_CLAIMS = "refs/dext/release"
_GLANCE = 0.25
# Rancher Desktop takes any digits for a version while there is no semver tag.
_STAGING = re.compile(r"staging-[a-z]+")


@dataclass(frozen=True)
class Sight:
    """One look; git first, so that a tag that is seen was there before what the registry is asked for.

    Attributes:
        remote: Git tags of the remote, with the commit or tag object each names.
        tags: Tags in the registry, with their digests.
        claims: Git tags that are claimed on the remote, with the commit each claim is.
    """

    remote: dict[str, str]
    tags: dict[str, str]
    claims: dict[str, str]

    @property
    def versions(self) -> dict[Version, str]:
        """Digest of each tag that reads as a version."""
        return {Version.parse(tag): digest for tag, digest in self.tags.items() if Version.is_valid(tag)}


def remote_refs(bare: Path, folder: str) -> dict[str, str]:
    """The refs below a folder of a bare repository, by its files, as a process of git takes longer than some moments.

    Raises:
        FileNotFoundError: It is not there.
    """
    found = {}
    (bare / "HEAD").stat()
    packed = bare / "packed-refs"
    if packed.is_file():
        for line in packed.read_text(encoding="utf-8").splitlines():
            name, _, ref = line.partition(" ")
            if ref.startswith(f"{folder}/"):
                found[ref.removeprefix(f"{folder}/")] = name
    for file in (bare / folder).glob("*"):
        # A lock is there for a moment while git writes.
        with suppress(FileNotFoundError):
            if file.suffix != ".lock" and (text := file.read_text(encoding="utf-8").strip()):
                found[file.name] = text
    return found


@dataclass
class Outsider:
    """Looks, remembers, and writes down what must not be.

    Attributes:
        registry: Asked straight, past every disturbance.
        repository: In it.
        bare: The git remote.
        allowed: Versions that may appear.
        prefix: Of git tags.
        violations: What was seen, each once.
        looks: How often was looked.
    """

    registry: Registry
    repository: str
    bare: Path
    allowed: frozenset[str]
    prefix: str = "v"
    violations: list[str] = field(default_factory=list)
    looks: int = 0
    _published: dict[str, str] = field(default_factory=dict)
    _tagged: dict[str, str] = field(default_factory=dict)
    _latest: Version | None = None
    _whole: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def away(self) -> Path:
        """Where the remote is while nobody can reach it."""
        return self.bare.with_name("away.git")

    def look(self) -> Sight:
        """Look once; from several threads one after the other, or an older look would follow a newer one."""
        with self._lock:
            self.looks += 1
            sight = Sight(self._remote_refs(_TAGS), self._tags(), self._remote_refs(_CLAIMS))
            self._judge(sight)
            return sight

    def _remote_refs(self, folder: str) -> dict[str, str]:
        with suppress(FileNotFoundError):
            return remote_refs(self.bare, folder)
        return remote_refs(self.away, folder)

    def _tags(self) -> dict[str, str]:
        asked = {
            tag: self.registry.digest_if_there(self.repository, tag) for tag in self.registry.tags(self.repository)
        }
        # A staging tag may be removed between the list and the question.
        return {tag: digest for tag, digest in asked.items() if digest}

    def watch(self) -> threading.Thread:
        """Look again and again until ``stop``."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        return thread

    def stop(self, thread: threading.Thread) -> None:
        self._over.set()
        thread.join()
        self._over.clear()

    def witness(self, line: str) -> None:
        """What has to be so just before and after a tag is written, whatever moments others look at."""
        method, _, path = line.partition(" ")
        tag = path.rpartition("/manifests/")[2]
        if method != "PUT" or "/manifests/" not in path or ":" in tag:
            return
        sight = self.look()
        if tag == LATEST:
            newest = max((version for version in sight.versions if not version.prerelease), default=None)
            if newest and f"{self.prefix}{newest}" not in sight.remote:
                self.say(f"R4: latest is moved before the git tag of {newest} is pushed")

    def say(self, what: str) -> None:
        if what not in self.violations:
            self.violations.append(what)

    def _watch(self) -> None:
        while not self._over.wait(_GLANCE):
            self.look()

    def _judge(self, sight: Sight) -> None:
        self._judge_versions(sight)
        for name, found in sight.remote.items():
            if self._tagged.setdefault(name, found) != found:
                self.say(f"R4: the pushed git tag {name} was changed")
            if name.removeprefix(self.prefix) not in sight.tags:
                self.say(f"R4: the git tag {name} is there without its version")
        for tag in sight.tags:
            if tag != LATEST and not Version.is_valid(tag) and not _STAGING.fullmatch(tag):
                self.say(f"R5: the tag {tag} is neither a version nor a staging tag without digits")
        if LATEST in sight.tags:
            self._judge_latest(sight)

    def _judge_versions(self, sight: Sight) -> None:
        for version, digest in sight.versions.items():
            if str(version) not in self.allowed:
                self.say(f"R5: {version} appeared, and nobody releases it")
            known = self._published.setdefault(str(version), digest)
            if known != digest:
                self.say(f"R1: {version} was {known} and is {digest}")
            if digest not in self._whole:
                self._judge_index(str(version), digest)
        for gone in self._published.keys() - {str(version) for version in sight.versions}:
            self.say(f"R1: {gone} is gone")

    def _judge_index(self, version: str, digest: str) -> None:
        try:
            platforms = self.registry.platforms(self.repository, digest)
            for manifest in platforms.values():
                self.registry.manifest(self.repository, manifest)
        except (AssertionError, KeyError) as error:
            self.say(f"R2: {version} is no whole index: {error}")
            return
        if set(platforms) != PLATFORMS:
            self.say(f"R2: {version} has {', '.join(sorted(platforms))}")
        self._whole.add(digest)

    def _judge_latest(self, sight: Sight) -> None:
        digest = sight.tags[LATEST]
        named = max((version for version, found in sight.versions.items() if found == digest), default=None)
        if named is None:
            self.say(f"R4: latest is {digest}, which is no version")
        elif named.prerelease:
            self.say(f"R4: latest is the pre-release {named}")
        elif self._latest and named < self._latest:
            self.say(f"R4: latest went back from {self._latest} to {named}")
        self._latest = named or self._latest
