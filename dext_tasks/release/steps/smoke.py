"""Smoke-testing each platform, and writing down what passed."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from dext_tasks.errors import DextError
from dext_tasks.release.journal import Tested, image_fingerprint
from dext_tasks.release.record import Smoked
from dext_tasks.release.steps.step import ReleaseStep, platform_of
from dext_tasks.runtime.parallel import for_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dext_tasks.engine.engine import Engine
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.release.observe import World
    from dext_tasks.release.state import Intent, Outlook
    from dext_tasks.release.steps.step import ReleaseObserver, ReleaseRun, Step
    from dext_tasks.smoke.installation import Candidate
    from dext_tasks.smoke.result import ProbeResult, SmokeResult


class Smoke(ReleaseStep):
    """Installs one platform's image, probes it and uninstalls it."""

    title: ClassVar[str] = "smoke"

    def plan(self, outlook: Outlook) -> Iterator[Step]:
        """Once per platform."""
        for platform in outlook.intent.platforms:
            will = outlook.intent.located("install, probe, uninstall", platform)
            yield self.unless(outlook.why_tested(platform), str(platform), will, platform)

    def needs(self, world: World, _: Intent) -> Iterator[Callable[[], None]]:
        """See ReleaseStep."""
        yield lambda: _require_granted(world)

    @contextmanager
    def prepared(self, run: ReleaseRun) -> Iterator[None]:
        """The browser, which starts while images are built, as what killed runs left is removed."""
        from dext_tasks.smoke.probes.page import opened

        for engine in run.world.engines.each_of(run.intent.platforms):
            run.clearing.begin(partial(_sweep, engine))
        with opened(run.tools) as run.tools:
            yield

    def run_all(self, run: ReleaseRun, steps: Sequence[Step], work: Callable[[Step], None]) -> None:
        """All at once; what passed is written down as a whole."""
        from dext_tasks.smoke.run import grace_of, require_passed, require_started

        platforms = run.intent.platforms
        try:
            for_each(steps, work, run.world.cancellation, grace=grace_of(run.world.engines.each_of(platforms)))
            # Nothing is published by a run that leaves something behind.
            run.clearing.wait()
        finally:
            results = [run.results[platform] for platform in platforms if platform in run.results]
            if results:
                run.observer.smoked(results)
        require_passed(results)
        if not run.world.project.settings.smoke_start_optional:
            require_started(results)
        smoked = {each.platform: Smoked.NOT_STARTED if each.withheld else Smoked.PASSED for each in results}
        tested = {platform: Tested(image.id, smoke=smoked[platform]) for platform, image in run.images.items()}
        run.write(replace(run.journal, tested=tested, index="", build=image_fingerprint(run.world.project)))

    def run(self, run: ReleaseRun, step: Step) -> None:
        """See ReleaseStep."""
        from dext_tasks.smoke.installation import Candidate
        from dext_tasks.smoke.run import smoke

        platform, world = platform_of(step), run.world
        engine = world.engines.of(platform)
        candidate = Candidate(
            extension=world.project.name,
            platform=platform,
            native=engine.facts.platform,
            image=run.images[platform],
            snapshot=run.snapshots[platform],
            published=str(run.intent.target),
        )
        result = smoke(replace(run.tools, engine=engine), candidate, _Probing(run.observer))
        run.results[platform] = replace(result, build_crashes=run.crashes.get(platform, ()))


def _sweep(engine: Engine) -> None:
    from dext_tasks.engine.sweep import sweep

    # What cannot be looked for now is found by the next run.
    with suppress(DextError):
        sweep(engine.client)


def _require_granted(world: World) -> None:
    # Loaded while the other questions are under way.
    from dext_tasks.smoke.forecast import require_grants

    require_grants(world.tools, world.project)


@dataclass(frozen=True)
class _Probing:
    """Hands the probes of a smoke test on to the release's observer."""

    observer: ReleaseObserver

    def started(self, platform: Platform, probe_name: str) -> None:
        """See SmokeListener."""
        self.observer.probing(platform, probe_name)

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """See SmokeListener."""
        self.observer.probed(candidate, result)

    def tested(self, result: SmokeResult) -> None:
        """See SmokeListener."""
