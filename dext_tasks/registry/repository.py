"""What one repository of a registry holds."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from dext_tasks.errors import DextError, LoginMissingError, NotAnImageError, RegistryResponseError
from dext_tasks.formats.oci.manifest import (
    ACCEPTED,
    ImageConfig,
    Index,
    Manifest,
    ManifestDocument,
    digest_of,
    parse,
    parse_config,
)
from dext_tasks.formats.oci.reference import DOCKER_HUB, is_digest
from dext_tasks.registry import hub
from dext_tasks.registry.blobs import BlobStream, other_bytes
from dext_tasks.registry.faults import codes, is_json, may_be
from dext_tasks.registry.tag_deletion import deleted
from dext_tasks.registry.tag_list import every_tag
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.limits import RegistryLimits
    from dext_tasks.registry.access import Access
    from dext_tasks.registry.answers import Response
    from dext_tasks.registry.tag_deletion import KeptTag
    from dext_tasks.registry.transport import Transport


LOST = "publish it again as a new version, and keep clean-up jobs of the registry from what no tag names"
"""What to do about a part of an image that a registry does not have any more."""

# What attestations say they are for: https://github.com/docker/buildx/issues/1509
_NOWHERE = "unknown"


# By which registries refuse to move a tag that they keep: ECR and Docker Hub say immutable,
# https://docs.docker.com/docker-hub/repos/manage/hub-images/immutable-tags/, as does Harbor
# (https://github.com/goharbor/harbor/pull/9427), and to Azure it is a disallowed operation
# (https://github.com/Azure/acr-cli/issues/70).
_KEPT = frozenset({400, 403, 405, 409, 412})


@dataclass(frozen=True)
class TagRefusal:
    """How a registry refuses to point a tag at something.

    Attributes:
        words: Status and what it says.
        error: To be raised where the tag is needed.
        may_be_kept: Whether it can mean that a tag which is there must not be moved.
        is_told: Whether the registry says so in words of its own, by which nothing was stored; a proxy, or a registry
            that is in trouble, may have passed on or done what it does not answer for.
    """

    words: str
    error: DextError
    may_be_kept: bool
    is_told: bool


@dataclass
class Repository:
    """A repository, asked over HTTP; what a digest addresses is asked for once, until ``forget``.

    Every method raises RegistryUnreachableError, LoginMissingError or RegistryResponseError when the
    registry gives no answer; "it is not there" is an answer and never an error.
    """

    reference: Reference
    transport: Transport
    _configs: dict[str, ImageConfig] = field(default_factory=dict)
    _documents: dict[str, Response] = field(default_factory=dict)
    _there: set[str] = field(default_factory=set)
    _tags: frozenset[str] | None = None

    @classmethod
    def open(
        cls, reference: Reference, access: Access, *, push: bool = False, admit: Callable[[str], None] | None = None
    ) -> Repository:
        """The repository of a reference, reached as docker reaches it.

        Args:
            reference: What is looked for.
            access: Logins, proxies and certificates.
            push: Whether it is to be pushed to.
            admit: Called with every address before it is asked; raises if it must not be.

        Raises:
            RegistryUnreachableError: A certificate that docker has for the registry cannot be used.
        """
        return cls(reference, access.transport(reference.registry, reference.repository, push=push, admit=admit))

    @property
    def is_login_given(self) -> bool:
        """See Transport."""
        return self.transport.is_login_given

    @property
    def limits(self) -> RegistryLimits:
        """What a question may cost."""
        return self.transport.limits

    def tagged(self, tag: str) -> Repository:
        """The same, looked at as a tag."""
        return replace(self, reference=self.reference.with_tag(tag))

    def close(self) -> None:
        """Close idle connections; the next question opens new ones."""
        self.transport.close()

    def tags(self) -> frozenset[str]:
        """Every tag; none if the repository does not exist yet."""
        self._tags = frozenset(every_tag(self.transport, self.reference.repository))
        return self._tags

    def listed_tags(self) -> frozenset[str]:
        """Every tag as it was listed last; for what is looked at again before anything depends on it."""
        return self.tags() if self._tags is None else self._tags

    def forget(self) -> None:
        """Ask anew whether manifests are there; a registry may have lost them since."""
        self._documents.clear()
        self._there.clear()

    def has_manifest(self, digest: str) -> bool:
        """Whether a manifest is there. Docker Hub counts no HEAD as a pull."""
        if digest not in self._there:
            response = self.transport.request("HEAD", f"manifests/{digest}", accept=ACCEPTED)
            # As in ``digest``.
            if response.status == 404:  # noqa: PLR2004 - HTTP status
                return self._asked(digest) is not None
            self._there.add(digest)
        return True

    def require_push(self) -> None:
        """Require that images can be pushed here, by an upload that is begun and cancelled.

        https://distribution.github.io/distribution/spec/api/#initiate-blob-upload and #delete-upload

        Raises:
            LoginMissingError: The login given may not.
            RegistryResponseError: The registry takes no uploads here, or has no such repository and makes none.
        """
        path = "blobs/uploads/"
        try:
            response = self.transport.request("POST", path)
        except RegistryResponseError as error:
            raise RegistryResponseError(
                f"registry {self.reference.registry} takes no uploads to {self.reference.repository}: {error.message}",
                remedy="set `image` to the registry itself, not to a mirror or a cache of it, or ask its operator",
                detail=error.detail,
            ) from None
        if response.status == 404:  # noqa: PLR2004 - HTTP status
            raise RegistryResponseError(
                f"registry {self.reference.registry} has no repository {self.reference.repository}, and makes none",
                remedy="create the repository there, or correct the setting `image`",
            )
        self._cancel(path, response.headers.get("location", ""))

    def _cancel(self, path: str, location: str) -> None:
        """End an upload. Where the registry does not let it be ended, it expires by itself."""
        # Behind a proxy the address may have the host that the registry knows itself by.
        with suppress(DextError, ValueError):
            begun = urlsplit(urljoin(f"/v2/{self.reference.repository}/{path}", location))
            self.transport.request("DELETE", urlunsplit(("", "", begun.path, begun.query, "")))

    def delete_tag(self, tag: str) -> KeptTag | None:
        """Delete a tag, where the registry can.

        Returns:
            Why it is still there; None if it is gone.
        """
        try:
            return deleted(self.transport, tag, lambda: self.digest(tag) is not None)
        finally:
            self.forget()

    def keeps(self, tag: str) -> bool:
        """Whether it is known beforehand that a tag that is there cannot be moved; only Docker Hub says so."""
        if self.reference.registry != DOCKER_HUB:
            return False
        return hub.keeps(self.transport.glance(hub.address(self.reference.repository)), tag)

    def digest(self, tag: str) -> str | None:
        """Digest a tag points at, or None if there is no such tag. Docker Hub counts no HEAD as a pull."""
        response = self.transport.request("HEAD", f"manifests/{tag}", accept=ACCEPTED)
        said = response.headers.get("docker-content-digest", "")
        # That it is not there has to be said in words, which an answer to HEAD has not.
        is_told = response.status != 404 and is_digest(said)  # noqa: PLR2004 - HTTP status
        return said if is_told else self._content(tag)[0]

    def document(self, name: str) -> ManifestDocument | None:
        """The index or manifest of a tag or digest byte by byte, or None if it is not there."""
        response = self._asked(name)
        return ManifestDocument.of(response.body, response.headers.get("content-type", "")) if response else None

    def put(
        self, tag: str, document: ManifestDocument, wanted: Callable[[], bool], pause: Callable[[float], None]
    ) -> TagRefusal | None:
        """Point a tag at an index or manifest, whose parts are here.

        https://distribution.github.io/distribution/spec/api/#put-manifest

        Args:
            tag: The tag.
            document: What it is to point at.
            wanted: As in ``Transport.put``.
            pause: As there.

        Returns:
            How the registry refuses the tag; None if it took it, or it was not wanted any more.
        """
        response = self.transport.put(f"manifests/{tag}", document, wanted, pause)
        if response is None:
            return None
        words = self.transport.said(response)
        is_told = 400 <= response.status < 500 and bool(codes(response.body))  # noqa: PLR2004 - HTTP statuses
        try:
            taken = self.transport.judged(response)
        except (LoginMissingError, RegistryResponseError) as error:
            return TagRefusal(words, error, may_be_kept=response.status in _KEPT, is_told=is_told)
        if taken.status == 404:  # noqa: PLR2004 - HTTP status
            gone = RegistryResponseError(
                f"registry {self.reference.registry} does not take {self.reference.name}:{tag}: it answers {words}",
                remedy="run the same command again; where a clean-up job removes what no tag names, keep it from that",
            )
            return TagRefusal(words, gone, may_be_kept=False, is_told=is_told)
        return None

    def get(self, name: str) -> Index | Manifest | None:
        """The index or manifest of a tag or digest, or None if it is not there.

        Where an index does not say a manifest's platform, the configuration is asked, as an engine does.
        """
        found = self._parsed(name)
        return found.placed(list(self._unplaced(found))) if isinstance(found, Index) and found.unplaced else found

    def _parsed(self, name: str) -> Index | Manifest | None:
        digest, content = self._content(name)
        return parse(content) if digest else None

    def _unplaced(self, index: Index) -> Iterator[tuple[Platform, str]]:
        """The images among the manifests whose platform an index does not say."""
        require_time = self.transport.until_late(self.transport.limits.listing)
        for digest in index.unplaced[: self.transport.limits.unplaced]:
            require_time()
            # An index inside an index is not an image, so what it names is not followed.
            found = self._parsed(digest)
            with suppress(NotAnImageError):
                if isinstance(found, Manifest) and (platform := self.config(found).platform).os != _NOWHERE:
                    yield platform, digest

    def _content(self, name: str) -> tuple[str | None, bytes]:
        response = self._asked(name)
        return (digest_of(response.body), response.body) if response else (None, b"")

    def _asked(self, name: str) -> Response | None:
        if known := self._documents.get(name):
            return known
        response = self.transport.request("GET", f"manifests/{name}", accept=ACCEPTED)
        if self.transport.says_absent(response):
            return None
        if not is_json(response.body):
            raise self._not_of_registry(f"a malformed manifest of {name}: it is not JSON", response)
        self._verify(name, response, "manifest")
        digest = digest_of(response.body)
        self._documents[digest] = response
        self._there.add(digest)
        return response

    def config(self, manifest: Manifest) -> ImageConfig:
        """The image configuration of a manifest.

        Raises:
            NotAnImageError: It is not an image's manifest.
            RegistryResponseError: The manifest names a configuration that is not there.
        """
        if manifest.artifact:
            raise self._not_an_image(f"{manifest.digest} is {manifest.artifact}")
        if known := self._configs.get(manifest.config):
            return known
        # It is gone if it is so twice: some registries have several servers, which are not of one mind.
        answers = (self.transport.request("GET", f"blobs/{manifest.config}") for _ in range(2))
        response = next((each for each in answers if not self.transport.says_absent(each)), None)
        if response is None:
            raise RegistryResponseError(
                f"{self.reference.name} has a manifest without its configuration {manifest.config}",
                remedy=LOST,
            )
        self._verify(manifest.config, response, "configuration")
        try:
            self._configs[manifest.config] = parse_config(response.body)
        except NotAnImageError as error:
            raise self._not_an_image(f"the configuration of {manifest.digest} names no platform") from error
        return self._configs[manifest.config]

    def _not_an_image(self, what: str) -> NotAnImageError:
        return NotAnImageError(
            f"{self.reference.name}: {what}, so it is not an image",
            remedy="name the tag of an image, and give everything else a repository of its own: "
            "whichever tag is the greatest version is what desktops offer",
        )

    @contextmanager
    def open_blob(self, digest: str) -> Iterator[BlobStream]:
        """A blob, read only while the caller reads.

        Raises:
            RegistryResponseError: There is no such blob, or the digest is not a sha256 digest.
        """
        if not is_digest(digest):
            raise RegistryResponseError(
                f"{self.reference.name} names a blob by {digest[:80]!r}, which is not a sha256 digest",
                remedy=LOST,
            )
        with self.transport.stream(f"blobs/{digest}") as stream:
            if stream is None:
                raise RegistryResponseError(
                    f"{self.reference.name} has a manifest without its layer {digest}", remedy=LOST
                )
            yield BlobStream(digest, stream)

    def _verify(self, name: str, response: Response, kind: str) -> None:
        """Require an answer of what was asked for; a gateway may say with status 200 that it is busy (``may_be``)."""
        if digest_of(response.body) == name:
            return
        if not may_be(kind, response.body):
            raise self._not_of_registry(f"a malformed {kind} of {name}: it is something else", response)
        if name.startswith("sha256:"):
            raise other_bytes(self.reference.registry, name)

    def _not_of_registry(self, what: str, response: Response) -> RegistryResponseError:
        return RegistryResponseError.unclear(
            f"registry {self.reference.registry} gave {what}",
            remedy="see that nothing in between answers in its place, such as a proxy, then run the same command again",
            detail=excerpt(response.body.decode(errors="replace"), self.limits.said),
        )
