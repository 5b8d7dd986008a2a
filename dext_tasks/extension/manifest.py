"""Indexes, manifests and image configurations, as a registry holds them.

Formats: https://github.com/opencontainers/image-spec/blob/main/image-index.md and manifest.md, and their
Docker predecessors, https://distribution.github.io/distribution/spec/manifest-v2-2/.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dext_tasks.errors import RegistryResponseError
from dext_tasks.extension.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ACCEPTED = (OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST)


def digest_of(content: bytes) -> str:
    """The sha256 digest a registry would address these bytes by."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True)
class Blob:
    """What a manifest names.

    Attributes:
        digest: Of its bytes.
        size: How many they are, as the manifest says; 0 if it does not.
    """

    digest: str
    size: int = 0


@dataclass(frozen=True)
class Manifest:
    """One platform's image.

    Attributes:
        digest: Of the manifest itself.
        config: Digest of the image configuration.
        layers: The layers, lowest first.
    """

    digest: str
    config: str
    layers: tuple[Blob, ...]


@dataclass(frozen=True)
class Index:
    """The manifests of several platforms.

    Attributes:
        digest: Of the index itself.
        platforms: Digest of each platform's manifest, the first where one is listed twice; attestations are left out.
        annotations: Of the index.
        repeated: Platforms listed more than once.
    """

    digest: str
    platforms: Mapping[Platform, str]
    annotations: Mapping[str, str]
    repeated: frozenset[Platform] = frozenset()


@dataclass(frozen=True)
class ImageConfig:
    """What an image says of itself: its platform and labels."""

    platform: Platform
    labels: Mapping[str, str]


def parse(content: bytes) -> Index | Manifest:
    """Read an index or a manifest.

    Raises:
        RegistryResponseError: The bytes are neither.
    """
    data = _mapping(content, "manifest")
    digest = digest_of(content)
    try:
        # An OCI index need not say its mediaType; what it holds decides.
        if "manifests" in data:
            return _index(digest, data)
        layers = tuple(_blob(layer) for layer in data["layers"])
        return Manifest(digest, str(data["config"]["digest"]), layers)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _malformed("manifest", repr(error)) from error


def parse_config(content: bytes) -> ImageConfig:
    """Read an image configuration.

    Raises:
        RegistryResponseError: The bytes are none.
    """
    data = _mapping(content, "image configuration")
    try:
        labels = (data.get("config") or {}).get("Labels") or {}
        platform = Platform.of(data["os"], data["architecture"], data.get("variant", ""))
        return ImageConfig(platform, {str(key): str(value) for key, value in labels.items()})
    except (KeyError, TypeError, AttributeError) as error:
        raise _malformed("image configuration", repr(error)) from error


def _index(digest: str, data: Mapping[str, Any]) -> Index:
    platforms: dict[Platform, str] = {}
    repeated = set()
    for platform, manifest in _platforms(data["manifests"]):
        # Engines take the first that fits: https://github.com/containerd/containerd/blob/main/core/images/image.go
        if platforms.setdefault(platform, manifest) != manifest:
            repeated.add(platform)
    return Index(digest, platforms, dict(data.get("annotations") or {}), frozenset(repeated))


def _blob(descriptor: Mapping[str, Any]) -> Blob:
    size = descriptor.get("size")
    return Blob(str(descriptor["digest"]), size if isinstance(size, int) and size > 0 else 0)


def _platforms(entries: list[dict[str, Any]]) -> list[tuple[Platform, str]]:
    found = []
    for entry in entries:
        platform = entry.get("platform") or {}
        os, architecture = platform.get("os", ""), platform.get("architecture", "")
        # buildx lists attestations as unknown/unknown: https://github.com/docker/buildx/issues/1509
        if "unknown" not in (os, architecture) and os and architecture:
            found.append((Platform.of(os, architecture, platform.get("variant", "")), str(entry["digest"])))
    return found


def _mapping(content: bytes, what: str) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _malformed(what, str(error)) from error
    if not isinstance(data, dict):
        raise _malformed(what, "not an object")
    return data


def _malformed(what: str, why: str) -> RegistryResponseError:
    return RegistryResponseError(
        f"the registry gave a malformed {what}: {why}", remedy="push the image again, or report it to the registry"
    )
