from __future__ import annotations

import json
import time
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.json_syntax import JsonSyntaxError, Slip, loads


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def fault(text: str) -> tuple[Slip, int, int, str]:
    with pytest.raises(JsonSyntaxError) as raised:
        loads(text)
    found = raised.value.fault
    assert text.count("\n", 0, found.offset) + 1 == found.line
    return found.slip, found.line, found.column, found.what


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        " [ ] ",
        '"\\u00e9\\n"',
        "-0.5E+3",
        "null",
        '{"a":[1,{"b":[true,false,null]}]}\n',
        '{"a":1,"a":2}',
        "[" * 200 + "]" * 200,
    ],
)
def test_valid_json_has_its_value(text: str) -> None:
    assert loads(text) == json.loads(text)


def test_pairs_are_handed_on() -> None:
    assert loads('{"a":1,"a":2}', object_pairs_hook=list) == [("a", 1), ("a", 2)]


@pytest.mark.parametrize(
    ("text", "slip", "line", "column", "what"),
    [
        ("", Slip.EMPTY, 1, 1, "there is no value"),
        (" \n", Slip.EMPTY, 1, 1, "there is no value"),
        # 3.13 points at the comma, and earlier versions at the bracket.
        ("[1,]", Slip.COMMA, 1, 4, "a value is expected after the comma, not ]"),
        ('{"a":1,\n}', Slip.COMMA, 2, 1, "a key is expected after the comma, not }"),
        ("[,1]", Slip.COMMA, 1, 2, "a value is expected here, not ,"),
        ("[1,,2]", Slip.COMMA, 1, 4, "a value is expected after the comma, not ,"),
        ('{"a":}', Slip.COMMA, 1, 6, "a value is expected here, not }"),
        ('{"a":1,,}', Slip.COMMA, 1, 8, "a key is expected after the comma, not ,"),
        ("[1 2]", Slip.COMMA, 1, 4, "a comma is missing before this"),
        ('{"a":"b"\n "c":1}', Slip.COMMA, 2, 2, "a comma is missing before this"),
        ('[{"a":1} {"b":2}]', Slip.COMMA, 1, 10, "a comma is missing before this"),
        ('{"a" 1}', Slip.COLON, 1, 6, "a colon is missing after the key"),
        ('{"a", "b"}', Slip.COLON, 1, 5, "a colon is missing after the key"),
        ('{"a"="b"}', Slip.QUOTE, 1, 4, "a double quote inside a string needs a backslash before it"),
        ("{'a':1}", Slip.QUOTE, 1, 2, "JSON has double quotes only, not '"),
        ('{"a":\u201cb\u201d}', Slip.QUOTE, 1, 6, "JSON has double quotes only, not \u201c"),
        ("{a:1}", Slip.QUOTE, 1, 2, "a key must be in double quotes"),
        ("[https://example.com]", Slip.QUOTE, 1, 2, "a string must be in double quotes"),
        ('["say "hi" now"]', Slip.QUOTE, 1, 7, "a double quote inside a string needs a backslash before it"),
        ('{"a "b": 1}', Slip.QUOTE, 1, 5, "a double quote inside a string needs a backslash before it"),
        ('["abc', Slip.QUOTE, 1, 2, "the double quote of the text that begins here is never closed"),
        (r'["\d"]', Slip.BACKSLASH, 1, 3, "a backslash cannot stand before d; write two for one"),
        (r'["\u12"]', Slip.BACKSLASH, 1, 3, "a backslash cannot stand before u; write two for one"),
        (r'["C:\Users"]', Slip.BACKSLASH, 1, 5, "a backslash cannot stand before U; write two for one"),
        (r"[{\"a\":1}]", Slip.BACKSLASH, 1, 3, "a backslash can only stand inside double quotes"),
        ('["a\tb"]', Slip.CONTROL, 1, 4, r"a string cannot hold the control character \t"),
        (
            '["a\nb"]',
            Slip.CONTROL,
            1,
            4,
            r"a string ends with its line; close it with a double quote, or write \n for the line break",
        ),
        ('{\n"a": [1', Slip.BRACKET, 2, 8, "the text ends before the [ of line 2 is closed by ]"),
        ('{"a":[1}', Slip.BRACKET, 1, 8, "this } cannot close a ["),
        ("[]]", Slip.BRACKET, 1, 3, "there is no bracket that this ] closes"),
        ("True", Slip.WORD, 1, 1, "True is not valid JSON"),
        ("[NaN]", Slip.WORD, 1, 2, "NaN is not valid JSON"),
        ("[-Infinity]", Slip.WORD, 1, 2, "-Infinity is not valid JSON"),
        ("[undefined]", Slip.WORD, 1, 2, "undefined is not valid JSON"),
        ("[01]", Slip.NUMBER, 1, 2, "this number is not written as JSON has it"),
        ("[+1]", Slip.NUMBER, 1, 2, "this number is not written as JSON has it"),
        ("[.5]", Slip.NUMBER, 1, 2, "this number is not written as JSON has it"),
        ("[1.]", Slip.NUMBER, 1, 2, "this number is not written as JSON has it"),
        ("[0x1F]", Slip.NUMBER, 1, 2, "this number is not written as JSON has it"),
        ("9" * 601, Slip.NUMBER, 1, 1, "a number has too many digits"),
        ("{} // x", Slip.COMMENT, 1, 4, "JSON has no comments"),
        ("{/* x */}", Slip.COMMENT, 1, 2, "JSON has no comments"),
        ("# x\n{}", Slip.COMMENT, 1, 1, "JSON has no comments"),
        ("\ufeff{}", Slip.CHARACTER, 1, 1, "there is a byte order mark"),
        ("{\u00a0}", Slip.CHARACTER, 1, 2, r"\xa0 can only stand inside double quotes"),
        ("<html>", Slip.CHARACTER, 1, 1, "a value is expected, not <"),
        ("{} {}", Slip.EXTRA, 1, 4, "the value ends before this, and more text follows"),
        ("[" * 201 + "]" * 201, Slip.DEPTH, 1, 1, "nested too deeply"),
        ("[" * 100_000, Slip.DEPTH, 1, 1, "nested too deeply"),
    ],
    ids=ascii,
)
def test_the_first_fault_is_told_at_its_place(text: str, slip: Slip, line: int, column: int, what: str) -> None:
    assert fault(text) == (slip, line, column, what)


def test_the_error_says_it_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"^line 2, column 1: a key is expected after the comma, not \}$"):
        loads('{"a":1,\n}')


def test_the_depth_that_is_left_to_the_interpreter_does_not_matter() -> None:
    def deeper(levels: int) -> object:
        return deeper(levels - 1) if levels else loads("[" * 150 + "]" * 150)

    assert deeper(300)


@pytest.mark.parametrize("unit", ["{", "[", '"', "\\", '{"a":', "]", ",", "[{", '"a",', "\n", '"\\"', "1", "-", "a"])
def test_hostile_texts_take_no_time(unit: str) -> None:
    started = time.process_time()
    with pytest.raises(JsonSyntaxError):
        loads(unit * (262_144 // len(unit)))
    assert time.process_time() - started < 10


PIECES = ["{", "}", "[", "]", '"a"', ",", ":", "1", "true", " ", '"\\"', "\\", "NaN", "\n", "-", '"', "e", ".", "'"]


@given(
    st.text() | st.text(alphabet="{}[]\",:a\\ \n1-.0eEtruefalsn/#u'") | st.lists(st.sampled_from(PIECES)).map("".join)
)
def test_whatever_python_reads_strictly_is_read_and_nothing_else_is(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=_refuse)
    except ValueError:
        fault(text)
    else:
        assert loads(text) == expected
