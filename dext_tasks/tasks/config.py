"""inv config."""

from __future__ import annotations

from dext_tasks.tasks.verb import Run, verb


@verb(example="--json")
def config(run: Run) -> None:
    """Show the effective settings and where each came from."""
    from dext_tasks.console.tables import config_data, config_table

    run.output.table(config_table(run.resolved), result=True)
    run.output.data(config_data(run.resolved))
