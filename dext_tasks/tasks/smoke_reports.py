"""--report and --junit: what a smoke test saw, in files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.console.output import Output
    from dext_tasks.git import WorkTree
    from dext_tasks.smoke.result import SmokeResult

HELP = {
    "report": "write a page with everything that was seen to this file",
    "junit": "write JUnit XML to this file",
}


@dataclass(frozen=True)
class SmokeReports:
    """The files that are wanted.

    Attributes:
        page: Where the HTML page goes; empty if none is wanted.
        junit: Where JUnit XML goes, likewise.
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
            UsageError: One cannot.
        """
        for file in self.files:
            if not file.parent.is_dir() or file.is_dir():
                raise UsageError(f"{file} cannot be written", remedy="name a file in a folder that is there")

    def write(self, results: Sequence[SmokeResult], tested: str, tree: WorkTree, output: Output) -> None:
        """Write them, and say where the page is.

        Args:
            results: What was seen.
            tested: What was tested, as people call it.
            tree: What it was built from.
            output: Where to say so.
        """
        if self.page:
            Path(self.page).write_text(_page(results, tested, tree), encoding="utf-8")
            output.say(f"report: {self.page}")
        if self.junit:
            from dext_tasks.console.smoke_junit import smoke_junit

            Path(self.junit).write_text(smoke_junit(results, tree), encoding="utf-8")


def _page(results: Sequence[SmokeResult], tested: str, tree: WorkTree) -> str:
    from dext_tasks._version import __version__
    from dext_tasks.console.smoke_page import PageContext, smoke_page
    from dext_tasks.console.work_tree import uncommitted

    when = datetime.now(UTC)
    context = PageContext(f"Smoke test of {tested}", tested, __version__, when, tree.commit, uncommitted(tree))
    return smoke_page(results, context)
