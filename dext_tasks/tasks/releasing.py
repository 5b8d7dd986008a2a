"""What inv release and its like do once their flags are read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from dext_tasks.tasks.question import confirm
from dext_tasks.tasks.release_text import chosen, obstructed, write_notes

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.console.release_board import ReleaseBoard
    from dext_tasks.errors import FileAccessError
    from dext_tasks.release.observe import World
    from dext_tasks.release.run import PlannedRelease
    from dext_tasks.smoke.result import SmokeResult
    from dext_tasks.tasks.question import Wanted
    from dext_tasks.tasks.release_jobs import ReleaseJob
    from dext_tasks.tasks.run import Run
    from dext_tasks.tasks.smoke_reports import SmokeReports

T = TypeVar("T")


def at_head(world: World, wanted: Wanted, job: ReleaseJob) -> tuple[World, Wanted]:
    """Where answers come from, and what is wanted of the commit that is checked out now; HEAD is not read again."""
    return job.joined(world, replace(wanted, commit=world.git.head()))


def run_release(  # noqa: PLR0913 - what was asked for, each by its name
    run: Run, world: World, wanted: Wanted, reports: SmokeReports, job: ReleaseJob, *, yes: bool
) -> None:
    """Release what is wanted, prepare or publish the part of this job, or show what would be done."""
    from dext_tasks.release.run import turn

    # What is finished reads no tree and asks no engine, and loads nothing that does.
    is_published = world.journals.is_published(wanted.commit, run.project.image.name, wanted.version)
    asked = _Asked(run, world, wanted, reports, job, yes=yes, is_published=is_published)
    if not is_published:
        _require_sources(run)
    if run.dry_run and not run.full:
        _show(asked)
        return
    with turn(world, lambda: run.output.say(_WAITING.format(run.project.image.name), style="yellow")):
        if run.full:
            _rehearse(asked)
            return
        if not (is_published or job.finish):
            # While registry and git answer, the engine is asked.
            run.engines.prefetch(run.project.settings.platforms)
        if job.prepare:
            _prepare(asked)
        else:
            _publish(asked)


_WAITING = "another release of {} is at it on this machine: this one waits until it has ended, then goes on from there"


@dataclass(frozen=True)
class _Asked:
    """What a call of the verb asks for.

    Attributes:
        run: The call.
        world: Where answers come from.
        wanted: Which version.
        reports: Of the smoke test.
        job: Which part of it.
        yes: Whether nothing is to be asked.
        is_published: Whether what is wanted is published, by what was written down here.
    """

    run: Run
    world: World
    wanted: Wanted
    reports: SmokeReports
    job: ReleaseJob
    yes: bool
    is_published: bool


def _require_sources(run: Run) -> None:
    from dext_tasks.sources.tree import require_sources

    require_sources(run.project)


def _show(asked: _Asked) -> None:
    from dext_tasks.release.steps.smoke import Smoke

    output, wanted = asked.run.output, asked.wanted
    planned = shown_plan(asked.run, asked.world, wanted, asked.job, result=True)
    output.data({"dry_run": True, **planned_data(planned, wanted)})
    planned.plan.require_clear()
    if planned.plan.has_todo(Smoke.title):
        for require in Smoke().needs(asked.world, planned.intent):
            require()
        for file in asked.reports.files:
            output.say(f"Would write {file}", result=True)
    output.say("dry run: nothing was changed; inv doctor asks whether git and the registry would let it through")


def _rehearse(asked: _Asked) -> None:
    from dext_tasks.console.release_board import ReleaseBoard
    from dext_tasks.console.tables import plan_data, plan_table
    from dext_tasks.release.run import rehearse
    from dext_tasks.release.steps.build import Build

    output = asked.run.output
    planned = shown_plan(asked.run, asked.world, asked.wanted, asked.job, result=False)
    with ReleaseBoard(output) as board:
        left = rehearse(asked.world, planned, board)
    shown = plan_table(left, f"Left to do for {planned.intent.target}")
    output.table(shown, result=True)
    output.summarise(shown)
    output.data({"dry_run": True, **planned_data(planned, asked.wanted), "left": plan_data(left)["steps"]})
    images = "; the images are in the engine, as after inv build" if planned.plan.has_todo(Build.title) else ""
    output.say(f"dry run: nothing was tested or published{images}")


def _prepare(asked: _Asked) -> None:
    """Nothing that users see is published, so nobody is asked."""
    from dext_tasks.console.tables import prepared_data, prepared_table
    from dext_tasks.release.run import prepare

    output, planned = asked.run.output, _ready(asked)
    handover, unwritten = _carried_out(asked, planned, lambda board: prepare(asked.world, planned, board))
    asked.job.write(handover)
    output.data({**prepared_data(planned, handover, asked.job.prepare), "notes": _notes(planned, asked.wanted)})
    output.table(prepared_table(handover))
    output.summarise(prepared_table(handover))
    output.result(asked.job.prepare)
    output.give({"version": handover.version, "handover": asked.job.prepare})
    if unwritten:
        raise unwritten


def _publish(asked: _Asked) -> None:
    from dext_tasks.console.tables import released_data, released_table
    from dext_tasks.extension.desktops import desktop_link
    from dext_tasks.release.run import carry_out

    output, planned = asked.run.output, _ready(asked)
    if planned.plan.todo:
        confirm(f"Publish {planned.intent.target}?", yes=asked.yes, output=output)
    released, unwritten = _carried_out(asked, planned, lambda board: carry_out(asked.world, planned, board))
    notes = _notes(planned, asked.wanted)
    told = [note for note in released.notes if note not in notes]
    for note in told:
        output.say(note, style="yellow")
    document = released_data(planned, released)
    output.data({**document, "notes": [*notes, *told]})
    shown = released_table(released, before=not planned.plan.todo)
    output.table(shown)
    output.summarise(shown._replace(title=f"{shown.title}: {released.reference}"))
    if link := desktop_link(released.reference):
        output.say(f"In Docker Desktop: {link}")
    output.result(str(released.reference))
    # What is published is told to later steps of a job, whatever becomes of the notes.
    output.give({name: str(document[name]) for name in ("version", "reference", "digest")})
    write_notes(asked.world, planned, asked.wanted)
    if unwritten:
        raise unwritten


def _ready(asked: _Asked) -> PlannedRelease:
    """A plan that nothing prevents."""
    from dext_tasks.release.steps.build import Build

    planned = shown_plan(asked.run, asked.world, asked.wanted, asked.job, result=False)
    planned.plan.require_clear()
    if asked.is_published and planned.plan.has_todo(Build.title):
        # The same commit under another version.
        _require_sources(asked.run)
    return planned


def _carried_out(
    asked: _Asked, planned: PlannedRelease, work: Callable[[ReleaseBoard], T]
) -> tuple[T, FileAccessError | None]:
    """What came of it, and why a report of it could not be written."""
    from dext_tasks.console.release_board import ReleaseBoard
    from dext_tasks.git import WorkTree

    output, reports = asked.run.output, asked.reports
    results: list[SmokeResult] = []

    def write() -> FileAccessError | None:
        tree = WorkTree(planned.intent.commit)
        return reports.write(results, str(planned.intent.target), tree, output) if results else None

    try:
        with ReleaseBoard(output, smoked=results.extend) as board:
            done = work(board)
    except BaseException:
        # What failed is what a report is read for.
        if unwritten := write():
            output.say(unwritten.message, style="red")
        raise
    unwritten = write()
    if reports.files and not results:
        output.say("no report: an earlier run of this release did the smoke test", style="yellow")
    return done, unwritten


def shown_plan(run: Run, world: World, wanted: Wanted, job: ReleaseJob, *, result: bool) -> PlannedRelease:
    """The plan, which is shown, too.

    Args:
        run: The call.
        world: Where answers come from.
        wanted: Which version.
        job: Which part of it.
        result: Whether the plan is what was asked for.
    """
    from dext_tasks.console.tables import plan_table

    planned = _looked(world, wanted, is_part=bool(job.prepare), is_shown=result)
    job.require_staged(planned)
    shown = plan_table(planned.plan, f"{'Preparation' if job.prepare else 'Release'} of {planned.intent.target}")
    run.output.table(shown, result=result)
    if result:
        run.output.summarise(shown)
    for note in _notes(planned, wanted):
        run.output.say(note, style="yellow")
    return planned


def _looked(world: World, wanted: Wanted, *, is_part: bool, is_shown: bool) -> PlannedRelease:
    from dext_tasks.release.run import look

    commit = wanted.commit
    if wanted.is_begun:
        from dext_tasks.release.resume import begun

        return begun(world, commit, named=wanted.version, is_part=is_part)
    # Where it is named and is to be released, nothing follows from the version before.
    judges_last = is_shown or not wanted.version
    planned = look(world, chosen(world, wanted), commit, is_part=is_part, judges_last=judges_last)
    return obstructed(world, planned, wanted)


def _notes(planned: PlannedRelease, wanted: Wanted) -> list[str]:
    """What people should know, and what was asked for and is not done, with the reason."""
    return [*planned.plan.notes, *_begun_before(planned, wanted), *wanted.reasons]


def _begun_before(planned: PlannedRelease, wanted: Wanted) -> list[str]:
    from dext_tasks.release.state import Outlook

    is_bumped = wanted.bump is not None or bool(wanted.pre)
    if not (wanted.is_begun or (is_bumped and Outlook(planned.intent, planned.state).begun)):
        return []
    version = planned.intent.version
    if planned.plan.todo:
        then = "" if planned.plan.obstacles else ", and goes on"
        begun = f"the release of this commit was begun as {version}{then}"
        return [begun if wanted.is_begun else f"nothing is bumped: {begun}"]
    if wanted.is_begun:
        return []
    promoted = f" (--version {version.finalize_version()} promotes this one)" if version.prerelease else ""
    remedy = f"commit what is to be released, or name a version with --version{promoted}"
    return [f"nothing is bumped: this commit is released already, as {version}; {remedy}"]


def planned_data(planned: PlannedRelease, wanted: Wanted) -> dict[str, object]:
    """A plan for programs."""
    from dext_tasks.console.tables import plan_data

    return {
        "reference": str(planned.intent.target),
        "notes": _notes(planned, wanted),
        **plan_data(planned.plan),
    }
