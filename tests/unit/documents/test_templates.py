"""docs/templates.md: a line for each file that a project may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from documents import templates

from dext_tasks.scaffold.answers import CHOICES, NONE, derive
from dext_tasks.scaffold.render import copy_template
from dext_tasks.scaffold.templates import template_path

if TYPE_CHECKING:
    from pathlib import Path

DECIDING = ("frontend", "backend", "compose", "host_binaries", "ci", "license", "updates")
OTHERS = [{question: choice} for question in DECIDING for choice in list(CHOICES[question])[1:]]
# With a backend, as compose has no service to start without one.
LAST = {name: list(CHOICES[name])[-1] for name in DECIDING if name not in {"ci", "backend"}} | {"backend": "node"}


def test_the_page_is_the_generated_one(repository: Path) -> None:
    assert (repository / "docs" / "templates.md").read_text(encoding="utf-8") == templates.page(template_path())


@pytest.mark.parametrize("chosen", [{}, LAST, *OTHERS], ids=str)
def test_each_choice_has_the_files_that_are_rendered(chosen: dict[str, str], tmp_path: Path) -> None:
    answers = derive("hello", **{"updates": NONE, **chosen})
    copy_template(template_path(), tmp_path / "hello", answers)
    rendered = {file.relative_to(tmp_path / "hello").as_posix() for file in (tmp_path / "hello").rglob("*")}
    told = {
        file.path
        for file in templates.files(template_path())
        if all(answers.written()[question] in choices for question, choices in file.conditions.items())
    }
    assert told == {path for path in rendered if (tmp_path / "hello" / path).is_file()}


def test_every_choice_of_a_question_that_decides_is_shown() -> None:
    page = templates.page(template_path())
    assert all(
        f"| `{name}` | `{choice}`" in page for name in DECIDING for choice in CHOICES[name] if len(CHOICES[name]) > 1
    )
    assert "## The page\n\n`frontend`: `html`\n" in page


def test_no_line_is_left_of_a_file_that_is_gone() -> None:
    names = "\n".join(path.name for path in (template_path() / "project").rglob("*"))
    lines = yaml.safe_load((template_path() / templates.LINES).read_text(encoding="utf-8"))
    assert [path for path in lines if path.rpartition("/")[2] not in f"{names}\n.copier-answers.yml"] == []


def test_a_file_without_a_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "project" / "{% if frontend == 'react' %}ui{% endif %}").mkdir(parents=True)
    (tmp_path / "project" / "{% if frontend == 'react' %}ui{% endif %}" / "new.ts.jinja").touch()
    (tmp_path / templates.LINES).write_text("old.ts: the old one\n")
    with pytest.raises(templates.LineError, match=r"ui/new\.ts has no line in files\.yml"):
        templates.page(tmp_path)


def test_a_file_says_with_which_choices_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "project" / "{% if frontend == 'react' %}ui{% endif %}"
    folder.mkdir(parents=True)
    (folder / "{% if backend == 'python' %}a.ts{% endif %}").touch()
    (tmp_path / templates.LINES).write_text("ui/a.ts: what it is\n")
    (file,) = templates.files(tmp_path)
    assert file == templates.File("ui/a.ts", {"frontend": ("react",), "backend": ("python",)}, "what it is")
    assert "  a.ts  what it is (with backend python)" in templates.page(tmp_path)
