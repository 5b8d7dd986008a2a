"""Smoke tests with an engine that shares neither files, ports nor processes with this machine."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from dext_tasks.smoke.backend_client import Helper, NotASocketError

from .docker import Docker
from .program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .extension import Extension
    from .far_engine import FarEngine
    from .program import Done
    from .sandbox import Sandbox

SOCAT = "alpine/socat:1.8.0.3"
_PATIENCE = 120.0


@pytest.fixture
def helped(far: FarEngine, _base_images: None) -> FarEngine:
    """An engine elsewhere that has the image of the helper container."""
    far.load(Docker(), SOCAT)
    return far


def outcomes(done: Done) -> dict[str, dict[str, str]]:
    """What came of each probe, by platform."""
    return {
        each["platform"]: {probe["name"]: probe["outcome"] for probe in each["probes"]}
        for each in done.json["platforms"]
    }


@pytest.mark.usefixtures("helped")
def test_a_backend_is_reached(far_extension: Extension) -> None:
    done = far_extension.dext("smoke", "--json", DEXT_SMOKE_SETTLE="0.5")
    assert done.code == 0, done
    for found in outcomes(done).values():
        passed = {name for name, outcome in found.items() if outcome == "passed"}
        assert {"start", "answer", "requests", "steady", "uninstall"} <= passed


@pytest.mark.parametrize("far", ["containerd"], indirect=True)
def test_a_helper_that_is_nowhere_is_said_before_anything_is_started(far: FarEngine, far_extension: Extension) -> None:
    since = far.docker.run("info", "--format", "{{.SystemTime}}").strip()
    image = "localhost:5000/dext-tests/no-helper:1"
    done = far_extension.dext("smoke", "--json", "--platform", "linux/amd64", "--smoke-proxy-image", image)
    assert done.code == 53, done
    assert f"docker pull {image}" in done.err
    assert "--smoke-proxy-image" in done.err
    until = far.docker.run("info", "--format", "{{.SystemTime}}").strip()
    assert not far.docker.run("events", "--since", since, "--until", until, "--filter", "event=start")


COMPOSE = """\
services:
  backend:
    image: ${DESKTOP_PLUGIN_IMAGE}
    env_file: [own.env]
    volumes: ["./shared:/shared"]
  checker:
    image: busybox:1.37
    command: ["sh", "/check.sh"]
    env_file: [own.env]
    volumes: ["./check.sh:/check.sh:ro", "./shared:/seen", "./new:/new"]
    configs: [settings]
    secrets: [{source: key, target: renamed}]
    networks: {default: {aliases: [checker]}}
configs: {settings: {file: settings.txt}}
secrets: {key: {file: keys/key.txt}}
"""
CHECK = """\
set -ex
trap exit TERM
test "$OWN" = "of a file"
grep settings /settings
grep key /run/secrets/renamed
test -d /new
grep shared /seen/file
echo written > /seen/written
sleep 600 & wait
"""


@pytest.mark.usefixtures("helped")
def test_a_compose_file_s_own_files_are_there(far: FarEngine, far_extension: Extension) -> None:
    far.load(Docker(), "busybox:1.37")
    for name, content in {
        "compose.yaml": COMPOSE,
        "check.sh": CHECK,
        "own.env": "OWN=of a file\n",
        "settings.txt": "settings\n",
        "keys/key.txt": "key\n",
        "shared/file": "shared\n",
    }.items():
        far_extension.write(f"project/{name}", content)
    far_extension.edit_metadata(vm={"composefile": "project/compose.yaml", "exposes": {"socket": "backend.sock"}})
    far_extension.edit(
        "Dockerfile", "COPY metadata.json icon.svg /", "COPY metadata.json icon.svg /\nCOPY project /project"
    )
    far_extension.edit(".dockerignore", "!ui", "!ui\n!project")
    far_extension.commit("Use compose")
    done = far_extension.dext("smoke", "--json", "--platform", "linux/amd64", DEXT_SMOKE_SETTLE="2")
    assert done.code == 0, done
    assert outcomes(done)["linux/amd64"]["steady"] == "passed", done


@pytest.mark.parametrize("far", ["containerd"], indirect=True)
@pytest.mark.usefixtures("helped")
def test_host_binaries_are_run_in_an_image_of_the_engine(far: FarEngine, far_extension: Extension) -> None:
    far.load(Docker(), "busybox:1.37")
    _add_tool(far_extension)
    done = far_extension.dext("smoke", "--json", "--smoke-host-image", "busybox:1.37", DEXT_SMOKE_SETTLE="0.5")
    assert done.code == 0, done
    for platform in done.json["platforms"]:
        said = {probe["name"]: probe["detail"] for probe in platform["probes"]}
        assert "/host/tool --version said 'tool 1.0'" in said["binaries"]


def _add_tool(extension: Extension) -> None:
    """A host binary that only runs where it is mounted."""
    extension.write("tool", '#!/bin/sh\ntest "$0" = /run/dext-host/host/tool && echo tool 1.0\n')
    extension.edit_metadata(host={"binaries": [{"linux": [{"path": "/host/tool"}]}]})
    copy = "COPY metadata.json icon.svg /"
    extension.edit("Dockerfile", copy, f"{copy}\nCOPY --chmod=755 tool /host/tool")
    extension.edit(".dockerignore", "!ui", "!ui\n!tool")
    extension.commit("Add a tool")


# What any of these calls gives but this is a fault of the page.
PAGE = """
window.addEventListener("load", async () => {
  const client = window.ddClient;
  const expect = (found, wanted) => {
    if (found.trim() !== wanted) throw new Error(`${found} is not ${wanted}`);
  };
  expect((await client.docker.cli.exec("info", ["--format", "{{.ID}}"])).stdout, "ENGINE");
  expect((await client.extension.host.cli.exec("tool", ["--version"])).stdout, "tool 1.0");
  expect((await client.extension.vm.service.get("/hello")).message, "Hello from the backend");
  const own = (await client.docker.listContainers()).filter((each) => each.Names.some((name) => name.includes("SLUG")));
  expect(String(own.length), "2");
  console.info("everything is as expected");
});
"""


@pytest.mark.parametrize("far", ["containerd", "ssh"], indirect=True)
@pytest.mark.usefixtures("helped")
def test_a_page_reaches_the_engine_and_what_is_in_it(
    far: FarEngine, far_extension: Extension, sandbox: Sandbox, tmp_path: Path
) -> None:
    far.load(Docker(), "busybox:1.37")
    identity = far.docker.run("info", "--format", "{{.ID}}").strip()
    app = (far_extension.folder / "ui" / "app.js").read_text(encoding="utf-8")
    far_extension.write("ui/app.js", app + PAGE.replace("ENGINE", identity).replace("SLUG", sandbox.slug))
    _add_tool(far_extension)
    report = tmp_path / "report.html"
    done = far_extension.dext(
        *("smoke", "--json", "--platform", "linux/amd64", "--ui", "always", "--report", str(report)),
        *("--smoke-host-image", "busybox:1.37"),
        DEXT_SMOKE_SETTLE="0.2",
    )
    assert done.code == 0, done
    assert outcomes(done)["linux/amd64"]["ui"] == "passed"
    assert "everything is as expected" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("far", ["containerd"], indirect=True)
@pytest.mark.usefixtures("helped")
class TestEveryWayOut:
    """What is left on an engine elsewhere; the sandbox looks for it at the end of each test."""

    @pytest.mark.parametrize("moment", ["| start: passed", "| answer: passed"])
    def test_an_interruption(self, far_extension: Extension, moment: str) -> None:
        with far_extension.dext.start("smoke", DEXT_SMOKE_SETTLE="600") as running:
            running.wait_for(moment)
            running.send(signal.SIGINT)
            done = running.end(_PATIENCE)
        assert done.code == 130, done

    def test_a_kill_is_swept_by_the_next_run_of_this_machine_alone(
        self, far: FarEngine, far_extension: Extension, sandbox: Sandbox
    ) -> None:
        with far_extension.dext.start("smoke", DEXT_SMOKE_SETTLE="600") as running:
            running.wait_for("| answer: passed")
            running.kill()
        left = far.docker.traces(sandbox.slug)
        assert left
        # Another machine: it has other network namespaces, though the same host name.
        elsewhere = Program(far_extension.folder, far_extension.dext.env, sys.executable, ("unshare", "--net"))
        program = (
            "from dext_tasks.engine.client import Client; from dext_tasks.engine.sweep import sweep; sweep(Client())"
        )
        away = elsewhere("-c", program, DOCKER_HOST=far.socket, DOCKER_CONTEXT="")
        assert away.code == 0, away
        assert far.docker.traces(sandbox.slug) == left
        swept = far_extension.dext("smoke", "--json", "--platform", "linux/amd64", DEXT_SMOKE_SETTLE="0.2")
        assert swept.code == 0, swept

    def test_two_machines_with_one_host_name_take_turns(self, far: FarEngine, far_extension: Extension) -> None:
        args = ("smoke", "--no-build", "--platform", "linux/amd64")
        assert far_extension.dext("build", "--platform", "linux/amd64").code == 0
        # It has other network namespaces, and reaches the engine all the same.
        there = Program(far_extension.folder, far_extension.dext.env, "dext", ("unshare", "--net"))
        elsewhere = {"DOCKER_HOST": far.socket, "DOCKER_CONTEXT": ""}
        with there.start(*args, DEXT_SMOKE_SETTLE="600", **elsewhere) as first:
            first.wait_for("| answer: passed")
            with far_extension.dext.start(*args, DEXT_SMOKE_SETTLE="0.2") as second:
                second.wait_for("is tested by another machine, which is waited for")
                first.send(signal.SIGINT)
                assert first.end(_PATIENCE).code == 130
                done = second.end(_PATIENCE)
                assert done.code == 0, done

    def test_what_is_kept_goes_with_the_next_run(
        self, far: FarEngine, far_extension: Extension, sandbox: Sandbox
    ) -> None:
        wrong = ("smoke", "--json", "--keep", "--platform", "linux/amd64")
        fine = (far_extension.folder / "Dockerfile").read_text(encoding="utf-8")
        far_extension.edit("Dockerfile", "/run/guest-services/backend.sock", "/run/guest-services/other.sock")
        far_extension.commit("Listen elsewhere")
        done = far_extension.dext(*wrong, DEXT_SMOKE_TIMEOUT="3")
        assert done.code == 50, done
        assert far.docker.traces(sandbox.slug)
        far_extension.write("Dockerfile", fine)
        far_extension.commit("Listen where it is asked")
        done = far_extension.dext("smoke", "--json", "--platform", "linux/amd64", DEXT_SMOKE_SETTLE="0.2")
        assert done.code == 0, done


@contextmanager
def _helper(far: FarEngine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, *backends: str) -> Iterator[Helper]:
    """A helper container beside backends, each of which is socat with such an address beside its socket's name."""
    name = f"{sandbox.slug}-helper"
    for variable, value in far.docker.env.items():
        monkeypatch.setenv(variable, value)
    volume = f"--volume={sandbox.slug}-guest:/run/guest-services"
    started = [far.docker.run("run", "--detach", "--name", name, volume, SOCAT, "-u", "PIPE", "/dev/null").strip()]
    client = Client()
    try:
        for number, backend in enumerate(backends):
            listen = f"UNIX-LISTEN:/run/guest-services/{number}.sock,fork"
            started.append(far.docker.run("run", "--detach", volume, SOCAT, listen, backend).strip())
        yield Helper.of(client, name)
    finally:
        client.close()
        far.docker.run("rm", "--force", *started)
        far.docker.run("volume", "rm", f"{sandbox.slug}-guest")


def _await_socket(helper: Helper, name: str) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            helper.connected(name, _PATIENCE).close()
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.1)
        else:
            return


@pytest.mark.parametrize("far", ["containerd"], indirect=True)
class TestTunnel:
    def test_both_directions_at_once(
        self, helped: FarEngine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """More than any buffer on the way holds, of something that answers what it has read."""
        with _helper(helped, sandbox, monkeypatch, "EXEC:cat") as helper:
            _await_socket(helper, "0.sock")
            stream = helper.connected("0.sock", _PATIENCE)
            sent = bytes(range(256)) * 40_000
            sender = threading.Thread(target=stream.sendall, args=(sent,))
            sender.start()
            received = bytearray()
            while len(received) < len(sent):
                received += stream.recv(1 << 16)
            sender.join()
            assert received == sent
            stream.close()

    def test_a_stream_that_is_left_ends_what_makes_it(
        self, helped: FarEngine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with _helper(helped, sandbox, monkeypatch, "SYSTEM:while echo event; do sleep 0.05; done") as helper:
            _await_socket(helper, "0.sock")
            stream = helper.connected("0.sock", _PATIENCE)
            assert stream.recv(6) == b"event\n"
            assert "STDIO" in helped.docker.run("top", helper.container)
            stream.close()
            end = time.monotonic() + _PATIENCE
            while "STDIO" in helped.docker.run("top", helper.container):
                assert time.monotonic() < end
                time.sleep(0.1)

    def test_what_a_backend_says_before_it_hangs_up_is_heard(
        self, helped: FarEngine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with _helper(helped, sandbox, monkeypatch, "SYSTEM:head -c 1000000 /dev/zero") as helper:
            _await_socket(helper, "0.sock")
            stream = helper.connected("0.sock", _PATIENCE)
            received = 0
            while piece := stream.recv(1 << 16):
                received += len(piece)
            assert received == 1_000_000
            stream.close()

    def test_what_is_at_a_socket_s_place_leads_nowhere_else(
        self, helped: FarEngine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with _helper(helped, sandbox, monkeypatch, "EXEC:cat") as helper:
            _await_socket(helper, "0.sock")
            place = "cd /run/guest-services && ln -s /var/run/docker.sock engine && ln -s 0.sock link && touch file"
            volume = f"--volume={sandbox.slug}-guest:/run/guest-services"
            helped.docker.run("run", "--rm", volume, "--entrypoint", "sh", SOCAT, "-c", place)
            with pytest.raises(OSError, match="engine is a symbolic link that leads to no socket"):
                helper.connected("engine", _PATIENCE).recv(1)
            with pytest.raises(NotASocketError, match="file is not a socket"):
                helper.connected("file", _PATIENCE)
            with pytest.raises(FileNotFoundError):
                helper.connected("absent", _PATIENCE)
            own = helper.connected("link", _PATIENCE)
            own.sendall(b"echo")
            assert own.recv(4) == b"echo"
            own.close()


@pytest.mark.usefixtures("helped")
def test_the_doctor_tries_how_a_backend_is_reached(far_extension: Extension) -> None:
    # The sandbox asserts that nothing is left.
    done = far_extension.dext("doctor", "--json")
    line = next(line for line in done.json["lines"] if line["name"] == "backend")
    assert line["status"] == "OK", done
    address = json.loads(far_extension.docker.run("context", "inspect"))[0]["Endpoints"]["docker"]["Host"]
    assert f"the engine is taken to be elsewhere ({address}); backends are reached through a helper" in line["found"]
    assert "tried in" in line["found"]


@pytest.mark.parametrize("far", ["containerd"], indirect=True)
def test_where_an_engine_is(far: FarEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Engine().is_here
    # A socket of this machine, behind which is an engine with other mounts.
    monkeypatch.setenv("DOCKER_HOST", far.socket)
    assert not Engine().is_here
    monkeypatch.delenv("DOCKER_HOST")
    for variable, value in far.docker.env.items():
        monkeypatch.setenv(variable, value)
    assert not Engine().is_here
