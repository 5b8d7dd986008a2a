"""dext upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from invoke.exceptions import Exit

from dext_tasks.errors import ConflictsLeftError, UsageError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.tasks.verb import verb
from dext_tasks.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.scaffold.upgrade import Upgrade
    from dext_tasks.tasks.run import Run

AVAILABLE: Final = 2
"""The exit code of ``--check`` where there is an upgrade, as copier's own: https://copier.readthedocs.io."""
_HELP = {
    "check": f"only say whether there is an upgrade, and end with {AVAILABLE} if there is",
    "data": "change an answer that dext new was given, such as description=TEXT (repeatable)",
}


@verb(help=_HELP, repeated={"data": "KEY=VALUE"}, changes=True, example="--dry-run")
def upgrade(run: Run, check: bool = False, data: Sequence[str] = ()) -> None:
    """Bring an extension that dext new made to the template of this version, and keep what its author changed."""
    from dext_tasks.console.upgrade import availability, availability_data
    from dext_tasks.scaffold.given import answers_of_pairs, together
    from dext_tasks.scaffold.upgrade import Scaffold, available, plan_upgrade

    changed = together(answers_of_pairs(data))
    scaffold = Scaffold.of(run.folder, is_named=run.is_named)
    if check:
        if changed:
            raise UsageError("--check and --data contradict each other", remedy="leave out one of them")
        found = available(scaffold)
        run.output.say(availability(found), result=True)
        run.output.data(availability_data(found))
        if found.is_available:
            raise Exit(code=AVAILABLE)
        return
    _do(run, plan_upgrade(scaffold, changed))


def _do(run: Run, planned: Upgrade) -> None:
    from dext_tasks.scaffold.upgrade import apply_upgrade

    if run.dry_run or not planned.files:
        _show(run, planned)
        return
    try:
        apply_upgrade(planned)
        _show(run, planned)
    except KeyboardInterrupt:
        raise _interrupted(planned) from None
    if planned.conflicts:
        raise ConflictsLeftError(
            f"{counted(len(planned.conflicts), 'file has', 'files have')} conflicts: "
            f"{', '.join(each.path for each in planned.conflicts)}",
            remedy="choose between the two sides at each <<<<<<<, then `git add` the file; `git checkout HEAD -- FILE` "
            "takes yours",
        )


def _show(run: Run, planned: Upgrade) -> None:
    from dext_tasks.console.intentions import NOTHING_CHANGED
    from dext_tasks.console.upgrade import availability, next_lines, upgrade_data, upgrade_table

    if planned.files:
        run.output.table(upgrade_table(planned, dry=run.dry_run), result=True)
    else:
        run.output.say(availability(planned), result=True)
    run.output.data(upgrade_data(planned, dry=run.dry_run))
    if run.dry_run:
        run.output.say(NOTHING_CHANGED)
    elif planned.files and not planned.conflicts:
        for line in next_lines(planned):
            run.output.say(line)


def _interrupted(planned: Upgrade) -> Interrupted:
    from dext_tasks.scaffold.upgrade import is_applied

    if is_applied(planned):
        return Interrupted(
            f"interrupted when {planned.root} was upgraded already", remedy="see with `git status` what has changed"
        )
    return Interrupted("interrupted, nothing was changed", remedy="run it again when you are ready")
