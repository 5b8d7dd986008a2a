"""Removing what killed runs left in the engine, found by its label; what a living run has is left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    from collections.abc import Callable

    from dext_tasks.engine.api import Api
    from dext_tasks.engine.client import Client
    from dext_tasks.engine.labelled import Labelled


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
    """What dead runs of this machine left, in the order in which it can be removed."""
    with ThreadPoolExecutor(max_workers=len(_KINDS)) as pool:
        found = pool.map(lambda kind: [Orphan(kind.name, each) for each in _orphans(client, kind)], _KINDS)
    return [orphan for each in found for orphan in each]


def sweep(client: Client) -> list[str]:
    """Remove containers, networks and volumes of dead runs of this machine; what was removed, as ``kind id``."""
    removed = []
    for orphan in orphans(client):
        try:
            orphan.remove(client)
        except DextError:
            # The next run looks again.
            continue
        removed.append(f"{orphan.kind} {orphan.identity}")
    return removed


def is_dead(run: str) -> bool:
    """Whether the run with this value of the label was one of this machine and has ended."""
    machine, _, identity = run.rpartition("/")
    return machine == this_machine() and bool(identity) and is_free(identity)


def _orphans(client: Client, kind: _Kind) -> list[str]:
    return [each.identity for each in kind.find(client.api, RUN_LABEL) if is_dead(each.labels.get(RUN_LABEL, ""))]
