"""Removing what killed runs left in the engine, found by its label; what a living run has is left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.lease import is_free, this_machine
from dext_tasks.errors import DextError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.engine.client import Client

_QUICK = 60.0


@dataclass(frozen=True)
class _Kind:
    name: str
    listed: Sequence[str]
    identity: str
    remove: Sequence[str]


# In this order: a network or volume that a container uses cannot be removed.
_KINDS = (
    _Kind("container", ("ps", "--all"), "{{.ID}}", ("rm", "--force", "--volumes")),
    _Kind("network", ("network", "ls"), "{{.ID}}", ("network", "rm")),
    _Kind("volume", ("volume", "ls"), "{{.Name}}", ("volume", "rm", "--force")),
)


def sweep(client: Client) -> list[str]:
    """Remove containers, networks and volumes of dead runs of this machine; what was removed, as ``kind id``."""
    with ThreadPoolExecutor(max_workers=len(_KINDS)) as pool:
        found = list(pool.map(lambda kind: _orphans(client, kind), _KINDS))
    removed = []
    for kind, orphans in zip(_KINDS, found, strict=True):
        for identity in orphans:
            try:
                client.run(*kind.remove, identity, what=f"docker {kind.remove[0]}", seconds=_QUICK)
            except DextError:
                # Somebody else was faster, or it is in use: the next run looks again.
                continue
            removed.append(f"{kind.name} {identity}")
    return removed


def is_dead(run: str) -> bool:
    """Whether the run with this value of the label was one of this machine and has ended."""
    machine, _, identity = run.rpartition("/")
    return machine == this_machine() and bool(identity) and is_free(identity)


def _orphans(client: Client, kind: _Kind) -> list[str]:
    out = client.run(
        *kind.listed,
        *("--filter", f"label={RUN_LABEL}", "--format", f'{kind.identity} {{{{.Label "{RUN_LABEL}"}}}}'),
        what=f"docker {kind.listed[0]}",
        seconds=_QUICK,
    )
    pairs = (line.split(maxsplit=1) for line in out.decode(errors="replace").splitlines())
    return [pair[0] for pair in pairs if len(pair) > 1 and is_dead(pair[1].strip())]
