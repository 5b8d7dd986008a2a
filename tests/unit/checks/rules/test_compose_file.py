from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks.compose_text import COMPOSE_RULES, OWN_SERVICE, WAITS, composed, found_in_compose, second_service
from tests.unit.checks.extension_tree import TREE_COMPOSE, TREE_DOCKERFILE, TREE_METADATA, found_in_tree
from tests.unit.checks.fake_source import BY_CODE

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


@pytest.mark.parametrize(
    "text",
    [
        OWN_SERVICE,
        second_service("volumes: [data:/data, './conf:/conf']") + "volumes: {data: }\n",
        second_service("ports: ['80']"),
        second_service("network_mode: bridge"),
        second_service("cap_drop: [ALL]"),
        second_service("security_opt: ['no-new-privileges:true']"),
        second_service("volumes: ['/run/guest-services:/run/guest-services']"),
    ],
)
def test_nothing_is_wrong(text: str) -> None:
    assert found_in_compose(text) == {}


@pytest.mark.parametrize(
    ("text", "code", "what", "line"),
    [
        (
            "services: [",
            "compose-syntax",
            "line 1, column 12: expected the node content, but found '<stream end>'",
            1,
        ),
        (
            second_service("imge: x"),
            "compose-schema",
            "services.db.imge: Additional property imge is not allowed; did you mean image?",
            6,
        ),
        (
            second_service("volumes: ['data:/d']") + "volumes:\n  data:\n    external: true\n    name: theirs\n",
            "compose-external",
            "the volume theirs is external",
            8,
        ),
        (
            second_service("command: '${HOME}/x'"),
            "compose-variable-system",
            "${HOME}/x has HOME, which is not set on Windows",
            6,
        ),
        (
            second_service("command: '${USERPROFILE:?must}'"),
            "compose-variable-required",
            "${USERPROFILE:?must} needs USERPROFILE, which is not set on macOS and Linux",
            6,
        ),
        (
            second_service("restart: unless-stopped\n    depends_on: []\n  b:\n    image: b:1\n" + WAITS),
            "compose-dependency-endless",
            "service b waits until db has completed, which is started again whenever it ends",
            4,
        ),
        (
            second_service("volumes: [data:/data]"),
            "compose-schema",
            "services.db refers to undefined volume data",
            6,
        ),
    ],
)
def test_one_thing_is_wrong_and_one_rule_says_so(text: str, code: str, what: str, line: int) -> None:
    assert found_in_compose(text) == {code: [(what, line)]}


@pytest.mark.parametrize("kind", ["secret", "config"])
def test_what_compose_does_not_support_is_not_to_be_made_by_it(kind: str) -> None:
    text = second_service(f"{kind}s: [a]") + f"{kind}s: {{a: {{external: true}}}}\n"
    (problem,) = BY_CODE["compose-external"].ask(composed(text.encode()))
    assert problem.what == f"the {kind} a is external"
    assert problem.fix.endswith(f"Compose does not support external {kind}s")


def test_a_file_that_is_not_there_is_another_rules() -> None:
    assert [problem for rule in COMPOSE_RULES for problem in rule.ask(composed(None))] == []


LEAVES = st.none() | st.booleans() | st.text() | st.sampled_from(["host", "/:/x\n", "${A}", "a:b:c", "\u202e:1"])
KEYS = st.sampled_from(
    ["image", "build", "ports", "volumes", "cap_add", "devices", "security_opt", "container_name", "pid", "privileged"]
)
SERVICES = st.dictionaries(KEYS, LEAVES | st.lists(LEAVES | st.dictionaries(st.text(max_size=5), LEAVES), max_size=3))


@given(st.dictionaries(st.text(max_size=9), SERVICES | LEAVES, max_size=3), st.text(max_size=9))
def test_every_rule_has_an_answer_to_anything(services: dict[str, object], key: str) -> None:
    text = json.dumps({"services": services, key: 1})
    for said in found_in_compose(text).values():
        assert all("\n" not in what and "\u202e" not in what for what, _ in said)
