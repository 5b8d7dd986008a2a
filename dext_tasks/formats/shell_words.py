"""Commands in the text of a shell script: words with quotes removed, and variables that the script sets replaced.

As much of https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html as reading shows without running
anything; what only running would show is a gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.formats.gaps import Gaps

# What reading one script may cost.
_LONGEST: Final = 256 * 1024
_MOST_COMMANDS: Final = 5000
_LONGEST_WORD: Final = 16_384
_LONGEST_VALUE: Final = 4096
_MOST_REPLACED: Final = 4 * 1024 * 1024
_SHOWN: Final = 60
_LONGEST_DEFAULT: Final = 256
_ENDING: Final = frozenset(" \t\n;&|()")

_ASSIGNMENT = regex(r"[A-Za-z_]\w*=")
_VARIABLE = regex(r"[A-Za-z_]\w*")
_BRACED = regex(r"([A-Za-z_]\w*)(?:(:?[-=+?])(.*))?", 16)
WORDS_OF_SHELL: Final = frozenset(
    {
        *("if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "time", "exec", "command", "sudo"),
        *("env", "export", "local", "readonly", "declare", "set", "eval", "cross-env", "winpty"),
    }
)
"""What may stand before the name of a command."""
_SETTING: Final = frozenset({"export", "local", "readonly", "declare", "env", "cross-env", "sudo"})


class ShellCommand(NamedTuple):
    """A simple command.

    Attributes:
        words: Without assignments in front.
        line: Of its first word, from 1.
    """

    words: tuple[str, ...]
    line: int


def commands_of(text: str, gaps: Gaps, variables: Mapping[str, str] | None = None) -> Iterator[ShellCommand]:
    """All simple commands, in order, whatever they are a part of.

    Args:
        text: The script. What it is not is no error.
        gaps: Where unknown parts are kept.
        variables: What variables hold when it begins.
    """
    reader = _ScriptReader(text[:_LONGEST].replace("\r\n", "\n"), gaps, dict(variables or {}))
    yield from reader.commands()


def expanded(text: str, gaps: Gaps, variables: Mapping[str, str]) -> str:
    """A text with its quotes removed and its variables replaced.

    Args:
        text: One word, which may hold spaces.
        gaps: Where unknown parts are kept.
        variables: What they hold.
    """
    return _ScriptReader(text[:_LONGEST_WORD], gaps, dict(variables)).all()


class _ScriptReader:
    def __init__(self, text: str, gaps: Gaps, variables: dict[str, str]) -> None:
        self._text = text
        self._gaps = gaps
        self._variables = variables
        self._at = 0
        self._lines = 1
        self._counted = 0
        # A value that holds another one twice doubles with each of them.
        self._left = _MOST_REPLACED

    def commands(self) -> Iterator[ShellCommand]:
        """See commands_of."""
        made = 0
        while self._at < len(self._text) and made < _MOST_COMMANDS:
            words, line = self._command()
            words = self._assign(words)
            if words:
                made += 1
                yield ShellCommand(tuple(words), line)

    def _command(self) -> tuple[list[str], int]:
        """The words up to what ends a command."""
        words: list[str] = []
        line = 0
        while self._at < len(self._text):
            char = self._text[self._at]
            if char in " \t" or self._text.startswith("\\\n", self._at):
                self._at += 1 if char in " \t" else 2
            elif char == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif char in "\n;&|()":
                self._at += 1
                if words or char != "\n":
                    break
            else:
                line = line or self._line()
                words.append(self._word())
        return words, line

    def _line(self) -> int:
        self._lines += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._lines

    def _assign(self, words: list[str]) -> list[str]:
        """Take assignments in front of a command, and those of ``export``."""
        while words and _ASSIGNMENT.match(words[0]):
            self._set(words.pop(0))
        if words and words[0] in _SETTING:
            for word in words[1:]:
                if _ASSIGNMENT.match(word):
                    self._set(word)
            return [word for word in words if not _ASSIGNMENT.match(word)]
        return words

    def _set(self, word: str) -> None:
        name, _, value = word.partition("=")
        self._variables[name] = value[:_LONGEST_VALUE]

    def _word(self) -> str:
        parts: list[str] = []
        size = 0
        while self._at < len(self._text) and self._text[self._at] not in _ENDING:
            part = self._part()
            size += len(part)
            if size <= _LONGEST_WORD:
                parts.append(part)
        return "".join(parts)

    def _part(self) -> str:
        char = self._text[self._at]
        if char == "'":
            return self._quoted()
        if char == '"':
            return self._double()
        if char == "\\":
            self._at += 2
            following = self._text[self._at - 1 : self._at]
            return "" if following == "\n" else following
        if char == "$":
            return self._variable()
        if char == "`":
            return self._until_backtick()
        self._at += 1
        return char

    def _quoted(self) -> str:
        end = self._text.find("'", self._at + 1)
        end = len(self._text) if end < 0 else end
        made, self._at = self._text[self._at + 1 : end], end + 1
        return made

    def _double(self) -> str:
        self._at += 1
        parts: list[str] = []
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == '"':
                break
            if char == "\\" and self._text[self._at + 1 : self._at + 2] in tuple('$`"\\\n'):
                following = self._text[self._at + 1]
                parts.append("" if following == "\n" else following)
                self._at += 2
            elif char == "$":
                parts.append(self._variable())
            elif char == "`":
                parts.append(self._until_backtick())
            else:
                parts.append(char)
                self._at += 1
        self._at += 1
        return "".join(parts)

    def _until_backtick(self) -> str:
        end = self._text.find("`", self._at + 1)
        end = len(self._text) if end < 0 else end
        said, self._at = self._text[self._at + 1 : end], end + 1
        return self._gaps.mark(f"`{self._shown(said)}`")

    def _variable(self) -> str:
        following = self._text[self._at + 1 : self._at + 2]
        if following == "(":
            end = self._closing("(", ")")
            said, self._at = self._text[self._at + 2 : end], end + 1
            return self._gaps.mark(f"$({self._shown(said)})")
        if following == "{":
            end = self._closing("{", "}")
            said, self._at = self._text[self._at + 2 : end], end + 1
            return self._braced(said)
        found = _VARIABLE.match(self._text, self._at + 1)
        if found:
            self._at = found.end()
            return self._value(found[0])
        if following and following in "@*#?$!-0123456789":
            self._at += 2
            return self._gaps.mark(f"${following}")
        self._at += 1
        return "$"

    def _closing(self, opening: str, closing: str) -> int:
        depth = 0
        for at in range(self._at + 1, min(len(self._text), self._at + _LONGEST_WORD)):
            if self._text[at] == opening:
                depth += 1
            elif self._text[at] == closing:
                depth -= 1
                if not depth:
                    return at
        return len(self._text)

    def _braced(self, said: str) -> str:
        found = _BRACED.fullmatch(said)
        if not found:
            return self._gaps.mark(f"${{{self._shown(said)}}}")
        name, how, word = found.groups()
        value = self._variables.get(name, "")
        if how in {"-", ":-", "=", ":="} and not value:
            # What stands in the place of a value may itself hold variables.
            return _ScriptReader(word[:_LONGEST_DEFAULT], self._gaps, self._variables).all()
        if how in {"+", ":+"}:
            return self._gaps.mark(f"${{{self._shown(said)}}}")
        return self._value(name)

    def all(self) -> str:
        """The whole text as one word."""
        parts: list[str] = []
        while self._at < len(self._text):
            parts.append(self._part())
        return "".join(parts)

    def _shown(self, text: str) -> str:
        """A command or expression as a message may have it."""
        line = " ".join(self._gaps.shown(text[: _SHOWN * 2]).split())
        return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"

    def _value(self, name: str) -> str:
        if name in self._variables:
            value = self._variables[name]
            self._left -= len(value)
            return value if self._left > 0 else self._gaps.mark("variables that lead too far")
        if name == "PWD":
            return "."
        return self._gaps.mark(f"the variable {name}")
