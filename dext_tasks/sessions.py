"""The nox layer: ``register()`` in a noxfile gives ``check`` and ``smoke(<platform>)``.

Every session calls the same verbs in a process of its own, so that ``nox -j`` can run them at once.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import nox

from dext_tasks.config.settings import Settings
from dext_tasks.extension.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODULE = "dext_tasks"


def register(prefix: str = "", platforms: Sequence[str] | None = None) -> None:
    """Register the sessions with nox.

    Arguments after ``--`` reach the verb: ``nox -s smoke -- --smoke-timeout 60``.

    Args:
        prefix: Before each session's name, where a noxfile has sessions of the same name already.
        platforms: Platforms to smoke-test, those of the settings' default if None.

    Raises:
        UnknownPlatformError: One of them is no platform.
    """
    wanted = [Platform.parse(name) for name in platforms] if platforms is not None else list(Settings().platforms)
    names = [str(platform) for platform in wanted]

    @nox.session(name=f"{prefix}check", venv_backend="none", tags=["dext"])
    def check(session: nox.Session) -> None:
        """Check the source tree and the built images."""
        _call(session, "check")

    @nox.session(name=f"{prefix}smoke", venv_backend="none", tags=["dext"])
    @nox.parametrize("platform", names, ids=names)
    def smoke(session: nox.Session, platform: str) -> None:
        """Build for one platform, install, probe and uninstall."""
        _call(session, "smoke", "--platform", platform)


def _call(session: nox.Session, verb: str, *args: str) -> None:
    session.run(sys.executable, "-m", _MODULE, verb, *args, *session.posargs, external=True)
