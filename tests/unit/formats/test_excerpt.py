from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.excerpt import excerpt


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("  a \n\t b  ", "a b"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202eb", "a\\u202eb"),
        ("Grüße 📈", "Grüße 📈"),
        ("x" * 81, "x" * 79 + "…"),
        ("x" * 80, "x" * 80),
        (" " * 1000 + "x", "…"),
        ("", ""),
    ],
)
def test_excerpt(text: str, shown: str) -> None:
    assert excerpt(text) == shown


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_it_is_one_short_printable_line(text: str, most: int) -> None:
    shown = excerpt(text, most)
    assert len(shown) <= most
    assert shown.isprintable()
