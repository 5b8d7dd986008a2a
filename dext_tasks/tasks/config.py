"""inv config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from dext_tasks.tasks.run import Run


@verb(example="--json")
def config(run: Run) -> None:
    """Show the effective settings and where each came from."""
    from dext_tasks.console.tables import config_data, config_table

    run.output.table(config_table(run.resolved), result=True)
    run.output.data(config_data(run.resolved))
