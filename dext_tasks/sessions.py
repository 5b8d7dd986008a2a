"""The nox layer: ``register()`` in a noxfile gives ``check`` and ``smoke(<platform>)``.

Every session calls the same verbs in a process of its own, so that ``nox -j`` can run them at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nox

from dext_tasks.config import Layers, resolve
from dext_tasks.extension.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODULE = "dext_tasks"


def register(prefix: str = "", platforms: Sequence[str] | None = None, *, path: str | Path | None = None) -> None:
    """Register the sessions with nox.

    Arguments after ``--`` reach the verb: ``nox -s smoke -- --smoke-timeout 60``.

    Args:
        prefix: Before each session's name, where a noxfile has sessions of the same name already.
        platforms: Platforms to smoke-test, those of the extension's settings if None.
        path: Folder of the extension, the noxfile's if None.

    Raises:
        UnknownPlatformError: One of them is no platform.
        ConfigError: The extension's settings are wrong.
    """
    wanted = tuple(map(Platform.parse, platforms)) if platforms is not None else _configured(Path(path or "."))
    names = [str(platform) for platform in wanted]
    where = ["--path", str(path)] if path is not None else []

    @nox.session(name=f"{prefix}check", venv_backend="none", tags=["dext"])
    def check(session: nox.Session) -> None:
        """Check the source tree and the built images."""
        _call(session, "check", *where)

    @nox.session(name=f"{prefix}smoke", venv_backend="none", tags=["dext"])
    @nox.parametrize("platform", names, ids=names)
    def smoke(session: nox.Session, platform: str) -> None:
        """Build for one platform, install, probe and uninstall."""
        _call(session, "smoke", "--platform", platform, *where)


def _configured(folder: Path) -> tuple[Platform, ...]:
    return resolve(Layers(folder, env=os.environ)).settings.platforms


def _call(session: nox.Session, verb: str, *args: str) -> None:
    session.run(sys.executable, "-m", _MODULE, verb, *args, *session.posargs, external=True)
