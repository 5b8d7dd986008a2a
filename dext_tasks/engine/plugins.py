"""Plugins of the docker client, found where it looks for them itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

# https://github.com/docker/cli/blob/v28.2.2/cli-plugins/manager/manager_unix.go
_OF_SYSTEM: Final = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)


def is_at_hand(plugin: str) -> bool:
    """Whether a plugin is in one of the folders that every client has; if not, it may be in others.

    To ask the client takes 0.1 s of a processor, as it runs each of its plugins to have its version.
    """
    # https://github.com/docker/cli/blob/v28.2.2/cli-plugins/manager/manager.go (getPluginDirs)
    own = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")  # noqa: PTH111 - raises where there is no home
    places = (Path(own, "cli-plugins"), *map(Path, _OF_SYSTEM))
    return any(_is_program(place / f"docker-{plugin}") for place in places)


def _is_program(file: Path) -> bool:
    return file.is_file() and os.access(file, os.X_OK)
