from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.excerpt import excerpt, redact


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


@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        ("nothing", (), "nothing"),
        ("nothing", ("",), "nothing"),
        ("a secret, secret", ("secret",), "a ***, ***"),
        ("secret-longer secret", ("secret", "secret-longer"), "*** ***"),
        ("A.B", (".",), "A***B"),
    ],
)
def test_redact(text: str, secrets: tuple[str, ...], expected: str) -> None:
    assert redact(text, secrets) == expected


@given(st.text(), st.lists(st.text(st.characters(exclude_characters="*"), min_size=1), max_size=4))
def test_no_secret_survives(text: str, secrets: list[str]) -> None:
    redacted = redact(text, tuple(secrets))
    assert not any(secret in redacted for secret in secrets)
