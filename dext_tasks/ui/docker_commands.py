"""Which docker commands of a page are let through: those that only read, and end.

A page may run any docker command in Docker Desktop. A smoke test runs on an engine that holds other things, too, and
nobody watches what the page does.

Commands: https://docs.docker.com/reference/cli/docker/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LIST: Final = frozenset({"ls", "list"})
_READ: Final = _LIST | {"inspect"}
_CONTAINER: Final = frozenset({"diff", "inspect", "logs", "port", "stats", "top"})

_READING: Final[Mapping[str, frozenset[str]]] = {
    "": _CONTAINER | {"events", "history", "images", "info", "ps", "search", "version"},
    "buildx": _LIST | {"du", "inspect", "version"},
    "buildx history": _READ | {"logs"},
    "buildx imagetools": frozenset({"inspect"}),
    "checkpoint": _LIST,
    "compose": frozenset(
        {"config", "convert", "events", "images", "logs", "ls", "port", "ps", "stats", "top", "version", "volumes"}
    ),
    "config": _READ,
    "container": _CONTAINER | _LIST | {"ps"},
    "context": _READ | {"show"},
    "image": _READ | {"history"},
    "manifest": frozenset({"inspect"}),
    "network": _READ,
    "node": _READ | {"ps"},
    "plugin": _READ,
    "secret": _READ,
    "service": _READ | {"logs", "ps"},
    "stack": _LIST | {"config", "ps", "services"},
    "swarm": frozenset(),
    "system": frozenset({"df", "events", "info"}),
    "trust": frozenset({"inspect"}),
    "volume": _READ,
}
"""What reads, by the command it belongs to; a command that is in neither column changes something."""

_VALUED: Final[Mapping[str, frozenset[str]]] = {
    "compose": frozenset(
        {
            "--ansi", "--env-file", "--file", "--parallel", "--profile", "--progress", "--project-directory",
            "--project-name", "-f", "-p",
        }
    ),
    "buildx": frozenset({"--builder"}),
    "buildx history": frozenset({"--builder"}),
    "buildx imagetools": frozenset({"--builder"}),
}  # fmt: skip
"""Options with a value that may stand before a plugin's sub-command."""

_ELSEWHERE: Final = ("--host", "--context", "--config", "--tls", "--tlscacert", "--tlscert", "--tlskey", "--tlsverify")
_HARMLESS: Final = (("--help",), ("--version",), ("-v",), ("help",))
# Docker's client is led to another engine or plugin folder by these.
_VARIABLES: Final = ("DOCKER_", "BUILDX_", "BUILDKIT_")
_WRITING: Final[Mapping[str, tuple[str, ...]]] = {
    "buildx inspect": ("--bootstrap",),
    "compose config": ("--output", "-o", "--lock-image-digests"),
    "compose convert": ("--output", "-o"),
}


@dataclass(frozen=True)
class _Reading:
    """A command line, taken apart: ``compose``, ``logs``, ``["-f", "web"]``."""

    group: str
    verb: str
    rest: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.group} {self.verb}".strip()


def why_refused(argv: Sequence[str], *, streaming: bool) -> str:
    """Why a docker command line is not run, in one line; empty for one that is.

    Args:
        argv: After ``docker``.
        streaming: Whether the page takes output as it comes, and ends the command itself.
    """
    if tuple(argv) in _HARMLESS or (len(argv) == 2 and argv[1] == "--help"):  # noqa: PLR2004 - a command and its help
        return ""
    if (option := _leads_elsewhere(argv)) or not argv:
        return f"{option} leads to another engine or configuration" if option else "no docker command was given"
    command = _taken_apart(argv)
    if command.verb not in _READING[command.group]:
        return f"docker {command.name} is not among the commands that only read"
    if option := _option(command.rest, _WRITING.get(command.name, ())):
        return f"docker {command.name} {option} writes"
    if not streaming and _never_ends(command):
        return f"docker {command.name} never ends on its own; give it the option `stream`"
    return ""


def why_refused_variables(names: Sequence[str]) -> str:
    """Why variables are not handed to docker; empty if they are."""
    found = next((name for name in names if name.upper().startswith(_VARIABLES)), "")
    return f"the variable {found} leads docker to another engine or configuration" if found else ""


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


def _taken_apart(argv: Sequence[str]) -> _Reading:
    group, words = "", list(argv)
    while words:
        word = words.pop(0)
        inner = f"{group} {word}".strip()
        if inner in _READING and word not in _READING[group]:
            group = inner
        elif word.startswith("-") and group in _VALUED:
            if word in _VALUED[group] and words:
                words.pop(0)
        else:
            return _Reading(group, word, tuple(words))
    return _Reading(group, "", ())


def _option(words: Sequence[str], names: Sequence[str]) -> str:
    for word in words:
        name = word.split("=", 1)[0]
        short = next((name for name in names if len(name) == 2 and word.startswith(name)), None)  # noqa: PLR2004 - -x
        if name in names or short:
            return short or name
    return ""


def _never_ends(command: _Reading) -> bool:
    if command.verb == "logs":
        return any(map(_follows, command.rest))
    if command.verb == "events":
        return not any(word.split("=", 1)[0] == "--until" for word in command.rest)
    if command.verb == "stats":
        return not any(word in ("--no-stream", "--no-stream=true") for word in command.rest)
    return False


def _follows(word: str) -> bool:
    if word.startswith("--"):
        return word in ("--follow", "--follow=true")
    # -n takes what follows it as its value: -tfn5 follows, -nf does not.
    return word.startswith("-") and "f" in word.split("n", 1)[0]
