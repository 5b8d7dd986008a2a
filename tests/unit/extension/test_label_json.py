from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.label_json import LabelJsonFault, Link, misnamed, parse

GOOD = '[{"alt":"One","url":"https://example.com/1.png"},\n {"url":"https://example.com/2.png","alt":"Two"}]'


def faults(value: str) -> list[tuple[LabelJsonFault, int, int]]:
    return [(mistake.fault, mistake.line, mistake.column) for mistake in parse(value, "alt").mistakes]


def test_the_links() -> None:
    assert parse(GOOD, "alt").links == (
        Link("One", "https://example.com/1.png", 1),
        Link("Two", "https://example.com/2.png", 51),
    )


def test_no_mistake() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://example.com", [(LabelJsonFault.SYNTAX, 1, 1)]),
        ("", [(LabelJsonFault.SYNTAX, 1, 1)]),
        ('[{"alt":"a","url":"b"},]', [(LabelJsonFault.SYNTAX, 1, 24)]),
        ("[{'alt':'a'}]", [(LabelJsonFault.SYNTAX, 1, 3)]),
        ('[{"alt":"a" "url":"b"}]', [(LabelJsonFault.SYNTAX, 1, 13)]),
        ('[\n{"alt":"a",\n"url"}]', [(LabelJsonFault.SYNTAX, 3, 6)]),
        ('[{"alt":NaN,"url":"b"}]', [(LabelJsonFault.SYNTAX, 1, 9)]),
        ("[" * 100_000, [(LabelJsonFault.SYNTAX, 1, 1)]),
        ("9" * 5000, [(LabelJsonFault.SYNTAX, 1, 1)]),
        ("[" + " " * 300_000 + "]", [(LabelJsonFault.SYNTAX, 1, 1)]),
        ("\ufeff[]", [(LabelJsonFault.SYNTAX, 1, 1)]),
        ('{"alt":"a","url":"b"}', [(LabelJsonFault.TYPE, 1, 1)]),
        ('  "text"', [(LabelJsonFault.TYPE, 1, 3)]),
        ("null", [(LabelJsonFault.TYPE, 1, 1)]),
        ('["https://example.com"]', [(LabelJsonFault.TYPE, 1, 2)]),
        ("[[]]", [(LabelJsonFault.TYPE, 1, 2)]),
        ('[{"alt":1,"url":"b"}]', [(LabelJsonFault.TYPE, 1, 3)]),
        ('[{"alt":"a","url":null}]', [(LabelJsonFault.TYPE, 1, 13)]),
        ('[{"alt":"a"}]', [(LabelJsonFault.MISSING_KEY, 1, 2)]),
        ("[{}]", [(LabelJsonFault.MISSING_KEY, 1, 2), (LabelJsonFault.MISSING_KEY, 1, 2)]),
        ('[{"Alt":"a","url":"b"}]', [(LabelJsonFault.MISSING_KEY, 1, 2)]),
        (
            '[{"name":"a","href":"b","x":1}]',
            [
                (LabelJsonFault.MISSING_KEY, 1, 2),
                (LabelJsonFault.MISSING_KEY, 1, 2),
                (LabelJsonFault.UNKNOWN_KEY, 1, 25),
            ],
        ),
        ('[{"alt":"a","alt":"b","url":"c"}]', [(LabelJsonFault.DUPLICATE_KEY, 1, 13)]),
        ('[{"alt":"a","url":"b"},\n{"alt":"a","url":"b","x":{"alt":[]}}]', [(LabelJsonFault.UNKNOWN_KEY, 2, 22)]),
        ('[{"alt":" ","url":""}]', [(LabelJsonFault.BLANK, 1, 3), (LabelJsonFault.BLANK, 1, 13)]),
        (" [ ] ", [(LabelJsonFault.EMPTY, 1, 2)]),
    ],
)
def test_mistakes(value: str, expected: list[tuple[LabelJsonFault, int, int]]) -> None:
    assert faults(value) == expected


def test_a_mistake_shows_the_value_around_it() -> None:
    value = '[{"title":"GitHub","url":"https://github.com/someone/something"},{"title" "x"}]'
    (mistake,) = parse(value, "title").mistakes
    assert str(mistake) == (
        'line 1, column 75: not JSON: a colon is missing after the key, in …/someone/something"},{"title" "x"}]'
    )


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ('[{"alt":"a","url":"b"},]', "remove the comma before ]"),
        ('[{"alt":"a" "url":"b"}]', "put a comma between the two"),
        ("[{'alt':'a'}]", "write \" in place of '"),
        (
            "[{alt:One,url:x}]",
            "put the JSON between single quotes in the Dockerfile, which keep its double quotes",
        ),
        (
            r"[{\"alt\":\"a\"}]",
            "remove the backslashes, which stay there between single quotes, or put the label between double quotes",
        ),
        ("https://example.com/1.png", 'write [{"alt":"...","url":"https://example.com/1.png"}]'),
        ("1.png", 'write [{"alt":"...","url":"https://..."}]'),
        ("", 'write [{"alt":"...","url":"https://..."}]'),
        ("\ufeff[]", "remove it"),
        ('[{"alt":"a"}] x', "remove what follows"),
        ('{"alt":"a","url":"b"},{}', "put [ before the first object and ] after the last"),
        ('[{"alt":"say "hi" x"}]', 'write \\" for it, or end the text there'),
        ('[{"alt":"say}]', 'end the text with "'),
        ('[{"alt":01}]', "put it in double quotes"),
        ('[{"alt":True}]', "write true, false, null or a string in double quotes"),
        ('[{"alt":}]', "write a value after the colon"),
        ('[{"alt":"a",,"url":"b"}]', "remove one of the commas"),
        ('[{"alt" "b"}]', 'write "key": "value"'),
        ('[{"alt":"a"', "add what is missing at the end"),
        ('[{"alt":"a"]', "remove it, or add the one that it closes"),
        ("[// why\n]", "remove the comment"),
        (r'[{"alt":"a\d"}]', "write two backslashes for one"),
        ('[{"alt":"a\tb"}]', "remove it, or write it with a backslash"),
        ("/1.png", 'write [{"alt":"...","url":"https://..."}]'),
        ('{"alt":"a","url":"b"}', "put [ and ] around it"),
        ('"text"', 'write [{"alt":"...","url":"https://..."}]'),
        ('["https://example.com"]', 'write {"alt":"...","url":"https://..."}'),
        ("[]", 'write [{"alt":"...","url":"https://..."}]'),
        ('[{"alt":"a"}]', 'add "url": "..."'),
        ('[{"alt":"a","url":1}]', "put the value in double quotes"),
        ('[{"alt":"","url":"b"}]', 'give "alt" a value'),
        ('[{"alt":"a","alt":"b","url":"c"}]', "remove one of the two"),
        ('[{"alt":"a","url":"c","x":"y"}]', 'remove or rename "x"'),
        ("[" * 9000, 'write [{"alt":"...","url":"https://..."}]'),
        ("9" * 5000, 'write [{"alt":"...","url":"https://..."}]'),
        (f'["{"x" * 300_000}"]', "shorten it"),
    ],
)
def test_each_mistake_says_how_to_correct_it(value: str, fix: str) -> None:
    assert [mistake.fix for mistake in parse(value, "alt").mistakes] == [fix]


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("Alt", 'write "alt" in place of "Alt"'),
        ("title", 'write "alt" in place of "title"'),
        ("atl", 'write "alt" in place of "atl"'),
    ],
)
def test_a_key_that_was_meant_is_one_mistake(key: str, fix: str) -> None:
    (missing,) = parse(f'[{{"{key}":"a","url":"b"}}]', "alt").mistakes
    assert missing.fix == fix


@pytest.mark.parametrize("key", ["href", "ulr", "URL", "link"])
def test_an_address_under_another_key_is_one_mistake(key: str) -> None:
    (missing,) = parse(f'[{{"alt":"a","{key}":"b"}}]', "alt").mistakes
    assert (missing.fault, missing.fix) == (LabelJsonFault.MISSING_KEY, f'write "url" in place of "{key}"')


def test_a_key_that_nobody_meant_is_a_mistake_of_its_own() -> None:
    missing, unknown = parse('[{"zzz":"a","url":"b"}]', "alt").mistakes
    assert (missing.fix, unknown.fix) == ('add "alt": "..."', 'remove or rename "zzz"')


def test_the_value_is_shown_on_one_line() -> None:
    assert parse('[\n  {"alt":\x1b}\n]', "alt").shown == '[ {"alt":\\x1b} ]'


def test_the_other_key() -> None:
    assert parse('[{"title":"Docs","url":"https://example.com"}]', "title").mistakes == ()


def test_mistakes_are_bounded() -> None:
    assert len(parse("[" + ",".join(["{}"] * 50_000) + "]", "alt").mistakes) == 20


def test_a_mistake_is_not_lost_behind_others_of_another_kind() -> None:
    harmless = ['{"title":"a","url":"b","x":1}'] * 25
    found = parse(f"[{','.join([*harmless, '{}'])}]", "title").mistakes
    assert [mistake.fault for mistake in found][-2:] == [LabelJsonFault.MISSING_KEY, LabelJsonFault.MISSING_KEY]
    assert len(found) == 22


@given(st.text() | st.text(alphabet='[]{}",:alturl \n1x\\'))
def test_anything_is_read(value: str) -> None:
    for mistake in parse(value, "alt").mistakes:
        assert mistake.line >= 1
        assert mistake.column >= 1
        assert "\n" not in str(mistake)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('[{"title":"T","url":"U"}]', [(3, 8, "alt")]),
        ('[{"alt":"A","href":"U"},{"alt":"A","url":"U"}]', [(13, 17, "url")]),
        ('[{"alt":"A","nonsense":"U"}]', []),
        ('[{"title":"T","href":"U"}]', []),
        ('[{"alt":"A","href":"U","link":"L"}]', []),
        ('[{"alt":"A"}, "x", 1]', []),
        ('{"alt":"A","href":"U"', []),
        ("", []),
    ],
)
def test_a_key_that_can_only_stand_for_the_one_that_is_missing(value: str, found: list[tuple[int, int, str]]) -> None:
    assert misnamed(value, "alt") == found
