"""CONTRIBUTING.md names places that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PLACES = sorted(
    set(re.findall(r"`((?:dext_tasks|docs|scripts|templates|tests)/[^\s`]*|pyproject\.toml|CHANGELOG\.md)`", TEXT))
)


def test_every_place_is_there() -> None:
    assert len(PLACES) > 20
    assert [place for place in PLACES if not list(ROOT.glob(place))] == []
