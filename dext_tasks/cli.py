"""The ``dext`` program: the same verbs, where no tasks.py exists yet."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from invoke.exceptions import Exit
from invoke.parser.context import ParserContext

from dext_tasks._version import __version__
from dext_tasks.errors import ConfigError, UsageError, why_failed
from dext_tasks.tasks import namespace
from dext_tasks.tasks.program import FOR_SHELL_COMMANDS, VerbProgram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from invoke.parser.argument import Argument

_HELP = {"dry": "Show what a verb would do and change nothing, as its --dry-run."}


class DextProgram(VerbProgram):
    """The program of the verbs alone."""

    def core_args(self) -> list[Argument]:
        """Its own flags."""
        found = super().core_args()
        for each in found:
            each.help = _HELP.get(each.names[0], each.help)
        return found

    def create_config(self) -> None:
        """Read what invoke's configuration holds for every project."""
        with self._reading_configuration():
            super().create_config()

    def update_config(self, merge: bool = True) -> None:  # noqa: FBT001, FBT002 - invoke's
        """Add what flags say to invoke's configuration."""
        with self._reading_configuration():
            super().update_config(merge)

    @contextmanager
    def _reading_configuration(self) -> Iterator[None]:
        # Whatever the readers of YAML, JSON and Python files raise: https://docs.pyinvoke.org/en/stable/concepts/configuration.html
        try:
            yield
        except Exception as error:
            raise self.reported(
                ConfigError(
                    f"invoke's own configuration cannot be read: {_why_unreadable(error)}",
                    remedy="correct the file: the one of --config, /etc/invoke.yaml or ~/.invoke.yaml",
                )
            ) from error

    def parse_core(self, argv: list[str] | None) -> None:
        """Parse its own flags, and print its version if that is asked for."""
        with self.printing():
            super().parse_core(argv)

    def parse_core_args(self) -> None:
        """Parse its own flags."""
        with self.reporting():
            try:
                super().parse_core_args()
            except ValueError as error:
                value = str(error).rpartition(": ")[2]
                raise UsageError(
                    f"a flag has the value {value}, which is not a number", remedy="see `dext --help`"
                ) from error

    def parse_cleanup(self) -> None:
        """Show help or lists, if they are asked for."""
        with self.reporting():
            try:
                super().parse_cleanup()
            except Exit as ended:
                if ended.message:
                    raise UsageError(ended.message, remedy="see `dext --list`") from ended
                raise

    def print_help(self) -> None:
        """Print what the program can do."""
        sys.stdout.write(f"Usage: {self.binary} VERB [--options]\n\nCore options:\n\n")
        shown = [each for each in self.core_args() if each.names[0] not in FOR_SHELL_COMMANDS]
        self.print_columns(ParserContext(args=shown).help_tuples())
        self.list_tasks()


def _why_unreadable(error: Exception) -> str:
    """Why a file of configuration cannot be read, on one line, with file and line if its reader gives them."""
    # Of PyYAML, of which invoke has a copy of its own: https://pyyaml.org/wiki/PyYAMLDocumentation
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f"{mark.name}:{mark.line + 1}: {getattr(error, 'problem', None) or 'no YAML'}"
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {error.msg}"
    if isinstance(error, AttributeError) and error.name == "items":
        return "a file is not a mapping of keys to values"
    return why_failed(error).splitlines()[0]


program = DextProgram(name="dext", binary="dext", binary_names=["dext"], namespace=namespace, version=__version__)


def main() -> None:
    """Run the program with the process's arguments."""
    program.run()
