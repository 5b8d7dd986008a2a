from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dext_tasks.checks.catalogue import RULES as EVERY
from dext_tasks.checks.selection import Selection
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Rule
    from tests.unit.conftest import MakeProject


def chosen(*patterns: str) -> tuple[Rule, ...]:
    return Selection(patterns).chosen(EVERY)


NOWHERE = chosen("icon-nowhere", "ui-*-nowhere", "composefile-nowhere", "binary-nowhere", "compose-side-file-absent")
# What BuildKit refuses is told by a rule of its own.
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
    files = {**TREE_FILES, **{name.replace("__", "/").replace("_", "."): text for name, text in changed.items()}}
    project = make_project({name: text for name, text in files.items() if text is not None})
    return asked_of_tree(TreeSource(project))


def asked_of_tree(tree: TreeSource) -> list[tuple[str, str, str]]:
    said = []
    for code, rule in TREE_RULES.items():
        try:
            said += [(code, problem.what, str(problem.place)) for problem in rule.ask(tree)]
        except NotOfferedError:
            continue
    return said


def dockerfile_lines(*instructions: str) -> str:
    return "".join(f"{line}\n" for line in ("FROM scratch", *instructions))


def test_files_that_the_compose_file_needs(make_project: MakeProject) -> None:
    dockerfile_lines = (
        "    env_file: [.env, there.env, {path: may.env, required: false}, /etc/x, '${X}']\n    secrets: [s]\n"
    )
    compose = (
        f"{TREE_COMPOSE}{dockerfile_lines}secrets: {{s: {{file: ./s.txt}}}}\nconfigs: {{c: {{file: there.env}}}}\n"
    )
    dockerfile = TREE_DOCKERFILE.replace("compose.yaml", "compose.yaml there.env")
    assert found_in_tree(make_project, Dockerfile=dockerfile, compose_yaml=compose, there_env="A=1") == [
        ("compose-side-file-absent", "./s.txt is neither in the source tree nor made by the build", "compose.yaml:6"),
        ("compose-side-file-absent", ".env is neither in the source tree nor made by the build", "compose.yaml:4"),
    ]


def test_the_compose_file_is_the_one_that_is_copied(make_project: MakeProject) -> None:
    metadata = TREE_METADATA.replace("compose.yaml", "docker-compose.yaml")
    dockerfile = TREE_DOCKERFILE.replace(" compose.yaml", "") + "COPY vm/docker-compose.yaml /\n"
    good, development = TREE_COMPOSE, "services:\n  web:\n    build: .\n"
    changed = {"Dockerfile": dockerfile, "metadata_json": metadata, "vm__docker-compose_yaml": good}
    assert found_in_tree(make_project, **changed, **{"docker-compose_yaml": development}) == []
