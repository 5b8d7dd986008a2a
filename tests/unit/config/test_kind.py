from __future__ import annotations

import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.config.kind import (
    BOOL,
    CONTEXTS,
    FILLED,
    NAMES,
    PAIRS,
    PLATFORMS,
    PREFIX,
    REASONS,
    SECONDS,
    TEXT,
    TEXTS,
    OptionKind,
)
from dext_tasks.errors import UnknownPlatformError
from dext_tasks.formats.oci.platform import Platform

NO_TEXTS: tuple[object, ...] = (None, 5, True, ["x"], {"x": "y"})
NO_BOOLEANS: tuple[object, ...] = (None, 0, 1, "true", "false", "", [], {})
NO_SECONDS: tuple[object, ...] = (None, True, "5", -1, -0.5, float("nan"), float("inf"), 10**400, [5])
NO_PLATFORMS: tuple[object, ...] = (None, "linux/amd64", [], [5], [None], {"linux/amd64": True})
NO_PAIRS: tuple[object, ...] = (None, "A=1", [], {"A": 1}, {1: "A"}, {"A": None})
KINDS = {
    "text": TEXT,
    "filled": FILLED,
    "bool": BOOL,
    "seconds": SECONDS,
    "platforms": PLATFORMS,
    "pairs": PAIRS,
    "names": NAMES,
    "texts": TEXTS,
    "reasons": REASONS,
    "contexts": CONTEXTS,
}
AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")


PREFIXES = ("", "v", "release-", "a/b/v", "v.", "a@b", "@", "ä-", "x.lock", "1-")
NO_PREFIXES = (
    *("v ", " v", "my v", "v..", "a..b", "v~", "v^", "v:", "v?", "v*", "v[", "v\\", "v\t", "v\n", "v\x7f"),
    *(".v", "a/.v", "/v", "//", "a//v", "@{", "a@{1}", "a.lock/v"),
)


@pytest.mark.allow_processes
@pytest.mark.parametrize("prefix", [*PREFIXES, *NO_PREFIXES])
def test_a_tag_prefix_is_what_git_takes(prefix: str) -> None:
    git = subprocess.run(["git", "check-ref-format", f"refs/tags/{prefix}1.0.0"], check=False)  # noqa: S603, S607 - git's own judgement of data
    assert (git.returncode == 0) == (prefix in PREFIXES)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_tag_prefix_is_taken_as_it_is(prefix: str) -> None:
    assert PREFIX.from_text(prefix) == PREFIX.from_data(prefix) == prefix


@pytest.mark.parametrize("prefix", [*NO_PREFIXES, "-v", "--force"])
def test_a_tag_prefix_that_begins_no_tag_is_refused(prefix: str) -> None:
    for read in (PREFIX.from_text, PREFIX.from_data):
        with pytest.raises(ValueError):  # noqa: PT011 - the kind's own words are what people see
            read(prefix)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (TEXT, "", ""),
        (TEXT, " as it is ", " as it is "),
        (SECONDS, "0", 0.0),
        (SECONDS, " 2.5 ", 2.5),
        (SECONDS, "1e3", 1000.0),
        (PLATFORMS, "linux/arm64", (ARM64,)),
        (PLATFORMS, " amd64 , linux/arm64,, ", (AMD64, ARM64)),
        (PLATFORMS, "arm64,linux/arm64/v8", (ARM64,)),
        (PAIRS, "", ()),
        (CONTEXTS, "", ()),
        (PAIRS, "A=1, B=x=y ,C=", (("A", "1"), ("B", "x=y"), ("C", ""))),
        *((BOOL, text, True) for text in ("true", "TRUE", "1", "yes", "on", " On ")),
        *((BOOL, text, False) for text in ("false", "False", "0", "no", "off", " OFF ")),
    ],
)
def test_a_text_is_read(kind: OptionKind[Any], text: str, value: object) -> None:
    assert kind.from_text(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *((BOOL, text) for text in ("", "2", "y", "n", "t", "none", "enabled", "true false")),
        *((SECONDS, text) for text in ("", "soon", "-1", "nan", "inf", "-inf", "1e999", "5s", "1,5")),
        *((PLATFORMS, text) for text in ("", ",", " ")),
        *((CONTEXTS, text) for text in ("arm64", "arm64=", "arm64=-H", "arm64=a b", "arm64=tcp://10.0.0.2:2375")),
        *((PAIRS, text) for text in ("A", "=1", "A=1,B", "{", "{}x", '{"A": 1}')),
        *((FILLED, text) for text in ("", " ", "\n")),
    ],
)
def test_a_text_is_refused(kind: OptionKind[Any], text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kind's own words are what people see
        kind.from_text(text)


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        (TEXT, "x", "x"),
        (BOOL, True, True),
        (BOOL, False, False),
        (SECONDS, 5, 5.0),
        (SECONDS, 0.5, 0.5),
        (PLATFORMS, ["linux/arm64", "amd64"], (ARM64, AMD64)),
        (PAIRS, {}, ()),
        (PAIRS, {"B": "2", "A": "1"}, (("A", "1"), ("B", "2"))),
    ],
)
def test_data_is_read(kind: OptionKind[Any], data: object, value: object) -> None:
    assert kind.from_data(data) == value


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        *((TEXT, data) for data in NO_TEXTS),
        *((BOOL, data) for data in NO_BOOLEANS),
        *((SECONDS, data) for data in NO_SECONDS),
        *((PLATFORMS, data) for data in NO_PLATFORMS),
        *((PAIRS, data) for data in NO_PAIRS),
    ],
)
def test_data_of_another_type_is_refused(kind: OptionKind[Any], data: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - as above
        kind.from_data(data)


def test_an_unknown_platform_says_so_itself() -> None:
    with pytest.raises(UnknownPlatformError):
        PLATFORMS.from_text("linux/vax")
    with pytest.raises(UnknownPlatformError):
        CONTEXTS.from_text("linux/vax=box")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(text=st.text())
def test_any_text_is_read_or_refused(kind: OptionKind[Any], text: str) -> None:
    try:
        kind.from_text(text)
    except (ValueError, UnknownPlatformError):
        return


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
        max_leaves=5,
    )
)
def test_any_data_is_read_or_refused(kind: OptionKind[Any], data: object) -> None:
    try:
        kind.from_data(data)
    except (ValueError, UnknownPlatformError):
        return


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(values=st.text() | st.lists(st.text(), max_size=3))
def test_any_flag_is_read_or_refused(kind: OptionKind[Any], values: str | list[str]) -> None:
    try:
        kind.read_flag(values)
    except (ValueError, UnknownPlatformError):
        return


@given(st.dictionaries(st.text().filter(lambda name: name == name.strip() != "" and "=" not in name), st.text()))
def test_a_flag_a_pair_takes_every_value_as_it_is(pairs: dict[str, str]) -> None:
    assert PAIRS.read_flag([f"{name}={value}" for name, value in pairs.items()]) == tuple(sorted(pairs.items()))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_says_what_it_expects(kind: OptionKind[Any]) -> None:
    assert kind.expects
    assert kind.schema["type"]
