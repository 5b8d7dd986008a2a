"""inv build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.tasks.options import BUILD
from dext_tasks.tasks.verb import verb

if TYPE_CHECKING:
    from dext_tasks.git import WorkTree
    from dext_tasks.tasks.run import Run


@verb(
    options=(*BUILD, "allow_dirty", "image"),
    changes=True,
    needs_posix=True,
    example="--platform linux/arm64 --build-arg MODE=fast",
)
def build(run: Run) -> None:
    """Build every platform and load it under a local tag."""
    from dext_tasks.console.board import Board
    from dext_tasks.console.tables import build_data, build_table
    from dext_tasks.console.work_tree import work_tree_data, work_tree_lines

    tree = run.require_buildable()
    if run.dry_run:
        _show_intention(run, tree)
        return
    with Board(run.output) as board:
        built = run.build_required(board)
    run.output.table(build_table(built), result=True)
    run.output.summarise(build_table(built))
    for line in work_tree_lines(tree):
        run.output.say(line, style="yellow")
    run.output.data(build_data(built) | work_tree_data(tree))


def _show_intention(run: Run, tree: WorkTree) -> None:
    from dext_tasks.console.intentions import NOTHING_CHANGED, build_intention, build_intention_data
    from dext_tasks.console.work_tree import work_tree_data, work_tree_lines
    from dext_tasks.engine.build import requests

    planned, contexts = list(requests(run.project).values()), dict(run.settings.contexts)
    run.output.table(build_intention(planned, contexts), result=True)
    for line in work_tree_lines(tree):
        run.output.say(line, style="yellow")
    run.output.say(NOTHING_CHANGED)
    run.output.data({"dry_run": True, "images": build_intention_data(planned, contexts)} | work_tree_data(tree))
