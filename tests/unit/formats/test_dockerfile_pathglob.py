from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.dockerfile.pathglob import PathGlob, PatternError, glob, has_wildcard


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("a", "a", True),
        ("a", "ab", False),
        ("a", "b/a", False),
        ("a/b", "a/b", True),
        ("*", "a", True),
        ("*", "a/b", False),
        ("*.js", "x.js", True),
        ("*.js", "x.jsx", False),
        ("a*c", "abbc", True),
        ("a*c", "ac", True),
        ("a*c", "a/c", False),
        ("a**c", "ab/c", False),
        ("?", "a", True),
        ("?", "", False),
        ("?", "/", False),
        ("[ab]", "b", True),
        ("[a-c]x", "bx", True),
        ("[^a]", "b", True),
        ("[^a]", "a", False),
        ("[!a]", "!", True),
        ("[!a]", "b", False),
        ("[a-]", "", False),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("[\\]]", "]", True),
        ("a]", "a]", True),
        ("aXa", "a", False),
    ],
)
def test_a_source_of_copy(pattern: str, path: str, *, matches: bool) -> None:
    try:
        found = glob(pattern).matches(path)
    except PatternError:
        found = False
    assert found is matches


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("**", "a/b/c", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("a/**", "ab/c", False),
        ("**/a", "a", True),
        ("**/a", "x/y/a", True),
        ("**/a", "xa", False),
        ("**a", "xa", True),
        ("**a", "x/ya", True),
        ("**a*", "xab", False),
        ("**a*", "x/ab", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "a/xb", False),
        ("**/*.js", "x.js", True),
        ("**/*.js", "a/b/x.js", True),
        ("*/*.js", "a/b/x.js", False),
        ("a**", "ab/c", True),
    ],
)
def test_a_pattern_of_dockerignore(pattern: str, path: str, *, matches: bool) -> None:
    assert PathGlob(pattern, is_deep=True).matches(path) is matches


@pytest.mark.parametrize("pattern", ["[", "[a", "[]", "[]a]", "[^]", "[a-", "[a-]", "[-a]", "a\\", "[a\\", "[\\"])
def test_what_go_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        PathGlob(pattern)


@pytest.mark.parametrize(
    ("path", "has"), [("a/b", False), ("a*", True), ("a?", True), ("[a]", True), ("a\\*b", False), ("a\\\\*", True)]
)
def test_wildcards_are_told_from_names(path: str, *, has: bool) -> None:
    assert has_wildcard(path) is has


@given(st.text(st.sampled_from("ab*?/[]-^\\."), max_size=12), st.text(st.sampled_from("ab/."), max_size=12))
def test_no_pattern_is_too_odd(pattern: str, path: str) -> None:
    for is_deep in (False, True):
        try:
            assert PathGlob(pattern, is_deep=is_deep).matches(path) in {True, False}
        except PatternError:
            continue


@pytest.mark.parametrize("pattern", ["**/a" * 40 + "b", "*a" * 60 + "b", "a**" * 60 + "b", "[ab]*" * 60 + "c"])
def test_hostile_patterns_take_no_time(pattern: str) -> None:
    compiled = PathGlob(pattern, is_deep=True)
    started = time.process_time()
    assert not compiled.matches("a/a" * 500 + "x")
    assert time.process_time() - started < 5
