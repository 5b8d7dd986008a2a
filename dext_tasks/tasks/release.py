"""inv release and inv release.status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.config.settings import RELEASE, names_in
from dext_tasks.tasks.options import BUILD, SMOKE
from dext_tasks.tasks.question import Wanted, bump_question, confirm, wanted_version
from dext_tasks.tasks.smoke_reports import HELP as REPORTS
from dext_tasks.tasks.smoke_reports import SmokeReports
from dext_tasks.tasks.verb import Run, verb

if TYPE_CHECKING:
    from dext_tasks.errors import FileAccessError
    from dext_tasks.release.observe import World
    from dext_tasks.release.run import PlannedRelease, Released
    from dext_tasks.smoke.result import SmokeResult

_OPTIONS = ("image", *names_in(RELEASE))
_CHECK = ("check_select", "check_ignore", "check_strict", "check_runtimes")
_HELP = {
    "version": "the version to release, such as 1.2.0",
    "bump": "release the version after the last one: major, minor or patch",
    "pre": "release its next pre-release, called so: rc for 1.2.0-rc.1, then 1.2.0-rc.2",
}


@verb(
    options=(*BUILD, *_OPTIONS, *_CHECK, *SMOKE, "smoke_start_optional"),
    help={
        **_HELP,
        **REPORTS,
        "yes": "do not ask before publishing",
        "dry_run": "show what would be done and publish nothing; with =full, ask, build and check, too",
    },
    changes=True,
    rehearses=True,
    needs_posix=True,
    example="--bump minor --dry-run",
)
def release(  # noqa: PLR0913, PLR0917 - one flag each
    run: Run,
    bump: str = "",
    version: str = "",
    yes: bool = False,
    report: str = "",
    junit: str = "",
    pre: str = "",
) -> None:
    """Build, check, smoke-test and publish a version: exactly the digests that were tested."""
    from dext_tasks.release.run import turn

    reports = SmokeReports(report, junit)
    reports.require_places()
    wanted = wanted_version(version, bump, bump_question(run.output, yes=yes), pre=pre)
    world = run.world(push=run.full or not run.dry_run)
    # What is finished reads no tree and asks no engine, and loads nothing that does.
    is_published = world.journals.is_published(world.git.head(), run.project.image.name)
    if not is_published:
        _require_sources(run)
    if run.dry_run and not run.full:
        _show(run, world, wanted, reports)
        return
    with turn(world, lambda: run.output.say(_WAITING.format(run.project.image.name), style="yellow")):
        if run.full:
            _rehearse(run, world, wanted)
            return
        _publish(run, world, wanted, reports, yes=yes, is_published=is_published)


_WAITING = "another release of {} is at it on this machine: this one waits until it has ended, then goes on from there"


def _require_sources(run: Run) -> None:
    from dext_tasks.sources.tree import require_sources

    require_sources(run.project)


def _show(run: Run, world: World, wanted: Wanted, reports: SmokeReports) -> None:
    from dext_tasks.release.steps.smoke import Smoke

    planned = _planned(run, world, wanted, result=True)
    run.output.data({"dry_run": True, **_data(planned, wanted)})
    planned.plan.require_clear()
    if planned.plan.has_todo(Smoke.title):
        for require in Smoke().needs(world, planned.intent):
            require()
        for file in reports.files:
            run.output.say(f"Would write {file}", result=True)
    run.output.say("dry run: nothing was changed; inv doctor asks whether git and the registry would let it through")


def _rehearse(run: Run, world: World, wanted: Wanted) -> None:
    from dext_tasks.console.release_board import ReleaseBoard
    from dext_tasks.console.tables import plan_data, plan_table
    from dext_tasks.release.run import rehearse

    planned = _planned(run, world, wanted, result=False)
    with ReleaseBoard(run.output) as board:
        left = rehearse(world, planned, board)
    run.output.table(plan_table(left, f"Left to do for {planned.intent.target}"), result=True)
    run.output.data({"dry_run": True, **_data(planned, wanted), "left": plan_data(left)["steps"]})
    run.output.say("dry run: nothing was tested or published; the images are in the engine, as after inv build")


def _publish(  # noqa: PLR0913 - as above
    run: Run, world: World, wanted: Wanted, reports: SmokeReports, *, yes: bool, is_published: bool
) -> None:
    from dext_tasks.console.tables import released_data, released_table
    from dext_tasks.release.steps.build import Build

    if not is_published:
        # While registry and git answer, the engine is asked.
        run.engines.prefetch(run.project.settings.platforms)
    planned = _planned(run, world, wanted, result=False)
    planned.plan.require_clear()
    if is_published and planned.plan.has_todo(Build.title):
        # The same commit under another version.
        _require_sources(run)
    if planned.plan.todo:
        confirm(f"Publish {planned.intent.target}?", yes=yes, output=run.output)
    released, unwritten = _carried_out(run, world, planned, reports)
    notes = _notes(planned, wanted)
    told = [note for note in released.notes if note not in notes]
    for note in told:
        run.output.say(note, style="yellow")
    run.output.data({**released_data(planned, released), "notes": [*notes, *told]})
    run.output.table(released_table(released, before=not planned.plan.todo))
    run.output.result(str(released.reference))
    if unwritten:
        raise unwritten


def _carried_out(
    run: Run, world: World, planned: PlannedRelease, reports: SmokeReports
) -> tuple[Released, FileAccessError | None]:
    """What came of it, and why a report of it could not be written."""
    from dext_tasks.console.release_board import ReleaseBoard
    from dext_tasks.git import WorkTree
    from dext_tasks.release.run import carry_out

    results: list[SmokeResult] = []

    def write() -> FileAccessError | None:
        tree = WorkTree(planned.intent.commit)
        return reports.write(results, str(planned.intent.target), tree, run.output) if results else None

    try:
        with ReleaseBoard(run.output, smoked=results.extend) as board:
            released = carry_out(world, planned, board)
    except BaseException:
        # What failed is what a report is read for.
        if unwritten := write():
            run.output.say(unwritten.message, style="red")
        raise
    unwritten = write()
    if reports.files and not results:
        run.output.say("no report: an earlier run of this release did the smoke test", style="yellow")
    return released, unwritten


@verb(options=("platforms", "contexts", *_OPTIONS), help=_HELP, needs_posix=True, example="--bump minor")
def status(run: Run, bump: str = "", version: str = "", pre: str = "") -> None:
    """Show what a release would do, and what is done already; changes nothing."""
    wanted = wanted_version(version, bump, bump_question(run.output), pre=pre)
    planned = _planned(run, run.world(push=False), wanted, result=True)
    for obstacle in planned.plan.obstacles:
        run.output.say(f"obstacle: {obstacle.message}", style="red", result=True)
    run.output.data(_data(planned, wanted))


def _planned(run: Run, world: World, wanted: Wanted, *, result: bool) -> PlannedRelease:
    from dext_tasks.console.tables import plan_table
    from dext_tasks.release.run import look
    from dext_tasks.release.version import choose_version

    commit = world.git.head()
    chosen = choose_version(world, commit, explicit=wanted.version, bump=wanted.bump, ask=wanted.ask, pre=wanted.pre)
    planned = look(world, chosen, commit)
    run.output.table(plan_table(planned.plan, f"Release of {planned.intent.target}"), result=result)
    for note in _notes(planned, wanted):
        run.output.say(note, style="yellow")
    return planned


def _notes(planned: PlannedRelease, wanted: Wanted) -> list[str]:
    """What people should know, and what was asked for and is not done, with the reason."""
    return [*planned.plan.notes, *_not_bumped(planned, wanted)]


def _not_bumped(planned: PlannedRelease, wanted: Wanted) -> list[str]:
    from dext_tasks.release.state import Outlook

    if (wanted.bump is None and not wanted.pre) or not Outlook(planned.intent, planned.state).begun:
        return []
    version = planned.intent.version
    if planned.plan.todo:
        then = "" if planned.plan.obstacles else ", and goes on"
        return [f"nothing is bumped: the release of this commit was begun as {version}{then}"]
    promoted = f" (--version {version.finalize_version()} promotes this one)" if version.prerelease else ""
    remedy = f"commit what is to be released, or name a version with --version{promoted}"
    return [f"nothing is bumped: this commit is released already, as {version}; {remedy}"]


def _data(planned: PlannedRelease, wanted: Wanted) -> dict[str, object]:
    from dext_tasks.console.tables import plan_data

    return {
        "reference": str(planned.intent.target),
        "notes": _notes(planned, wanted),
        **plan_data(planned.plan),
    }
