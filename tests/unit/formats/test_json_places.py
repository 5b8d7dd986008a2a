from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.json_places import line

TEXT = b"""

{
  "a": 1, "b\\u0041":
    [
      "x\\"]",
      7,
      {"c": {},
       "d": [[], {
         "e": null}]
      }
    ],
  "same": {"old": 1},
  "same": {"new": 2}
}
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), 3),
        (("a",), 4),
        (("bA",), 4),
        (("bA", 0), 6),
        (("bA", 1), 7),
        (("bA", 2), 8),
        (("bA", 2, "c"), 8),
        (("bA", 2, "d"), 9),
        (("bA", 2, "d", 0), 9),
        (("bA", 2, "d", 1, "e"), 10),
        (("same",), 14),
        (("same", "new"), 14),
        # What is not there has the line of what would hold it.
        (("same", "old"), 14),
        (("nothing", "at", "all"), 3),
        (("a", "b"), 4),
        (("bA", 99), 4),
    ],
)
def test_line(path: tuple[str | int, ...], expected: int) -> None:
    assert line(TEXT, path) == expected


@pytest.mark.parametrize("content", [b"\xff", b"{" + b" " * 300_000 + b"}", b'{"\\x": 1}'])
def test_what_cannot_be_told(content: bytes) -> None:
    assert line(content, ("a",)) == 0


@pytest.mark.parametrize("unit", ["{", "[", '"', "\\", '{"a":', "]", ",", "[{", '"a",', "\n"])
def test_hostile_documents_take_no_time(unit: str) -> None:
    started = time.process_time()
    line((unit * (262_144 // len(unit))).encode(), ("a", 1))
    assert time.process_time() - started < 10


VALUES = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.text(), VALUES, min_size=1))
def test_each_key_of_a_document_is_where_it_is_written(data: dict[str, object]) -> None:
    lines = json.dumps(data, indent=1).encode()
    for key in data:
        written = lines.splitlines()[line(lines, (key,)) - 1]
        assert written.startswith(f" {json.dumps(key)}:".encode())


@given(st.binary() | st.text(alphabet='{}[]",:a\\ \n1').map(str.encode), st.lists(st.text() | st.integers()))
def test_any_bytes_have_an_answer(content: bytes, path: list[str | int]) -> None:
    assert 0 <= line(content, path) <= content.count(b"\n") + 1
