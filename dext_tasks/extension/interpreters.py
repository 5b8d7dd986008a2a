"""Which interpreters a script can count on, by the system it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.formats.executable.binary import HostOS

if TYPE_CHECKING:
    from dext_tasks.formats.executable import Binary

# Those of every macOS (https://support.apple.com/en-us/102360), and of every Linux that Docker Desktop is for
# (https://docs.docker.com/desktop/setup/install/linux/), where /bin is /usr/bin:
# https://systemd.io/THE_CASE_FOR_THE_USR_MERGE/
_SHELLS = {
    HostOS.DARWIN: frozenset({"/bin/sh", "/bin/bash", "/bin/zsh", "/usr/bin/osascript"}),
    HostOS.LINUX: frozenset({"/bin/sh", "/bin/bash", "/usr/bin/sh", "/usr/bin/bash"}),
}
_ENV = {HostOS.DARWIN: frozenset({"/usr/bin/env"}), HostOS.LINUX: frozenset({"/usr/bin/env", "/bin/env"})}
_NAMES = {os: frozenset(path.rpartition("/")[2] for path in paths) for os, paths in _SHELLS.items()}


def is_there(os: HostOS, script: Binary) -> bool:
    """Whether every system of that kind has a script's interpreter where the script says; no Windows has any."""
    if os not in _SHELLS:
        return False
    if script.launcher == script.interpreter:
        return script.interpreter in _SHELLS[os]
    return script.launcher in _ENV[os] and script.interpreter in _SHELLS[os] | _NAMES[os]


def is_env(os: HostOS, launcher: str) -> bool:
    """Whether that is where such a system has ``env``."""
    return launcher in _ENV.get(os, ())
