"""A request to an extension's backend, and what it must answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dext_tasks.wording import excerpt

_OK = 200
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "method": {"type": "string", "enum": list(_METHODS)},
        "path": {"type": "string", "pattern": "^/"},
        "body": {"description": "a string is sent as it is, anything else as JSON"},
        "status": {"type": "integer", "minimum": 100, "maximum": 599},
        "json": {"description": "what the answer must hold; objects may hold more than is named here"},
        "text": {"type": "string", "description": "what the answer must contain"},
    },
}
"""JSON schema of a request in the settings."""


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    Attributes:
        method: In upper case.
        path: With the query, from the root of the backend.
        body: What is sent; None for nothing.
        content_type: Of what is sent.
        status: HTTP status it must answer.
        json: JSON of what the answer must hold; empty if any answer will do.
        text: What the answer must contain.
    """

    method: str = "GET"
    path: str = "/"
    body: bytes | None = None
    content_type: str = ""
    status: int = _OK
    json: str = ""
    text: str = ""

    @classmethod
    def of(cls, data: object) -> Exchange:
        """Read it from the settings.

        Raises:
            ValueError: It has keys or values that it cannot have.
        """
        if not isinstance(data, dict) or not set(data) <= set(SCHEMA["properties"]):
            raise ValueError
        method, path, status = str(data.get("method", "GET")).upper(), data.get("path", "/"), data.get("status", _OK)
        is_path = isinstance(path, str) and path.startswith("/") and path.isprintable() and " " not in path
        if method not in _METHODS or not is_path or not _is_status(status) or not isinstance(data.get("text", ""), str):
            raise ValueError
        body, content_type = _body(data)
        fragment = json.dumps(data["json"]) if "json" in data else ""
        return cls(method, path, body, content_type, status, fragment, data.get("text", ""))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def data(self) -> dict[str, object]:
        """What ``of`` reads, without what is so by default."""
        found: dict[str, object] = {"method": self.method, "path": self.path}
        if self.body is not None:
            found["body"] = self.body.decode() if self.content_type == "text/plain" else json.loads(self.body)
        if self.status != _OK:
            found["status"] = self.status
        if self.json:
            found["json"] = json.loads(self.json)
        if self.text:
            found["text"] = self.text
        return found

    def fault(self, status: int, content: bytes) -> str:
        """How an answer differs from what it must be; empty if it does not."""
        said = excerpt(content.decode(errors="replace"))
        if status != self.status:
            return f"{self} answered {status}, not {self.status}: {said}"
        if self.text and self.text not in content.decode(errors="replace"):
            return f"{self} answered {said}, which does not contain {excerpt(self.text)}"
        if self.json:
            return self._difference(content, said)
        return ""

    def _difference(self, content: bytes, said: str) -> str:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            return f"{self} answered {said}, which is not valid JSON"
        where = _missing(json.loads(self.json), answer, "")
        return f"{self} answered {said}, which differs from what is expected{where}" if where is not None else ""


def _is_status(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599  # noqa: PLR2004 - RFC 9110, 15


def _body(data: dict[str, Any]) -> tuple[bytes | None, str]:
    if "body" not in data:
        return None, ""
    if isinstance(data["body"], str):
        return data["body"].encode(), "text/plain"
    return json.dumps(data["body"]).encode(), "application/json"


def _missing(wanted: object, found: object, where: str) -> str | None:
    """The first place where something that is wanted is not found; None if all is."""
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return f" at {where}" if where else ""
        places = (_missing(value, found.get(key, _NOTHING), f"{where}.{key}") for key, value in wanted.items())
        return next((place for place in places if place is not None), None)
    if isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            return f" at {where}" if where else ""
        pairs = enumerate(zip(wanted, found, strict=True))
        places = (_missing(one, other, f"{where}[{number}]") for number, (one, other) in pairs)
        return next((place for place in places if place is not None), None)
    same = type(wanted) is type(found) and wanted == found
    return None if same else f" at {where}" if where else ""


_NOTHING = object()
