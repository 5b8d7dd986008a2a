"""The object that a configuration in JavaScript or TypeScript exports, and changing one string in it.

Only what is written out as an object is read: ``export default {…}`` and ``export default defineConfig({…})``. What a
function makes, or a spread brings in, nobody knows without running it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.javascript import matches
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXPORT = regex(rb"(?<![\w$.])export\s{1,99}default\s{1,99}(?:defineConfig\s{0,99}\(\s{0,99})?(?=\{)")
_DEFAULT = regex(rb"(?<![\w$.])export\s{1,99}default\b")
_TOKEN = regex(
    rb"(?P<space>\s++)|(?P<comment>//[^\r\n]*+|/\*(?s:.*?)\*/)"
    rb"|(?P<string>\"(?>(?:[^\"\\\r\n]++|\\.)*)\"|'(?>(?:[^'\\\r\n]++|\\.)*)')"
    rb"|(?P<template>`(?>(?:[^`\\$]++|\\.|\$(?!\{)|\$\{[^`{}]*+\})*)`)"
    rb"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)|(?P<spread>\.\.\.)|(?P<word>[\w$]++)|(?P<other>[^\s\"'`/])"
)
# Where a value is expected a / begins a regular expression, as in javascript.py.
_REGEX = regex(rb"/(?![*/])(?>(?:[^\\/\[\r\n]|\\[^\r\n]|\[(?>(?:[^\]\\\r\n]|\\[^\r\n]){0,300})\]){1,300})/[a-z]{0,9}")
_BEFORE_REGEX: Final = frozenset(b"(,=:[!&|?{};+")
_PAIRS: Final = {b"(": b")", b"[": b"]", b"{": b"}"}
# No configuration that people write comes near it.
_LARGEST: Final = 64 * 1024
_PLAIN = regex(rb"[^\"'\\]*+")


class _ScriptToken(NamedTuple):
    kind: str
    text: bytes
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class _ScriptMember(NamedTuple):
    """A member of the object: what is written before its comma, without comments."""

    tokens: tuple[_ScriptToken, ...]

    @property
    def key(self) -> str:
        """Its key; empty for what is spread or computed."""
        first = self.tokens[0]
        text = first.text[1:-1] if first.kind == "string" else first.text
        return text.decode("utf-8", "replace") if first.kind in {"string", "word"} else ""

    @property
    def literal(self) -> _ScriptToken | None:
        """Its value, if that is one string."""
        shape = [token.kind for token in self.tokens]
        is_plain = shape in (["string", "other", "string"], ["word", "other", "string"])
        return self.tokens[2] if is_plain and self.tokens[1].text == b":" else None


class ConfigString(NamedTuple):
    """What a key of the object is set to.

    Attributes:
        value: The string; None if the key is not there.
        offset: Of the key, or of the object where it is not there.
    """

    value: str | None
    offset: int


def string_of(content: bytes, key: str) -> ConfigString:
    """What the exported object sets a key to.

    Raises:
        UneditableError: That is not a plain string, or the object is not written out.
    """
    config = _ConfigObject(content)
    member = config.member(key)
    if member is None:
        return ConfigString(None, config.start)
    literal = member.literal
    if literal is None or not _PLAIN.fullmatch(literal.text[1:-1]):
        raise UneditableError("the value is not a plain string")
    return ConfigString(literal.text[1:-1].decode("utf-8", "replace"), member.tokens[0].start)


def with_string(content: bytes, key: str, value: str) -> bytes:
    """The text with a string for a key, in the place of its string or before the first member.

    Args:
        content: The text.
        key: An identifier.
        value: Without quotes, backslashes and line ends.

    Raises:
        UneditableError: As for ``string_of``.
    """
    config = _ConfigObject(content)
    member = config.member(key)
    if member is None:
        return config.with_first(key, value)
    if (literal := member.literal) is None:
        raise UneditableError("the value is not a string")
    quote = literal.text[:1]
    return content[: literal.start] + quote + value.encode() + quote + content[literal.end :]


class _ConfigObject:
    """The object, as its members."""

    def __init__(self, content: bytes) -> None:
        if len(content) > _LARGEST:
            raise UneditableError("it is too large")
        found = list(matches(_EXPORT, content))
        if len(found) != 1 or sum(1 for _ in matches(_DEFAULT, content)) != 1:
            raise UneditableError("no object is exported as it is written")
        self._content = content
        self.start = found[0].end()
        self._members = tuple(self._read())

    def _read(self) -> Iterator[_ScriptMember]:
        tokens: list[_ScriptToken] = []
        for depth, token in self._inside():
            if depth == 1 and token.kind == "comma":
                yield from (_ScriptMember(tuple(tokens)) for _ in tokens[:1])
                tokens = []
            elif token.kind != "comment":
                tokens.append(token)
        yield from (_ScriptMember(tuple(tokens)) for _ in tokens[:1])

    def _inside(self) -> Iterator[tuple[int, _ScriptToken]]:
        """Each token inside of the object with the number of brackets around it."""
        opened: list[bytes] = []
        for token in _tokens(self._content, self.start):
            if token.kind == "close":
                if not opened or _PAIRS[opened.pop()] != token.text:
                    raise UneditableError("brackets do not match")
                if not opened:
                    return
            if opened:
                yield len(opened), token
            if token.kind == "open":
                opened.append(token.text)
        raise UneditableError("the object does not end")

    def member(self, key: str) -> _ScriptMember | None:
        """The member of a key; None if it is certain that there is none."""
        if not all(each.key for each in self._members):
            raise UneditableError("a spread or a computed key may set it, too")
        found = [each for each in self._members if each.key in {key, "get", "set", "async"}]
        if len(found) > 1 or any(each.key != key for each in found):
            raise UneditableError("it is set more than once, or by a function")
        return found[0] if found else None

    def with_first(self, key: str, value: str) -> bytes:
        """The text with a new first member."""
        quote = self._quote()
        member = key.encode() + b": " + quote + value.encode() + quote
        if not self._members:
            inside = self.start + 1
            return self._content[:inside] + b" " + member + b"," + self._content[inside:]
        first = self._members[0].tokens[0].start
        before = self._content[:first]
        gap = before[len(before.rstrip()) :]
        return before + member + b"," + (gap if b"\n" in gap else b" ") + self._content[first:]

    def _quote(self) -> bytes:
        """The quotes that the author uses."""
        strings = [token.text[:1] for token in _tokens(self._content, self.start) if token.kind == "string"]
        imports = self._content[: self.start]
        single = imports.count(b"'") + strings.count(b"'")
        return b"'" if single > imports.count(b'"') + strings.count(b'"') else b'"'


def _tokens(content: bytes, start: int) -> Iterator[_ScriptToken]:
    """What a script is made of from a place on, up to what cannot be told; white space left out."""
    last = b"("
    while start < len(content):
        is_value = last[-1] in _BEFORE_REGEX
        found = _REGEX.match(content, start) if is_value and content[start : start + 1] == b"/" else None
        kind = "regex" if found else ""
        if found is None:
            found = _TOKEN.match(content, start)
            kind = str(found.lastgroup) if found else ""
        if found is None:
            # What opens and is not closed ends nowhere.
            if content[start : start + 1] != b"/" or content[start : start + 2] == b"/*":
                return
            kind, text = "other", b"/"
        else:
            text = found[0]
        if kind != "space":
            yield _ScriptToken(kind, text, start)
        if kind not in {"space", "comment"}:
            last = text
        start += len(text)
