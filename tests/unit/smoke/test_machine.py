from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.engine.facts import EngineFacts, Store
from dext_tasks.errors import EngineCommandError
from dext_tasks.extension.platform import REQUIRED, Platform
from dext_tasks.smoke.backend import answer, start
from dext_tasks.smoke.machine import InstalledMachine
from dext_tasks.ui.machine import Command, NotThereError, RefusedError, ServiceRequest, Where

if TYPE_CHECKING:
    from dext_tasks.smoke.trial import Trial
    from tests.unit.smoke.conftest import MakeCandidate, MakeTrial, World

AMD64, ARM64 = REQUIRED
ADDRESS = "unix:///var/run/docker.sock"
METADATA: dict[str, Any] = {
    "icon": "/icon.svg",
    "vm": {"image": "${DESKTOP_PLUGIN_IMAGE}", "exposes": {"socket": "demo.sock"}},
    "host": {"binaries": [{"linux": [{"path": "/host/tool"}], "darwin": [{"path": "/host/mac"}]}]},
}


@pytest.fixture
def started(world: World, make_trial: MakeTrial, make_candidate: MakeCandidate) -> Trial:
    made = make_trial(make_candidate(METADATA))
    start(made)
    answer(made)
    world.asked.clear()
    return made


@pytest.fixture
def machine(started: Trial) -> InstalledMachine:
    return InstalledMachine(started, ADDRESS)


@pytest.fixture
def commands(started: Trial, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Arguments of every docker command that is started."""
    made: list[tuple[str, ...]] = []
    monkeypatch.setattr(started.tools.engine.client, "start", lambda *args: made.append(args))
    return made


@pytest.mark.parametrize(("platform", "arch"), [("linux/amd64", "x64"), ("linux/arm64", "arm64"), ("linux/arm", "arm")])
def test_the_page_is_told_what_node_would_tell(
    platform: str, arch: str, make_trial: MakeTrial, make_candidate: MakeCandidate
) -> None:
    candidate = make_candidate(METADATA, platform=Platform.parse(platform))
    identity = InstalledMachine(make_trial(candidate), ADDRESS).identity
    assert (identity.platform, identity.arch, identity.image) == ("linux", arch, candidate.image.reference)


class TestService:
    def test_the_backend_is_asked(self, machine: InstalledMachine, world: World) -> None:
        world.answers, world.body = [404], b"no such page"
        said = machine.service(ServiceRequest("POST", "/a?b", {"X": "1"}, b"body"))
        assert (said.status, said.body) == (404, b"no such page")
        assert world.asked == [("POST", "/a?b", b"body")]

    def test_a_path_without_a_slash_starts_at_the_root(self, machine: InstalledMachine, world: World) -> None:
        machine.service(ServiceRequest("GET", "hello", {}, None))
        assert world.asked == [("GET", "/hello", None)]

    def test_a_backend_that_is_gone(self, machine: InstalledMachine, world: World) -> None:
        world.answers = [ConnectionRefusedError("refused")]
        with pytest.raises(NotThereError, match="does not answer"):
            machine.service(ServiceRequest("GET", "/", {}, None))

    def test_without_a_socket(self, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        with pytest.raises(NotThereError, match="no backend with a socket"):
            InstalledMachine(make_trial(make_candidate()), ADDRESS).service(ServiceRequest("GET", "/", {}, None))


class TestCommands:
    def test_of_docker(self, machine: InstalledMachine, commands: list[tuple[str, ...]]) -> None:
        machine.start(Command(Where.DOCKER, "ps", ["--all"]))
        assert commands == [("ps", "--all")]

    def test_in_the_backend(self, machine: InstalledMachine, commands: list[tuple[str, ...]]) -> None:
        machine.start(Command(Where.VM, "/bin/echo", ["xyzzy"], cwd="/tmp", env={"A": "1"}))
        container = "acme_demo-desktop-extension-service"
        assert commands == [("exec", "--env", "A=1", "--workdir", "/tmp", container, "/bin/echo", "xyzzy")]

    def test_of_a_host_binary(self, machine: InstalledMachine, commands: list[tuple[str, ...]]) -> None:
        machine.start(Command(Where.HOST, "tool", ["-x"]))
        assert commands[0][0] == "run"
        assert commands[0][-4:] == ("--entrypoint", "/host/tool", machine.trial.candidate.image.reference, "-x")

    @pytest.mark.parametrize("name", ["mac", "absent", "/bin/sh", "../tool"])
    def test_of_a_binary_that_is_not_listed_for_linux(
        self, name: str, machine: InstalledMachine, commands: list[tuple[str, ...]]
    ) -> None:
        with pytest.raises(NotThereError, match=f"spawn {name} ENOENT"):
            machine.start(Command(Where.HOST, name, []))
        assert commands == []

    def test_in_a_backend_that_was_not_started(self, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        with pytest.raises(NotThereError, match="no backend container"):
            InstalledMachine(make_trial(make_candidate()), ADDRESS).start(Command(Where.VM, "ls", []))


class TestLists:
    @pytest.fixture(autouse=True)
    def _facts(self, started: Trial) -> None:
        vars(started.tools.engine)["facts"] = EngineFacts("26.1", "1.45", AMD64, Store.CONTAINERD, "", "")

    def test_are_the_engine_apis_own(self, machine: InstalledMachine, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[tuple[object, ...]] = []

        def get(*args: object) -> object:
            asked.append(args)
            return [{"Names": ["/x"]}]

        monkeypatch.setattr("dext_tasks.smoke.machine.api.get", get)
        assert machine.containers({"all": True, "filters": '{"label":["a"]}'}) == [{"Names": ["/x"]}]
        machine.images({})
        query = {"all": "true", "filters": '{"label":["a"]}'}
        assert asked == [
            (ADDRESS, "/containers/json", query, "1.45"),
            (ADDRESS, "/images/json", {}, "1.45"),
        ]

    @pytest.mark.parametrize(
        ("value", "sent"),
        [(True, "true"), (5, "5"), ("x", "x"), ({"label": ["a"]}, '{"label": ["a"]}'), (None, "null")],
    )
    def test_filters_may_be_given_as_they_are(
        self, value: object, sent: str, machine: InstalledMachine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[dict[str, str]] = []
        monkeypatch.setattr("dext_tasks.smoke.machine.api.get", lambda *args: asked.append(args[2]))
        machine.containers({"filters": value})
        assert asked == [{"filters": sent}]

    def test_that_the_engine_refuses(self, machine: InstalledMachine, monkeypatch: pytest.MonkeyPatch) -> None:
        def get(*_: object) -> object:
            raise EngineCommandError("the engine refused /images/json: invalid filter", remedy="")

        monkeypatch.setattr("dext_tasks.smoke.machine.api.get", get)
        with pytest.raises(RefusedError, match="invalid filter"):
            machine.images({"filters": "{"})
