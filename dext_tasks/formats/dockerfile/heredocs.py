"""Here-documents: the words that open them and the lines that end them.

Source: https://docs.docker.com/reference/dockerfile/#here-documents
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.formats.dockerfile.refusals import RefusalError
from dext_tasks.formats.dockerfile.shellwords import ShellLexer
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

_TAB = "\t"
_QUOTES = frozenset("'\"")
_OPENING = regex(r"[0-9]*<<(-?)([^<]*)")
# Heredoc words are lexed with the backslash whatever the escape directive says (heredocsFromLine in
# https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/parser.go).
_LINE_LEXER = ShellLexer(raw_quotes=True, raw_escapes=True, keep_unset=True)
_NAME_LEXER = ShellLexer(keep_unset=True)


class Heredoc(NamedTuple):
    """A here-document.

    Attributes:
        name: The line that ends it.
        chomp: Whether tabs may stand before that line (``<<-``), and are taken off every other.
        is_literal: Whether variables stay as they are written, since some of the word is quoted.
    """

    name: str
    chomp: bool
    is_literal: bool = False

    def ends_at(self, line: str) -> bool:
        """Whether this line is the last one."""
        return (line.lstrip("\t") if self.chomp else line) == self.name

    def body(self, lines: Iterable[str], number: int) -> Body:
        """What its lines say, each with its carriage return if it has one.

        Args:
            lines: Without their line feeds.
            number: 1-based number of the first of them.
        """
        return Body("".join(f"{line.lstrip(_TAB) if self.chomp else line}\n" for line in lines), number)


class Body(NamedTuple):
    """What a here-document says, variables not replaced.

    Attributes:
        text: Its lines.
        line: 1-based number of the first of them.
    """

    text: str
    line: int


def opened_by(line: str) -> list[Heredoc]:
    """The heredocs a logical line opens, in the order in which their bodies follow.

    Raises:
        RefusalError: The word after ``<<`` cannot be read.
    """
    if "<<" not in line:
        return []
    try:
        words = _LINE_LEXER.words(line)
    except RefusalError:
        # What the shell lexer cannot read, say ${array[@]}, opens no heredoc for BuildKit.
        return []
    return [heredoc for heredoc in map(heredoc_of, words) if heredoc]


def heredoc_of(word: str) -> Heredoc | None:
    """The heredoc that this word opens, if it opens one.

    Raises:
        RefusalError: The word after ``<<`` cannot be read.
    """
    match = _OPENING.fullmatch(word) if "<<" in word else None
    names = _NAME_LEXER.words(match[2]) if match else []
    if not match or len(names) != 1:
        return None
    return Heredoc(names[0], chomp=bool(match[1]), is_literal=not _QUOTES.isdisjoint(match[2]))
