"""What an engine, an image in it and a container of it say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from posixpath import normpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.extension.platform import Platform


# What runc looks through where an image sets none:
# https://github.com/moby/moby/blob/v26.1.5/oci/defaults.go
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class Store(StrEnum):
    """How the engine keeps images.

    The classic store holds one platform a tag and names an image by its configuration's digest, the
    containerd store holds whole indexes and names it by its manifest's:
    https://docs.docker.com/engine/storage/containerd/
    """

    CLASSIC = "classic"
    CONTAINERD = "containerd"


@dataclass(frozen=True)
class EngineFacts:
    """The engine that answers.

    Attributes:
        version: Version of the engine.
        api: Version of its API.
        platform: The platform it runs without emulation.
        store: Its image store.
        buildx: Version of the client's buildx plugin, empty if there is none.
        compose: Version of the client's compose plugin, empty if there is none.
    """

    version: str
    api: str
    platform: Platform
    store: Store
    buildx: str
    compose: str


@dataclass(frozen=True)
class ImageFacts:
    """An image in the engine.

    Attributes:
        reference: What it was asked for by.
        id: Digest the engine knows it by.
        platform: From its configuration, not from what was asked for.
        labels: From its configuration.
        size: Bytes, as the engine counts them.
        command: What it runs: entry point and arguments, from its configuration.
        path: Folders a bare command is looked for in, likewise.
        folder: Working folder, likewise.
        user: Who runs it, likewise; empty for root.
    """

    reference: str
    id: str
    platform: Platform
    labels: Mapping[str, str]
    size: int
    command: tuple[str, ...] = ()
    path: tuple[str, ...] = _PATH
    folder: str = "/"
    user: str = ""

    @property
    def programs(self) -> tuple[str, ...]:
        """Where the program may be that it runs, by absolute path; the first one that is there is it."""
        program = next(iter(self.command), "")
        if not program:
            return ()
        if "/" in program:
            return (normpath(f"{self.folder}/{program}" if not program.startswith("/") else program),)
        return tuple(normpath(f"{folder}/{program}") for folder in self.path)


@dataclass(frozen=True)
class ContainerFacts:
    """A container's state.

    Attributes:
        name: Without the leading slash.
        status: ``running``, ``exited``, ``restarting`` and so on.
        exit_code: Of its last end; 0 while it never ended.
        restarts: How often the engine restarted it.
    """

    name: str
    status: str
    exit_code: int
    restarts: int
