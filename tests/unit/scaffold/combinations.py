"""Every combination of the template's choices, each rendered as copier does it, in a fraction of the time.

Copier takes a quarter of a second for one. Most files depend on a few answers only, so that each is rendered once for
all combinations with the same of these. `test_combinations.py` compares samples with what copier makes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from dext_tasks.scaffold.answers import ANSWERS_FILE, CHOICES, Answers, derive
from dext_tasks.scaffold.render import template_values
from dext_tasks.scaffold.templates import template_path
from dext_tasks.scaffold.validation import problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CHOSEN = [name for name in CHOICES if name != "category"]
PLAIN = {"image": "acme/log-viewer", "title": "Log Viewer", "vendor": "Acme", "year": "2026"}
# Everything that means something to one of the formats; a rule on texts finds fault with some of it.
HOSTILE = {
    "image": "ghcr.io/acme/a.b_c-1",
    "title": "\"Q\" \\ $HOME ${x} <script>alert('1')</script> & größe 🐋 # {{ 7 * 7 }} {% raw %} \\",
    "description": '- yes: no | %} </title> "\\" ends with a backslash \\',
    "vendor": 'O\'Neil & "Söhne", $1 {{ x }}',
    "publisher_url": "https://acme.example/?a=$b&c='d'",
    "repository": "https://git.acme.example:8443/~me/a.b",
    "year": "2026",
}


def every_combination(texts: Mapping[str, str] = HOSTILE, **fixed: str) -> Iterator[Answers]:
    """Each that no answer contradicts.

    Args:
        texts: The other answers.
        fixed: Choices that each of them has.
    """
    choices = [[fixed[name]] if name in fixed else list(CHOICES[name]) for name in CHOSEN]
    for chosen in product(*choices):
        answers = derive("log-viewer", **texts, **dict(zip(CHOSEN, chosen, strict=True)))
        if not problems(answers):
            yield answers


def named(answers: Answers) -> str:
    """What was chosen, on one line."""
    return " ".join(f"{name}={answer}" for name, answer in answers.written().items() if name in CHOSEN)


def sample() -> list[Answers]:
    """Few, in which each two choices that can be combined are."""
    left: dict[Answers, set[tuple[object, object]]] = {each: _pairs(each) for each in every_combination()}
    found = []
    while left:
        best = max(left, key=lambda each: len(left[each]))
        found.append(best)
        covered = left[best]
        left = {each: rest for each, pairs in left.items() if (rest := pairs - covered)}
    return found


def _pairs(answers: Answers) -> set[tuple[object, object]]:
    chosen = [(name, getattr(answers, name)) for name in CHOSEN]
    return {(one, other) for at, one in enumerate(chosen) for other in chosen[at + 1 :]}


@dataclass
class _Source:
    """A file of the template.

    Attributes:
        path: From the template's root.
        names: Answers that its text or path names, or those of what it includes.
    """

    path: str
    names: tuple[str, ...]
    rendered: dict[tuple[object, ...], tuple[str, bytes]] = field(default_factory=dict)


class Renderer:
    """Renders combinations, each as a mapping of paths to contents; those that two share are the same object."""

    def __init__(self) -> None:
        self._root = template_path()
        # As copier makes it, and strict: https://github.com/copier-org/copier/blob/master/copier/_main.py (jinja_env)
        self._jinja = SandboxedEnvironment(
            loader=FileSystemLoader(self._root),
            extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
            keep_trailing_newline=True,
            undefined=StrictUndefined,
        )

    def files(self, answers: Answers) -> dict[str, bytes]:
        """What it consists of."""
        values = template_values(answers) | {"_copier_conf": SimpleNamespace(answers_file=ANSWERS_FILE)}
        made = (self._made(source, values) for source in self._sources)
        return dict(sorted((path, content) for path, content in made if path))

    @cached_property
    def _sources(self) -> list[_Source]:
        project = self._root / "project"
        return [self._source(path, project) for path in sorted(project.rglob("*")) if path.is_file()]

    def _source(self, path: Path, project: Path) -> _Source:
        relative = path.relative_to(project).as_posix()
        text = relative
        if path.suffix == ".jinja":
            text += path.read_text(encoding="utf-8")
            if "parts/" in text:
                text += "".join(part.read_text(encoding="utf-8") for part in (self._root / "parts").rglob("*.jinja"))
        words = set(re.findall(r"\w+", text))
        return _Source(relative, tuple(name for name in CHOSEN if name in words))

    def _made(self, source: _Source, values: Mapping[str, Any]) -> tuple[str, bytes]:
        # The title stands for all texts: each of the two sets has its own.
        key = tuple(values[name] for name in ("title", *source.names))
        if key not in source.rendered:
            source.rendered[key] = self._render(source.path, values)
        return source.rendered[key]

    def _render(self, path: str, values: Mapping[str, Any]) -> tuple[str, bytes]:
        parts = [self._jinja.from_string(part).render(values) for part in path.split("/")]
        parts[-1] = parts[-1].removesuffix(".jinja")
        if not all(parts):
            return "", b""
        if path.endswith(".jinja"):
            content = self._jinja.get_template(f"project/{path}").render(values).encode()
        else:
            content = (self._root / "project" / path).read_bytes()
        return "/".join(parts), content
