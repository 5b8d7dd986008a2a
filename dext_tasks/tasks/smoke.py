"""inv smoke."""

from __future__ import annotations

from dext_tasks.tasks.verb import Run, verb


@verb(
    options=("platforms", "allow_dirty", "image", "smoke_timeout", "smoke_settle", "smoke_engine_socket"),
    help={"build": "build first, from the cache where nothing changed"},
)
def smoke(run: Run, build: bool = True) -> None:
    """Install, probe and uninstall the extension on every platform."""
    from dext_tasks.console.progress import Progress
    from dext_tasks.console.tables import smoke_data, smoke_table
    from dext_tasks.engine.build import build_all
    from dext_tasks.smoke.run import require_passed, smoke_project

    progress = Progress(run.output)
    run.project.require_metadata()
    run.require_committed()
    if build:
        build_all(run.engine, run.project, progress.line)
    results = smoke_project(run.engine, run.project, progress.probed)
    run.output.table(smoke_table(results))
    run.output.data(smoke_data(results))
    require_passed(results)
