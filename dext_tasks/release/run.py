"""A release: observe, plan, apply, observe again, and done only if everything is as intended."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from dext_tasks import calls
from dext_tasks.errors import DirtyTreeError, NotConvergedError, ReleaseRacedError
from dext_tasks.release.apply import apply
from dext_tasks.release.handover import Handover
from dext_tasks.release.observe import World, intend, observe
from dext_tasks.release.plan import Plan, make
from dext_tasks.release.preflight import require_ready
from dext_tasks.release.steps.build import Build
from dext_tasks.release.steps.check import Check
from dext_tasks.runtime.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from semver import Version

    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.release.state import Intent, State
    from dext_tasks.release.steps.step import ReleaseObserver, Step


@dataclass(frozen=True)
class PlannedRelease:
    """A plan with what it was made from.

    Attributes:
        intent: Image, version, platforms and git tag that are to be.
        state: What registry, git, engine and journal said.
        plan: What has to be done.
        reasons: Why it is this version, one line each; empty where nothing was read that says so.
        commits: The commits that the version follows from, in Markdown; empty where it follows from none.
    """

    intent: Intent
    state: State
    plan: Plan
    reasons: tuple[str, ...] = ()
    commits: str = ""


@dataclass(frozen=True)
class Released:
    """A release that is there.

    Attributes:
        reference: The version with the digest of its index.
        manifests: Digest of each platform's manifest.
        plan: Of which nothing is left to do; its notes are what people should know of the release.
        took: How long each step took that this run did, by title and subject, seconds.
        seconds: How long all of it took.
    """

    reference: Reference
    manifests: Mapping[Platform, str]
    plan: Plan
    took: Mapping[tuple[str, str], float] = field(default_factory=dict, compare=False)
    seconds: float = field(default=0.0, compare=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know of it."""
        return self.plan.notes


_LOG = logging.getLogger(__name__)
TURN: Final = 3600.0
"""How long a release waits for another one of the same image on this machine, seconds."""
_GLANCE = 0.5


@contextmanager
def turn(world: World, on_wait: Callable[[], None]) -> Iterator[None]:
    """One release of an extension at a time on this machine: their smoke tests share names, and in one clone a journal.

    Between machines, and where leases cannot be held, the registry decides (see ``ReleaseRacedError``).

    Args:
        world: Of this release.
        on_wait: Called once if another one is at it, before it is waited for.

    Raises:
        ReleaseRacedError: The other one has not ended in an hour.
        InterruptedError: The run was interrupted.
    """
    image = world.project.image.name
    lease = Lease(f"release of {world.project.name}")
    end = time.monotonic() + TURN
    if not lease.take():
        on_wait()
        while not lease.take():
            if time.monotonic() >= end:
                raise ReleaseRacedError(
                    f"another release of {image} has been running on this machine for {TURN:g} s",
                    remedy="wait until it has ended, or end it, then run the same command again",
                )
            world.cancellation.sleep(_GLANCE)
    try:
        yield
    finally:
        lease.give_back()


def look(  # noqa: PLR0913 - the last three have defaults
    world: World,
    version: Version,
    commit: str,
    *,
    is_part: bool = False,
    judges_last: bool = True,
    has_tried: bool = False,
) -> PlannedRelease:
    """Observe and plan; changes nothing.

    Args:
        world: Where answers come from.
        version: What is to be released.
        commit: What it is to be released from, whatever is checked out by now; empty if there is no commit.
        is_part: See Intent.
        judges_last: See ``observe``.
        has_tried: See Outlook.

    Raises:
        DextError: Somebody could not be asked.
    """
    intent = intend(world, version, commit, is_part=is_part)
    state = observe(world, intent, judges_last=judges_last)
    plan = make(intent, state, world.project.settings.release_tag_prefix, has_tried=has_tried)
    for step in plan.steps:
        calls.decided(_LOG, "step %s %s is %s: %s", step.title, step.subject, step.status, step.reason)
    for obstacle in plan.obstacles:
        calls.decided(_LOG, "obstacle: %s", obstacle.message)
    return PlannedRelease(intent, state, plan)


def carry_out(world: World, planned: PlannedRelease, observer: ReleaseObserver) -> Released:
    """Apply a plan, and look again.

    Raises:
        DextError: An obstacle, or a step that failed.
        PreflightError: A later step would fail because something is missing; nothing was changed.
        NotConvergedError: Everything ran, and something is still not as intended.
    """
    began = time.monotonic()
    after, took = _converged(world, planned, observer)
    published = after.state.published
    if published is None:
        raise _not_done(after)
    reference = planned.intent.target.with_digest(published.digest)
    named = {(step.title, step.subject): seconds for step, seconds in took.items()}
    return Released(reference, published.manifests, after.plan, named, time.monotonic() - began)


def rehearse(world: World, planned: PlannedRelease, observer: ReleaseObserver) -> Plan:
    """Do what comes before anything is tested or published: ask all that can be asked, build and check.

    Returns:
        What is left to do.

    Raises:
        DextError: An obstacle, or what would end the release, too.
    """
    plan, early = planned.plan, (Build.title, Check.title)
    plan.require_clear()
    tried = replace(plan, steps=tuple(step for step in plan.steps if step.title in early))
    with _sourced(world, planned) as source:
        require_ready(plan, source, planned.intent)
        apply(tried, source, planned.intent, planned.state, observer)
    return replace(plan, steps=tuple(step for step in plan.todo if step.title not in early))


def prepare(world: World, planned: PlannedRelease, observer: ReleaseObserver) -> Handover:
    """Apply the plan of a part, and say what another run needs to publish it.

    Raises:
        DextError: As ``carry_out``.
    """
    after, _ = _converged(world, planned, observer)
    return Handover.of(after.intent, after.state, world.project)


def _converged(
    world: World, planned: PlannedRelease, observer: ReleaseObserver
) -> tuple[PlannedRelease, Mapping[Step, float]]:
    intent = planned.intent
    planned.plan.require_clear()
    with _sourced(world, planned) as source:
        require_ready(planned.plan, source, intent)
        took = apply(planned.plan, source, intent, planned.state, observer)
    world.refs.clear()
    after = planned
    if planned.plan.todo:
        after = look(world, intent.version, intent.commit, is_part=intent.is_part, has_tried=True)
    _require_unchallenged(after)
    if after.plan.todo:
        raise _not_done(after)
    return after, took


def _not_done(after: PlannedRelease) -> NotConvergedError:
    open_steps = ", ".join(f"{step.title} {step.subject}" for step in after.plan.todo)
    return NotConvergedError(f"{after.intent.target} is not done: {open_steps}", remedy="run the same command again")


def _sourced(world: World, planned: PlannedRelease) -> AbstractContextManager[World]:
    """The world with the files of the commit, where something is made from them, or they are checked."""
    if not (planned.plan.has_todo(Build.title) or planned.plan.has_todo(Check.title)):
        return nullcontext(world)
    from dext_tasks.release.source import of_commit

    return of_commit(world, planned.intent)


def _require_unchallenged(after: PlannedRelease) -> None:
    # What is edited while a release runs does not concern it: it is made from a commit.
    for obstacle in after.plan.obstacles:
        if not isinstance(obstacle, DirtyTreeError):
            raise obstacle
