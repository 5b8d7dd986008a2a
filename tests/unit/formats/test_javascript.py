from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.javascript import first, is_comment, matches

MARK = re.compile(rb"HERE")


def commented(source: str) -> list[bool]:
    content = source.encode()
    return [is_comment(content, found.start()) for found in MARK.finditer(content)]


@pytest.mark.parametrize(
    "source",
    [
        "// HERE",
        "a(); // HERE\nb()",
        "/* HERE */",
        "/*\n * HERE\n */ a()",
        "/** @see HERE */",
        "a(/* HERE */)",
        "'a' // HERE",
        "'it\\'s' // HERE",
        '"http://a" // HERE',
        "`a` // HERE",
        "`a${b}` // HERE",
        "`a${`b`}` // HERE",
        "`${a /* HERE */}`",
        "a = /['\"]/ // HERE",
        "return /[\"'`]/g // HERE",
        "a / b // HERE",
        "`a${{b: {}}}` // HERE",
        "/* HERE",
        "<!-- HERE -->",
        "<p>it's</p><!-- HERE --><script></script>",
        "<script>\n// HERE\n</script>",
        "<!-- http://a --> <!-- HERE -->",
        "<p>Don't</p>\n// HERE\n",
    ],
)
def test_comments(source: str) -> None:
    assert commented(source) == [True]


@pytest.mark.parametrize(
    "source",
    [
        "HERE",
        "// a\nHERE",
        "/* a */ HERE",
        "'// HERE'",
        '"/* HERE */"',
        "`// HERE`",
        "`http://${HERE}`",
        "`a${`//`}` + HERE",
        'fetch("http://a", HERE)',
        'accept = "text/plain, */*"; HERE',
        'accept = "image/*"; HERE',
        "a = /\\/\\//; HERE",
        "a = /[/*]/; HERE",
        "a = b / c; d = '/'; HERE",
        'x.y = "<!--"; HERE',
        "<!-- a --><script>HERE</script>",
        "it's // \nHERE",
        "`unterminated HERE",
    ],
)
def test_code(source: str) -> None:
    assert commented(source) == [False]


def test_a_line_of_a_bundle_is_no_comment_of_one_line() -> None:
    assert commented("a='x'//" + "b" * 5000 + ";HERE") == [False]


def test_what_is_too_large_is_not_read() -> None:
    assert commented("/* HERE */" + " " * 5_000_000) == [False]


def test_matches_are_code_only() -> None:
    content = b"// HERE\nHERE\n/* HERE */ HERE"
    assert [found.start() for found in matches(MARK, content)] == [8, 24]
    found = first(MARK, content)
    assert found is not None
    assert found.start() == 8
    assert first(MARK, b"// HERE") is None


def test_matches_are_bounded() -> None:
    assert len(list(matches(MARK, b"HERE" * 5000))) == 300


@given(st.text(alphabet="/*'\"`${}\\\n<!->aHERE ").map(str.encode), st.integers(0, 30))
def test_any_text_is_read(content: bytes, offset: int) -> None:
    assert is_comment(content + b"HERE", min(offset, len(content))) in {True, False}


@pytest.mark.parametrize("unit", [b"/*", b"//", b"`", b"`${", b"'", b"a/b;", b"*/", b"{", b"<!--", b"\n"])
def test_no_bundle_takes_long(unit: bytes) -> None:
    content = unit * (2_000_000 // len(unit))
    for offset in range(0, len(content), 100_000):
        is_comment(content, offset)
