from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.editing import UneditableError
from dext_tasks.formats.json_repair import repaired


@pytest.mark.parametrize(
    ("text", "expected", "done"),
    [
        ('{"a": 1,}', '{"a": 1}', ("remove trailing commas",)),
        ('{\r\n\t"a": [1, 2,\r\n\t],\r\n}\r\n', '{\r\n\t"a": [1, 2\r\n\t]\r\n}\r\n', ("remove trailing commas",)),
        ('\ufeff{"a": 1}', '{"a": 1}', ("remove the byte order mark",)),
        ('{\n  // what it is\n  "a": 1 // one\n}', '{\n  "a": 1\n}', ("remove the comments",)),
        ('/* top */ {"a": /* x */ 1}', ' {"a":  1}', ("remove the comments",)),
        ('{"a": 1, // one\r\n "b": 2}', '{"a": 1,\r\n "b": 2}', ("remove the comments",)),
        ('{"a": 1} // end', '{"a": 1}', ("remove the comments",)),
        ("# top\r\n{}", "{}", ("remove the comments",)),
        ("{'a': 'b c', \"d\": 'e'}", '{"a": "b c", "d": "e"}', ("write double quotes",)),
        ("{\u201ca\u201d: \u201cb\u201d}", '{"a": "b"}', ("write double quotes",)),
        ("{a: 1, b-c: {d:2}}", '{"a": 1, "b-c": {"d":2}}', ("put keys into quotes",)),
        ('{"a": True, "b": None}', '{"a": true, "b": null}', ("write true, false and null",)),
        (
            '{\n  "a": 1\n  "b": {}\n  "c": "x"\n}',
            '{\n  "a": 1,\n  "b": {},\n  "c": "x"\n}',
            ("add the commas that are missing",),
        ),
        ('{"a": "http://x", // y\n}', '{"a": "http://x"\n}', ("remove the comments", "remove trailing commas")),
    ],
)
def test_what_was_meant_beyond_doubt(text: str, expected: str, done: tuple[str, ...]) -> None:
    repair = repaired(text.encode())
    assert (repair.content.decode(), repair.done) == (expected, done)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a": 1',
        '{"a": 1}}',
        '{"a": [1,,2]}',
        '{"a": 1,,"b": 2}',
        "[,]",
        '{"a": 1 "b": 2}',
        '["a"\n"b"]',
        '{"a": "x"\n"b"}',
        "{'a': 'it's'}",
        "{'a\": 1}",
        "{'a': '\"'}",
        '{"a": b}',
        '{"a": NaN}',
        '{"a": "x\ny"}',
        '{"a": "x"y"}',
        "{/* a",
        "//",
        '{"a": Trueish}',
        '{"a": 01}',
        "[" * 1000,
        "{," * 60,
    ],
)
def test_what_may_be_meant_otherwise_is_left(text: str) -> None:
    with pytest.raises(UneditableError):
        repaired(text.encode())


@pytest.mark.parametrize("content", [b"\xff\xfe{\0}\0", b"{}", b'{"a": [1]}', b"{a:1}" + b" " * 300_000])
def test_what_is_no_text_or_needs_nothing_is_left(content: bytes) -> None:
    with pytest.raises(UneditableError):
        repaired(content)


@given(st.text(alphabet="{}[]\"',:a1/*# \n\r\\\ufeff") | st.text())
def test_any_text_becomes_json_or_is_left(text: str) -> None:
    try:
        content = repaired(text.encode()).content
    except UneditableError:
        return
    json.loads(content)
    with pytest.raises(UneditableError):
        repaired(content)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), _VALUES, min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_comments_and_commas_go_and_all_else_stays(data: dict[str, object], newline: str) -> None:
    text = (json.dumps(data, indent=2) + "\n").replace("\n", newline)
    flawed = text.replace(f"{newline}}}{newline}", f",{newline}  // last{newline}}}{newline}")
    assert repaired(f"/* first */{newline}{flawed}".encode()).content.decode() == text
