from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from dext_tasks.console.output import Output
from dext_tasks.errors import ConfirmationNeededError, UsageError, VersionInvalidError
from dext_tasks.extension.version import Bump, parse_release
from dext_tasks.tasks.question import FROM_CHANGELOG, FROM_COMMITS, Wanted, bump_question, confirm, wanted_version

LAST = parse_release("1.2.3")


class Terminal(io.StringIO):
    """Where somebody types, and what that is shown on."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def output() -> Output:
    return Output(err=io.StringIO(), out=io.StringIO())


Types = Callable[[str], None]


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Types:
    """Somebody types a text at a terminal; standard output is for a program, as under pytest."""

    def typed(text: str) -> None:
        # Not before: pytest gives every phase of a test streams of its own.
        monkeypatch.setattr(sys, "stdin", Terminal(text))
        monkeypatch.setattr(sys, "stderr", Terminal())

    return typed


def test_yes_asks_nobody(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    confirm("Publish?", yes=True, output=output)


@pytest.mark.parametrize("typed", ["y", "Y\n", "yes\n", " YES \n"])
def test_yes_goes_on(output: Output, types: Types, typed: str) -> None:
    types(typed)
    confirm("Publish?", yes=False, output=output)


@pytest.mark.parametrize("typed", ["", "\n", "n\n", "no\n", "yeah\n", "yy\n"])
def test_anything_else_does_not(output: Output, types: Types, typed: str) -> None:
    types(typed)
    with pytest.raises(ConfirmationNeededError, match="nothing was changed"):
        confirm("Publish?", yes=False, output=output)


NOBODY = ["stdin is a pipe", "stdin is closed", "stderr is a pipe", "CI"]


def leave(why: str, types: Types, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is at a terminal, though a script may have written an answer."""
    types("yes\n")
    if why == "CI":
        monkeypatch.setenv("CI", "true")
    else:
        stream, _, what = why.partition(" is ")
        monkeypatch.setattr(sys, stream, None if what == "closed" else io.StringIO("yes\n"))


@pytest.mark.parametrize("why", NOBODY)
def test_where_nobody_can_answer_the_flag_is_named(
    output: Output, types: Types, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    leave(why, types, monkeypatch)
    with pytest.raises(ConfirmationNeededError, match="no terminal") as caught:
        confirm("Publish?", yes=False, output=output)
    assert "--yes" in caught.value.remedy


@pytest.mark.parametrize("why", NOBODY)
def test_where_nobody_can_answer_no_version_is_asked_for(
    output: Output, types: Types, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    leave(why, types, monkeypatch)
    assert bump_question(output) is None


def test_yes_asks_for_no_version(output: Output, types: Types) -> None:
    types("minor\n")
    assert bump_question(output, yes=True) is None


@pytest.mark.parametrize(
    ("typed", "bump"),
    [("1\n", Bump.MAJOR), (" Minor \n", Bump.MINOR), ("patch", Bump.PATCH), ("\n4\nno\n3\n", Bump.PATCH)],
)
def test_a_version_is_asked_for_until_there_is_an_answer(types: Types, typed: str, bump: Bump) -> None:
    types(typed)
    shown = io.StringIO()
    ask = bump_question(Output(err=shown, out=io.StringIO()))
    assert ask is not None
    assert ask(LAST) is bump
    asked = shown.getvalue().splitlines()
    assert asked[:4] == [
        "Which version comes after 1.2.3?",
        "  1  major  2.0.0",
        "  2  minor  1.3.0",
        "  3  patch  1.2.4",
    ]
    assert asked[4:] == ["  answer with one of 1, major, 2, minor, 3, patch"] * (typed.rstrip().count("\n"))


def test_the_end_of_the_input_chooses_no_version(output: Output, types: Types) -> None:
    types("none\n")
    ask = bump_question(output)
    assert ask is not None
    with pytest.raises(ConfirmationNeededError, match="nothing was changed"):
        ask(LAST)


@pytest.mark.parametrize(
    ("text", "bump"), [("", None), ("major", Bump.MAJOR), ("minor", Bump.MINOR), ("patch", Bump.PATCH)]
)
def test_bump(text: str, bump: Bump | None) -> None:
    assert wanted_version("", text) == Wanted("", bump)


@pytest.mark.parametrize("text", ["Minor", "1.0.0", " minor", "all"])
def test_a_bump_that_is_none_names_those_that_are(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        wanted_version("", text)
    assert repr(text) in caught.value.message
    assert "major, minor, patch" in caught.value.remedy


def test_a_version_leaves_nothing_to_bump() -> None:
    assert wanted_version("1.2.0", "") == Wanted("1.2.0")
    with pytest.raises(UsageError, match=r"--version 1\.2\.0 and --bump minor") as caught:
        wanted_version("1.2.0", "minor")
    assert caught.value.remedy == "give one of them"


def test_a_pre_release_is_named_by_itself() -> None:
    assert wanted_version("", "minor", pre="rc") == Wanted("", Bump.MINOR, pre="rc")
    with pytest.raises(UsageError, match=r"--version 1\.2\.0 and --pre rc") as caught:
        wanted_version("1.2.0", "", pre="rc")
    assert "--version 1.2.0-rc.1" in caught.value.remedy
    with pytest.raises(VersionInvalidError):
        wanted_version("", "", pre="rc.1")


@pytest.mark.parametrize(
    ("version", "bump", "pre", "sources"),
    [
        ("1.0.0", "", "", [FROM_CHANGELOG]),
        ("", "minor", "", [FROM_CHANGELOG]),
        ("", "minor", "", [FROM_COMMITS]),
        ("", "", "", [FROM_CHANGELOG, FROM_COMMITS]),
        ("", "", "rc", [FROM_CHANGELOG]),
    ],
)
def test_a_version_comes_from_one_place(version: str, bump: str, pre: str, sources: list[str]) -> None:
    with pytest.raises(UsageError, match="cannot be combined") as caught:
        wanted_version(version, bump, pre=pre, sources=sources)
    assert sources[0] in caught.value.message


def test_where_it_is_read() -> None:
    assert wanted_version("", "", sources=[FROM_CHANGELOG]) == Wanted(source=FROM_CHANGELOG)
    assert wanted_version("", "", pre="rc", sources=[FROM_COMMITS]) == Wanted(pre="rc", source=FROM_COMMITS)
