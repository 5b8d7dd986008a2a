"""The ``dext`` program: the same verbs, where no tasks.py exists yet."""

from __future__ import annotations

from invoke.program import Program

from dext_tasks._version import __version__
from dext_tasks.tasks import namespace

program = Program(name="dext", binary="dext", binary_names=["dext"], namespace=namespace, version=__version__)


def main() -> None:
    """Run the program with the process's arguments."""
    program.run()
