"""The ``dext`` program: the same verbs, where no tasks.py exists yet."""

from __future__ import annotations

import sys

from invoke.exceptions import Exit, ParseError
from invoke.program import Program

from dext_tasks._version import __version__
from dext_tasks.console.pipe import Pipe
from dext_tasks.errors import UsageError
from dext_tasks.tasks import namespace


class DextProgram(Program):
    """Invoke's program, with an exit code of its own for what it cannot parse."""

    def parse_tasks(self) -> None:
        """Parse verbs and their flags; invoke alone would end with 1, which is what a finding means here."""
        try:
            super().parse_tasks()
        except ParseError as error:
            message = f"error: {error}\n  next: see `dext --list`, or `dext --help VERB`"
            raise Exit(message, code=UsageError.exit_code) from error


program = DextProgram(name="dext", binary="dext", binary_names=["dext"], namespace=namespace, version=__version__)


def main() -> None:
    """Run the program with the process's arguments; that nobody reads what it prints is no failure."""
    try:
        program.run()
    except BrokenPipeError:
        sys.exit(0)
    finally:
        Pipe(sys.stdout).flush()
