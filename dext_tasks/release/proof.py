"""Proving again, of a published release, that it is exactly what was built, checked and smoke-tested."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dext_tasks.errors import ImageNotFoundError, NotAnImageError, RegistryResponseError, ReleaseUnprovenError
from dext_tasks.extension.labels import REVISION, VERSION
from dext_tasks.extension.version import as_version
from dext_tasks.formats.oci.manifest import ImageConfig, Index, Manifest
from dext_tasks.formats.oci.reference import is_digest, short
from dext_tasks.release.published import common_label, fault_of, manifest_of
from dext_tasks.release.record import Smoked, read_record, unread
from dext_tasks.release.state import listed
from dext_tasks.runtime.parallel import ask_each
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.git import Git
    from dext_tasks.registry.repository import Repository
    from dext_tasks.runtime.cancellation import Cancellation


class ProofVerdict(StrEnum):
    """What a proof came to; one that was skipped says why nothing is known."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Proof:
    """One thing that holds of a release, or does not.

    Attributes:
        what: It is about.
        verdict: Whether it holds.
        found: What was seen.
    """

    what: str
    verdict: ProofVerdict
    found: str


@dataclass(frozen=True)
class PublishedContent:
    """What a registry holds under a reference.

    Attributes:
        reference: What was looked at, with its digest.
        is_index: Whether it is an index, and not the manifest of a single platform.
        manifests: Digest of each platform's manifest.
        configs: What each platform's image says of itself.
        faults: Why a platform cannot be pulled.
        annotations: Of the index.
        repeated: Platforms that it lists more than once.
        version_digest: What the tag of the version that the images name points at; empty if there is none.
        unknown: What else it lists that is neither an image nor an attestation of one.
    """

    reference: Reference
    is_index: bool
    manifests: Mapping[Platform, str]
    configs: Mapping[Platform, ImageConfig]
    faults: Mapping[Platform, str]
    annotations: Mapping[str, str]
    repeated: frozenset[Platform]
    version_digest: str
    unknown: tuple[str, ...] = ()

    @property
    def revision(self) -> str:
        """The commit that every image names; empty if they name none, or several."""
        return common_label(self.configs.values(), REVISION)

    @property
    def version(self) -> str:
        """The version that every image names; empty if they name none, or several."""
        return common_label(self.configs.values(), VERSION)


@dataclass(frozen=True)
class Tagged:
    """A git tag of the release, in the clone and on its remote.

    Attributes:
        name: Of the tag.
        commit: It stands for here; empty if it is not here.
        text: Of the tag here, or on the remote if it is not here; empty if it is not annotated. None if it is on the
            remote alone, as its commit is: nothing of a clone's history is fetched to read it.
        remote: Name of the remote; empty if there is none.
        remote_commit: It stands for on the remote; empty if it is not there.
    """

    name: str
    commit: str
    text: str | None
    remote: str = ""
    remote_commit: str = ""


@dataclass(frozen=True)
class Own:
    """What is known of a release of the project at hand, and not of somebody else's.

    Attributes:
        platforms: That the project is configured for.
        tagged: Its git tag, by the name of its version.
    """

    platforms: tuple[Platform, ...]
    tagged: Callable[[str], Tagged]


@dataclass(frozen=True)
class Proven:
    """A published release and all that was proven of it.

    Attributes:
        content: What the registry holds.
        proofs: In the order in which they are shown.
    """

    content: PublishedContent
    proofs: tuple[Proof, ...]

    def require_whole(self) -> None:
        """Require that nothing is known to be wrong.

        Raises:
            ReleaseUnprovenError: Something is.
        """
        failed = [each for each in self.proofs if each.verdict is ProofVerdict.FAILED]
        if failed:
            raise ReleaseUnprovenError(
                f"{self.content.reference} is not as a release should be: "
                f"{'; '.join(f'{each.what}: {each.found}' for each in failed)}",
                remedy="do not rely on it; a published version never changes, so release a greater one",
            )


def prove(repository: Repository, reference: Reference, cancellation: Cancellation, own: Own | None) -> Proven:
    """Ask for all that a release consists of, and prove it.

    Args:
        repository: It is in.
        reference: It is published as, with a tag or a digest.
        cancellation: Of the run.
        own: What is known of a release of the project at hand; None for somebody else's.

    Raises:
        ImageNotFoundError: The image does not exist.
        RegistryUnreachableError: The registry could not be asked.
        RegistryResponseError: What it answered proves nothing.
        GitError: The git remote could not be asked.
    """
    content = _ask(repository, reference, cancellation)
    tagged = own.tagged(content.version) if own and content.version else None
    platforms = own.platforms if own else ()
    return Proven(content, tuple(_proofs(content, platforms, tagged)))


def tagged(git: Git, name: str, remote: str) -> Tagged:
    """A git tag as the clone and its remote have it.

    Raises:
        GitError: The remote could not be asked.
    """
    has_remote, here = git.has_remote(remote), git.commit_of(name)
    there = git.remote_tag(remote, name) if has_remote else ""
    text: str | None = git.text_of(name)
    if there and not here:
        text = git.remote_text_of(remote, name) if git.has_commit(there) else None
    return Tagged(name, here, text, remote if has_remote else "", there)


def _ask(repository: Repository, reference: Reference, cancellation: Cancellation) -> PublishedContent:
    found = repository.get(reference.digest or reference.tag)
    if found is None:
        raise ImageNotFoundError(
            f"{reference} is not in the registry", remedy="name a version that is published: inv release.list"
        )
    if isinstance(found, Index):
        answers = ask_each(found.platforms, lambda each: _config(repository, found.platforms[each]), cancellation)
        manifests, repeated, annotations = found.platforms, found.repeated, found.annotations
    else:
        config = repository.config(found)
        answers, manifests = {config.platform: config}, {config.platform: found.digest}
        repeated, annotations = frozenset(), {}
    configs = {platform: each for platform, each in answers.items() if isinstance(each, ImageConfig)}
    version = common_label(configs.values(), VERSION)
    return PublishedContent(
        reference=reference.with_digest(found.digest),
        is_index=not isinstance(found, Manifest),
        manifests=manifests,
        configs=configs,
        faults={platform: each for platform, each in answers.items() if isinstance(each, str)},
        annotations=annotations,
        repeated=repeated,
        unknown=found.unknown if isinstance(found, Index) else (),
        version_digest=(repository.digest(version) or "") if as_version(version) else "",
    )


def _config(repository: Repository, digest: str) -> ImageConfig | str:
    """What an image says of itself, or why it cannot be pulled."""
    try:
        return repository.config(manifest_of(repository, digest))
    except (NotAnImageError, RegistryResponseError) as error:
        return fault_of(error)


def _proofs(content: PublishedContent, configured: tuple[Platform, ...], tagged: Tagged | None) -> Iterator[Proof]:
    yield _index(content, configured)
    for platform in sorted(content.manifests):
        yield _image(content, platform)
    for platform in sorted({*content.manifests, *read_record(content.annotations)}):
        yield _smoke(content, platform)
    for name in unread(content.annotations):
        yield Proof(f"smoke {excerpt(name)}", ProofVerdict.FAILED, "the index records it, and it names no platform")
    yield _named(content, "commit", REVISION)
    yield _named(content, "version", VERSION)
    yield _tag(content)
    if tagged:
        yield _git_tag(content, tagged)
    else:
        why = "this is not a release of the project at hand" if content.version else "no version is known"
        yield Proof("git tag", ProofVerdict.SKIPPED, why)


def _verdict(*, holds: bool) -> ProofVerdict:
    return ProofVerdict.OK if holds else ProofVerdict.FAILED


def _index(content: PublishedContent, configured: tuple[Platform, ...]) -> Proof:
    """Whether the index is of the platforms that were tested, or else of those that the project is configured for."""
    if not content.is_index:
        return Proof("index", ProofVerdict.FAILED, f"{short(content.reference.digest)} is one manifest and no index")
    if content.repeated:
        return Proof("index", ProofVerdict.FAILED, f"it lists {listed(content.repeated)} more than once")
    if content.unknown:
        what = ", ".join(excerpt(short(each)) for each in content.unknown)
        return Proof(
            "index",
            ProofVerdict.FAILED,
            f"it lists {what}, which is neither the image of a platform nor an attestation of one",
        )
    there, wanted = set(content.manifests), set(read_record(content.annotations)) or set(configured)
    if wanted and there != wanted:
        return Proof("index", ProofVerdict.FAILED, f"it is of {listed(there)}, and should be of {listed(wanted)}")
    return Proof("index", _verdict(holds=bool(there)), f"{short(content.reference.digest)} of {listed(there)}")


def _image(content: PublishedContent, platform: Platform) -> Proof:
    what = f"image {platform}"
    if fault := content.faults.get(platform):
        return Proof(what, ProofVerdict.FAILED, fault)
    said = content.configs[platform].platform
    found = f"{short(content.manifests[platform])} and its configuration are there"
    return Proof(
        what, _verdict(holds=said == platform), found if said == platform else f"it says that it is for {said}"
    )


def _smoke(content: PublishedContent, platform: Platform) -> Proof:
    """Whether the very manifest that is published was smoke-tested."""
    what, record = f"smoke {platform}", read_record(content.annotations).get(platform)
    manifest = content.manifests.get(platform)
    if record is None:
        return Proof(what, ProofVerdict.FAILED, "no smoke test is recorded in the index")
    if record.manifest != manifest:
        now = f"{short(manifest)} is published" if manifest else "nothing is published for it"
        return Proof(what, ProofVerdict.FAILED, f"{short(record.manifest) or 'nothing'} was tested, and {now}")
    told = {
        Smoked.PASSED.value: f"{short(manifest)} passed",
        Smoked.NOT_STARTED.value: f"{short(manifest)} passed, but for its backend, which was not granted what it wants",
    }.get(record.smoke, "")
    return Proof(what, _verdict(holds=bool(told)), told or f"the index records {excerpt(record.smoke)}")


def _named(content: PublishedContent, what: str, label: str) -> Proof:
    """Whether every image and the index name one and the same."""
    by_value = {config.labels.get(label, "") for config in content.configs.values()}
    annotated = content.annotations.get(label)
    named = sorted(by_value | ({annotated} if annotated is not None else set()))
    is_one = len(named) == 1 and named != [""]
    each = " and ".join(value or "none" for value in named) or "none"
    return Proof(what, _verdict(holds=is_one), named[0] if is_one else f"the images and the index name {each}")


def _tag(content: PublishedContent) -> Proof:
    """Whether the tag that was looked at, or else the version's, is of what the images name."""
    tag, version = content.reference.tag, content.version
    if tag and as_version(tag):
        return Proof("tag", _verdict(holds=tag == version), f"{tag} holds version {version or 'unknown'}")
    if not version:
        return Proof("tag", ProofVerdict.FAILED, f"the images name no version, and {tag or 'the digest'} is none")
    is_same = content.version_digest == content.reference.digest
    there = short(content.version_digest) if content.version_digest else "not there"
    return Proof("tag", _verdict(holds=is_same), f"tag {version} is {there}")


def _git_tag(content: PublishedContent, tagged: Tagged) -> Proof:
    """Whether the tag stands for the commit wherever it should be, and names the digest."""
    name, commit = tagged.name, short(content.revision)
    places = {"here": tagged.commit, **({f"on {tagged.remote}": tagged.remote_commit} if tagged.remote else {})}
    wrong = [
        f"{where} it {f'stands for {short(found)}' if found else 'is missing'}"
        for where, found in places.items()
        # A clone need not have the tags of its remote.
        if found != content.revision and (found or where != "here" or not tagged.remote_commit)
    ]
    if wrong:
        return Proof("git tag", ProofVerdict.FAILED, f"{name} should stand for {commit}: {', '.join(wrong)}")
    if tagged.text is None:
        how = f"git fetch {tagged.remote} tag {name}"
        return Proof(
            "git tag", ProofVerdict.SKIPPED, f"{name} stands for {commit} on {tagged.remote}; to read it: {how}"
        )
    named = _digests_named(tagged.text, content.version)
    if not named:
        # Somebody made it before the release, as pipelines that start on a tag do; it never names a digest then.
        return Proof("git tag", ProofVerdict.SKIPPED, f"{name} stands for {commit}, and names no digest")
    holds = content.reference.digest in named
    digest = "this digest" if holds else f"another digest: {', '.join(map(short, sorted(named)))}"
    return Proof("git tag", _verdict(holds=holds), f"{name} stands for {commit} and names {digest}")


def _digests_named(text: str, version: str) -> frozenset[str]:
    """The digests in lines of a tag's text that are a reference with the version, as a release writes them."""
    lines = [line.strip().rpartition("@") for line in text.splitlines()]
    return frozenset(digest for name, _, digest in lines if name.endswith(f":{version}") and is_digest(digest))
