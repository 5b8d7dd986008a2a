"""Indexes, manifests and image configurations, as a registry holds them.

Formats: https://github.com/opencontainers/image-spec/blob/main/image-index.md and manifest.md, and their
Docker predecessors, https://distribution.github.io/distribution/spec/manifest-v2-2/.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dext_tasks.errors import NotAnImageError, RegistryResponseError
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.formats.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ACCEPTED = (OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST)

_MANIFESTS = frozenset({"", OCI_MANIFEST, DOCKER_MANIFEST})
# Old clients called every configuration a stream of bytes; what it holds decides then.
_IMAGE_CONFIGS = frozenset(
    {
        *("", "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"),
        "application/octet-stream",
    }
)
# https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage
_EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
_ARTIFACTS = {
    "application/vnd.cncf.helm.config.v1+json": "a Helm chart",
    "application/vnd.docker.plugin.v1+json": "a plugin of the engine",
    "application/vnd.docker.ai.model.config.v0.1+json": "an AI model",
    "application/vnd.docker.compose.project": "a Compose application",
}
# Signatures and attestations have the configuration of an image, and layers that no image has.
_ATTACHED = {
    "application/vnd.dev.cosign.simplesigning.v1+json": "a signature",
    "application/vnd.dsse.envelope.v1+json": "an attestation",
    "application/vnd.in-toto+json": "an attestation",
}


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
    """One platform's image, or something else that a registry holds.

    Attributes:
        digest: Of the manifest itself.
        config: Digest of the image configuration; empty if it has none.
        layers: The layers, lowest first.
        artifact: What it is, such as "a Helm chart", where it is not an image; empty if it is one.
    """

    digest: str
    config: str
    layers: tuple[Blob, ...]
    artifact: str = ""


@dataclass(frozen=True)
class Index:
    """The manifests of several platforms.

    Attributes:
        digest: Of the index itself.
        platforms: Digest of each platform's manifest, the first where one is listed twice; attestations are left out.
        annotations: Of the index.
        repeated: Platforms listed more than once.
        unplaced: Digests of manifests whose platform the index does not say; their configurations do.
    """

    digest: str
    platforms: Mapping[Platform, str]
    annotations: Mapping[str, str]
    repeated: frozenset[Platform] = frozenset()
    unplaced: tuple[str, ...] = ()

    def placed(self, found: Sequence[tuple[Platform, str]]) -> Index:
        """The same with the platforms of manifests that it does not say itself."""
        platforms, repeated = _by_platform([*self.platforms.items(), *found])
        return replace(self, platforms=platforms, repeated=self.repeated | repeated, unplaced=())


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
        if "fsLayers" in data:
            # https://docs.docker.com/engine/deprecated/#pushing-and-pulling-with-image-manifest-v2-schema-1
            raise _malformed("manifest", "it has the format of before 2017, which engines do not pull any more")
        # What artifacts were to have before they became manifests of images.
        if "config" not in data and "artifactType" in data:
            return Manifest(digest, "", (), _artifact(data, ""))
        return _manifest(digest, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _malformed("manifest", repr(error)) from error


def parse_config(content: bytes) -> ImageConfig:
    """Read an image configuration.

    Raises:
        RegistryResponseError: The bytes are none.
    """
    data = _mapping(content, "image configuration")
    if "os" not in data and "architecture" not in data:
        raise NotAnImageError(
            "a configuration without os and architecture is not an image's", remedy="name the tag of an image"
        )
    try:
        labels = (data.get("config") or {}).get("Labels") or {}
        platform = Platform.of(data["os"], data["architecture"], data.get("variant") or "")
        return ImageConfig(platform, {str(key): str(value) for key, value in labels.items()})
    except KeyError as error:
        raise _malformed("image configuration", f"it has no {error.args[0]}") from error
    except (TypeError, AttributeError) as error:
        raise _malformed("image configuration", repr(error)) from error


def _manifest(digest: str, data: Mapping[str, Any]) -> Manifest:
    config, layers = data["config"], data["layers"]
    kinds = {_ATTACHED.get(str(layer.get("mediaType", "")), "") for layer in layers}
    attached = kinds.pop() if len(kinds) == 1 else ""
    artifact = attached or _artifact(data, str(config.get("mediaType") or ""))
    return Manifest(digest, str(config["digest"]), tuple(map(_blob, layers)), artifact)


def _artifact(data: Mapping[str, Any], config: str) -> str:
    """What a manifest with a configuration of this type is; empty for an image."""
    if config in _IMAGE_CONFIGS and "config" in data:
        return ""
    kind = str(data.get("artifactType") or "") if config in {"", _EMPTY_CONFIG} else config
    known = _ARTIFACTS.get(kind)
    return known or (f"an artifact of type {excerpt(kind)}" if kind else "an artifact")


def _index(digest: str, data: Mapping[str, Any]) -> Index:
    entries = [(_platform(entry), entry) for entry in data["manifests"]]
    platforms, repeated = _by_platform((platform, str(entry["digest"])) for platform, entry in entries if platform)
    unplaced = tuple(str(entry["digest"]) for platform, entry in entries if platform is None and _may_be_image(entry))
    return Index(digest, platforms, dict(data.get("annotations") or {}), repeated, unplaced)


def _by_platform(entries: Iterable[tuple[Platform, str]]) -> tuple[dict[Platform, str], frozenset[Platform]]:
    """The first manifest of each platform, and the platforms that have another one."""
    platforms: dict[Platform, str] = {}
    repeated = set()
    for platform, manifest in entries:
        # Engines take the first that fits: https://github.com/containerd/containerd/blob/main/core/images/image.go
        if platforms.setdefault(platform, manifest) != manifest:
            repeated.add(platform)
    return platforms, frozenset(repeated)


def _blob(descriptor: Mapping[str, Any]) -> Blob:
    size = descriptor.get("size")
    return Blob(str(descriptor["digest"]), size if isinstance(size, int) and size > 0 else 0)


def _platform(entry: Mapping[str, Any]) -> Platform | None:
    """What an entry of an index is for; None if it does not say that, or is for nothing."""
    platform = entry.get("platform") or {}
    os, architecture = platform.get("os") or "", platform.get("architecture") or ""
    is_known = os and architecture and "unknown" not in (os, architecture)
    return Platform.of(os, architecture, platform.get("variant") or "") if is_known else None


def _may_be_image(entry: Mapping[str, Any]) -> bool:
    """Whether an entry that names no platform can be an image all the same.

    The platform may be left out, and engines read the configuration then:
    https://github.com/opencontainers/image-spec/blob/main/image-index.md
    """
    platform = entry.get("platform") or {}
    # buildx lists attestations as unknown/unknown: https://github.com/docker/buildx/issues/1509
    is_nothing = "unknown" in (platform.get("os"), platform.get("architecture"))
    attached = (entry.get("annotations") or {}).get("vnd.docker.reference.type")
    is_manifest = str(entry.get("mediaType") or "") in _MANIFESTS
    return is_manifest and not (is_nothing or attached or entry.get("artifactType"))


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
