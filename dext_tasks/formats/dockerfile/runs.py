"""Where a RUN may change files, by what is written in it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from dext_tasks.formats.dockerfile import arguments
from dext_tasks.formats.dockerfile.bases import is_system
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.formats.dockerfile.stages import StageStep

# What is not read any further: substitutions, groups, loops, functions, here-documents of the shell's own.
_BRACED = regex(r"\$\{([A-Za-z_]\w*)\}")
_UNREAD = regex(r"[`(){}]|\$[^A-Za-z_]|<<|(?:^|[;&|\s])(?:for|while|until|if|case|function|eval|exec|\.|source)\s")
_CONTINUED = regex(r"\\\n")
_DUPLICATED = regex(r"\d*>&[\d-]")
_SEPARATORS = regex(r"&&|\|\||[;|&\n]")
_REDIRECTION = regex(r"^(?:\d*|&)>{1,2}&?(.*)$", re.DOTALL)
_WILDCARD = regex(r"[*?\[]")
_LONGEST = 65536
_HARMLESS = frozenset(
    {
        *("true", ":", "echo", "printf", "test", "[", "set", "export", "unset", "cat", "ls", "sleep", "which", "pwd"),
        *("grep", "head", "tail", "wc", "uname", "id", "stat", "du", "df"),
        # What these change does not count as content.
        *("chmod", "chown", "chgrp"),
    }
)
# What manages packages and users writes where distributions keep such things.
_SYSTEM = frozenset(
    {
        *("apk", "apt", "apt-get", "aptitude", "dnf", "dpkg", "microdnf", "pacman", "rpm", "yum", "zypper"),
        *("addgroup", "adduser", "groupadd", "useradd", "usermod", "update-ca-certificates", "ldconfig"),
    }
)
# What these write are their arguments, or is below them.
_BY_ARGUMENT = frozenset({"cp", "install", "ln", "mkdir", "mv", "rm", "rmdir", "touch"})
# Options that name what is written; without them it is the working folder.
_OUTPUTS = {
    "curl": ("-o", "--output"),
    "wget": ("-O", "--output-document"),
    "tar": ("-C", "--directory"),
    "unzip": ("-d",),
}
_SINKS = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "1", "2", "-", ""})


@dataclass(frozen=True)
class Reach:
    """Which paths of an image a command may make, change or remove.

    Attributes:
        is_everything: Whether it may be any.
        is_system: Whether those are among them that distributions keep their own files in.
        paths: These, what is below them and the folders they are in.
    """

    is_everything: bool = False
    is_system: bool = False
    paths: frozenset[str] = field(default_factory=frozenset)

    def touches(self, path: str) -> bool:
        """Whether a path may be among them."""
        if self.is_everything or (self.is_system and is_system(path)):
            return True
        return any(_is_below(path, each) or _is_below(each, path) for each in self.paths)


EVERYTHING = Reach(is_everything=True)


def reach_of(step: StageStep, folder: str | None, *, is_usual_shell: bool) -> Reach:
    """Where a RUN may change files.

    Args:
        step: The RUN.
        folder: Its working folder; None if that is not known.
        is_usual_shell: Whether ``/bin/sh -c`` reads it.
    """
    words = arguments.command_of(step.instruction)
    if words is not None:
        return _RunReader(folder).program(list(words))
    script = _script(step)
    plain = _DUPLICATED.sub("", _BRACED.sub(r"$\1", _CONTINUED.sub("", script or "")))
    if not is_usual_shell or script is None or len(script) > _LONGEST or _UNREAD.search(plain):
        return EVERYTHING
    try:
        commands = [shlex.split(part, comments=True) for part in _SEPARATORS.split(plain)]
    except ValueError:
        # A separator between quotes: what it separates are not commands.
        return EVERYTHING
    reader = _RunReader(folder)
    return _joined([reader.command(command) for command in commands if command])


def _script(step: StageStep) -> str | None:
    """What the shell reads; nothing where a heredoc is only a part of it, or is for another interpreter."""
    text, bodies = step.instruction.text.strip(), step.instruction.bodies
    if not bodies:
        return text
    is_whole = len(bodies) == 1 and text.startswith("<<") and len(text.split()) == 1
    return bodies[0].text if is_whole and not bodies[0].text.startswith("#!") else None


class _RunReader:
    """Reads one command after another, in the folder that ``cd`` has led to.

    Args:
        folder: Where it begins; None if that is not known.
    """

    def __init__(self, folder: str | None) -> None:
        self._folder = folder

    def command(self, words: list[str]) -> Reach:
        """Where a command may change files."""
        words, targets = _without_redirections(words)
        written = [self._path(target) for target in targets if target not in _SINKS]
        return _joined([self.program(words), self._of(written)])

    def program(self, words: list[str]) -> Reach:
        """Where a command without redirections may change files."""
        return self._reach(*_program(words))

    def _reach(self, name: str, rest: list[str]) -> Reach:
        if name == "cd":
            self._folder = self._path(rest[0]) if len(rest) == 1 else None
            return Reach()
        if not name or name in _HARMLESS:
            return Reach()
        if name in _SYSTEM:
            # A home, or another root.
            named = [self._path(word) for word in rest if word.startswith("/")]
            return _joined([Reach(is_system=True), self._of(named)])
        if name in _BY_ARGUMENT:
            return self._of([self._path(word) for word in rest if not word.startswith("-")])
        if name in _OUTPUTS:
            return self._of([self._path(word) for word in _values(rest, _OUTPUTS[name])] or [self._folder])
        return EVERYTHING

    def _of(self, paths: Sequence[str | None]) -> Reach:
        known = [path for path in paths if path is not None]
        if len(known) < len(paths) or "/" in known:
            return EVERYTHING
        return Reach(paths=frozenset(known))

    def _path(self, word: str) -> str | None:
        """The absolute path of a word, or of the folder in which a pattern looks; None if it is not known."""
        if "$" in word or word.startswith("~"):
            return None
        if wildcard := _WILDCARD.search(word):
            word = dirname(word[: wildcard.start()] + "x") or "."
        if self._folder is None and not word.startswith("/"):
            return None
        return normpath(join(self._folder or "/", word)).replace("//", "/")


def _program(words: list[str]) -> tuple[str, list[str]]:
    """The name of what is run and its arguments, without variables that are set for it."""
    at = 0
    while at < len(words) and (words[at] == "!" or re.fullmatch(r"[A-Za-z_]\w*=.*", words[at], re.DOTALL)):
        at += 1
    if at == len(words):
        return "", []
    name = words[at]
    # Of a program that is named by its path nobody knows whether it is the usual one.
    return ("?" if "/" in name or "$" in name else name), words[at + 1 :]


def _without_redirections(words: list[str]) -> tuple[list[str], list[str]]:
    kept: list[str] = []
    targets: list[str] = []
    found = iter(words)
    for word in found:
        match = _REDIRECTION.match(word)
        if match is None:
            kept.append(word)
        else:
            targets.append(match[1] or next(found, ""))
    return kept, targets


def _values(words: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """The values of options: the word behind, or what is written into the same word."""
    for number, word in enumerate(words):
        for option in options:
            if word == option and number + 1 < len(words):
                yield words[number + 1]
            elif option.startswith("--") and word.startswith(f"{option}="):
                yield word.partition("=")[2]


def _joined(found: Sequence[Reach]) -> Reach:
    return Reach(
        is_everything=any(each.is_everything for each in found),
        is_system=any(each.is_system for each in found),
        paths=frozenset(path for each in found for path in each.paths),
    )


def _is_below(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder.rstrip('/')}/")
