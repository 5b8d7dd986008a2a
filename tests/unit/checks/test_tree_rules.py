from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks import compose_rules, tree_rules, ui_rules
from dext_tasks.sources.subject import NotOfferedError
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject

RULES = {rule.code: rule for rule in (*tree_rules.RULES, *ui_rules.RULES, *compose_rules.RULES)}
METADATA = json.dumps(
    {
        "icon": "icon.svg",
        "ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}},
        "vm": {"composefile": "compose.yaml"},
    },
    indent=1,
)
COMPOSE = "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n"
DOCKERFILE = "FROM scratch\nCOPY metadata.json icon.svg compose.yaml /\nCOPY ui /ui\n"
FILES = {
    "Dockerfile": DOCKERFILE,
    "metadata.json": METADATA,
    "compose.yaml": COMPOSE,
    "icon.svg": "<svg/>",
    "ui/index.html": "<script src=a.js></script>",
    "ui/a.js": "1",
}


def found(make_project: MakeProject, **changed: str | None) -> list[tuple[str, str, str]]:
    files = {**FILES, **{name.replace("__", "/").replace("_", "."): text for name, text in changed.items()}}
    project = make_project({name: text for name, text in files.items() if text is not None})
    return asked(TreeSource(project))


def asked(tree: TreeSource) -> list[tuple[str, str, str]]:
    said = []
    for code, rule in RULES.items():
        try:
            said += [(code, problem.what, str(problem.place)) for problem in rule.ask(tree)]
        except NotOfferedError:
            continue
    return said


def test_nothing_is_wrong(make_project: MakeProject) -> None:
    assert found(make_project) == []


def test_the_entry_page_of_the_tree_is_read(make_project: MakeProject) -> None:
    page = "<html>\n<script src=/assets/a.js></script>\n<script src=nope.js></script><img src=../x.png>\n"
    assert found(make_project, ui__index_html=page) == [
        (
            "ui-script-absent",
            "nope.js is neither in the source tree nor made by the build",
            "ui/index.html:3",
        ),
        ("ui-picture-absent", "../x.png is outside /ui, the folder that is installed", "ui/index.html:3"),
        ("ui-script-absolute", "/assets/a.js is an absolute address", "ui/index.html:2"),
    ]


BUILT = """FROM node AS client
COPY ui /ui
RUN npm run build
FROM alpine
COPY --from=client /ui/dist /ui
COPY metadata.json icon.svg compose.yaml .
"""
IN_PLACE = f"{DOCKERFILE}RUN npm run build\n"


@pytest.mark.parametrize("dockerfile", [BUILT, BUILT.replace("/ui/dist", "/ui"), IN_PLACE, "FROM acme/ui\n", "FROM"])
def test_what_a_build_makes_of_a_page_is_not_judged(dockerfile: str, make_project: MakeProject) -> None:
    page = "<script type=module src=/src/main.tsx></script><script src=nope.js></script>"
    assert found(make_project, Dockerfile=dockerfile, ui__index_html=page, ui__dist__index_html=page) == []


def test_a_built_ui_in_the_tree_is_judged(make_project: MakeProject) -> None:
    dockerfile = DOCKERFILE.replace("COPY ui /ui", "COPY ui/dist /ui")
    page = "<script src=assets/a.js></script><script src=b.js></script>"
    said = found(make_project, Dockerfile=dockerfile, ui__dist__index_html=page, ui__dist__assets__a_js="1")
    assert [(code, what.split()[0]) for code, what, _ in said] == [("ui-script-absent", "b.js")]


def test_a_bundle_may_be_made_beside_its_sources(make_project: MakeProject) -> None:
    page = "<script src=bundle.js></script><script src=/bundle.js></script>"
    assert [code for code, *_ in found(make_project, ui__index_html=page, ui__package_json="{}")] == [
        "ui-script-absolute"
    ]


def test_a_page_that_is_not_built_yet_is_not_judged(make_project: MakeProject) -> None:
    assert found(make_project, Dockerfile=DOCKERFILE.replace("COPY ui /ui", "COPY ui/dist /ui")) == []


@pytest.mark.parametrize("dockerfile", [DOCKERFILE, DOCKERFILE.replace(" icon.svg", "")])
def test_an_icon_that_nothing_has(dockerfile: str, make_project: MakeProject) -> None:
    assert found(make_project, Dockerfile=dockerfile, icon_svg=None) == [
        (
            "icon-nowhere",
            "metadata.json: icon /icon.svg is neither in the source tree nor made by the build",
            "metadata.json:2",
        )
    ]


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM acme/base\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nRUN wget icon.svg\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nCOPY --from=acme/icons / /\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nADD https://acme.org/icon.svg /\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nARG A\nCOPY $A /\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nCOPY <<EOF /icon.svg\n<svg/>\nEOF\n",
    ],
)
def test_an_icon_may_come_from_elsewhere(dockerfile: str, make_project: MakeProject) -> None:
    assert found(make_project, Dockerfile=dockerfile, icon_svg=None) == []


def test_an_icon_somewhere_in_the_tree_is_left_to_the_image(make_project: MakeProject) -> None:
    dockerfile = DOCKERFILE.replace(" icon.svg", "")
    assert found(make_project, Dockerfile=dockerfile, icon_svg=None, art__icon_svg="<svg/>") == []


def test_files_that_the_compose_file_needs(make_project: MakeProject) -> None:
    lines = "    env_file: [.env, there.env, {path: may.env, required: false}, /etc/x, '${X}']\n    secrets: [s]\n"
    compose = f"{COMPOSE}{lines}secrets: {{s: {{file: ./s.txt}}}}\nconfigs: {{c: {{file: there.env}}}}\n"
    dockerfile = DOCKERFILE.replace("compose.yaml", "compose.yaml there.env")
    assert found(make_project, Dockerfile=dockerfile, compose_yaml=compose, there_env="A=1") == [
        ("compose-side-file-absent", "./s.txt is neither in the source tree nor made by the build", "compose.yaml:6"),
        ("compose-side-file-absent", ".env is neither in the source tree nor made by the build", "compose.yaml:4"),
    ]


def test_the_compose_file_is_the_one_that_is_copied(make_project: MakeProject) -> None:
    metadata = METADATA.replace("compose.yaml", "docker-compose.yaml")
    dockerfile = DOCKERFILE.replace(" compose.yaml", "") + "COPY vm/docker-compose.yaml /\n"
    good, development = COMPOSE, "services:\n  web:\n    build: .\n"
    changed = {"Dockerfile": dockerfile, "metadata_json": metadata, "vm__docker-compose_yaml": good}
    assert found(make_project, **changed, **{"docker-compose_yaml": development}) == []


def test_the_own_image_is_the_one_of_the_settings(make_project: MakeProject) -> None:
    compose = f"{COMPOSE}  old:\n    image: docker.io/acme/x:1.0\n"
    tree = TreeSource(make_project({**FILES, "compose.yaml": compose}, image="acme/x"))
    assert asked(tree) == [
        ("compose-own-image-hardcoded", "service old runs acme/x:1.0, the extension's own image", "compose.yaml:5")
    ]
