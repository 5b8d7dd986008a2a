"""The three-way merge of single files, done by copier's update in a temporary copy of just these."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import yaml

from dext_tasks.errors import ScaffoldError
from dext_tasks.git import PrivateGit
from dext_tasks.runtime.temporary import folder_of_run
from dext_tasks.scaffold.answers import ANSWERS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Copier orders versions of a template as PEP 440 does, and refuses to go back: these two are in the right order
# whatever the versions of dext-tasks are.
_BEFORE: Final = "1.0.0"
_AFTER: Final = "2.0.0"
# The files are rendered already: none has this suffix, so that copier changes nothing in them.
_TEMPLATE: Final = "_subdirectory: project\n_templates_suffix: .not-rendered-yet\n"
# Copier first applies what the author changed as a patch. With a few lines of context a patch can land at a place that
# only looks the same, such as the next job of a workflow. With the whole file as context it applies to a file that the
# template did not change, and all others go to `git merge-file`.
# https://github.com/copier-org/copier/blob/v9.19.1/copier/_main.py (_apply_update)
_WHOLE_FILE: Final = 1_000_000
CONFLICT: Final = re.compile(rb"^<<<<<<< before updating\r?$", re.MULTILINE)
"""How a conflict begins in a file that copier merged."""


@dataclass(frozen=True)
class Sides:
    """One text file as three sides have it.

    Attributes:
        base: As the template had it when the project was made, or last upgraded; empty if it had no such file.
        ours: As the author has it.
        theirs: As the template has it now.
    """

    base: bytes
    ours: bytes
    theirs: bytes


def merge(files: Mapping[str, Sides]) -> dict[str, bytes]:
    """What each file becomes; where both changed the same lines, both are there, between conflict markers.

    Args:
        files: By path in the project.

    Raises:
        GitError: Git does not work in a temporary folder.
        ScaffoldError: Copier fails.
    """
    if not files:
        return {}
    with folder_of_run() as place:
        work = place.resolve()
        git = PrivateGit.at(work / "home")
        template, project = work / "template", work / "extension"
        # Neither copier nor git finds a meaning in such names, as in .gitattributes or {{ name }}.
        names = {path: f"file-{number}" for number, path in enumerate(files)}
        _put(template, {"copier.yml": _TEMPLATE.encode()})
        for version, side in ((_BEFORE, "base"), (_AFTER, "theirs")):
            _put(template / "project", {names[path]: getattr(sides, side) for path, sides in files.items()})
            git.commit(template, version)
        answers = yaml.safe_dump({"_src_path": str(template), "_commit": _BEFORE})
        _put(project, {names[path]: sides.ours for path, sides in files.items()} | {ANSWERS_FILE: answers.encode()})
        git.commit(project, "before")
        _update(project, git.environment)
        return {path: (project / names[path]).read_bytes() for path in files}


def _put(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _update(project: Path, environment: Mapping[str, str]) -> None:
    # As in render.py: slow to import, and settings of whoever runs it are for templates of their own.
    from copier import Settings, run_update

    try:
        with _surrounded_by(environment):
            run_update(
                project,
                vcs_ref=_AFTER,
                settings=Settings(),
                defaults=True,
                overwrite=True,
                quiet=True,
                conflict="inline",
                context_lines=_WHOLE_FILE,
                skip_tasks=True,
            )
    except Exception as error:  # copier passes on whatever git, jinja2, yaml and pydantic raise
        raise ScaffoldError(
            f"the files could not be merged: {type(error).__name__}",
            remedy="run it again with -v; if it happens again, report it with the lines above",
            detail=str(error),
        ) from error


@contextmanager
def _surrounded_by(environment: Mapping[str, str]) -> Iterator[None]:
    """Let this process and what it starts see other variables."""
    from plumbum import local

    # Copier runs git with plumbum's copy of them, and dunamai, by which it reads a template's version, with Python's.
    before = dict(os.environ)
    try:
        with local.env():
            local.env.clear()
            local.env.update(environment)
            os.environ.clear()
            os.environ.update(environment)
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)
