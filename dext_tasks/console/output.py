"""The two streams of a run."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from dext_tasks.errors import DextError

# Width of a table where no terminal says how wide it is, as in CI logs.
_WIDTH = 200


@dataclass(frozen=True)
class Table:
    """A table for people.

    Attributes:
        title: Above the table.
        columns: Column heads.
        rows: Cells as text; a cell may start with a style in brackets, such as ``[red]``.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


class Output:
    """Writes text for people to standard error and data to standard output.

    Args:
        as_json: Whether data is wanted; without it standard output stays for the result line alone.
        err: Stream for people.
        out: Stream for programs.
    """

    def __init__(self, *, as_json: bool = False, err: TextIO | None = None, out: TextIO | None = None) -> None:
        self.as_json = as_json
        self._err = err or sys.stderr
        self._out = out or sys.stdout
        self._has_document = False

    @cached_property
    def _rich(self) -> Console:
        from rich.console import Console  # noqa: PLC0415 - 60 ms that `inv --list` need not pay

        # What is shown comes from images, files and logs: `:on:` in it is no emoji.
        console = Console(file=self._err, highlight=False, emoji=False, soft_wrap=True)
        if not console.is_terminal:
            console.width = _WIDTH
        return console

    def say(self, text: str, style: str = "") -> None:
        """A line for people; markup in it is shown, not obeyed."""
        self._rich.print(text, style=style or None, markup=False)

    def table(self, table: Table) -> None:
        """A table for people."""
        from rich import box  # noqa: PLC0415 - as _rich
        from rich.markup import escape  # noqa: PLC0415
        from rich.table import Table as RichTable  # noqa: PLC0415

        plain = not self._rich.encoding.lower().startswith("utf")
        made = RichTable(
            title=escape(table.title),
            title_justify="left",
            title_style="bold",
            box=box.ASCII if plain else box.SIMPLE_HEAD,
        )
        for column in table.columns:
            made.add_column(column, overflow="fold")
        for row in table.rows:
            made.add_row(*(_styled(cell, escape) for cell in row))
        self._rich.print(made, soft_wrap=False)

    def result(self, text: str) -> None:
        """The one line a script would want, on standard output; left out when JSON is."""
        if not self.as_json:
            self._out.write(f"{text}\n")
            self._out.flush()

    def data(self, document: Mapping[str, object]) -> None:
        """The JSON document, if it is wanted."""
        self._has_document = True
        if self.as_json:
            json.dump(document, self._out, indent=2, sort_keys=False, default=str)
            self._out.write("\n")
            self._out.flush()

    def error(self, error: DextError) -> None:
        """What went wrong and what to do next, for people and programs."""
        if error.detail:
            self.say(error.detail, style="dim")
        self.say(f"error: {error.message}", style="bold red")
        self.say(f"  next: {error.remedy}")
        if self._has_document:
            # One document a run: the results that are there say what is wrong, and more of it.
            return
        self.data(
            {
                "error": {
                    "kind": type(error).__name__,
                    "exit_code": error.exit_code,
                    "message": error.message,
                    "remedy": error.remedy,
                    "detail": error.detail,
                }
            }
        )


STYLES = {
    "ok": "green",
    "passed": "green",
    "done": "green",
    "warn": "yellow",
    "warning": "yellow",
    "skipped": "yellow",
    "todo": "cyan",
    "aborted": "magenta",
    "fail": "bold red",
    "failed": "bold red",
    "error": "bold red",
    "emulator crash": "bold red",
}


def _styled(cell: str, escape: object) -> str:
    style = STYLES.get(cell.lower())
    text = escape(cell) if callable(escape) else cell
    return f"[{style}]{text}[/]" if style else str(text)
