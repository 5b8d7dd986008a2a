"""inv ci.matrix, inv ci.github and inv ci.gitlab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.matrix import Part
    from dext_tasks.scaffold.pipelines import PipelineSystem
    from dext_tasks.tasks.run import Run

_HELP = {
    "only": "list the sessions of one kind: check, smoke or ui",
    "prefix": "the prefix that the noxfile passes to register()",
    "extension": "one of several extensions of a repository, as PREFIX=FOLDER; FOLDER alone has the prefix FOLDER-, "
    "with folders above it where two have the same name",
}


@verb(
    options=("platforms", "contexts", "matrix_runs_on"),
    help=_HELP,
    repeated={"extension": "PREFIX=FOLDER"},
    example="--platform linux/amd64",
)
def matrix(run: Run, prefix: str = "", extension: Sequence[str] = (), only: str = "") -> None:
    """Print the sessions as a job matrix for CI, one line of JSON."""
    import json

    from dext_tasks.console.pipeline import PipelineKind
    from dext_tasks.errors import UsageError
    from dext_tasks.matrix import Part, matrix_data

    if prefix and extension:
        raise UsageError("--prefix is for a single extension", remedy="give each its own: --extension PREFIX=FOLDER")
    parts = _parts(run, extension) or [Part(run.resolved.settings, prefix)]
    # One line, as fromJSON() of a workflow takes it.
    text = json.dumps(matrix_data(parts, only))
    run.output.document(f"{text}\n")
    if run.output.pipeline.kind is not PipelineKind.GITLAB:
        # There, no job is made from what another one found.
        run.output.give({"matrix": text})


_PIPELINE_HELP = {
    "extension": "folder of one of several extensions of the repository",
    "emulate": "test every platform on amd64, by emulation where it is another one",
    "force": "replace files that are there",
}


@verb(
    help=_PIPELINE_HELP,
    repeated={"extension": "FOLDER"},
    changes=True,
    example="--dry-run",
)
def github(run: Run, extension: Sequence[str] = (), emulate: bool = False, force: bool = False) -> None:
    """Write workflows that check, smoke-test and release the extension on GitHub."""
    from dext_tasks.scaffold.pipelines import PipelineSystem

    _write(run, PipelineSystem.GITHUB, extension, emulate=emulate, force=force)


@verb(
    help=_PIPELINE_HELP,
    repeated={"extension": "FOLDER"},
    changes=True,
    example="--dry-run",
)
def gitlab(run: Run, extension: Sequence[str] = (), emulate: bool = False, force: bool = False) -> None:
    """Write a pipeline that checks, smoke-tests and releases the extension on GitLab."""
    from dext_tasks.scaffold.pipelines import PipelineSystem

    _write(run, PipelineSystem.GITLAB, extension, emulate=emulate, force=force)


def _write(run: Run, system: PipelineSystem, extensions: Sequence[str], *, emulate: bool, force: bool) -> None:
    from dext_tasks.console.intentions import NOTHING_CHANGED
    from dext_tasks.project import Project
    from dext_tasks.scaffold.pipelines import pipeline

    projects = [Project(each, run.of_folder(each).settings) for each in _roots(extensions)] or [run.project]
    made = pipeline(system, projects, emulate=emulate)
    replaced, unchanged = made.present, made.unchanged
    if not (force or run.dry_run):
        made.require_absent()
    if not run.dry_run:
        made.write()
    done = "would write" if run.dry_run else "wrote"
    for name in made.files:
        said = f"{done} {name}{', replacing what is there' if name in replaced else ''}"
        run.output.say(f"{name} is there already" if name in unchanged else said, result=run.dry_run)
    if run.dry_run:
        run.output.say(NOTHING_CHANGED)
    run.output.data(
        {"dry_run": run.dry_run, "path": str(made.top), "files": list(made.files), "replaced": list(replaced)}
        | {"unchanged": list(unchanged)}
    )


def _parts(run: Run, written: Sequence[str]) -> list[Part]:
    from dext_tasks.matrix import Part, own_names

    split = [text.partition("=") for text in written]
    unnamed = [prefix for prefix, equals, _ in split if not equals]
    names = dict(zip(unnamed, own_names(_roots(unnamed)), strict=True))
    prefixed = [(prefix, folder) if equals else (f"{names[prefix]}-", prefix) for prefix, equals, folder in split]
    return [Part(run.of_folder(Path(folder)).settings, prefix, folder) for prefix, folder in prefixed]


def _roots(folders: Sequence[str]) -> list[Path]:
    """The folders that are named, each once."""
    from dext_tasks.errors import UsageError
    from dext_tasks.project import named_root

    roots = [named_root(Path(each)) for each in folders]
    for position, folder in enumerate(folders):
        if roots[position] in roots[:position]:
            raise UsageError(f"--extension names {folder} twice", remedy="name each extension once")
    return roots
