"""Questions to the person at the terminal, one at a time."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dext_tasks.config.kind import is_true

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dext_tasks.console.output import Output
    from dext_tasks.scaffold.questions import Question


def somebody_answers() -> bool:
    """Whether there is a terminal to ask on and to read answers from; that of a CI job has nobody before it.

    CI is set by all usual systems: https://docs.github.com/actions/reference/workflows-and-actions/variables,
    https://docs.gitlab.com/ci/variables/predefined_variables/
    """
    if is_true(os.environ.get("CI", "")):
        return False
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def read_line(prompt: str) -> str:
    """One line that somebody types; it can be edited where Python has readline.

    Raises:
        EOFError: The input ended.
    """
    if sys.stdout.isatty():
        with suppress(ImportError):
            import readline  # noqa: F401 - input() uses it as soon as it is there
        return input(prompt)
    # Standard output is for a program, as in `cd "$(dext new)"`, and input() would write the prompt there.
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")


@contextmanager
def interruptible() -> Iterator[None]:
    """While the block waits for a person, Ctrl-C ends it at once: there is nothing to clean up."""
    # Python allows handlers in the main thread only.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass
class Prompt:
    """Asks the questions of a template.

    Attributes:
        output: Where questions are shown.
        read: Gives a line for a prompt.
    """

    output: Output
    read: Callable[[str], str] = read_line
    _listed: set[str] = field(default_factory=set)

    def __call__(self, question: Question, fault: str) -> str:
        """Ask one question; after an answer that cannot be used, say why and ask again.

        Raises:
            EOFError: The input ended.
        """
        if fault:
            says_why = not question.choices or fault in question.excluded.values()
            by_number = f"choose a number from 1 to {len(question.choices)}, or a name"
            self.output.say(f"  {fault if says_why else by_number}", style="yellow")
        else:
            self.output.say("")
            self.output.say(question.text)
        if question.choices and question.name not in self._listed:
            self._listed.add(question.name)
            for number, choice in enumerate(question.choices, start=1):
                meaning = question.meanings.get(choice)
                self.output.say(f"  {number:>2}  {choice}{f': {meaning}' if meaning else ''}")
        answer = self.read(f"[{question.default}]: " if question.default else "> ").strip()
        is_number = answer.isdecimal() and answer.isascii() and 0 < int(answer) <= len(question.choices)
        return question.choices[int(answer) - 1] if is_number else answer
