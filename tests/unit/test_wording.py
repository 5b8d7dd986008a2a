"""Parts of sentences that many messages share."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dext_tasks
from dext_tasks.wording import counted, did_you_mean, excerpt, nearest


def test_a_number_has_its_noun() -> None:
    assert [counted(number, "rule") for number in (0, 1, 2)] == ["0 rules", "1 rule", "2 rules"]
    assert [counted(number, "address", "addresses") for number in (1, 2)] == ["1 address", "2 addresses"]


def test_the_nearest_name_is_asked_for() -> None:
    assert did_you_mean(nearest("sevices", ("volumes", "services"))) == "; did you mean services?"
    assert did_you_mean(nearest("x", ("volumes", "services"))) == ""


def test_names_are_as_alike_as_asked() -> None:
    assert nearest("serv", ("services",)) == "services"
    assert nearest("serv", ("services",), 0.9) == ""


def test_a_name_of_any_length_is_compared() -> None:
    assert nearest("a" * 10_000_000, ("a" * 100,)) == "a" * 100


def test_no_other_module_looks_for_near_names() -> None:
    root = Path(dext_tasks.__file__).parent
    users = [file for file in root.rglob("*.py") if "get_close_matches" in _names(file)]
    assert [file.relative_to(root).as_posix() for file in users] == ["wording.py"]


def _names(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names} | {
        node.attr for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute)
    }


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
