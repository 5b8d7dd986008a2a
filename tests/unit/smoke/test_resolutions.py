from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from string import Template
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.engine.services import Services
from dext_tasks.errors import EngineCommandError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.parallel import for_each
from dext_tasks.smoke.outcome import ProbeFailedError
from dext_tasks.smoke.resolutions import ComposeQuestion, Resolutions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dext_tasks.engine.client import Client

Ask = Callable[..., ComposeQuestion]
_NONE: Mapping[str, str] = MappingProxyType({})
FILE = {
    "image": "${DESKTOP_PLUGIN_IMAGE}",
    "environment": {"A": "<${DESKTOP_PLUGIN_IMAGE}>", "P": "${COMPOSE_PROJECT_NAME}-x", "$COMPOSE_PROJECT_NAME": "key"},
    "volumes": ["${HERE}/data", "${HERE}/../../beside"],
    "command": ['"$$HOME"\n', "dext-build/acme:linux-amd64"],
}


@dataclass(frozen=True)
class Compose(Services):
    """A compose that replaces variables and splits what is to be split.

    Attributes:
        asked: Projects it was asked for.
        refuses: What it says of every file.
    """

    asked: list[str]
    refuses: list[Exception]

    def resolve(self, file: Path, env_files: Sequence[Path], environment: Mapping[str, str] = _NONE) -> dict[str, Any]:
        self.asked.append(self.project)
        for each in self.refuses:
            raise each
        lines = [line for each in env_files for line in each.read_text(encoding="utf-8").splitlines()]
        variables = dict(line.split("=", 1) for line in lines)
        variables |= {"HERE": str(file.parent), "COMPOSE_PROJECT_NAME": self.project, **environment}
        service = json.loads(Template(file.read_text(encoding="utf-8")).substitute(variables))
        split = service.pop("split", "").split(":")
        return {"name": self.project, "services": {"a": {**service, "split": split}}}


@pytest.fixture
def compose(client: Client) -> Compose:
    return Compose(client, "", [], [])


@pytest.fixture
def ask(compose: Compose, tmp_path: Path) -> Ask:
    """Makes a question of an installation."""

    def make(number: int, file: object = FILE, **others: Any) -> ComposeQuestion:  # noqa: ANN401 - of a question
        project = tmp_path / f"dext-{number}random" / "project"
        project.mkdir(parents=True)
        (project / "c.yaml").write_text(json.dumps(file), encoding="utf-8")
        contents = {str(project / "c.yaml"): json.dumps(file).encode()}
        services = replace(compose, project=f"acme-{number}")
        made = ComposeQuestion(project / "c.yaml", (), contents, {}, f"dext-build/acme:linux-{number}", services)
        return replace(made, **others)

    return make


def test_one_answer_is_that_of_every_installation(ask: Ask, compose: Compose) -> None:
    resolutions, questions = Resolutions(), [ask(1), ask(2), ask(3)]
    answers = for_each(range(3), lambda index: resolutions.answer(questions[index]), Cancellation())
    assert len(compose.asked) == 1
    assert [*answers.values()] == [each.ask() for each in questions]
    assert answers[1]["services"]["a"]["environment"] == {
        "A": "<dext-build/acme:linux-2>",
        "P": "acme-2-x",
        "acme-2": "key",
    }


@pytest.mark.parametrize(
    "others",
    [
        {"own": "sha256:12"},
        {"own": "localhost:5000/dext-build/acme:linux-2"},
        {"environment": {"TOKEN": "1"}},
        {"contents": {}},
        {"contents": None},
        {"file": {**FILE, "command": []}},
    ],
    ids=["id", "reference with a port", "environment", "contents", "unknown contents", "file"],
)
def test_what_decides_the_answer_is_asked_anew(ask: Ask, compose: Compose, others: dict[str, Any]) -> None:
    resolutions, second = Resolutions(), ask(2, **others)
    resolutions.answer(ask(1))
    answer = resolutions.answer(second)
    assert len(compose.asked) == 2
    assert answer == second.ask()


def test_variables_beside_the_file_decide_too(ask: Ask, compose: Compose) -> None:
    resolutions, first, second = Resolutions(), ask(1), ask(2)
    beside = second.file.parent / ".env"
    beside.touch()
    resolutions.answer(first)
    resolutions.answer(replace(second, beside=(beside,)))
    assert len(compose.asked) == 2


def test_so_does_what_paths_out_of_the_folder_lead_to(ask: Ask, compose: Compose, tmp_path: Path) -> None:
    resolutions, first, second = Resolutions(), ask(1), ask(2)
    elsewhere = tmp_path / "deeper" / "dext-2random"
    elsewhere.parent.mkdir()
    second.top.rename(elsewhere)
    file = elsewhere / "project" / "c.yaml"
    moved = replace(second, file=file, contents={str(file): file.read_bytes()})
    resolutions.answer(first)
    assert resolutions.answer(moved) == moved.ask()
    assert len(compose.asked) == 3


def test_a_reference_that_compose_splits_is_asked_for_itself(ask: Ask) -> None:
    resolutions, file = Resolutions(), {"split": "${DESKTOP_PLUGIN_IMAGE}:/data"}
    for number in (1, 2):
        answer = resolutions.answer(ask(number, file))
        assert answer["services"]["a"]["split"] == ["dext-build/acme", f"linux-{number}", "/data"]


def test_nobody_else_has_the_same_document(ask: Ask) -> None:
    resolutions, first, second = Resolutions(), ask(1), ask(2)
    resolutions.answer(first).clear()
    assert resolutions.answer(second) == second.ask()


def test_a_refusal_is_said_in_the_words_of_the_installation_and_not_kept(ask: Ask, compose: Compose) -> None:
    resolutions, first = Resolutions(), ask(1)
    compose.refuses.append(EngineCommandError("no", remedy=""))
    with pytest.raises(ProbeFailedError, match="no"):
        resolutions.answer(first)
    words = first.top.joinpath("variables.env").read_text(encoding="utf-8").strip().partition("=")[2]
    said = EngineCommandError(f"{words} no", remedy="", detail=f"{compose.asked[0]}: {words}")
    compose.refuses[:] = [said]
    with pytest.raises(ProbeFailedError) as caught:
        resolutions.answer(first)
    assert (str(caught.value), caught.value.evidence) == (f"{first.own} no", f"acme-1: {first.own}")
    compose.refuses.clear()
    assert resolutions.answer(first) == first.ask()


def test_the_end_of_the_run_is_no_refusal(ask: Ask, compose: Compose) -> None:
    compose.refuses.append(Interrupted("interrupted", remedy=""))
    with pytest.raises(Interrupted):
        Resolutions().answer(ask(1))
