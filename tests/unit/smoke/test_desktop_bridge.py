from __future__ import annotations

import json
import socket
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.engine.client import Client
from dext_tasks.engine.faults import refused
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.smoke.backend_client import BackendAnswer, Channel
from dext_tasks.smoke.desktop_bridge import InstalledMachine
from dext_tasks.smoke.probes.backend import answer, start
from dext_tasks.ui.machine import Command, CommandHost, NotThereError, PageRequestRefusedError, ServiceRequest
from tests.unit.engine_api import FakeApi

if TYPE_CHECKING:
    from pathlib import Path

    from dext_tasks.engine.api_request import ApiRequest
    from dext_tasks.smoke.installation import Trial
    from tests.unit.smoke.conftest import MakeCandidate, MakeTrial, World

AMD64, ARM64 = REQUIRED
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
    return InstalledMachine(started)


@pytest.fixture
def commands(started: Trial, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Arguments of every docker command that is started."""
    made: list[tuple[str, ...]] = []
    monkeypatch.setattr(started.tools.engine.client, "start", lambda *args, **_: made.append(args))
    return made


# What `docker inspect` of the script below says of each name; there is nothing else.
THINGS: dict[str, dict[str, Any]] = {
    "own": {"HostConfig": {}, "Config": {"Labels": {"com.docker.compose.project": "acme_demo-desktop-extension"}}},
    "other": {"HostConfig": {}, "Config": {"Labels": {"com.docker.compose.project": "other"}, "Env": ["TOKEN=x"]}},
    "plain": {"HostConfig": {}, "Config": {"Labels": None}},
    "image": {"RootFS": {}, "Config": {"Labels": {}}},
    "network": {"IPAM": {}},
    "volume": {"Mountpoint": "/v"},
    "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {"Env": ["TOKEN=x"]}}}},
    "plugin": {"Settings": {"Env": ["TOKEN=x"]}},
}
DOCKER = """#!{python} -IS
import json, os, pathlib, sys
things = json.loads({things!r})
if sys.argv[1:3] == ["inspect", "--"]:
    name = sys.argv[3]
    print(json.dumps([things[name]] if name in things else []))
    sys.exit(name not in things)
print(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd(), os.listdir()]))
"""


@pytest.fixture
def docker(started: Trial, tmp_path: Path) -> None:
    """A docker that says what it was called with, by whom and where."""
    program = tmp_path / "docker"
    program.write_text(DOCKER.format(python=sys.executable, things=json.dumps(THINGS)))
    program.chmod(0o755)
    vars(started.tools.engine)["client"] = Client((str(program),))


@pytest.mark.allow_processes
@pytest.mark.usefixtures("docker")
class TestDocker:
    def test_nothing_of_the_callers_is_there(
        self, machine: InstalledMachine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("CANARY", "secret")
        monkeypatch.setenv("COMPOSE_FILE", "/etc/passwd")
        monkeypatch.setenv("DOCKER_CONFIG", "/config")
        monkeypatch.chdir(tmp_path)
        argv, env, folder, files = self.said(machine, "ps", "--all")
        assert argv == ["ps", "--all"]
        assert not {"CANARY", "COMPOSE_FILE"} & env.keys()
        assert env["DOCKER_CONFIG"] == "/config"
        assert folder == str(machine.trial.folder / "docker")
        assert files == ["compose.yaml"]

    @pytest.mark.parametrize("line", ["inspect own", "logs own", "inspect image network volume", "inspect absent"])
    def test_what_is_its_own_or_nobodys_secret_is_shown(self, line: str, machine: InstalledMachine) -> None:
        assert self.said(machine, *line.split())[0] == line.split()

    @pytest.mark.parametrize(
        "line",
        ["inspect other", "container inspect own other", "logs -n 5 plain", "top other", "diff other",
         "inspect service", "inspect plugin", "inspect image other"],
    )  # fmt: skip
    def test_what_is_inside_of_others_is_not(self, line: str, machine: InstalledMachine) -> None:
        with pytest.raises(PageRequestRefusedError, match="which is not the extension's"):
            self.said(machine, *line.split())

    def said(self, machine: InstalledMachine, *argv: str) -> Any:  # noqa: ANN401 - JSON
        process = machine.start(Command(CommandHost.DOCKER, argv[0], argv[1:]))
        assert process.stdout
        assert process.stderr
        with process.stdout, process.stderr:
            said = process.stdout.read()
            process.wait()
        return json.loads(said)


@pytest.mark.parametrize(("platform", "arch"), [("linux/amd64", "x64"), ("linux/arm64", "arm64"), ("linux/arm", "arm")])
def test_the_page_is_told_what_node_would_tell(
    platform: str, arch: str, make_trial: MakeTrial, make_candidate: MakeCandidate
) -> None:
    candidate = make_candidate(METADATA, platform=Platform.parse(platform))
    identity = InstalledMachine(make_trial(candidate)).identity
    assert (identity.platform, identity.arch, identity.image) == ("linux", arch, candidate.image.reference)


# How systems read spellings of addresses.
READ = {"127.1": "127.0.0.1", "0x7f000001": "127.0.0.1"}


class TestService:
    @pytest.fixture(autouse=True)
    def _names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def getaddrinfo(host: str, port: int, **_: object) -> list[object]:
            if host == "absent.example":
                raise socket.gaierror
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (READ.get(host, host), port))]

        monkeypatch.setattr("dext_tasks.online.guard.socket.getaddrinfo", getaddrinfo)

    @pytest.mark.parametrize("url", ["http://absent.example/", "https://user:word@absent.example/"])
    def test_an_address_that_cannot_be_asked(self, url: str, machine: InstalledMachine) -> None:
        with pytest.raises(NotThereError, match=r"is unknown|user name"):
            machine.service(ServiceRequest("GET", url, {}, None))

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

    @pytest.mark.parametrize(
        "url",
        ["http://127.0.0.1:{}/", "http://127.1:{}/", "http://0x7f000001:{}/", "http://[::ffff:127.0.0.1]:{}/",
         "https://127.0.0.1:{}/", "http://169.254.169.254/latest/meta-data/", "http://0.0.0.0:{}/", "http://10.0.0.1/"],
    )  # fmt: skip
    def test_this_machine_and_its_network_are_not_asked(self, url: str, machine: InstalledMachine) -> None:
        with pytest.raises(PageRequestRefusedError, match=r"not a public address; smoke\.ui\.allow-hosts opens "):
            machine.service(ServiceRequest("GET", url.format(9), {}, None))

    def test_what_is_opened_by_name_is_asked_and_redirects_are_not_followed(
        self, machine: InstalledMachine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[object] = []

        def ask(self: Channel, method: str, path: str, *_: object) -> BackendAnswer:
            asked.append((method, self.host, path))
            return BackendAnswer(302, "Found", b"there")

        monkeypatch.setattr(Channel, "ask", ask)
        tools = machine.trial.tools
        settings = replace(tools.settings, smoke_ui_allow_hosts=("127.0.0.1:8080",))
        machine.trial.tools = replace(tools, settings=settings)
        assert machine.service(ServiceRequest("GET", "http://127.0.0.1:8080/a?b", {}, None)).status == 302
        assert asked == [("GET", "127.0.0.1:8080", "/a?b")]

    def test_without_a_socket(self, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        with pytest.raises(NotThereError, match="no backend with a socket"):
            InstalledMachine(make_trial(make_candidate())).service(ServiceRequest("GET", "/", {}, None))


class TestCommands:
    def test_of_docker(self, machine: InstalledMachine, commands: list[tuple[str, ...]]) -> None:
        machine.start(Command(CommandHost.DOCKER, "ps", ["--all"]))
        assert commands == [("ps", "--all")]

    def test_in_the_backend(self, machine: InstalledMachine, commands: list[tuple[str, ...]]) -> None:
        machine.start(Command(CommandHost.VM, "/bin/echo", ["xyzzy"], cwd="/tmp", env={"A": "1"}))
        container = "acme_demo-desktop-extension-service"
        assert commands == [("exec", "--env", "A=1", "--workdir", "/tmp", container, "/bin/echo", "xyzzy")]

    def test_of_a_host_binary(
        self, machine: InstalledMachine, commands: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: list[tuple[str, ...]] = []

        def run(*args: str, **_: object) -> bytes:
            made.append(args)
            return b"c1\n"

        # Unlike what a page sees run, this is tried again where the engine fails for a moment.
        monkeypatch.setattr(machine.trial.tools.engine.client, "run", run)
        machine.start(Command(CommandHost.HOST, "tool", ["-x"]))
        assert made[0][0] == "create"
        assert made[0][-4:] == ("--entrypoint", "/host/tool", machine.trial.candidate.image.reference, "-x")
        assert commands == [("start", "--attach", "c1")]

    @pytest.mark.parametrize("name", ["mac", "absent", "/bin/sh", "../tool"])
    def test_of_a_binary_that_is_not_listed_for_linux(
        self, name: str, machine: InstalledMachine, commands: list[tuple[str, ...]]
    ) -> None:
        with pytest.raises(NotThereError, match=f"spawn {name} ENOENT"):
            machine.start(Command(CommandHost.HOST, name, []))
        assert commands == []

    def test_in_a_backend_that_was_not_started(self, make_trial: MakeTrial, make_candidate: MakeCandidate) -> None:
        with pytest.raises(NotThereError, match="no backend container"):
            InstalledMachine(make_trial(make_candidate())).start(Command(CommandHost.VM, "ls", []))


class TestLists:
    @pytest.fixture
    def api(self, started: Trial) -> FakeApi:
        made = FakeApi()
        made.use(started.tools.engine.client)
        return made

    def test_are_the_engine_apis_own(self, machine: InstalledMachine, api: FakeApi) -> None:
        api.reply("GET /containers/json", out=[{"Names": ["/x"]}])
        api.reply("GET /images/json", out=[])
        assert machine.containers({"all": True, "filters": '{"label":["a"]}'}) == [{"Names": ["/x"]}]
        machine.images({})
        assert api.asked == ['GET /containers/json?all=true&filters={"label":["a"]}', "GET /images/json"]

    @pytest.mark.parametrize(
        ("value", "sent"),
        [(True, "true"), (5, "5"), ("x", "x"), ({"label": ["a"]}, '{"label": ["a"]}'), (None, "null")],
    )
    def test_filters_may_be_given_as_they_are(
        self, value: object, sent: str, machine: InstalledMachine, api: FakeApi
    ) -> None:
        api.reply("GET /containers/json", out=[])
        machine.containers({"filters": value})
        assert api.asked == [f"GET /containers/json?filters={sent}"]

    def test_that_the_engine_refuses(self, machine: InstalledMachine, api: FakeApi) -> None:
        api.reply("GET /images/json", refusal="invalid filter", status=400)
        with pytest.raises(PageRequestRefusedError, match="invalid filter"):
            machine.images({"filters": "{"})

    def test_are_asked_for_again_where_an_image_went_meanwhile(
        self, machine: InstalledMachine, started: Trial, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Removing(FakeApi):
            def _content(self, question: ApiRequest) -> bytes:
                said = super()._content(question)
                if len(self.asked) == 1:
                    raise refused(question.what, 404, "content digest sha256:07: not found")
                return said

        monkeypatch.setattr("dext_tasks.engine.client.ENGINE_PAUSE", 0.0)
        api = Removing()
        api.use(started.tools.engine.client)
        api.reply("GET /images/json", out=[{"Id": "sha256:1"}])
        assert machine.images({}) == [{"Id": "sha256:1"}]
        assert api.asked == ["GET /images/json", "GET /images/json"]
