"""Files that a kernel hands to an interpreter.

What is done with the first line: https://man7.org/linux/man-pages/man2/execve.2.html#NOTES
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dext_tasks.formats.executable.binary import Binary, BinaryFormat, Flaw
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAGIC = b"#!"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# https://www.gnu.org/software/coreutils/manual/html_node/env-invocation.html
_ASSIGNMENT = regex(r"[A-Za-z_]\w*=.*", re.ASCII | re.DOTALL)
_SPLITTING = regex(r"(?:-[iv0]*S|--split-string(?:=|$))")
_TAKING_THE_NEXT_WORD = frozenset({"-u", "--unset", "-C", "--chdir"})


def read(head: bytes) -> Binary | None:
    """The facts about a script, None about a file without ``#!``; batch files and the like have none."""
    content = head.removeprefix(_BYTE_ORDER_MARK)
    if not content.startswith(_MAGIC):
        return None
    line = content.removeprefix(_MAGIC).partition(b"\n")[0]
    words = [word.decode("utf-8", "replace") for word in line.split()]
    launcher, flaws = next(iter(words), ""), tuple(_flaws(head, line, words))
    return Binary(BinaryFormat.SCRIPT, interpreter=_interpreter(words), launcher=launcher, flaws=flaws)


def _flaws(head: bytes, line: bytes, words: list[str]) -> Iterator[Flaw]:
    # No kernel skips the mark; a shell may run the file all the same, as its own.
    if head.startswith(_BYTE_ORDER_MARK):
        yield Flaw.BYTE_ORDER_MARK
    if b"\r" in line:
        yield Flaw.CARRIAGE_RETURN
    if not words:
        yield Flaw.NO_INTERPRETER
    if _is_env(words) and words[2:] and not _SPLITTING.match(words[1]):
        yield Flaw.ARGUMENTS_NOT_SPLIT


def _is_env(words: list[str]) -> bool:
    return bool(words) and words[0].rpartition("/")[2] == "env"


def _interpreter(words: list[str]) -> str:
    path, *arguments = words or [""]
    return next(_commands(arguments), path) if _is_env(words) else path


def _commands(arguments: Iterable[str]) -> Iterator[str]:
    """What env would run: its first argument that is neither an option nor an assignment."""
    words = iter(arguments)
    for word in words:
        # `-Snode` is the option and the first word of what it splits.
        command = _SPLITTING.sub("", word, count=1) if _SPLITTING.match(word) else word
        if command in _TAKING_THE_NEXT_WORD:
            next(words, "")
        elif command and not command.startswith("-") and not _ASSIGNMENT.fullmatch(command):
            yield command
