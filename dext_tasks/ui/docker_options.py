"""What each docker command that a page may run understands: only options that name no file and no other place.

Read off the help of docker 26 and 28, compose 2.26 to 2.40 and buildx 0.13 to 0.29. An option that is not listed here
is refused, so a newer client's new option is, too, until somebody has looked at it.

Left out by what they give away:

- ``compose config|convert``: they do nothing but read files of this machine, or its variables (``--environment``).
- ``context ls|inspect``, ``buildx ls|inspect``, ``buildx --builder``: addresses, keys' places and settings of other
  engines that the caller uses; buildx also connects to each.
- ``buildx history``, ``buildx du --verbose``: commands, arguments and folders of the caller's own builds.
- ``manifest|trust|buildx imagetools inspect``: any registry is asked with the caller's login, and from its network.
- ``config|secret|service|node|plugin inspect``, ``service logs``, ``stack config``: contents, variables and settings of
  what belongs to others in a swarm; the last reads a file.

https://docs.docker.com/reference/cli/docker/
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
    """The words of a command line, told apart as the client does it.

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
