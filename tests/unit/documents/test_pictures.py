"""docs/pictures/: made from what the code shows now, and small."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from documents import pictures

from dext_tasks.scaffold.templates import template_path
from dext_tasks.smoke.run import EVERY_PROBE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.made

PAGES = ["page-html-light.webp", "page-html-dark.webp", "page-react-light.webp", "page-react-dark.webp"]
NAMES = ["smoke-report-light.webp", "smoke-report-dark.webp", "terminal.svg", *PAGES]


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


def test_what_users_see_changes_the_digest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = pictures.digests().splitlines()

    def changed() -> list[str]:
        pairs = zip(before, pictures.digests().splitlines(), strict=True)
        return [new.split()[1] for old, new in pairs if old != new]

    monkeypatch.setattr(pictures, "terminal", lambda: "$ inv check\n")
    assert changed() == ["terminal.svg"]
    monkeypatch.setattr(pictures, "report", lambda _: "<html></html>")
    assert changed() == NAMES[:3]
    template = shutil.copytree(template_path(), tmp_path / "template")
    (style,) = template.rglob("style.css")
    style.write_text("body { color: red }\n")
    monkeypatch.setattr(pictures, "template_path", lambda: template)
    assert changed() == [*NAMES[:3], "page-html-light.webp", "page-html-dark.webp"]


def test_the_terminal_shows_a_check_that_finds_something_and_every_probe(repository: Path) -> None:
    shown = pictures.terminal()
    lines = (repository / "examples" / "hello" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (number,) = (number for number, line in enumerate(lines, 1) if "extension.categories=" in line)
    assert f"Dockerfile:{number} " in shown
    assert "ui-script-absolute" in shown
    assert all(probe in shown for probe in EVERY_PROBE)


def test_the_drawn_terminal_loads_nothing(tmp_path: Path) -> None:
    pictures.draw(tmp_path, ["terminal.svg"])
    drawn = (tmp_path / "terminal.svg").read_text(encoding="utf-8")
    assert "category-unknown" in drawn
    assert "url(http" not in drawn
    assert "@font-face" not in drawn
