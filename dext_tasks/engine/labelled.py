"""Containers, networks and volumes of an engine, found by a label, and their removal."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dext_tasks.engine.api_request import ApiRequest, filtered, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dext_tasks.engine.api import Api

# Characters of an id that docker shows.
_SHORT = 12
# What somebody else has removed is gone; `docker rm --force` finds nothing wrong with that either.
_GONE = frozenset({404})
# Of a container that is killed first, a conflict means that its removal is in progress:
# https://github.com/moby/moby/blob/v26.1.5/daemon/delete.go
_GOING = frozenset({404, 409})


@dataclass(frozen=True)
class Labelled:
    """Something in an engine.

    Attributes:
        identity: A container's or network's id, as short as docker shows it; a volume's name.
        labels: All of its labels.
        created: When it was made, seconds since the epoch by the engine's clock; 0 if the engine does not say.
    """

    identity: str
    labels: Mapping[str, str] = field(default_factory=dict)
    created: float = 0.0


def containers(api: Api, label: str) -> list[Labelled]:
    """Those that have a label, running or not.

    Args:
        api: Of the engine.
        label: A name, or ``name=value``.
    """
    found = api.get("/containers/json", "docker ps", {"all": "1", **filtered(label=label)})
    with api.understood("docker ps"):
        return [_by_id(each) for each in _elements(found)]


def networks(api: Api, label: str) -> list[Labelled]:
    """See ``containers``."""
    found = api.get("/networks", "docker network ls", filtered(label=label))
    with api.understood("docker network ls"):
        return [_by_id(each) for each in _elements(found)]


def volumes(api: Api, label: str) -> list[Labelled]:
    """See ``containers``."""
    found = api.get("/volumes", "docker volume ls", filtered(label=label))
    with api.understood("docker volume ls"):
        return [
            Labelled(str(each["Name"]), _labels(each), _moment(each.get("CreatedAt")))
            for each in _elements((found or {}).get("Volumes"))
        ]


def remove_container(api: Api, name: str) -> None:
    """Kill and remove one, with its nameless volumes; one that is gone already is fine, here and below."""
    query = {"force": "1", "v": "1"}
    api.ask(ApiRequest("DELETE", f"/containers/{named(name)}", "docker rm", query, settled=_GOING))


def remove_network(api: Api, name: str) -> None:
    """Remove one that nothing uses."""
    api.ask(ApiRequest("DELETE", f"/networks/{named(name)}", "docker network rm", settled=_GONE))


def remove_volume(api: Api, name: str) -> None:
    """Remove one that nothing uses."""
    api.ask(ApiRequest("DELETE", f"/volumes/{named(name)}", "docker volume rm", {"force": "1"}, settled=_GONE))


def _by_id(found: Mapping[str, Any]) -> Labelled:
    return Labelled(str(found["Id"])[:_SHORT], _labels(found), _moment(found.get("Created")))


def _labels(found: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in (found.get("Labels") or {}).items()}


def _moment(said: object) -> float:
    """A time as engines say it: of a container in seconds, of all else in words."""
    if isinstance(said, int | float):
        return float(said)
    with suppress(ValueError, OverflowError):
        return datetime.fromisoformat(str(said)).timestamp()
    return 0.0


def _elements(found: Iterable[Mapping[str, Any]] | None) -> Iterable[Mapping[str, Any]]:
    # Go's engines say null for an empty list.
    return found or ()
