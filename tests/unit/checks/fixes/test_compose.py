from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.fixes.edit import Choice
from tests.unit.checks.extension_tree import TREE_FILES
from tests.unit.checks.fixes.proposals import apply, findings, fixed, options, proposals

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.project import Project
    from tests.unit.conftest import MakeProject

OWN = "me/mine-extension"


def planted(make_project: MakeProject, compose: str, **files: str) -> Project:
    named = {name.replace("_", "."): text for name, text in files.items()}
    return make_project({**TREE_FILES, **named, "compose.yaml": compose}, image=OWN)


STYLES: dict[str, Callable[[str], str]] = {
    "two spaces": lambda text: text,
    "four spaces": lambda text: "\n".join("  " * ((len(x) - len(x.lstrip())) // 2) + x for x in text.split("\n")),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "byte order mark": lambda text: "\ufeff" + text,
    "comments": lambda text: "# é\n" + text.replace("services:\n", "services:  # all\n\n"),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        (
            "compose-own-image-hardcoded",
            f"services:\n  web:\n    image: {OWN}:1.0  # ours\n    read_only: true\n",
            "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE}  # ours\n    read_only: true\n",
        ),
        (
            "compose-own-image-hardcoded",
            f"services:\n  web: {{image: '{OWN}:1.0'}}\n",
            "services:\n  web: {image: '${DESKTOP_PLUGIN_IMAGE}'}\n",
        ),
        (
            "compose-build-leftover",
            (
                "services:\n  web:\n    build:\n      context: .\n      # for us\n      dockerfile: Dockerfile\n"
                "    # é\n    image: a/b:1\n"
            ),
            "services:\n  web:\n    # é\n    image: a/b:1\n",
        ),
        (
            "compose-build-leftover",
            "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n    build: ./vm # é\n",
            "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n",
        ),
        (
            "compose-build",
            "services:\n  web:\n    build: . # é\n    read_only: true\n",
            "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE} # é\n    read_only: true\n",
        ),
        (
            "compose-build",
            "services:\n  web:\n    build:\n      context: ./\n      dockerfile: Dockerfile\n    read_only: true\n",
            "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n    read_only: true\n",
        ),
        (
            "compose-container-name",
            (
                "services:\n  web:\n    image: a/b:1\n    container_name: my-web\n\n"
                "  db:\n    image: c\n    container_name: db\n"
            ),
            "services:\n  web:\n    image: a/b:1\n\n  db:\n    image: c\n",
        ),
    ],
)
def test_one_right_answer(make_project: MakeProject, style: str, code: str, before: str, after: str) -> None:
    write = STYLES[style]
    project = planted(make_project, write(before))
    assert findings(project, code)
    assert fixed(project, code)
    assert (project.root / "compose.yaml").read_bytes().decode() == write(after)


@pytest.mark.parametrize(
    ("code", "compose"),
    [
        ("compose-own-image-hardcoded", f"x: &i {OWN}:1\nservices:\n  web:\n    image: *i\n"),
        ("compose-build-leftover", "x: &b\n  build: .\nservices:\n  web:\n    <<: *b\n    image: x/y:1\n"),
        ("compose-build", "services:\n  web:\n    build: ./backend\n"),
        ("compose-build", "services:\n  web:\n    build: ..\n"),
        ("compose-build", "services:\n  web:\n    build: ${WHERE:-.}\n"),
        ("compose-build", "services:\n  web:\n    build: {context: ., dockerfile: Other}\n"),
        ("compose-build", "services:\n  web:\n    build: {context: ., target: other}\n"),
        ("compose-build", "services:\n  web:\n    build: {context: ., args: {A: 1}}\n"),
        ("compose-build", "services:\n  web:\n    build:\n      # why\n      context: .\n"),
        ("compose-build", "services:\n  web:\n    build: {context: [.]}\n"),
        ("compose-container-name", "services:\n  web:\n    container_name: only\n"),
        (
            "compose-container-name",
            (
                "services:\n  web:\n    image: x/y:1\n    container_name: a-b\n"
                "  db:\n    network_mode: container:a-b\n    image: z:1\n"
            ),
        ),
        (
            "compose-container-name",
            (
                "services:\n  web:\n    image: x/y:1\n    container_name: web\n"
                "  db:\n    network_mode: container:web\n    image: z:1\n"
            ),
        ),
        (
            "compose-container-name",
            "services:\n  web:\n    image: x/y:1\n    container_name: ${N:-n}-x\n    init: true\n    hostname: n-x\n",
        ),
    ],
)
def test_what_nobody_can_know_is_left(make_project: MakeProject, code: str, compose: str) -> None:
    project = planted(make_project, compose)
    assert findings(project, code)
    assert set(proposals(project, code)) == {None}


def test_a_container_that_a_script_calls_by_its_name_keeps_it(make_project: MakeProject) -> None:
    compose = "services:\n  web:\n    image: a/b:1\n    container_name: my-web\n"
    project = planted(make_project, compose, run_sh='docker exec "my-web" ls\n')
    assert proposals(project, "compose-container-name") == [None]
    project = planted(make_project, compose, run_sh="psql -hmy-web\n")
    assert proposals(project, "compose-container-name") == [None]
    project = planted(make_project, compose, run_sh="docker exec my-web-2 ls\n")
    assert fixed(project, "compose-container-name")


def test_the_only_place_that_says_how_an_image_is_built_goes_by_choice_alone(make_project: MakeProject) -> None:
    project = planted(make_project, "services:\n  db:\n    build: ./db\n    image: me/db:1\n")
    (proposal,) = proposals(project, "compose-build-leftover")
    assert isinstance(proposal, Choice)
    assert proposal.question == "is me/db:1 built without this build: of db?"
    apply(project, options(proposal)["yes: remove build: from db, which has an image"])
    assert not findings(project, "compose-build-leftover")


def test_what_only_looks_like_the_own_image_is_asked(make_project: MakeProject) -> None:
    project = planted(make_project, "services:\n  web:\n    image: you/your-extension:1\n")
    (proposal,) = proposals(project, "compose-own-image-hardcoded")
    assert isinstance(proposal, Choice)
    assert proposal.question == "is you/your-extension:1 the extension's own image?"
    apply(project, options(proposal)["yes: write ${DESKTOP_PLUGIN_IMAGE} for the extension's own image"])
    assert not findings(project, "compose-own-image-hardcoded")


def test_what_nobody_can_look_through_may_say_the_name(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dext_tasks.checks.fixes.compose._MOST_FILES", 2)
    project = planted(make_project, "services:\n  web:\n    image: a/b:1\n    container_name: my-web\n")
    assert proposals(project, "compose-container-name") == [None]


def test_a_heredoc_of_the_dockerfile_is_no_file_of_its_own(make_project: MakeProject) -> None:
    compose = "services:\n  web:\n    image: a/b:1\n    container_name: my-web\n"
    dockerfile = f"FROM scratch\nCOPY metadata.json icon.svg /\nCOPY <<EOF /compose.yaml\n{compose}EOF\n"
    project = planted(make_project, compose, Dockerfile=dockerfile)
    assert findings(project, "compose-container-name")
    assert proposals(project, "compose-container-name") == [None]
