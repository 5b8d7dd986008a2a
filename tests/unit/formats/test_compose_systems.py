from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.compose.reading import parse
from dext_tasks.formats.compose.systems import SET_ON, System, missing, remedy, required
from dext_tasks.formats.compose.variables import wrong

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
        ("${PATH:+${HOME}}", {"HOME": (WINDOWS,)}),
        # Windows alone does not tell upper from lower case.
        ("${ProgramData}/x", {"ProgramData": (MACOS, LINUX)}),
        ("${Path}", {"Path": (MACOS, LINUX)}),
        ("${home}", {}),
        # A shell keeps it for itself.
        ("${UID}:${GID}", {"UID": (WINDOWS, MACOS, LINUX), "GID": (WINDOWS, MACOS, LINUX)}),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${USERPROFILE:?set it}/x:/a", {"USERPROFILE": (MACOS, LINUX)}),
        ("${HOME?}", {"HOME": (WINDOWS,)}),
        ("${NOBODY:?why}", {"NOBODY": (WINDOWS, MACOS, LINUX)}),
        ("${NOBODY:-${HOME:?}}", {"HOME": (WINDOWS,)}),
        ("${HOME:-${USERPROFILE:?}}", {}),
        ("${HOME:+${USERPROFILE:?}}", {"USERPROFILE": (MACOS, LINUX)}),
        ("${PATH:?}${DESKTOP_PLUGIN_IMAGE:?}", {}),
        ("${Path:?}", {"Path": (MACOS, LINUX)}),
        ("$${HOME:?}", {}),
        ("${HOME}", {}),
    ],
)
def test_where_compose_stops_for_a_variable(text: str, expected: dict[str, tuple[System, ...]]) -> None:
    assert required(text) == expected
    assert wrong(text) == ""


@pytest.mark.parametrize("name", SET_ON)
def test_each_has_a_remedy_where_it_is_not_set(name: str) -> None:
    (lacking,) = missing(f"${{{name}}}").values()
    said = remedy(name, lacking)
    # What is written in its place is there on every system.
    for written in re.findall(r"\$\{.*\}", said):
        assert missing(written) == {}
    assert said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${HOME}", "write ${HOME:-${USERPROFILE}}; at the beginning of a mount ~ says the same"),
        ("${USERPROFILE}", "write ${USERPROFILE:-${HOME}}; at the beginning of a mount ~ says the same"),
        ("${TMPDIR}", "write ${TMPDIR:-${TEMP:-/tmp}}, or mount a tmpfs or a named volume"),
        ("${TEMP}", "write ${TEMP:-${TMPDIR:-/tmp}}, or mount a tmpfs or a named volume"),
        # Linux alone is left.
        ("${TEMP:-${TMPDIR}}", "write ${TMPDIR:-/tmp}, or mount a tmpfs or a named volume"),
        ("${USER}", "write ${USER:-${USERNAME}}"),
        ("${AppData}/x", "use a named volume: other systems have no such folder"),
        ("${SHELL}", "write ${SHELL:-/bin/sh}"),
        ("${DISPLAY}", "give it a value that is right everywhere: ${DISPLAY:-value}"),
    ],
)
def test_what_to_write_in_its_place(text: str, said: str) -> None:
    ((name, lacking),) = missing(text).items()
    assert remedy(name, lacking) == said


def test_a_compose_file_has_them_with_their_lines() -> None:
    lines = ["A=${HOME}", "B=${HOME:-x}", "C=${HOMEDRIVE}${HOMEPATH}", "D=${NOBODY:?}"]
    text = f"services:\n  a:\n    image: b:1\n    environment: [\n{''.join(f'{each!r},{chr(10)}' for each in lines)}]\n"
    found = [(gap.name, gap.text, gap.systems, gap.line, gap.is_required) for gap in parse(text.encode()).gaps]
    assert found == [
        ("HOME", "A=${HOME}", "Windows", 5, False),
        # The other one is its second half.
        ("HOMEDRIVE", "C=${HOMEDRIVE}${HOMEPATH}", "macOS and Linux", 7, False),
        ("NOBODY", "D=${NOBODY:?}", "any system", 8, True),
    ]


@given(st.text(alphabet="${}:-+?HOMEa /") | st.just("${A:-" * 1000))
def test_any_text_is_read(text: str) -> None:
    for name, systems in missing(text).items():
        assert name in SET_ON
        assert remedy(name, systems)
    assert required(text) is not None
