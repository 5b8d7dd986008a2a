"""docs/templates.md: what `dext new` can make, from the template, its choices and a line for each file."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import yaml
from jinja2 import Environment, meta

from dext_tasks.scaffold.answers import ANSWERS_FILE, CHOICES, NO, YES
from documents.pictures import page_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LINES = "files.yml"
"""Of the template: what each file of a project is, by its path there; by path and choice where a path is not enough."""

_JINJA: Final = Environment(autoescape=False)  # noqa: S701 - names of files, not markup
_SUFFIX: Final = ".jinja"
_ANSWER_OF: Final = {NO: False, YES: True}
# The questions that decide which files there are, and how the page calls what they are about.
_QUESTIONS: Final = {
    "frontend": "The page",
    "backend": "The backend",
    "compose": "A second service",
    "host_binaries": "A program on the host",
    "ci": "The pipeline",
    "license": "The licence",
    "updates": "Updates of what is pinned",
}
_PAGE: Final = """\
# Templates

`dext new` makes an extension that passes every check and smoke test on both platforms before you change a line. Its
answers decide what it is made of:

```
dext new my-extension                                    # asks, if it runs on a terminal
dext new my-extension --frontend react --backend python --ci github --yes
dext new --list                                          # every question with its choices
dext new my-extension --dry-run                          # lists the files, and writes none
```

{choices}

Whatever is not asked for has a default, the first of each list. In a clone, the pipeline follows from where it was
cloned from, and Dependabot or Renovate from the pipeline. Answers come from flags, from `--data KEY=VALUE`, and from a
YAML file, `--answers FILE`. An answer that cannot be used, or that `dext check` would find fault with, is named with
the reason, and nothing is written.

`.copier-answers.yml` keeps the answers. Change one later with `dext upgrade --data KEY=VALUE`, and bring the extension
to a newer template with `dext upgrade` ([upgrade.md](upgrade.md)). `dext ci` writes a pipeline into an extension that
has none ([pipelines.md](pipelines.md)).

In a folder of a repository that holds more, an extension has no pipeline, commit hook and settings of Dependabot or
Renovate of its own: they are read at the top alone, where `inv ci.github` or `inv ci.gitlab` writes the pipeline. Its
labels link into that folder, and its git tags begin with it: `extensions/a/v1.2.0` ([monorepo.md](monorepo.md)).

The commit hook installs `dext-tasks==VERSION`, and pipelines `dext-tasks[ui]==VERSION`, from Python's package index. As
long as that version is not published there, both fail. Until then, name a checkout or an archive that they can reach
instead: `dext-tasks @ URL` in `additional_dependencies` of `.pre-commit-config.yaml`, and `PACKAGE` in pipelines
([pipelines.md](pipelines.md#what-jobs-install)).

## How to choose

- **Page.** Start with `html` if it shows and sends a few things: nothing has to be installed or built. Take `react` for
  tables, forms and navigation that look like Docker Desktop's own.
- **Backend.** Take the language that you know. `go` makes the smallest image.
- **Pipeline.** It runs the verbs that you run by hand. Both kinds test and release each platform on a machine of its
  own architecture.

`html` on the left, `react` on the right, each in the theme that you read this in:

{pictures}

## Every extension

```
{always}
```
{sections}"""


class LineError(Exception):
    """A file of the template has no line."""


@dataclass(frozen=True)
class File:
    """What some projects have.

    Attributes:
        path: In a project.
        conditions: The choices with which a project may have it, by question; only questions that matter.
        line: What it is.
    """

    path: str
    conditions: Mapping[str, tuple[str, ...]]
    line: str


def files(template: Path) -> list[File]:
    """Every file that some project has, by path.

    Args:
        template: Its folder.

    Raises:
        LineError: One has no line.
    """
    lines = yaml.safe_load((template / LINES).read_text(encoding="utf-8"))
    folder = template / "project"
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    found = [_file(name, lines) for name in names]
    return sorted((file for file in found if file), key=lambda file: file.path)


def _file(name: str, lines: Mapping[str, str | Mapping[str, str]]) -> File | None:
    """A file of the template; None if no choice of today leads to it.

    Args:
        name: Its path below ``project``, with expressions of jinja in it.
        lines: What each is, by its path in a project.
    """
    named = meta.find_undeclared_variables(_JINJA.parse(name))
    questions = [question for question in CHOICES if question in named]
    places = list(_places(name, questions))
    if not places:
        return None
    path = places[0][1]
    having = {question: tuple(dict.fromkeys(answers[question] for answers, _ in places)) for question in questions}
    conditions = {question: choices for question, choices in having.items() if len(choices) < len(CHOICES[question])}
    line = lines.get(path)
    if isinstance(line, dict):
        line = next((line[choice] for choices in conditions.values() for choice in choices if choice in line), None)
    if not isinstance(line, str):
        raise LineError(f"{path} has no line in {LINES} of the template: say there what it is")
    return File(path, conditions, line)


def _places(name: str, questions: Sequence[str]) -> Iterator[tuple[dict[str, str], str]]:
    """The answers with which a project has a file, and where it has it."""
    parts = [_JINJA.from_string(part) for part in name.split("/")]
    for choices in product(*(CHOICES[question] for question in questions)):
        answers = dict(zip(questions, choices, strict=True))
        known = {question: _ANSWER_OF.get(answer, answer) for question, answer in answers.items()}
        path = [part.render(known, _copier_conf={"answers_file": ANSWERS_FILE}) for part in parts]
        # Copier leaves out whatever has an empty name.
        if all(part.removesuffix(_SUFFIX) for part in path):
            yield answers, "/".join(path).removesuffix(_SUFFIX)


def page(template: Path) -> str:
    """The text of docs/templates.md.

    Args:
        template: Its folder.

    Raises:
        LineError: A file has no line.
    """
    every = files(template)
    return _PAGE.format(
        choices=_choices(),
        pictures="\n".join(_picture(frontend) for frontend in CHOICES["frontend"]),
        always=_tree({file.path: file.line for file in every if not file.conditions}),
        sections="".join(_section(question, title, every) for question, title in _QUESTIONS.items()),
    )


def _picture(frontend: str) -> str:
    names = page_names(frontend)
    return f"""\
<picture>
  <source media="(prefers-color-scheme: dark)" srcset="pictures/{names["dark"]}">
  <img src="pictures/{names["light"]}" width="49%"
    alt="The page of {frontend} in a smoke test: the backend has answered, with its platform and the time it took">
</picture>"""


def _choices() -> str:
    rows = [
        f"| `{question}` | `{choice}`{', the default' if not number else ''} | {meaning} |"
        for question in _QUESTIONS
        for number, (choice, meaning) in enumerate(CHOICES[question].items())
        if len(CHOICES[question]) > 1
    ]
    return "\n".join(("| question | answer | which means |", "| --- | --- | --- |", *rows))


def _section(question: str, title: str, every: Sequence[File]) -> str:
    """What each choice of a question adds; choices that add the same are told together."""
    by_tree: dict[str, list[str]] = {}
    for choice in CHOICES[question]:
        of_choice = [file for file in every if _first(file) == question and choice in file.conditions[question]]
        if of_choice:
            lines = {file.path: file.line + _only_with(question, file) for file in of_choice}
            by_tree.setdefault(_tree(lines), []).append(choice)
    trees = [
        f"\n`{question}`: {', '.join(f'`{choice}`' for choice in choices)}\n\n```\n{drawn}\n```\n"
        for drawn, choices in by_tree.items()
    ]
    return f"\n## {title}\n{''.join(trees)}" if trees else ""


def _first(file: File) -> str:
    """The question that a file is told with; empty for a file that is always there."""
    return next(iter(file.conditions), "")


def _only_with(question: str, file: File) -> str:
    others = [f"{name} {' or '.join(choices)}" for name, choices in file.conditions.items() if name != question]
    return f" (with {', '.join(others)})" if others else ""


def _tree(lines: Mapping[str, str]) -> str:
    """Folders and files, indented, with the lines below one another."""
    rows: list[tuple[str, str]] = []
    shown: set[str] = set()
    for path in sorted(lines, key=lambda path: (path.casefold(), path)):
        *folders, name = path.split("/")
        for depth, folder in enumerate(folders):
            if (whole := "/".join(folders[: depth + 1])) not in shown:
                shown.add(whole)
                rows.append((f"{'  ' * depth}{folder}/", ""))
        rows.append((f"{'  ' * len(folders)}{name}", lines[path]))
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{name:<{width}}  {line}".rstrip() for name, line in rows)
