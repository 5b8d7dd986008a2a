"""Images of build contexts, and what a check finds in them."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from dext_tasks.checks.run import CheckPlace, CheckRequest, run
from dext_tasks.config import Settings
from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from dext_tasks.engine.engines import Engines
from dext_tasks.extension import sdk
from dext_tasks.extension.desktops import Desktop
from dext_tasks.registry.access import Access
from dext_tasks.registry.credentials import Logins

from .extension import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dext_tasks.checks.report import Report
    from dext_tasks.project import Project

    from .build_context import BuildContext
    from .docker import Docker


def found(report: Report) -> Counter[tuple[str, str, str]]:
    """Rule, platform, and label or path of each finding."""
    places = ((each.rule.code, each.place) for each in report.findings)
    return Counter((code, str(place.platform or ""), place.label or place.path) for code, place in places)


class CheckedImages:
    """Images that are built at once, each checked when its report is first asked for.

    Args:
        docker: The engine.
        folder: An empty folder for everything that is written.
    """

    def __init__(self, docker: Docker, folder: Path) -> None:
        self._docker = docker
        self._folder = folder
        self._reports: dict[tuple[str, bool], Report] = {}

    def build(self, contexts: Mapping[str, BuildContext], platforms: tuple[str, ...] = PLATFORMS) -> None:
        """Build the images of some contexts, side by side; the keys are their references."""
        targets = {}
        for reference, context in contexts.items():
            name = reference.translate(str.maketrans("/:.", "___"))
            context.write(self._folder / name)
            targets[name] = {
                "context": str(self._folder / name),
                "tags": [reference],
                "platforms": platforms,
                "output": ["type=docker"],
                "attest": ["type=provenance,disabled=true"],
            }
        file = self._folder / "bake.json"
        file.write_text(json.dumps({"target": targets}), encoding="utf-8")
        self._docker.run("buildx", "bake", "--file", str(file), *targets)

    def report(self, reference: str, *, optional: bool = False) -> Report:
        """The report on an image, if need be with the rules that are asked on request only."""
        if (reference, optional) not in self._reports:
            request = CheckRequest(image=reference, sdk=str(sdk.apis()[-1]) if optional else "")
            self._reports[reference, optional] = self._checked(request, optional=optional)
        return self._reports[reference, optional]

    def report_on_project(self, project: Project, *, optional: bool = False) -> Report:
        """The report on a source tree and its builds."""
        return self._checked(CheckRequest(), project, optional=optional)

    def _checked(self, request: CheckRequest, project: Project | None = None, *, optional: bool) -> Report:
        def given() -> Project:
            assert project, "an image is checked, not a project"
            return project

        host = self._docker.host
        engine = Engine(Client(("docker", "--host", host) if host else ("docker",)))
        settings = Settings(check_runtimes=tuple(Desktop) if optional else ())
        place = CheckPlace(given, lambda: Engines(engine), settings, lambda: Access(Logins(self._folder)))
        return run(request, place).report
