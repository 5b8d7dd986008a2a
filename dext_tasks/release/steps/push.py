"""Pushing each tested image under a staging tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dext_tasks.engine.connection import UNIX
from dext_tasks.errors import NotConvergedError, RegistryUnreachableError
from dext_tasks.formats.oci.reference import short
from dext_tasks.release.observe import is_image, staged_manifest
from dext_tasks.release.staging import staging_reference
from dext_tasks.release.steps.step import ReleaseStep, platform_of
from dext_tasks.runtime.parallel import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dext_tasks.engine.engine import Engine
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent, Outlook
    from dext_tasks.release.steps.step import ReleaseRun, Step


class Push(ReleaseStep):
    """Pushes one platform's image, and reads back that it is the one that was tested."""

    title: ClassVar[str] = "push"
    writes_to_registry: ClassVar[bool] = True

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """Once per platform."""
        for platform in outlook.intent.platforms:
            will = outlook.intent.located("push under a staging tag", platform)
            yield self.unless(_why_pushed(outlook, platform), str(platform), will, platform)

    def needs(self, world: World, intent: Intent) -> Iterator[Callable[[], None]]:
        """See ReleaseStep."""
        if world.repository.is_login_given:
            yield lambda: world.any_engine.require_login_variable(intent.image.registry)

    def run_all(self, run: ReleaseRun, steps: Sequence[Step], work: Callable[[Step], None]) -> None:
        """One by one; what was pushed is written down.

        Images that share a layer, pushed at once, make a registry answer "manifest blob unknown" now and then:
        one push takes the layer for uploaded while the other is still at it. distribution 2.8 did so once in 60 times.
        """
        for step in steps:
            for_each([step], work, run.world.cancellation)
        journal = run.journal
        for platform, digest in run.manifests.items():
            journal = journal.with_manifest(platform, digest)
        run.write(journal)

    def run(self, run: ReleaseRun, step: Step) -> None:
        """See ReleaseStep."""
        platform = platform_of(step)
        engine = run.world.engines.of(platform)
        local = run.world.project.local_tag(platform)
        tested = run.journal.tested[platform].image
        _require_same(local, tested, engine.image(local).id)
        staging = staging_reference(run.intent.image, tested)
        shielded = engine.client.cancellation.shielded
        # The name must not outlive the push, or a desktop offers it as a version: it is given and taken for certain.
        with shielded():
            engine.tag(local, str(staging))
        try:
            engine.push(str(staging), lambda line: run.observer.line(platform, line))
        except RegistryUnreachableError as error:
            if elsewhere := _own_loopback(engine, staging):
                raise RegistryUnreachableError(error.message, remedy=elsewhere, detail=error.detail) from None
            raise
        finally:
            with shielded():
                engine.untag(str(staging))
        run.manifests[platform] = _read_staged(run, staging, platform, tested)


def _why_pushed(outlook: Outlook, platform: Platform) -> str:
    if outlook.ours:
        return "published"
    if not outlook.kept or platform not in outlook.state.staged:
        return ""
    staging = staging_reference(outlook.intent.image, outlook.kept[platform])
    return f"{short(outlook.state.staged[platform])} is at {staging.tag}"


def _read_staged(run: ReleaseRun, staging: Reference, platform: Platform, tested: str) -> str:
    """The manifest the registry now has, which must be the image that was tested."""
    repository = run.world.repository
    digest = staged_manifest(repository, staging.tag, platform)
    if not digest:
        engine = run.world.engines.of(platform)
        raise NotConvergedError(
            f"{staging} was {engine.client.in_context('pushed')} and is not there",
            remedy=_own_loopback(engine, staging) or "run the same command again",
        )
    if not is_image(repository, staging.tag, digest, tested):
        raise NotConvergedError(
            f"{staging} is {digest}, which is not the tested image {tested}", remedy="run the same command again"
        )
    return digest


def _own_loopback(engine: Engine, staging: Reference) -> str:
    """What to do where the registry's address means the engine's own machine, which may not be this one; or nothing."""
    from dext_tasks.registry.endpoint import is_loopback

    if engine.address.startswith(UNIX) or not is_loopback(staging.registry):
        return ""
    return (
        f"{staging.registry} is a registry of the machine of the engine, at {engine.address}: give `image` an address "
        "of the registry that is the same on every machine"
    )


def _require_same(reference: str, tested: str, found: str) -> None:
    if tested != found:
        raise NotConvergedError(
            f"{reference} is {found}, which is not the tested image {tested}",
            remedy="run the same command again; it builds and tests anew",
        )
