"""What the engine is asked over its API; who asks nothing loads nothing of HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING
from urllib.parse import quote, urlencode

from dext_tasks.limits import ENGINE_ANSWER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dext_tasks.formats.oci.platform import Platform


# Python reads no number of more than 4300 digits, and no version has one of more than a few.
_LONGEST_NUMBER = 9


def named(name: str) -> str:
    """A name, reference or id as part of a path."""
    return quote(name, safe="/:@")


def is_number(text: str) -> bool:
    """Whether a part of a version is a number; what an engine says may have any characters, and any length."""
    return len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit()


def filtered(**wanted: str | Sequence[str]) -> dict[str, str]:
    """The parameter that filters a list, as the API takes it: https://docs.docker.com/reference/cli/docker/ps/#filter.

    Args:
        wanted: By filter, a value or some of which any will do.
    """
    values = {key: [value] if isinstance(value, str) else value for key, value in wanted.items()}
    return {"filters": json.dumps({key: dict.fromkeys(each, True) for key, each in values.items()})}


def of_platform(platform: Platform) -> str:
    """A platform as the API takes it: https://docs.docker.com/reference/api/engine/version-history/#v149-api-changes."""
    parts = {"os": platform.os, "architecture": platform.architecture, "variant": platform.variant}
    return json.dumps({name: value for name, value in parts.items() if value})


@dataclass(frozen=True)
class ApiRequest:
    """One request to the engine.

    Attributes:
        method: Of HTTP.
        path: Such as ``/containers/json``.
        query: Parameters, as the API takes them.
        body: Sent as JSON; nothing if None.
        archive: Sent as it is; a file that is read from its beginning, each time it is sent.
        what: The question in words, for errors.
        seconds: Until it must have been answered.
        settled: Statuses of refusals that mean that what was asked for is so already.
        repeatable: Whether a POST may be asked twice, as any other request may.
        takes_over: Whether the connection is to be taken over, see ``Answer.taken_over``.
    """

    method: str
    path: str
    what: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    archive: IO[bytes] | None = None
    seconds: float = ENGINE_ANSWER
    settled: frozenset[int] = frozenset()
    repeatable: bool = False
    takes_over: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether asking it twice does what asking it once does.

        https://www.rfc-editor.org/rfc/rfc9110#name-idempotent-methods
        """
        return self.repeatable or self.method != "POST"

    @property
    def content(self) -> bytes | IO[bytes] | None:
        """What is sent."""
        if self.archive:
            self.archive.seek(0)
            return self.archive
        return None if self.body is None else json.dumps(self.body).encode()

    @property
    def headers(self) -> dict[str, str]:
        """Of HTTP.

        https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerAttach (hijacking)
        """
        kind = {} if self.body is None else {"Content-Type": "application/json"}
        if self.archive:
            kind = {"Content-Type": "application/x-tar"}
        return {**kind, "Connection": "Upgrade", "Upgrade": "tcp"} if self.takes_over else kind

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path
