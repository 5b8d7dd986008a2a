"""Image references: registry, repository, tag and digest.

Grammar: https://github.com/distribution/reference/blob/main/reference.go
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dext_tasks import redaction
from dext_tasks.errors import ReferenceInvalidError
from dext_tasks.regex import regex

DOCKER_HUB = "docker.io"
"""Docker Hub, as references name it."""
HUB_INDEX = "index.docker.io"
"""Its older name: https://github.com/distribution/reference/blob/main/normalize.go (legacyDefaultDomain)."""
HUB_REGISTRY = "registry-1.docker.io"
"""Where its registry answers."""

_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = regex(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_HOST = regex(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?")
_TAG = regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DEFAULT_TAG = "latest"
"""What docker takes a reference without tag or digest for."""
_DIGEST = regex(r"sha256:[0-9a-f]{64}")
_SHORT = 12
_LONGEST_NAME = 255


def is_tag(text: str) -> bool:
    """Whether the text can be a tag: at most 128 of ``[A-Za-z0-9_.-]``, not starting with ``.`` or ``-``."""
    return _TAG.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Whether the text is a sha256 digest."""
    return _DIGEST.fullmatch(text) is not None


@dataclass(frozen=True)
class Reference:
    """Where an image is: ``registry/repository[:tag][@digest]``.

    Attributes:
        registry: Host with port; ``docker.io`` when the text named none.
        repository: Path in the registry, with ``library/`` for Docker Hub's official images.
        tag: Empty when there is none.
        digest: Empty when there is none.
    """

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"

    @property
    def name(self) -> str:
        """The reference without tag and digest, as people write it."""
        short = self.repository.removeprefix("library/")
        # Short only where reading it again finds the same place: `docker.io/a.b/c` is not `a.b/c`.
        unambiguous = _split_registry(short) == (self.registry, self.repository)
        return short if unambiguous else f"{self.registry}/{self.repository}"

    @property
    def extension(self) -> str:
        """``org_name``, as Docker Desktop names the project of an extension that is published there."""
        return self.repository.removeprefix("library/").replace("/", "_")

    def with_tag(self, tag: str) -> Reference:
        """The same repository under another tag, without digest."""
        if not is_tag(tag):
            raise _invalid(f"{self.name}:{tag}", f"{tag!r} is not a tag")
        return replace(self, tag=tag, digest="")

    def with_digest(self, digest: str) -> Reference:
        """The same repository and tag, pinned to a digest."""
        if not is_digest(digest):
            raise _invalid(f"{self}@{digest}", f"{digest!r} is not a sha256 digest")
        return replace(self, digest=digest)

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference as docker does.

        Raises:
            ReferenceInvalidError: The string is not a reference.
        """
        rest, _, digest = text.partition("@")
        if "@" in text and not is_digest(digest):
            raise _invalid(text, f"{digest!r} is not a sha256 digest")
        head, slash, last = rest.rpartition("/")
        last, colon, tag = last.partition(":")
        if colon and not is_tag(tag):
            raise _invalid(text, f"{tag!r} is not a tag")
        registry, repository = _split_registry(f"{head}{slash}{last}")
        if not _HOST.fullmatch(registry):
            raise _invalid(text, f"{registry!r} is not a registry host")
        if not _REPOSITORY.fullmatch(repository) or len(repository) > _LONGEST_NAME:
            raise _invalid(text, f"{repository!r} is not a repository name (lower case, at most 255 characters)")
        return cls(registry, repository, tag, digest)


def _split_registry(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    # The first part is a host only if it could not be a namespace on Docker Hub.
    if slash and ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        return (DOCKER_HUB, _on_hub(rest)) if first in (DOCKER_HUB, HUB_INDEX) else (first, rest)
    return DOCKER_HUB, _on_hub(name)


def _on_hub(repository: str) -> str:
    return repository if "/" in repository else f"library/{repository}"


def _invalid(text: str, why: str) -> ReferenceInvalidError:
    return ReferenceInvalidError(
        f"{redaction.image(text)!r} is not an image reference: {redaction.image(why)}",
        remedy="write it as ORG/NAME or HOST[:PORT]/ORG/NAME, with an optional :TAG",
    )


def short(digest: str) -> str:
    """The start of a digest's hash, which is enough for people, and as long as docker shows it.

    https://docs.docker.com/reference/cli/docker/image/ls/#no-trunc
    """
    return digest.removeprefix("sha256:")[:_SHORT]
