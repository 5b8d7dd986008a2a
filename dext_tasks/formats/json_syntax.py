"""Where a text stops being JSON and why, in our own words.

Python's parser says where it noticed, and its wording, its columns and the depth it can read differ between versions:
3.13 points at a trailing comma, earlier ones at the bracket after it, https://github.com/python/cpython/issues/113149.
What a check reports must not depend on the Python that runs it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, NoReturn

from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable

# Python 3.11 reads 990 levels less the frames it is called from; nothing a desktop reads comes near it.
_DEEPEST: Final = 200
# The least that https://docs.python.org/3/library/stdtypes.html#int-max-str-digits can be set to is 640.
_MOST_DIGITS: Final = 600

_BLANK = regex(r"[ \t\n\r]*+")
_STRING = regex(r'"[^"\\\x00-\x1f]*+(?>(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*+)*)"')
_STRING_PART = regex(r'[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})')
_NUMBER = regex(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?")
_LIKE_A_NUMBER = regex(r"[-+.0-9]")
_WORD = regex(r"[^\W\d]\w*")
_GLUED = regex(r"[\w.+-]")
_LONG_NUMBER = regex(rf"[0-9]{{{_MOST_DIGITS + 1}}}")
_WORDS = frozenset({"true", "false", "null"})
_OTHER_LANGUAGES = frozenset({"True", "False", "None", "NaN", "Infinity", "undefined", "nil"})
# Single, typographic and angle quotes.
_QUOTES = frozenset("'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb")
_PAIRS: Final = {"[": "]", "{": "}"}


class Slip(Enum):
    """What kind of mistake it is."""

    EMPTY = auto()
    COMMA = auto()
    COLON = auto()
    QUOTE = auto()
    BACKSLASH = auto()
    CONTROL = auto()
    BRACKET = auto()
    WORD = auto()
    NUMBER = auto()
    COMMENT = auto()
    CHARACTER = auto()
    EXTRA = auto()
    DEPTH = auto()


@dataclass(frozen=True)
class SyntaxFault:
    """The first thing that is wrong with a text.

    Attributes:
        slip: Its kind.
        what: In words.
        line: From 1.
        column: In that line, from 1.
        offset: In the text, from 0.
    """

    slip: Slip
    what: str
    line: int
    column: int
    offset: int


class JsonSyntaxError(ValueError):
    """A text is not valid JSON.

    Attributes:
        fault: Where and why.
    """

    def __init__(self, fault: SyntaxFault) -> None:
        super().__init__(f"line {fault.line}, column {fault.column}: {fault.what}")
        self.fault = fault


def loads(text: str, *, object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:  # noqa: ANN401 - any value
    """The value of a JSON text: what RFC 8259 allows, up to 200 levels deep and 600 digits a number.

    Raises:
        JsonSyntaxError: It is not valid JSON.
    """
    try:
        value = json.loads(text, object_pairs_hook=object_pairs_hook, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise JsonSyntaxError(_fault(text) or _unforeseen()) from error
    # Python alone would read more of these, and each version another number of them.
    if (text.count("[") + text.count("{") > _DEEPEST or _LONG_NUMBER.search(text)) and (fault := _fault(text)):
        raise JsonSyntaxError(fault)
    return value


def json_kind(value: object) -> str:
    """What a value of JSON is, with its article."""
    kinds = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
        dict: "an object",
    }
    return kinds.get(type(value), "null")


def loads_bytes(content: bytes) -> Any:  # noqa: ANN401 - any value
    """The value of a JSON text in UTF-8, as ``loads`` has it.

    Raises:
        JsonSyntaxError: It is not UTF-8, or not valid JSON.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise JsonSyntaxError(SyntaxFault(Slip.CHARACTER, "it is not UTF-8", line, column, error.start)) from error
    return loads(text)


def _fault(text: str) -> SyntaxFault | None:
    try:
        _Scanner(text).scan()
    except _FoundError as found:
        line = text.count("\n", 0, found.offset) + 1
        column = found.offset - text.rfind("\n", 0, found.offset)
        return SyntaxFault(found.slip, found.what, line, column, found.offset)
    return None


def _unforeseen() -> SyntaxFault:
    # Deep in somebody's recursion Python reads fewer levels than we allow.
    return SyntaxFault(Slip.DEPTH, _TOO_DEEP, 1, 1, 0)


def _refuse(name: str) -> NoReturn:
    # Python reads NaN and Infinity, which JSON does not have: https://www.rfc-editor.org/rfc/rfc8259#section-6
    raise ValueError(name)


_TOO_DEEP = "nested too deeply"


class _FoundError(Exception):
    def __init__(self, slip: Slip, what: str, offset: int) -> None:
        super().__init__(what)
        self.slip = slip
        self.what = what
        self.offset = offset


class _Expected(Enum):
    VALUE = auto()
    ELEMENT = auto()
    ELEMENT_OR_END = auto()
    KEY = auto()
    KEY_OR_END = auto()
    COLON = auto()
    COMMA_OR_END = auto()
    END = auto()


class _Scanner:
    """Goes through a text once, token by token, without recursion."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._open: list[int] = []
        self._expected = _Expected.VALUE
        self._after_string = -1

    def scan(self) -> None:
        """Go through all of it.

        Raises:
            _FoundError: It is not valid JSON.
        """
        steps = {
            _Expected.VALUE: self._value,
            _Expected.ELEMENT: self._value,
            _Expected.ELEMENT_OR_END: self._element_or_end,
            _Expected.KEY: self._key,
            _Expected.KEY_OR_END: self._key_or_end,
            _Expected.COLON: self._colon,
            _Expected.COMMA_OR_END: self._comma_or_end,
        }
        while True:
            self._skip()
            if self._at == len(self._text):
                break
            if self._expected is _Expected.END:
                self._extra()
            steps[self._expected](self._text[self._at])
        self._end()

    def _skip(self) -> None:
        if found := _BLANK.match(self._text, self._at):
            self._at = found.end()

    def _end(self) -> None:
        if self._open:
            bracket = self._text[self._open[-1]]
            line = self._text.count("\n", 0, self._open[-1]) + 1
            what = f"the text ends before the {bracket} of line {line} is closed by {_PAIRS[bracket]}"
            raise _FoundError(Slip.BRACKET, what, self._at)
        if self._expected is not _Expected.END:
            raise _FoundError(Slip.EMPTY, "there is no value", 0)

    def _extra(self) -> NoReturn:
        char = self._text[self._at]
        if char in "]}":
            raise _FoundError(Slip.BRACKET, f"there is no bracket that this {char} closes", self._at)
        self._require_json_character(char)
        raise _FoundError(Slip.EXTRA, "the value ends before this, and more text follows", self._at)

    def _element_or_end(self, char: str) -> None:
        if char == "]":
            self._close()
        else:
            self._value(char)

    def _value(self, char: str) -> None:
        if char in "[{":
            self._begin(char)
        elif char == '"':
            self._string()
            self._value_ended()
        elif _LIKE_A_NUMBER.match(char):
            self._number()
        elif word := _WORD.match(self._text, self._at):
            self._word(word[0])
        else:
            self._no_value(char)

    def _begin(self, bracket: str) -> None:
        self._open.append(self._at)
        if len(self._open) > _DEEPEST:
            raise _FoundError(Slip.DEPTH, _TOO_DEEP, self._open[0])
        self._at += 1
        self._expected = _Expected.ELEMENT_OR_END if bracket == "[" else _Expected.KEY_OR_END

    def _close(self) -> None:
        self._open.pop()
        self._at += 1
        self._value_ended()

    def _value_ended(self) -> None:
        self._expected = _Expected.COMMA_OR_END if self._open else _Expected.END

    def _no_value(self, char: str) -> NoReturn:
        if char in "]},":
            before = "after the comma" if self._expected is _Expected.ELEMENT else "here"
            raise _FoundError(Slip.COMMA, f"a value is expected {before}, not {char}", self._at)
        self._require_json_character(char)
        raise _FoundError(Slip.CHARACTER, f"a value is expected, not {char}", self._at)

    def _key_or_end(self, char: str) -> None:
        if char == "}":
            self._close()
        else:
            self._key(char)

    def _key(self, char: str) -> None:
        if char == '"':
            self._string()
            self._expected = _Expected.COLON
            return
        if char in "}," and self._expected is _Expected.KEY:
            raise _FoundError(Slip.COMMA, f"a key is expected after the comma, not {char}", self._at)
        if char not in _QUOTES and _WORD.match(char):
            raise _FoundError(Slip.QUOTE, "a key must be in double quotes", self._at)
        self._require_json_character(char)
        raise _FoundError(Slip.CHARACTER, f"a key in double quotes is expected, not {char}", self._at)

    def _colon(self, char: str) -> None:
        if char != ":":
            self._require_no_inner_quote()
            self._require_json_character(char)
            raise _FoundError(Slip.COLON, "a colon is missing after the key", self._at)
        self._at += 1
        self._expected = _Expected.VALUE

    def _comma_or_end(self, char: str) -> None:
        bracket = self._text[self._open[-1]]
        if char == ",":
            self._at += 1
            self._expected = _Expected.ELEMENT if bracket == "[" else _Expected.KEY
        elif char == _PAIRS[bracket]:
            self._close()
        elif char in "]}":
            raise _FoundError(Slip.BRACKET, f"this {char} cannot close a {bracket}", self._at)
        else:
            self._require_no_inner_quote()
            self._require_json_character(char)
            raise _FoundError(Slip.COMMA, "a comma is missing before this", self._at)

    def _string(self) -> None:
        if found := _STRING.match(self._text, self._at):
            self._after_string = self._at = found.end()
            return
        begin, self._at = self._at, self._at + 1
        while part := _STRING_PART.match(self._text, self._at):
            self._at = part.end()
        if self._at == len(self._text):
            raise _FoundError(Slip.QUOTE, "the double quote of the text that begins here is never closed", begin)
        self._bad_character_of_string(self._text[self._at : self._at + 2])

    def _bad_character_of_string(self, found: str) -> NoReturn:
        if found[0] == "\\":
            what = f"a backslash cannot stand before {ascii(found[1:])[1:-1] or 'the end'}; write two for one"
            raise _FoundError(Slip.BACKSLASH, what, self._at)
        if found[0] in "\r\n":
            what = "a string ends with its line; close it with a double quote, or write \\n for the line break"
            raise _FoundError(Slip.CONTROL, what, self._at)
        raise _FoundError(Slip.CONTROL, f"a string cannot hold the control character {ascii(found[0])[1:-1]}", self._at)

    def _number(self) -> None:
        found = _NUMBER.match(self._text, self._at)
        if found is None or _GLUED.match(self._text, found.end()):
            word = _WORD.match(self._text, self._at + 1)
            if word and word[0] in _OTHER_LANGUAGES:
                raise _FoundError(Slip.WORD, f"{self._text[self._at]}{word[0]} is not valid JSON", self._at)
            raise _FoundError(Slip.NUMBER, "this number is not written as JSON has it", self._at)
        if _LONG_NUMBER.search(found[0]):
            raise _FoundError(Slip.NUMBER, "a number has too many digits", self._at)
        self._at = found.end()
        self._value_ended()

    def _word(self, word: str) -> None:
        if word in _OTHER_LANGUAGES:
            raise _FoundError(Slip.WORD, f"{word} is not valid JSON", self._at)
        if word not in _WORDS:
            raise _FoundError(Slip.QUOTE, "a string must be in double quotes", self._at)
        self._at += len(word)
        self._value_ended()

    def _require_no_inner_quote(self) -> None:
        """Whatever directly follows a closing quote was meant to be in the text."""
        if self._at == self._after_string and self._text[self._at] not in ' \t\n\r"{}[]:,':
            raise _FoundError(Slip.QUOTE, "a double quote inside a string needs a backslash before it", self._at - 1)

    def _require_json_character(self, char: str) -> None:
        if char in _QUOTES:
            raise _FoundError(Slip.QUOTE, f"JSON has double quotes only, not {char}", self._at)
        if char == "\\":
            raise _FoundError(Slip.BACKSLASH, "a backslash can only stand inside double quotes", self._at)
        if self._text.startswith(("//", "/*", "#"), self._at):
            raise _FoundError(Slip.COMMENT, "JSON has no comments", self._at)
        if char == "\ufeff":
            raise _FoundError(Slip.CHARACTER, "there is a byte order mark", self._at)
        if not char.isprintable() or char.isspace():
            what = f"{ascii(char)[1:-1]} can only stand inside double quotes"
            raise _FoundError(Slip.CHARACTER, what, self._at)
