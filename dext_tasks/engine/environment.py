"""The variables that docker and compose run with when they handle what a stranger wrote."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.redaction import address
from dext_tasks.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

_USUAL = "unix:///var/run/docker.sock"
# What finds the client's programs and its plugins, on each system.
_PROGRAMS = regex(
    r"PATH|HOME|DOCKER_CONFIG|SYSTEMROOT|USERPROFILE|(?:LOCAL)?APPDATA|PROGRAMDATA|PROGRAMFILES", re.IGNORECASE
)
# What reaches the engine and registries besides: https://docs.docker.com/reference/cli/docker/#environment-variables
_ENGINE = regex(r"DOCKER_\w+|(?:https?|ftp|all|no)_proxy|SSH_AUTH_SOCK", re.IGNORECASE)


def for_reading() -> dict[str, str]:
    """For compose where it replaces variables: no engine is asked then."""
    return {name: value for name, value in os.environ.items() if _PROGRAMS.fullmatch(name)}


def for_running() -> dict[str, str]:
    """For compose where it asks the engine; whatever it could replace was looked at before."""
    return for_reading() | {name: value for name, value in os.environ.items() if _ENGINE.fullmatch(name)}


def of_the_caller(names: Iterable[str]) -> dict[str, str]:
    """Those of these variables that are set."""
    return {name: os.environ[name] for name in names if name in os.environ}


def place(context: str) -> str:
    """Where the engine is that the docker client talks to, in words; empty where nobody said anything of it.

    In the client's order: https://github.com/docker/cli/blob/v28.2.2/cli/command/cli.go (resolveContextName)

    Args:
        context: That the client is given; empty for none.
    """
    host = os.environ.get("DOCKER_HOST", "")
    if host and not context:
        return "" if host == _USUAL else f"at {address(host)}"
    name = context or os.environ.get("DOCKER_CONTEXT") or _current_context()
    return "" if name in ("", "default") else f"in context {name}"


def _current_context() -> str:
    """What ``docker context use`` has chosen: https://docs.docker.com/engine/manage-resources/contexts/."""
    folder = os.environ.get("DOCKER_CONFIG") or Path("~/.docker").expanduser()
    try:
        return str(json.loads((Path(folder) / "config.json").read_bytes())["currentContext"])
    except (OSError, RuntimeError, ValueError, LookupError, TypeError):
        return ""
