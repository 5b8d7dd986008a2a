from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.yaml_editing import exchanged, removed, replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMPOSE = """\
# é
services:
  web:   # the backend
    container_name: "mine" # why
    image: 'you/x:1'

    # built here
    build:
      context: .
      args:
        - A=1

    # what it says
    command: |
      a
      b
  db:
    image: postgres:16
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(
    ("path", "gone"),
    [
        (("services", "web", "container_name"), '    container_name: "mine" # why\n'),
        (("services", "web", "build"), "    build:\n      context: .\n      args:\n        - A=1\n"),
        (("services", "web", "command"), "    command: |\n      a\n      b\n"),
        (("services", "db"), "  db:\n    image: postgres:16\n"),
        (("services", "web", "build", "context"), "      context: .\n"),
    ],
)
def test_lines_go_and_comments_beside_them_stay(path: Sequence[str], gone: str, newline: str, mark: str) -> None:
    text = mark + COMPOSE
    expected = text.replace(gone, "").replace("\n", newline)
    assert removed(text.replace("\n", newline).encode(), path).decode() == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("{a: 1, b: 2}", "b", "{a: 1}"),
        ("{a: 1, b: 2}", "a", "{b: 2}"),
        ("x:\n- a: 1\n  b: 2\n", None, ""),
        ("a: 1\nb: 2", "b", "a: 1\n"),
        ("a:\nb: 2\n", "a", "b: 2\n"),
        ('{"a": 1,\n "b": {\n  "c": 1\n }\n}', "b", '{"a": 1}'.replace("}", "\n}")),
    ],
)
def test_removed(text: str, path: str | None, expected: str) -> None:
    if path is None:
        with pytest.raises(UneditableError):
            removed(text.encode(), ("x", "a"))
        return
    assert removed(text.encode(), (path,)).decode() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: you/x:1 # é\n", "a: ${X} # é\n"),
        ("a: 'you/x:1'\n", "a: '${X}'\n"),
        ('a: "you/x:1"\r\n', 'a: "${X}"\r\n'),
        ("{a: you}", '{a: "${X}"}'),
        ("{a: 'you'}", "{a: '${X}'}"),
        ("a: 1\n", "a: ${X}\n"),
        ("\ufeffb: é\na: you", "\ufeffb: é\na: ${X}"),
    ],
)
def test_replaced(text: str, expected: str) -> None:
    assert replaced(text.encode(), ("a",), "${X}").decode() == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "[a]",
        "b: 1",
        "a: {",
        "a: [1]",
        "a: {b: 1}",
        "a:",
        "a: |\n  x\n",
        "a: !!str x",
        "a: &x y\nb: *x",
        "b: &x y\na: *x\n",
        "a: x\na: y",
        "a: x\n---\na: y",
        "<<: {a: 1}\nb: 2",
        "a: " + "[" * 1000,
        "\xff",
    ],
)
def test_what_is_not_one_value_is_not_replaced(text: str) -> None:
    content = b"\xff" if text == "\xff" else text.encode()
    with pytest.raises(UneditableError):
        replaced(content, ("a",), "z")


@pytest.mark.parametrize(
    "text",
    [
        "a: 1",
        "b: 1",
        "{a: 1}",
        "a: &x 1\nb: *x",
        "base: &b {a: 1}\n<<: *b\na: 2\nc: 3\n",
        "{a: 1, # why\n b: 2}",
        "? a\n: 1\n? b\n: 2\n",
        "b: &x\n  c: 1\na: *x\n",
        "a: 1\na: 2\nb: 3",
        "a: 1\nb: 2\n---\nc: 3",
    ],
)
def test_what_would_change_more_is_left(text: str) -> None:
    with pytest.raises(UneditableError):
        removed(text.encode(), ("a",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n  b:\n    c: .\n  d: 1 # é\n", "a:\n  x: ${Y}\n  d: 1 # é\n"),
        ("a:\r\n  b: .  # why\r\n", "a:\r\n  x: ${Y}  # why\r\n"),
        ("a: {b: {c: 1}, d: 2}", 'a: {x: "${Y}", d: 2}'),
        ("a:\n  b: |\n    c\n  d: 2\n", "a:\n  x: ${Y}\n  d: 2\n"),
        ("a:\n  b:\n  d: 2\n", "a:\n  x: ${Y}\n  d: 2\n"),
    ],
)
def test_exchanged(text: str, expected: str) -> None:
    assert exchanged(text.encode(), ("a", "b"), "x", "${Y}").decode() == expected


@pytest.mark.parametrize("text", ["a:\n  b:\n    # why\n    c: 1\n", "a: {b: 1, x: 2}", "a: {b: &c 1, d: *c}", "a: 1"])
def test_what_loses_something_is_not_exchanged(text: str) -> None:
    with pytest.raises(UneditableError):
        exchanged(text.encode(), ("a", "b"), "x", "y")


def test_the_document_itself_stays() -> None:
    with pytest.raises(UneditableError):
        removed(b"a: 1\nb: 2", ())


_KEYS = st.text(alphabet="abké-", min_size=1, max_size=4)
_SCALARS = st.sampled_from(["x", "1", "true", "", "é: #", "a\nb\n", "null", "${X}", "- x", " y"]) | st.text(max_size=8)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=6
)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A document in one of many styles, and its value."""
    data = draw(st.dictionaries(_KEYS, _VALUES, min_size=2, max_size=4))
    flow = draw(st.sampled_from([True, False, None]))
    text = yaml.safe_dump(
        data, default_flow_style=flow, allow_unicode=True, indent=draw(st.sampled_from([2, 4])), sort_keys=False
    )
    if flow is False:
        lines = text.splitlines(keepends=True)
        tops = [number for number, line in enumerate(lines) if line[0] not in " -\n?:"]
        for number in sorted(draw(st.sets(st.sampled_from(tops))) if tops else [], reverse=True):
            lines.insert(number, "# é\n")
        text = "".join(lines)
    return text, data


def _says(content: bytes) -> object:
    return yaml.safe_load(content.decode())


@settings(max_examples=60)
@given(st.data())
def test_what_is_removed_is_gone_and_all_else_stays(data: st.DataObject) -> None:
    text, value = data.draw(texts())
    assume(_says(text.encode()) == value)
    key = data.draw(st.sampled_from(list(value)))
    try:
        after = removed(text.encode(), (key,))
    except UneditableError:
        return
    assert _says(after) == {name: child for name, child in value.items() if name != key}
    assert after.count("# é".encode()) == text.count("# é")


@settings(max_examples=60)
@given(st.data(), st.text(max_size=9))
def test_what_is_replaced_is_another_and_all_else_stays(data: st.DataObject, new: str) -> None:
    text, value = data.draw(texts())
    assume(_says(text.encode()) == value)
    key = data.draw(st.sampled_from(list(value)))
    try:
        after = replaced(text.encode(), (key,), new)
    except UneditableError:
        return
    assert _says(after) == {**value, key: new}
    assert after.count("# é".encode()) == text.count("# é") + new.count("# é") - str(value[key]).count("# é")


@given(st.binary() | st.text(alphabet="ab:{}[],-?&*<#'\"| \n").map(str.encode), st.lists(st.sampled_from("ab")))
def test_any_bytes_have_an_answer(content: bytes, path: list[str]) -> None:
    attempts: list[Callable[[], bytes]] = [
        lambda: removed(content, path),
        lambda: replaced(content, path, "x"),
        lambda: exchanged(content, path, "c", "x"),
    ]
    for attempt in attempts:
        with suppress(UneditableError):
            attempt()
