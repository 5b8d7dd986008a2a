"""The checked-in examples are what the templates make today: `scripts/render-examples` renews them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dext_tasks.scaffold.answers import ANSWERS_FILE, recorded
from dext_tasks.scaffold.render import render
from dext_tasks.scaffold.repository import without_git

EXAMPLES = Path(__file__).parents[3] / "examples"
# What working on an example leaves in it; its .gitignore says the same.
LEFTOVERS = {".dext", ".nox", ".venv", "__pycache__"}


@pytest.mark.parametrize("answers_file", sorted(EXAMPLES.glob(f"*/{ANSWERS_FILE}")), ids=lambda path: path.parent.name)
def test_an_example_is_what_its_template_renders(answers_file: Path, tmp_path: Path) -> None:
    example = answers_file.parent
    made = render(recorded(answers_file.read_text(encoding="utf-8")), tmp_path / example.name, git=without_git)
    assert _files(example) == list(made.files)
    assert [path for path in made.files if _content(made.path / path) != _content(example / path)] == []


def test_there_is_an_example() -> None:
    assert (EXAMPLES / "hello" / ANSWERS_FILE).is_file()


def _files(directory: Path) -> list[Path]:
    found = (path.relative_to(directory) for path in directory.rglob("*") if path.is_file())
    return sorted(path for path in found if not LEFTOVERS.intersection(path.parts))


def _content(path: Path) -> tuple[bytes, bool]:
    content = path.read_bytes()
    # A release of dext-tasks alone changes no file of an example.
    content = re.sub(rb"(?m)^_template_version: .*$|(?<=dext-tasks==)[0-9.]+", b"", content)
    return content, bool(path.stat().st_mode & 0o111)
