from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.json_editing import (
    moved,
    put,
    removed,
    renamed,
    repeats,
    replaced,
    with_one,
    without_repeats,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Path = Sequence[str | int]

TWO = '{\n  "a": 1,\n  "b": {\n    "c": "é"\n  }\n}\n'
TABS = '{\r\n\t"a" : 1,\r\n\t"b" : {\r\n\t\t"c" : "é"\r\n\t}\r\n}'
ONE_LINE = '{"a": 1, "b": {"c": "é"}}\n'
COMPACT = '{"a":1,"b":{"c":"é"}}'
COMMA_FIRST = '{ "a": 1\n, "b": {"c": "é"}\n, "d": 2\n}\n'


def edited(function: Callable[..., bytes], text: str, *arguments: object) -> str:
    return function(text.encode(), *arguments).decode()


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        (TWO, ("a",), '{\n  "b": {\n    "c": "é"\n  }\n}\n'),
        (TWO, ("b",), '{\n  "a": 1\n}\n'),
        (TWO, ("b", "c"), '{\n  "a": 1,\n  "b": {}\n}\n'),
        (TABS, ("a",), '{\r\n\t"b" : {\r\n\t\t"c" : "é"\r\n\t}\r\n}'),
        (TABS, ("b",), '{\r\n\t"a" : 1\r\n}'),
        (ONE_LINE, ("a",), '{"b": {"c": "é"}}\n'),
        (ONE_LINE, ("b",), '{"a": 1}\n'),
        (COMPACT, ("a",), '{"b":{"c":"é"}}'),
        (COMMA_FIRST, ("b",), '{ "a": 1\n, "d": 2\n}\n'),
        (COMMA_FIRST, ("d",), '{ "a": 1\n, "b": {"c": "é"}\n}\n'),
        ('{"a": 1,\n "b": 2}', ("a",), '{\n "b": 2}'),
        ('{\n "a": 1, "b": 2,\n "c": 3}', ("b",), '{\n "a": 1,\n "c": 3}'),
        ('{"a": [1, 2, 3]}', ("a", 1), '{"a": [1, 3]}'),
        ('{"a": [\n  1,\n  2\n]}', ("a", 0), '{"a": [\n  2\n]}'),
        ('{"a": 1, "b": 2, "a": 3}', ("a",), '{"a": 1, "b": 2}'),
        ('\ufeff{"a": 1, "b": 2}', ("a",), '\ufeff{"b": 2}'),
        ('{"a,\\"": 1, "b": 2}', ('a,"',), '{"b": 2}'),
    ],
)
def test_removed(text: str, path: Path, expected: str) -> None:
    assert edited(removed, text, path) == expected


@pytest.mark.parametrize(
    ("text", "path", "value", "after", "expected"),
    [
        (TWO, ("x",), ".", "a", '{\n  "a": 1,\n  "x": ".",\n  "b": {\n    "c": "é"\n  }\n}\n'),
        (TWO, ("x",), ".", "", '{\n  "a": 1,\n  "b": {\n    "c": "é"\n  },\n  "x": "."\n}\n'),
        (TWO, ("a",), 2, "", TWO.replace("1", "2")),
        (TWO, ("b", "d", "e"), 1, "", TWO.replace('"é"', '"é",\n    "d": {\n      "e": 1\n    }')),
        (
            TABS,
            ("x",),
            {"y": [1]},
            "a",
            TABS.replace("1,", '1,\r\n\t"x" : {\r\n\t\t"y": [\r\n\t\t\t1\r\n\t\t]\r\n\t},'),
        ),
        (ONE_LINE, ("x",), {"y": [1, "ü"]}, "", '{"a": 1, "b": {"c": "é"}, "x": {"y": [1, "ü"]}}\n'),
        (ONE_LINE, ("b", "x", "y"), 1, "", '{"a": 1, "b": {"c": "é", "x": {"y": 1}}}\n'),
        (COMPACT, ("x",), [1, 2], "a", '{"a":1,"x":[1,2],"b":{"c":"é"}}'),
        ("{}", ("a", "b"), 1, "", '{"a": {"b": 1}}'),
        ("{\n}", ("a",), 1, "", '{\n  "a": 1\n}'),
        ('{\n\t"a": {\n\t}\n}', ("a", "b"), 1, "", '{\n\t"a": {\n\t\t"b": 1\n\t}\n}'),
        ('{\n\t"a": {},\n\n\t"c": 1}', ("d",), 1, "", '{\n\t"a": {},\n\n\t"c": 1,\n\t"d": 1}'),
        ("{}", ("a",), "\ud800", "", '{"a": "\\ud800"}'),
    ],
)
def test_put(text: str, path: Path, value: object, after: str, expected: str) -> None:
    assert edited(put, text, path, value, after) == expected


@pytest.mark.parametrize(
    ("text", "path", "name", "expected"),
    [
        (TWO, ("b", "c"), "d", TWO.replace('"c"', '"d"')),
        (TABS, ("a",), "ä", TABS.replace('"a"', '"ä"')),
        ('{"\\u0061" :1}', ("a",), "b", '{"b" :1}'),
    ],
)
def test_renamed(text: str, path: Path, name: str, expected: str) -> None:
    assert edited(renamed, text, path, name) == expected


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        (TABS, ("b",), "x", '{\r\n\t"a" : 1,\r\n\t"b" : "x"\r\n}'),
        (TABS, ("a",), {"x": [0]}, TABS.replace("1", '{\r\n\t\t"x": [\r\n\t\t\t0\r\n\t\t]\r\n\t}')),
        ('{"a": ["x", 1]}', ("a", 0), "y", '{"a": ["y", 1]}'),
        ("[1]", (), {}, "{}"),
    ],
)
def test_replaced(text: str, path: Path, value: object, expected: str) -> None:
    assert edited(replaced, text, path, value) == expected


@pytest.mark.parametrize(
    ("text", "path", "to", "expected"),
    [
        ('{\n "x": 1.50,\n "b": {\n  "c": 1\n }\n}', ("x",), ("b", "x"), '{\n "b": {\n  "c": 1,\n  "x": 1.50\n }\n}'),
        ('{"x": "\\u00e9"}', ("x",), ("b", "x"), '{"b": {"x": "\\u00e9"}}'),
        (
            '{\n  "x": [\n    1\n  ],\n  "b": {}\n}',
            ("x",),
            ("b", "y"),
            '{\n  "b": {\n    "y": [\n      1\n    ]\n  }\n}',
        ),
        (TWO, ("b", "c"), ("b", "d"), TWO.replace('"c"', '"d"')),
    ],
)
def test_moved(text: str, path: Path, to: Path, expected: str) -> None:
    assert edited(moved, text, path, to) == expected


def test_of_repeats_the_first_stays() -> None:
    text = '{\n  "a": [1, 2],\n  "b": 1,\n  "a": [1,2],\n  "a": [1, 2]\n}\n'
    assert edited(without_repeats, text, ("a",)) == '{\n  "a": [1, 2],\n  "b": 1\n}\n'


@pytest.mark.parametrize("other", ["true", "1.0", '"1"', "[1]"])
def test_repeats_that_differ_are_not_taken_for_one(other: str) -> None:
    text = f'{{"a": 1, "a": {other}}}'
    with pytest.raises(UneditableError):
        without_repeats(text.encode(), ("a",))
    assert repeats(text.encode(), ("a",)) == (1, json.loads(other))
    assert edited(with_one, text, ("a",), 1) == f'{{"a": {other}}}'


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"a": 1,}', b"[" * 10_000, b'{"b": 1}', b'"a"', b"[0]"])
def test_what_is_not_there_cannot_be_edited(content: bytes) -> None:
    attempts: list[Callable[[], bytes]] = [
        lambda: replaced(content, ("a",), 1),
        lambda: renamed(content, ("a",), "c"),
        lambda: removed(content, ("a",)),
        lambda: removed(content, ()),
        lambda: without_repeats(content, ("a",)),
        lambda: with_one(content, ("a",), 0),
        lambda: moved(content, ("a",), ("x", "y")),
    ]
    for attempt in attempts:
        with pytest.raises(UneditableError):
            attempt()


@pytest.mark.parametrize("content", [b'{"b": 1}', b"[0]", b'{"b": [1]}'])
def test_nothing_is_put_into_what_is_not_an_object(content: bytes) -> None:
    with pytest.raises(UneditableError):
        put(content, ("b", "c"), 1)


def test_nothing_is_written_over() -> None:
    with pytest.raises(UneditableError):
        renamed(b'{"a": 1, "b": 2}', ("a",), "b")
    with pytest.raises(UneditableError):
        moved(b'{"a": 1, "b": {"a": 2}}', ("a",), ("b", "a"))
    with pytest.raises(UneditableError):
        moved(b'{"a": 1, "b": 2}', ("a",), ("b", "c"))
    with pytest.raises(UneditableError):
        with_one(b'{"a": 1}', ("a",), 1)


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
_OBJECTS = st.dictionaries(st.text(), _VALUES, min_size=1, max_size=4)
_INDENTS: st.SearchStrategy[int | str | None] = st.sampled_from([None, 0, 1, 2, 4, "\t"])


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A document in one of many styles, and its value."""
    data = draw(_OBJECTS)
    ascii_only = draw(st.booleans()) or not _is_encodable(data)
    colon = draw(st.sampled_from([": ", ":", " : "]))
    text = json.dumps(data, indent=draw(_INDENTS), ensure_ascii=ascii_only, separators=(",", colon))
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    mark, end = draw(st.sampled_from(["", "\ufeff"])), draw(st.sampled_from(["", "\n", "\n\n"]))
    return mark + (text + end).replace("\n", newline), data


def _is_encodable(data: object) -> bool:
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def a_path(draw: st.DrawFn, data: object) -> tuple[str | int, ...]:
    """Of something that is there."""
    path: list[str | int] = []
    while data and isinstance(data, dict | list):
        key = draw(st.sampled_from(list(data) if isinstance(data, dict) else list(range(len(data)))))
        path.append(key)
        data = data[key]
        if draw(st.booleans()):
            break
    return tuple(path)


def at(data: Any, path: Path) -> Any:  # noqa: ANN401 - any value
    for key in path:
        data = data[key]
    return data


def value_of(content: bytes) -> object:
    return json.loads(content.decode("utf-8-sig"))


def same(one: object, other: object) -> bool:
    return json.dumps(one) == json.dumps(other)


def require_one_range(before: bytes, after: bytes) -> None:
    """Require that nothing is taken away but one range, or added but one."""
    shorter, longer = sorted((before, after), key=len)
    start = next(
        (at for at, (one, other) in enumerate(zip(shorter, longer, strict=False)) if one != other), len(shorter)
    )
    assert longer.endswith(shorter[start:])


@settings(max_examples=50)
@given(st.data())
def test_any_value_can_be_replaced(data: st.DataObject) -> None:
    text, value = data.draw(texts())
    path = data.draw(st.composite(a_path)(value))
    new = data.draw(_VALUES)
    after = replaced(text.encode(), path, new)
    expected = copy.deepcopy(value)
    at(expected, path[:-1])[path[-1]] = new
    assert same(value_of(after), expected)
    assert replaced(after, path, new) == after


@settings(max_examples=50)
@given(st.data())
def test_anything_can_be_removed(data: st.DataObject) -> None:
    text, value = data.draw(texts())
    path = data.draw(st.composite(a_path)(value))
    after = removed(text.encode(), path)
    expected = copy.deepcopy(value)
    del at(expected, path[:-1])[path[-1]]
    assert same(value_of(after), expected)
    require_one_range(text.encode(), after)


@settings(max_examples=50)
@given(st.data())
def test_anything_can_be_added(data: st.DataObject) -> None:
    text, value = data.draw(texts())
    names = [path for path in _paths_of_objects(value) if path == () or data.draw(st.booleans())]
    keys = data.draw(st.lists(st.text(), min_size=1, max_size=3))
    path = (*data.draw(st.sampled_from(names)), *keys)
    parent = at(value, path[: -len(keys)])
    if keys[0] in parent:
        return
    new, after = data.draw(_VALUES), data.draw(st.sampled_from(["", *parent]))
    result = put(text.encode(), path, new, after)
    expected = copy.deepcopy(value)
    held: object = new
    for key in reversed(keys[1:]):
        held = {key: held}
    at(expected, path[: -len(keys)])[keys[0]] = held
    assert value_of(result) == expected
    assert put(result, path, new) == result
    if parent:
        require_one_range(text.encode(), result)


def _paths_of_objects(value: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(value, dict):
        return []
    return [path, *(inner for key, child in value.items() for inner in _paths_of_objects(child, (*path, key)))]


@settings(max_examples=50)
@given(st.data(), st.text())
def test_any_key_can_be_renamed(data: st.DataObject, name: str) -> None:
    text, value = data.draw(texts())
    path = data.draw(st.composite(a_path)(value))
    parent = at(value, path[:-1])
    if not isinstance(parent, dict) or name in parent:
        with pytest.raises(UneditableError):
            renamed(text.encode(), path, name)
        return
    expected = {name if key == path[-1] else key: child for key, child in parent.items()}
    after = renamed(text.encode(), path, name)
    assert same(at(value_of(after), path[:-1]), expected)


@settings(max_examples=50)
@given(st.data(), st.text(), st.text())
def test_anything_can_be_moved(data: st.DataObject, outer: str, inner: str) -> None:
    text, value = data.draw(texts())
    key = data.draw(st.sampled_from(list(value)))
    if key == outer or outer in value:
        return
    after = moved(text.encode(), (key,), (outer, inner))
    expected = {name: child for name, child in value.items() if name != key} | {outer: {inner: value[key]}}
    assert value_of(after) == expected


@given(st.binary() | st.text(alphabet='{}[]",:a\\ \n1').map(str.encode), st.lists(st.text() | st.integers()))
def test_any_bytes_have_an_answer(content: bytes, path: list[str | int]) -> None:
    for attempt in (removed, repeats, without_repeats):
        try:
            attempt(content, path)
        except UneditableError:
            continue
