from __future__ import annotations

import pytest

from dext_tasks.extension import labels
from tests.unit.checks.fake_source import BY_CODE, judged, labelled


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("Databases", ["there is no category 'Databases', probably database"]),
        ("kubernetes,utility", ["there is no category 'utility', probably utility-tools"]),
        ("kubernetes, security", []),
        (",kubernetes,,", []),
        ("x,x", ["there is no category 'x': choose from ci-cd, "]),
        ("database;kubernetes", ["there is no category 'database;kubernetes': names are joined by commas"]),
        ("kubernetes security", ["there is no category 'kubernetes security': names are joined by commas"]),
        ("utility tools", ["there is no category 'utility tools', probably utility-tools"]),
    ],
)
def test_unknown_categories(value: str, what: list[str]) -> None:
    problems = judged("category-unknown", CATEGORIES=value)
    assert len(problems) == len(what)
    assert all(problem.startswith(start) for problem, start in zip(problems, what, strict=True))


@pytest.mark.parametrize(
    ("value", "count"),
    [("kubernetes", 0), ("kubernetes, security", 1), ("kubernetes,", 1), ("volumes,volumes", 1), (" , ", 1)],
)
def test_category_lists(value: str, count: int) -> None:
    assert len(judged("category-list-malformed", CATEGORIES=value)) == count


@pytest.mark.parametrize(
    ("value", "what", "fix"),
    [
        ('["kubernetes","security"]', "a JSON array, where", "write kubernetes,security"),
        ('[ "kubernetes" ]', "a JSON array, where", "write kubernetes"),
        ('["kubernetes"', "a JSON array, where", "write kubernetes"),
        ("['kubernetes', 'security']", "a JSON array, where", "write kubernetes,security"),
        ("[]", "a JSON array, where", ""),
        ('"kubernetes","security"', "names in quotes, where", "write kubernetes,security"),
    ],
)
def test_categories_as_json(value: str, what: str, fix: str) -> None:
    (problem,) = BY_CODE["category-list-malformed"].ask(labelled({labels.CATEGORIES: value}))
    assert problem.what.startswith(what)
    assert problem.fix == fix
    assert judged("category-unknown", CATEGORIES=value) == []


def test_an_unknown_category_in_an_array_is_still_one() -> None:
    assert judged("category-unknown", CATEGORIES='["databases","security"]') == [
        "there is no category 'databases', probably database"
    ]
