"""A smoke test: the list of probes, run in order, with clean-up in every exit path."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Protocol, TypeAlias

from dext_tasks import calls
from dext_tasks.engine.sweep import sweep
from dext_tasks.errors import DextError, EngineTimeoutError, EngineUnreachableError, GrantMissingError, SmokeFailedError
from dext_tasks.extension.grants.kinds import Grant
from dext_tasks.runtime.parallel import Clearing, for_each
from dext_tasks.runtime.temporary import base, remove_folder, sweep_folders, temporary_folder
from dext_tasks.smoke.installation import Candidate, Patience, Tools, Trial
from dext_tasks.smoke.outcome import ProbeAbortedError, ProbeFailedError, ProbeSkippedError, ProbeWithheldError, Seen
from dext_tasks.smoke.probes import backend, binaries, files, page
from dext_tasks.smoke.result import Outcome, ProbeResult, SmokeResult
from dext_tasks.sources.snapshot import take

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dext_tasks.engine.engines import Engines
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project

_LOG = logging.getLogger(__name__)

Ask: TypeAlias = Callable[["Trial"], Seen]


@dataclass(frozen=True)
class Probe:
    """One question about an installation.

    Attributes:
        name: For people.
        ask: Looks; raises ``ProbeFailedError``, ``ProbeSkippedError`` or ``ProbeAbortedError``.
        needs: Probes that must not have failed before; otherwise this one is aborted.
    """

    name: str
    ask: Ask
    needs: tuple[str, ...] = ()


PROBES = (
    Probe("architecture", files.architecture),
    Probe("extract", files.extract, needs=("architecture",)),
    # Not all of what extract looks for: what a probe needs of it, that probe looks for itself.
    Probe("start", backend.start, needs=("architecture",)),
    Probe("answer", backend.answer, needs=("start",)),
    Probe("requests", backend.requests, needs=("answer",)),
    Probe("binaries", binaries.binaries, needs=("architecture",)),
    Probe("ui", page.page, needs=("architecture", "answer")),
    Probe("steady", backend.steady, needs=("answer",)),
)
_UNINSTALL = Probe("uninstall", backend.uninstall)
_KEEP = "; `inv smoke --keep` leaves a failed installation for inspection"
EVERY_PROBE = tuple(probe.name for probe in (*PROBES, _UNINSTALL))


class SmokeListener(Protocol):
    """Follows a smoke test; called from several threads."""

    def started(self, platform: Platform, probe_name: str) -> None:
        """A probe begins."""

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """A probe has ended."""

    def tested(self, result: SmokeResult) -> None:
        """A platform was tested, well or not, whatever becomes of the others."""


class SilentSmoke:
    """Ignores everything; a base for listeners that need only a part."""

    def started(self, platform: Platform, probe_name: str) -> None:
        """See SmokeListener."""

    def probed(self, candidate: Candidate, result: ProbeResult) -> None:
        """See SmokeListener."""

    def tested(self, result: SmokeResult) -> None:
        """See SmokeListener."""


def smoke(tools: Tools, candidate: Candidate, listener: SmokeListener) -> SmokeResult:
    """Install, probe, uninstall; every probe is reported as it ends.

    Where the emulator crashed, all of it is done once more: crashes come and go.
    https://github.com/pypa/cibuildwheel/issues/2257

    Raises:
        InterruptedError: The run was interrupted; what was started is removed first.
    """
    first = _attempt(tools, candidate, listener)
    crashes = tuple(f"{each.name}: {each.detail}" for each in first.probes if each.outcome is Outcome.EMULATOR_CRASH)
    if not crashes:
        return first
    calls.decided(
        _LOG, "%s is tested once more, since the emulator crashed: %s", candidate.platform, "; ".join(crashes)
    )
    return replace(_attempt(tools, candidate, listener), crashes=crashes)


def _attempt(tools: Tools, candidate: Candidate, listener: SmokeListener) -> SmokeResult:
    folder = Path(mkdtemp(prefix=tools.engine.client.folder_prefix, dir=base()))
    trial = Trial(tools, candidate, Patience.of(tools.settings, emulated=candidate.emulated), folder)
    results: list[ProbeResult] = []

    def add(probe: Probe) -> None:
        if _is_aborted(probe, results):
            results.append(_aborted(probe))
        else:
            listener.started(candidate.platform, probe.name)
            results.append(_run(probe, trial))
        listener.probed(candidate, results[-1])

    try:
        for probe in PROBES:
            add(probe)
        trial.kept = tools.keep and not all(result.outcome.is_good for result in results)
        if trial.kept and tools.loans:
            tools.loans.keep()
    except (EngineTimeoutError, EngineUnreachableError) as error:
        with tools.engine.client.cancellation.shielded():
            trial.is_lost = not tools.engine.responds()
        if trial.is_lost:
            _leave(trial, error)
        raise
    finally:
        with tools.engine.client.cancellation.shielded():
            try:
                if not trial.is_lost:
                    add(_UNINSTALL)
            except DextError as error:
                _leave(trial, error)
                raise
            finally:
                # Also where the engine has vanished.
                if not trial.kept:
                    remove_folder(folder, ignore_errors=True)
    return SmokeResult(
        candidate.platform,
        candidate.image.id,
        candidate.emulated,
        tuple(results),
        context=tools.engine.context,
    )


def _leave(trial: Trial, error: DextError) -> None:
    """Say what becomes of what cannot be removed now."""
    if trial.watch:
        error.remedy += "; the next smoke test there removes what is left of this one"
    if trial.lease:
        trial.lease.give_back()


def smoke_project(tools: Tools, project: Project, engines: Engines, listener: SmokeListener) -> list[SmokeResult]:
    """Smoke-test every platform of a project, all at once, each on its engine, on the image its last build loaded.

    Raises:
        ImageNotFoundError: A platform was not built.
        ComposeMissingError: The client cannot start services.
        BrowserMissingError: The settings ask for a browser, and there is none.
        InterruptedError: The run was interrupted; what was started is removed first.
    """
    placed = {platform: replace(tools, engine=engines.of(platform)) for platform in project.settings.platforms}
    for each in placed.values():
        each.engine.require_compose()
    tools.engine.use_builds(project.local_repository)
    images = {platform: each.engine.image(project.local_tag(platform)) for platform, each in placed.items()}
    return smoke_images(placed, project.name, images, listener)


def smoke_images(
    tools: Mapping[Platform, Tools],
    extension: str,
    images: Mapping[Platform, ImageFacts],
    listener: SmokeListener,
    published: str = "",
) -> list[SmokeResult]:
    """Smoke-test one extension's images, all at once.

    Args:
        tools: With what, by platform: settings are the same, engines need not be.
        extension: ``org_name``.
        images: By the platform each stands for.
        listener: Follows every probe.
        published: What users call the image, if the engine has another name for it.

    Raises:
        ComposeMissingError: The client cannot start services.
        BrowserMissingError: The settings ask for a browser, and there is none.
        InterruptedError: The run was interrupted; what was started is removed first.
    """
    engines = {each.engine: each for each in tools.values()}
    some = next(iter(tools.values()))
    sweep_folders()
    for engine, each in engines.items():
        engine.require_compose()
        if each.loans:
            each.loans.remember([each.settings.smoke_host_image])

    def one(platform: Platform) -> SmokeResult:
        engine, image = tools[platform].engine, images[platform]
        with temporary_folder(engine.client.folder_prefix) as folder:
            # The image is examined as what it is, whatever platform it stands for.
            snapshot = take(engine.client, image.reference, image.platform, Path(folder), image.programs, clearing)
            candidate = Candidate(extension, platform, engine.facts.platform, image, snapshot, published)
            swept[engine].result()
            result = smoke(tools[platform].beside(ready), candidate, listener)
            listener.tested(result)
            return result

    with page.opened(some) as ready, Clearing() as clearing, ThreadPoolExecutor(max_workers=len(engines)) as beside:
        swept = {engine: beside.submit(sweep, engine.client) for engine in engines}
        return list(for_each(images, one, some.engine.client.cancellation, grace=grace_of(engines)).values())


def grace_of(engines: Collection[object]) -> float:
    """How long platforms are still tested after an error of one, seconds: without end where each has its own engine.

    What one engine does is nothing to the others, and every wait of theirs has a bound.
    """
    return math.inf if len(engines) > 1 else 0.0


def require_passed(results: list[SmokeResult], *, kept: bool = False) -> None:
    """Require that every platform passed.

    Args:
        results: Of all platforms.
        kept: Whether the installation that failed was left for inspection.

    Raises:
        SmokeFailedError: One did not.
    """
    failed = [str(result.platform) for result in results if not result.passed]
    if failed:
        then = ", and at the installation that was kept" if kept else _KEEP
        raise SmokeFailedError(
            f"the smoke test failed on {', '.join(failed)}", remedy=f"look at the probes above{then}"
        )


def require_started(results: list[SmokeResult]) -> None:
    """Require that nothing was left untested because a grant is missing.

    Raises:
        GrantMissingError: The backend was not started on some platform.
    """
    lacking = {result.platform: result.withheld for result in results}
    if any(lacking.values()):
        raise not_granted("was not started", lacking)


def not_granted(what: str, lacking: Mapping[Platform, tuple[str, ...]]) -> GrantMissingError:
    """The error of a release that lacks grants, with the setting and the flags that give them.

    Args:
        what: Became of the backend.
        lacking: Names of the grants, by platform; none where nothing is missing.
    """
    names = list(dict.fromkeys(name for missing in lacking.values() for name in missing))
    where = ", ".join(str(platform) for platform, missing in lacking.items() if missing)
    listed = ", ".join(map(json.dumps, names))
    flags = " ".join(Grant.parse(name).flag for name in names)
    return GrantMissingError(
        f"the backend {what} on {where}, since it asks for what is not granted: {', '.join(names)}",
        remedy=f"set smoke.allow: [{listed}] (or give {flags}), "
        "or smoke.start-optional: true (--smoke-start-optional) to release it untested",
    )


def _is_aborted(probe: Probe, results: list[ProbeResult]) -> bool:
    return any(result.name in probe.needs and not result.outcome.is_good for result in results)


def _aborted(probe: Probe) -> ProbeResult:
    return ProbeResult(probe.name, Outcome.ABORTED, "a probe before it failed", 0.0)


def _run(probe: Probe, trial: Trial) -> ProbeResult:
    began = time.monotonic()
    withheld: tuple[str, ...] = ()
    try:
        seen, evidence = probe.ask(trial), ""
        outcome = Outcome.WARNING if seen.warnings else Outcome.PASSED
    except ProbeSkippedError as reason:
        seen, outcome, evidence = Seen(str(reason)), Outcome.SKIPPED, ""
        withheld = reason.grants if isinstance(reason, ProbeWithheldError) else ()
    except ProbeAbortedError as reason:
        seen, outcome, evidence = Seen(str(reason)), Outcome.ABORTED, ""
    except ProbeFailedError as failure:
        seen, evidence = Seen(str(failure), failure.attachments), failure.evidence
        outcome = Outcome.EMULATOR_CRASH if failure.emulator else Outcome.FAILED
    detail = "; ".join((*seen.warnings, seen.detail))
    return ProbeResult(probe.name, outcome, detail, time.monotonic() - began, evidence, seen.attachments, withheld)
