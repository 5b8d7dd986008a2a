from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.json_faults import Cause, json_fault

FAULTS = [
    # A comma too many, or too few.
    ('[{"a":"b"},]', 11, "there is a comma with nothing after it", "remove the comma before ]"),
    ('{"a":"b",}', 9, "there is a comma with nothing after it", "remove the comma before }"),
    ('["a",,"b"]', 5, ", stands where a value is expected", "write a text in double quotes"),
    ('{"a":1,,"b":2}', 7, ", stands where a key in double quotes is expected", 'write "key": "value"'),
    ('{"a":"b" "c":"d"}', 9, 'a comma is missing before "c"', "put a comma between the two"),
    ('{"a":"b""c":"d"}', 8, 'a comma is missing before "c"', "put a comma between the two"),
    ('[{"a":1}{"a":2}]', 8, "a comma is missing before {", "put a comma between the two"),
    ("[1 2]", 3, "a comma is missing before 2", "put a comma between the two"),
    ('[{"a":1};{"a":2}]', 8, "; stands where a comma or ] is expected", "write a comma or ]"),
    # Quotes.
    ("['a']", 1, "' is not a quote in JSON", "write \" in place of '"),
    ("[\u201ca\u201d]", 1, "a typographic quote is not a quote in JSON", 'write " in place of \u201c'),
    ('["a]', 1, "the quote that ends a text is missing", 'end the text that begins here with "'),
    ('["say "hi" now"]', 7, "the quote before hi ends the text", 'write \\" for a quote that is part of a text'),
    ('["a\nb"]', 3, "a text goes on over the end of a line", 'write \\n in its place, or end the text with "'),
    ('["a\tb"]', 3, "there is a control character in a text", "remove it, or write it as \\u and four digits"),
    # Backslashes.
    (r"[{\"a\":1}]", 2, "there is a backslash outside of a text", "remove it"),
    (r'["a\d"]', 3, r"\d means nothing in a text", r"write \\ for a backslash"),
    (r'["\u12"]', 2, r"\u means nothing in a text", r"write \\ for a backslash"),
    # Brackets.
    ('[{"a":1}', 8, "the value ends, and ] is missing", "add ] at the end"),
    ('[{"a":1', 7, "the value ends, and }] is missing", "add }] at the end"),
    ("[", 1, "the value ends, and ] is missing", "add ] at the end"),
    ('[{"a":', 6, "the value ends in the middle", "complete it, and end it with }]"),
    ('[{"a":1]', 7, "] stands where } is expected", "put } before it"),
    ("[1}", 2, "} stands where ] is expected", "put ] before it"),
    ("[1]]", 3, "] follows the end of the JSON", "remove what follows"),
    ('{"a":1},{"a":2}', 7, "several objects are not in an array", "put [ before the first and ] after the last"),
    # Colons.
    ('{"a" "b"}', 5, 'a colon is missing before "b"', 'write "key": "value"'),
    ('{"a"="b"}', 4, "= stands in place of a colon", 'write "key": "value"'),
    ('{"a":}', 5, "there is a colon with nothing after it", "write a value after it"),
    # Words and numbers.
    ('{"a":True}', 5, "True is not a value in JSON", "write true, false, null or a text in quotes"),
    ("[NaN]", 1, "NaN is not a value in JSON", "write true, false, null or a text in quotes"),
    ("[01]", 1, "01 is not a number in JSON", "put it in double quotes"),
    ("[.5]", 1, ".5 is not a number in JSON", "put it in double quotes"),
    ("[0.3.4]", 1, "0.3.4 is not a number in JSON", "put it in double quotes"),
    ("[one]", 1, "one is not in quotes", "put it in double quotes"),
    ("{a:1}", 1, "the key a is not in quotes", "put it in double quotes"),
    ("{1:1}", 1, "the key 1 is not in quotes", "put it in double quotes"),
    # What is no JSON at all.
    ("", 0, "there is nothing", "write an array of objects: [{...}]"),
    ("  \n", 3, "there is nothing", "write an array of objects: [{...}]"),
    ("some text", 0, "some text stands where JSON is expected", "write an array of objects: [{...}]"),
    ("\ufeff[]", 0, "there is a byte order mark", "remove it; an editor can save the file without one"),
    ("[ // why\n]", 2, "there is a comment, which JSON does not have", "remove the comment"),
    ("[ /* why */ ]", 2, "there is a comment, which JSON does not have", "remove the comment"),
]


@pytest.mark.parametrize(("text", "offset", "what", "fix"), FAULTS)
def test_the_first_fault(text: str, offset: int, what: str, fix: str) -> None:
    found = json_fault(text)
    assert found is not None
    assert (found.offset, found.what, found.fix) == (offset, what, fix)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("[{a:b}]", Cause.UNQUOTED),
        ("[a]", Cause.UNQUOTED),
        ("text", Cause.UNQUOTED),
        (r"[\"a\"]", Cause.BACKSLASH),
        ("[1,]", Cause.UNTOLD),
        ("[True]", Cause.UNTOLD),
    ],
)
def test_what_a_dockerfile_does_to_quotes_is_told_from_the_rest(text: str, cause: Cause) -> None:
    found = json_fault(text)
    assert found is not None
    assert found.cause is cause


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", "null", " 1 ", "-0.5e+7", '"\\u00e9\\n"', '[{"a":[true,false,{"b":null}]},"c",1.5]', '{"a":1,"a":2}'],
)
def test_json_has_no_fault(text: str) -> None:
    json.loads(text)
    assert json_fault(text) is None


def test_what_is_nested_deeply_is_not_gone_through() -> None:
    assert json_fault("[" * 100_000) is None


def refuse(name: str) -> NoReturn:
    raise ValueError(name)


def is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, st.booleans())
def test_what_is_written_as_json_has_no_fault(data: Any, plain: bool) -> None:  # noqa: ANN401, FBT001 - any JSON
    assert json_fault(json.dumps(data, ensure_ascii=plain)) is None


@given(st.text(alphabet="[]{}\",:\\ ab1-.e\n'tru") | st.text())
def test_there_is_a_fault_exactly_where_the_standard_library_finds_one(text: str) -> None:
    found = json_fault(text)
    assert (found is None) is is_json(text)
    if found:
        assert 0 <= found.offset <= len(text)
        assert found.what.isprintable()
