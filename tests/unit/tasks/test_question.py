from __future__ import annotations

import io
import sys

import pytest

from dext_tasks.console.output import Output
from dext_tasks.errors import ConfirmationNeededError, UsageError
from dext_tasks.extension.version import Bump
from dext_tasks.tasks.question import Wanted, confirm, wanted_version


class Terminal(io.StringIO):
    """Where somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def output() -> Output:
    return Output(err=io.StringIO(), out=io.StringIO())


def test_yes_asks_nobody(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    confirm("Publish?", yes=True, output=output)


@pytest.mark.parametrize("typed", ["y", "Y\n", "yes\n", " YES \n"])
def test_yes_goes_on(output: Output, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    confirm("Publish?", yes=False, output=output)


@pytest.mark.parametrize("typed", ["", "\n", "n\n", "no\n", "yeah\n", "yy\n"])
def test_anything_else_does_not(output: Output, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    with pytest.raises(ConfirmationNeededError, match="nothing was changed"):
        confirm("Publish?", yes=False, output=output)


def test_where_nobody_can_answer_the_flag_is_named(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    with pytest.raises(ConfirmationNeededError, match="no terminal") as caught:
        confirm("Publish?", yes=False, output=output)
    assert "--yes" in caught.value.remedy


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
