"""The pipeline that a verb runs in, and its language: groups, annotations, outputs and the summary of a job.

Nothing else reads the variables of GitHub Actions and GitLab CI.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.console.text import printable, visible
from dext_tasks.errors import ConfigError
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.console.table_layout import Table
    from dext_tasks.errors import DextError

VARIABLE: Final = "DEXT_PIPELINE"
"""Names the pipeline where it is not the one that the other variables show."""
_AUTO = "auto"
# Of one step; GitHub takes nothing of a larger one:
# https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
SUMMARY_LIMIT: Final = 1024 * 1024
_DOTENV = "dext.env"


class PipelineKind(StrEnum):
    """Whose language is spoken."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


class Level(StrEnum):
    """How an annotation is shown; the names of GitHub's commands."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Annotation(NamedTuple):
    """What GitHub shows beside a line of a file, or on the page of the run where there is none.

    Attributes:
        level: How it is shown.
        text: What is said.
        title: Above the text.
        file: From the workspace; empty for none.
        line: Of the file, from 1; 0 for none.
    """

    level: Level
    text: str
    title: str
    file: str = ""
    line: int = 0

    @property
    def command(self) -> str:
        """The line that makes the runner show it."""
        properties = {"file": self.file, "line": str(self.line or ""), "title": self.title}
        given = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
        return f"::{self.level} {given}::{_data(self.text)}"


def failure(error: DextError, file: str = "", line: int = 0) -> Annotation:
    """What ended a run, with the place that it is about."""
    return Annotation(Level.ERROR, f"{error.message}: {error.remedy}", type(error).__name__, file, line)


class PipelineJob(NamedTuple):
    """What a run writes to besides its streams.

    Attributes:
        kind: Whose language is spoken.
        outputs: File of values for later steps or jobs; empty for none.
        summary: File of what is shown on the page of the run; empty for none.
        workspace: Folder that the pipeline knows files from; empty if it says none.
    """

    kind: PipelineKind = PipelineKind.NONE
    outputs: str = ""
    summary: str = ""
    workspace: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> PipelineJob:
        """The pipeline that variables show.

        https://docs.github.com/actions/reference/workflows-and-actions/variables
        https://docs.gitlab.com/ci/variables/predefined_variables/
        """
        kind, is_told = kind_of(environment), environment.get(VARIABLE, _AUTO) != _AUTO
        if kind is PipelineKind.GITLAB:
            folder = environment.get("CI_PROJECT_DIR", "")
            # A text, as the other's.
            return cls(kind, os.path.join(folder, _DOTENV) if folder else "", "", folder)  # noqa: PTH118 - as above
        if is_told and kind is PipelineKind.NONE:
            return cls()
        # Whoever sets a file's name wants it, also where nothing says that this is GitHub.
        names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE")
        return cls(kind, *(environment.get(name, "") for name in names))

    def failures(self, error: DextError, folder: Path) -> list[Annotation]:
        """What ended a run, an annotation for each line of a file that it names, or one without.

        Args:
            error: The error.
            folder: Where the run looked for a project.
        """
        # Settings list all that is wrong with them.
        told = [error.message, *(error.detail.splitlines() if isinstance(error, ConfigError) else ())]
        named = [found for each in told if (found := _PLACE.match(each))]
        places = [(self._file(found["file"], folder), int(found["line"]), found["what"]) for found in named]
        return [
            Annotation(Level.ERROR, f"{what}: {error.remedy}", type(error).__name__, file, line)
            for file, line, what in places
            if file
        ] or [failure(error)]

    def _file(self, name: str, folder: Path) -> str:
        """A file from the workspace; empty if it is not there, or outside of it.

        Args:
            name: As somebody was told it, from the folder or one above.
            folder: Where the run looked for a project.
        """
        top = Path(self.workspace or ".").resolve()
        for each in (folder.resolve(), *folder.resolve().parents):
            if not each.is_relative_to(top):
                return ""
            file = (each / name).resolve()
            if file.is_relative_to(top) and file.is_file():
                return file.relative_to(top).as_posix()
        return ""

    def opening(self, title: str, name: str, now: float) -> str:
        """What begins a group of lines that the pipeline folds; empty where nothing does.

        https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#grouping-log-lines
        https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections

        Args:
            title: What stands for the lines.
            name: Of this group alone: letters, digits and underscores.
            now: Seconds since 1970.
        """
        if self.kind is PipelineKind.GITHUB:
            return f"::group::{_data(title)}\n"
        if self.kind is PipelineKind.GITLAB:
            return f"\x1b[0Ksection_start:{now:.0f}:{name}[collapsed=true]\r\x1b[0K{visible(title)}\n"
        return ""

    def closing(self, name: str, now: float) -> str:
        """What ends a group; arguments as for ``opening``."""
        if self.kind is PipelineKind.GITHUB:
            return "::endgroup::\n"
        return f"\x1b[0Ksection_end:{now:.0f}:{name}\r\x1b[0K\n" if self.kind is PipelineKind.GITLAB else ""

    def give(self, values: Mapping[str, str]) -> list[str]:
        """Give values to later steps of a job on GitHub, or to the artifact ``dext.env`` of one on GitLab.

        https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
        https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv

        Args:
            values: By name, which is of letters, digits and underscores.

        Returns:
            Names of those that a dotenv artifact cannot hold: GitLab refuses all of a file with a blank in a value.

        Raises:
            FileAccessError: The file cannot be written.
        """
        if not self.outputs:
            return []
        is_dotenv = self.kind is PipelineKind.GITLAB
        left = [name for name, value in values.items() if is_dotenv and _BLANK.search(value)]
        lines = (f"{_output(name, value)}\n" for name, value in values.items() if name not in left)
        _append(self.outputs, "".join(lines))
        return left

    def summarise(self, table: Table) -> None:
        """Add a table to the page of the run, as far as there is room; nothing where there is none.

        https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary

        Raises:
            FileAccessError: The file cannot be written.
        """
        if self.summary:
            written = Path(self.summary).stat().st_size if Path(self.summary).is_file() else 0
            _append(self.summary, markdown(table, SUMMARY_LIMIT - written))


NO_PIPELINE: Final = PipelineJob()


def kind_of(environment: Mapping[str, str]) -> PipelineKind:
    """The pipeline of a run; a wrong word is taken for none here, see ``require_known``."""
    told = environment.get(VARIABLE, _AUTO)
    if told in set(PipelineKind):
        return PipelineKind(told)
    if environment.get("GITHUB_ACTIONS") == "true":
        return PipelineKind.GITHUB
    return PipelineKind.GITLAB if environment.get("GITLAB_CI") == "true" else PipelineKind.NONE


def require_known(environment: Mapping[str, str]) -> None:
    """Require that the variable names a pipeline.

    Raises:
        ConfigError: It does not.
    """
    told = environment.get(VARIABLE, _AUTO)
    if told not in {*PipelineKind, _AUTO}:
        raise ConfigError(f"{VARIABLE} is {told!r}", remedy=f"use one of {', '.join((_AUTO, *PipelineKind))}")


def markdown(table: Table, room: int) -> str:
    """A table for the page of a run, with its notes; nothing in it is obeyed.

    Args:
        table: What is shown.
        room: Bytes that it may take; rows and notes that do not fit are left out, which is said.
    """
    rows = [f"| {' | '.join(map(_cell, row))} |\n" for row in table.rows]
    notes = [f"- {_cell(note)}\n" for note in table.notes]
    head = f"### {_cell(table.title)}\n\n"
    if rows:
        head += f"| {' | '.join(map(_cell, table.columns))} |\n|{' --- |' * len(table.columns)}\n"
    room -= len(f"{head}\n\n{_MORE}\n\n".encode())
    if room < 0:
        return ""
    body = [*rows, *(["\n"] if rows and notes else []), *notes]
    taken = 0
    for number, line in enumerate(body):
        taken += len(line.encode())
        if taken > room:
            return f"{head}{''.join(body[:number])}\n{_MORE}\n\n"
    return f"{head}{''.join(body)}\n"


# "invoke.yaml:3: what is wrong", or "metadata.json: line 3, column 9: what is wrong".
_PLACE = regex(r"(?P<file>[^\s:]{1,200}):(?: line )?(?P<line>\d+)(?:, column \d+)?: (?P<what>.+)")
_MORE = "There is more than fits here; the log has all of it."
_BLANK = regex(r"\s")
_NEW_LINE = regex(r"[\r\n]")
# What Markdown, HTML and the mathematics of GitHub's Markdown begin with; as entities they are text anywhere:
# https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
_MARKUP = regex(r"[\\`*_{}\[\]<>()#+!|~&@$=-]")


def _cell(text: str) -> str:
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", visible(text).strip())


def _data(text: str) -> str:
    # https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts escapes the same; without it a
    # label could write commands of its own into the log.
    return printable(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _output(name: str, value: str) -> str:
    """A line of outputs, or several where the value has several."""
    if not _NEW_LINE.search(value):
        return f"{name}={value}"
    from secrets import token_hex

    # Whoever could guess what ends it could go on with outputs of their own.
    end = f"dext_{token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}"


def _append(name: str, text: str) -> None:
    try:
        with Path(name).open("a", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
    except OSError as error:
        from dext_tasks.console.result_file import ResultFile

        raise ResultFile(Path(name)).unwritable(error) from error
