"""Judging a JSON document by a JSON schema: the part of draft 7 that the schema of metadata.json is written in.

The reference implementation brings five packages, which take longer to load than all rules together; the tests compare
with it. https://json-schema.org/draft-07/draft-handrews-json-schema-validation-01
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TYPES: Final = {"object": dict, "array": list, "string": str}


@dataclass(frozen=True)
class Violation:
    """A value that is not as a schema wants it.

    Attributes:
        path: Keys and numbers that lead to the value.
        keyword: What of the schema it violates.
        wanted: What the schema says of that keyword.
        value: The value.
        member: Key that the value lacks, or has and must not have; empty if it is about the value itself.
    """

    path: tuple[str | int, ...]
    keyword: str
    wanted: Any
    value: Any
    member: str = ""


def violations(schema: Mapping[str, Any], document: object) -> Iterator[Violation]:
    """Everything in which a document does not follow a schema, in the schema's order."""
    return _Judge(schema).violations(schema, document, ())


class _Judge:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def violations(self, schema: Mapping[str, Any], value: Any, path: tuple[str | int, ...]) -> Iterator[Violation]:  # noqa: ANN401 - JSON
        schema = self._resolved(schema)
        yield from (Violation(path, keyword, schema[keyword], value) for keyword in self._broken(schema, value))
        if isinstance(value, dict):
            yield from _of_members(schema, value, path)
            for name, inner in schema.get("properties", {}).items():
                if name in value:
                    yield from self.violations(inner, value[name], (*path, name))
        if isinstance(value, list) and "items" in schema:
            for number, each in enumerate(value):
                yield from self.violations(schema["items"], each, (*path, number))

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema that a reference into the same document leads to; of one without, itself."""
        if "$ref" not in schema:
            return schema
        found = self._root
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def _broken(self, schema: Mapping[str, Any], value: object) -> Iterator[str]:
        """Keywords about the value itself that it violates."""
        if "type" in schema and not isinstance(value, _TYPES[schema["type"]]):
            yield "type"
        if isinstance(value, str) and len(value) < schema.get("minLength", 0):
            yield "minLength"
        if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
            yield "pattern"
        if "not" in schema and not any(self.violations(schema["not"], value, ())):
            yield "not"


def _of_members(
    schema: Mapping[str, Any], value: Mapping[str, object], path: tuple[str | int, ...]
) -> Iterator[Violation]:
    """Keys that the value lacks, then those that it must not have."""
    missing = [("required", name) for name in schema.get("required", ()) if name not in value]
    is_open = schema.get("additionalProperties", True)
    extra = [("additionalProperties", name) for name in sorted(value.keys() - schema.get("properties", {}).keys())]
    for keyword, name in (*missing, *(() if is_open else extra)):
        yield Violation(path, keyword, schema[keyword], value, name)
