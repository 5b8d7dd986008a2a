"""What of a script is code: names in comments are not calls.

A bundle is megabytes on a few lines, and nearly nothing in it is a comment. So what stands before a place is looked at
first, and the script is read from its beginning only where that may be a comment.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


MOST_MATCHES: Final = 300
# A bundler removes comments that end with a line, as it removes lines.
_LONGEST_LINE = 2000
# What is larger is a bundle, and takes too long to be read from its beginning.
_MOST_BYTES = 4 * 1024 * 1024
_DEEPEST = 100
_MARKUP = b"<"
_OPENING = regex(rb"/\*")
_STRINGS = rb"\"(?>(?:[^\"\\\n]++|\\.)*)\"|'(?>(?:[^'\\\n]++|\\.)*)'"
# After these a / begins a regular expression, which may hold quotes: https://tc39.es/ecma262/#sec-ecmascript-language-lexical-grammar
_BEFORE_REGEX = (
    rb"(?:(?<=[(,=:\[!&|?{};+\-*%^~<>\n])|(?<=[(,=:\[!&|?{};+\-*%^~<>] )|(?<=return )|(?<=case )|(?<=typeof ))"
)
_REGEX = _BEFORE_REGEX + rb"/(?![*/])(?>(?:[^\\/\[\n]|\\.|\[(?>(?:[^\]\\\n]|\\.)*)\])+)/"
_CODE = regex(rb"(?>(?:[^\"'`/]++|" + _STRINGS + rb"|" + _REGEX + rb")*)", re.DOTALL)
_CODE_IN_TEMPLATE = regex(rb"(?>(?:[^\"'`/{}]++|" + _STRINGS + rb"|" + _REGEX + rb")*)", re.DOTALL)
_TEMPLATE = regex(rb"(?>(?:[^`\\$]++|\\.|\$(?!\{))*)", re.DOTALL)


def matches(pattern: re.Pattern[bytes], content: bytes) -> Iterator[re.Match[bytes]]:
    """The matches of a pattern in a script that are not comments, the first three hundred looked at."""
    return (
        found for found in islice(pattern.finditer(content), MOST_MATCHES) if not is_comment(content, found.start())
    )


def first(pattern: re.Pattern[bytes], content: bytes) -> re.Match[bytes] | None:
    """The first match of a pattern that is not a comment."""
    return next(matches(pattern, content), None)


def is_comment(content: bytes, offset: int) -> bool:
    """Whether a place in a script, or in a page with scripts, is inside of a comment."""
    if len(content) > _MOST_BYTES or not _may_be_comment(content, offset):
        return False
    starts, ends = _comments(content)
    before = bisect_right(starts, offset) - 1
    return before >= 0 and offset < ends[before]


def _may_be_comment(content: bytes, offset: int) -> bool:
    """Whether something before a place looks like the beginning of a comment that has not ended."""
    begin = content.rfind(b"\n", max(0, offset - _LONGEST_LINE), offset)
    if (begin >= 0 or offset <= _LONGEST_LINE) and content.find(b"//", begin + 1, offset) >= 0:
        return True
    openings = _openings(content)
    before = bisect_right(openings, offset) - 1
    if before >= 0 and content.find(b"*/", openings[before] + 2, offset) < 0:
        return True
    return is_markup(content) and content.rfind(b"<!--", 0, offset) > content.rfind(b"-->", 0, offset)


def is_markup(content: bytes) -> bool:
    """Whether a file is a page, or a component that begins like one."""
    return content[:_LONGEST_LINE].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_MARKUP)


@lru_cache(maxsize=32)
def _openings(content: bytes) -> list[int]:
    return [found.start() for found in _OPENING.finditer(content)]


@lru_cache(maxsize=32)
def _comments(content: bytes) -> tuple[list[int], list[int]]:
    """Where comments begin and end, in order."""
    reader = _ArgumentsReader(content)
    reader.read()
    return reader.starts, reader.ends


class _ArgumentsReader:
    def __init__(self, content: bytes) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self._content = content
        self._at = 0
        self._is_markup = is_markup(content)
        # One entry for each expression in a template: how many brackets are open in it.
        self._depths: list[int] = []

    def read(self) -> None:
        """Read all of it, or as much as can be made sense of."""
        while self._at < len(self._content) and len(self._depths) < _DEEPEST:
            pattern = _CODE_IN_TEMPLATE if self._depths else _CODE
            found = pattern.match(self._content, self._at)
            end = found.end() if found else self._at
            if self._is_markup:
                end = self._hidden(self._at, end)
            self._at = end
            self._special(self._content[end : end + 2])

    def _hidden(self, begin: int, end: int) -> int:
        """Pass over a comment of a page; gives where the code before it ends, or the given end."""
        start = self._content.find(b"<!--", begin, end)
        if start < 0:
            return end
        close = self._content.find(b"-->", start)
        self._comment(start, close + 3 if close >= 0 else len(self._content))
        return self.ends[-1]

    def _special(self, mark: bytes) -> None:
        if mark == b"//":
            end = self._content.find(b"\n", self._at)
            self._comment(self._at, end if end >= 0 else len(self._content))
            self._at = self.ends[-1]
        elif mark == b"/*":
            end = self._content.find(b"*/", self._at + 2)
            self._comment(self._at, end + 2 if end >= 0 else len(self._content))
            self._at = self.ends[-1]
        elif mark[:1] == b"`":
            self._template(self._at + 1)
        elif mark[:1] == b"{" and self._depths:
            self._depths[-1] += 1
            self._at += 1
        elif mark[:1] == b"}" and self._depths:
            self._close()
        elif mark[:1] in {b"/", b'"', b"'"}:
            # A division, or an apostrophe in the text of a page.
            self._at += 1

    def _comment(self, start: int, end: int) -> None:
        self.starts.append(start)
        self.ends.append(end)

    def _close(self) -> None:
        if self._depths[-1]:
            self._depths[-1] -= 1
            self._at += 1
        else:
            self._depths.pop()
            self._template(self._at + 1)

    def _template(self, begin: int) -> None:
        """Pass over the text of a template, up to its end or to an expression in it."""
        found = _TEMPLATE.match(self._content, begin)
        self._at = found.end() if found else begin
        if self._content[self._at : self._at + 2] == b"${":
            self._depths.append(0)
            self._at += 2
        else:
            self._at += 1


# Arguments are read character by character, so only their beginning is.
_MOST = 2000
_TOKEN = regex(
    rb"""(?P<string>"(?:[^"\\]++|\\.)*"|'(?:[^'\\]++|\\.)*'|`(?:[^`\\]++|\\.)*`)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
    rb"""|(?P<comma>,)|(?P<key>\b(?:stream|cwd|env|data)\b)(?=\s{0,99}[:,}(])""",
    re.DOTALL,
)
_TEXT = regex(rb"""\s{0,99}:?\s{0,99}(?:["'`]|JSON\s{0,9}\.\s{0,9}stringify\b)""")


class Argument(NamedTuple):
    """One argument.

    Attributes:
        text: Where it begins, and what follows.
        keys: What follows each key that is looked for, if it is an object; not those of objects inside of it.
    """

    text: bytes
    keys: Mapping[str, bytes]

    @property
    def is_text(self) -> bool:
        """Whether it is a string for sure."""
        return is_text(self.text)


def is_text(value: bytes) -> bool:
    """Whether a value, or what follows a key, is a string for sure: a literal, or what JSON.stringify makes."""
    return bool(_TEXT.match(value))


def arguments(content: bytes, start: int) -> tuple[Argument, ...]:
    """The arguments that are read of a call whose bracket opens just before ``start``."""
    text = content[start : start + _MOST]
    starts = [0]
    keys: list[dict[str, bytes]] = [{}]
    for depth, token in _tokens(text):
        if token["comma"] and not depth:
            starts.append(token.end())
            keys.append({})
        elif token["key"] and depth == [b"{"]:
            keys[-1].setdefault(token["key"].decode(), text[token.end() :])
    return tuple(Argument(text[offset:], found) for offset, found in zip(starts, keys, strict=True))


def _tokens(text: bytes) -> Iterator[tuple[list[bytes], re.Match[bytes]]]:
    """Each token with the brackets around it, up to the one that ends the call."""
    depth: list[bytes] = []
    for token in _TOKEN.finditer(text):
        if token["close"] and not depth:
            return
        if token["close"]:
            depth.pop()
        yield depth, token
        if token["open"]:
            depth.append(token["open"])


# A function or a block that is longer is not looked through.
_WINDOW: Final = 20_000
_LOOKED: Final = 400
_GUARD_TOKEN = regex(
    rb"""//[^\n]*|/\*.*?\*/|"(?>(?:[^"\\\n]++|\\.)*)"|'(?>(?:[^'\\\n]++|\\.)*)'|(?P<open>\{)|(?P<close>\})""", re.DOTALL
)
_TRY = regex(rb"(?<![\w$.])try\s*\Z")
_CATCH = regex(rb"\s*catch\b")
# What stands before the bracket of a function, an arrow among them; if, for and their like are not functions.
_ARROW = regex(rb"=>\s*\Z")
_PARENTHESES = regex(rb"(?P<word>[\w$]*)\s*\((?>(?:[^()]++|\([^()]*+\))*)\)\s*(?::\s*[\w<>\[\] |.]+)?\s*\Z")
_BLOCKS = frozenset({b"if", b"for", b"while", b"switch", b"catch", b"with"})
_STATEMENT = regex(rb"[;{}]")
_OPTIONAL = regex(rb"\s*\?\.\s*\(")


def is_guarded(content: bytes, start: int, end: int) -> bool:
    """Whether a script goes on where the function that it calls is not there.

    Args:
        content: The script.
        start: Where the call begins, anywhere in what stands before the name.
        end: Where the name of the function ends.
    """
    return bool(_OPTIONAL.match(content, end)) or _is_looked_for(content, start, end) or _is_tried(content, start)


def _is_looked_for(content: bytes, start: int, end: int) -> bool:
    """Whether the function is looked for just before it is called."""
    name = re.search(rb"[\w$]+\s*\Z", content[max(0, end - _LOOKED) : end])
    if not name:
        return False
    before = content[max(0, start - _LOOKED) : start]
    asked = rb"(?<![\w$])" + re.escape(name[0].strip()) + rb"\s*(?:&&|\)\s*[{&?]|\)\s*return|[!=]==?|\?(?!\.))"
    return bool(re.search(asked, before)) or bool(re.search(rb"['\"]" + name[0].strip() + rb"['\"]\s*in\b", before))


def _is_tried(content: bytes, offset: int) -> bool:
    """Whether an error of the call is caught in the same function."""
    begin = max(0, offset - _WINDOW)
    if b"=>" in content[_statement(content, begin, offset) : offset]:
        return False
    for bracket in reversed(_brackets(content, begin, offset)):
        head = content[max(begin, bracket - _LOOKED) : bracket]
        if _TRY.search(head) and _CATCH.match(content, _close(content, offset)):
            return True
        if _is_function(head):
            return False
        offset = _close(content, offset)
    return False


def _statement(content: bytes, begin: int, offset: int) -> int:
    """Where the statement begins that a place is in, by brackets and semicolons."""
    last = max(content.rfind(mark, begin, offset) for mark in (b";", b"{", b"}"))
    return max(begin, last)


def _brackets(content: bytes, begin: int, offset: int) -> list[int]:
    """The curly brackets that are open at a place, innermost last."""
    found: list[int] = []
    for token in _GUARD_TOKEN.finditer(content, begin, offset):
        if token["open"]:
            found.append(token.start())
        elif token["close"] and found:
            found.pop()
    return found


def _close(content: bytes, offset: int) -> int:
    """Where the text after the closing bracket of the innermost block begins; the end if there is no such bracket."""
    depth = 0
    for token in _GUARD_TOKEN.finditer(content, offset, offset + _WINDOW):
        if token["open"]:
            depth += 1
        elif token["close"]:
            if not depth:
                return token.end()
            depth -= 1
    return offset + _WINDOW


def _is_function(head: bytes) -> bool:
    if _ARROW.search(head):
        return True
    found = _PARENTHESES.search(head)
    return bool(found) and found["word"] not in _BLOCKS if found else False
