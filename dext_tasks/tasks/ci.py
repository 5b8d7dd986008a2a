"""inv ci.matrix."""

from __future__ import annotations

from dext_tasks.tasks.verb import Run, verb


@verb(
    options=("platforms",),
    help={"prefix": "what the noxfile gives register() as prefix"},
    example="--platform linux/amd64",
)
def matrix(run: Run, prefix: str = "") -> None:
    """Print the sessions as a job matrix for CI, one line of JSON."""
    import json

    from dext_tasks.matrix import matrix_data, planned

    # One line, as $GITHUB_OUTPUT wants it: echo "matrix=$(inv ci.matrix)" >> "$GITHUB_OUTPUT"
    run.output.document(f"{json.dumps(matrix_data(planned(run.resolved.settings, prefix)))}\n")
