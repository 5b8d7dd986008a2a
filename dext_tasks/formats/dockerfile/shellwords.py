"""BuildKit's shell lexer: quotes, escapes and variables of one word, or of a line of words.

Follows https://github.com/moby/buildkit/blob/master/frontend/dockerfile/shell/lex.go
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from dext_tasks.formats.dockerfile.refusals import RefusalError
from dext_tasks.formats.dockerfile.substitution import (
    Expansion,
    Variable,
    alternative,
    replaced,
    require_bounded,
    trimmed,
)
from dext_tasks.regex import regex

SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

# What separates an instruction's keyword from the rest is narrower, so a no-break space after LABEL
# makes an unknown instruction:
# https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/split_command.go
BLANKS = "\t\v\f\r "
BLANK_RUN = regex(f"[{BLANKS}]+")

if TYPE_CHECKING:
    from collections.abc import Callable

    Lookup = Callable[[str], Expansion | None]
    MayBeGiven = Callable[[str], bool]

# BuildKit has no bound here, Python's call stack has one.
_DEEPEST = 50
_SPECIAL_PARAMETERS = "@*#?-$!"
_SPACE_RUN = regex(f"[{SPACES}]+")


@dataclass(frozen=True)
class ShellLexer:
    r"""How words are read.

    Attributes:
        escape: The escape character, ``\`` or `````.
        raw_quotes: Leave quotes in the result.
        plain_quotes: Take quotes for characters like any other, as in a heredoc.
        raw_escapes: Leave escape characters in the result.
        keep_unset: Leave variables without a value as they are written.
    """

    escape: str = "\\"
    raw_quotes: bool = False
    plain_quotes: bool = False
    raw_escapes: bool = False
    keep_unset: bool = False

    def expand(self, word: str, lookup: Lookup, may_be_given: MayBeGiven = lambda _: False) -> Expansion:
        """The word without quotes and escapes, its variables replaced.

        Args:
            word: The word as written.
            lookup: The value of a variable, nothing when it is not set.
            may_be_given: Whether a build may give a variable without a value one; ``${name:?}`` then refuses nothing.

        Raises:
            RefusalError: A quote or brace is not closed, a substitution is not known, or a variable is required.
        """
        return _Scan(self, word, lookup, may_be_given).all()

    def words(self, text: str) -> list[str]:
        """The text split at spaces that are neither quoted nor escaped; no variable has a value.

        Raises:
            RefusalError: As for ``expand``.
        """
        pieces = _Scan(self, text, lambda _: None, lambda _: False).until("", raw_escapes=self.raw_escapes)
        words: list[list[str]] = [[]]
        for piece in pieces:
            first, *others = [piece.text] if piece.whole else _SPACE_RUN.split(piece.text)
            words[-1].append(first)
            words += [[other] for other in others]
        return [word for word in map("".join, words) if word]


@dataclass(frozen=True)
class _Piece(Expansion):
    """Part of a word; a whole one came out of quotes or an escape and is not split at spaces."""

    whole: bool = False


class _Scan:
    def __init__(self, lexer: ShellLexer, text: str, lookup: Lookup, may_be_given: MayBeGiven) -> None:
        self._lexer = lexer
        # Go's text/scanner drops a byte order mark at the start of each word.
        self._text = text.removeprefix("\ufeff")
        self._lookup = lookup
        self._may_be_given = may_be_given
        self._at = self._depth = self._substituted = 0
        self._raw_escapes = lexer.raw_escapes
        self._quotes = "" if lexer.plain_quotes else "'\""

    def all(self) -> Expansion:
        """Read all of the text."""
        if not self._text or _plain(self._lexer.escape, "", self._quotes).fullmatch(self._text):
            # Most words stand for themselves.
            return Expansion(self._text)
        return _joined(self.until("", raw_escapes=self._raw_escapes))

    def until(self, stop: str, *, raw_escapes: bool) -> list[_Piece]:
        """Read up to the stop character and past it, or all of the text when there is none."""
        outer, self._raw_escapes = self._raw_escapes, raw_escapes
        plain = _plain(self._lexer.escape, stop, self._quotes)
        pieces: list[_Piece] = []
        while char := self._peek():
            if char == stop:
                self._at += 1
                self._raw_escapes = outer
                return pieces
            if run := plain.match(self._text, self._at):
                self._at = run.end()
                pieces.append(_Piece(run[0]))
            else:
                pieces.append(self._special(char))
        if stop:
            raise RefusalError(
                f"unexpected end of statement while looking for matching {stop}",
                remedy=f"close the substitution with {stop}",
            )
        self._raw_escapes = outer
        return pieces

    def _special(self, char: str) -> _Piece:
        match char:
            case "$":
                value = self._dollar()
                return _Piece(value.text, value.unresolved, value.optional)
            case "'":
                return self._single_quoted()
            case '"':
                return self._double_quoted()
        return self._escaped()

    def _escaped(self) -> _Piece:
        escape, char = self._take(), self._take()
        return _Piece((escape if self._raw_escapes else "") + char, whole=True)

    def _single_quoted(self) -> _Piece:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            self._at = len(self._text)
            raise _unclosed("single-quote", "'")
        inner = self._text[self._at + 1 : end]
        self._at = end + 1
        return _Piece(f"'{inner}'" if self._lexer.raw_quotes else inner, whole=True)

    def _double_quoted(self) -> _Piece:
        self._at += 1
        quote = '"' if self._lexer.raw_quotes else ""
        plain = _plain_in_quotes(self._lexer.escape)
        parts = [Expansion(quote)]
        while (char := self._peek()) != '"':
            if not char:
                raise _unclosed("double-quote", '"')
            if run := plain.match(self._text, self._at):
                self._at = run.end()
                parts.append(Expansion(run[0]))
            else:
                parts.append(self._dollar() if char == "$" else Expansion(self._escaped_in_quotes()))
        self._at += 1
        whole = _joined([*parts, Expansion(quote)])
        return _Piece(whole.text, whole.unresolved, whole.optional, whole=True)

    def _escaped_in_quotes(self) -> str:
        escape = self._take()
        following = self._peek()
        # Between double quotes every other backslash is an ordinary character.
        char = self._take() if following and following in f'"${escape}' else escape
        return (escape if self._raw_escapes else "") + char

    def _dollar(self) -> Expansion:
        self._at += 1
        if self._peek() == "{":
            self._at += 1
            value = self._braced()
        else:
            name = self._name()
            value = self._plain_variable(name, f"${name}") if name else Expansion("$")
        self._substituted += len(value.text)
        require_bounded(self._substituted)
        return value

    def _braced(self) -> Expansion:
        if (first := self._peek()) and first in "{}:":
            raise _bad_substitution("syntax error: bad substitution")
        name, operator = self._name(), self._take()
        colon = operator if operator == ":" else ""
        operator = self._take() if colon else operator
        if operator == "}" and not colon:
            return self._plain_variable(name, f"${{{name}}}")
        if operator == "/" and not colon:
            return self._replacement(name)
        if operator and operator in ("+-?" if colon else "+-?#%"):
            return self._modified(name, colon, operator)
        if not operator:
            raise _bad_substitution("syntax error: missing '}'")
        raise _bad_substitution(f"unsupported modifier ({colon}{operator}) in substitution")

    def _plain_variable(self, name: str, written: str) -> Expansion:
        variable = self._variable(name)
        return Expansion(written) if self._kept(variable) else variable.plain

    def _modified(self, name: str, colon: str, operator: str) -> Expansion:
        pattern = operator in "#%"
        word = self._operand("}", "missing '}'", raw_escapes=pattern)
        variable = self._variable(name)
        if self._kept(variable):
            return Expansion(f"${{{name}{colon}{operator}{word.text}}}")
        if pattern:
            return trimmed(variable, operator, word)
        return alternative(variable, operator, word, empty_is_unset=bool(colon))

    def _replacement(self, name: str) -> Expansion:
        everywhere = self._peek() == "/"
        if everywhere:
            self._at += 1
        pattern = self._operand("/", "missing '/' in ${}", raw_escapes=True)
        new = self._operand("}", "missing '}'", raw_escapes=True)
        variable = self._variable(name)
        if self._kept(variable):
            return Expansion(f"${{{name}/{pattern.text}/{new.text}}}")
        return replaced(variable, pattern, new, everywhere=everywhere)

    def _operand(self, stop: str, unclosed: str, *, raw_escapes: bool) -> Expansion:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _bad_substitution(f"substitutions nested more than {_DEEPEST} deep")
        try:
            pieces = self.until(stop, raw_escapes=raw_escapes)
        except RefusalError as refusal:
            if self._peek():
                raise
            raise _bad_substitution(f"syntax error: {unclosed}") from refusal
        self._depth -= 1
        return _joined(pieces)

    def _variable(self, name: str) -> Variable:
        value = self._lookup(name)
        lacking = (name,) if value is None else value.unresolved + value.optional
        return Variable(name, value, any(map(self._may_be_given, lacking)))

    def _kept(self, variable: Variable) -> bool:
        return self._lexer.keep_unset and variable.value is None

    def _name(self) -> str:
        start, first = self._at, self._peek()
        if first and first in _SPECIAL_PARAMETERS:
            self._at += 1
        elif first.isdecimal():
            self._pass(str.isdecimal)
        else:
            self._pass(_is_name_character)
        return self._text[start : self._at]

    def _pass(self, accepted: Callable[[str], bool]) -> None:
        while (char := self._peek()) and accepted(char):
            self._at += 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._peek()
        self._at += len(char)
        return char


@cache
def _plain(escape: str, stop: str, quotes: str) -> re.Pattern[str]:
    return re.compile(f"[^${quotes}{re.escape(escape + stop)}]+")


@cache
def _plain_in_quotes(escape: str) -> re.Pattern[str]:
    return re.compile(f'[^$"{re.escape(escape)}]+')


def _is_name_character(char: str) -> bool:
    return char.isalpha() or char.isdecimal() or char == "_"


def _joined(parts: list[Expansion] | list[_Piece]) -> Expansion:
    text = "".join([part.text for part in parts])
    if not any(part.unresolved or part.optional for part in parts):
        return Expansion(text)
    unresolved = dict.fromkeys(name for part in parts for name in part.unresolved)
    optional = dict.fromkeys(name for part in parts for name in part.optional)
    return Expansion(text, tuple(unresolved), tuple(optional))


def _unclosed(what: str, quote: str) -> RefusalError:
    return RefusalError(
        f"unexpected end of statement while looking for matching {what}",
        remedy=f"close the value with {quote}, or escape the {quote} that is part of it",
    )


def _bad_substitution(message: str) -> RefusalError:
    return RefusalError(message, remedy="write ${NAME} or ${NAME:-default}; escape a literal $ as \\$")
