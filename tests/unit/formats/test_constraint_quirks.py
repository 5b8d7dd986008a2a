"""What a rule asks of a constraint, apart from its answer."""

from __future__ import annotations

import pytest

from dext_tasks.formats.constraint import Grammar, Quirk, parse, quirks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.3.0", True),
        ("=0.3.0", True),
        ("= v0.3.0-rc.1", True),
        ("0.3.0 || 0.3.4", True),
        ("0.3", False),
        ("0.3.x", False),
        (">= 0.3.0", False),
        ("0.3.0 || >= 0.4.0", False),
        ("~0.3.0", False),
    ],
)
def test_bare(text: str, *, expected: bool) -> None:
    assert parse(text).is_bare is expected


@pytest.mark.parametrize("grammar", ["masterminds", "go-version"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [(">= 0.3.0-0", True), (">= 0.3.0, < 1.0.0-rc", True), (">= 0.3.0", False), ("0.3.0+b-1", False)],
)
def test_prerelease(text: str, grammar: Grammar, *, expected: bool) -> None:
    assert parse(text, grammar).has_prerelease is expected


def test_a_prerelease_without_a_dash() -> None:
    assert parse("0.3.0beta", "go-version").has_prerelease


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("^*", [Quirk.CARET_ANY]),
        ("<=x", [Quirk.AT_MOST_ANY]),
        ("=<X", [Quirk.AT_MOST_ANY]),
        ("!=*", [Quirk.NOT_ANY]),
        (">*", [Quirk.GREATER_ANY]),
        ("<*", [Quirk.LESS_ANY]),
        ("~0.0.0", [Quirk.TILDE_ZERO]),
        ("~>v0.0.0", [Quirk.TILDE_ZERO]),
        ("0.x.5", [Quirk.PARTS_IGNORED]),
        ("x.3.0", [Quirk.PARTS_IGNORED]),
        ("0.3.0+b", [Quirk.BUILD_IGNORED]),
        (">=1 || !=*.1+b, <*", [Quirk.NOT_ANY, Quirk.LESS_ANY, Quirk.PARTS_IGNORED, Quirk.BUILD_IGNORED]),
        ("*", []),
        ("~*", []),
        (">=*", []),
        ("~0.0", []),
        ("~0.0.1", []),
        ("=0.0.0", []),
        ("0.x.x", []),
        ("1.2.x-0.5", []),
        (">= 1.4.7, < 2.0", []),
    ],
)
def test_quirks(text: str, expected: list[Quirk]) -> None:
    assert list(quirks(parse(text))) == expected


def test_the_other_grammar_has_none_of_them() -> None:
    assert quirks(parse("~> 0.0.0+b", "go-version")) == ()
