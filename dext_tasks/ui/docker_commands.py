"""Which docker commands of a page are let through: those that only read, end, and give nothing of this machine away.

A page may run any docker command in Docker Desktop. A smoke test runs on an engine that holds other things, too, and
nobody watches what the page does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dext_tasks.ui.docker_options import GROUPS, Words, is_known, of_group, of_verb, why_closed

if TYPE_CHECKING:
    from collections.abc import Sequence

_ELSEWHERE: Final = ("--host", "--context", "--config", "--tls", "--tlscacert", "--tlscert", "--tlskey", "--tlsverify")
_HARMLESS: Final = (("--help",), ("--version",), ("-v",), ("help",))
# Docker's client and its plugins are led to another engine, folder, file or project by these.
_VARIABLES: Final = ("DOCKER_", "BUILDX_", "BUILDKIT_", "COMPOSE_")
_PROJECT: Final = ("-p", "--project-name")
# Compose's own that ask for no project.
_OF_NO_PROJECT: Final = frozenset({"ls", "version"})
# Variables, commands, output and files; a list shows none of these, or no more than docker.listContainers.
_INSIDE: Final = frozenset({"diff", "inspect", "logs", "top"})
_YES: Final = frozenset({"", "1", "t", "true"})


@dataclass(frozen=True)
class _Reading:
    """A command line, taken apart: ``compose``, ``logs``, what stands before it and what follows."""

    group: str
    verb: str
    before: Words
    words: Words

    @property
    def name(self) -> str:
        return f"{self.group} {self.verb}".strip()

    def has(self, *names: str) -> bool:
        """Whether an option is given; one that is switched off is not."""
        return any(name in names and value.lower() in _YES for name, value in self.words.options)


def why_refused(argv: Sequence[str], *, project: str, streaming: bool) -> str:
    """Why a docker command line is not run, in one line; empty for one that is.

    Args:
        argv: After ``docker``.
        project: The extension's own compose project.
        streaming: Whether the page takes output as it comes, and ends the command itself.
    """
    if tuple(argv) in _HARMLESS or (len(argv) == 2 and argv[1] == "--help"):  # noqa: PLR2004 - a command and its help
        return ""
    if (option := _leads_elsewhere(argv)) or not argv:
        return f"{option} leads to another engine or configuration" if option else "no docker command was given"
    group, before, rest = _group(argv)
    if before.unknown:
        return f"docker {f'{group} {before.unknown}'.strip()} is not among the options that are let through"
    verb = rest[0] if rest else ""
    if not is_known(group, verb):
        return f"docker {f'{group} {verb}'.strip()} is not among the commands that only read"
    return _why_closed(_Reading(group, verb, before, of_verb(group, verb, rest[1:])), project, streaming=streaming)


def why_refused_variables(names: Sequence[str]) -> str:
    """Why variables are not handed to docker; empty if they are."""
    found = next((name for name in names if name.upper().startswith(_VARIABLES)), "")
    return f"the variable {found} leads docker to another engine or configuration" if found else ""


def names_containers(argv: Sequence[str]) -> Sequence[str]:
    """What a command that is let through shows the inside of and may be a container; names of other things among it."""
    group, _, rest = _group(argv)
    verb = rest[0] if rest else ""
    if group not in ("", "container") or verb not in _INSIDE:
        return ()
    words = of_verb(group, verb, rest[1:])
    kinds = {value for name, value in words.options if name == "--type"}
    return () if kinds - {"container"} else tuple(words.operands)


def _why_closed(command: _Reading, project: str, *, streaming: bool) -> str:
    if command.words.unknown:
        return f"docker {command.name} {command.words.unknown} is not among the options that are let through"
    if why := why_closed(command.group, command.verb, command.words):
        return why
    if command.group == "compose" and command.verb not in _OF_NO_PROJECT:
        named = {value for name, value in command.before.options if name in _PROJECT}
        if named != {project}:
            return f"docker {command.name} is let through for the extension's own project: -p {project}"
    if not streaming and _never_ends(command):
        return f"docker {command.name} never ends on its own; give it the option `stream`"
    return ""


def _leads_elsewhere(argv: Sequence[str]) -> str:
    # Plugins take docker's own options after their name, too. What follows "top" are the options of ps.
    for number, word in enumerate(argv):
        name = word.split("=", 1)[0]
        plugin = number > 0 and argv[0] in ("buildx", "compose")
        if name in _ELSEWHERE or (word.startswith("-H") and "top" not in argv[:number]):
            return name
        if word.startswith("-c") and (number == 0 or plugin):
            return "-c"
    return ""


def _group(argv: Sequence[str]) -> tuple[str, Words, Sequence[str]]:
    """The innermost command that has commands, its options, and the rest."""
    group, rest = "", argv
    while True:
        before, rest = of_group(group, rest)
        inner = f"{group} {rest[0]}".strip() if rest else ""
        if before.unknown or inner not in GROUPS or not inner:
            return group, before, rest
        group, rest = inner, rest[1:]


def _never_ends(command: _Reading) -> bool:
    if command.verb == "logs":
        return command.has("-f", "--follow")
    if command.verb == "events":
        return not any(name == "--until" for name, _ in command.words.options)
    if command.verb == "stats":
        return not command.has("--no-stream")
    return False
