"""A report for other programs: one function a format, each from a finished check to text."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from dext_tasks.console.formats.docker import docker
from dext_tasks.console.formats.github import github
from dext_tasks.console.formats.json import json
from dext_tasks.console.formats.junit import junit
from dext_tasks.console.formats.sarif import sarif

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.checks.run import Checked


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
