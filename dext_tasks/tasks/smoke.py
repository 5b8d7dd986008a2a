"""inv smoke."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from dext_tasks.errors import DextError
from dext_tasks.tasks.options import BUILD, REPORTS, SMOKE
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.console.board import Board
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.errors import FileAccessError
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.git import WorkTree
    from dext_tasks.smoke.result import SmokeResult
    from dext_tasks.tasks.run import Run
    from dext_tasks.tasks.smoke_reports import SmokeReports

_HELP = {
    "image": "test an image in the engine or a registry instead of the project",
    "build": "build first, from the cache where nothing changed",
    "keep": "leave a failed installation in place, so that it can be inspected",
    **REPORTS,
}


@verb(
    options=(*BUILD, "allow_dirty", *SMOKE),
    help=_HELP,
    changes=True,
    needs_posix=True,
    example="--platform linux/amd64 --report smoke.html",
)
def smoke(  # noqa: PLR0913, PLR0917 - one flag each
    run: Run,
    image: str = "",
    build: bool = True,
    keep: bool = False,
    report: str = "",
    junit: str = "",
) -> None:
    """Install, probe and uninstall the extension on every platform."""
    from dext_tasks.console.board import Board
    from dext_tasks.console.work_tree import work_tree_lines
    from dext_tasks.git import WorkTree
    from dext_tasks.smoke.run import require_passed
    from dext_tasks.tasks.smoke_reports import SmokeReports

    reports = SmokeReports(report, junit)
    reports.require_places()
    tree = WorkTree() if image else run.require_buildable()
    if run.dry_run:
        _show_intention(run, image, build=build, reports=reports)
        for line in work_tree_lines(tree):
            run.output.say(line, style="yellow")
        return
    run.engines.prefetch(run.settings_anywhere.platforms)
    board, unwritten = Board(run.output), None
    try:
        try:
            with board:
                results = _any(run, image, board, keep=keep) if image else _own(run, board, build=build, keep=keep)
        except DextError:
            # What could be tested is shown, whatever the others lack.
            if board.results:
                unwritten = _show(run, board.results, image, tree, reports, is_whole=False)
            raise
        unwritten = _show(run, results, image, tree, reports, is_whole=True)
        require_passed(results, kept=keep)
    except DextError:
        if unwritten:
            run.output.say(unwritten.message, style="red")
        raise
    if unwritten:
        raise unwritten


def _show(  # noqa: PLR0913 - what was seen, of what, and where it goes
    run: Run, results: Sequence[SmokeResult], image: str, tree: WorkTree, reports: SmokeReports, *, is_whole: bool
) -> FileAccessError | None:
    """Show what was seen and write the reports; why one of them is not written.

    Args:
        run: The call.
        results: Of the platforms that were tested.
        image: That somebody named; empty for the project.
        tree: What it was built from.
        reports: That are wanted.
        is_whole: Whether every platform was tested.
    """
    from dext_tasks.console.smoke import smoke_data, smoke_table
    from dext_tasks.console.work_tree import work_tree_data, work_tree_lines

    run.output.table(smoke_table(results), result=True)
    run.output.summarise(smoke_table(results))
    for line in work_tree_lines(tree):
        run.output.say(line, style="yellow")
    document = smoke_data(results) | ({} if image else work_tree_data(tree))
    run.output.data(document if is_whole else document | {"passed": False})
    return reports.write(results, image or run.project.settings.image or run.project.name, tree, run.output)


def _show_intention(run: Run, image: str, *, build: bool, reports: SmokeReports) -> None:
    from dext_tasks.console.intentions import (
        NOTHING_CHANGED,
        build_intention,
        smoke_intention,
        smoke_intention_data,
    )
    from dext_tasks.engine.build import requests
    from dext_tasks.formats.oci.reference import Reference
    from dext_tasks.smoke.run import EVERY_PROBE

    if image:
        built = []
        tested = dict.fromkeys(run.settings_anywhere.platforms, str(Reference.parse(image)))
    else:
        built = list(requests(run.project).values()) if build else []
        tested = {platform: run.project.local_tag(platform) for platform in run.project.settings.platforms}
    contexts = dict(run.settings_anywhere.contexts)
    if built:
        run.output.table(build_intention(built, contexts), result=True)
    run.output.table(smoke_intention(tested, EVERY_PROBE, contexts), result=True)
    for file in reports.files:
        run.output.say(f"Would write {file}", result=True)
    run.output.say(NOTHING_CHANGED)
    run.output.data(smoke_intention_data(tested, EVERY_PROBE, built, reports.files, contexts))


def _own(run: Run, board: Board, *, build: bool, keep: bool) -> list[SmokeResult]:
    """The project, as built."""
    from dext_tasks.sources.build_state import built_images, other_states, told

    if build:
        built = run.build_required(board)
    else:
        built = {}
        there: dict[Platform, ImageFacts] = {}
        for engine, platforms in run.engines.each_of(run.project.settings.platforms).items():
            there |= built_images(engine, run.project, platforms)
        if said := told(other_states(run.engine.builds, run.project, there)):
            run.output.say(f"{said}; it is tested as it is", style="yellow")
    results = run.smoke(board, keep=keep)
    return [replace(each, build_crashes=built[each.platform].crashes) if build else each for each in results]


def _any(run: Run, image: str, board: Board, *, keep: bool) -> list[SmokeResult]:
    """An image that somebody built; what is fetched for it does not stay."""
    from dext_tasks.runtime.parallel import for_each
    from dext_tasks.smoke.images import Loans, images, named
    from dext_tasks.smoke.installation import Tools
    from dext_tasks.smoke.run import smoke_images

    platforms = run.engines.each_of(run.settings_anywhere.platforms)
    reference = named(platforms, image, run.access)
    run.output.say(f"testing {reference}")
    loans = {engine: Loans(engine) for engine in platforms}
    try:
        with ExitStack() as stack:
            for lent in loans.values():
                stack.enter_context(lent)
            fetched = for_each(
                platforms, lambda engine: images(engine, reference, platforms[engine], loans[engine]), run.cancellation
            )
            placed = {each: run.engines.of(each) for each in run.settings_anywhere.platforms}
            found = {platform: fetched[engine][platform] for platform, engine in placed.items()}
            shared = Tools(run.engine, run.settings_anywhere, run.folder, keep=keep)
            tools = {each: replace(shared, engine=engine, loans=loans[engine]) for each, engine in placed.items()}
            return smoke_images(tools, reference.extension, found, board, str(reference))
    finally:
        for engine, lent in loans.items():
            for each in lent.left:
                run.output.say(f"not removed {engine.client.in_context('from the engine')}: {each}", style="yellow")
