from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from documents.settings import schema, settings_page
from jsonschema import Draft7Validator

from dext_tasks.config import OPTIONS

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
    (section,) = [part for part in settings_page().split("\n##") if part.startswith(f"# `{option.key}`\n")]
    assert f"- Variable: `{option.env}`" in section
    assert f"- Flag: `{option.flag} " in section


def test_the_page_fits_the_width_of_github() -> None:
    prose = [line for line in settings_page().splitlines() if not line.startswith("- ")]
    assert max(map(len, prose)) <= 120
    assert not any(line.startswith("|") for line in prose)


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
