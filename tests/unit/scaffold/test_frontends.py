"""The pages that `dext new` can make: what each is made of, and that they say the same."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.checks.portable_calls import theme_globals
from dext_tasks.config.settings import Settings
from dext_tasks.project import Project
from dext_tasks.scaffold.answers import CHOICES, derive
from dext_tasks.scaffold.render import render
from dext_tasks.scaffold.repository import without_git
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from pathlib import Path

TITLE = "\"Q\" \\ <script>alert('1')</script> & größe 🐋 {{ 7 * 7 }} %MODE%"
# What a script shows begins with a capital.
_WORDS = re.compile(r'"([A-Z][a-z][^"\n]*)"')
_MARKUP = re.compile(r"<(?:h2|h3|dt|button)[^>]*>(?:<code>)?([^<{]+)<")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of the page by frontend."""
    parent = tmp_path_factory.mktemp("pages")
    return {
        frontend: render(derive("a", title=TITLE, frontend=frontend), parent / frontend, git=without_git).path / "ui"
        for frontend in CHOICES["frontend"]
    }


def test_both_pages_say_the_same(pages: dict[str, Path]) -> None:
    react = "\n".join(path.read_text(encoding="utf-8") for path in (pages["react"] / "src").glob("*.ts*"))
    script = (pages["html"] / "app.js").read_text(encoding="utf-8")
    markup = (pages["html"] / "index.html").read_text(encoding="utf-8")
    words = _WORDS.findall(script) + _MARKUP.findall(markup)
    assert {"Waiting for the backend…", "Unavailable", "Ask again", "Backend", "Platform", "Dockerfile"} <= set(words)
    assert [word for word in words if word not in react] == []


def test_both_pages_name_the_same_elements_for_tests(pages: dict[str, Path]) -> None:
    markup = (pages["html"] / "index.html").read_text(encoding="utf-8")
    card = (pages["react"] / "src" / "QuestionCard.tsx").read_text(encoding="utf-8")
    named = set(re.findall(r'data-testid="(\w+)"', markup))
    assert named == {"status", "ask", "answer", "platform", "elapsed"}
    assert named == set(re.findall(r'(?:data-testid|testId)="(\w+)"', card))
    assert 'id="backend" data-state="waiting"' in markup


def test_the_react_page_takes_its_texts_as_data(pages: dict[str, Path]) -> None:
    about = json.loads((pages["react"] / "src" / "about.json").read_bytes())
    assert about["title"] == TITLE
    others = [path for path in pages["react"].rglob("*") if path.is_file() and path.name != "about.json"]
    assert [path for path in others if "alert" in path.read_text(encoding="utf-8")] == []


def test_the_packages_of_the_react_page_are_pinned(pages: dict[str, Path]) -> None:
    manifest = json.loads((pages["react"] / "package.json").read_bytes())
    lock = json.loads((pages["react"] / "package-lock.json").read_bytes())
    sections = ("dependencies", "devDependencies")
    versions = [version for section in sections for version in manifest[section].values()]
    assert [version for version in versions if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    assert {section: lock["packages"][""][section] for section in sections} == {
        section: manifest[section] for section in sections
    }
    assert all(_is_proven(path, package) for path, package in lock["packages"].items())


def _is_proven(path: str, package: dict[str, Any]) -> bool:
    # An address would be that of the registry it was made with: npm puts in the one in use.
    return not path or ("integrity" in package and "resolved" not in package)


def test_programs_in_packages_are_locked_for_every_machine(pages: dict[str, Path]) -> None:
    """Npm leaves out those of other machines if packages were installed: https://github.com/npm/cli/issues/4828."""
    lock = json.loads((pages["react"] / "package-lock.json").read_bytes())
    bundler = lock["packages"]["node_modules/rolldown"]
    assert {f"node_modules/{name}" for name in bundler["optionalDependencies"]} <= lock["packages"].keys()


def test_the_react_page_has_colours_where_docker_desktop_sets_none(pages: dict[str, Path]) -> None:
    assert list(theme_globals(TreeSource(Project(pages["react"].parent, Settings())))) == []
