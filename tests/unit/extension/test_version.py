from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from dext_tasks.errors import VersionInvalidError, VersionNotGreaterError, VersionOutsideLineError
from dext_tasks.extension.version import (
    Bump,
    as_version,
    first_of,
    greatest,
    next_version,
    numbered_on,
    parse_pre,
    parse_release,
    require_greater,
)
from dext_tasks.extension.version_line import VersionLine


def versions(*texts: str) -> list[Version]:
    return [Version.parse(text) for text in texts]


@pytest.mark.parametrize("text", ["0.0.1", "1.2.3", "1.2.3-rc.1", "1.2.3-0.3.7", "10.20.30-x-y-z.4"])
def test_a_release_is_strict_semver(text: str) -> None:
    assert str(parse_release(text)) == text


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("v1.2.3", "1.2.3"),
        ("V1.2.3", "1.2.3"),
        ("1.2", "1.2.0"),
        ("v1", "1.0.0"),
        ("1.2.3.4", "1.2.3"),
        (" 1.2.3 ", "1.2.3"),
        ("1.2.3\n", "1.2.3"),
        ("01.2.3", "0.1.0"),
        ("latest", "0.1.0"),
        ("", "0.1.0"),
        ("1.2.3-", "0.1.0"),
        ("1.2.3-rc..1", "1.2.3-rc"),
        ("\u0661.2.3", "0.1.0"),
        ("9" * 5000 + ".0.0", "0.1.0"),
    ],
)
def test_what_is_no_version_is_refused_with_a_suggestion(text: str, suggestion: str) -> None:
    with pytest.raises(VersionInvalidError) as raised:
        parse_release(text)
    assert raised.value.remedy == f"write MAJOR.MINOR.PATCH, such as {suggestion}"


def test_build_metadata_is_refused_because_no_tag_can_hold_it() -> None:
    with pytest.raises(VersionInvalidError, match="build metadata") as raised:
        parse_release("1.2.3-rc.1+build.5")
    assert raised.value.remedy == "release it as 1.2.3-rc.1"


@given(st.text() | st.from_regex(r"v?[0-9]{1,3}(\.[0-9a-z+-]{0,4}){0,4}", fullmatch=True))
def test_any_text_is_a_version_or_refused(text: str) -> None:
    try:
        version = parse_release(text)
    except VersionInvalidError as error:
        assert error.remedy  # noqa: PT017 - either end is fine, this one with a remedy
        return
    assert str(version) == text


# Staging tags must never be among these: what parses is offered to users as an update.
@pytest.mark.parametrize("tag", ["latest", "v1.2.3", "1.2", "linux-amd64", "build-1.2.3", "", "1.2.3 ", "1.2.3\n"])
def test_other_tags_are_no_versions(tag: str) -> None:
    assert as_version(tag) is None


def test_a_version_with_a_suffix_is_a_pre_release() -> None:
    found = as_version("1.2.0-amd64")
    assert found is not None
    assert found.prerelease == "amd64"


@pytest.mark.parametrize(
    ("found", "stable", "expected"),
    [
        ([], False, None),
        (["1.0.0-rc.1"], True, None),
        (["1.9.0", "1.10.0", "1.2.0"], False, "1.10.0"),
        (["1.0.0-rc.2", "1.0.0-rc.10"], False, "1.0.0-rc.10"),
        (["1.0.0", "1.0.0-rc.1"], False, "1.0.0"),
        (["1.0.0", "2.0.0-rc.1"], False, "2.0.0-rc.1"),
        (["1.0.0", "2.0.0-rc.1"], True, "1.0.0"),
    ],
)
def test_the_greatest_is_by_precedence(found: list[str], stable: bool, expected: str | None) -> None:  # noqa: FBT001 - a row
    greatest_found = greatest(versions(*found), stable=stable)
    assert (None if greatest_found is None else str(greatest_found)) == expected


@pytest.mark.parametrize(
    ("last", "bump", "expected"),
    [
        (None, Bump.MAJOR, "0.1.0"),
        (None, Bump.MINOR, "0.1.0"),
        (None, Bump.PATCH, "0.1.0"),
        ("1.2.3", Bump.MAJOR, "2.0.0"),
        ("1.2.3", Bump.MINOR, "1.3.0"),
        ("1.2.3", Bump.PATCH, "1.2.4"),
        ("0.9.9", Bump.MINOR, "0.10.0"),
        ("1.3.0-rc.1", Bump.PATCH, "1.3.0"),
        ("1.3.0-rc.1", Bump.MINOR, "1.3.0"),
        ("1.3.0-rc.1", Bump.MAJOR, "2.0.0"),
        ("1.3.1-rc.1", Bump.MINOR, "1.4.0"),
        ("2.0.0-rc.1", Bump.MAJOR, "2.0.0"),
    ],
)
def test_a_bump_raises_its_part(last: str | None, bump: Bump, expected: str) -> None:
    assert str(next_version(Version.parse(last) if last else None, bump)) == expected


@pytest.mark.parametrize(("version", "last"), [("1.0.1", "1.0.0"), ("1.0.0", "1.0.0-rc.1"), ("0.0.1", None)])
def test_a_greater_version_may_be_released(version: str, last: str | None) -> None:
    require_greater(Version.parse(version), versions(last) if last else ())


@pytest.mark.parametrize(("version", "last"), [("1.0.0", "1.0.0"), ("0.9.9", "1.0.0"), ("1.0.0-rc.1", "1.0.0")])
def test_a_version_that_is_not_greater_reaches_nobody(version: str, last: str) -> None:
    with pytest.raises(VersionNotGreaterError) as raised:
        require_greater(Version.parse(version), versions(last))
    assert version in raised.value.message
    assert "1.0.1" in raised.value.remedy
    assert "--line" not in raised.value.remedy


@pytest.mark.parametrize(
    ("text", "first", "inside", "outside"),
    [
        ("1", "1.0.0", ("1.0.0-rc.1", "1.0.0", "1.20.3"), ("0.1.0", "2.0.0", "10.0.0")),
        ("1.2", "1.2.0", ("1.2.0-rc.1", "1.2.0", "1.2.30"), ("1.1.9", "1.20.0", "1.3.0-rc.1", "2.2.0")),
        ("0", "0.1.0", ("0.0.1", "0.9.0"), ("1.0.0",)),
        ("0.0", "0.0.0", ("0.0.1",), ("0.1.0",)),
    ],
)
def test_a_line_is_of_versions_that_begin_alike(
    text: str, first: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    line = VersionLine.parse(text)
    assert (str(line), str(first_of(line))) == (text, first)
    assert all(version in line for version in versions(*inside))
    assert not any(version in line for version in versions(*outside))
    line.require(first_of(line))
    for version in versions(*outside):
        with pytest.raises(VersionOutsideLineError, match=f"{version} is not of the line {text}"):
            line.require(version)


@pytest.mark.parametrize("text", ["", "v1", "1.", "1.0.0", "1.x", "01", "1.00", " 1", "1\n", "1" * 10, "\u0661"])
def test_anything_else_is_no_line(text: str) -> None:
    with pytest.raises(VersionInvalidError):
        VersionLine.parse(text)


@pytest.mark.parametrize(
    ("last", "bump", "line", "expected"),
    [
        (None, Bump.MAJOR, "1.4", "1.4.0"),
        ("1.0.3", Bump.PATCH, "1.0", "1.0.4"),
        ("1.0.3", Bump.PATCH, "1", "1.0.4"),
        ("1.0.3", Bump.MINOR, "1", "1.1.0"),
        ("1.0.3", Bump.MINOR, "1.0", None),
        ("1.0.3", Bump.MAJOR, "1", None),
    ],
)
def test_a_bump_does_not_leave_the_line(last: str | None, bump: Bump, line: str, expected: str | None) -> None:
    of = VersionLine.parse(line)
    before = Version.parse(last) if last else None
    if expected:
        assert str(next_version(before, bump, of)) == expected
    else:
        with pytest.raises(VersionOutsideLineError, match="not of the line"):
            next_version(before, bump, of)


def test_within_a_line_only_its_versions_count() -> None:
    others, line = versions("1.0.0", "1.0.1", "1.1.0", "2.0.0"), VersionLine.parse("1.0")
    require_greater(Version.parse("1.0.2"), others, line)
    with pytest.raises(VersionNotGreaterError, match=r"last one of the line 1\.0, 1\.0\.1"):
        require_greater(Version.parse("1.0.1-rc.1"), others, line)


@pytest.mark.parametrize(
    ("version", "is_backport"), [("1.0.2", True), ("1.0.1", False), ("1.3.0", False), ("1.0.0-rc.1", False)]
)
def test_who_may_want_a_backport_is_told_how(version: str, *, is_backport: bool) -> None:
    with pytest.raises(VersionNotGreaterError) as raised:
        require_greater(Version.parse(version), versions("1.0.1", "1.1.0", "2.0.0"))
    assert (f"--line {version[:3]}" in raised.value.remedy) == is_backport
    assert "release.ignore-tags" in raised.value.remedy


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ((), "1.1.0-rc.1"),
        (("1.1.0-rc.1", "1.1.0-rc.2", "1.1.0-rc.10"), "1.1.0-rc.11"),
        (
            ("1.1.0-beta.7", "1.2.0-rc.7", "1.1.0-rc", "1.1.0-rc.x", "1.1.0-rc.7.1", "1.1.0-a-rc.7"),
            "1.1.0-rc.1",
        ),
    ],
)
def test_a_pre_release_is_numbered_on(known: tuple[str, ...], expected: str) -> None:
    assert str(numbered_on(Version.parse("1.1.0"), "rc", versions(*known))) == expected


@pytest.mark.parametrize("text", ["rc", "beta", "RC", "pre-release", "a1"])
def test_names_of_pre_releases(text: str) -> None:
    assert parse_release(f"1.0.0-{parse_pre(text)}.1").prerelease == f"{text}.1"


@pytest.mark.parametrize("text", ["", "rc.1", "1", "-rc", "rc_1", "rc ", "rc\n", "\u0440\u0441", "r" * 32])
def test_no_names_of_pre_releases(text: str) -> None:
    with pytest.raises(VersionInvalidError, match="not the name of a pre-release"):
        parse_pre(text)
