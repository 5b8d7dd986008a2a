"""hashicorp/go-version, above all where it is not Masterminds."""

from __future__ import annotations

import pytest

from dext_tasks.formats.constraint import ConstraintError, VersionRefusedError, allows, parse

# Each constraint with versions it allows and versions it refuses.
MEANINGS = {
    "0.3.0": ("0.3.0 0.3.0+b1 v0.3.0 0.3 0.3.0.0", "0.3.4 0.3.0-beta"),
    "0.3": ("0.3.0", "0.3.4"),
    "= 0.3": ("0.3.0", "0.3.4"),
    "> 0.3": ("0.3.4 0.4.0", "0.3.0"),
    "<= 0.3": ("0.3.0 0.2.9", "0.3.4"),
    "!= 0.3": ("0.3.4 0.4.0", "0.3.0"),
    "< 0.3": ("0.2.9", "0.3.0"),
    ">= 0.3": ("0.3.0 1.0.0", "0.2.9"),
    "~> 0.3": ("0.3.0 0.3.4 0.4.2", "0.2.9 1.0.0"),
    "~> 0.3.0": ("0.3.0 0.3.4", "0.4.0 0.2.9"),
    "~> 1": ("1.0.0 1.9.0 2.0.0", "0.9.0"),
    "~> 1.2.3.4": ("1.2.3.4 1.2.3.9", "1.2.3 1.2.4 1.2.4.0"),
    "~> 1.2.0-beta": ("1.2.0-beta 1.2.0-rc", "1.2.0 1.2.1 1.2.1-rc 1.2.0-alpha"),
    ">= 1.4.7, < 2.0": ("1.4.7 1.9.9", "1.4.6 2.0.0 2.0.0-rc.1"),
    " >= v0.3.0\t,\n< 01 ": ("0.3.0", "1.0.0"),
    "0.3.0.1": ("0.3.0.1", "0.3.0 0.3.1"),
    "> 0.3.0.1": ("0.3.1 0.3.0.2", "0.3.0 0.3.0.1"),
    "0.3.0.0.0": ("0.3.0", ""),
    "1.2.3.0": ("1.2.3 1.2.3-rc", "1.2.3.4"),
    "0.3.0beta": ("0.3.0-beta 0.3.0beta", "0.3.0"),
    "0.3.0~rc": ("0.3.0~rc 0.3.0-~rc", "0.3.0"),
    "0.3.0-beta.01": ("0.3.0-beta.01", "0.3.0-beta.1"),
    "0.2-0.4": ("0.2.0-0.4", "0.3.0"),
    "1-": ("1.0.0-", "1.0.0"),
    # Pre-releases
    ">= 0.3.0": ("0.3.0", "0.3.0-rc.1 0.4.0-rc.1"),
    "!= 0.3.0": ("0.3.0-rc.1 0.4.0-rc.1", "0.3.0"),
    ">= 0.3.0-0": ("0.3.0-rc.1 0.3.0 0.4.0", "0.4.0-rc.1"),
    "> 0.3.0-rc.9": ("0.3.0-rc.10 0.3.0-rc.9a 0.3.0", "0.3.0-rc.9 0.3.0-rc.8 0.3.0-rc"),
    "> 0.3.0-rc": ("0.3.0-rc.1 0.3.0-s", "0.3.0-rc.a 0.3.0-1"),
    "> 0.3.0-rc.a": ("0.3.0-rc.b 0.3.0-rc", "0.3.0-rc.9 0.3.0-rc.A"),
    "< 0.3.0-rc.1": ("0.3.0-rc 0.3.0-rc.0 0.3.0-rc.-1 0.3.0-beta", "0.3.0 0.3.0-rc.2"),
}


def cells(*, allowed: bool) -> list[tuple[str, str]]:
    return [(text, version) for text, both in MEANINGS.items() for version in both[not allowed].split()]


@pytest.mark.parametrize(("text", "version"), cells(allowed=True))
def test_allowed(text: str, version: str) -> None:
    assert allows(text, version, grammar="go-version")


@pytest.mark.parametrize(("text", "version"), cells(allowed=False))
def test_refused(text: str, version: str) -> None:
    assert not allows(text, version, grammar="go-version")


def test_there_is_no_option_for_prereleases() -> None:
    assert not allows(">= 1.4.7, < 2.0", "2.0.0-rc.1", grammar="go-version", include_prerelease=True)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", ""),
        ("> = 0.3.0", "> = 0.3.0"),
        ("=< 0.3.0", "=< 0.3.0"),
        ("=> 1", "=> 1"),
        (">= 1.4.7,, < 2.0", ""),
        (", >= 1.4.7", ""),
        ("1,", ""),
        (">= 1.4.7 < 2.0", ">= 1.4.7 < 2.0"),
        ("0.3.0 || 0.3.4", "0.3.0 || 0.3.4"),
        ("< 0.2.0 || >= 0.3.0, < 0.4.0", "< 0.2.0 || >= 0.3.0"),
        ("^1", "^1"),
        ("~1", "~1"),
        ("1.x", "1.x"),
        ("*", "*"),
        ("1 - 2", "1 - 2"),
        ("==1", "==1"),
        ("V0.3.0", "V0.3.0"),
        (".3.0", ".3.0"),
        ("1.", "1."),
        (">=", ">="),
        ("latest", "latest"),
        ("${VAR}", "${VAR}"),
        (">= 0.3.0 # comment", ">= 0.3.0 # comment"),
        ("1, 2\x1b", r" 2\x1b"),
        ("1\v", r"1\x0b"),
    ],
)
def test_a_malformed_part_is_named(text: str, part: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        parse(text, "go-version")
    assert caught.value.message == f"malformed constraint: {part}"


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 4000])
def test_a_number_that_is_too_great(number: str) -> None:
    with pytest.raises(ConstraintError, match=r"^error parsing version: "):
        parse(f">= 1.{number}", "go-version")
    with pytest.raises(VersionRefusedError, match="error parsing version: "):
        allows("1", number, grammar="go-version")


def test_the_greatest_number() -> None:
    assert allows("= 9223372036854775807", "9223372036854775807.0", grammar="go-version")


@pytest.mark.parametrize("version", ["", " 1.0.0", "1.0.0\n", "V1", "1.x", "1..0", "1" * 5000])
def test_a_version_that_is_refused(version: str) -> None:
    with pytest.raises(VersionRefusedError, match=r"malformed version$"):
        allows(">= 0", version, grammar="go-version")
