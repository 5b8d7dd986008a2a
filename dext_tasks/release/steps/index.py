"""Publishing the version: one index of all platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dext_tasks.errors import (
    AlreadyPublishedError,
    LoginMissingError,
    NotConvergedError,
    RegistryResponseError,
    ReleaseRacedError,
)
from dext_tasks.formats.oci.manifest import assembled, attached_to
from dext_tasks.formats.oci.reference import short
from dext_tasks.release.published import manifest_of, version_in_registry
from dext_tasks.release.record import recorded
from dext_tasks.release.state import listed
from dext_tasks.release.steps.step import ReleaseStep
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.errors import DextError
    from dext_tasks.formats.oci.manifest import ManifestDocument
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.release.state import Intent, Outlook, Published
    from dext_tasks.release.steps.step import ReleaseRun, Step


class PublishIndex(ReleaseStep):
    """Makes the version's tag an index of the manifests that were tested."""

    title: ClassVar[str] = "index"
    writes_to_registry: ClassVar[bool] = True

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """See ReleaseStep."""
        done = f"published as {short(outlook.ours.digest)}" if outlook.ours else ""
        yield self.unless(
            done, str(outlook.intent.target), f"one index of {counted(len(outlook.intent.platforms), 'platform')}"
        )

    def obstacles(self, outlook: Outlook) -> Iterator[DextError]:
        """A published version never changes."""
        if outlook.state.published and not outlook.ours:
            yield _already_published(outlook, outlook.state.published)
        # Images that this release made the index of before make the same again, which changes nothing.
        state = outlook.state
        is_same = outlook.kept and state.journal and state.journal.index == state.recorded
        if state.recorded and not is_same:
            yield _contradicted(outlook.intent, state.recorded)

    def notes(self, outlook: Outlook) -> Iterator[str]:
        """A version that is broken, and that this one may take the place of."""
        intent, state = outlook.intent, outlook.state
        if state.newest_faults:
            newest = intent.image.with_tag(str(state.newest))
            yield (
                f"{newest} is published but broken: {'; '.join(state.newest_faults)}. It cannot be made whole; "
                "a greater version takes its place"
            )

    def run(self, run: ReleaseRun, _: Step) -> None:
        """See ReleaseStep."""
        target, repository = run.intent.target, run.world.repository
        index, tries = index_of(run), 0

        def is_wanted() -> bool:
            nonlocal tries
            tries += 1
            run.require_claim()
            # As late as it can be asked, and before each try: a release that came first keeps the version. One with
            # the very same images did what this one would have done, as did a try whose answer was lost.
            there, _ = version_in_registry(repository, target)
            if there:
                require_wanted(run, there)
            run.is_index_sent = run.is_index_sent or there is None
            return there is None

        try:
            refusal = repository.put(target.tag, index, is_wanted, run.world.cancellation.sleep)
        except LoginMissingError:
            # The token service says so, after the registry wanted a token before it took anything.
            run.is_index_sent = run.is_index_sent and tries > 1
            raise
        if refusal:
            # After a try without an answer, nobody knows what became of that one.
            run.is_index_sent = tries > 1 or not refusal.is_told
            raise refusal.error


def index_of(run: ReleaseRun) -> ManifestDocument:
    """The index that a release writes, known before it is sent.

    Raises:
        NotConvergedError: An image is gone from the registry, or is not of this commit and version.
    """
    manifests = {each: _staged(run, each) for each in run.intent.platforms}
    attached = [entry for each in run.intent.platforms for entry in _attached(run, each)]
    return assembled(manifests, _record(run), attached)


def _record(run: ReleaseRun) -> Mapping[str, str]:
    tested = run.journal.tested
    smoked = {platform: (tested[platform].smoke, run.manifests[platform]) for platform in run.intent.platforms}
    return recorded(run.journal.commit, run.intent.version, smoked)


def _staged(run: ReleaseRun, platform: Platform) -> ManifestDocument:
    """A platform's manifest as the registry has it.

    A file in the project says which one it is, and the image itself whose it is: what is published never changes.
    """
    digest, repository = run.manifests[platform], run.world.repository
    document = _kept(run, digest, platform)
    labels = repository.config(manifest_of(repository, digest)).labels
    for key, value in run.labels.items():
        if labels.get(key) != value:
            raise NotConvergedError(
                f"the image for {platform} that the journal names, {short(digest)}, has label {key} = "
                f"{labels.get(key)!r}, not {value!r}; nothing of {run.intent.target} was published",
                remedy=f"inv release.abort --version {run.intent.version} forgets the journal; then run the same "
                "command again, which builds and tests anew",
            )
    return document


def _attached(run: ReleaseRun, platform: Platform) -> tuple[Mapping[str, Any], ...]:
    """The attestations of what was tested: an engine that holds any knows it by an index that lists both."""
    settings, tested = run.world.project.settings, run.journal.tested[platform].image
    if not (settings.build_provenance or settings.build_sbom) or tested == run.manifests[platform]:
        return ()
    return attached_to(run.manifests[platform], _kept(run, tested, platform))


def _kept(run: ReleaseRun, digest: str, platform: Platform) -> ManifestDocument:
    found = run.world.repository.document(digest)
    if found is None:
        raise NotConvergedError(
            f"the manifest {digest} for {platform} was pushed and is not in {run.intent.image.name} any more",
            remedy="keep clean-up jobs of the registry from tags that begin with staging-, then run the same command "
            "again",
        )
    return found


def require_wanted(run: ReleaseRun, published: Published) -> None:
    """Require that what is published is what this release tested, whoever published it.

    Raises:
        ReleaseRacedError: It is something else.
    """
    if dict(published.manifests) == {platform: run.manifests[platform] for platform in run.intent.platforms}:
        return
    held = f"from commit {published.revision}" if published.revision else "from an unknown commit"
    mine = ", ".join(f"{digest} for {platform}" for platform, digest in sorted(run.manifests.items()))
    raise ReleaseRacedError(
        f"another release published {run.intent.target} in the meantime, as {published.digest} {held}; "
        f"this one tested {mine}, and changed nothing of it",
        remedy="leave that version to the other release; `inv release.status` shows what is there, and what this "
        "commit holds is released as a greater version",
    )


def _contradicted(intent: Intent, recorded: str) -> RegistryResponseError:
    return RegistryResponseError(
        f"{intent.target} was published as {recorded}, as the journal or the git tag {intent.git_tag} says, and "
        f"registry {intent.image.registry} says that it has none",
        remedy="run the same command again; if the version was deleted there, release a greater one",
    )


def _already_published(outlook: Outlook, published: Published) -> AlreadyPublishedError:
    intent = outlook.intent
    held = f"commit {published.revision}" if published.revision else "an unknown commit"
    platforms = listed(published.manifests)
    if _is_for_other_platforms(outlook, published):
        flags = " ".join(f"--platform {each}" for each in sorted(published.manifests))
        return AlreadyPublishedError(
            f"{intent.target} is already published from this commit for {platforms}, as {published.digest}; "
            f"this release is configured for {listed(intent.platforms)}",
            remedy=f"a published version never changes: run the same command with {flags} to go on with it, "
            "or release a greater version",
        )
    return AlreadyPublishedError(
        f"{intent.target} is already published as {published.digest}, made from {held} for {platforms}; "
        f"{_mine(outlook)}",
        remedy="release a greater version; a published version never changes",
    )


def _is_for_other_platforms(outlook: Outlook, published: Published) -> bool:
    """Whether the platforms are all that is different from what this release would publish."""
    others = bool(published.manifests) and set(published.manifests) != set(outlook.intent.platforms)
    return others and outlook.is_of_commit(published)


def _mine(outlook: Outlook) -> str:
    """What this release has instead, as near to a published digest as it came."""
    journal = outlook.state.journal
    if journal and journal.index:
        return f"this release tested {journal.index}"
    if journal and journal.tested:
        tested = (f"{each.manifest or each.image} for {platform}" for platform, each in sorted(journal.tested.items()))
        return f"this release tested {', '.join(tested)}"
    return f"this is commit {outlook.intent.commit}"
