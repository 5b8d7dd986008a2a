from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.extension.compose import parse
from dext_tasks.extension.compose.systems import SET_ON, System, missing, without
from dext_tasks.extension.compose.variables import wrong

WINDOWS, MACOS, LINUX = System


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${HOME}", {"HOME": (WINDOWS,)}),
        ("$HOME/.kube", {"HOME": (WINDOWS,)}),
        ("${USER}", {"USER": (WINDOWS,)}),
        ("${USERPROFILE}", {"USERPROFILE": (MACOS, LINUX)}),
        ("${APPDATA}/x", {"APPDATA": (MACOS, LINUX)}),
        ("${TMPDIR}", {"TMPDIR": (WINDOWS, LINUX)}),
        ("${TEMP}", {"TEMP": (MACOS, LINUX)}),
        ("${XDG_RUNTIME_DIR}/x", {"XDG_RUNTIME_DIR": (WINDOWS, MACOS)}),
        ("${HOME}:${USER}", {"HOME": (WINDOWS,), "USER": (WINDOWS,)}),
        ("${HOME}${TMPDIR}", {"HOME": (WINDOWS,), "TMPDIR": (WINDOWS,)}),
        # In what stands for another one.
        ("${KUBE:-${HOME}/.kube}", {"HOME": (WINDOWS,)}),
        ("${KUBE-$HOME}", {"HOME": (WINDOWS,)}),
        ("${TEMP:-${TMPDIR}}", {"TMPDIR": (LINUX,)}),
        ("${PATH:+${HOME}}", {}),
        # Always something.
        ("${HOME:-/root}", {}),
        ("${HOME:-}", {}),
        ("${HOME:-${USERPROFILE}}", {}),
        ("${HOME:-${USERPROFILE:-/x}}", {}),
        ("${HOME}${USERPROFILE}/.kube", {}),
        ("${HOME:+${HOME}/x}", {}),
        ("${PATH}", {}),
        ("${DESKTOP_PLUGIN_IMAGE}", {}),
        # Others report these.
        ("${NOBODY}", {}),
        ("${HOME:?needed}", {}),
        ("$$HOME $${HOME}", {}),
        ("", {}),
        ("}", {}),
    ],
)
def test_where_a_variable_is_empty(text: str, expected: dict[str, tuple[System, ...]]) -> None:
    assert missing(text) == expected


@pytest.mark.parametrize("name", SET_ON)
def test_each_is_set_somewhere_and_not_everywhere(name: str) -> None:
    assert 0 < len(without(name)) < len(System)
    assert wrong(f"${{{name}:?}}").startswith(f"needs the variable {name}, which is not set on ")
    assert wrong(f"${{{name}}}") == ""


def test_a_compose_file_has_them_with_their_lines() -> None:
    text = "services:\n  a:\n    image: b:1\n    environment:\n      - A=${HOME}\n      - B=${HOME:-x}\n"
    (gap,) = parse(text.encode()).gaps
    assert (gap.name, gap.text, gap.systems, gap.line) == ("HOME", "A=${HOME}", "Windows", 5)


@given(st.text(alphabet="${}:-+?HOMEa /") | st.just("${A:-" * 1000))
def test_any_text_is_read(text: str) -> None:
    for name, systems in missing(text).items():
        assert name in SET_ON
        assert systems
