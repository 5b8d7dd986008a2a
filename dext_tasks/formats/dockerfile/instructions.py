"""Instructions: a keyword, its flags and its arguments.

Follows https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/split_command.go
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from dext_tasks.formats.dockerfile import heredocs, pairs
from dext_tasks.formats.dockerfile.refusals import RefusalError, located
from dext_tasks.formats.dockerfile.shellwords import BLANKS, SPACES
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.formats.dockerfile.heredocs import Body, Heredoc
    from dext_tasks.formats.dockerfile.lines import LineReader, LogicalLine, Position
    from dext_tasks.formats.dockerfile.pairs import Pair

_KEYWORD = regex(f"[{SPACES}]*([^{BLANKS}]*)[{BLANKS}]*")
_FLAG = regex(
    rf"""[{SPACES}]*+(--(?>(?:
        \\.|\\\Z
      | "(?>(?:[^"\\]++|\\.)*)(?:"|\\?\Z)
      | '(?>(?:[^'\\]++|\\.)*)(?:'|\\?\Z)
      | [^{SPACES}'"\\]
    )*))""",
    re.VERBOSE | re.DOTALL,
)
_QUOTING = regex(r"\\(.?)|[\"']", re.DOTALL)
_HEREDOC_KEYWORDS = {"RUN", "COPY", "ADD"}


@dataclass(frozen=True)
class Instruction:
    r"""One instruction of a Dockerfile.

    Attributes:
        keyword: In upper case.
        text: The arguments behind keyword and flags, continuations joined, variables not replaced.
        line: 1-based number of the physical line it begins on.
        end_line: That of the line it ends on, heredocs included.
        flags: The words with ``--`` before the arguments.
        escape: The escape character in force, ``\`` or `````.
        bodies: What its heredocs say, in their order.
    """

    keyword: str
    text: str
    line: int
    end_line: int
    flags: tuple[str, ...]
    escape: str
    _source: LogicalLine
    _offset: int
    bodies: tuple[Body, ...] = ()

    def line_at(self, offset: int) -> int:
        """The physical line on which this character of ``text`` stands."""
        return self._source.number_at(self._offset + offset)

    def position_at(self, offset: int) -> Position:
        """Where in the file this character of ``text`` stands; one before ``text`` has a negative offset."""
        return self._source.position_at(self._offset + offset)

    def flag_span(self, name: str) -> tuple[int, int] | None:
        """Where ``--name=value`` stands, as offsets from the beginning of ``text``; None when there is none."""
        for found in _FLAG.finditer(self._source.text, 0, self._offset):
            if found[1].startswith(f"--{name}="):
                return found.start(1) - self._offset, found.end(1) - self._offset
        return None

    def flag(self, name: str) -> str:
        """The value of ``--name=value``, empty when there is none."""
        prefix = f"--{name}="
        return next((flag.removeprefix(prefix) for flag in self.flags if flag.startswith(prefix)), "")

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The declarations of an ARG, or the pairs of an ENV or LABEL.

        Raises:
            RefusalError: There is none, or one of them is refused.
        """
        if self.keyword == "ARG":
            return tuple(pairs.arguments(self.text, self.escape))
        return tuple(pairs.key_values(self.keyword, self.text, self.escape))

    @property
    def trigger(self) -> Instruction:
        """The instruction inside an ONBUILD."""
        # The trigger is read again as a file of its own, without the directives of this one
        # (initOnBuildTriggers in
        # https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go).
        return replace(_instruction(self._source, self._offset, "\\", self.end_line), bodies=self.bodies)


def read(reader: LineReader) -> Iterator[Instruction]:
    """The instructions in their order, not yet looked into.

    Raises:
        DockerfileRefusedError: A directive, a line's length or a heredoc is refused.
    """
    while (source := reader.logical_line()) is not None:
        instruction = _instruction(source, 0, reader.directives.escape, reader.number)
        with located(instruction.line):
            bodies = _bodies(reader, instruction)
        yield replace(instruction, end_line=reader.number, bodies=bodies) if bodies else instruction


def _instruction(source: LogicalLine, start: int, escape: str, end_line: int) -> Instruction:
    line = source.text.rstrip(SPACES)
    keyword = _KEYWORD.match(line, start)
    assert keyword is not None  # noqa: S101 - each of its parts may be empty
    flags, offset = _flags(line, keyword.end())
    arguments = line[offset:]
    text = arguments.lstrip(SPACES)
    return Instruction(
        keyword=keyword[1].upper(),
        text=text,
        line=source.number_at(keyword.start(1)) if start else source.numbers[0],
        end_line=end_line,
        flags=flags,
        escape=escape,
        _source=source,
        _offset=offset + len(arguments) - len(text),
    )


def _flags(text: str, start: int) -> tuple[tuple[str, ...], int]:
    flags: list[str] = []
    while match := _FLAG.match(text, start):
        start = match.end()
        flag = _QUOTING.sub(lambda quoting: quoting[1] or "", match[1])
        if flag == "--":
            break
        flags.append(flag)
    return tuple(flags), start


def _bodies(reader: LineReader, instruction: Instruction) -> tuple[Body, ...]:
    opener = instruction.trigger if instruction.keyword == "ONBUILD" else instruction
    if opener.keyword not in _HEREDOC_KEYWORDS:
        return ()
    return tuple(
        _body(reader, heredoc)
        for heredoc in heredocs.opened_by(instruction._source.text)  # noqa: SLF001 - its own module
    )


def _body(reader: LineReader, heredoc: Heredoc) -> Body:
    body = reader.heredoc(heredoc)
    if body is None:
        raise RefusalError(
            f"unterminated heredoc {heredoc.name!r}",
            remedy=f"end it with a line that holds {heredoc.name} and nothing else",
        )
    return body
