"""Physical lines of a Dockerfile joined to logical ones, each character keeping its line number.

Follows https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/parser.go
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.dockerfile.refusals import RefusalError, located
from dext_tasks.formats.dockerfile.shellwords import SPACES
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from dext_tasks.formats.dockerfile.heredocs import Body, Heredoc


_KNOWN = {"syntax", "escape", "check"}
_DIRECTIVE = regex(r"([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=(.+)")
_ESCAPES = ("\\", "`")


class Directives:
    """The directives read so far; reading ends at the first line that is not one.

    Attributes:
        values: Value of each directive found, by its name in lower case.
        are_read: Whether a line was met that is none.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.are_read = False

    @property
    def escape(self) -> str:
        """The character that escapes another one and continues a line."""
        return self.values.get("escape", "\\")

    def read(self, line: str) -> None:
        r"""Look at the next line of the file.

        Raises:
            RefusalError: A directive stands there twice, or escape is neither ``\`` nor `````.
        """
        name, value = (None, "") if self.are_read else _directive(line)
        if name is None:
            self.are_read = True
            return
        if name in self.values:
            raise RefusalError(
                f"only one {name} parser directive can be used", remedy=f"remove the second # {name}= line"
            )
        if name == "escape" and value not in _ESCAPES:
            raise RefusalError(
                f"invalid escape token '{value}' does not match ` or \\",
                remedy="write # escape=` or # escape=\\, or remove the line",
            )
        self.values[name] = value


def _directive(line: str) -> tuple[str | None, str]:
    match = _DIRECTIVE.fullmatch(line[1:].lstrip(SPACES)) if line.startswith("#") else None
    if not match or match[1].lower() not in _KNOWN or not match[2].strip(SPACES):
        return None, ""
    return match[1].lower(), match[2].strip(SPACES)


# bufio.MaxScanTokenSize - 1, in bytes: BuildKit's scanner gives up on a longer physical line.
_LONGEST_LINE = 65535
_UNDECODABLE = regex("[\udc80-\udcff]")


class Position(NamedTuple):
    """Where in the file a character stands.

    Attributes:
        line: 1-based number of the physical line.
        column: Characters of that line before it; a byte order mark is none.
    """

    line: int
    column: int


class LogicalLine(NamedTuple):
    """One instruction's text with its continuations joined.

    Attributes:
        text: The joined text, without the continuation characters.
        starts: Where in the text each physical line begins, ascending, the first at 0.
        numbers: The 1-based number of each of these physical lines.
        indent: How many characters the first of them has before the text.
    """

    text: str
    starts: tuple[int, ...]
    numbers: tuple[int, ...]
    indent: int = 0

    def number_at(self, offset: int) -> int:
        """The physical line on which the character at this offset stands."""
        return self.numbers[bisect_right(self.starts, offset) - 1]

    def position_at(self, offset: int) -> Position:
        """Where in the file the character at this offset stands."""
        part = bisect_right(self.starts, offset) - 1
        return Position(self.numbers[part], offset - self.starts[part] + (0 if part else self.indent))


class LineReader:
    """Hands out logical lines and, between them, the bodies of heredocs."""

    def __init__(self, source: str) -> None:
        self.directives = Directives()
        # Only a line feed ends a line for BuildKit; str.splitlines knows ten more.
        self._lines = source.removeprefix("\ufeff").split("\n")
        if not self._lines[-1]:
            self._lines.pop()
        self._read = 0

    def logical_line(self) -> LogicalLine | None:
        """The next logical line, or nothing at the end of the file.

        Raises:
            DockerfileRefusedError: A directive is wrong or a line too long.
        """
        while (line := self._physical_line()) is not None:
            content = line.lstrip(SPACES)
            if not self.directives.are_read:
                with located(self._read):
                    self.directives.read(content)
            if content and not content.startswith("#"):
                return self._joined(content, len(line) - len(content))
        return None

    def heredoc(self, heredoc: Heredoc) -> Body | None:
        """What the heredoc says, read past its last line; nothing if there is no such line."""
        start = self._read
        while (line := self._physical_line()) is not None:
            if heredoc.ends_at(line):
                # As they stand there: the carriage returns that end other lines are part of the text.
                return heredoc.body(self._lines[start : self._read - 1], start + 1)
        return None

    @property
    def number(self) -> int:
        """The 1-based number of the physical line read last, 0 at the start."""
        return self._read

    def _joined(self, first: str, indent: int) -> LogicalLine:
        text, more = self._cut(first)
        parts, numbers = [text], [self._read]
        while more and (line := self._physical_line()) is not None:
            # Comments and empty lines do not end a continuation:
            # https://docs.docker.com/reference/build-checks/no-empty-continuation/
            content = line.lstrip(SPACES)
            if content and not content.startswith("#"):
                text, more = self._cut(line)
                parts.append(text)
                numbers.append(self._read)
        return LogicalLine("".join(parts), _starts(parts), tuple(numbers), indent)

    def _cut(self, line: str) -> tuple[str, bool]:
        # A doubled escape character is a literal one and continues nothing, also when tripled: Go's
        # regular expressions cannot look behind, see lineContinuationRegex in parser.go.
        escape = self.directives.escape
        bare = line.rstrip(" \t")
        more = bare.endswith(escape) and not bare.endswith(escape * 2)
        return (bare[:-1] if more else line), more

    def _physical_line(self) -> str | None:
        if self._read == len(self._lines):
            return None
        line = self._lines[self._read]
        self._read += 1
        # No character takes more than four bytes.
        if len(line) * 4 > _LONGEST_LINE:
            with located(self._read):
                _require_bounded(line)
        return line.rstrip("\r")


def decoded(source: str | bytes) -> str:
    """The text of a Dockerfile, each undecodable byte replaced as Go replaces it: one U+FFFD a byte."""
    if isinstance(source, str):
        return source
    return _UNDECODABLE.sub("\ufffd", source.decode("utf-8", "surrogateescape"))


def _starts(parts: list[str]) -> tuple[int, ...]:
    starts = [0]
    for part in parts[:-1]:
        starts.append(starts[-1] + len(part))
    return tuple(starts)


def _require_bounded(line: str) -> None:
    if len(line.encode("utf-8", "surrogatepass")) > _LONGEST_LINE:
        raise RefusalError(
            f"dockerfile line greater than max allowed size of {_LONGEST_LINE}",
            remedy="break the line with continuations; the joined text may be longer",
        )
