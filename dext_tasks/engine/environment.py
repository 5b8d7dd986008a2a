"""The variables that docker and compose run with when they handle what a stranger wrote."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# What finds the client's programs and its plugins, on each system.
_PROGRAMS = re.compile(
    r"PATH|HOME|DOCKER_CONFIG|SYSTEMROOT|USERPROFILE|(?:LOCAL)?APPDATA|PROGRAMDATA|PROGRAMFILES", re.IGNORECASE
)
# What reaches the engine and registries besides: https://docs.docker.com/reference/cli/docker/#environment-variables
_ENGINE = re.compile(r"DOCKER_\w+|(?:https?|ftp|all|no)_proxy|SSH_AUTH_SOCK", re.IGNORECASE)


def for_reading() -> dict[str, str]:
    """For compose where it replaces variables: no engine is asked then."""
    return {name: value for name, value in os.environ.items() if _PROGRAMS.fullmatch(name)}


def for_running() -> dict[str, str]:
    """For compose where it asks the engine; whatever it could replace was looked at before."""
    return for_reading() | {name: value for name, value in os.environ.items() if _ENGINE.fullmatch(name)}


def of_the_caller(names: Iterable[str]) -> dict[str, str]:
    """Those of these variables that are set."""
    return {name: os.environ[name] for name in names if name in os.environ}
