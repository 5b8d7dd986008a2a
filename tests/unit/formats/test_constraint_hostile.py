"""No label value breaks the readers, keeps them busy, or reaches a terminal raw."""

from __future__ import annotations

from contextlib import contextmanager
from time import process_time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.constraint import ConstraintError, Grammar, allows, parse, quirks, verdict
from dext_tasks.formats.constraint.model import LONGEST, quoted, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

GRAMMARS = st.sampled_from(["masterminds", "go-version"])
FRAGMENTS = st.sampled_from(
    [
        *(
            "0",
            "1",
            "2.3",
            "1.2.3",
            "x",
            "*",
            "01",
            ".",
            "-",
            "-rc",
            "-rc.1",
            "+b",
            "v",
            "|",
            "||",
            ",",
            " ",
            "\t",
            "\v",
        ),
        *(
            " - ",
            "=",
            "!=",
            ">",
            "<",
            ">=",
            "<=",
            "=>",
            "=<",
            "~",
            "~>",
            "^",
            "\n",
            "\x1b[31m",
            "\x00",
            "\udcff",
            "\xa0",
        ),
        *("18446744073709551616", "é", "\u202e", '"', "\\"),
    ]
)
CONSTRAINTS = st.one_of(st.text(), st.lists(FRAGMENTS, max_size=30).map("".join))


def is_safe(message: str) -> bool:
    return message.isprintable() and len(message) < 300


@contextmanager
def refused_at_worst() -> Iterator[None]:
    refusals: list[ConstraintError] = []
    try:
        yield
    except ConstraintError as error:
        refusals.append(error)
    assert all(is_safe(refusal.message) for refusal in refusals)


@given(CONSTRAINTS, GRAMMARS)
def test_any_text_parses_or_is_refused(text: str, grammar: Grammar) -> None:
    with refused_at_worst():
        constraint = parse(text, grammar)
        assert constraint.comparators
        quirks(constraint)


@given(CONSTRAINTS, CONSTRAINTS, GRAMMARS)
def test_any_version_is_answered_or_refused(text: str, version: str, grammar: Grammar) -> None:
    with refused_at_worst():
        allows(text, version, grammar=grammar)


@given(CONSTRAINTS, CONSTRAINTS)
def test_any_verdict(text: str, version: str) -> None:
    with refused_at_worst():
        verdict(text, version)


@given(
    st.tuples(*[st.integers(0, 5)] * 3).map(lambda parts: ".".join(map(str, parts))), st.sampled_from(["0.3.0", "1"])
)
def test_both_libraries_share_the_lower_bound(version: str, bound: str) -> None:
    text = f">= {bound}"
    assert allows(text, version) is allows(text, version, grammar="go-version")


@pytest.mark.parametrize("grammar", ["masterminds", "go-version"])
@pytest.mark.parametrize(
    "unit",
    [
        "1",
        " ",
        "1-",
        "1 ",
        "1 - ",
        "1 - 2 ",
        "x",
        "v1",
        "1||",
        "1.",
        "1,",
        "a.",
        "-a",
        ">=",
        "1-a.",
        "~",
        "1\t -\t",
        "1+",
    ],
)
def test_time_is_bounded(unit: str, grammar: Grammar) -> None:
    text = f"1{unit * LONGEST}"[: LONGEST - 1] + "!"
    start = process_time()
    with pytest.raises(ConstraintError):
        parse(text, grammar)
    assert process_time() - start < 10


@pytest.mark.parametrize("grammar", ["masterminds", "go-version"])
def test_longer_than_any_constraint(grammar: Grammar) -> None:
    with pytest.raises(ConstraintError, match="has 4097 characters, more than 4096"):
        parse("1" * (LONGEST + 1), grammar)


@given(st.text())
def test_refused_input_is_printed_on_one_line(text: str) -> None:
    assert is_safe(visible(text))
    assert is_safe(quoted(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", '""'),
        ("é ≥", '"é ≥"'),
        ("\u202e", r'"\u202e"'),
        ("\udcff", r'"\udcff"'),
        ('a"b\\', r'"a\"b\\"'),
        ("a" * 201, f'"{"a" * 200}…"'),
    ],
)
def test_quoted(text: str, shown: str) -> None:
    assert quoted(text) == shown
