from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.errors import UnknownPlatformError
from dext_tasks.formats.oci.platform import REQUIRED, Platform


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/arm64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm/v7", "linux/arm"),
        ("linux/arm/v6", "linux/arm/v6"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/x86_64/v1", "linux/amd64"),
        ("linux/amd64/v2", "linux/amd64/v2"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("linux/arm64/8", "linux/arm64"),
        ("linux/arm64/v9", "linux/arm64/v9"),
        ("linux/arm/7", "linux/arm"),
        ("linux/arm/6", "linux/arm/v6"),
        ("linux/armhf", "linux/arm"),
        ("armel", "linux/arm/v6"),
        ("amd64", "linux/amd64"),
        ("x86_64", "linux/amd64"),
        ("linux/x86-64", "linux/amd64"),
        ("aarch64", "linux/arm64"),
        ("linux/armv7l", "linux/arm"),
        ("i686", "linux/386"),
        ("LINUX/ARM64", "linux/arm64"),
        (" linux/riscv64\n", "linux/riscv64"),
        ("linux/s390x", "linux/s390x"),
        ("linux/ppc64le", "linux/ppc64le"),
    ],
)
def test_every_spelling_has_one_normal_form(written: str, normal: str) -> None:
    assert str(Platform.parse(written)) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "linux",
        "linux/",
        "linux/vax",
        "windows/amd64",
        "darwin/arm64",
        "linux/amd64/",
        "linux//v8",
        "linux/arm/v7/extra",
        "linux/amd64/x y",
        "linux/amd64/$(id)",
        "unknown/unknown",
        "linux/amd64,linux/arm64",
    ],
)
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(UnknownPlatformError) as raised:
        Platform.parse(text)
    assert repr(text) in raised.value.message
    assert "linux/amd64" in raised.value.remedy


@given(st.text() | st.from_regex(r"(linux/)?[a-z0-9/_.-]{0,12}", fullmatch=True))
def test_any_text_is_a_platform_or_refused(text: str) -> None:
    try:
        platform = Platform.parse(text)
    except UnknownPlatformError:
        return
    assert Platform.parse(str(platform)) == platform
    assert Platform.of(platform.os, platform.architecture, platform.variant) == platform
    assert not set(platform.slug) & set("/ \n")


@pytest.mark.parametrize(
    ("parts", "normal"),
    [
        (("linux", "aarch64", ""), "linux/arm64"),
        (("linux", "arm64", "v8"), "linux/arm64"),
        (("Linux", "x86_64", ""), "linux/amd64"),
        (("linux", "amd64", "V1"), "linux/amd64"),
        (("linux", "arm", "v5"), "linux/arm/v5"),
        (("unknown", "unknown", ""), "unknown/unknown"),
        (("windows", "amd64", ""), "windows/amd64"),
        (("", "", ""), ""),
    ],
)
def test_what_others_say_is_normalised_and_never_refused(parts: tuple[str, str, str], normal: str) -> None:
    assert str(Platform.of(*parts)) == normal


@pytest.mark.parametrize(
    ("platform", "machine", "native"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64/v1", "linux/amd64", True),
        ("linux/amd64/v2", "linux/amd64", True),
        ("linux/amd64", "linux/amd64/v3", True),
        ("linux/386", "linux/amd64", True),
        ("linux/arm64/v9", "linux/arm64", True),
        ("linux/arm/v6", "linux/arm", True),
        ("linux/amd64", "linux/386", False),
        ("linux/arm", "linux/arm64", False),
        ("linux/386", "linux/arm64", False),
        ("linux/arm64", "linux/amd64", False),
        ("linux/amd64", "linux/arm64", False),
        ("linux/riscv64", "linux/amd64", False),
    ],
)
def test_an_emulator_stands_in_for_another_instruction_set_only(platform: str, machine: str, native: bool) -> None:  # noqa: FBT001 - a row
    assert Platform.parse(platform).is_native_on(Platform.parse(machine)) is native


def test_another_system_is_not_native() -> None:
    assert not Platform.of("windows", "amd64").is_native_on(Platform.parse("amd64"))


@pytest.mark.parametrize(("platform", "slug"), [("linux/arm64", "linux-arm64"), ("linux/arm/v6", "linux-arm-v6")])
def test_a_slug_is_part_of_a_name(platform: str, slug: str) -> None:
    assert Platform.parse(platform).slug == slug


def test_equal_platforms_are_one_key() -> None:
    assert len({Platform.parse("arm64"), Platform.parse("linux/arm64/v8"), Platform.of("linux", "aarch64")}) == 1


def test_both_architectures_of_docker_desktop_are_required() -> None:
    assert [str(platform) for platform in REQUIRED] == ["linux/amd64", "linux/arm64"]
