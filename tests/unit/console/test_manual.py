"""Messages reach people who have the wheel and no checkout: whatever file they name must be there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from dext_tasks.console import manual
from dext_tasks.console.manual import page, pages
from dext_tasks.errors import UsageError

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "dext_tasks"
# Folders and files that a checkout has and an extension's author has not.
OF_A_CHECKOUT = re.compile(
    r"\b(?:docs|scripts|tests|bench|examples|templates)/[\w.-]+|\bREADME\.md\b|\bpyproject\b(?!\.toml)"
)
ADDRESS = re.compile(r"https?://\S+")
# The author's own files.
OF_AN_AUTHOR = {"docs/CHANGELOG.md"}
# What is written into docs/ and into the stub of the tasks, where a checkout is at hand.
GENERATED = {"tasks/stub.py"}


def said(file: Path) -> list[str]:
    """Every text in a module that is not documentation of its code."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    parts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    documentation = {id(part) for part in parts if isinstance(part, ast.Constant)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
    ]


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_message_names_a_file_that_only_a_checkout_has(file: Path) -> None:
    if file.relative_to(PACKAGE).as_posix() in GENERATED:
        return
    found = [(name, text) for text in said(file) for name in OF_A_CHECKOUT.findall(ADDRESS.sub("", text))]
    pages_shown = {(name, text) for name, text in found if f"dext manual {Path(name).stem}" in text}
    assert {name for name, text in found if (name, text) not in pages_shown} <= OF_AN_AUTHOR


def test_every_page_that_a_message_names_is_there() -> None:
    named = {
        name
        for file in PACKAGE.rglob("*.py")
        for text in said(file)
        for name in re.findall(r"dext manual ([\w.-]+)", text)
    }
    assert {"settings", "rules"} <= named <= set(pages()) | {"PAGE"}


def test_every_page_of_docs_can_be_shown() -> None:
    folder = ROOT / "docs"
    files = [file for file in folder.rglob("*") if file.suffix in {".md", ".json"}]
    assert len(pages()) == len(files)
    for file in files:
        assert page(str(file.relative_to(ROOT))) == file.read_text(encoding="utf-8")
    assert pages()["exit-codes"] == "Exit codes"


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("settings.md", "# Settings"),
        ("docs/settings.md", "# Settings"),
        ("settings", "# Settings"),
        ("rules", "# Rules\n"),
        ("rules/README.md", "# Rules\n"),
        ("rules/labels", "# Rules: Labels"),
        ("docs/rules/labels.md", "# Rules: Labels"),
    ],
)
def test_a_page_may_be_called_by_its_file(name: str, heading: str) -> None:
    assert page(name).startswith(heading)


@pytest.mark.parametrize(("name", "near"), [("setings", "; did you mean settings?"), ("zzz", ""), ("../README", "")])
def test_an_unknown_page_is_refused_with_the_list(name: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        page(name)
    assert caught.value.message == f"there is no page {name!r}{near}"
    assert "settings.schema" in caught.value.remedy


def test_the_pages_of_a_wheel_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "settings.md").write_text("# As installed\n", encoding="utf-8")
    monkeypatch.setattr(manual, "_PACKAGED", tmp_path)
    assert pages() == {"settings": "As installed"}
