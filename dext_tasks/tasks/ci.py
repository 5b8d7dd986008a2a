"""inv ci.matrix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.tasks.verb import Run, verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.matrix import Part

_HELP = {
    "prefix": "the prefix that the noxfile passes to register()",
    "extension": "one of several extensions of a repository, as PREFIX=FOLDER; FOLDER alone has the prefix FOLDER-",
}


@verb(
    options=("platforms", "contexts", "matrix_runs_on"),
    help=_HELP,
    repeated={"extension": "PREFIX=FOLDER"},
    example="--platform linux/amd64",
)
def matrix(run: Run, prefix: str = "", extension: Sequence[str] = ()) -> None:
    """Print the sessions as a job matrix for CI, one line of JSON."""
    import json

    from dext_tasks.errors import UsageError
    from dext_tasks.matrix import Part, matrix_data

    if prefix and extension:
        raise UsageError("--prefix is for a single extension", remedy="give each its own: --extension PREFIX=FOLDER")
    parts = [_part(run, each) for each in extension] or [Part(run.resolved.settings, prefix)]
    # One line, as $GITHUB_OUTPUT wants it: echo "matrix=$(inv ci.matrix)" >> "$GITHUB_OUTPUT"
    run.output.document(f"{json.dumps(matrix_data(parts))}\n")


def _part(run: Run, text: str) -> Part:
    from dext_tasks.matrix import Part

    prefix, equals, folder = text.partition("=")
    path = folder if equals else text
    settings = run.of_folder(Path(path)).settings
    return Part(settings, prefix if equals else f"{Path(path).resolve().name}-", path)
