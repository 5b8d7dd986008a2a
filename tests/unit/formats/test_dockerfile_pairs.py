from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile.pairs import Pair, arguments, key_values, words
from dext_tasks.formats.dockerfile.refusals import RefusalError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  ", []),
        ("a", [("a", 0)]),
        (" a  b", [("a", 1), ("b", 4)]),
        ("a\xa0b\u3000c", [("a", 0), ("b", 2), ("c", 4)]),
        ('a="b c" d', [('a="b c"', 0), ("d", 8)]),
        ("a='b \" c' d", [("a='b \" c'", 0), ("d", 10)]),
        ('a="b\\" c" d', [('a="b\\" c"', 0), ("d", 10)]),
        ("a='b\\' d", [("a='b\\'", 0), ("d", 7)]),
        ("a\\ b c", [("a\\ b", 0), ("c", 5)]),
        ("a\\\\ b", [("a\\\\", 0), ("b", 4)]),
        ('"open a b', [('"open a b', 0)]),
        ("'open a b", [("'open a b", 0)]),
        ("a\\", [("a", 0)]),
        ('a="b\\', [('a="b', 0)]),
        ("a='b\\", [("a='b\\", 0)]),
        ("a \\", [("a", 0)]),
        ("''", [("''", 0)]),
    ],
)
def test_words(text: str, expected: list[tuple[str, int]]) -> None:
    assert [(word.text, word.offset) for word in words(text, "\\")] == expected


def test_words_with_the_backtick() -> None:
    assert [word.text for word in words('C:\\ a` b "c` d`"e"', "`")] == ["C:\\", "a` b", '"c` d`"e"']


@pytest.mark.timeout(120)
@pytest.mark.parametrize("text", ['"\\' * 30_000, "\\" * 60_001, "'" * 60_001, 'a"' * 30_001, "a" * 60_000 + "'"])
def test_no_text_takes_long(text: str) -> None:
    assert words(text, "\\")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", [Pair("a", "b", 0)]),
        ("a=", [Pair("a", "", 0)]),
        ("a==b", [Pair("a", "=b", 0)]),
        ("a=b  c=d=e", [Pair("a", "b", 0), Pair("c", "d=e", 5)]),
        ('"a b"="c d"', [Pair('"a b"', '"c d"', 0)]),
        ('"a=b"="c"', [Pair('"a', 'b"="c"', 0)]),
        ("key value", [Pair("key", "value", 0)]),
        ("key  two   words", [Pair("key", "two   words", 0)]),
        ("key a=b c=d", [Pair("key", "a=b c=d", 0)]),
        ('key "quoted  text"', [Pair("key", '"quoted  text"', 0)]),
        ("key\tvalue", [Pair("key", "value", 0)]),
    ],
)
def test_key_values(text: str, expected: list[Pair]) -> None:
    assert key_values("LABEL", text, "\\") == expected


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("", "LABEL requires at least one argument", None),
        ("x", "LABEL must have two arguments", None),
        ("key\xa0value", "LABEL must have two arguments", None),
        ("=x", "LABEL names can not be blank", 0),
        ("a=b =x", "LABEL names can not be blank", 4),
        ("a=b  c", 'Syntax error - can\'t find = in "c". Must be of the form: name=value', 5),
        ("a=b c d", 'Syntax error - can\'t find = in "c". Must be of the form: name=value', 4),
    ],
)
def test_refused_key_values(text: str, message: str, offset: int | None) -> None:
    with pytest.raises(RefusalError) as refused:
        key_values("LABEL", text, "\\")
    assert (str(refused.value), refused.value.offset) == (message, offset)
    assert refused.value.remedy


def test_a_long_word_is_cut_in_the_message() -> None:
    with pytest.raises(RefusalError, match=r'in "x{60}…"'):
        key_values("LABEL", "a=b " + "x" * 5000, "\\")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", [Pair("A", None, 0)]),
        ("A=", [Pair("A", "", 0)]),
        ("A=1 B C=x=y", [Pair("A", "1", 0), Pair("B", None, 4), Pair("C", "x=y", 6)]),
    ],
)
def test_arguments(text: str, expected: list[Pair]) -> None:
    assert arguments(text, "\\") == expected


@pytest.mark.parametrize(
    ("text", "message"), [("", "ARG requires at least one argument"), ("A =1", "ARG names can not be blank")]
)
def test_refused_arguments(text: str, message: str) -> None:
    with pytest.raises(RefusalError, match=message):
        arguments(text, "\\")
