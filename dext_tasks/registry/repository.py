"""What one repository of a registry holds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dext_tasks.errors import RegistryResponseError
from dext_tasks.extension.manifest import ACCEPTED, ImageConfig, Index, Manifest, digest_of, parse, parse_config
from dext_tasks.registry.credentials import find_login
from dext_tasks.registry.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dext_tasks.extension.reference import Reference

_NEXT = re.compile(r'<([^>]+)>\s*;[^,]*rel="?next"?')
_PAGE = 1000
_MOST_PAGES = 100


@dataclass
class Repository:
    """A repository, asked over HTTP; what a digest addresses is asked for once.

    Every method raises RegistryUnreachableError, LoginMissingError or RegistryResponseError when the
    registry gives no answer; "it is not there" is an answer and never an error.
    """

    reference: Reference
    transport: Transport
    _configs: dict[str, ImageConfig] = field(default_factory=dict)

    @classmethod
    def open(cls, reference: Reference, docker_config: Path, *, push: bool = False) -> Repository:
        """The repository of a reference, with the login docker has for its registry."""
        login = find_login(docker_config, reference.registry)
        return cls(reference, Transport(reference.registry, reference.repository, login, push))

    def tags(self) -> frozenset[str]:
        """Every tag; none if the repository does not exist yet."""
        return frozenset(self._tags())

    def _tags(self) -> Iterator[str]:
        path = f"tags/list?n={_PAGE}"
        for _ in range(_MOST_PAGES):
            response = self.transport.request("GET", path)
            if response.status == 404:  # noqa: PLR2004 - HTTP status
                return
            yield from _tag_names(response.body)
            following = _NEXT.search(response.headers.get("link", ""))
            if not following:
                return
            path = following[1]
        # With a part of the tags a version that is out there would be taken for new.
        raise RegistryResponseError(
            f"registry {self.reference.registry} lists tags on more than {_MOST_PAGES} pages",
            remedy="remove tags that nobody uses",
        )

    def digest(self, tag: str) -> str | None:
        """Digest a tag points at, or None if there is no such tag. Docker Hub counts no HEAD as a pull."""
        response = self.transport.request("HEAD", f"manifests/{tag}", accept=ACCEPTED)
        if response.status == 404:  # noqa: PLR2004 - HTTP status
            return None
        return response.headers.get("docker-content-digest") or self._content(tag)[0]

    def get(self, name: str) -> Index | Manifest | None:
        """The index or manifest of a tag or digest, or None if it is not there."""
        digest, content = self._content(name)
        return parse(content) if digest else None

    def _content(self, name: str) -> tuple[str | None, bytes]:
        response = self.transport.request("GET", f"manifests/{name}", accept=ACCEPTED)
        if response.status == 404:  # noqa: PLR2004 - HTTP status
            return None, b""
        self._verify(name, response.body)
        return digest_of(response.body), response.body

    def config(self, manifest: Manifest) -> ImageConfig:
        """The image configuration of a manifest.

        Raises:
            RegistryResponseError: The manifest names a configuration that is not there.
        """
        known = self._configs.get(manifest.config)
        if known:
            return known
        response = self.transport.request("GET", f"blobs/{manifest.config}")
        if response.status == 404:  # noqa: PLR2004 - HTTP status
            raise RegistryResponseError(
                f"{self.reference.name} has a manifest without its configuration {manifest.config}",
                remedy="push the image again",
            )
        self._verify(manifest.config, response.body)
        self._configs[manifest.config] = parse_config(response.body)
        return self._configs[manifest.config]

    def _verify(self, name: str, body: bytes) -> None:
        if name.startswith("sha256:") and digest_of(body) != name:
            raise RegistryResponseError(
                f"registry {self.reference.registry} sent other bytes than {name} stands for",
                remedy="do not use this registry until its storage is repaired",
            )


def _tag_names(body: bytes) -> list[str]:
    malformed = RegistryResponseError(
        "the registry gave a malformed list of tags", remedy="check that the host is a registry"
    )
    try:
        names = json.loads(body).get("tags") or []
    except (ValueError, AttributeError) as error:
        raise malformed from error
    if not isinstance(names, list):
        raise malformed
    return [name for name in names if isinstance(name, str)]
