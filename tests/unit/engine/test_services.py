from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.facts import ContainerFacts
from dext_tasks.engine.services import Services
from dext_tasks.errors import ComposeMissingError, EngineCommandError, RegistryUnreachableError
from dext_tasks.errors import InterruptedError as Interrupted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.engine.conftest import FakeDocker

pytestmark = pytest.mark.allow_processes

PROJECT = "label=com.docker.compose.project=demo"


@pytest.fixture
def services(docker: FakeDocker) -> Services:
    return Services(docker.client(), "demo")


class TestResolve:
    def test_asks_compose(self, docker: FakeDocker, services: Services, tmp_path: Path) -> None:
        docker.answer("compose", "config", out={"services": {"a": {}}})
        file, first, second = (tmp_path / name for name in ("c.yaml", "a.env", "b.env"))
        assert services.resolve(file, [first, second]) == {"services": {"a": {}}}
        files = ["--file", str(file), "--env-file", str(first), "--env-file", str(second)]
        assert docker.calls == [["compose", *files, "--project-name", "demo", "config", "--format", "json"]]

    def test_that_compose_refuses(self, docker: FakeDocker, services: Services, tmp_path: Path) -> None:
        docker.answer("compose", err="services.a must be a mapping\n", code=15)
        with pytest.raises(EngineCommandError) as caught:
            services.resolve(tmp_path / "c.yaml", [])
        assert caught.value.detail == "services.a must be a mapping"

    def test_without_compose(self, docker: FakeDocker, services: Services, tmp_path: Path) -> None:
        docker.answer("compose", err="docker: 'compose' is not a docker command.", code=1)
        with pytest.raises(ComposeMissingError):
            services.resolve(tmp_path / "c.yaml", [])

    @pytest.mark.parametrize("out", [b"[]", b"7", b"null", b"", b"not json"])
    def test_that_is_no_mapping(self, docker: FakeDocker, services: Services, tmp_path: Path, out: bytes) -> None:
        docker.answer("compose", out=out)
        with pytest.raises(EngineCommandError, match="no mapping"):
            services.resolve(tmp_path / "c.yaml", [])


class TestUp:
    def test_starts_detached_and_builds_nothing(self, docker: FakeDocker, services: Services, tmp_path: Path) -> None:
        docker.answer("compose", "up")
        services.up(tmp_path / "c.json")
        (call,) = docker.calls
        assert call[:5] == ["compose", "--file", str(tmp_path / "c.json"), "--project-name", "demo"]
        assert call[5] == "up"
        assert {"--detach", "--no-build"} <= set(call)
        # A policy on the command line would take the place of the file's.
        assert not {"--build", "--wait", "--pull"} & set(call)

    def test_that_fails_says_why(self, docker: FakeDocker, services: Services, tmp_path: Path) -> None:
        docker.answer("compose", "up", err="Error response from daemon: port is already allocated\n", code=1)
        with pytest.raises(EngineCommandError) as caught:
            services.up(tmp_path / "c.json")
        assert "port is already allocated" in caught.value.detail

    def test_that_cannot_pull(self, docker: FakeDocker, services: Services, tmp_path: Path) -> None:
        docker.answer("compose", "up", err="dial tcp: lookup x: no such host\n", code=1)
        with pytest.raises(RegistryUnreachableError):
            services.up(tmp_path / "c.json")


class TestGuests:
    def test_containers_beside_the_project_are_removed(self, docker: FakeDocker, services: Services) -> None:
        docker.answer("ps", "label=dev.dext-tasks.beside=demo", out="c1\nc2\n")
        docker.answer("rm")
        services.remove_guests()
        assert docker.calls[-1] == ["rm", "--force", "--volumes", "c1", "c2"]

    def test_there_are_none(self, docker: FakeDocker, services: Services) -> None:
        docker.answer("ps")
        services.remove_guests()
        assert len(docker.calls) == 1


class TestDown:
    def test_removes_volumes_and_orphans(self, docker: FakeDocker, services: Services) -> None:
        docker.answer("compose", "down")
        services.down(7)
        (call,) = docker.calls
        assert call[:4] == ["compose", "--project-name", "demo", "down"]
        assert {"--volumes", "--remove-orphans"} <= set(call)
        assert call[call.index("--timeout") + 1] == "7"

    def test_runs_after_an_interrupt(self, docker: FakeDocker, services: Services) -> None:
        docker.answer("compose", "down")
        services.client.cancellation.cancel()
        services.down(1)
        assert len(docker.calls) == 1


class TestContainers:
    def test_none(self, docker: FakeDocker, services: Services) -> None:
        docker.answer("ps")
        assert services.containers() == []
        assert docker.calls == [["ps", "--all", "--quiet", "--filter", PROJECT]]

    def test_facts(self, docker: FakeDocker, services: Services) -> None:
        docker.answer("ps", out="aa\nbb\ncc\n")
        said = [
            {"Name": "/one", "State": {"Status": "running", "ExitCode": 0}, "RestartCount": 0},
            {"Name": "/two", "State": {"Status": "exited", "ExitCode": 139}, "RestartCount": 3},
            {"Name": "three", "State": None},
        ]
        docker.answer("container", "inspect", "aa", "bb", "cc", out=said)
        assert services.containers() == [
            ContainerFacts("one", "running", 0, 0),
            ContainerFacts("two", "exited", 139, 3),
            ContainerFacts("three", "", 0, 0),
        ]

    @pytest.mark.parametrize(("events", "code"), [("1\n139\n", 139), ("", 0), ("odd\n", 0)])
    def test_a_restart_hides_no_exit_code(self, docker: FakeDocker, services: Services, events: str, code: int) -> None:
        docker.answer("ps", out="aa\n")
        running = {"Status": "running", "ExitCode": 0}
        said = [{"Id": "aa", "Name": "/one", "State": running, "RestartCount": 2, "Created": "2026-01-01T00:00:00Z"}]
        docker.answer("container", "inspect", out=said)
        docker.answer("events", "container=aa", "event=die", out=events)
        assert services.containers() == [ContainerFacts("one", "running", code, 2)]

    def test_none_is_asked_for_after_an_interrupt(self, docker: FakeDocker, services: Services) -> None:
        services.client.cancellation.cancel()
        with pytest.raises(Interrupted):
            services.containers()
        assert docker.calls == []


class TestLogs:
    @pytest.fixture
    def docker(self, docker: FakeDocker) -> FakeDocker:
        docker.answer("container", "inspect", out=[{"Id": "one"}])
        return docker

    def test_have_both_streams_and_a_bound(self, docker: FakeDocker, services: Services) -> None:
        docker.answer("logs", out="".join(f"out {number}\n" for number in range(9)), err="err\n")
        said = services.logs("one", 5)
        assert len(said.splitlines()) == 5
        (call,) = docker.called("logs")
        assert call[-1] == "one"
        assert call[call.index("--tail") + 1] == "5"

    def test_of_either_stream(self, docker: FakeDocker, services: Services) -> None:
        docker.answer("logs", out="to out\n", err="to err\n")
        assert sorted(services.logs("one", 5).splitlines()) == ["to err", "to out"]

    def test_that_are_no_text(self, docker: FakeDocker, services: Services) -> None:
        docker.answer("logs", out=b"a \xff\xfe\n")
        assert services.logs("one", 5).startswith("a \ufffd")


def test_foreign_containers_are_those_without_our_label(docker: FakeDocker, services: Services) -> None:
    docker.answer("ps", out="aa \nbb demo\n")
    assert services.foreign("ours") == ["aa"]
    (call,) = docker.calls
    assert PROJECT in call
    assert 'Label "ours"' in call[-1]


class TestLeft:
    def test_names_every_kind(self, docker: FakeDocker, services: Services) -> None:
        docker.answer("ps", out="aa\n")
        docker.answer("network", "ls", out="nn\n")
        docker.answer("volume", "ls", out="vv\nww\n")
        assert services.left() == ["container aa", "network nn", "volume vv", "volume ww"]
        assert all(PROJECT in call for call in docker.calls)

    def test_nothing(self, docker: FakeDocker, services: Services) -> None:
        docker.answer()
        assert services.left() == []

    def test_is_asked_for_after_an_interrupt(self, docker: FakeDocker, services: Services) -> None:
        docker.answer()
        services.client.cancellation.cancel()
        assert services.left() == []
        assert len(docker.calls) == 3
