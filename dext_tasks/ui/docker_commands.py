"""Which docker commands of a page are let through: those that only read, end, and give nothing of this machine away.

A page may run any docker command in Docker Desktop. A smoke test runs on an engine that holds other things, too, and
nobody watches what the page does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_LISTED: Final = "-f= --filter= --format= -q --quiet"
_CONTAINERS: Final = f"{_LISTED} -a --all -n= --last= -l --latest --no-trunc -s --size"
_IMAGES: Final = f"{_LISTED} -a --all --digests --no-trunc --tree"
_TASKS: Final = f"{_LISTED} --no-resolve --no-trunc"
_INSPECT: Final = "-f= --format="
_LOGS: Final = "-f --follow --since= --until= -n= --tail= -t --timestamps"
_STATS: Final = "-a --all --format= --no-stream --no-trunc"
_EVENTS: Final = "-f= --filter= --format= --since= --until="
_HISTORY: Final = "--format= -H --human --no-trunc -q --quiet --platform="

_OF_CONTAINERS: Final[Mapping[str, str]] = {
    "diff": "",
    "inspect": f"{_INSPECT} -s --size",
    "logs": f"{_LOGS} --details",
    "port": "",
    "stats": _STATS,
    "top": "",
}

SPELLED: Final[Mapping[str, Mapping[str, str]]] = {
    "": {
        **_OF_CONTAINERS,
        "events": _EVENTS,
        "history": _HISTORY,
        "images": _IMAGES,
        "info": _INSPECT,
        "inspect": f"{_INSPECT} -s --size --type=",
        "ps": _CONTAINERS,
        "search": "-f= --filter= --format= --limit= --no-trunc",
        "version": _INSPECT,
    },
    "buildx": {"du": "--filter=", "version": ""},
    "checkpoint": {"ls": "", "list": ""},
    "compose": {
        "events": "--json --since= --until=",
        "images": "--format= -q --quiet",
        "logs": f"{_LOGS} --index= --no-color --no-log-prefix",
        "ls": "-a --all --filter= --format= -q --quiet",
        "port": "--index= --protocol=",
        "ps": "-a --all --filter= --format= --no-trunc --orphans -q --quiet --services --status=",
        "stats": _STATS,
        "top": "",
        "version": "-f= --format= --short",
        "volumes": "--format= -q --quiet",
    },
    "config": {"ls": _LISTED, "list": _LISTED},
    "container": {**_OF_CONTAINERS, "ls": _CONTAINERS, "list": _CONTAINERS, "ps": _CONTAINERS},
    "context": {"show": ""},
    "image": {"history": _HISTORY, "inspect": f"{_INSPECT} --platform=", "ls": _IMAGES, "list": _IMAGES},
    "network": {
        "inspect": f"{_INSPECT} -v --verbose",
        "ls": f"{_LISTED} --no-trunc",
        "list": f"{_LISTED} --no-trunc",
    },
    "node": {"ls": _LISTED, "list": _LISTED, "ps": _TASKS},
    "plugin": {"ls": f"{_LISTED} --no-trunc", "list": f"{_LISTED} --no-trunc"},
    "secret": {"ls": _LISTED, "list": _LISTED},
    "service": {"ls": _LISTED, "list": _LISTED, "ps": _TASKS},
    "stack": {"ls": "--format=", "list": "--format=", "ps": _TASKS, "services": _LISTED},
    "system": {"df": "--format= -v --verbose", "events": _EVENTS, "info": _INSPECT},
    "volume": {"inspect": _INSPECT, "ls": _LISTED, "list": _LISTED},
}
"""Options of each command, by its group; those that take a value end with ``=``."""

GROUPS: Final = frozenset(
    {*SPELLED, "buildx history", "buildx imagetools", "manifest", "swarm", "trust", "builder", "model", "sandbox"}
)
"""Commands that have commands."""

_BEFORE: Final[Mapping[str, str]] = {
    "compose": "--all-resources --ansi= --compatibility --parallel= --profile= --progress= -p= --project-name="
}
# Of every command: what it says of itself.
_HELP: Final = frozenset({"--help"})
# Of compose: it asks the engine, and does no more.
_DRY: Final = "--dry-run"

_TYPES: Final = frozenset({"container", "image", "network", "volume"})
# Of Docker Hub: NAME or USER/NAME. With a dot, a colon or "localhost" in front it is another host, which the engine
# asks:
# https://github.com/moby/moby/blob/v26.1.5/registry/search.go (splitReposSearchTerm)
_OF_THE_HUB: Final = re.compile(r"(?!localhost/)[\w-]+(/[\w.-]*)?|[\w-][\w .-]*", re.ASCII)
# Options of ps, as the engine's machine has it; it reads no file by any of them.
_OF_PS: Final = re.compile(r"[-+\w%,]+", re.ASCII)


@dataclass(frozen=True)
class Words:
    """The words of a command line, split as the client does it.

    Attributes:
        options: Each with its value, empty for those without one; an option by any of its names.
        operands: The others.
        unknown: The first option that the command is not known to have; empty if there is none.
    """

    options: Sequence[tuple[str, str]]
    operands: Sequence[str]
    unknown: str = ""


def is_known(group: str, verb: str) -> bool:
    """Whether a page may run a command."""
    return verb in SPELLED.get(group, {})


def of_group(group: str, words: Sequence[str]) -> tuple[Words, Sequence[str]]:
    """Options between a command's name and that of its own command, and what follows them."""
    rest = [*words]
    taken: list[str] = []
    known = _known(_BEFORE.get(group, ""))
    while rest and rest[0].startswith("-") and rest[0] != "-":
        taken.append(rest.pop(0))
        if rest and _wants_value(taken[-1], known):
            taken.append(rest.pop(0))
    return _told_apart(taken, known), rest


def of_verb(group: str, verb: str, words: Sequence[str]) -> Words:
    """What follows a command."""
    known = _known(SPELLED[group][verb])
    if group == "compose":
        known = {**known, _DRY: False}
    if verb == "top" and group != "compose":
        # What follows the container's name is for ps: https://docs.docker.com/reference/cli/docker/container/top/
        first = next((number for number, word in enumerate(words) if not word.startswith("-")), len(words))
        mine, of_ps = words[: first + 1], words[first + 1 :]
        foreign = next((word.partition("=")[0] for word in of_ps if not _OF_PS.fullmatch(word)), "")
        found = _told_apart(mine, known)
        return Words(found.options, found.operands, found.unknown or foreign)
    return _told_apart(words, known)


def why_closed(group: str, verb: str, words: Words) -> str:
    """Why a command is not run with these values; empty if it is."""
    kinds = [value for name, value in words.options if name == "--type"]
    if foreign := next((kind for kind in kinds if kind not in _TYPES), ""):
        return f"docker inspect --type {foreign} shows what is not the extension's"
    if (group, verb) == ("", "search") and not all(map(_OF_THE_HUB.fullmatch, words.operands)):
        return "docker search asks a registry other than Docker Hub"
    return ""


def _known(spelled: str) -> Mapping[str, bool]:
    """Options by name, and whether they take a value."""
    return {name.removesuffix("="): name.endswith("=") for name in spelled.split()}


def _wants_value(word: str, known: Mapping[str, bool]) -> bool:
    """Whether the next word is this one's value."""
    if word.startswith("--"):
        return known.get(word, False)
    for place, letter in enumerate(word[1:], 2):
        if known.get(f"-{letter}", False):
            return place == len(word)
    return False


def _told_apart(words: Sequence[str], known: Mapping[str, bool]) -> Words:
    """As pflag does: https://pkg.go.dev/github.com/spf13/pflag#hdr-Command_line_flag_syntax."""
    options: list[tuple[str, str]] = []
    operands: list[str] = []
    rest = [*words]
    while rest:
        word = rest.pop(0)
        if word == "--":
            return Words(options, [*operands, *rest])
        if not word.startswith("-") or word == "-":
            operands.append(word)
            continue
        found, is_open = _long(word, known) if word.startswith("--") else _short(word, known)
        if not found:
            return Words(options, operands, _culprit(word, known))
        if is_open and rest:
            found[-1] = (found[-1][0], rest.pop(0))
        options += found
    return Words(options, operands)


def _culprit(word: str, known: Mapping[str, bool]) -> str:
    """The unknown option of a word, without its value, which is the page's own affair."""
    if word.startswith("--"):
        return word.partition("=")[0]
    return next((f"-{letter}" for letter in word[1:] if f"-{letter}" not in known), word)


def _long(word: str, known: Mapping[str, bool]) -> tuple[list[tuple[str, str]], bool]:
    """The option of a word, and whether its value is the next one."""
    name, sign, value = word.partition("=")
    if name not in known and name not in _HELP:
        return [], False
    return [(name, value)], known.get(name, False) and not sign


def _short(word: str, known: Mapping[str, bool]) -> tuple[list[tuple[str, str]], bool]:
    """The same of letters: ``-aq``, ``-n5``, ``-n=5``, ``-f=true``; none if one of them is unknown."""
    found: list[tuple[str, str]] = []
    for place, letter in enumerate(word[1:], 2):
        name, rest = f"-{letter}", word[place:]
        if name not in known:
            return [], False
        if known[name] or rest.startswith("="):
            return [*found, (name, rest.removeprefix("="))], known[name] and not rest
        found.append((name, ""))
    return found, False


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
