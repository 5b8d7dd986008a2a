"""Masterminds/semver v3: each cell of its operators' meaning, and each thing its grammar refuses."""

from __future__ import annotations

import pytest

from dext_tasks.formats.constraint import ConstraintError, VersionRefusedError, allows, masterminds, parse

# Each constraint with versions it allows and versions it refuses.
MEANINGS = {
    "0.3.4": ("0.3.4 0.3.4+build v0.3.4", "0.3.3 0.3.5 0.4.0 0.3.4-rc.1"),
    "=0.3.4": ("0.3.4", "0.3.5"),
    "0.3": ("0.3.0 0.3.9", "0.2.9 0.4.0"),
    "=0.3.x": ("0.3.0 0.3.9", "0.4.0"),
    "1": ("1.0.0 1.9.9 1.2 1", "0.9.9 2.0.0"),
    "=1.x": ("1.0.0 1.9.9", "2.0.0"),
    "*": ("0.0.0 7.8.9", "7.8.9-rc.1"),
    "X": ("0.0.0 7.8.9", "7.8.9-rc.1"),
    "!=1.2.3": ("1.2.2 1.2.4 2.2.3", "1.2.3 1.2.3+build 1.2.4-rc.1"),
    "!=1.2": ("1.1.9 1.3.0 2.2.0", "1.2.0 1.2.9"),
    "!=1.2-rc": ("1.2.0 1.2.5-beta 1.3.0-rc", "1.2.0-rc 1.2.5-rc"),
    "!=1": ("0.9.0 2.0.0", "1.0.0 1.9.9"),
    "!=*": ("0.0.1 1.2.3", "0.0.0"),
    ">1.2.3": ("1.2.4 1.3.0 2.0.0", "1.2.3 1.2.2"),
    ">11.1": ("11.2.0 12.0.0", "11.1.0 11.1.1 10.9.9"),
    ">11": ("12.0.0", "11.0.0 11.1.0 10.0.0"),
    ">*": ("0.0.1 1.0.0", "0.0.0"),
    "<1.2.3": ("1.2.2 0.9.0", "1.2.3 1.3.0"),
    "<1.2": ("1.1.9 0.9.0", "1.2.0 1.2.1"),
    "<1": ("0.9.9", "1.0.0"),
    "<*": ("", "0.0.0 1.0.0"),
    ">=1.2.3": ("1.2.3 1.2.4 2.0.0", "1.2.2"),
    ">=1.2": ("1.2.0 3.0.0", "1.1.9"),
    ">=1": ("1.0.0 2.0.0", "0.9.9"),
    ">=*": ("0.0.0 1.0.0", ""),
    "=>1.2.3": ("1.2.3 1.2.4", "1.2.2"),
    "<=1.2.3": ("1.2.3 0.1.0", "1.2.4"),
    "<=1.1": ("1.1.0 1.1.9 0.9.0", "1.2.0 2.0.0"),
    "<=1": ("1.0.0 1.9.9", "2.0.0"),
    "<=*": ("0.0.0 0.0.9", "0.1.0 1.0.0"),
    "=<1.2.3": ("1.2.3", "1.2.4"),
    "~1.2.3": ("1.2.3 1.2.9", "1.2.2 1.3.0 2.2.3"),
    "~>1.2.3": ("1.2.3 1.2.9", "1.2.2 1.3.0"),
    "~1.2": ("1.2.0 1.2.9", "1.1.9 1.3.0"),
    "~1": ("1.0.0 1.9.0", "2.0.0"),
    "~*": ("0.0.0 3.2.1", ""),
    "~0.0.0": ("0.0.0 0.1.0 3.2.1", ""),
    "~0.0": ("0.0.0 0.0.9", "0.1.0"),
    "~0.0.1": ("0.0.1 0.0.9", "0.0.0 0.1.0"),
    "^1.2.3": ("1.2.3 1.9.0", "1.2.2 2.0.0"),
    "^0.2.3": ("0.2.3 0.2.9", "0.2.2 0.3.0 1.2.3"),
    "^0.0.3": ("0.0.3", "0.0.2 0.0.4 0.1.3 1.0.3"),
    "^1.2": ("1.2.0 1.9.0", "1.1.9 2.0.0"),
    "^0.2": ("0.2.0 0.2.9", "0.3.0"),
    "^0.0": ("0.0.0 0.0.9", "0.1.0"),
    "^1": ("1.0.0 1.9.0", "0.9.9 2.0.0"),
    "^0": ("0.0.0 0.9.0", "1.0.0"),
    "^*": ("0.0.0", "0.0.1 0.1.0 1.0.0"),
    # Groups
    ">= 1.4.7, < 2.0": ("1.4.7 1.9.9", "1.4.6 2.0.0"),
    ">= 1.4.7 < 2.0": ("1.4.7 1.9.9", "1.4.6 2.0.0"),
    ">=1.4.7 ,\t<2.0 !=1.5.0": ("1.4.7 1.5.1", "1.5.0 2.0.0"),
    "<0.2.0 || >=0.3.0, <0.4.0": ("0.1.0 0.3.4", "0.2.0 0.4.0"),
    "0.3.0||0.3.4": ("0.3.0 0.3.4", "0.3.3"),
    "0.3.0, 0.3.4": ("", "0.3.0 0.3.4"),
    # Ranges with a hyphen
    "0.2 - 0.4": ("0.2.0 0.4.9", "0.1.9 0.5.0"),
    "0.2.0 - 0.4.0": ("0.2.0 0.4.0", "0.4.1"),
    "0.2  -\t0.4||1": ("0.3.0 1.5.0", "0.5.0"),
    "0.2 - 0.4 !=0.3.0": ("0.2.0 0.4.0", "0.3.0"),
    "1||2 - 3": ("1.5.0 2.0.0 9.0.0", "0.1.0"),
    "1.2-1.4": ("1.2.0", "1.3.0 1.4.0"),
    # Spellings
    " \n\t>= v0.3.0\f\r": ("0.3.0", "0.2.9"),
    "01.02.3": ("1.2.3", "1.2.4"),
    "0.x.5": ("0.0.1 0.9.0", "1.0.0"),
    "x.3.0": ("0.0.1 9.9.9", ""),
    "x.1|2": ("1.0.0", ""),
    "1.2.3+build.01": ("1.2.3 1.2.3+other", "1.2.4"),
    "18446744073709551615": ("18446744073709551615.1.0", "1.0.0"),
    "00000000000000000000001": ("1.2.3", "2.0.0"),
    # Pre-releases
    ">=0.3.0": ("0.4.0", "0.3.0-rc.1 0.4.0-rc.1"),
    ">=0.3.0-0": ("0.3.0-rc.1 0.4.0-rc.1 0.4.0", "0.2.9-rc.1 0.2.9"),
    ">=0.3.0-beta.2": ("0.3.0-beta.10 0.3.0-rc 0.3.0", "0.3.0-beta.1 0.3.0-alpha 0.3.0-2"),
    ">=1.0.0-0 <=2.0.0": ("1.0.1-beta 2.0.0-beta", "2.0.1-beta"),
    ">=1.0.0 <=2.0.0-beta || >3": ("1.0.1-beta", "3.5.0-beta 4.0.0-beta"),
    "^1.2.0-alpha.0": ("1.2.1-alpha.1 1.2.0-alpha.0 1.3.0", "2.0.0-alpha"),
    "^1.2.x-alpha": ("1.2.0-alpha 1.2.0-beta", "1.2.0-0"),
    "*-0": ("0.4.0-alpha 0.4.0 0.0.0-0", ""),
    "<0-z": ("0.0.0-alpha", "0.0.0 0.0.0-zz"),
    "1.2.3-rc.1": ("1.2.3-rc.1", "1.2.3-rc.2 1.2.3"),
}


def cells(*, allowed: bool) -> list[tuple[str, str]]:
    return [(text, version) for text, both in MEANINGS.items() for version in both[not allowed].split()]


@pytest.mark.parametrize(("text", "version"), cells(allowed=True))
def test_allowed(text: str, version: str) -> None:
    assert allows(text, version)


@pytest.mark.parametrize(("text", "version"), cells(allowed=False))
def test_refused(text: str, version: str) -> None:
    assert not allows(text, version)


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("*", "0.3.4-rc.1", True),
        (">= 1.4.7, < 2.0", "2.0.0-rc.1", True),
        (">= 1.4.7, < 2.0", "2.0.0", False),
        (">= 1.4.7", "1.4.7-rc.1", False),
        ("!=1.2", "1.2.5-rc", True),
        ("~1.1", "1.1.1-alpha", True),
        ("~1.1", "1.1.0-alpha", False),
        (">11.1", "11.1.1-rc", False),
        ("<=1.1", "1.1.1-rc", True),
        ("<*", "0.0.0-rc", True),
    ],
)
def test_prereleases_included(text: str, version: str, *, expected: bool) -> None:
    assert allows(text, version, include_prerelease=True) is expected


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("", ""),
        (" ", " "),
        ("foo", "foo"),
        ("latest", "latest"),
        (">=", ">="),
        ("1.2.3.4", "1.2.3.4"),
        (".3.0", ".3.0"),
        ("1.", "1."),
        ("0.3.0beta", "0.3.0beta"),
        ("1.2.3-", "1.2.3-"),
        ("1.2.3-a..b", "1.2.3-a..b"),
        ("1.2.3+", "1.2.3+"),
        ("1.2.3-é", "1.2.3-é"),
        ("٣", "٣"),
        ("==1", "==1"),
        ("===1", "===1"),
        ("~=1", "~=1"),
        ("<>1", "<>1"),
        ("!1", "!1"),
        ("≥1", "≥1"),
        (">>1", ">>1"),
        ("> = 1", "> = 1"),
        ("V1", "V1"),
        ("v 1", "v 1"),
        (",1", ",1"),
        (", >= 1.4.7", ", >= 1.4.7"),
        ("1,", "1,"),
        ("1, ", "1, "),
        ("1,,2", "1,,2"),
        ("1 , ,2", "1 , ,2"),
        ("1 ||", ""),
        ("|| 1", ""),
        ("1 || || 2", " "),
        (">=1<2", ">=1<2"),
        ("1; 2", "1; 2"),
        ("1 and 2", "1 and 2"),
        ("1 -2", "1 -2"),
        ("1 - ", "1 - "),
        (">= 0.3.0 # comment", ">= 0.3.0 # comment"),
        ("${VERSION}", "${VERSION}"),
        ("'1'", "'1'"),
        ("1 || 2, x y", " 2, x y"),
        (">0.2.0 - 0.4.0", ">>= 0.2.0, <= 0.4.0 "),
        ("1.2.3.4.5 - 6", "1.2.>= 3.4.5, <= 6 "),
    ],
)
def test_an_improper_segment_is_named(text: str, segment: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        parse(text)
    assert caught.value.message == f'improper constraint: "{segment}"'
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1\v2", r'"1\x0b2"'),
        ("1\xa02", r'"1\xa02"'),
        ('"1"\n', r'"\"1\"\n"'),
        ("\\1", r'"\\1"'),
        ("1\x1b[31m", r'"1\x1b[31m"'),
    ],
)
def test_an_improper_segment_is_quoted(text: str, shown: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        parse(text)
    assert caught.value.message == f"improper constraint: {shown}"


@pytest.mark.parametrize(
    "text",
    [
        "xx",
        "1x",
        "1.xx",
        "1.2.**",
        "1|2",
        "0.3.0 | 0.3.4",
        "18446744073709551616",
        "1.2.3-beta.01",
        "1.2-00",
        "*-01",
        ">=1 || 1x",
        "9" * 4000,
    ],
)
def test_a_version_that_is_none(text: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        parse(text)
    assert caught.value.message == "constraint parser error"


@pytest.mark.parametrize(("text", "sizes"), [("1", [1]), (">=1 <2, 3||4", [3, 1]), ("1 - 2", [2])])
def test_groups(text: str, sizes: list[int]) -> None:
    constraint = masterminds.parse(text)
    assert [len(group) for group in constraint.any_of] == sizes
    assert constraint.text == text


def test_the_wrong_group_is_found_before_the_wrong_version_in_it() -> None:
    with pytest.raises(ConstraintError, match="improper"):
        parse("1x, foo")


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "01.0.0", "1.0.0+build.01", "1.0.0"])
def test_a_version_is_read_loosely(version: str) -> None:
    assert allows("=1.0.0", version)


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("", "invalid semantic version"),
        (" 1.0.0", "invalid semantic version"),
        ("1.0.0\n", "invalid semantic version"),
        ("V1.0.0", "invalid semantic version"),
        ("1.0.0.0", "invalid semantic version"),
        ("1.x", "invalid semantic version"),
        ("1.0.0-", "invalid semantic version"),
        ("1.0.0-é", "invalid semantic version"),
        ("1" * 5000, "invalid semantic version"),
        ("1.0.0-beta.01", "invalid prerelease string"),
        ("18446744073709551616", "error parsing version segment: value out of range"),
    ],
)
def test_a_version_that_is_refused(version: str, why: str) -> None:
    constraint = parse("*")
    with pytest.raises(VersionRefusedError) as caught:
        constraint.allows(version)
    assert caught.value.message.startswith('version "')
    assert caught.value.message.endswith(f": {why}")


def test_a_constraint_is_asked_many_times() -> None:
    constraint = parse(">= 0.3.0, < 0.5.0")
    assert [constraint.allows(version) for version in ("0.2.0", "0.3.0", "0.4.9", "0.5.0")] == [
        False,
        True,
        True,
        False,
    ]


def test_constraints_are_values() -> None:
    assert parse("^1") == parse("^1")
    assert parse("^1") != parse("^2")
