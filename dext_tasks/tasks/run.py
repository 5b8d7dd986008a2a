"""One call of a verb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.workspace import Workspace

if TYPE_CHECKING:
    from dext_tasks.console.output import Output


@dataclass(frozen=True, kw_only=True)
class Run(Workspace):
    """One call of a verb.

    Attributes:
        output: Where results go.
        dry_run: Whether only to show what would be done.
        full: Whether a dry run also does whatever changes nothing for good.
    """

    output: Output
    dry_run: bool = False
    full: bool = False
