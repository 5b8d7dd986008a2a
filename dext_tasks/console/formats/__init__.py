"""A report for other programs: one function a format, each from a finished check to text."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from dext_tasks.console.formats.docker import docker, docker_failure
from dext_tasks.console.formats.github import github, github_failure
from dext_tasks.console.formats.json import json, json_failure
from dext_tasks.console.formats.junit import junit, junit_failure
from dext_tasks.console.formats.sarif import sarif, sarif_failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.checks.run import Checked
    from dext_tasks.errors import DextError


class Format(StrEnum):
    """What ``--format`` takes."""

    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    DOCKER = "docker"


FORMATS: dict[Format, Callable[[Checked], str]] = {
    Format.JSON: json,
    Format.SARIF: sarif,
    Format.JUNIT: junit,
    Format.GITHUB: github,
    Format.DOCKER: docker,
}

# What is written where no check could be made.
FAILURES: dict[Format, Callable[[DextError], str]] = {
    Format.JSON: json_failure,
    Format.SARIF: sarif_failure,
    Format.JUNIT: junit_failure,
    Format.GITHUB: github_failure,
    Format.DOCKER: docker_failure,
}
