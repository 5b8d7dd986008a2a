"""Commands that a UI runs, where they are written out in the call.

Docker Desktop starts programs and no shell (https://docs.docker.com/extensions/extensions-sdk/dev/api/docker/): what a
shell would make of an argument is handed to the program as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.extension.api_calls import EXEC, line_of
from dext_tasks.formats.javascript import arguments, matches
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWNER = regex(rb"(?P<owner>docker|host|vm)\s*[!?]?\s*\??\.\s*\Z")
_BEFORE = 60
_MOST_ARGUMENTS = 100
_LITERAL = regex(rb"""\s*(?P<quote>["'`])(?P<text>(?>(?:[^"'`\\]|\\.|(?!(?P=quote))["'`])*))(?P=quote)\s*""", re.DOTALL)
_OPEN = regex(rb"\s*\[")
_ELEMENT_END = regex(rb"\s*(?:,|\])")
_TOKEN = regex(
    rb"""(?P<string>"(?>(?:[^"\\]++|\\.)*)"|'(?>(?:[^'\\]++|\\.)*)'|`(?>(?:[^`\\]++|\\.)*)`)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)""",
    re.DOTALL,
)
_SHELL = regex(r"(?:^|[\s/\\\"'])(?:(?:ba|da|z|k|a|fi)?sh|cmd|powershell|pwsh)(?:\.exe)?(?:$|[\s\"'])", re.IGNORECASE)
_OPERATOR = regex(r"\|{1,2}|&{1,2}|;|[12&]?>{1,2}\s*(?:&[12]|[./~\w][^\s]*)?|<")
# An argument that begins with an operator, as in "|| true".
_CONTINUED = regex(r"(?:\|{1,2}|&&|;|[12]?>{1,2}|<)\s+\S")
_CHAINED = regex(r"\s(?:\|{1,2}|&&|;|[12]?>{1,2})\s|;\s*\S")
_SUBSTITUTION = regex(r"\$\([^)]+\)|`[^`]+`")
_VARIABLE = regex(r"\$(?:\{[A-Z_][A-Z0-9_]*\}|[A-Z_][A-Z0-9_]*)(?:[/\\:].*)?", re.DOTALL)
_HOME = regex(r"~(?:[/\\].*)?", re.DOTALL)
_GLOB = regex(r"(?:[./~]|[A-Za-z]:[\\/])[^\s=]*\*\S*|\*\.\w+")
_RELATIVE = regex(r"\.{1,2}(?:[/\\].*)?", re.DOTALL)
# Commands of docker with which a path is one of the user's machine.
_WITH_HOST_PATHS: Final = frozenset({"build", "buildx", "builder", "compose", "cp", "load", "import", "save", "export"})
_MOUNTING: Final = frozenset({"run", "create"})
_MOUNT_FLAGS: Final = frozenset({"-v", "--volume", "--mount", "--env-file", "--cidfile"})
# What these write has no end, or as many bytes as a container or an image has written before.
_BOUNDS: Final = {
    "logs": regex(r"--tail(?:=.*)?|-n|--since(?:=.*)?|--limit-bytes(?:=.*)?"),
    "events": regex(r"--until(?:=.*)?"),
    "stats": regex(r"--no-stream(?:=true)?"),
    "save": regex(r"-o|--output(?:=.*)?"),
    "export": regex(r"-o|--output(?:=.*)?"),
}
_FOLLOWING: Final = frozenset({"-f", "--follow", "-ft", "-tf"})
_GROUPS: Final = frozenset({"container", "image", "system", "compose"})


class ExecCall(NamedTuple):
    """A command as it is written.

    Attributes:
        owner: ``docker``, ``host`` or ``vm``; empty if that is not seen.
        words: The command and its arguments; None for each that is not written out.
        is_whole: Whether all arguments are seen: no list that is made elsewhere is among them.
        options: Keys of the options.
        line: Line in the script, from 1.
    """

    owner: str
    words: tuple[str | None, ...]
    is_whole: bool
    options: frozenset[str]
    line: int

    @property
    def literal(self) -> tuple[str, ...]:
        """The words that are written out."""
        return tuple(word for word in self.words if word is not None)

    @property
    def has_shell(self) -> bool:
        """Whether a shell is started, which reads what is meant for it."""
        return any(_SHELL.search(word) for word in self.literal)

    @property
    def host_paths(self) -> tuple[str, ...]:
        """The words that are paths of the user's machine, if they are paths at all."""
        if self.owner != "docker":
            return self.literal if self.owner == "host" else ()
        names = [word for word in self.literal if not word.startswith("-")]
        # What is run in a container looks for paths there.
        is_inside = "exec" in names[:2] or (names[:1] == ["compose"] and "run" in names)
        if is_inside or not names:
            return ()
        if names[0] in _MOUNTING:
            return tuple(after for flag, after in pairwise(self.words) if after and flag in _MOUNT_FLAGS)
        return self.literal if names[0] in _WITH_HOST_PATHS else ()

    @property
    def program(self) -> str:
        """The command of docker that is run, without the group it is in; the program itself of others."""
        words = [word for word in " ".join(self.literal).split() if not word.startswith("-")]
        if self.owner == "docker" and len(words) > 1 and words[0] in _GROUPS:
            return words[1]
        return words[0] if words else ""


# One rule after another asks the same script.
@lru_cache(maxsize=256)
def exec_calls(content: bytes) -> tuple[ExecCall, ...]:
    """The commands that a script runs."""
    return tuple(_exec_calls(content))


def _exec_calls(content: bytes) -> Iterator[ExecCall]:
    for found in matches(EXEC, content):
        owner = _OWNER.search(content[max(0, found.start() - _BEFORE) : found.start()])
        given = arguments(content, found.end())
        command = _text(given[0].text)
        words, is_whole = _elements(given[1].text) if len(given) > 1 else ((), True)
        keys = frozenset(key for each in given[2:] for key in each.keys)
        # Options that are made elsewhere may say anything.
        is_known = len(given) < 3 or given[2].text.lstrip().startswith(b"{")  # noqa: PLR2004 - after command and arguments
        options = keys if is_known else frozenset({"stream", "cwd", "env"})
        name = owner["owner"].decode() if owner else ""
        yield ExecCall(name, (command, *words), is_whole, options, line_of(content, found.start()))


def shell_syntax(call: ExecCall) -> str:
    """The first word of a command that only a shell reads; empty if there is none."""
    if call.has_shell:
        return ""
    command, arguments_ = call.words[0] or "", [word for word in call.words[1:] if word is not None]
    if found := _CHAINED.search(command) or _SUBSTITUTION.search(command):
        return found[0].strip()
    paths = call.host_paths
    return next((word for word in arguments_ if _is_for_shell(word, is_path=word in paths)), "")


def _is_for_shell(word: str, *, is_path: bool) -> bool:
    if (
        _OPERATOR.fullmatch(word)
        or _CONTINUED.match(word)
        or _SUBSTITUTION.fullmatch(word)
        or _VARIABLE.fullmatch(word)
    ):
        return True
    return is_path and bool(_HOME.fullmatch(word) or _GLOB.fullmatch(word))


def relative_path(call: ExecCall) -> str:
    """The first path of a command that is relative to an unknown folder; empty if there is none."""
    if "cwd" in call.options:
        return ""
    paths = (word.partition(":")[0] for word in call.host_paths)
    return next((path for path in paths if _RELATIVE.fullmatch(path)), "")


def unbounded_output(call: ExecCall) -> str:
    """Which command writes without an end or a bound, and is not streamed; empty if none does."""
    if "stream" in call.options or not call.is_whole or call.has_shell:
        return ""
    program = call.program
    if call.owner == "host" and program in {"kubectl", "helm", "docker"}:
        program = next((word for word in call.literal if word in _BOUNDS), "")
    elif call.owner != "docker":
        return ""
    bound = _BOUNDS.get(program)
    words = " ".join(call.literal).split()
    is_followed = program == "logs" and not _FOLLOWING.isdisjoint(words)
    is_bounded = bound is None or any(bound.fullmatch(word) for word in words)
    return program if bound and (is_followed or not is_bounded) else ""


def _text(value: bytes) -> str | None:
    """A string that is written out; None for anything else."""
    found = _LITERAL.match(value)
    if not found or (found["quote"] == b"`" and b"${" in found["text"]):
        return None
    following = value[found.end() : found.end() + 1]
    return found["text"].decode(errors="replace") if following in {b"", b",", b")", b"]"} else None


def _elements(value: bytes) -> tuple[tuple[str | None, ...], bool]:
    """The elements of a list that is written out, and whether these are all."""
    opening = _OPEN.match(value)
    if not opening:
        return (), False
    found: list[str | None] = []
    is_whole = True
    start, depth = opening.end(), 0
    for token in _TOKEN.finditer(value, opening.end()):
        if token["open"]:
            depth += 1
        elif token["close"] and depth:
            depth -= 1
        elif (token["close"] or token["comma"]) and not depth:
            element = value[start : token.start()].strip()
            is_whole = is_whole and not element.startswith(b"...")
            found += [_text(element)] if element else []
            start = token.end()
            if token["close"] or len(found) == _MOST_ARGUMENTS:
                is_closed = bool(token["close"]) and not value[token.end() :].lstrip().startswith(b".")
                return tuple(found), is_whole and is_closed
    return tuple(found), False
