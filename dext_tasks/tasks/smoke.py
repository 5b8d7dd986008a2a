"""inv smoke."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dext_tasks.errors import UsageError
from dext_tasks.tasks.verb import Run, verb

if TYPE_CHECKING:
    from dext_tasks.console.board import Board
    from dext_tasks.smoke.result import SmokeResult

_OPTIONS = (
    "platforms",
    "allow_dirty",
    "smoke_timeout",
    "smoke_settle",
    "smoke_engine_socket",
    "smoke_requests",
    "smoke_proxy",
    "smoke_proxy_image",
    "smoke_binary_arguments",
    "smoke_host_image",
    "smoke_ui_run",
    "smoke_ui_browser",
    "smoke_ui_timeout",
    "smoke_ui_script",
    "smoke_ui_dialog",
)
_HELP = {
    "image": "test an image in the engine or a registry instead of the project",
    "build": "build first, from the cache where nothing changed",
    "keep": "leave what failed installed, to be looked at",
    "report": "write a page with everything that was seen to this file",
    "junit": "write JUnit XML to this file",
}


@verb(options=_OPTIONS, help=_HELP, changes=True)
def smoke(  # noqa: PLR0913, PLR0917 - one flag each
    run: Run,
    image: str = "",
    build: bool = True,
    keep: bool = False,
    report: str = "",
    junit: str = "",
) -> None:
    """Install, probe and uninstall the extension on every platform."""
    from dext_tasks.console.board import Board
    from dext_tasks.console.smoke import smoke_data, smoke_table
    from dext_tasks.smoke.run import require_passed

    for file in filter(None, (report, junit)):
        _require_place(Path(file))
    if run.dry_run:
        _show_intention(run, image, build=build, files=[Path(file) for file in (report, junit) if file])
        return
    run.engine.prefetch()
    with Board(run.output) as board:
        results = _any(run, image, board, keep=keep) if image else _own(run, board, build=build, keep=keep)
    run.output.table(smoke_table(results), result=True)
    run.output.data(smoke_data(results))
    _write(run, results, image, report=report, junit=junit)
    require_passed(results)


def _show_intention(run: Run, image: str, *, build: bool, files: list[Path]) -> None:
    from dext_tasks.console.intentions import (
        NOTHING_CHANGED,
        build_intention,
        smoke_intention,
        smoke_intention_data,
    )
    from dext_tasks.engine.build import requests
    from dext_tasks.extension.reference import Reference
    from dext_tasks.smoke.run import EVERY_PROBE

    if image:
        built = []
        tested = dict.fromkeys(run.settings_anywhere.platforms, str(Reference.parse(image)))
    else:
        run.project.require_metadata()
        run.require_committed()
        built = list(requests(run.project).values()) if build else []
        tested = {platform: run.project.local_tag(platform) for platform in run.project.settings.platforms}
    if built:
        run.output.table(build_intention(built), result=True)
    run.output.table(smoke_intention(tested, EVERY_PROBE), result=True)
    for file in files:
        run.output.say(f"Would write {file}", result=True)
    run.output.say(NOTHING_CHANGED)
    run.output.data(smoke_intention_data(tested, EVERY_PROBE, built, files))


def _require_place(file: Path) -> None:
    """Hold that a file can be written, before minutes are spent on what goes into it."""
    if not file.parent.is_dir() or file.is_dir():
        raise UsageError(f"{file} cannot be written", remedy="name a file in a folder that is there")


def _own(run: Run, board: Board, *, build: bool, keep: bool) -> list[SmokeResult]:
    """The project, as built."""
    from dext_tasks.engine.build import build_all
    from dext_tasks.smoke.run import smoke_project
    from dext_tasks.smoke.trial import Tools

    run.project.require_metadata()
    run.require_committed()
    built = build_all(run.engine, run.project, board) if build else {}
    tools = Tools(run.engine, run.project.settings, run.project.root, keep=keep)
    results = smoke_project(tools, run.project, board)
    return [replace(each, build_crashes=built[each.platform].crashes) if build else each for each in results]


def _any(run: Run, image: str, board: Board, *, keep: bool) -> list[SmokeResult]:
    """An image that somebody built."""
    from dext_tasks.smoke.images import images, named
    from dext_tasks.smoke.run import smoke_images
    from dext_tasks.smoke.trial import Tools

    reference = named(run.engine, image, run.access)
    run.output.say(f"testing {reference}")
    found = images(run.engine, reference, run.settings_anywhere.platforms)
    tools = Tools(run.engine, run.settings_anywhere, run.folder, keep=keep)
    return smoke_images(tools, reference.extension, found, board, str(reference))


def _write(run: Run, results: list[SmokeResult], image: str, *, report: str, junit: str) -> None:
    if report:
        _write_report(run, results, image or run.project.settings.image or run.project.name, Path(report))
    if junit:
        from dext_tasks.console.smoke_junit import smoke_junit

        Path(junit).write_text(smoke_junit(results), encoding="utf-8")


def _write_report(run: Run, results: list[SmokeResult], tested: str, file: Path) -> None:
    from dext_tasks._version import __version__
    from dext_tasks.console.smoke_page import PageContext, smoke_page

    context = PageContext(f"Smoke test of {tested}", tested, __version__, datetime.now(UTC))
    file.write_text(smoke_page(results, context), encoding="utf-8")
    run.output.say(f"report: {file}")
