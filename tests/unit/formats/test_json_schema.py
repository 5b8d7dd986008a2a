from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from dext_tasks.extension.metadata import schema
from dext_tasks.formats.json_schema import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = schema()
# What is judged, and what only describes.
JUDGED = {"type", "minLength", "pattern", "not", "required", "additionalProperties", "properties", "items", "$ref"}
DESCRIBING = {"$schema", "$id", "title", "description", "definitions"}
# Of schemas by name, not of a schema.
BY_NAME = {"properties", "definitions"}


def schemas(of: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """A schema and all in it."""
    yield of
    for keyword, value in of.items():
        for inner in value.values() if keyword in BY_NAME else [value] if keyword in {"not", "items"} else []:
            yield from schemas(inner)


NAMES = sorted({name for each in schemas(SCHEMA) for keyword in BY_NAME for name in each.get(keyword, {})} | {"other"})
LEAVES = st.sampled_from(["", "x", "a/b", "/", None, True, 0, 1.5])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def like(draw: st.DrawFn, of: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A value that is about what a schema wants, as anything else would be refused at its root."""
    of = SCHEMA["definitions"]["files"] if "$ref" in of else of
    if not draw(st.integers(0, 5)):
        return draw(VALUES)
    if of["type"] == "object":
        inner = {name: like(each) for name, each in of.get("properties", {}).items()}
        return draw(st.fixed_dictionaries({}, optional={**inner, "other": LEAVES}))
    if of["type"] == "array":
        return draw(st.lists(like(of["items"]), max_size=3))
    return draw(st.sampled_from(["", "x", "a/b"]))


Found = tuple[tuple[str | int, ...], str, str]


def ours(document: object) -> list[Found]:
    return sorted(((each.path, each.keyword, each.member) for each in violations(SCHEMA, document)), key=repr)


def by_the_reference(document: object) -> list[Found]:
    found: list[Found] = []
    for error in Draft7Validator(SCHEMA).iter_errors(document):
        path, keyword = tuple(error.absolute_path), str(error.validator)
        if keyword == "additionalProperties":
            found += [(path, keyword, name) for name in error.instance if name not in error.schema["properties"]]
        else:
            found.append((path, keyword, error.message.split("'")[1] if keyword == "required" else ""))
    return sorted(found, key=repr)


@given(like(SCHEMA) | VALUES)
def test_what_is_found_is_what_the_reference_implementation_finds(document: object) -> None:
    assert ours(document) == by_the_reference(document)


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ([], [((), "type", "")]),
        ({"icon": ""}, [(("icon",), "minLength", "")]),
        ({"b": 1, "a": 1}, [((), "additionalProperties", "a"), ((), "additionalProperties", "b")]),
        ({"vm": {"exposes": {"socket": "a/b"}}}, [(("vm", "exposes", "socket"), "pattern", "")]),
        ({"vm": {"image": "", "composefile": "x"}}, [(("vm", "image"), "minLength", ""), (("vm",), "not", "")]),
        ({"host": {"binaries": [{"linux": [{}]}]}}, [(("host", "binaries", 0, "linux", 0), "required", "path")]),
    ],
)
def test_every_keyword_is_judged(document: object, found: list[Found]) -> None:
    assert ours(document) == by_the_reference(document) == found


def test_the_schema_of_metadata_says_nothing_that_is_not_judged() -> None:
    assert {keyword for each in schemas(SCHEMA) for keyword in each} <= JUDGED | DESCRIBING
    assert {each["type"] for each in schemas(SCHEMA) if "type" in each} <= {"object", "array", "string"}
