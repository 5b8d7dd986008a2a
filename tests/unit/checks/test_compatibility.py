from __future__ import annotations

import pytest

from dext_tasks.checks.compatibility import desktop_rule, sdk_rule
from dext_tasks.errors import VersionInvalidError
from dext_tasks.extension.labels import API_VERSION
from dext_tasks.sources.subject import LabelSet, Place, Subject


class Constrained(Subject):
    def __init__(self, constraint: str) -> None:
        self.constraint = constraint

    @property
    def labels(self) -> list[LabelSet]:
        return [LabelSet(None, {API_VERSION: self.constraint}, Place(), {})]


def on_sdk(constraint: str, api: str) -> list[str]:
    return [problem.what for problem in sdk_rule(api).ask(Constrained(constraint))]


def on_desktop(constraint: str, desktop: str) -> list[str]:
    return [problem.what for problem in desktop_rule(desktop).ask(Constrained(constraint))]


def test_an_api_that_is_admitted() -> None:
    assert on_sdk(">= 0.2.3", "0.3.4") == []


@pytest.mark.parametrize(
    ("constraint", "what"),
    [
        ("0.3.0", "API 0.3.4: '0.3.0' refuses API 0.3.4"),
        ("0.3", "API 0.3.4: '0.3' admits or refuses API 0.3.4 depending on the library that reads it"),
        ("latest", "API 0.3.4: 'latest' is no version constraint, so API 0.3.4 is refused"),
    ],
)
def test_an_api_that_is_not_admitted(constraint: str, what: str) -> None:
    assert on_sdk(constraint, "0.3.4") == [what]


def test_a_desktop_whose_api_is_known() -> None:
    assert on_desktop(">= 0.3.3", "4.16") == []
    assert on_desktop(">= 0.3.4", "4.16") == ["Docker Desktop 4.16: '>= 0.3.4' refuses API 0.3.3"]


def test_a_desktop_that_may_have_one_of_two() -> None:
    assert on_desktop(">= 0.3.4", "4.40") == []
    assert on_desktop(">= 0.4.2", "4.40") == [
        "Docker Desktop 4.40 (it has one of 0.3.4, 0.4.2): '>= 0.4.2' refuses API 0.3.4"
    ]


@pytest.mark.parametrize("version", ["", "x", "4.2", "1.2.3.4"])
def test_no_such_desktop(version: str) -> None:
    with pytest.raises(VersionInvalidError):
        desktop_rule(version)


def test_no_such_api() -> None:
    with pytest.raises(VersionInvalidError):
        sdk_rule("newest")
