"""CONTRIBUTING.md and docs/architecture.md name places and tests that are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PLACE = re.compile(r"`((?:dext_tasks|docs|scripts|templates|tests)/[^\s`]*|pyproject\.toml|CHANGELOG\.md)`")
TEST = re.compile(r"`(tests/[\w/.]+)::(\w+)`")


def test_every_place_is_there() -> None:
    places = set(PLACE.findall(CONTRIBUTING))
    assert len(places) > 20
    assert [place for place in places if not list(ROOT.glob(place))] == []


@pytest.mark.parametrize(("file", "name"), TEST.findall(ARCHITECTURE))
def test_every_test_is_there(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("invariant", [*(f"R{n}" for n in range(1, 9)), "C1", "C2", "C3", "S1", "S2", "S3", "S4", "S5"])
def test_every_invariant_has_a_test(invariant: str) -> None:
    (_, entry) = ARCHITECTURE.split(f"- **{invariant}.** ")
    assert TEST.search(re.split(r"\n(?:- |\n)", entry)[0])


def test_the_layers_are_drawn_as_they_are() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (each for each in pyproject["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    layers = [set(layer.split(" | ")) for layer in contract["layers"]]
    drawing = re.split(r"```(?:text)?\n", ARCHITECTURE)[1].splitlines()
    drawn = [re.findall(r"(\w+)(?:/|\.py)(?= |$)", line.split("    ")[0]) for line in drawing]
    assert list(map(set, drawn)) == [layer for layer in layers if layer != {"_version"}]
