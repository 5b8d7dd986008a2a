"""What people and programs are shown of a new extension, and of the questions before it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dext_tasks.console.table_layout import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dext_tasks.scaffold.questions import ListedQuestion
    from dext_tasks.scaffold.render import LeftOut, Preview, Scaffolded


def scaffold_lines(made: Scaffolded) -> list[str]:
    """What was made, and what to do next."""
    return [
        f"Made {made.path} with {len(made.files)} files; git: {made.git.value}",
        *made.git_output.splitlines(),
        *(f"  replaced {file}" for file in made.replaced),
        *_left_out(made.missing),
        "",
        "Next:",
        f"  cd {shlex.quote(str(made.path))}",
        "  inv build",
        "  inv smoke",
        *([f"  inv ci.{made.missing.pipeline}"] if made.missing.pipeline else []),
    ]


def scaffold_data(made: Scaffolded) -> dict[str, object]:
    """The same as data."""
    return {
        "path": str(made.path),
        "files": _names(made.files),
        "replaced": _names(made.replaced),
        "git": made.git.value,
        "pipeline_to_write": made.missing.pipeline or None,
    }


def scaffold_intention_lines(planned: Preview) -> list[str]:
    """What would be made."""
    of_file = {file: f"  {file}, which is there and would be replaced" for file in planned.replaced}
    shown = [of_file.get(file, f"  {file}") for file in planned.files]
    return [f"Would make {planned.path} with", *shown, *_left_out(planned.missing)]


def _left_out(missing: LeftOut) -> list[str]:
    if not missing.is_below:
        return []
    lines = [
        "Left out is what is read at the top of the repository alone: pipeline, commit hook, Dependabot, Renovate."
    ]
    if missing.pipeline:
        several = f"dext ci {missing.pipeline} --extension FOLDER --extension FOLDER"
        lines.append(
            f"`inv ci.{missing.pipeline}` writes the pipeline there; for several extensions, `{several}` does."
        )
    return lines


def scaffold_intention_data(planned: Preview) -> dict[str, object]:
    """The same as data."""
    return {
        "dry_run": True,
        "path": str(planned.path),
        "files": _names(planned.files),
        "replaced": _names(planned.replaced),
        "pipeline_to_write": planned.missing.pipeline or None,
    }


def questions_table(questions: Sequence[ListedQuestion]) -> Table:
    """One row a choice, and one for a question with any answer."""
    rows = []
    for each in questions:
        head = (each.name, each.text)
        for value, meaning in each.choices.items() or [("", "")]:
            shown = f"{value} (default)" if value and value == each.default else value or each.default or "any text"
            rows.append((*head, shown, meaning))
            head = ("", "")
    return Table("Questions of dext new", ("name", "question", "answer", "which means"), rows, notes=[_HOW])


_HOW = "answer with a flag, --backend go; with --data backend=go; or in a file, --answers FILE"


def questions_data(questions: Sequence[ListedQuestion]) -> dict[str, object]:
    """The same as data; a default is null where it follows from other answers."""
    return {
        "questions": [
            {
                "name": each.name,
                "question": each.text,
                "default": each.default or None,
                "choices": [{"value": value, "meaning": meaning} for value, meaning in each.choices.items()],
            }
            for each in questions
        ]
    }


def _names(files: Sequence[Path]) -> list[str]:
    return [file.as_posix() for file in files]
