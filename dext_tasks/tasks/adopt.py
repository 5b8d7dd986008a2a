"""dext adopt."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.errors import UsageError
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.console.adoption import CheckedTree
    from dext_tasks.scaffold.adoption.found import Survey
    from dext_tasks.scaffold.adoption.plan import Adoption, Wishes
    from dext_tasks.scaffold.adoption.record import Undoing
    from dext_tasks.scaffold.pipelines import PipelineSystem
    from dext_tasks.tasks.run import Run

_NO_PIPELINE = "none"
_WHICH_PIPELINE = "which CI system the repository uses is not known: --ci github or --ci gitlab writes its pipeline"
_OPTIONS = (
    "image",
    "platforms",
    "dockerfile",
    "metadata",
    "build_args",
    "build_target",
    "release_tag_prefix",
    "release_ignore_tags",
)
_HELP = {
    "dir": "folder of the extension, or of a repository with several; the current one if not given",
    "all": "adopt every extension of the repository, with one tasks.py at its top",
    "ci": "write the pipeline of github or gitlab, or none; the one that the repository uses if not given",
    "yes": "ask nothing: write the plan if nothing in it is unclear",
    "undo": "take away what was added, and leave files that were changed since",
}


@verb(options=_OPTIONS, help=_HELP, positional=("dir",), changes=True, example="--dry-run")
def adopt(  # noqa: PLR0913, PLR0917 - one flag each
    run: Run,
    dir: str = "",  # noqa: A002 - what stands for a folder in help
    all: bool = False,  # noqa: A002 - the flag's name
    ci: str = "",
    yes: bool = False,
    undo: bool = False,
) -> None:
    """Add tasks, sessions, settings and a pipeline to an extension that exists, and change nothing else."""
    from dext_tasks.project import named_root

    if dir and run.is_named:
        raise UsageError(f"{dir} and --path name two folders", remedy="give one of them")
    folder = named_root(Path(dir) if dir else run.folder)
    if undo:
        _undo(run, folder)
        return
    asks = _asks(run, yes=yes)
    surveys = _answered(run, _surveys(run, folder, all=all), asks=asks)
    _do(run, _planned(surveys, _wishes(run, surveys, ci, asks=asks), all=all), asks=asks)


def _asks(run: Run, *, yes: bool) -> bool:
    from dext_tasks.console.prompt import somebody_answers

    return somebody_answers() and not yes and not run.output.as_json


def _surveys(run: Run, folder: Path, *, all: bool) -> list[Survey]:  # noqa: A002 - as above
    from dext_tasks.config.repository import repository_top
    from dext_tasks.scaffold.adoption.survey import survey, surveys

    if not all:
        return [survey(folder)]
    found = list(surveys(repository_top(folder) or folder))
    own = sorted(run.flags)
    if len(found) > 1 and own:
        raise UsageError(
            f"--{own[0].replace('_', '-')} is for one extension, and there are {len(found)}",
            remedy="leave it out, or adopt each by its folder",
        )
    return found


def _answered(run: Run, surveys: Sequence[Survey], *, asks: bool) -> list[Survey]:
    """What was found, with what settings, flags and a person say instead."""
    from dext_tasks.console.adoption import ask
    from dext_tasks.console.prompt import interruptible
    from dext_tasks.scaffold.adoption.answers import require_clear, with_flags, with_settings

    found = [with_flags(with_settings(each), run.flags) for each in surveys]
    if asks and any(each.questions for each in found):
        run.output.say("Ctrl-C ends this and changes nothing.")
        try:
            with interruptible():
                found = [ask(each, run.output) for each in found]
        except (KeyboardInterrupt, EOFError):
            run.output.say("")
            raise _nothing_changed() from None
    for each in found:
        require_clear(each)
    return found


def _wishes(run: Run, surveys: Sequence[Survey], given: str, *, asks: bool) -> Wishes:
    """Whose pipeline is wanted."""
    from dext_tasks.config.repository import repository_top
    from dext_tasks.scaffold.adoption.plan import Wishes
    from dext_tasks.scaffold.pipelines import PipelineSystem

    if given == _NO_PIPELINE:
        return Wishes()
    if given:
        try:
            return Wishes(PipelineSystem(given))
        except ValueError as error:
            known = ", ".join((*PipelineSystem, _NO_PIPELINE))
            raise UsageError(f"--ci cannot be {given!r}", remedy=f"use one of {known}") from error
    used = next((each.pipeline for each in surveys if each.pipeline), None)
    if used or repository_top(surveys[0].top) is None:
        return Wishes(used)
    return Wishes(_asked_pipeline(run)) if asks else Wishes(notes=(_WHICH_PIPELINE,))


def _asked_pipeline(run: Run) -> PipelineSystem | None:
    from dext_tasks.console.adoption import ask_pipeline
    from dext_tasks.console.prompt import interruptible

    try:
        with interruptible():
            return ask_pipeline(run.output, _NO_PIPELINE)
    except (KeyboardInterrupt, EOFError):
        run.output.say("")
        raise _nothing_changed() from None


def _planned(
    surveys: Sequence[Survey],
    wishes: Wishes,
    *,
    all: bool,  # noqa: A002 - as above
) -> Adoption:
    from dext_tasks.scaffold.adoption.plan import adopt_all, adopt_one

    first = surveys[0]
    is_alone = len(surveys) == 1 and first.root == first.top
    return adopt_all(first.top, surveys, wishes) if all and not is_alone else adopt_one(first, wishes)


def _do(run: Run, planned: Adoption, *, asks: bool) -> None:
    from dext_tasks.console.adoption import adoption_data, plan_lines, plan_tables
    from dext_tasks.console.intentions import NOTHING_CHANGED

    if not run.dry_run:
        planned.require_possible()
    for table in plan_tables(planned, dry=run.dry_run):
        run.output.table(table, result=True)
    for line in plan_lines(planned):
        run.output.say(line, result=True)
    if run.dry_run:
        planned.require_possible()
        run.output.say(NOTHING_CHANGED)
        run.output.data(adoption_data(planned, {}, dry=True))
        return
    try:
        _apply(run, planned, asks=asks)
        _tell(run, planned)
    except KeyboardInterrupt:
        raise _interrupted(planned) from None


def _apply(run: Run, planned: Adoption, *, asks: bool) -> None:
    from dext_tasks.tasks.question import confirm
    from dext_tasks.wording import counted

    if planned.files:
        confirm(f"Write {counted(len(planned.files), 'file')}?", yes=not asks, output=run.output)
        planned.apply()


def _interrupted(planned: Adoption) -> Interrupted:
    if not (planned.files and planned.is_applied):
        return _nothing_changed()
    return Interrupted(
        f"interrupted when {planned.folder} was adopted already", remedy="`dext adopt --undo` takes it away again"
    )


def _nothing_changed() -> Interrupted:
    return Interrupted("interrupted, nothing was changed", remedy="run it again when you are ready")


def _tell(run: Run, planned: Adoption) -> None:
    """What a check of the source trees finds, and what to do next."""
    from dext_tasks.console.adoption import adoption_data, findings_lines, findings_tables, next_lines

    trees = {each.root: _checked(each) for each in planned.surveys}
    for table in findings_tables(planned, trees):
        run.output.table(table, result=True)
    for line in (*findings_lines(planned, trees), *next_lines(planned)):
        run.output.say(line, result=True)
    run.output.data(adoption_data(planned, trees, dry=False))


def _checked(survey: Survey) -> CheckedTree:
    from dext_tasks.checks.fixing import fixable
    from dext_tasks.checks.run import check_tree
    from dext_tasks.console.adoption import CheckedTree
    from dext_tasks.project import Project
    from dext_tasks.scaffold.adoption.plan import settled

    project = Project(survey.root, settled(survey))
    report = check_tree(project)
    return CheckedTree(report, fixable(project, report))


def _undo(run: Run, folder: Path) -> None:
    from dext_tasks.console.adoption import undo_data, undo_lines
    from dext_tasks.console.intentions import NOTHING_CHANGED
    from dext_tasks.scaffold.adoption.record import undo

    planned = _recorded(folder)
    if not run.dry_run:
        try:
            undo(planned)
        except KeyboardInterrupt:
            raise Interrupted("interrupted", remedy="run `dext adopt --undo` again") from None
    for line in undo_lines(planned, dry=run.dry_run):
        run.output.say(line, result=True)
    if run.dry_run:
        run.output.say(NOTHING_CHANGED)
    run.output.data(undo_data(planned, dry=run.dry_run))


def _recorded(folder: Path) -> Undoing:
    """What was added in a folder, or in that of the extension which an adoption finds there."""
    from dext_tasks.config.repository import repository_top
    from dext_tasks.errors import ProjectNotFoundError
    from dext_tasks.scaffold.adoption.record import has_record, plan_undo
    from dext_tasks.scaffold.adoption.survey import survey

    if not has_record(folder):
        # Otherwise nothing is recorded, which is what is said then.
        with suppress(ProjectNotFoundError, UsageError):
            folder = survey(folder).root
    return plan_undo(folder, repository_top(folder) or folder)
