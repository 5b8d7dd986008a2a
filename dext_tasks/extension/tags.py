"""Tags of a repository, as Docker's validator chooses among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.extension.version import as_version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from semver import Version

_SHOWN = 4


def version_of(tag: str) -> Version | None:
    """The version that a tag stands for. Docker's validator seems to accept ``v1.2.3``, too.

    Tags with the prefix passed it: https://github.com/localstack/localstack-docker-extension/issues/54
    """
    return as_version(tag.removeprefix("v"))


@dataclass(frozen=True)
class Resolution:
    """The tag that stands for a repository.

    Attributes:
        tag: The greatest version.
        versions: Every tag that is a version, greatest first.
        others: Every other tag.
    """

    tag: str
    versions: tuple[str, ...]
    others: tuple[str, ...]

    def __str__(self) -> str:
        smaller = f", greater than {_listed(self.versions[1:])}" if self.versions[1:] else ""
        others = f"; no versions: {_listed(self.others)}" if self.others else ""
        return f"greatest semver tag resolved: {self.tag}{smaller}{others}"


def resolve(tags: Iterable[str]) -> Resolution | None:
    """What ``docker extension validate --auto-resolve-tag`` checks; None if no tag is a version.

    https://github.com/docker/extensions-submissions/issues/67 (a stray 2.6.5 was chosen over 1.0.1)
    """
    every = sorted(set(tags))
    versions = {tag: version for tag in every if (version := version_of(tag))}
    # Of v1.0.0 and 1.0.0 the one that is strict semver.
    ordered = sorted(versions, key=lambda tag: (versions[tag], not tag.startswith("v")), reverse=True)
    others = tuple(tag for tag in every if tag not in versions)
    return Resolution(ordered[0], tuple(ordered), others) if ordered else None


def _listed(tags: tuple[str, ...]) -> str:
    rest = len(tags) - _SHOWN
    return ", ".join(tags[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
