"""The nox layer: ``register()`` in a noxfile gives ``check``, ``smoke(<platform>)`` and ``ui(<platform>)``.

Every session calls the same verbs in a process of its own, so that ``nox -j 2`` can run them at once.
"""

from __future__ import annotations

import inspect
import logging
import os
import sys
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nox
import nox.registry

from dext_tasks.config import Settings
from dext_tasks.config.resolve import Layers, resolve
from dext_tasks.console.output import Output
from dext_tasks.errors import ConfigError, DextError, ProjectNotFoundError
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.matrix import planned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.matrix import Planned

_MODULE = "dext_tasks"
# Newer versions run sessions at once, and only those that allow it: https://github.com/wntrblm/nox/pull/1131
_PARALLEL: dict[str, Any] = (
    {"allow_parallel": True} if "allow_parallel" in inspect.signature(nox.session).parameters else {}
)


def register(prefix: str = "", platforms: Sequence[str] | None = None, *, path: str | Path | None = None) -> None:
    """Register the sessions with nox.

    Arguments after ``--`` reach the verb: ``nox -s smoke -- --smoke-timeout 60``.

    Args:
        prefix: Before each session's name, where a noxfile has sessions of the same name already.
        platforms: Platforms to smoke-test, those of the extension's settings if None.
        path: Folder of the extension, the noxfile's if None.

    Raises:
        SystemExit: A platform is unknown, the folder does not exist, the extension's settings are wrong, or the noxfile
            already has a session of one of these names. The message and exit code are those of the verbs.
    """
    where = ("--path", str(path)) if path is not None else ()
    try:
        with _unlogged():
            sessions = planned(_settings(Path(path or "."), platforms), prefix)
        _require_new({each.name for each in sessions})
    except DextError as error:
        raise _told(error, path) from error
    for name, group in groupby(sessions, lambda each: each.name):
        _register(name, list(group), where)


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep our log out of nox's output, which shows every record of every library unless it is told not to.

    https://github.com/wntrblm/nox/blob/main/nox/logger.py (setup_logging)
    """
    logger = logging.getLogger(_MODULE)
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def _told(error: DextError, path: str | Path | None) -> SystemExit:
    """Tell what is wrong; nox lets what then ends it through, and shows a traceback of any other exception.

    https://github.com/wntrblm/nox/blob/main/nox/workflow.py (execute)
    """
    output = Output.of(os.environ)
    if path is not None:
        output.say(f"register() for {path}:")
    output.error(error)
    return SystemExit(error.exit_code)


def _require_new(names: set[str]) -> None:
    # nox itself lets the later one win: https://github.com/wntrblm/nox/blob/main/nox/registry.py
    taken = sorted(names & nox.registry.get().keys())
    if taken:
        raise ConfigError(
            f"the noxfile has a session {', '.join(taken)} already",
            remedy="give each extension's sessions a prefix: register(prefix='a-', path='extensions/a')",
        )


def _settings(folder: Path, platforms: Sequence[str] | None) -> Settings:
    if not folder.is_dir():
        raise ProjectNotFoundError(
            f"{folder} is not a folder", remedy="give register(path=…) a folder, as seen from that of the noxfile"
        )
    if platforms is not None:
        return Settings(platforms=tuple(map(Platform.parse, platforms)))
    return resolve(Layers(folder, env=os.environ)).settings


def _register(name: str, sessions: list[Planned], where: tuple[str, ...]) -> None:
    by_platform = {str(each.platform or ""): each for each in sessions}

    def run(session: nox.Session, platform: str = "") -> None:
        args = (*by_platform[platform].args, *where, *session.posargs)
        session.run(sys.executable, "-m", _MODULE, *args, external=True)

    # What `nox --list` says of it.
    run.__doc__ = sessions[0].summary
    platforms = [platform for platform in by_platform if platform]
    parametrized = nox.parametrize("platform", platforms, ids=platforms)(run) if platforms else run
    nox.session(name=name, venv_backend="none", tags=["dext"], **_PARALLEL)(parametrized)
