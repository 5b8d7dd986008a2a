"""Reports for other programs: one function per format, which writes a finished check as text."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from dext_tasks.console.formats.docker import docker, docker_failure
from dext_tasks.console.formats.github import github, github_failure
from dext_tasks.console.formats.gitlab import gitlab, gitlab_failure
from dext_tasks.console.formats.json import json, json_failure
from dext_tasks.console.formats.junit import junit, junit_failure
from dext_tasks.console.formats.sarif import sarif, sarif_failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.checks.run import Checked
    from dext_tasks.errors import DextError


class ReportFormat(StrEnum):
    """What ``--format`` takes."""

    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    GITLAB = "gitlab"
    DOCKER = "docker"


FORMATS: dict[ReportFormat, Callable[[Checked], str]] = {
    ReportFormat.JSON: json,
    ReportFormat.SARIF: sarif,
    ReportFormat.JUNIT: junit,
    ReportFormat.GITHUB: github,
    ReportFormat.GITLAB: gitlab,
    ReportFormat.DOCKER: docker,
}

# What is written where no check could be made.
FAILURES: dict[ReportFormat, Callable[[DextError], str]] = {
    ReportFormat.JSON: json_failure,
    ReportFormat.SARIF: sarif_failure,
    ReportFormat.JUNIT: junit_failure,
    ReportFormat.GITHUB: github_failure,
    ReportFormat.GITLAB: gitlab_failure,
    ReportFormat.DOCKER: docker_failure,
}
