"""Compose itself gives each installation of the same files the answer that is made of another one's."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.engine.client import Client
from dext_tasks.engine.services import Services
from dext_tasks.smoke.resolutions import ComposeQuestion, Resolutions

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = {
    "docker-compose.yaml": """
x-all: &all
  environment: [IMAGE=$DESKTOP_PLUGIN_IMAGE, "PROJECT=${COMPOSE_PROJECT_NAME:?}", EMPTY=, "$MORE=key"]
services:
  first:
    <<: *all
    image: ${NONE:-${DESKTOP_PLUGIN_IMAGE}}
    command: sh -c "echo $${HOME} '<&>' ${DESKTOP_PLUGIN_IMAGE:+given}"
    env_file: more.env
    volumes: [./data:/data, ../beside:/beside, ../../above:/above, named:/named]
    ports: ["8080:80"]
    labels: {of: "${COMPOSE_PROJECT_NAME}/${DESKTOP_PLUGIN_IMAGE}"}
  second:
    extends: {file: more.yaml, service: base}
    image: sidecar
    depends_on: [first]
configs: {c: {file: ./c.txt}}
volumes: {named: {}}
networks: {own: {name: "${COMPOSE_PROJECT_NAME}-n"}}
""",
    "more.yaml": "services: {base: {environment: {FROM: '${MORE}'}, build: ./base}}\n",
    "more.env": "A=${DESKTOP_PLUGIN_IMAGE}\nB='$C'\n",
    ".env": "MORE=${DESKTOP_PLUGIN_IMAGE}@${COMPOSE_PROJECT_NAME}\n",
}


@pytest.fixture
def questions() -> Iterator[list[ComposeQuestion]]:
    """The same files, installed for two platforms."""
    with (
        tempfile.TemporaryDirectory(prefix="dext-") as first,
        tempfile.TemporaryDirectory(prefix="dext-") as second,
    ):
        yield [_question(Path(top), name) for top, name in ((first, "amd64"), (second, "arm64"))]


def _question(top: Path, name: str) -> ComposeQuestion:
    project = top / "project"
    project.mkdir()
    for file, text in FILES.items():
        (project / file).write_text(text, encoding="utf-8")
    return ComposeQuestion(
        file=project / "docker-compose.yaml",
        beside=(project / ".env",),
        contents={str(project / file): text.encode() for file, text in FILES.items()},
        environment={},
        own=f"dext-build/acme_demo:linux-{name}",
        services=Services(Client(), f"acme_demo-desktop-extension-{name}"),
    )


def test_an_answer_that_is_made_of_another_one_is_that_of_compose(
    questions: list[ComposeQuestion], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolutions = Resolutions()
    own = [question.ask() for question in questions]
    assert own[0] != own[1]
    asked, ask = [], ComposeQuestion.ask

    def noted(question: ComposeQuestion) -> dict[str, Any]:
        asked.append(question)
        return ask(question)

    monkeypatch.setattr(ComposeQuestion, "ask", noted)
    assert [resolutions.answer(question) for question in questions] == own
    assert len(asked) == 1
