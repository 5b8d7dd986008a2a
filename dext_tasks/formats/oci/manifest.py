"""Indexes, manifests and image configurations, as a registry holds them.

Formats: https://github.com/opencontainers/image-spec/blob/main/image-index.md and manifest.md, and their
Docker predecessors, https://distribution.github.io/distribution/spec/manifest-v2-2/.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dext_tasks.errors import NotAnImageError, RegistryResponseError
from dext_tasks.formats.json_syntax import JsonSyntaxError, json_kind, loads_bytes
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ACCEPTED = (OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST)

# https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
_DIGEST = regex(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+")
# https://pkg.go.dev/internal/platform has what there is; none is empty or has other characters.
_WORD = regex(r"[A-Za-z0-9_.+-]{0,64}")
# More bytes than any file system holds in one file.
_LARGEST = 2**63 - 1
_ENTRY = "an entry of manifests"
_NONE: Mapping[str, str] = MappingProxyType({})
# https://docs.docker.com/build/metadata/attestations/attestation-storage/#attestation-manifest-descriptor
_REFERENCE_KIND = "vnd.docker.reference.type"
_REFERENCE = "vnd.docker.reference.digest"

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
        unknown: What else it lists that is not an attestation of one of its images, by what it says of the digest.
    """

    digest: str
    platforms: Mapping[Platform, str]
    annotations: Mapping[str, str]
    repeated: frozenset[Platform] = frozenset()
    unplaced: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def placed(self, found: Sequence[tuple[Platform, str]]) -> Index:
        """The same with the platforms of manifests that it does not say itself."""
        platforms, repeated = _by_platform([*self.platforms.items(), *found])
        return replace(self, platforms=platforms, repeated=self.repeated | repeated, unplaced=())


@dataclass(frozen=True)
class ManifestDocument:
    """An index or a manifest, byte by byte.

    Attributes:
        content: Its bytes.
        media_type: What a registry calls it.
    """

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """What a registry addresses it by."""
        return digest_of(self.content)

    @classmethod
    def of(cls, content: bytes, media_type: str) -> ManifestDocument:
        """The bytes with the type they give themselves, or the one that the registry gave them.

        Raises:
            RegistryResponseError: The bytes are no document.
        """
        try:
            said = _mapping(content).get("mediaType")
        except _ShapeError as error:
            raise _malformed("manifest", error.what) from error
        return cls(content, said if isinstance(said, str) and said else media_type)


def assembled(
    manifests: Mapping[Platform, ManifestDocument],
    annotations: Mapping[str, str] = _NONE,
    attached: Sequence[Mapping[str, Any]] = (),
) -> ManifestDocument:
    """The index of one manifest for each platform; the same of everything gives the same bytes.

    It has Docker's older format if all of them have and there is nothing else, which that format does not know, as
    buildx does it: https://github.com/docker/buildx/blob/v0.29.1/util/imagetools/create.go

    Args:
        manifests: By platform.
        annotations: Of the index.
        attached: What is attached to these manifests, as ``attached_to`` gives it.
    """
    is_old = not (annotations or attached) and all(each.media_type == DOCKER_MANIFEST for each in manifests.values())
    media_type = DOCKER_INDEX if is_old else OCI_INDEX
    entries = [*(_entry(platform, manifest) for platform, manifest in manifests.items()), *attached]
    said: dict[str, object] = {"schemaVersion": 2, "mediaType": media_type, "manifests": entries}
    if annotations:
        said["annotations"] = dict(sorted(annotations.items()))
    return ManifestDocument(json.dumps(said, indent=2).encode(), media_type)


def _entry(platform: Platform, manifest: ManifestDocument) -> dict[str, object]:
    named = {"architecture": platform.architecture, "os": platform.os}
    return {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": len(manifest.content),
        "platform": {**named, "variant": platform.variant} if platform.variant else named,
    }


def attached_to(manifest: str, index: ManifestDocument) -> tuple[Mapping[str, Any], ...]:
    """The entries of an index that are attestations of one of its manifests.

    https://docs.docker.com/build/metadata/attestations/attestation-storage/

    Args:
        manifest: Digest.
        index: Of a build.

    Raises:
        RegistryResponseError: It is no index.
    """
    try:
        entries = _objects(_mapping(index.content), "manifests")
        said = [(_object(each.get("annotations") or {}, "annotations"), each) for each in entries]
        return tuple(
            each for annotations, each in said if annotations.get(_REFERENCE) == manifest and _digest(each, _ENTRY)
        )
    except _ShapeError as error:
        raise _malformed("manifest", error.what) from error


@dataclass(frozen=True)
class ImageConfig:
    """What an image says of itself: its platform, its labels and when it was made, in any form."""

    platform: Platform
    labels: Mapping[str, str]
    created: str = ""


def parse(content: bytes) -> Index | Manifest:
    """Read an index or a manifest.

    Raises:
        RegistryResponseError: The bytes are neither.
    """
    digest = digest_of(content)
    try:
        data = _mapping(content)
        # An OCI index need not say its mediaType; what it holds decides.
        return _index(digest, data) if "manifests" in data else _manifest(digest, data)
    except _ShapeError as error:
        raise _malformed("manifest", error.what) from error


def parse_config(content: bytes) -> ImageConfig:
    """Read an image configuration.

    Raises:
        RegistryResponseError: The bytes are not a manifest.
    """
    try:
        data = _mapping(content)
        if "os" not in data and "architecture" not in data:
            raise NotAnImageError(
                "a configuration without os and architecture is not an image's", remedy="name the tag of an image"
            )
        labels = _object(_object(data.get("config") or {}, "config").get("Labels") or {}, "config.Labels")
        platform = Platform.of(_required(data, "os"), _required(data, "architecture"), _word(data, "variant"))
        created = data.get("created")
        return ImageConfig(platform, _texts(labels, "config.Labels"), created if isinstance(created, str) else "")
    except _ShapeError as error:
        raise _malformed("image configuration", error.what) from error


def _manifest(digest: str, data: Mapping[str, Any]) -> Manifest:
    if "fsLayers" in data:
        # https://docs.docker.com/engine/deprecated/#pushing-and-pulling-with-image-manifest-v2-schema-1
        raise _ShapeError("it has the format of before 2017, which engines do not pull any more")
    # What artifacts were to have before they became manifests of images.
    if "config" not in data and "artifactType" in data:
        return Manifest(digest, "", (), _artifact(data, ""))
    config = _object(data.get("config"), "config")
    layers = _objects(data, "layers")
    kinds = {_ATTACHED.get(str(layer.get("mediaType", "")), "") for layer in layers}
    attached = kinds.pop() if len(kinds) == 1 else ""
    artifact = attached or _artifact(data, str(config.get("mediaType") or ""))
    return Manifest(digest, _digest(config, "config"), tuple(map(_blob, layers)), artifact)


def _artifact(data: Mapping[str, Any], config: str) -> str:
    """What a manifest with a configuration of this type is; empty for an image."""
    if config in _IMAGE_CONFIGS and "config" in data:
        return ""
    kind = str(data.get("artifactType") or "") if config in {"", _EMPTY_CONFIG} else config
    known = _ARTIFACTS.get(kind)
    return known or (f"an artifact of type {excerpt(kind)}" if kind else "an artifact")


def _index(digest: str, data: Mapping[str, Any]) -> Index:
    entries = [(_platform(entry), entry) for entry in _objects(data, "manifests")]
    platforms, repeated = _by_platform((platform, _digest(entry, _ENTRY)) for platform, entry in entries if platform)
    unplaced = tuple(_digest(entry, _ENTRY) for platform, entry in entries if platform is None and _may_be_image(entry))
    annotations = _texts(_object(data.get("annotations") or {}, "annotations"), "annotations")
    listed = {*platforms.values(), *unplaced}
    others = [entry for platform, entry in entries if platform is None and not _may_be_image(entry)]
    unknown = tuple(str(entry.get("digest")) for entry in others if not _is_attestation(entry, listed))
    return Index(digest, platforms, annotations, repeated, unplaced, unknown)


def _is_attestation(entry: Mapping[str, Any], listed: Collection[str]) -> bool:
    """Whether an entry of an index is an attestation of one of the manifests listed.

    https://docs.docker.com/build/metadata/attestations/attestation-storage/
    """
    said = _object(entry.get("annotations") or {}, "annotations")
    return said.get(_REFERENCE_KIND) == "attestation-manifest" and said.get(_REFERENCE) in listed


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
    return Blob(_digest(descriptor, "a layer"), size if isinstance(size, int) and 0 < size <= _LARGEST else 0)


def _platform(entry: Mapping[str, Any]) -> Platform | None:
    """What an entry of an index is for; None if it does not say that, or is for nothing."""
    platform = _object(entry.get("platform") or {}, "a platform")
    os, architecture = _word(platform, "os"), _word(platform, "architecture")
    is_known = os and architecture and "unknown" not in (os, architecture)
    return Platform.of(os, architecture, _word(platform, "variant")) if is_known else None


def _may_be_image(entry: Mapping[str, Any]) -> bool:
    """Whether an entry that names no platform can be an image all the same.

    The platform may be left out, and engines read the configuration then:
    https://github.com/opencontainers/image-spec/blob/main/image-index.md
    """
    platform = _object(entry.get("platform") or {}, "a platform")
    # buildx lists attestations as unknown/unknown: https://github.com/docker/buildx/issues/1509
    is_nothing = "unknown" in (platform.get("os"), platform.get("architecture"))
    attached = _object(entry.get("annotations") or {}, "annotations").get(_REFERENCE_KIND)
    is_manifest = str(entry.get("mediaType") or "") in _MANIFESTS
    return is_manifest and not (is_nothing or attached or entry.get("artifactType"))


class _ShapeError(Exception):
    """A document has not the shape that it should have.

    Attributes:
        what: Why, in words.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def _mapping(content: bytes) -> Mapping[str, Any]:
    try:
        return _object(loads_bytes(content), "it")
    except JsonSyntaxError as error:
        raise _ShapeError(f"it is not valid JSON: {error}") from error


def _object(value: object, what: str) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise _ShapeError(f"{what} is {json_kind(value)}, not an object")


def _objects(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = data.get(key)
    if not isinstance(value, list):
        raise _ShapeError(f"{key} is {json_kind(value)}, not an array")
    return [_object(each, f"{key}[{number}]") for number, each in enumerate(value)]


def _digest(descriptor: Mapping[str, Any], what: str) -> str:
    value = descriptor.get("digest")
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value
    raise _ShapeError(f"{what} has no digest" if value is None else f"{what} has an invalid digest")


def _word(data: Mapping[str, Any], key: str) -> str:
    """The name of an operating system, an architecture or a variant; empty if there is none."""
    value = data.get(key)
    if value is None:
        return ""
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    raise _ShapeError(f"{key} is {excerpt(value, 40)!r}" if isinstance(value, str) else f"{key} is {json_kind(value)}")


def _required(data: Mapping[str, Any], key: str) -> str:
    found = _word(data, key)
    if not found:
        raise _ShapeError(f"it has no {key}")
    return found


def _texts(data: Mapping[str, Any], what: str) -> dict[str, str]:
    for key, value in data.items():
        if not isinstance(value, str):
            raise _ShapeError(f"{what}.{excerpt(key)} is {json_kind(value)}, not a string")
    return dict(data)


def _malformed(what: str, why: str) -> RegistryResponseError:
    return RegistryResponseError(
        f"the registry gave a malformed {what}: {why}", remedy="push the image again, or report it to the registry"
    )
