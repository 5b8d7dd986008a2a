from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft7Validator

from dext_tasks.config import OPTIONS
from dext_tasks.config.document import schema, settings_page

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.config.settings import Option


def test_the_page_is_the_generated_one(repository: Path) -> None:
    assert (repository / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page()


def test_the_schema_is_the_generated_one(repository: Path) -> None:
    assert json.loads((repository / "docs" / "settings.schema.json").read_text(encoding="utf-8")) == schema()


def test_the_schema_is_a_valid_one() -> None:
    Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("option", OPTIONS, ids=[option.key for option in OPTIONS])
def test_an_option_is_documented(option: Option) -> None:
    (row,) = [line for line in settings_page().splitlines() if line.startswith(f"| `{option.key}` |")]
    assert option.env in row
    assert option.flag in row


@pytest.mark.parametrize(
    "data",
    [{}, {"image": "acme/demo"}, {"smoke": {"timeout": 5}}, {"build": {"args": {"A": "b"}}}, {"platforms": ["amd64"]}],
)
def test_the_schema_takes_what_is_right(data: object) -> None:
    assert Draft7Validator(schema()).is_valid(data)


@pytest.mark.parametrize(
    "data",
    [
        {"imgae": "x"},
        {"image": 5},
        {"smoke": {"timeout": -1}},
        {"smoke": 5},
        {"build": {"args": {"A": 1}}},
        {"platforms": []},
        {"build": {"provenance": "yes"}},
    ],
)
def test_the_schema_refuses_what_is_wrong(data: object) -> None:
    assert not Draft7Validator(schema()).is_valid(data)
