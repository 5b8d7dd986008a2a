from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.dockerfile.refusals import RefusalError
from dext_tasks.formats.dockerfile.shellwords import ShellLexer
from dext_tasks.formats.dockerfile.substitution import LONGEST_VALUE, Expansion, Glob, Variable, replaced


def test_expansions_add_up() -> None:
    assert Expansion("a", ("X",)) + Expansion("b", ("Y",)) == Expansion("ab", ("X", "Y"))


@pytest.mark.parametrize(
    ("value", "plain"),
    [(None, Expansion("", ("NAME",))), (Expansion("v", ("OTHER",)), Expansion("v", ("OTHER",)))],
)
def test_a_variable_stands_for(value: Expansion | None, plain: Expansion) -> None:
    assert Variable("NAME", value).plain == plain


@pytest.mark.timeout(120)
def test_a_replacement_that_multiplies_is_stopped() -> None:
    big = Expansion("x" * (LONGEST_VALUE - 1))
    with pytest.raises(RefusalError, match="expand to more than"):
        replaced(Variable("X", big), Expansion("x"), big, everywhere=True)


@pytest.mark.timeout(120)
def test_variables_that_repeat_themselves_are_stopped() -> None:
    value = Expansion("x" * LONGEST_VALUE)
    assert len(ShellLexer().expand("$X", lambda _: value).text) == LONGEST_VALUE
    with pytest.raises(RefusalError, match="expand to more than"):
        ShellLexer().expand("$X" * 10_000, lambda _: value)


PATTERNS = st.text(alphabet="ab*?", max_size=6)
TEXTS = st.text(alphabet="ab", max_size=9)


def expression(pattern: str, star: str) -> str:
    return "".join(star if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "shortest", "longest"),
    [
        ("*.", "a.b.c", "b.c", "c"),
        ("?", "abc", "bc", "bc"),
        ("", "abc", "abc", "abc"),
        ("*", "abc", "abc", ""),
        ("**", "abc", "abc", ""),
        ("b", "abc", "abc", "abc"),
        ("*x*y", "xxyy", "y", ""),
        ("\\*", "*a", "a", "a"),
        ("?\\?", "???y", "?y", "?y"),
        ("\\}\\/\\\\", "}/\\x", "x", "x"),
        ("[a](b)^$.+|", "[a](b)^$.+|x", "x", "x"),
        ("*b", "a\nb", "a\nb", "a\nb"),
        ("?", "\na", "\na", "\na"),
        ("a\nb", "a\nbc", "c", "c"),
    ],
)
def test_prefixes(pattern: str, text: str, shortest: str, longest: str) -> None:
    glob = Glob.parse(pattern)
    assert glob.without_prefix(text, longest=False) == shortest
    assert glob.without_prefix(text, longest=True) == longest


@pytest.mark.parametrize(
    ("pattern", "text", "shortest", "longest"),
    [
        (".*", "a.b.c", "a.b", "a"),
        ("\\**", "xx**", "xx*", "xx"),
        ("\\**\\*", "a***yy*", "a**", "a"),
        ("*", "abc", "abc", ""),
        ("x", "abc", "abc", "abc"),
        ("\U0001f680", "a\U0001f680", "a", "a"),
    ],
)
def test_suffixes(pattern: str, text: str, shortest: str, longest: str) -> None:
    glob = Glob.parse(pattern)
    assert glob.without_suffix(text, longest=False) == shortest
    assert glob.without_suffix(text, longest=True) == longest


@pytest.mark.parametrize(
    ("pattern", "text", "spans"),
    [
        ("b", "abcb", [(1, 2), (3, 4)]),
        ("*", "abc", [(0, 3)]),
        ("", "ab", [(0, 0), (1, 1), (2, 2)]),
        ("", "", [(0, 0)]),
        ("?", "ab", [(0, 1), (1, 2)]),
        ("a*b", "xabab", [(1, 5)]),
        ("aa", "aaa", [(0, 2)]),
        ("z", "abc", []),
        ("a*", "ab\nac", [(0, 2), (3, 5)]),
    ],
)
def test_spans(pattern: str, text: str, spans: list[tuple[int, int]]) -> None:
    assert list(Glob.parse(pattern).spans(text)) == spans


@pytest.mark.parametrize("pattern", ["\\", "\\x", "\\\\\\", "a\\"])
def test_other_escapes_are_refused(pattern: str) -> None:
    with pytest.raises(RefusalError, match="invalid escape"):
        Glob.parse(pattern)


@given(PATTERNS, TEXTS)
def test_prefixes_are_those_of_a_regular_expression(pattern: str, text: str) -> None:
    glob = Glob.parse(pattern)
    for longest, star in ((False, ".*?"), (True, ".*")):
        match = re.match(expression(pattern, star), text)
        assert glob.without_prefix(text, longest=longest) == (text[match.end() :] if match else text)


@given(PATTERNS, TEXTS)
def test_suffixes_are_prefixes_from_behind(pattern: str, text: str) -> None:
    glob, mirrored = Glob.parse(pattern), Glob.parse(pattern[::-1])
    for longest in (False, True):
        expected = mirrored.without_prefix(text[::-1], longest=longest)[::-1]
        assert glob.without_suffix(text, longest=longest) == expected


@given(PATTERNS, TEXTS)
def test_the_first_span_is_that_of_a_regular_expression(pattern: str, text: str) -> None:
    match = re.search(expression(pattern, ".*"), text)
    assert next(Glob.parse(pattern).spans(text), None) == (match.span() if match else None)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("pattern", ["*a" * 30 + "b", "a*b", "a", "?" * 30 + "b", ""])
def test_no_pattern_takes_long(pattern: str) -> None:
    text = "a" * 50_000
    glob = Glob.parse(pattern)
    glob.without_prefix(text, longest=True)
    glob.without_suffix(text, longest=False)
    assert len(list(glob.spans(text))) <= len(text) + 1
