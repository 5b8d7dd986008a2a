from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.errors import EngineCommandError, GrantMissingError
from dext_tasks.smoke.forecast import require_grants
from dext_tasks.smoke.installation import Tools
from tests.unit.smoke.conftest import FakeServices, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.engine.client import Client
    from tests.unit.conftest import MakeProject
    from tests.unit.smoke.conftest import MakeTools

Forecast = Callable[..., None]

COMPOSE = "compose/docker-compose.yaml"
METADATA = json.dumps({"vm": {"composefile": f"/{COMPOSE}"}})
DOCKERFILE = "FROM scratch\nCOPY metadata.json /\nCOPY compose /compose\n"
SOCKET = {"type": "bind", "source": "/var/run/docker.sock", "target": "/s"}


@pytest.fixture
def forecast(
    world: World, make_tools: MakeTools, make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> Forecast:
    """Look at a source tree of these files; what compose makes of it is the world's."""

    def services(client: Client, project: str) -> FakeServices:
        return FakeServices(client, project, world)

    def run(files: Mapping[str, str], **settings: Any) -> None:  # noqa: ANN401 - any setting
        project = make_project({"Dockerfile": DOCKERFILE, "metadata.json": METADATA, **files}, **settings)
        tools = make_tools()
        require_grants(Tools(tools.engine, project.settings, project.root), project)

    monkeypatch.setattr("dext_tasks.smoke.forecast.Services", services)
    return run


def asking(**keys: object) -> dict[str, Any]:
    return {"services": {"a": {"image": "x", **keys}}}


def test_what_the_resolved_document_asks_for_and_is_not_granted(world: World, forecast: Forecast) -> None:
    world.resolved = asking(volumes=[SOCKET], privileged=True)
    with pytest.raises(GrantMissingError) as caught:
        forecast({COMPOSE: "services: {}"}, smoke_allow=("privileged",))
    assert caught.value.exit_code == 52
    assert caught.value.message == (
        "the backend would not be started on linux/amd64, linux/arm64, "
        "since it asks for what is not granted: engine-socket"
    )
    assert caught.value.remedy == (
        'set smoke.allow: ["engine-socket"] (or give --allow engine-socket), '
        "or smoke.start-optional: true (--smoke-start-optional) to release it untested"
    )
    # One answer is that of both platforms.
    assert world.calls == ["resolve"]
    assert not any(path.exists() for path in world.folders)


@pytest.mark.parametrize(
    "settings",
    [{"smoke_allow": ("engine-socket",)}, {"smoke_engine_socket": True}, {"smoke_start_optional": True}],
)
def test_what_is_granted_or_optional_stops_nothing(
    world: World, forecast: Forecast, settings: dict[str, object]
) -> None:
    world.resolved = asking(volumes=[SOCKET])
    forecast({COMPOSE: "services: {}"}, **settings)


def test_files_of_the_machine_are_missed_before_compose_reads_them(world: World, forecast: Forecast) -> None:
    with pytest.raises(GrantMissingError, match="host-file:/etc/passwd"):
        forecast({COMPOSE: "include: [more/b.yaml]", "compose/more/b.yaml": "include: [/etc/passwd]"})
    assert world.calls == []


def test_vm_image_may_ask_for_a_variable(forecast: Forecast) -> None:
    with pytest.raises(GrantMissingError, match="environment:TOKEN"):
        forecast({"metadata.json": json.dumps({"vm": {"image": "x:$TOKEN"}}), "compose/x": ""})


@pytest.mark.parametrize(
    ("files", "dockerfile"),
    [
        ({COMPOSE: "include: [/etc/passwd]"}, f"{DOCKERFILE}RUN sed -i s/a/b/ /{COMPOSE}\n"),
        ({COMPOSE: "include: [b.yaml]"}, f"{DOCKERFILE}RUN make /compose/b.yaml\n"),
        ({COMPOSE: "include: [/etc/passwd]"}, "FROM scratch\nCOPY metadata.json /\n"),
        ({COMPOSE: "include: [/etc/passwd]", "metadata.json": "[]"}, DOCKERFILE),
        ({COMPOSE: "include: [/etc/passwd]", "metadata.json": "{}"}, DOCKERFILE),
        ({COMPOSE: "include: [/etc/passwd]", "metadata.json": "no JSON"}, DOCKERFILE),
        ({COMPOSE: "a: ["}, DOCKERFILE),
    ],
    ids=["changed", "made", "not copied", "no object", "no backend", "unreadable metadata", "unreadable compose file"],
)
def test_what_the_tree_does_not_tell_is_left_to_the_smoke_test(
    world: World, forecast: Forecast, files: dict[str, str], dockerfile: str
) -> None:
    forecast({**files, "Dockerfile": dockerfile})
    assert world.calls == []


def test_what_compose_refuses_is_left_to_the_smoke_test(world: World, forecast: Forecast) -> None:
    world.failures["resolve"] = EngineCommandError("refused", remedy="look")
    forecast({COMPOSE: "services: {}"})
    assert world.calls == ["resolve", "resolve"]


def test_compose_sees_the_files_that_the_image_will_hold(
    world: World, forecast: Forecast, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, str] = {}

    def resolve(self: FakeServices, file: Any, env_files: Any, *_: object) -> dict[str, Any]:  # noqa: ANN401
        seen.update({path.name: path.read_text() for path in (file, *env_files, file.parent / "a.env")})
        return self.world.resolved

    monkeypatch.setattr(FakeServices, "resolve", resolve)
    world.resolved = asking()
    compose = "services: {a: {env_file: a.env}}"
    forecast({COMPOSE: compose, "compose/a.env": "A=1", "compose/.env": "B=2", "compose/unused": ""})
    assert seen["docker-compose.yaml"] == compose
    assert seen["a.env"] == "A=1"
    assert seen[".env"] == "B=2"
    assert seen["variables.env"].startswith("DESKTOP_PLUGIN_IMAGE=")


def test_beside_a_compose_file_at_the_root_of_the_image_nothing_is_read(world: World, forecast: Forecast) -> None:
    world.resolved = asking()
    dockerfile = "FROM scratch\nCOPY metadata.json docker-compose.yaml b.yaml /\n"
    metadata = json.dumps({"vm": {"composefile": "/docker-compose.yaml"}})
    forecast(
        {
            "Dockerfile": dockerfile,
            "metadata.json": metadata,
            "docker-compose.yaml": "include: [b.yaml]",
            "b.yaml": "include: [/etc/passwd]",
        }
    )
    assert world.calls == ["resolve"]
