"""inv clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.errors import ProjectNotFoundError
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from dext_tasks.project import Project
    from dext_tasks.tasks.run import Run

_HELP = {"all": "also remove what the builds of other extensions left on this engine"}


@verb(options=("contexts",), help=_HELP, changes=True, needs_posix=True, example="--all --dry-run")
def clean(run: Run, all: bool = False) -> None:  # noqa: A002 - the flag's name
    """Remove what builds, tests and killed runs left: local images, tags, containers, folders."""
    from dext_tasks.cleaning.clean import clean as clean_up
    from dext_tasks.cleaning.clean import on_each, preview
    from dext_tasks.cleaning.leftovers import CleaningScope
    from dext_tasks.console.cleaning import cleaned_data, cleaned_lines, cleaned_table
    from dext_tasks.console.intentions import NOTHING_CHANGED

    scope = CleaningScope() if all else CleaningScope.of(_project(run))
    engines = run.engines.each_of(run.settings_anywhere.platforms)
    cleaned = on_each(engines, lambda engine: (preview if run.dry_run else clean_up)(engine, scope))
    if cleaned.removed or cleaned.kept:
        run.output.table(cleaned_table(cleaned, dry=run.dry_run), result=True)
    else:
        # Nothing was found, if everything was asked.
        cleaned.require_whole()
    for line in cleaned_lines(cleaned, dry=run.dry_run):
        run.output.say(line, result=True)
    if run.dry_run:
        run.output.say(NOTHING_CHANGED)
    run.output.data(cleaned_data(cleaned, dry=run.dry_run))
    cleaned.require_whole()


def _project(run: Run) -> Project:
    try:
        return run.project
    except ProjectNotFoundError as error:
        raise ProjectNotFoundError(
            error.message, remedy="name its folder with --path, or clear every extension's leftovers with --all"
        ) from error
