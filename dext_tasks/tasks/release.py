"""inv release, inv release.resume and inv release.status: their flags; what is done is in ``releasing``.

A list of verbs loads no more than this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.config.settings import RELEASE, names_in
from dext_tasks.tasks.options import BUILD, REPORTS, SMOKE
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.tasks.run import Run

_OPTIONS = ("image", *names_in(RELEASE))
_CHECK = ("check_select", "check_ignore", "check_strict", "check_runtimes")
_HELP = {
    "version": "the version to release, such as 1.2.0",
    "bump": "release the version after the last one: major, minor or patch",
    "pre": "release its next pre-release, called so: rc for 1.2.0-rc.1, then 1.2.0-rc.2",
}
_SOURCES = {
    "from_changelog": "release the version of the topmost entry of the changelog (release.changelog)",
    "from_commits": "release what follows from the Conventional Commits since the last version, and say why",
}
_TEXT = {
    "notes": "write what changed to this file, in Markdown",
    "write_changelog": "write the version into the changelog, over what is Unreleased, and release nothing",
}
_JOBS = {
    "prepare": "build, check, smoke-test and push to staging only, and write what --finish needs to this file",
    "finish": "publish what other jobs prepared: a file that --prepare wrote, or a folder of them",
}
_ALL = (*BUILD, *_OPTIONS, *_CHECK, *SMOKE, "smoke_start_optional")
_HOW = {
    **REPORTS,
    **_JOBS,
    "notes": _TEXT["notes"],
    "yes": "do not ask before publishing",
    "dry_run": "show what would be done and publish nothing; with =full, ask, build and check, too",
}


@verb(
    options=_ALL,
    help={**_HELP, **_SOURCES, **_TEXT, **_HOW},
    repeated={"finish": "FILE"},
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
    prepare: str = "",
    finish: Sequence[str] = (),
    from_changelog: bool = False,
    from_commits: bool = False,
    notes: str = "",
    write_changelog: bool = False,
) -> None:
    """Build, check, smoke-test and publish a version: exactly the digests that were tested."""
    from dext_tasks.tasks import release_text
    from dext_tasks.tasks.question import bump_question, wanted_version
    from dext_tasks.tasks.release_jobs import ReleaseJob
    from dext_tasks.tasks.releasing import at_head, run_release
    from dext_tasks.tasks.smoke_reports import SmokeReports

    reports, job = SmokeReports(report, junit), ReleaseJob(prepare, finish)
    reports.require_places()
    read_from = release_text.sources(from_changelog=from_changelog, from_commits=from_commits)
    question = bump_question(run.output, yes=yes)
    wanted = release_text.with_notes(wanted_version(version, bump, question, pre=pre, sources=read_from), notes)
    job.require_sane(wanted)
    world, wanted = at_head(run.world(push=run.full or not run.dry_run), wanted, job)
    wanted = release_text.read(world, wanted)
    if write_changelog:
        release_text.write_changelog(run, world, wanted)
        return
    run_release(run, world, wanted, reports, job, yes=yes)


@verb(
    options=_ALL,
    help=_HOW,
    repeated={"finish": "FILE"},
    changes=True,
    rehearses=True,
    needs_posix=True,
    example="--dry-run",
)
def resume(  # noqa: PLR0913, PLR0917 - one flag each
    run: Run,
    yes: bool = False,
    report: str = "",
    junit: str = "",
    prepare: str = "",
    finish: Sequence[str] = (),
    notes: str = "",
) -> None:
    """Continue the release of this commit that was begun, as inv release --version X would."""
    from dext_tasks.tasks.question import Wanted
    from dext_tasks.tasks.release_jobs import ReleaseJob
    from dext_tasks.tasks.release_text import with_notes
    from dext_tasks.tasks.releasing import at_head, run_release
    from dext_tasks.tasks.smoke_reports import SmokeReports

    reports, job = SmokeReports(report, junit), ReleaseJob(prepare, finish)
    reports.require_places()
    wanted = with_notes(Wanted(is_begun=True), notes)
    job.require_sane(wanted)
    world, wanted = at_head(run.world(push=run.full or not run.dry_run), wanted, job)
    run_release(run, world, wanted, reports, job, yes=yes)


@verb(
    options=("platforms", "contexts", *_OPTIONS),
    help={**_HELP, **_SOURCES},
    needs_posix=True,
    example="--bump minor",
)
def status(  # noqa: PLR0913, PLR0917 - one flag each
    run: Run,
    bump: str = "",
    version: str = "",
    pre: str = "",
    from_changelog: bool = False,
    from_commits: bool = False,
) -> None:
    """Show what a release would do, and what is done already; changes nothing."""
    from dext_tasks.tasks.question import bump_question, wanted_version
    from dext_tasks.tasks.release_jobs import ReleaseJob
    from dext_tasks.tasks.release_text import read, sources
    from dext_tasks.tasks.releasing import at_head, planned_data, shown_plan

    read_from = sources(from_changelog=from_changelog, from_commits=from_commits)
    asked = wanted_version(version, bump, bump_question(run.output), pre=pre, sources=read_from)
    job = ReleaseJob()
    world, wanted = at_head(run.world(push=False), asked, job)
    wanted = read(world, wanted)
    planned = shown_plan(run, world, wanted, job, result=True)
    for obstacle in planned.plan.obstacles:
        run.output.say(f"obstacle: {obstacle.message}", style="red", result=True)
    run.output.data(planned_data(planned, wanted))
    run.output.give({"version": str(planned.intent.version), "reference": str(planned.intent.target)})
