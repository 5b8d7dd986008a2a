"""The workspace as verbs and Python programs have it, and how the latter open and close one."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.signals import Signals
from dext_tasks.workspace.images import ImageWork
from dext_tasks.workspace.releases import ReleaseWork

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

_NOTHING: Mapping[str, object] = MappingProxyType({})
_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Workspace(ImageWork, ReleaseWork):
    """An extension, and the way to the engine, to registries and to git; ``load`` makes one."""


@contextmanager
def load(
    path: str | os.PathLike[str] = ".",
    *,
    environment: Mapping[str, str] = _NO_VARIABLES,
    settings: Mapping[str, object] = _NOTHING,
) -> Iterator[Workspace]:
    """Load the extension in a folder, and work on it inside of the block.

    While the block runs, the first Ctrl-C or SIGTERM ends what is under way, which cleans up, and raises
    KeyboardInterrupt, or InterruptedError from the function that was under way. Python allows that in the main thread
    only; elsewhere, call ``Workspace.cancel``.

    Args:
        path: The folder of the extension.
        environment: Variables that settings (``DEXT_*``), logins (``DOCKER_CONFIG``, ``DOCKER_AUTH_CONFIG``), proxies
            and the home folder are read from; give ``os.environ`` for what the verbs do. Programs that are started
            (docker, git, a browser) get the variables of this process in any case.
        settings: Values that go before those of files and variables, by key: ``{"smoke.timeout": 60}``.

    Raises:
        ProjectNotFoundError: No extension is in that folder.
        ConfigError: Its settings are wrong; the detail lists every problem.
    """
    import psutil

    from dext_tasks.config.resolve import NamedFile

    named = NamedFile("settings", dict(settings)) if settings else None
    cancellation = Cancellation(bystanders=psutil.Process().children())
    made = Workspace(
        folder=Path(path), is_named=True, environment=dict(environment), named=named, cancellation=cancellation
    )
    with Signals(cancellation):
        try:
            # What is wrong with it is said now.
            _ = made.project
            yield made
        finally:
            made.close()
