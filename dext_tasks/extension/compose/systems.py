"""Variables that an operating system sets and another does not: a compose file is started on all of them.

Compose runs beside the desktop, with the environment of the desktop's own process.
Grammar: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    **dict.fromkeys(("SYSTEMDRIVE", "SYSTEMROOT", "WINDIR", "OS"), _WINDOWS),
    "TMPDIR": _MACOS,
    **dict.fromkeys(("XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "DISPLAY", "WAYLAND_DISPLAY"), _LINUX),
}
"""The systems that set a variable, for those that not all of them set."""

_DEEPEST = 20
_MARK = re.compile(r"\$(?:\$|(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?::?(?P<operator>[-+?]))?)|\}", re.ASCII)


@dataclass(frozen=True)
class _Use:
    """A variable in a text.

    Attributes:
        name: Its name.
        operator: What stands for it where it is not set (``-``), or is (``+``), or that it must be (``?``).
        word: The variables in what stands for it.
    """

    name: str
    operator: str
    word: tuple[_Use, ...]


def missing(text: str) -> dict[str, tuple[System, ...]]:
    """The systems on which a variable of a text is empty, by variable; none where another one stands in for it."""
    if "$" not in text:
        return {}
    uses, _ = _read(text, 0, 0)
    found: dict[str, list[System]] = {}
    for system in System:
        # One of ${HOME}${USERPROFILE} is set wherever it is.
        if not any(_is_set(use.name, system) and use.operator != "+" for use in uses):
            for name in dict.fromkeys(_unset(uses, system)):
                found.setdefault(name, []).append(system)
    return {name: tuple(systems) for name, systems in found.items()}


def without(name: str) -> tuple[System, ...]:
    """The systems that do not set a variable which others do."""
    return tuple(system for system in System if name in SET_ON and system not in SET_ON[name])


def listed(systems: tuple[System, ...]) -> str:
    """Systems in words: ``macOS and Linux``."""
    return " and ".join(systems)


def _read(text: str, at: int, depth: int) -> tuple[tuple[_Use, ...], int]:
    """The variables up to the end of a text or the bracket that ends a word, and where that is."""
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


def _unset(uses: tuple[_Use, ...], system: System) -> Iterator[str]:
    for use in uses:
        is_set = _is_set(use.name, system)
        if (use.operator == "-" and not is_set) or (use.operator == "+" and is_set):
            yield from _unset(use.word, system)
        elif not use.operator and use.name in SET_ON and not is_set:
            yield use.name


def _is_set(name: str, system: System) -> bool:
    return system in SET_ON.get(name, ())
