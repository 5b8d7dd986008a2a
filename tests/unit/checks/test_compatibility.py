from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.rules.api import desktop_rules, sdk_rules
from dext_tasks.checks.summary import summarise
from dext_tasks.errors import VersionInvalidError
from dext_tasks.extension.labels import API_VERSION
from dext_tasks.extension.sdk import Installable
from dext_tasks.sources.source import LabelSet, Place
from tests.unit.checks.fake_source import FakeSource

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Rule


def constrained(constraint: str) -> FakeSource:
    return FakeSource(labels=[LabelSet(None, {API_VERSION: constraint}, Place(), {})])


def asked(rules: tuple[Rule, ...], constraint: str) -> list[tuple[str, str]]:
    return [(rule.severity.value, each.what) for rule in rules for each in rule.ask(constrained(constraint))]


def on_sdk(constraint: str, api: str) -> list[tuple[str, str]]:
    return asked(sdk_rules(api), constraint)


def on_desktop(constraint: str, desktop: str) -> list[tuple[str, str]]:
    return asked(desktop_rules(desktop), constraint)


def test_an_api_that_is_admitted() -> None:
    assert on_sdk(">= 0.2.3", "0.3.4") == []


@pytest.mark.parametrize(
    ("constraint", "what"),
    [
        (">= 0.4.0", "API 0.3.4: '>= 0.4.0' refuses API 0.3.4"),
        (">= 0.3.0, < 0.3.4", "API 0.3.4: '>= 0.3.0, < 0.3.4' refuses API 0.3.4"),
        ("latest", "API 0.3.4: 'latest' is not a version constraint, so API 0.3.4 is refused"),
    ],
)
def test_an_api_that_is_refused_for_certain(constraint: str, what: str) -> None:
    assert on_sdk(constraint, "0.3.4") == [("error", what)]


@pytest.mark.parametrize(
    ("constraint", "what"),
    [
        ("0.3.0", "API 0.3.4: '0.3.0' means exactly that, and not API 0.3.4, though Docker has let such ones pass"),
        ("0.3", "API 0.3.4: '0.3' admits or refuses API 0.3.4 depending on the library that reads it"),
        ("^0.3.4", "API 0.3.4: '^0.3.4' admits or refuses API 0.3.4 depending on the library that reads it"),
    ],
)
def test_an_api_that_may_be_refused(constraint: str, what: str) -> None:
    assert on_sdk(constraint, "0.3.4") == [("warning", what)]


def test_only_what_is_certain_counts_for_docker() -> None:
    certain, doubtful = sdk_rules("0.3.4")
    assert certain.docker
    assert not doubtful.docker
    ((problem),) = certain.ask(constrained(">= 0.4.0"))
    assert problem.docker.endswith(
        '(">= 0.4.0") is incompatible with current SDK version "0.3.4". Consider changing it to ">=0.3.4"'
    )


def test_a_desktop_whose_api_is_known() -> None:
    assert on_desktop(">= 0.3.3", "4.16") == []
    assert on_desktop(">= 0.3.4", "4.16") == [("error", "Docker Desktop 4.16: '>= 0.3.4' refuses API 0.3.3")]


EITHER = "Docker Desktop 4.40 (it has one of 0.3.4, 0.4.2)"


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        (">= 0.3.4", []),
        (">= 0.4.2", [("warning", f"{EITHER}: '>= 0.4.2' refuses API 0.3.4")]),
        (">= 0.9.0", [("error", f"{EITHER}: '>= 0.9.0' refuses API 0.3.4 and 0.4.2")]),
        (
            "0.3.4",
            [
                (
                    "warning",
                    f"{EITHER}: '0.3.4' means exactly that, and not API 0.4.2, though Docker has let such ones pass",
                )
            ],
        ),
        (
            "^0.3.4",
            [
                (
                    "warning",
                    f"{EITHER}: '^0.3.4' admits or refuses API 0.3.4 and 0.4.2 depending on the library that reads it",
                )
            ],
        ),
    ],
)
def test_a_desktop_that_may_have_one_of_two(constraint: str, said: list[tuple[str, str]]) -> None:
    assert on_desktop(constraint, "4.40") == said


@pytest.mark.parametrize("version", ["", "x", "4.2", "1.2.3.4"])
def test_no_such_desktop(version: str) -> None:
    with pytest.raises(VersionInvalidError):
        desktop_rules(version)


def test_no_such_api() -> None:
    with pytest.raises(VersionInvalidError):
        sdk_rules("newest")


@pytest.mark.parametrize(
    "constraint", ["0.3.4", "0.1.0", ">= 0.3.4", ">= 0.3.0, < 0.4.0", "^0.3.0", "latest", "0.3", "~0.4"]
)
def test_the_summary_says_of_a_desktop_what_the_rules_on_it_say(constraint: str) -> None:
    said = {"error": Installable.REFUSED, "warning": Installable.DOUBTFUL}
    for offer in summarise([constrained(constraint)]).offers:
        found = {said[severity] for severity, _ in on_desktop(constraint, str(offer.desktop.version))}
        assert found == ({offer.verdict} - {Installable.ALLOWED})
