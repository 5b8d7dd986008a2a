from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.checks.extension_tree import (
    TREE_COMPOSE,
    TREE_DOCKERFILE,
    TREE_METADATA,
    found_in_tree,
)

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject


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
