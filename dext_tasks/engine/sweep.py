"""Removing what killed runs left in the engine, found by its label; what a living run has is left alone."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.labelled import (
    containers,
    networks,
    remove_container,
    remove_network,
    remove_volume,
    volumes,
)
from dext_tasks.errors import DextError
from dext_tasks.runtime.lease import is_free, this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dext_tasks.engine.api import Api
    from dext_tasks.engine.client import Client
    from dext_tasks.engine.labelled import Labelled


LONGEST_RUN: Final = 86400.0
"""Seconds for which a run may last of which nothing is known; every wait of one is bounded by minutes."""


@dataclass(frozen=True)
class _Kind:
    name: str
    find: Callable[[Api, str], list[Labelled]]
    remove: Callable[[Api, str], None]


# In this order: a network or volume that a container uses cannot be removed.
_KINDS = (
    _Kind("container", containers, remove_container),
    _Kind("network", networks, remove_network),
    _Kind("volume", volumes, remove_volume),
)


@dataclass(frozen=True)
class Orphan:
    """Something in an engine whose run has ended.

    Attributes:
        kind: ``container``, ``network`` or ``volume``.
        identity: Its id or name.
    """

    kind: str
    identity: str

    def remove(self, client: Client) -> None:
        """Take it away.

        Raises:
            DextError: Somebody else was faster, or it is in use.
        """
        remove = next(kind.remove for kind in _KINDS if kind.name == self.kind)
        remove(client.api, self.identity)


def orphans(client: Client) -> list[Orphan]:
    """What dead runs left, in the order in which it can be removed."""
    with ThreadPoolExecutor(max_workers=len(_KINDS)) as pool:
        found = pool.map(lambda kind: [Orphan(kind.name, each) for each in _orphans(client, kind)], _KINDS)
    return [orphan for each in found for orphan in each]


def sweep(client: Client) -> list[str]:
    """Remove containers, networks and volumes of dead runs; what was removed, as ``kind id``."""
    removed = []
    for orphan in orphans(client):
        try:
            orphan.remove(client)
        except DextError:
            # The next run looks again.
            continue
        removed.append(f"{orphan.kind} {orphan.identity}")
    return removed


def is_dead(thing: Labelled) -> bool:
    """Whether the run that made something has ended.

    Nobody here knows of the runs of another machine, or of this one before it was started: they are taken to live for a
    day.
    """
    machine, _, identity = thing.labels.get(RUN_LABEL, "").rpartition("/")
    if machine == this_machine():
        return bool(identity) and is_free(identity)
    return bool(machine and identity) and thing.created > 0 and not _is_younger(thing, LONGEST_RUN)


def is_used_elsewhere(things: Iterable[Labelled], seconds: float) -> bool:
    """Whether a run of another machine made one of these things no longer ago than so many seconds."""
    machines = ((each, each.labels.get(RUN_LABEL, "").rpartition("/")[0]) for each in things)
    return any(machine not in ("", this_machine()) and _is_younger(each, seconds) for each, machine in machines)


def _is_younger(thing: Labelled, seconds: float) -> bool:
    return thing.created > time.time() - seconds


def _orphans(client: Client, kind: _Kind) -> list[str]:
    return [each.identity for each in kind.find(client.api, RUN_LABEL) if is_dead(each)]
