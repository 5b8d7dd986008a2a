"""inv release and inv release.status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.tasks.verb import Run, verb

if TYPE_CHECKING:
    from dext_tasks.release.observe import World
    from dext_tasks.release.run import Prospect

_OPTIONS = ("image", "release_tag_prefix", "release_remote", "release_latest")
_HELP = {
    "version": "the version to release, such as 1.2.0",
    "bump": "release the version after the last one: major, minor or patch",
}


@verb(
    options=(*_OPTIONS, "smoke_timeout", "smoke_settle"),
    help={**_HELP, "dry_run": "show the plan and change nothing", "yes": "do not ask before publishing"},
)
def release(run: Run, bump: str = "", version: str = "", dry_run: bool = False, yes: bool = False) -> None:
    """Build, check, smoke-test and publish a version: exactly the digests that were tested."""
    from dext_tasks.console.release_board import ReleaseBoard
    from dext_tasks.console.tables import plan_data, released_data, released_table
    from dext_tasks.release.run import carry_out
    from dext_tasks.tasks.question import confirm

    run.project.require_metadata()
    if not dry_run:
        run.engine.prefetch()
    world = _world(run, push=not dry_run)
    prospect = _prospect(run, world, bump=bump, version=version, result=dry_run)
    if dry_run:
        run.output.data({"dry_run": True, **plan_data(prospect.plan)})
        prospect.plan.require_clear()
        return
    prospect.plan.require_clear()
    if prospect.plan.todo:
        confirm(f"Publish {prospect.intent.target}?", yes=yes, output=run.output)
    with ReleaseBoard(run.output) as board:
        released = carry_out(world, prospect, board)
    run.output.data(released_data(prospect, released))
    run.output.table(released_table(released))
    run.output.result(str(released.reference))


@verb(options=_OPTIONS, help=_HELP)
def status(run: Run, bump: str = "", version: str = "") -> None:
    """Show what a release would do, and what is done already; changes nothing."""
    from dext_tasks.console.tables import plan_data

    prospect = _prospect(run, _world(run, push=False), bump=bump or "patch", version=version, result=True)
    for obstacle in prospect.plan.obstacles:
        run.output.say(f"obstacle: {obstacle.message}", style="red", result=True)
    run.output.data({"reference": str(prospect.intent.target), **plan_data(prospect.plan)})


def _world(run: Run, *, push: bool) -> World:
    from dext_tasks.git import Git
    from dext_tasks.registry.repository import Repository
    from dext_tasks.release.journal import Journals
    from dext_tasks.release.observe import World

    return World(
        project=run.project,
        engine=run.engine,
        repository=Repository.open(run.project.image, run.docker_config, push=push),
        git=Git(run.project.root),
        journals=Journals(run.project.state / "releases"),
    )


def _prospect(run: Run, world: World, *, bump: str, version: str, result: bool) -> Prospect:
    from dext_tasks.console.tables import plan_table
    from dext_tasks.release.observe import choose_version
    from dext_tasks.release.run import look
    from dext_tasks.tasks.question import bump_of

    chosen = choose_version(world, explicit=version, bump=bump_of(bump))
    prospect = look(world, chosen)
    run.output.table(plan_table(prospect.plan, f"Release of {prospect.intent.target}"), result=result)
    return prospect
