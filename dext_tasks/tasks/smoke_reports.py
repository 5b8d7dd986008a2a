"""--report and --junit: what a smoke test saw, in files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.console.result_file import ResultFile
from dext_tasks.errors import FileAccessError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dext_tasks.console.output import Output
    from dext_tasks.git import WorkTree
    from dext_tasks.smoke.result import SmokeResult


@dataclass(frozen=True)
class SmokeReports:
    """The files that are wanted.

    Attributes:
        page: Where the HTML page goes; empty if none is wanted.
        junit: Where JUnit XML goes; empty for nowhere.
    """

    page: str
    junit: str

    @property
    def files(self) -> list[Path]:
        """Every file that is wanted."""
        return [Path(name) for name in (self.page, self.junit) if name]

    def require_places(self) -> None:
        """Require that they can be written, before minutes are spent on what goes into them.

        Raises:
            UsageError: One cannot, as it is named; or both have one name.
            FileAccessError: One may not be written, or there is no room for it.
        """
        for file in self.files:
            ResultFile(file).require()
        if self.page not in ("", os.devnull) and Path(self.page).absolute() == Path(self.junit).absolute():
            raise UsageError(f"--report and --junit both name {self.page}", remedy="name two files")

    def write(
        self, results: Sequence[SmokeResult], tested: str, tree: WorkTree, output: Output
    ) -> FileAccessError | None:
        """Write them, and say where the page is.

        Args:
            results: What was seen.
            tested: What was tested, as people call it.
            tree: What it was built from.
            output: Where to say so.

        Returns:
            Why one of them is not written: to be raised when all else is done and told, or said beside what is raised.
            If neither is, the other one is said here.
        """
        page = _written(self.page, partial(_page, results, tested, tree)) if self.page else None
        if self.page and page is None:
            output.say(f"report: {self.page}")
        junit = _written(self.junit, partial(_junit, results, tree)) if self.junit else None
        if page and junit:
            output.say(junit.message, style="red")
        return page or junit


def _written(name: str, text: Callable[[], str]) -> FileAccessError | None:
    try:
        ResultFile(Path(name)).write(text())
    except FileAccessError as error:
        return error
    return None


def _junit(results: Sequence[SmokeResult], tree: WorkTree) -> str:
    from dext_tasks.console.smoke_junit import smoke_junit

    return smoke_junit(results, tree)


def _page(results: Sequence[SmokeResult], tested: str, tree: WorkTree) -> str:
    from dext_tasks._version import __version__
    from dext_tasks.console.smoke_page import PageContext, smoke_page
    from dext_tasks.console.work_tree import uncommitted

    when = datetime.now(UTC)
    context = PageContext(f"Smoke test of {tested}", tested, __version__, when, tree.commit, uncommitted(tree))
    return smoke_page(results, context)
