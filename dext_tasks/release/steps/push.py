"""Pushing each tested image under a staging tag."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, ClassVar

from dext_tasks.engine.connection import UNIX
from dext_tasks.engine.private_names import drop_names, drop_where_answered, names_left
from dext_tasks.errors import DextError, ImageNotFoundError, NotConvergedError, RegistryUnreachableError
from dext_tasks.formats.oci.reference import short
from dext_tasks.release.observe import staged_image
from dext_tasks.release.staging import is_staging, staging_reference
from dext_tasks.release.steps.step import ReleaseStep, platform_of
from dext_tasks.runtime.parallel import Begun, for_each

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

    @contextmanager
    def prepared(self, run: ReleaseRun) -> Iterator[None]:
        """Whatever is built is pushed, too, so this is there while it is tested."""
        _hold(run)
        left = Begun(lambda: _left(run), run.world.cancellation)
        try:
            yield
        finally:
            # Whatever became of this one.
            with run.world.cancellation.shielded():
                names = left.answer()
            drop_where_answered(names, run.world.cancellation)

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
        tested = run.journal.tested[platform].image
        staging = staging_reference(run.intent.image, tested)
        try:
            _pushed(engine, tested, str(staging), lambda line: run.observer.line(platform, line))
        except RegistryUnreachableError as error:
            if elsewhere := _own_loopback(engine, staging):
                raise RegistryUnreachableError(error.message, remedy=elsewhere, detail=error.detail) from None
            raise
        run.manifests[platform] = _read_staged(run, staging, platform, tested)


def _hold(run: ReleaseRun) -> None:
    """Hold what an earlier run tested."""
    for platform in _unpushed(run):
        engine, tested = run.world.engines.of(platform), run.journal.tested.get(platform)
        if tested and engine.find(tested.image):
            engine.tag(tested.image, run.own_name(platform))


def _left(run: ReleaseRun) -> dict[Engine, list[str]]:
    """The names that killed runs left in each engine; one that cannot be asked leaves them to the next run."""
    repository, image = run.world.project.local_repository, run.intent.image.name
    left = {}
    for engine in run.world.engines.each_of(_unpushed(run)):
        with suppress(DextError):
            left[engine] = names_left(engine, repository, image, is_staging)
    return left


def _unpushed(run: ReleaseRun) -> list[Platform]:
    """Engines of what is pushed already need not even be there."""
    return [each for each in run.intent.platforms if each not in run.manifests]


def _pushed(engine: Engine, image: str, name: str, on_line: Callable[[str], None]) -> None:
    """Push an image, which takes a name.

    Another run that pushes the very same image gives and takes the same name, on this machine or another one.
    """
    shielded = engine.client.cancellation.shielded
    for is_last in (False, True):
        # The name must not outlive the push, or a desktop offers it as a version: it is given and taken for certain.
        with shielded():
            engine.tag(image, name)
        try:
            engine.push(name, on_line)
        except ImageNotFoundError:
            if is_last:
                raise
        else:
            return
        finally:
            drop_names(engine, [name])


def _why_pushed(outlook: Outlook, platform: Platform) -> str:
    if outlook.ours:
        return "published"
    if not outlook.kept or platform not in outlook.state.staged:
        return ""
    staging = staging_reference(outlook.intent.image, outlook.kept[platform])
    return f"{short(outlook.state.staged[platform])} is at {staging.tag}"


def _read_staged(run: ReleaseRun, staging: Reference, platform: Platform, tested: str) -> str:
    """The manifest the registry now has, which must be the image that was tested."""
    found = staged_image(run.world.repository, staging.tag, platform)
    if found is None:
        engine = run.world.engines.of(platform)
        raise NotConvergedError(
            f"{staging} was {engine.client.in_context('pushed')} and is not there",
            remedy=_own_loopback(engine, staging) or "run the same command again",
        )
    if not found.is_known_as(tested):
        raise NotConvergedError(
            f"{staging} is {found.manifest}, which is not the tested image {tested}",
            remedy="run the same command again",
        )
    return found.manifest


def _own_loopback(engine: Engine, staging: Reference) -> str:
    """What to do where the registry's address means the engine's own machine, which may not be this one; or nothing."""
    from dext_tasks.registry.endpoint import is_loopback

    if engine.address.startswith(UNIX) or not is_loopback(staging.registry):
        return ""
    return (
        f"{staging.registry} is a registry of the machine of the engine, at {engine.address}: give `image` an address "
        "of the registry that is the same on every machine"
    )
