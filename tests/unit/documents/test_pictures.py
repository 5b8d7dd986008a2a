"""docs/pictures/: made from what the code shows now, and small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from documents import pictures

from dext_tasks.smoke.run import EVERY_PROBE

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["smoke-report-light.webp", "smoke-report-dark.webp", "terminal.svg"]


def test_the_pictures_are_made_from_what_is_shown_now(repository: Path) -> None:
    kept = (repository / pictures.FOLDER / pictures.DIGESTS).read_text(encoding="utf-8")
    assert kept == pictures.digests()
    assert [line.split()[1] for line in kept.splitlines()] == NAMES


@pytest.mark.parametrize(("variable", "value"), [("TERM", "dumb"), ("COLUMNS", "40"), ("NO_COLOR", "1"), ("CI", "1")])
def test_where_they_are_made_makes_no_difference(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = pictures.digests()
    monkeypatch.setenv(variable, value)
    assert pictures.digests() == before


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_there_and_small(name: str, repository: Path) -> None:
    assert 1_000 < (repository / pictures.FOLDER / name).stat().st_size < 150_000


def test_what_users_see_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pictures.digests().splitlines()
    monkeypatch.setattr(pictures, "terminal", lambda: "$ inv check\n")
    assert [old == new for old, new in zip(before, pictures.digests().splitlines(), strict=True)] == [True, True, False]
    monkeypatch.setattr(pictures, "report", lambda _: "<html></html>")
    assert not set(before) & set(pictures.digests().splitlines())


def test_the_terminal_shows_a_check_that_finds_something_and_every_probe() -> None:
    shown = pictures.terminal()
    assert "Dockerfile:27" in shown
    assert "ui-script-absolute" in shown
    assert all(probe in shown for probe in EVERY_PROBE)


def test_the_drawn_terminal_loads_nothing(tmp_path: Path) -> None:
    pictures.draw(tmp_path, ["terminal.svg"])
    drawn = (tmp_path / "terminal.svg").read_text(encoding="utf-8")
    assert "category-unknown" in drawn
    assert "url(http" not in drawn
    assert "@font-face" not in drawn
