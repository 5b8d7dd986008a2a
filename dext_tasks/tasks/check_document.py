"""--format and --output: the report of a check that is wanted besides what people read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.console.result_file import ResultFile
from dext_tasks.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.checks.run import Checked
    from dext_tasks.console.formats import ReportFormat
    from dext_tasks.console.output import Output
    from dext_tasks.errors import DextError


@dataclass(frozen=True)
class CheckDocument:
    """The report that is wanted besides what people read.

    Attributes:
        format: Of it; None if none is wanted.
        file: Where it goes; empty for standard output.
        as_json: Whether standard output is for the report as JSON, whatever goes to the file.
    """

    format: ReportFormat | None
    file: str = ""
    as_json: bool = False

    @classmethod
    def wanted(cls, name: str, file: str, *, as_json: bool) -> CheckDocument:
        """What flags ask for.

        Raises:
            UsageError: There is no such format, or two flags contradict each other.
        """
        if file and not name:
            raise UsageError("--output needs --format", remedy="say in which format the file is to be written")
        return cls(format_of(name, as_json=as_json and not file), file, as_json=as_json)

    @property
    def is_printed(self) -> bool:
        """Whether standard output is for a document."""
        return self.as_json or bool(self.format and not self.file)

    @property
    def has_annotations(self) -> bool:
        """Whether what is printed has them."""
        return self.format == "github" and not self.file

    def require_place(self) -> None:
        """Require that the file can be written.

        Raises:
            UsageError: It cannot, as it is named.
            FileAccessError: It may not, or there is no room.
        """
        if self.file:
            ResultFile(Path(self.file)).require()

    def tell(self, output: Output, checked: Checked) -> None:
        """Print or write what was found."""
        if self.format:
            from dext_tasks.console.formats import FORMATS

            self._tell(output, lambda form: FORMATS[form](checked))

    def tell_failure(self, output: Output, error: DextError) -> None:
        """Print or write that no check could be made."""
        if self.format:
            from dext_tasks.console.formats import FAILURES

            self._tell(output, lambda form: FAILURES[form](error))

    def _tell(self, output: Output, made: Callable[[ReportFormat], str]) -> None:
        from dext_tasks.console.formats import ReportFormat

        if self.format and self.file:
            ResultFile(Path(self.file)).write(made(self.format))
        if self.is_printed:
            output.document(made(ReportFormat.JSON if self.as_json else ReportFormat(self.format or "json")))


def format_of(text: str, *, as_json: bool) -> ReportFormat | None:
    """The format that a report is to be written in, or None if only people are to read it.

    Raises:
        UsageError: There is no such format, or JSON and another one are asked for.
    """
    if not text and not as_json:
        return None
    from dext_tasks.console.formats import ReportFormat

    try:
        wanted = ReportFormat(text or ReportFormat.JSON)
    except ValueError as error:
        raise UsageError(f"there is no format {text!r}", remedy=f"use one of {', '.join(ReportFormat)}") from error
    if as_json and wanted is not ReportFormat.JSON:
        raise UsageError(f"--json and --format {text} cannot be combined", remedy="give one of them")
    return wanted
