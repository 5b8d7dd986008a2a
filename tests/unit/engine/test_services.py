from __future__ import annotations

import io
import json
import struct
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.facts import ContainerFacts, ContainerProcess, Health, HealthStatus
from dext_tasks.engine.services import Services
from dext_tasks.errors import ComposeMissingError, EngineCommandError, RegistryUnreachableError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.runtime.cancellation import SHIELD, Cancellation
from dext_tasks.runtime.parallel import stop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dext_tasks.engine.client import Client
    from tests.unit.conftest import MakeImage
    from tests.unit.engine.conftest import FakeDocker

pytestmark = pytest.mark.allow_processes

_PATIENCE = 60.0
PROJECT = '{"label": {"com.docker.compose.project=demo": true}}'


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


class TestInterruptedUp:
    """The engine finishes what compose has asked for, so what is removed then is complete only once compose is done."""

    def up(self, docker: FakeDocker, folder: Path) -> tuple[Client, Callable[[], None]]:
        """A client, and the start of services that is interrupted as soon as compose runs."""
        client = docker.client(cancellation=Cancellation())

        def up() -> None:
            with ThreadPoolExecutor(max_workers=1) as beside:
                done = beside.submit(Services(client, "demo").up, folder / "c.json")
                while not docker.calls:
                    assert not done.done()
                    time.sleep(0.01)
                stop(client.cancellation)
                done.result(_PATIENCE)

        return client, up

    def test_ends_by_itself(self, docker: FakeDocker, tmp_path: Path) -> None:
        docker.answer("compose", "up", seconds=1)
        client, up = self.up(docker, tmp_path)
        up()
        with pytest.raises(Interrupted):
            client.cancellation.check()

    def test_is_ended_if_it_takes_long(
        self, docker: FakeDocker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dext_tasks.engine.services._UP_GRACE", 0.1)
        docker.answer("compose", "up", seconds=600)
        _, up = self.up(docker, tmp_path)
        with pytest.raises(Interrupted):
            up()

    def test_does_not_begin_afterwards(self, docker: FakeDocker, tmp_path: Path) -> None:
        client = docker.client(cancellation=Cancellation())
        client.cancellation.cancel()
        with pytest.raises(Interrupted):
            Services(client, "demo").up(tmp_path / "c.json")
        assert not docker.calls


class TestSurroundings:
    """Compose sees no variable of the caller's that it was not given, and a folder that nobody else writes to."""

    @pytest.fixture(autouse=True)
    def _caller(self, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
        docker.answer("compose", out={"services": {}})
        for name in ("SECRET_TOKEN", "COMPOSE_FILE", "HTTPS_PROXY", "no_proxy", "DOCKER_HOST", "DOCKER_CONFIG"):
            monkeypatch.setenv(name, f"/{name}")

    def names(self, docker: FakeDocker) -> set[str]:
        (seen,) = docker.environments
        # What the shell and the interpreter of the fake set themselves.
        return {*seen} - {"PATH", "HOME", "PWD", "SHLVL", "_", "LC_CTYPE", "OLDPWD"}

    def test_where_variables_are_replaced(self, docker: FakeDocker, services: Services, tmp_path: Path) -> None:
        services.resolve(tmp_path / "c.yaml", [], {"GRANTED": "x"})
        assert self.names(docker) == {"DOCKER_CONFIG", "GRANTED"}

    def test_where_the_engine_is_asked(self, docker: FakeDocker, services: Services, tmp_path: Path) -> None:
        services.up(tmp_path / "c.json")
        assert self.names(docker) == {"DOCKER_CONFIG", "DOCKER_HOST", "HTTPS_PROXY", "no_proxy", SHIELD}

    def test_at_the_end(self, docker: FakeDocker, services: Services) -> None:
        services.down(1)
        assert "SECRET_TOKEN" not in self.names(docker)


class TestGuests:
    def test_what_is_beside_the_project_is_removed(self, docker: FakeDocker, services: Services) -> None:
        label = '{"label": {"dev.dext-tasks.beside=demo": true}}'
        docker.api.reply("GET /containers/json?all=1", label, out=[{"Id": "c1"}, {"Id": "c2"}])
        docker.api.reply("GET /volumes", label, out={"Volumes": [{"Name": "v1"}]})
        docker.api.reply("DELETE")
        services.remove_guests()
        removed = [each for each in docker.api.asked if each.startswith("DELETE")]
        # A volume that a container uses cannot be removed.
        assert removed == [
            *(f"DELETE /containers/{each}?force=1&v=1" for each in ("c1", "c2")),
            "DELETE /volumes/v1?force=1",
        ]

    def test_there_are_none(self, docker: FakeDocker, services: Services) -> None:
        docker.api.reply("GET /containers/json", out=[])
        docker.api.reply("GET /volumes", out={"Volumes": None})
        services.remove_guests()
        assert len(docker.api.asked) == 2


class TestFill:
    @pytest.fixture
    def written(self, docker: FakeDocker) -> FakeDocker:
        docker.api.reply("POST /volumes/create", out={})
        docker.api.reply("POST /containers/create", out={"Id": "c0ffee"})
        docker.api.reply("PUT /containers/c0ffee/archive?path=/run/dext-volume")
        docker.api.reply("DELETE /containers/c0ffee")
        return docker

    def test_a_volume_of_the_project_goes_with_it(
        self, written: FakeDocker, services: Services, make_image: MakeImage
    ) -> None:
        services.fill("dext-files", make_image("linux/amd64"), io.BytesIO(b"tar"))
        made, container, *_ = written.api.bodies
        assert made == {
            "Name": "demo_dext-files",
            "Labels": {
                "com.docker.compose.project": "demo",
                "com.docker.compose.volume": "dext-files",
                RUN_LABEL: services.client.mark,
            },
        }
        assert isinstance(container, dict)
        assert container["HostConfig"]["Mounts"] == [
            {
                "Type": "volume",
                "Source": "demo_dext-files",
                "Target": "/run/dext-volume",
                "VolumeOptions": {"NoCopy": True},
            }
        ]
        assert [each.split()[0] for each in written.api.asked] == ["POST", "POST", "PUT", "DELETE"]

    def test_one_beside_the_project_has_a_name_of_this_run(
        self, written: FakeDocker, services: Services, make_image: MakeImage
    ) -> None:
        name = services.fill_guest(make_image("linux/amd64"), io.BytesIO(b"tar"))
        labels = {"dev.dext-tasks.beside": "demo", RUN_LABEL: services.client.mark}
        assert written.api.bodies[0] == {"Name": name, "Labels": labels}
        assert name == f"demo_dext-{services.client.run_id}"


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


def ended(code: str) -> bytes:
    """An event of a container's end."""
    return json.dumps({"Action": "die", "Actor": {"ID": "aa", "Attributes": {"exitCode": code}}}).encode() + b"\n"


class TestContainers:
    def test_none(self, docker: FakeDocker, services: Services) -> None:
        docker.api.reply("GET /containers/json", out=[])
        assert services.containers() == []
        assert docker.api.asked == [f"GET /containers/json?all=1&filters={PROJECT}"]

    def test_facts(self, docker: FakeDocker, services: Services) -> None:
        said = {
            "aa": {"Name": "/one", "State": {"Status": "running", "ExitCode": 0}, "RestartCount": 0},
            "bb": {"Name": "/two", "State": {"Status": "exited", "ExitCode": 139}, "RestartCount": 3},
            "cc": {"Name": "three", "State": None},
        }
        docker.api.reply("GET /containers/json", out=[{"Id": identity} for identity in said])
        for identity, each in said.items():
            docker.api.reply(f"GET /containers/{identity}/json", out=each)
        assert services.containers() == [
            ContainerFacts("one", "running", 0, 0),
            ContainerFacts("two", "exited", 139, 3),
            ContainerFacts("three", "", 0, 0),
        ]

    @pytest.mark.parametrize(
        ("events", "code"),
        [
            (b"".join(ended(each) for each in ("1", "139")), 139),
            (b"", 0),
            (b"odd\n[]\n" + ended("odd") + b"{}\n", 0),
        ],
    )
    def test_a_restart_hides_no_exit_code(
        self, docker: FakeDocker, services: Services, events: bytes, code: int
    ) -> None:
        state = {"Status": "running", "ExitCode": 0, "StartedAt": "2026-01-01T00:00:00.5001234Z"}
        docker.container("aa", Id="aa", Name="/one", State=state, RestartCount=2)
        filters = '{"container": {"aa": true}, "event": {"die": true}}'
        docker.api.reply(f"GET /events?since=0&until=1767225600.500123&filters={filters}", out=events)
        assert services.containers() == [ContainerFacts("one", "running", code, 2)]

    @pytest.mark.parametrize("moment", [{}, {"StartedAt": None}, {"StartedAt": "odd"}])
    def test_a_restart_at_nobody_knows_when(
        self, docker: FakeDocker, services: Services, moment: dict[str, object]
    ) -> None:
        docker.container("aa", Id="aa", Name="/one", State={"Status": "running", **moment}, RestartCount=2)
        docker.api.reply("GET /events?since=0&until=", out=ended("3"))
        assert services.containers() == [ContainerFacts("one", "running", 3, 2)]

    def test_none_is_asked_for_after_an_interrupt(self, docker: FakeDocker, services: Services) -> None:
        services.client.cancellation.cancel()
        with pytest.raises(Interrupted):
            services.containers()
        assert docker.api.asked == []


FAILED = {"Start": "", "End": "", "ExitCode": 7, "Output": "curl: (7)\n  refused\n"}
PASSED = {"Start": "", "End": "", "ExitCode": 0, "Output": "ok"}
TOO_LONG = {"Start": "", "End": "", "ExitCode": -1, "Output": "Health check exceeded timeout (1s)"}
TEST = {"Test": ["CMD", "curl", "-f", "localhost"], "Timeout": 5_000_000_000}


class TestHealth:
    def health(self, docker: FakeDocker, services: Services, state: object, **config: object) -> Health:
        docker.container("aa", Name="/one", State={"Status": "running", "Health": state}, Config=config)
        (container,) = services.containers()
        return container.health

    @pytest.mark.parametrize("state", [None, {}, {"Status": "none", "Log": [PASSED]}, {"Status": ""}])
    def test_without_a_check(self, docker: FakeDocker, services: Services, state: object) -> None:
        assert self.health(docker, services, state, Healthcheck={"Test": ["NONE"]}) == Health()

    @pytest.mark.parametrize(
        ("status", "log", "said", "has_passed"),
        [
            ("starting", [], "", False),
            ("starting", None, "", False),
            ("unhealthy", [FAILED, FAILED], "exit code 7: curl: (7) refused", False),
            ("unhealthy", [PASSED, FAILED], "exit code 7: curl: (7) refused", True),
            ("unhealthy", [TOO_LONG], "Health check exceeded timeout (1s)", False),
            ("unhealthy", [{"ExitCode": 1, "Output": ""}], "exit code 1", False),
            ("healthy", [PASSED], "exit code 0: ok", True),
        ],
    )
    def test_as_the_engine_sees_it(  # noqa: PLR0913, PLR0917 - a row, and what it is tried on
        self,
        docker: FakeDocker,
        services: Services,
        status: str,
        log: object,
        said: str,
        has_passed: bool,  # noqa: FBT001 - of the row
    ) -> None:
        health = self.health(docker, services, {"Status": status, "Log": log}, Healthcheck=TEST)
        assert health == Health(
            HealthStatus(status), said, has_passed, command=("curl", "-f", "localhost"), timeout=5.0
        )

    @pytest.mark.parametrize(
        ("config", "command", "timeout"),
        [
            ({"Healthcheck": {"Test": ["CMD-SHELL", "curl x || exit 1"]}}, ("/bin/sh", "-c", "curl x || exit 1"), 30.0),
            (
                {"Healthcheck": {"Test": ["CMD-SHELL", "x"]}, "Shell": ["/bin/bash", "-ec"]},
                ("/bin/bash", "-ec", "x"),
                30.0,
            ),
            ({"Healthcheck": {"Test": ["NONE"]}}, (), 30.0),
            ({"Healthcheck": {"Test": [], "Timeout": 0}}, (), 30.0),
            ({}, (), 30.0),
        ],
    )
    def test_what_is_run(
        self,
        docker: FakeDocker,
        services: Services,
        config: dict[str, object],
        command: tuple[str, ...],
        timeout: float,
    ) -> None:
        health = self.health(docker, services, {"Status": "starting"}, **config)
        assert (health.command, health.timeout) == (command, timeout)

    CHECKED = ContainerFacts("one", "running", 0, 0, health=Health(command=("curl", "-f")))

    @pytest.mark.parametrize(("code", "passes"), [(0, True), (1, False), (126, False), (127, False), (None, False)])
    def test_out_of_turn(self, docker: FakeDocker, services: Services, code: int | None, passes: bool) -> None:  # noqa: FBT001 - a row
        docker.api.reply("POST /containers/one/exec", out={"Id": "e1"})
        docker.api.reply("POST /exec/e1/start", out=b"x" * 200_000)
        docker.api.reply("GET /exec/e1/json", out={"ExitCode": code})
        assert services.check(self.CHECKED, 5.0) is passes
        assert docker.api.bodies[0] == {"Cmd": ["curl", "-f"], "AttachStdout": True, "AttachStderr": True}

    @pytest.mark.parametrize(
        ("question", "refusal"),
        [
            ("POST /containers/one/exec", "container one is not running"),
            ("POST /exec/e1/start", "exec: curl: executable file not found in $PATH"),
            ("POST /exec/e1/start", "exec /curl: exec format error"),
            ("GET /exec/e1/json", "No such exec instance: e1"),
        ],
    )
    def test_out_of_turn_where_it_cannot_be_run(
        self, docker: FakeDocker, services: Services, question: str, refusal: str
    ) -> None:
        docker.api.reply("POST /containers/one/exec", out={"Id": "e1"})
        docker.api.reply("POST /exec/e1/start")
        docker.api.reply(question, refusal=refusal)
        assert not services.check(self.CHECKED, 5.0)

    def test_out_of_turn_after_an_interrupt(self, docker: FakeDocker, services: Services) -> None:
        services.client.cancellation.cancel()
        with pytest.raises(Interrupted):
            services.check(self.CHECKED, 5.0)
        assert docker.api.asked == []


class TestProcess:
    def test_is_what_the_container_runs(self, docker: FakeDocker, services: Services) -> None:
        config = {"Env": ["A=1", "PATH=/x::/y"], "WorkingDir": "/app", "Labels": {"com.docker.compose.service": "web"}}
        docker.container("aa", Name="/one", State={}, Path="./entry.sh", Args=["--serve"], Config=config)
        (container,) = services.containers()
        assert container.service == "web"
        assert container.process == ContainerProcess(("./entry.sh", "--serve"), ("/x", "/y"), "/app")
        assert container.process.programs == ("/app/entry.sh",)
        assert container.process.places("sh") == ("/x/sh", "/y/sh")

    def test_of_an_image_without_a_path_is_looked_for_where_an_engine_does(
        self, docker: FakeDocker, services: Services
    ) -> None:
        docker.container("aa", Name="/one", State={}, Path="sh", Args=None)
        (container,) = services.containers()
        assert container.process.programs[-2:] == ("/sbin/sh", "/bin/sh")

    def test_a_file_of_a_container_is_read(self, docker: FakeDocker, services: Services) -> None:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            member = tarfile.TarInfo("entry.sh")
            member.size = 9
            archive.addfile(member, io.BytesIO(b"#!/bin/sh"))
        docker.api.reply("/containers/one/archive?path=/entry.sh", out=content.getvalue())
        refusal = "Could not find the file /absent in container one"
        docker.api.reply("/containers/one/archive?path=/absent", refusal=refusal)
        assert services.head("one", "/entry.sh", 4) == b"#!/b"
        assert services.head("one", "/absent", 4) is None


def framed(*said: tuple[int, bytes]) -> bytes:
    """What a container without a terminal said, by the number of the stream."""
    return b"".join(struct.pack(">B3xI", stream, len(content)) + content for stream, content in said)


class TestLogs:
    def say(self, docker: FakeDocker, content: bytes, kind: str = "multiplexed") -> None:
        headers = {"Content-Type": f"application/vnd.docker.{kind}-stream"}
        docker.api.reply("GET /containers/one/logs", out=content, headers=headers)

    def test_a_carriage_return_that_ends_no_line_can_be_seen(self, docker: FakeDocker, services: Services) -> None:
        self.say(docker, framed((1, b"/entry.sh: 2: \r: not found\r\nsecond\n")))
        assert services.logs("one", 5) == "/entry.sh: 2: \\r: not found\nsecond"

    def test_have_a_bound(self, docker: FakeDocker, services: Services) -> None:
        self.say(docker, framed(*((1, f"out {number}\n".encode()) for number in range(9))))
        assert services.logs("one", 5).splitlines() == [f"out {number}" for number in range(4, 9)]
        assert docker.api.asked == ["GET /containers/one/logs?stdout=1&stderr=1&tail=5"]

    def test_of_either_stream_in_the_order_they_came(self, docker: FakeDocker, services: Services) -> None:
        self.say(docker, framed((2, b"to err\n"), (1, b"to out\n"), (2, b"again\n")))
        assert services.logs("one", 5).splitlines() == ["to err", "to out", "again"]

    def test_of_a_terminal_are_as_they_are(self, docker: FakeDocker, services: Services) -> None:
        self.say(docker, b"\x01 as it is\n", kind="raw")
        assert services.logs("one", 5) == "\x01 as it is"

    def test_that_are_no_text(self, docker: FakeDocker, services: Services) -> None:
        self.say(docker, framed((1, b"a \xff\xfe\n")))
        assert services.logs("one", 5).startswith("a \ufffd")


def test_foreign_containers_are_those_without_our_label(docker: FakeDocker, services: Services) -> None:
    said = [{"Id": "aa", "Labels": {"other": "x"}}, {"Id": "bb", "Labels": {"ours": "demo"}}]
    docker.api.reply("GET /containers/json", PROJECT, out=said)
    assert services.foreign("ours") == ["aa"]


class TestLeft:
    def test_names_every_kind(self, docker: FakeDocker, services: Services) -> None:
        docker.api.reply("GET /containers/json", PROJECT, out=[{"Id": "0123456789abcdef"}])
        docker.api.reply("GET /networks", PROJECT, out=[{"Id": "nn"}])
        docker.api.reply("GET /volumes", PROJECT, out={"Volumes": [{"Name": "a_volume_with_a_long_name"}]})
        wanted = ["container 0123456789ab", "network nn", "volume a_volume_with_a_long_name"]
        assert services.left() == wanted

    def test_what_another_run_has_made_since_is_not_of_this_one(self, docker: FakeDocker, services: Services) -> None:
        own, other = {RUN_LABEL: services.client.mark}, {RUN_LABEL: "elsewhere/0123abcd"}
        made = [{"Id": "aa", "Labels": own}, {"Id": "bb", "Labels": other}, {"Id": "cc", "Labels": None}]
        docker.api.reply("GET /containers/json", PROJECT, out=made)
        docker.api.reply("GET /networks", PROJECT, out=[{"Id": "nn", "Labels": other}])
        docker.api.reply("GET /volumes", PROJECT, out={"Volumes": [{"Name": "data", "Labels": own}]})
        assert services.left_by_this_run() == ["container aa", "container cc", "volume data"]
        assert services.left() == ["container aa", "container bb", "container cc", "network nn", "volume data"]

    @pytest.mark.parametrize("kind", ["container", "network", "volume"])
    def test_another_machine_is_at_it_until_all_of_its_own_is_gone(
        self, docker: FakeDocker, services: Services, kind: str
    ) -> None:
        said = {"Labels": {RUN_LABEL: "elsewhere/0123abcd"}}
        made = datetime.now(tz=UTC).isoformat()
        things = {
            "container": [{"Id": "aa", "Created": time.time(), **said}],
            "network": [{"Id": "nn", "Created": made, **said}],
            "volume": [{"Name": "data", "CreatedAt": made, **said}],
        }
        docker.api.reply("GET /containers/json", PROJECT, out=things["container"] if kind == "container" else [])
        docker.api.reply("GET /networks", PROJECT, out=things["network"] if kind == "network" else [])
        docker.api.reply("GET /volumes", PROJECT, out={"Volumes": things["volume"] if kind == "volume" else None})
        assert services.is_used_elsewhere(60)

    def test_nothing_after_an_interrupt(self, docker: FakeDocker, services: Services) -> None:
        docker.api.reply("GET", out=[])
        docker.api.reply("GET /volumes", out={"Volumes": None})
        services.client.cancellation.cancel()
        assert services.left() == []
        assert len(docker.api.asked) == 3
