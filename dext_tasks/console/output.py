"""The two streams of a run."""

from __future__ import annotations

import io
import json
import re
import sys
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, TextIO, cast

from dext_tasks.console.pipe import Pipe
from dext_tasks.console.pipeline import NO_PIPELINE, PipelineJob, PipelineKind, kind_of
from dext_tasks.console.text import inert, uncommanding, visible
from dext_tasks.errors import ChecksFailedError, FileAccessError
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.console import Console, RenderableType

    from dext_tasks.console.pipeline import Annotation
    from dext_tasks.console.table_layout import Table
    from dext_tasks.errors import DextError


# Width of a table where no terminal says how wide it is, as in CI logs.
_WIDTH = 200


class _Screen:
    """A stream that people may read.

    Args:
        stream: Where to write.
        colour: Whether text is coloured.
    """

    def __init__(self, stream: TextIO | None, *, colour: bool) -> None:
        self.stream = Pipe(stream)
        self._colour = colour

    @cached_property
    def rich(self) -> Console:
        """For what changes on a terminal."""
        made = self._console(cast("IO[str]", self.stream))
        if not made.is_terminal:
            made.width = _WIDTH
        return made

    def _console(self, file: IO[str], width: int | None = None) -> Console:
        from rich.console import Console

        # What is shown comes from images, files and logs: `:on:` in it is not an emoji.
        return Console(
            file=file,
            width=width,
            highlight=False,
            emoji=False,
            soft_wrap=True,
            no_color=not self._colour,
            color_system="standard" if self._colour else None,
        )

    @property
    def is_ascii(self) -> bool:
        """Whether it takes ASCII only."""
        return not self.rich.encoding.lower().startswith("utf")

    def write(self, text: str) -> None:
        """Text as it is, at once."""
        self.stream.write(text)
        self.stream.flush()

    def line(self, text: str, style: str) -> str:
        """A line in its colour."""
        code = _CODES.get(style, "") if self._colour else ""
        text = uncommanding(text)
        return f"\x1b[{code}m{text}\x1b[0m\n" if code else f"{text}\n"

    def drawn(self, table: Table) -> str:
        """A table as text; no line ends with blanks, which a log would keep and a narrow pager would wrap."""
        from rich.text import Text

        from dext_tasks.console.table_layout import grid

        seen = table._replace(title=visible(table.title), rows=[tuple(map(visible, row)) for row in table.rows])
        made = grid(seen, self.rich.width, lambda cell: Text(cell, _style(cell)), is_ascii=self.is_ascii)
        paper = io.StringIO()
        console = self._console(paper, self.rich.width)
        # Never text with markup: escaping doubles a backslash at the end of a cell.
        console.print(Text(seen.title, "bold"), soft_wrap=True)
        console.print(made, soft_wrap=False)
        drawn = _TRAILING.sub(lambda found: found[0].replace(" ", ""), paper.getvalue()).rstrip("\n") + "\n"
        # A cell may be folded anywhere.
        return uncommanding(drawn)


class Output:
    """Writes results to standard output, and what goes on to standard error.

    Args:
        as_json: Whether standard output is for one JSON document; results for people then go to standard error.
        err: Stream of what goes on.
        out: Stream of results.
        colour: Whether text on ``err`` is coloured.
        out_colour: Whether text on ``out`` is coloured.
        verbose: Whether details are shown.
        pipeline: What the run is a job of; its commands go where progress goes, never into a document.

    Attributes:
        annotates: Whether annotations are shown, which only GitHub does; to be unset where a document has them.
    """

    def __init__(  # noqa: PLR0913 - a stream and a colour each
        self,
        *,
        as_json: bool = False,
        err: TextIO | None = None,
        out: TextIO | None = None,
        colour: bool = False,
        out_colour: bool = False,
        verbose: bool = False,
        pipeline: PipelineJob = NO_PIPELINE,
    ) -> None:
        self.as_json = as_json
        self.pipeline = pipeline
        self.annotates = pipeline.kind is PipelineKind.GITHUB
        self.verbose = verbose
        self._err = _Screen(err or sys.stderr, colour=colour)
        self._out = _Screen(out or sys.stdout, colour=out_colour)
        self._has_document = False
        self._has_annotated = False
        self._is_live = False

    @classmethod
    def of(cls, environment: Mapping[str, str], *, as_json: bool = False, verbose: bool = False) -> Output:
        """The streams of this process, as variables want them.

        Args:
            environment: Variables of the run.
            as_json: As of the class.
            verbose: As of the class.
        """
        # A pipeline's log shows colours. Standard output may go to a file there.
        is_job = not environment.get("NO_COLOR") and kind_of(environment) is not PipelineKind.NONE
        return cls(
            as_json=as_json,
            colour=is_job or wants_colour(environment, sys.stderr),
            out_colour=wants_colour(environment, sys.stdout),
            verbose=verbose,
            pipeline=PipelineJob.of(environment),
        )

    @property
    def can_be_live(self) -> bool:
        """Whether people look at a terminal on which lines can be changed."""
        # Not rich's answer alone: FORCE_COLOR makes it see a terminal everywhere.
        rich = self._err.rich
        is_job = self.pipeline.kind is not PipelineKind.NONE
        return not is_job and self._err.stream.isatty() and rich.is_terminal and not rich.is_dumb_terminal

    @contextmanager
    def live(self, render: Callable[[], RenderableType]) -> Iterator[None]:
        """While the block runs, what is rendered stays below whatever is said; afterwards it is gone."""
        from rich.live import Live

        made = Live(
            console=self._err.rich,
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
        return self._out.stream.isatty()

    @property
    def is_ascii(self) -> bool:
        """Whether progress has to be shown in ASCII."""
        return self._err.is_ascii

    def say(self, text: str, style: str = "", *, result: bool = False) -> None:
        """A line for people; markup, control characters and the commands of a CI system in it do nothing.

        Args:
            text: The line; a line feed in it is shown, and does not end it.
            style: Its colour.
            result: Whether it is what the verb was called for, and so goes to standard output.
        """
        shown = visible(text)
        if self._is_live:
            self._say_above(shown, style)
            return
        screen = self._screen(result=result)
        screen.write(screen.line(shown, style))

    def lines(self, text: str, style: str = "") -> None:
        """Text of several lines, each as in ``say``."""
        for line in text.rstrip("\n").split("\n"):
            self.say(line, style)

    def detail(self, text: str, *, result: bool = False) -> None:
        """A line for people who asked for details."""
        if self.verbose:
            self.say(text, "dim", result=result)

    def _screen(self, *, result: bool) -> _Screen:
        return self._out if result and not self.as_json else self._err

    def _say_above(self, shown: str, style: str) -> None:
        from rich.text import Text

        self._err.rich.print(Text(shown, style if style in _CODES else ""), soft_wrap=True)

    def table(self, table: Table, *, result: bool = False) -> None:
        """A table for people; ``result`` as in ``say``."""
        screen = self._screen(result=result)
        drawn = screen.drawn(table)
        if self._is_live:
            from rich.text import Text

            self._err.rich.print(Text.from_ansi(drawn), soft_wrap=True)
        else:
            screen.write(drawn)
        for note in table.notes:
            self.say(note, result=result)

    def summarise(self, table: Table) -> None:
        """Add a table to the summary of the job; where that cannot be written, it is said, and nothing fails."""
        try:
            self.pipeline.summarise(table)
        except FileAccessError as error:
            self.say(f"no summary: {error.message}", style="yellow")

    def give(self, values: Mapping[str, str]) -> None:
        """Give values to later steps or jobs of the pipeline.

        Raises:
            FileAccessError: The file of them cannot be written.
        """
        for name in self.pipeline.give(values):
            self.say(f"{name} is not in {self.pipeline.outputs}: it has a blank in it", style="yellow")

    def annotate(self, annotation: Annotation) -> None:
        """Show it beside the line of a file, where the pipeline shows such a thing."""
        if self.annotates:
            self._has_annotated = True
            self.command(f"{annotation.command}\n")

    def command(self, text: str) -> None:
        """What the pipeline is to obey; nothing of it may come from others as it is."""
        self._err.write(text)

    def result(self, text: str) -> None:
        """The one line a script would want, on standard output; left out when JSON is."""
        if not self.as_json:
            self._out.write(f"{text}\n")

    def data(self, document: Mapping[str, object]) -> None:
        """The JSON document, if it is wanted."""
        self._has_document = True
        if self.as_json:
            self._out.write(inert(json.dumps(document, indent=2, sort_keys=False, default=str)) + "\n")

    def document(self, text: str) -> None:
        """A document that is whole already, on standard output whether or not JSON is wanted."""
        self._has_document = True
        self._out.write(inert(text))

    def require_written(self) -> None:
        """Require that standard output took all results.

        Raises:
            FileAccessError: It did not; whatever the verb does is done all the same.
        """
        if self._out.stream.fault:
            raise FileAccessError(
                f"standard output cannot be written: {self._out.stream.fault}",
                remedy="give it a place with room; the verb did its work, but its result was lost",
            )

    def error(self, error: DextError, folder: Path | None = None) -> None:
        """What went wrong and what to do next, for people and programs.

        Args:
            error: The error.
            folder: Where the run looked for a project, whose files the error may name.
        """
        # A pipeline has folded away what was told.
        if error.detail and not (error.detail_was_told and self.pipeline.kind is PipelineKind.NONE):
            self.lines(error.detail, style="dim")
        self.say(f"error: {error.message}", style="bold red")
        self.say(f"  next: {error.remedy}")
        # In a check, each finding has its own already.
        if self.annotates and not (self._has_annotated and isinstance(error, ChecksFailedError)):
            for each in self.pipeline.failures(error, folder or Path()):
                self.annotate(each)
        if self._has_document:
            # One document a run: the results that are there say what is wrong, and more of it.
            return
        self.data(error_data(error))


def wants_colour(env: Mapping[str, str], stream: TextIO | None) -> bool:
    """Conventions: https://no-color.org and https://force-color.org."""
    # A process may be started without the stream: https://docs.python.org/3/library/sys.html#sys.__stdout__
    if env.get("NO_COLOR") or stream is None:
        return False
    return bool(env.get("FORCE_COLOR")) or (stream.isatty() and env.get("TERM") != "dumb")


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


# Blanks at a line's end, and colours among them.
_TRAILING = regex(r"(?:[ ]|\x1b\[[0-9;]*m)+$", re.MULTILINE)
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
    "broken": "bold red",
    "aborted": "magenta",
    "fail": "bold red",
    "failed": "bold red",
    "error": "bold red",
    "emulator crash": "bold red",
}
