"""The two streams of a run."""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import IO, TYPE_CHECKING, TextIO, cast

from dext_tasks.console.pipe import Pipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import Console, RenderableType

    from dext_tasks.errors import DextError

# Width of a table where no terminal says how wide it is, as in CI logs.
_WIDTH = 200


@dataclass(frozen=True)
class Table:
    """A table for people.

    Attributes:
        title: Above the table.
        columns: Column heads.
        rows: Cells as text; a status, such as ``ok``, is shown in its colour, also with more after two spaces.
        notes: Lines below the table.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    notes: Sequence[str] = ()


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
        self._err = Pipe(err or sys.stderr)
        self._out = Pipe(out or sys.stdout)
        self._has_document = False
        self._is_live = False

    @cached_property
    def _rich(self) -> Console:
        from rich.console import Console  # noqa: PLC0415 - 60 ms that only tables pay

        # What is shown comes from images, files and logs: `:on:` in it is no emoji.
        console = Console(
            file=cast("IO[str]", self._err),
            highlight=False,
            emoji=False,
            soft_wrap=True,
            no_color=not self._colour,
            color_system="standard" if self._colour else None,
        )
        if not console.is_terminal:
            console.width = _WIDTH
        return console

    @property
    def can_be_live(self) -> bool:
        """Whether people look at a terminal on which lines can be changed."""
        # Not rich's answer alone: FORCE_COLOR makes it see a terminal everywhere.
        return self._err.isatty() and self._rich.is_terminal and not self._rich.is_dumb_terminal

    @contextmanager
    def live(self, render: Callable[[], RenderableType]) -> Iterator[None]:
        """While the block runs, what is rendered stays below whatever is said; afterwards it is gone."""
        from rich.live import Live  # noqa: PLC0415 - as _rich

        made = Live(
            console=self._rich,
            get_renderable=render,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        # Set for longer than it is shown: what other threads say meanwhile must never go past it.
        self._is_live = True
        try:
            with made:
                yield
        finally:
            self._is_live = False

    @property
    def is_read_by_people(self) -> bool:
        """Whether standard output, too, is a terminal."""
        return self._out.isatty()

    @property
    def is_ascii(self) -> bool:
        """Whether the stream for people may hold ASCII only."""
        return not self._rich.encoding.lower().startswith("utf")

    def say(self, text: str, style: str = "") -> None:
        """A line for people; markup and control characters in it do nothing."""
        shown = visible(text)
        if self._is_live:
            self._say_above(shown, style)
            return
        code = _CODES.get(style, "") if self._colour else ""
        self._err.write(f"\x1b[{code}m{shown}\x1b[0m\n" if code else f"{shown}\n")
        self._err.flush()

    def _say_above(self, shown: str, style: str) -> None:
        from rich.text import Text  # noqa: PLC0415 - as _rich

        self._rich.print(Text(shown, style if style in _CODES else ""), soft_wrap=True)

    def table(self, table: Table) -> None:
        """A table for people."""
        from rich.text import Text  # noqa: PLC0415 - as _rich

        from dext_tasks.console.grid import grid  # noqa: PLC0415 - as _rich

        seen = replace(table, rows=[tuple(map(visible, row)) for row in table.rows])
        made = grid(seen, self._rich.width, lambda cell: Text(cell, _style(cell)), is_ascii=self.is_ascii)
        self._rich.print(made, soft_wrap=False)
        for note in table.notes:
            self.say(note)

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
        self.data(error_data(error))


def error_data(error: DextError) -> dict[str, object]:
    """An error as data."""
    return {
        "error": {
            "kind": type(error).__name__,
            "exit_code": error.exit_code,
            "message": error.message,
            "remedy": error.remedy,
            "detail": error.detail,
        }
    }


# Colours and cursor movements in logs: ECMA-48, 5.4, as below.
SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
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


def visible(text: str) -> str:
    """Text without what a terminal would act on."""
    return _CONTROL.sub("", SEQUENCE.sub("", text))


def _style(cell: str) -> str:
    return STYLES.get(cell.partition("  ")[0].lower(), "")


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
