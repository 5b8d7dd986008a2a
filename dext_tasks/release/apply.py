"""Carrying out a plan, step by step."""

from __future__ import annotations

import time
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dext_tasks.release.journal import Journal
from dext_tasks.release.steps import STEPS
from dext_tasks.release.steps.step import ReleaseRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.release.observe import World
    from dext_tasks.release.plan import Plan
    from dext_tasks.release.state import Intent, State
    from dext_tasks.release.steps.step import ReleaseObserver, ReleaseStep, Step


def apply(plan: Plan, world: World, intent: Intent, state: State, observer: ReleaseObserver) -> dict[Step, float]:
    """Run the steps that have to run; neighbours of one title may run at once.

    Returns:
        How long each took, seconds.

    Raises:
        DextError: A step failed; what was finished is in the journal.
    """
    plan.require_clear()
    took: dict[Step, float] = {}
    if not plan.todo:
        return took
    _require_tools(world, plan)
    world.any_engine.use_builds(world.project.local_repository)
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix=world.any_engine.client.folder_prefix))
        stack.enter_context(world.journals.room(str(intent.version)))
        run = ReleaseRun(
            world=world,
            tools=world.tools,
            intent=intent,
            observer=observer,
            journal=state.journal or Journal(str(intent.version), intent.image.name, intent.commit),
            folder=Path(folder),
            # An earlier run may have been for other platforms.
            manifests={each: digest for each, digest in state.staged.items() if each in intent.platforms},
            tags=state.tags,
            digest=state.published.digest if state.published else "",
        )
        stack.callback(run.let_go)
        # An image in use would keep its name.
        stack.enter_context(run.clearing)
        by_title = {each.title: each for each in STEPS}
        groups = [(by_title[title], list(steps)) for title, steps in groupby(plan.todo, lambda step: step.title)]
        for each, _ in groups:
            stack.enter_context(each.prepared(run))
        for each, steps in groups:
            _run_group(run, each, steps, took)
    return took


def _require_tools(world: World, plan: Plan) -> None:
    """Everything cheap before the slow part: engines that nothing is left to do on need not even answer."""
    platforms = [step.platform for step in plan.todo if step.platform]
    world.engines.require_able(platforms)
    for engine in world.engines.each_of(platforms):
        engine.require_compose()


def _run_group(run: ReleaseRun, each: ReleaseStep, steps: Sequence[Step], took: dict[Step, float]) -> None:
    def work(step: Step) -> None:
        run.observer.started(step)
        began = time.monotonic()
        refused = each.run(run, step)
        took[step] = time.monotonic() - began
        if refused:
            run.observer.refused(step, refused)
        else:
            run.observer.finished(step, took[step])

    run.world.cancellation.check()
    each.run_all(run, steps, work)
