"""What is wrong with a text that should be JSON, in words that say how to correct it.

Parsers say what they expected, each Python in other words and at another column. Here the token that cannot stand
where it stands is named, with what is usually meant by it. Grammar: https://www.rfc-editor.org/rfc/rfc8259
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from dext_tasks.extension.excerpt import excerpt

_DEEPEST = 200
_SHOWN = 30
_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_STRING_BEGIN = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?(?![\w.])")
_WORD = re.compile(r"[^\s\[\]{},:\"]++")
_LITERALS = frozenset({"true", "false", "null"})
# Single and double quotation marks of typography, angle quotes, grave and acute accent.
_TYPOGRAPHIC = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u0060\u00b4"
_QUOTES = {"'": "'", **dict.fromkeys(_TYPOGRAPHIC, "a typographic quote")}
_CLOSING = {"[": "]", "{": "}"}
# What other languages write, and JSON does not.
_FOREIGN = frozenset({"NaN", "Infinity", "-Infinity", "True", "False", "None", "undefined", "nil", "yes", "no"})
_NUMERIC = re.compile(r"[-+.]?[0-9][\w.+-]*+")


class Cause(Enum):
    """Where a fault usually comes from, if that is a matter of what the text is written in."""

    UNQUOTED = auto()
    BACKSLASH = auto()
    UNTOLD = auto()


@dataclass(frozen=True)
class JsonFault:
    """The first thing that is wrong.

    Attributes:
        offset: Of what cannot stand where it stands; of the end of the text if something is missing there.
        what: What is wrong.
        fix: What to do about it.
        cause: Where it usually comes from.
    """

    offset: int
    what: str
    fix: str
    cause: Cause = Cause.UNTOLD


class _Wanted(Enum):
    """What comes next."""

    VALUE = auto()
    VALUE_OR_END = auto()
    KEY = auto()
    KEY_OR_END = auto()
    COLON = auto()
    COMMA = auto()
    NOTHING = auto()


def json_fault(text: str) -> JsonFault | None:
    """The first thing that makes a text invalid JSON; None if nothing does, or it is nested too deeply to be read."""
    return _Reader(text).read()


class _Reader:
    """Goes from token to token, with the brackets that are open."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._open: list[str] = []
        self._wanted = _Wanted.VALUE
        # Whether a string has just ended: what follows it at once was probably to be part of it.
        self._after_string = False

    def read(self) -> JsonFault | None:
        while len(self._open) <= _DEEPEST:
            before = self._at
            self._at = _end(_SPACE, self._text, before)
            is_beside = self._after_string and self._at == before
            if self._at == len(self._text):
                return self._unfinished() if self._wanted is not _Wanted.NOTHING else None
            if not self._take(self._text[self._at]):
                return self._fault(is_beside=is_beside)
        return None

    def _take(self, char: str) -> bool:
        """Take the next token; False if it cannot stand here."""
        self._after_string = False
        wanted = self._wanted
        if wanted in {_Wanted.KEY, _Wanted.KEY_OR_END} and char == '"':
            return self._string(_Wanted.COLON)
        if wanted is _Wanted.COLON:
            return self._jump(self._at + (char == ":"), _Wanted.VALUE)
        if self._open and char == _CLOSING[self._open[-1]] and self._may_close():
            self._open.pop()
            return self._jump(self._at + 1, self._following)
        if wanted is _Wanted.COMMA:
            return self._jump(self._at + (char == ","), _Wanted.KEY if self._open[-1] == "{" else _Wanted.VALUE)
        return wanted in {_Wanted.VALUE, _Wanted.VALUE_OR_END} and self._value(char)

    def _may_close(self) -> bool:
        return self._wanted in {_Wanted.VALUE_OR_END, _Wanted.KEY_OR_END, _Wanted.COMMA}

    @property
    def _following(self) -> _Wanted:
        return _Wanted.COMMA if self._open else _Wanted.NOTHING

    def _string(self, following: _Wanted) -> bool:
        end = _end(_STRING, self._text, self._at)
        self._after_string = end > self._at
        return self._jump(end, following)

    def _value(self, char: str) -> bool:
        if char in _CLOSING:
            self._open.append(char)
            return self._jump(self._at + 1, _Wanted.KEY_OR_END if char == "{" else _Wanted.VALUE_OR_END)
        if char == '"':
            return self._string(self._following)
        word = _WORD.match(self._text, self._at)
        if word and word[0] in _LITERALS:
            return self._jump(word.end(), self._following)
        return self._jump(_end(_NUMBER, self._text, self._at), self._following)

    def _jump(self, end: int, following: _Wanted) -> bool:
        """Go on behind a token; False if there is none."""
        if end > self._at:
            self._at, self._wanted = end, following
            return True
        return False

    def _unfinished(self) -> JsonFault:
        closing = "".join(_CLOSING[each] for each in reversed(self._open))
        if not self._open:
            return self._said("there is nothing", "write an array of objects: [{...}]")
        if self._wanted in {_Wanted.COMMA, _Wanted.VALUE_OR_END, _Wanted.KEY_OR_END}:
            return self._said(f"the value ends, and {closing} is missing", f"add {closing} at the end")
        return self._said("the value ends in the middle", f"complete it, and end it with {closing}")

    def _fault(self, *, is_beside: bool) -> JsonFault:
        char = self._text[self._at]
        found = self._anywhere(char)
        if found:
            return found
        match self._wanted:
            case _Wanted.NOTHING:
                return self._leftover(char)
            case _Wanted.COMMA:
                return self._separator(char, is_beside=is_beside)
            case _Wanted.COLON:
                missing = (
                    f"{char} stands in place of a colon" if char == "=" else f"a colon is missing before {self._shown}"
                )
                return self._said(missing, 'write "key": "value"')
            case _Wanted.KEY | _Wanted.KEY_OR_END:
                return self._key(char)
        return self._no_value(char)

    def _anywhere(self, char: str) -> JsonFault | None:
        """What is wrong wherever it stands."""
        if char == "\\":
            return self._said("there is a backslash outside of a text", "remove it", Cause.BACKSLASH)
        if char in _QUOTES:
            return self._said(f"{_QUOTES[char]} is not a quote in JSON", f'write " in place of {char}')
        if char == "\ufeff":
            return self._said("there is a byte order mark", "remove it; an editor can save the file without one")
        if self._text.startswith(("//", "/*", "#"), self._at) and self._at:
            return self._said("there is a comment, which JSON does not have", "remove the comment")
        if char == '"' and _end(_STRING, self._text, self._at) == self._at:
            return self._broken_string()
        return None

    def _broken_string(self) -> JsonFault:
        end = _end(_STRING_BEGIN, self._text, self._at)
        if end == len(self._text):
            return self._said("the quote that ends a text is missing", 'end the text that begins here with "')
        self._at = end
        if self._text[end] == "\\":
            shown = excerpt(self._text[end : end + 2])
            return self._said(f"{shown} means nothing in a text", "write \\\\ for a backslash")
        if self._text[end] == "\n":
            return self._said("a text goes on over the end of a line", 'write \\n in its place, or end the text with "')
        return self._said("there is a control character in a text", "remove it, or write it as \\u and four digits")

    def _leftover(self, char: str) -> JsonFault:
        if char == "," and self._text.lstrip().startswith("{"):
            return self._said("several objects are not in an array", "put [ before the first and ] after the last")
        return self._said(f"{self._shown} follows the end of the JSON", "remove what follows")

    def _separator(self, char: str, *, is_beside: bool) -> JsonFault:
        closing = _CLOSING[self._open[-1]]
        if char in "]}":
            return self._said(f"{char} stands where {closing} is expected", f"put {closing} before it")
        if is_beside and char != '"':
            return self._said(
                f"the quote before {self._shown} ends the text", 'write \\" for a quote that is part of a text'
            )
        if char in ":=;":
            return self._said(f"{char} stands where a comma or {closing} is expected", f"write a comma or {closing}")
        return self._said(f"a comma is missing before {self._shown}", "put a comma between the two")

    def _key(self, char: str) -> JsonFault:
        if char == "}":
            return self._said("there is a comma with nothing after it", "remove the comma before }")
        if _WORD.match(char):
            return self._said(f"the key {self._shown} is not in quotes", "put it in double quotes", Cause.UNQUOTED)
        return self._said(f"{self._shown} stands where a key in double quotes is expected", 'write "key": "value"')

    def _no_value(self, char: str) -> JsonFault:
        before = self._text[: self._at].rstrip()[-1:]
        if char in "]}" and before in {",", ":"}:
            named = "comma" if before == "," else "colon"
            fix = f"remove the comma before {char}" if before == "," else "write a value after it"
            return self._said(f"there is a {named} with nothing after it", fix)
        if not before and char not in ",:]}":
            shown = excerpt(self._text[self._at :], _SHOWN)
            return self._said(
                f"{shown} stands where JSON is expected", "write an array of objects: [{...}]", Cause.UNQUOTED
            )
        if _NUMERIC.match(self._text, self._at):
            return self._said(f"{self._shown} is not a number in JSON", "put it in double quotes")
        if self._shown in _FOREIGN:
            return self._said(f"{self._shown} is not a value in JSON", "write true, false, null or a text in quotes")
        if _WORD.match(char):
            return self._said(f"{self._shown} is not in quotes", "put it in double quotes", Cause.UNQUOTED)
        return self._said(f"{self._shown} stands where a value is expected", "write a text in double quotes")

    @property
    def _shown(self) -> str:
        word = _WORD.match(self._text, self._at)
        string = _STRING.match(self._text, self._at)
        found = string[0] if string else word[0] if word else self._text[self._at]
        return excerpt(found, _SHOWN)

    def _said(self, what: str, fix: str, cause: Cause = Cause.UNTOLD) -> JsonFault:
        return JsonFault(self._at, what, fix, cause)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a match ends; the offset itself if there is none."""
    found = pattern.match(text, at)
    return found.end() if found else at
