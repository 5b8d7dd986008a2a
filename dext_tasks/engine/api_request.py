"""What the engine is asked over its API; who asks nothing loads nothing of HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from dext_tasks.limits import ENGINE_ANSWER

if TYPE_CHECKING:
    from collections.abc import Mapping


def named(name: str) -> str:
    """A name, reference or id as part of a path."""
    return quote(name, safe="/:@")


def filtered(**wanted: str) -> dict[str, str]:
    """The parameter that filters a list, as the API takes it: https://docs.docker.com/reference/cli/docker/ps/#filter."""
    return {"filters": json.dumps({key: {value: True} for key, value in wanted.items()})}


@dataclass(frozen=True)
class ApiRequest:
    """One request to the engine.

    Attributes:
        method: Of HTTP.
        path: Such as ``/containers/json``.
        query: Parameters, as the API takes them.
        body: Sent as JSON; nothing if None.
        what: The question in words, for errors.
        seconds: Until it must have been answered.
        settled: Statuses of refusals that mean that what was asked for is so already.
        repeatable: Whether a POST may be asked twice, as any other request may.
    """

    method: str
    path: str
    what: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    seconds: float = ENGINE_ANSWER
    settled: frozenset[int] = frozenset()
    repeatable: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether asking it twice does what asking it once does.

        https://www.rfc-editor.org/rfc/rfc9110#name-idempotent-methods
        """
        return self.repeatable or self.method != "POST"

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path
