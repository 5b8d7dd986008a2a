"""inv doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from dext_tasks.tasks.run import Run


@verb(options=("platforms", "contexts", "image"), example="--platform linux/arm64")
def doctor(run: Run) -> None:
    """Try everything that a build, smoke test or release needs, and say how to fix what fails."""
    from dext_tasks.console.tables import doctor_data, doctor_table
    from dext_tasks.doctor.examination import Patient, examine, require_well
    from dext_tasks.errors import ProjectNotFoundError
    from dext_tasks.formats.oci.platform import REQUIRED
    from dext_tasks.git import Git

    try:
        project, git, platforms = run.project, Git(run.project.root), run.project.settings.platforms
    except ProjectNotFoundError:
        project, git, platforms = None, None, REQUIRED
    lines = list(examine(Patient(run.engines, project, git, platforms, run.access)))
    run.output.table(doctor_table(lines), result=True)
    run.output.data(doctor_data(lines))
    require_well(lines)
