"""What is known of the machine that an extension would run on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from posixpath import normpath
from typing import TYPE_CHECKING, Final

from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINE_SOCKETS: Final = ("docker.sock", "docker.sock.raw", "podman.sock", "containerd.sock")
"""Names of sockets through which the engine, and with it the whole machine under it, is controlled."""

GUEST_SERVICES: Final = "/run/guest-services"
"""Where desktops mount the folder of backend sockets."""

# https://docs.docker.com/reference/cli/dockerd/#daemon-socket-option; desktops and Podman have pipes of their own.
_ENGINE_PIPE = regex(r"//(?:[.?]/)?pipe/(?:docker|podman)", re.IGNORECASE)
_SOCKETS: Final = frozenset(
    {
        *("/run/docker.sock", "/run/docker.sock.raw", "/run/containerd/containerd.sock", "/run/podman/podman.sock"),
        # Of engines without root: https://docs.docker.com/engine/security/rootless/
        *("/run/user/0/docker.sock", "/run/user/0/podman/podman.sock"),
    }
)


def is_engine_path(path: str) -> bool:
    """Whether a path is that of a socket or pipe of an engine, by its name."""
    return path.rpartition("/")[2].casefold() in ENGINE_SOCKETS or _ENGINE_PIPE.match(path) is not None


def normal(path: str) -> str:
    """A path without ``.``, ``..`` and slashes that change nothing; /var/run is /run wherever there is systemd."""
    slashed = path.replace("\\", "/") if _is_windows(path) else path
    if not slashed.startswith("/") or _ENGINE_PIPE.match(slashed):
        return normpath(slashed)
    plain = normpath(f"/{slashed.lstrip('/')}")
    return plain.removeprefix("/var") if f"{plain}/".startswith("/var/run/") else plain


def _is_windows(path: str) -> bool:
    return path.startswith("\\\\") or path[1:3] in {":\\", ":/"}


@dataclass(frozen=True)
class HostMachine:
    """The machine an extension would run on.

    Attributes:
        project: Folder of the compose file; what is in it is the extension's own.
        follow: Follows the symbolic links of a path where they are known.
        sockets: Where engines listen besides the usual places.
        given: Folders that it gives to every extension.
        shared: Real paths of own folders in which a container can put symbolic links.
    """

    project: str
    follow: Callable[[str], str] = str
    sockets: frozenset[str] = frozenset()
    given: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    def real_path(self, path: str) -> str:
        """Where a path leads for the engine, which shortens it before it follows links.

        https://github.com/moby/moby/blob/v26.1.5/volume/mounts/linux_parser.go (ParseMountSpec)
        """
        return self.real_paths(path)[0]

    def real_paths(self, path: str) -> tuple[str, ...]:
        """Where a path may lead: a kernel follows links first, and ``..`` behind one leads elsewhere than it seems."""
        plain = normal(path)
        if not plain.startswith("/") or plain.startswith("//"):
            return (plain,)
        return tuple(dict.fromkeys(normal(self.follow(each)) for each in (plain, path)))

    def is_own(self, path: str) -> bool:
        """Whether a path leads to the extension's own files, however and whenever it is followed.

        The engine follows a path again whenever it starts a container, and then by the links that there are.
        """
        own = tuple(f"{self.real_path(each)}/" for each in (self.project, *self.given))
        return all(f"{each}/".startswith(own) and not each.startswith(self._loose) for each in self.real_paths(path))

    @cached_property
    def _loose(self) -> tuple[str, ...]:
        # Of as many mounts as a file has, and asked for each of them.
        return tuple(f"{each.rstrip('/')}/" for each in self.shared)

    def is_engine(self, path: str) -> bool:
        """Whether a path leads to an engine's socket."""
        sockets = self._all_sockets()
        return any(
            is_engine_path(each) or each.casefold() in sockets for each in (normal(path), *self.real_paths(path))
        )

    def holds_engine(self, path: str) -> bool:
        """Whether a folder has an engine's socket somewhere in it."""
        above = tuple(f"{each.rstrip('/')}/".casefold() for each in self.real_paths(path))
        return any(socket.startswith(above) for socket in self._all_sockets())

    def _all_sockets(self) -> frozenset[str]:
        return _SOCKETS | {self.real_path(socket).casefold() for socket in self.sockets}
