"""Source trees of an extension for the tests of rules, each with one thing changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dext_tasks.checks.catalogue import RULES as EVERY
from dext_tasks.checks.selection import Selection
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.checks.rule import Rule
    from tests.unit.conftest import MakeProject


def chosen(*patterns: str) -> tuple[Rule, ...]:
    """Rules by patterns of their codes."""
    return Selection(patterns).chosen(EVERY)


NOWHERE = chosen("icon-nowhere", "ui-*-nowhere", "composefile-nowhere", "binary-nowhere", "compose-side-file-absent")
OF_IMAGES = chosen(
    "icon-absent",
    "icon-format",
    "ui-*-absent",
    "composefile-absent",
    "binary-absent",
    "ui-entry-useless",
    "binary-not-executable",
    "binary-name-clash",
)
METADATA_RULES = chosen("metadata-*")
# What BuildKit refuses has a rule of its own.
TREE_RULES = {
    rule.code: rule
    for rule in (
        *chosen("copy-*", "build-*", "dockerignore-*", "argument-*"),
        *NOWHERE,
        *chosen("ui-script-*", "ui-picture-*", "ui-style-*"),
        *chosen(
            "compose-syntax",
            "compose-schema",
            "compose-build*",
            "compose-own-*",
            "compose-image-[fiv]*",
            "compose-external",
            "compose-variable-*",
            "compose-dependency-*",
            "compose-port-*",
            "compose-container-*",
        ),
    )
}
PLATFORM_RULES = chosen("platform-*", "final-*", "program-wrong-architecture")
TREE_METADATA = json.dumps(
    {
        "icon": "icon.svg",
        "ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}},
        "vm": {"composefile": "compose.yaml"},
    },
    indent=1,
)
TREE_COMPOSE = "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n"
TREE_DOCKERFILE = "FROM scratch\nCOPY metadata.json icon.svg compose.yaml /\nCOPY ui /ui\n"
TREE_FILES = {
    "Dockerfile": TREE_DOCKERFILE,
    "metadata.json": TREE_METADATA,
    "compose.yaml": TREE_COMPOSE,
    "icon.svg": "<svg/>",
    "ui/index.html": "<script src=a.js></script>",
    "ui/a.js": "1",
}


def found_in_tree(make_project: MakeProject, **changed: str | None) -> list[tuple[str, str, str]]:
    """Codes, texts and places of what is found in a good tree with these files changed; None is for none."""
    files = {**TREE_FILES, **{name.replace("__", "/").replace("_", "."): text for name, text in changed.items()}}
    project = make_project({name: text for name, text in files.items() if text is not None})
    return asked_of_tree(TreeSource(project))


def asked_of_tree(tree: TreeSource) -> list[tuple[str, str, str]]:
    """The same of a tree."""
    said = []
    for code, rule in TREE_RULES.items():
        try:
            said += [(code, problem.what, str(problem.place)) for problem in rule.ask(tree)]
        except NotOfferedError:
            continue
    return said


def dockerfile_lines(*instructions: str) -> str:
    """A Dockerfile with these instructions."""
    return "".join(f"{line}\n" for line in ("FROM scratch", *instructions))


def tree_with(make_project: MakeProject, changed: Mapping[str, str | None], **settings: object) -> TreeSource:
    """A good tree with these files changed; None is for none."""
    files = {name: text for name, text in {**TREE_FILES, **changed}.items() if text is not None}
    return TreeSource(make_project(files, **settings))


def asked_per_platform(make_project: MakeProject, dockerfile: str, **settings: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - any setting
    """The same of a tree that is a Dockerfile, from the rules that look at each platform."""
    tree = TreeSource(make_project({"Dockerfile": dockerfile}, **settings))
    said = []
    for rule in PLATFORM_RULES:
        try:
            said += [(rule.code, problem.what, str(problem.place)) for problem in rule.ask(tree)]
        except NotOfferedError:
            continue
    return said
