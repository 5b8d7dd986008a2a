"""Variables that an operating system sets and another does not: a compose file is started on all of them.

Compose runs beside the desktop, with the environment of the desktop's own process.
Grammar: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class System(StrEnum):
    """Where a desktop runs."""

    WINDOWS = "Windows"
    MACOS = "macOS"
    LINUX = "Linux"


_WINDOWS: Final = frozenset({System.WINDOWS})
_MACOS: Final = frozenset({System.MACOS})
_LINUX: Final = frozenset({System.LINUX})
# https://learn.microsoft.com/en-us/windows/deployment/usmt/usmt-recognized-environment-variables,
# https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html and
# https://specifications.freedesktop.org/basedir-spec/latest/. That HOME is not set on Windows:
# https://github.com/rancher-sandbox/rancher-desktop/issues/4653
SET_ON: Final = {
    **dict.fromkeys(("HOME", "USER", "LOGNAME", "SHELL", "PWD", "LANG"), _MACOS | _LINUX),
    **dict.fromkeys(("USERPROFILE", "HOMEDRIVE", "HOMEPATH", "USERNAME", "USERDOMAIN", "COMPUTERNAME"), _WINDOWS),
    **dict.fromkeys(("TEMP", "TMP", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES"), _WINDOWS),
    **dict.fromkeys(("SYSTEMDRIVE", "SYSTEMROOT", "WINDIR", "COMSPEC", "OS"), _WINDOWS),
    "TMPDIR": _MACOS,
    **dict.fromkeys(("XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "DISPLAY", "WAYLAND_DISPLAY"), _LINUX),
    # Shells keep these for themselves: https://www.gnu.org/software/bash/manual/html_node/Bash-Variables.html
    **dict.fromkeys(("UID", "EUID", "GID"), frozenset[System]()),
}
"""The systems that set a variable, for those that not all of them set."""

EVERYWHERE: Final = frozenset({"DESKTOP_PLUGIN_IMAGE", "COMPOSE_PROJECT_NAME", "PATH"})
"""Variables that desktops, Compose and every operating system set."""

# What says the same elsewhere: a variable, or a path or word that is right where there is none.
_STAND_INS: Final = {
    "HOME": ("USERPROFILE",),
    "USERPROFILE": ("HOME",),
    **dict.fromkeys(("USER", "LOGNAME"), ("USERNAME",)),
    "USERNAME": ("USER",),
    "TMPDIR": ("TEMP", "/tmp"),  # noqa: S108 - of the user's machine
    **dict.fromkeys(("TEMP", "TMP"), ("TMPDIR", "/tmp")),  # noqa: S108 - as above
    "SHELL": ("/bin/sh",),
    "LANG": ("C.UTF-8",),
}
_IN_MOUNTS: Final = {
    **dict.fromkeys(("HOME", "USERPROFILE"), "; at the beginning of a mount ~ says the same"),
    **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), ", or mount a tmpfs or a named volume"),
}
_NO_SUCH_FOLDER: Final = "use a named volume: other systems have no such folder"
_WINDOWS_ALONE: Final = "leave it out: only Windows has it"
_ADVICE: Final = {
    **dict.fromkeys(("HOMEDRIVE", "HOMEPATH"), "write ${USERPROFILE:-${HOME}}; at the beginning of a mount ~ says it"),
    **dict.fromkeys(("APPDATA", "LOCALAPPDATA", "PROGRAMDATA"), _NO_SUCH_FOLDER),
    **dict.fromkeys(
        ("PROGRAMFILES", "SYSTEMDRIVE", "SYSTEMROOT", "WINDIR", "COMSPEC"), "leave it out: only Windows has it"
    ),
    "COMPUTERNAME": "let the UI send it to the backend: ddClient.host.hostname is there on every system",
    "OS": "let the UI send it to the backend: ddClient.host.platform is there on every system",
    "PWD": "write . for the folder of the compose file, or name a folder that is there on every system",
    "XDG_RUNTIME_DIR": "mount /var/run/docker.sock for the engine's socket, and a named volume for anything else",
    **dict.fromkeys(("UID", "EUID", "GID"), "write the number that the image's files belong to"),
}

_DEEPEST = 20
_MARK = regex(r"\$(?:\$|(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?::?(?P<operator>[-+?]))?)|\}", re.ASCII)


class _Use(NamedTuple):
    """A variable in a string.

    Attributes:
        name: Its name.
        operator: What stands for it where it is not set (``-``), or is (``+``), or that it must be (``?``).
        word: The variables in what stands for it.
    """

    name: str
    operator: str
    word: tuple[_Use, ...]


def missing(text: str) -> dict[str, tuple[System, ...]]:
    """The systems on which a variable of a string is empty, by variable; none if another one replaces it."""
    return _by_variable(text, _empty)


def required(text: str) -> dict[str, tuple[System, ...]]:
    """The systems on which Compose refuses a string for a variable that has to be set there, by variable."""
    return _by_variable(text, _refused)


def listed(systems: tuple[System, ...]) -> str:
    """Systems in words: ``macOS and Linux``."""
    return "any system" if len(systems) == len(System) else " and ".join(systems)


def remedy(name: str, lacking: tuple[System, ...]) -> str:
    """What to write in a variable's place.

    Args:
        name: The variable.
        lacking: Where it is not set.
    """
    known = name if name in SET_ON else name.upper()
    if known in _ADVICE:
        return _ADVICE[known]
    if known not in _STAND_INS:
        return f"give it a value that is right everywhere: ${{{name}:-value}}"
    stand_ins = [each for each in _STAND_INS[known] if each not in SET_ON or not SET_ON[each].isdisjoint(lacking)]
    *variables, last = (name, *stand_ins)
    chain = f"${{{last}}}" if last in SET_ON else last
    for each in reversed(variables):
        chain = f"${{{each}:-{chain}}}"
    return f"write {chain}{_IN_MOUNTS.get(known, '')}"


def _by_variable(text: str, find: Callable[[tuple[_Use, ...], System], Iterator[str]]) -> dict[str, tuple[System, ...]]:
    if "$" not in text:
        return {}
    uses, _ = _read(text, 0, 0)
    found: dict[str, list[System]] = {}
    for system in System:
        for name in dict.fromkeys(find(uses, system)):
            found.setdefault(name, []).append(system)
    return {name: tuple(systems) for name, systems in found.items()}


def _read(text: str, at: int, depth: int) -> tuple[tuple[_Use, ...], int]:
    """The variables up to the end of a string or the bracket that ends a word, and where that is."""
    uses: list[_Use] = []
    while found := _MARK.search(text, at):
        at = found.end()
        if found[0] == "}":
            if depth:
                break
        elif found["bare"]:
            uses.append(_Use(found["bare"], "", ()))
        elif found["name"] and depth < _DEEPEST:
            word, at = _read(text, at, depth + 1)
            uses.append(_Use(found["name"], found["operator"] or "", word))
    return tuple(uses), at if found else len(text)


def _empty(uses: tuple[_Use, ...], system: System) -> Iterator[str]:
    # One of ${HOME}${USERPROFILE} is set wherever it is.
    if not any(_is_set(use.name, system) and use.name not in EVERYWHERE and use.operator != "+" for use in uses):
        yield from _unset(uses, system)


def _unset(uses: tuple[_Use, ...], system: System) -> Iterator[str]:
    for use in uses:
        if not use.operator and _sets(use.name) is not None and not _is_set(use.name, system):
            yield use.name
        yield from _unset(_taken(use, system), system)


def _refused(uses: tuple[_Use, ...], system: System) -> Iterator[str]:
    for use in uses:
        if use.operator == "?" and not _is_set(use.name, system):
            yield use.name
        yield from _refused(_taken(use, system), system)


def _taken(use: _Use, system: System) -> tuple[_Use, ...]:
    """The variables in what stands for another one, where it does."""
    is_set = _is_set(use.name, system)
    return use.word if (use.operator == "-" and not is_set) or (use.operator == "+" and is_set) else ()


def _is_set(name: str, system: System) -> bool:
    return name in EVERYWHERE or system in (_sets(name) or ())


def _sets(name: str) -> frozenset[System] | None:
    """The systems that set a variable; None if nothing is known of it."""
    if name in SET_ON:
        return SET_ON[name]
    # Only Windows ignores case, nor does Compose there:
    # https://github.com/compose-spec/compose-go/blob/main/types/config.go (LookupEnv)
    known = SET_ON.get(name.upper(), _WINDOWS if name.upper() in EVERYWHERE else None)
    return _WINDOWS if known and System.WINDOWS in known else None
