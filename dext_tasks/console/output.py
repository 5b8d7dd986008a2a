"""The two streams of a run."""

from __future__ import annotations

import json
import re
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
        rows: Cells as text; one that is a status, such as ``ok``, is shown in its colour.
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
        colour: Whether text for people is coloured.
    """

    def __init__(
        self, *, as_json: bool = False, err: TextIO | None = None, out: TextIO | None = None, colour: bool = False
    ) -> None:
        self.as_json = as_json
        self._colour = colour
        self._err = err or sys.stderr
        self._out = out or sys.stdout
        self._has_document = False

    @cached_property
    def _rich(self) -> Console:
        from rich.console import Console  # noqa: PLC0415 - 60 ms that only tables pay

        # What is shown comes from images, files and logs: `:on:` in it is no emoji.
        console = Console(
            file=self._err,
            highlight=False,
            emoji=False,
            soft_wrap=True,
            no_color=not self._colour,
            color_system="standard" if self._colour else None,
        )
        if not console.is_terminal:
            console.width = _WIDTH
        return console

    def say(self, text: str, style: str = "") -> None:
        """A line for people; markup and control characters in it do nothing."""
        shown = _visible(text)
        code = _CODES.get(style, "") if self._colour else ""
        self._err.write(f"\x1b[{code}m{shown}\x1b[0m\n" if code else f"{shown}\n")
        self._err.flush()

    def table(self, table: Table) -> None:
        """A table for people."""
        from rich import box  # noqa: PLC0415 - as _rich
        from rich.table import Table as RichTable  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        plain = not self._rich.encoding.lower().startswith("utf")
        made = RichTable(
            title=Text(table.title, "bold"),
            title_justify="left",
            box=box.ASCII if plain else box.SIMPLE_HEAD,
        )
        for column in table.columns:
            made.add_column(column, overflow="fold")
        for row in table.rows:
            # Never text with markup: escaping doubles a backslash at the end of a cell.
            made.add_row(*(Text(_visible(cell), STYLES.get(cell.lower(), "")) for cell in row))
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

    def document(self, text: str) -> None:
        """A document that is whole already, on standard output whether or not JSON is wanted."""
        self._has_document = True
        self._out.write(text)
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


# Everything a terminal acts on but the line feed and the tab: text from images and logs is shown, not obeyed.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Select Graphic Rendition: https://www.ecma-international.org/publications-and-standards/standards/ecma-48/
_CODES = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
    "dim": "2",
    "bold red": "1;31",
    "bold green": "1;32",
}


def _visible(text: str) -> str:
    return _CONTROL.sub("", text)


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
