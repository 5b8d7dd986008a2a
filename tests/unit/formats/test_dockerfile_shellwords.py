from __future__ import annotations

import pytest

from dext_tasks.formats.dockerfile.refusals import RefusalError
from dext_tasks.formats.dockerfile.shellwords import ShellLexer
from dext_tasks.formats.dockerfile.substitution import Expansion

VALUES = {"SET": "value", "EMPTY": "", "PATH": "/a/b.c.d", "DOLLAR": "$0", "SPACE": "a b", "é": "e", "A1_": "x"}


def lookup(name: str) -> Expansion | None:
    return Expansion(VALUES[name]) if name in VALUES else None


def expand(word: str, escape: str = "\\") -> str:
    return ShellLexer(escape).expand(word, lookup).text


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ('"double"', "double"),
        ("'single'", "single"),
        ("a\"b\"'c'd", "abcd"),
        ("''", ""),
        ('""', ""),
        ('"it\'s"', "it's"),
        ("'say \"hi\"'", 'say "hi"'),
        ("'$SET'", "$SET"),
        ('"$SET"', "value"),
        ("'a\\'", "a\\"),
        ('"a\\"b"', 'a"b'),
        ('"a\\\\b"', "a\\b"),
        ('"a\\nb"', "a\\nb"),
        ('"\\$SET"', "$SET"),
        ("a\\nb", "anb"),
        ("a\\ b", "a b"),
        ("\\$SET", "$SET"),
        ("\\\\", "\\"),
        ("\\'", "'"),
        ("end\\", "end"),
        ("a  b", "a  b"),
        ("\ufeffmark", "mark"),
        ("a\ufeffmark", "a\ufeffmark"),
    ],
)
def test_quotes_and_escapes(word: str, text: str) -> None:
    assert expand(word) == text


@pytest.mark.parametrize(
    ("word", "text"),
    [("a\\nb", "a\\nb"), ("`$SET", "$SET"), ('"`""', '"'), ('"`$SET"', "$SET"), ('"``"', "`"), ('"`n"', "`n")],
)
def test_the_backtick_escapes(word: str, text: str) -> None:
    assert expand(word, "`") == text


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("$SET", "value"),
        ("${SET}", "value"),
        ("$SET.x", "value.x"),
        ("$SETx", ""),
        ("${SET}x", "valuex"),
        ("$é", "e"),
        ("$A1_-", "x-"),
        ("$UNSET", ""),
        ("${UNSET}", ""),
        ("$", "$"),
        ("a$", "a$"),
        ("$.", "$."),
        ("$ ", "$ "),
        ('"$"', "$"),
        ("$$", ""),
        ("$$$", "$"),
        ("$1", ""),
        ("$12x", "x"),
        ("$0", ""),
        ("$@$*$#$?$-$!", ""),
        ("${1}", ""),
        ("${#}", ""),
    ],
)
def test_variables(word: str, text: str) -> None:
    assert expand(word) == text


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("${SET:-other}", "value"),
        ("${EMPTY:-other}", "other"),
        ("${UNSET:-other}", "other"),
        ("${SET-other}", "value"),
        ("${EMPTY-other}", ""),
        ("${UNSET-other}", "other"),
        ("${SET:+other}", "other"),
        ("${EMPTY:+other}", ""),
        ("${UNSET:+other}", ""),
        ("${SET+other}", "other"),
        ("${EMPTY+other}", "other"),
        ("${UNSET+other}", ""),
        ("${SET:?no}", "value"),
        ("${SET?no}", "value"),
        ("${EMPTY?no}", ""),
        ("${UNSET:-}", ""),
        ("${UNSET:-$SET}", "value"),
        ("${UNSET:-${ALSO:-deep}}", "deep"),
        ("${UNSET:-a b}", "a b"),
        ("${UNSET:-'}'}", "}"),
        ('${UNSET:-"}"}', "}"),
        ("${UNSET:-\\}}", "}"),
        ('"${UNSET:-"quoted"}"', "quoted"),
        ("${UNSET:-{}", "{"),
        ("${UNSET:-{}}", "{}"),
    ],
)
def test_alternatives(word: str, text: str) -> None:
    assert expand(word) == text


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("${PATH#*/}", "a/b.c.d"),
        ("${PATH##*/}", "b.c.d"),
        ("${PATH%.*}", "/a/b.c"),
        ("${PATH%%.*}", "/a/b"),
        ("${PATH#}", "/a/b.c.d"),
        ("${PATH##}", "/a/b.c.d"),
        ("${PATH#x}", "/a/b.c.d"),
        ("${PATH#'/a'}", "/b.c.d"),
        ("${UNSET#*/}", ""),
        ("${PATH/./-}", "/a/b-c.d"),
        ("${PATH//./-}", "/a/b-c-d"),
        ("${PATH//./}", "/a/bcd"),
        ("${PATH/?b/}", "/a.c.d"),
        ("${PATH//\\//:}", ":a:b.c.d"),
        ("${PATH//\\//\\/}", "\\/a\\/b.c.d"),
        ("${SET///-}", "-v-a-l-u-e-"),
        ("${SET/$UNSET/-}", "-value"),
        ("${SET/a/$DOLLAR}", "v$0lue"),
        ("${SET//a/$DOLLAR}", "value"),
        ("${SET//a/'[$$]'}", "v[$]lue"),
        ("${SET//a/'<${0}>'}", "v<a>lue"),
        ("${SET//a/'$1'}", "vlue"),
        ("${SET/a/'$$'}", "v$$lue"),
        ("${UNSET//a/b}", ""),
    ],
)
def test_patterns(word: str, text: str) -> None:
    assert expand(word) == text


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("$SET", ()),
        ("$UNSET", ("UNSET",)),
        ("${UNSET}${UNSET}$OTHER", ("UNSET", "OTHER")),
        ("'$UNSET'", ()),
        ("${UNSET:-x}", ()),
        ("${UNSET:+$OTHER}", ()),
        ("${SET:-$UNSET}", ()),
        ("${EMPTY:-$UNSET}", ("UNSET",)),
        ("${EMPTY}", ()),
        ("${UNSET#x}", ("UNSET",)),
        ("${SET#$UNSET}", ("UNSET",)),
        ("${SET/a/$UNSET}", ("UNSET",)),
        ('"$5 a month"', ("5",)),
        ("$", ()),
    ],
)
def test_variables_without_a_value_are_told(word: str, names: tuple[str, ...]) -> None:
    assert ShellLexer().expand(word, lookup).unresolved == names


def test_what_a_value_lacked_is_passed_on() -> None:
    half = Expansion("v-", ("VERSION",))
    assert ShellLexer().expand("$TAG", lambda _: half) == half


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ('"open', "unexpected end of statement while looking for matching double-quote"),
        ("'open", "unexpected end of statement while looking for matching single-quote"),
        ('"open\\"', "unexpected end of statement while looking for matching double-quote"),
        ('"open\\', "unexpected end of statement while looking for matching double-quote"),
        ("${", "syntax error: missing '}'"),
        ("${SET", "syntax error: missing '}'"),
        ("${SET:", "syntax error: missing '}'"),
        ("${SET:-x", "syntax error: missing '}'"),
        ("${SET:-'x}", "syntax error: missing '}'"),
        ("${SET#x", "syntax error: missing '}'"),
        ("${SET/x}", "syntax error: missing '/' in ${}"),
        ("${SET/x/y", "syntax error: missing '}'"),
        ("${}", "syntax error: bad substitution"),
        ("${:x}", "syntax error: bad substitution"),
        ("${{x}}", "syntax error: bad substitution"),
        ("${SET:-${}}", "syntax error: bad substitution"),
        ("${SET=x}", "unsupported modifier (=) in substitution"),
        ("${SET:=x}", "unsupported modifier (:=) in substitution"),
        ("${SET:%x}", "unsupported modifier (:%) in substitution"),
        ("${SET:}", "unsupported modifier (:}) in substitution"),
        ("${SET[0]}", "unsupported modifier ([) in substitution"),
        ("${#SET}", "unsupported modifier (S) in substitution"),
        ("${UNSET:?}", "UNSET: is not allowed to be unset"),
        ("${EMPTY:?}", "EMPTY: is not allowed to be empty"),
        ("${UNSET?}", "UNSET: is not allowed to be unset"),
        ("${UNSET:?set it to $SET}", "UNSET: set it to value"),
        ("${SET#\\x}", 'invalid escape "\\\\x" in the pattern of a substitution'),
        ("${UNSET:-" * 51 + "}" * 51, "substitutions nested more than 50 deep"),
    ],
)
def test_refusals(word: str, message: str) -> None:
    with pytest.raises(RefusalError) as refused:
        expand(word)
    assert str(refused.value) == message
    assert refused.value.remedy


def test_a_missing_build_argument_is_named_in_the_remedy() -> None:
    with pytest.raises(RefusalError) as refused:
        expand("${VERSION:?say which}")
    assert "--build-arg VERSION=" in refused.value.remedy


def test_fifty_levels_are_read() -> None:
    assert expand("${UNSET:-" * 50 + "x" + "}" * 50) == "x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" a  b\tc ", ["a", "b", "c"]),
        ("'a b' c", ["a b", "c"]),
        ("a\\ b c", ["a b", "c"]),
        ("'' a", ["a"]),
        ("x'y z'w v", ["xy zw", "v"]),
        ("a\u3000b", ["a", "b"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert ShellLexer().words(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("'a b' \"c d\"", ["'a b'", '"c d"']),
        ("a\\ b", ["a\\ b"]),
        ('"a\\"b c"', ['"a\\"b c"']),
        ("$X ${Y} ${Z:-a}", ["$X", "${Y}", "${Z:-a}"]),
        ("${Z#a} ${Z/b/c}", ["${Z#a}", "${Z/b/c}"]),
    ],
)
def test_raw_words(text: str, words: list[str]) -> None:
    lexer = ShellLexer(raw_quotes=True, raw_escapes=True, keep_unset=True)
    assert lexer.words(text) == words
