"""A smoke test: the list of probes, run in order, with clean-up in every exit path."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dext_tasks.errors import SmokeFailedError
from dext_tasks.parallel import for_each
from dext_tasks.smoke.result import Outcome, ProbeResult, SmokeResult
from dext_tasks.smoke.trial import Candidate, Patience, Trial
from dext_tasks.smoke.watch import ProbeFailedError, ProbeSkippedError
from dext_tasks.sources.snapshot import take

if TYPE_CHECKING:
    from dext_tasks.engine.client import Client
    from dext_tasks.engine.engine import Engine
    from dext_tasks.extension.platform import Platform
    from dext_tasks.project import Project

_Probe = Callable[[Trial], str]
_PROBES: tuple[tuple[str, _Probe], ...] = (
    ("architecture", Trial.architecture),
    ("extract", Trial.extract),
    ("start", Trial.start),
    ("answer", Trial.answer),
    ("steady", Trial.steady),
)
OnProbe = Callable[[Candidate, ProbeResult], None]


def smoke(client: Client, candidate: Candidate, patience: Patience, on_probe: OnProbe) -> SmokeResult:
    """Install, probe, uninstall; every finished probe is handed on at once.

    Raises:
        InterruptedError: The run was interrupted; what was started is removed first.
    """
    # A short prefix: the path of a unix socket may have 107 bytes, https://man7.org/linux/man-pages/man7/unix.7.html
    with TemporaryDirectory(prefix="dext-", ignore_cleanup_errors=True) as folder:
        trial = Trial(client, candidate, patience, Path(folder))
        results: list[ProbeResult] = []

        def add(name: str, probe: _Probe, *, aborted: bool = False) -> None:
            results.append(_aborted(name) if aborted else _run(name, probe, trial))
            on_probe(candidate, results[-1])

        try:
            for name, probe in _PROBES:
                add(name, probe, aborted=_failed(results))
        finally:
            with client.cancellation.shielded():
                add("uninstall", Trial.uninstall)
    return SmokeResult(candidate.platform, candidate.image.id, candidate.emulated, tuple(results))


def smoke_project(engine: Engine, project: Project, on_probe: OnProbe) -> list[SmokeResult]:
    """Smoke-test every platform of a project, all at once, on the images its last build loaded.

    Raises:
        ImageNotFoundError: A platform was not built.
        ComposeMissingError: The client cannot start services.
        InterruptedError: The run was interrupted; what was started is removed first.
    """
    engine.require_compose()

    def one(platform: Platform) -> SmokeResult:
        image = engine.image(project.local_tag(platform))
        with TemporaryDirectory(prefix="dext-files-") as folder:
            snapshot = take(engine.client, image.reference, image.platform, Path(folder))
            candidate = Candidate(project.name, platform, engine.facts.platform, image, snapshot)
            patience = Patience.of(project.settings, emulated=candidate.emulated)
            return smoke(engine.client, candidate, patience, on_probe)

    return list(for_each(project.settings.platforms, one, engine.client.cancellation).values())


def require_passed(results: list[SmokeResult]) -> None:
    """Hold that every platform passed.

    Raises:
        SmokeFailedError: One did not.
    """
    failed = [str(result.platform) for result in results if not result.passed]
    if failed:
        raise SmokeFailedError(
            f"the smoke test failed on {', '.join(failed)}",
            remedy="look at the probes above; `docker run` the image by hand to see more",
        )


def _failed(results: list[ProbeResult]) -> bool:
    return any(result.outcome not in (Outcome.PASSED, Outcome.SKIPPED) for result in results)


def _aborted(name: str) -> ProbeResult:
    return ProbeResult(name, Outcome.ABORTED, "a probe before it failed", 0.0)


def _run(name: str, probe: _Probe, trial: Trial) -> ProbeResult:
    began = time.monotonic()
    outcome, detail, evidence = Outcome.PASSED, "", ""
    try:
        detail = probe(trial)
    except ProbeSkippedError as reason:
        outcome, detail = Outcome.SKIPPED, str(reason)
    except ProbeFailedError as failure:
        outcome = Outcome.EMULATOR_CRASH if failure.emulator else Outcome.FAILED
        detail, evidence = str(failure), failure.evidence
    return ProbeResult(name, outcome, detail, time.monotonic() - began, evidence)
