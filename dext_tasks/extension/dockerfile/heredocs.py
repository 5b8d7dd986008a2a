"""Here-documents: the words that open them and the lines that end them.

Source: https://docs.docker.com/reference/dockerfile/#here-documents
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dext_tasks.extension.dockerfile.refusals import RefusalError
from dext_tasks.extension.dockerfile.shellwords import ShellLexer

_OPENING = re.compile(r"[0-9]*<<(-?)([^<]*)")
# Heredoc words are lexed with the backslash whatever the escape directive says (heredocsFromLine in
# https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/parser.go).
_LINE_LEXER = ShellLexer(raw_quotes=True, raw_escapes=True, keep_unset=True)
_NAME_LEXER = ShellLexer(keep_unset=True)


@dataclass(frozen=True)
class Heredoc:
    """A here-document.

    Attributes:
        name: The line that ends it.
        chomp: Whether tabs may stand before that line (``<<-``).
    """

    name: str
    chomp: bool

    def ends_at(self, line: str) -> bool:
        """Whether this line is the last one."""
        return (line.lstrip("\t") if self.chomp else line) == self.name


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
    match = _OPENING.fullmatch(word)
    names = _NAME_LEXER.words(match[2]) if match else []
    return Heredoc(names[0], chomp=bool(match[1])) if match and len(names) == 1 else None
