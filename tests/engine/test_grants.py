"""Hostile compose files on a real engine: each is refused by name, and nothing of this machine is read or written."""

from __future__ import annotations

import json
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dext_tasks.config import Settings
from dext_tasks.config.kind import When
from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from dext_tasks.extension.platform import Platform
from dext_tasks.smoke.backend import start, uninstall
from dext_tasks.smoke.candidate import Candidate, Patience
from dext_tasks.smoke.probe import ProbeSkippedError, ProbeWithheldError
from dext_tasks.smoke.trial import Tools, Trial
from dext_tasks.sources.snapshot import Snapshot
from dext_tasks.sources.subject import FileFact, FileKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .sandbox import Sandbox

IMAGE = "busybox:1.37"
AMD64 = Platform("linux", "amd64")
IDLE = ["sh", "-c", "trap exit TERM; sleep 600 & wait"]
VERSION_2 = b"2"
CANARY = "dext-canary-6f1d"
METADATA = {"icon": "/icon.svg", "vm": {"composefile": "/compose/docker-compose.yaml"}}


class Hostile:
    """An extension of a stranger's, installed as a smoke test does it.

    Attributes:
        folder: That no extension may see, with a file whose content is the canary.
        engine: The engine.
        name: Of the extension.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.engine = Engine(Client())
        self.secret = folder / "secret.env"
        self.secret.write_text(f"STOLEN={CANARY}\n", encoding="utf-8")

    @contextmanager
    def trial(self, files: dict[str, str], *allowed: str) -> Iterator[Trial]:
        """A trial of a compose file, and what is beside it."""
        with tempfile.TemporaryDirectory(prefix="dext-") as top:
            snapshot = Snapshot(
                AMD64,
                Path(top) / "image",
                {"/compose/docker-compose.yaml": FileFact(FileKind.FILE, 0o644, 1)},
                json.dumps(METADATA).encode(),
            )
            for name, text in files.items():
                path = snapshot.path(f"/compose/{name}")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text.replace("@CANARY@", str(self.folder)), encoding="utf-8")
            settings = Settings(smoke_allow=allowed, smoke_ui_run=When.NEVER)
            tools = Tools(self.engine, settings, Path(top))
            candidate = Candidate(self.name, AMD64, AMD64, self.engine.image(IMAGE), snapshot)
            (Path(top) / "trial").mkdir()
            made = Trial(tools, candidate, Patience.of(settings, emulated=False), Path(top) / "trial")
            try:
                yield made
            finally:
                try:
                    uninstall(made)
                except ProbeSkippedError:
                    assert not made.services.left()

    def containers(self, trial: Trial) -> list[dict[str, Any]]:
        """What the engine says of every container that was made."""
        names = [container.name for container in trial.services.containers()]
        out = subprocess.run(["docker", "inspect", *names], capture_output=True, check=True).stdout
        said: list[dict[str, Any]] = json.loads(out)
        return said


@pytest.fixture
def hostile(sandbox: Sandbox, tmp_path: Path, _base_images: None, monkeypatch: pytest.MonkeyPatch) -> Hostile:
    monkeypatch.setenv("DEXT_CANARY", CANARY)
    folder = tmp_path / "secrets"
    folder.mkdir()
    return Hostile(folder, f"dext-tests_{sandbox.slug}")


def service(**keys: object) -> dict[str, object]:
    return {"services": {"a": {"image": IMAGE, "command": IDLE, **keys}}}


def mount(volume: object, **more: object) -> dict[str, object]:
    return {**service(volumes=[volume]), **more}


BIND = {"type": "none", "o": "bind", "device": "/"}
# By what it tries: the compose file, files beside it, and the names it must be granted by.
CASES: dict[str, tuple[object, dict[str, str], tuple[str, ...]]] = {
    "socket": (mount("/var/run/docker.sock:/s"), {}, ("engine-socket",)),
    "socket-dots": (mount("/var/run/../run/docker.sock:/s"), {}, ("engine-socket",)),
    "socket-slashes": (mount("//var/run/docker.sock:/s"), {}, ("engine-socket",)),
    "socket-trailing-slash": (mount("/var/run/docker.sock/:/s"), {}, ("engine-socket",)),
    "socket-short": (mount("/run/docker.sock:/s"), {}, ("engine-socket",)),
    "socket-folder": (mount("/var/run:/s"), {}, ("engine-socket", "host-mount:/run")),
    "socket-folder-short": (mount("/run:/s"), {}, ("engine-socket", "host-mount:/run")),
    "root": (mount("/:/host"), {}, ("engine-socket", "host-mount:/")),
    "root-dots": (mount("/tmp/..:/host"), {}, ("engine-socket", "host-mount:/")),
    "root-long": (mount({"type": "bind", "source": "/", "target": "/host"}), {}, ("engine-socket", "host-mount:/")),
    "root-proc": (mount("/proc/self/root:/host"), {}, ("engine-socket", "host-mount:/")),
    "folder": (mount("@CANARY@:/host"), {}, ("host-mount:@CANARY@",)),
    "folder-above": (mount("../../:/host"), {}, ()),
    "volume-bind": (mount("vol:/host", volumes={"vol": {"driver_opts": BIND}}), {}, ("engine-socket", "volume-bind:/")),
    "volume-tmpfs-bind": (
        mount("vol:/host", volumes={"vol": {"driver_opts": {**BIND, "type": "tmpfs"}}}),
        {},
        ("engine-socket", "volume-bind:/"),
    ),
    "volume-external": (
        mount("vol:/x", volumes={"vol": {"external": True, "name": "theirs"}}),
        {},
        ("external-volume:theirs",),
    ),
    "network-external": (
        {**service(networks=["n"]), "networks": {"n": {"external": True, "name": "theirs"}}},
        {},
        ("external-network:theirs",),
    ),
    "network-driver": (
        {**service(networks=["n"]), "networks": {"n": {"driver": "macvlan"}}},
        {},
        ("network-driver:macvlan",),
    ),
    "privileged": (service(privileged=True), {}, ("privileged",)),
    "pid": (service(pid="host"), {}, ("host-pid",)),
    "ipc": (service(ipc="host"), {}, ("host-ipc",)),
    "uts": (service(uts="host"), {}, ("host-uts",)),
    "userns": (service(userns_mode="host"), {}, ("host-userns",)),
    "cgroup": (service(cgroup="host"), {}, ("host-cgroup",)),
    "cgroup-parent": (service(cgroup_parent="/x"), {}, ("cgroup-parent:/x",)),
    "network": (service(network_mode="host"), {}, ("host-network",)),
    "network-of-another": (service(network_mode="container:x"), {}, ("container:x",)),
    "volumes-of-another": (service(volumes_from=["container:x"]), {}, ("container:x",)),
    "capabilities": (service(cap_add=["ALL"]), {}, ("capability:ALL",)),
    "device": (service(devices=["/dev/null:/dev/x"]), {}, ("device:/dev/null",)),
    "device-rule": (service(device_cgroup_rules=["b 1:* rwm"]), {}, ("device-rule:b 1:* rwm",)),
    "unconfined": (service(security_opt=["seccomp=unconfined"]), {}, ("security-opt:seccomp:unconfined",)),
    "sysctl": (service(sysctls={"net.core.somaxconn": 1024}), {}, ("sysctl:net.core.somaxconn",)),
    "runtime": (service(runtime="runc"), {}, ("runtime:runc",)),
    "config-file": (
        {**service(configs=["c"]), "configs": {"c": {"file": "@CANARY@/secret.env"}}},
        {},
        ("host-file:@CANARY@/secret.env",),
    ),
    "secret-file": (
        {**service(secrets=["c"]), "secrets": {"c": {"file": "@CANARY@/secret.env"}}},
        {},
        ("host-file:@CANARY@/secret.env",),
    ),
    "secret-environment": (
        {**service(secrets=["c"]), "secrets": {"c": {"environment": "DEXT_CANARY"}}},
        {},
        ("environment:DEXT_CANARY",),
    ),
    "environment": (service(environment=["DEXT_CANARY"]), {}, ("environment:DEXT_CANARY",)),
    "environment-null": (service(environment={"DEXT_CANARY": None}), {}, ("environment:DEXT_CANARY",)),
    "variable": (service(environment={"A": "${DEXT_CANARY}"}), {}, ("environment:DEXT_CANARY",)),
    "variable-of-the-home": (service(environment={"A": "${HOME:-x}"}), {}, ("environment:HOME",)),
    "variable-by-env": (
        service(environment={"A": "${B}"}),
        {".env": "B=${DEXT_CANARY}\n"},
        ("environment:DEXT_CANARY",),
    ),
    "variable-bare-in-env": (service(env_file="a.env"), {"a.env": "DEXT_CANARY\n"}, ("environment:DEXT_CANARY",)),
    "env-file": (service(env_file="@CANARY@/secret.env"), {}, ("host-file:@CANARY@/secret.env",)),
    "env-file-optional": (
        service(env_file=[{"path": "@CANARY@/secret.env", "required": False}]),
        {},
        ("host-file:@CANARY@/secret.env",),
    ),
    "extends": (
        {"services": {"a": {"extends": {"file": "@CANARY@/secret.env", "service": "x"}}}},
        {},
        ("host-file:@CANARY@/secret.env",),
    ),
    "include": ({"include": ["@CANARY@/secret.env"]}, {}, ("host-file:@CANARY@/secret.env",)),
    "include-by-include": (
        {"include": ["b.yaml"]},
        {"b.yaml": 'include: ["@CANARY@/secret.env"]\n'},
        ("host-file:@CANARY@/secret.env",),
    ),
    "include-remote": (
        {"include": ["https://example.com/x.git"]},
        {},
        ("remote-file:https://example.com/x.git",),
    ),
    "hook": (service(annotations={"run.oci.hooks": "x"}), {}, ("unknown:annotations",)),
    "replicas": (service(deploy={"replicas": 5000}), {}, ("replicas:5000",)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_was_not_granted_is_refused_by_name(hostile: Hostile, name: str) -> None:
    document, beside, expected = CASES[name]
    files = {"docker-compose.yaml": yaml.safe_dump(document), **beside}
    with hostile.trial(files) as trial:
        with pytest.raises(ProbeWithheldError) as caught:
            start(trial)
        wanted = tuple(grant.replace("@CANARY@", str(hostile.folder)) for grant in expected)
        assert caught.value.grants == (wanted or (f"host-mount:{trial.folder.parent}",))
        assert CANARY not in str(caught.value)
        assert not trial.services.left()
    assert [path.name for path in hostile.folder.iterdir()] == ["secret.env"]


def test_a_second_document_of_the_same_file_is_read_too(hostile: Hostile) -> None:
    text = yaml.safe_dump_all([service(), {"include": ["@CANARY@/secret.env"]}])
    with hostile.trial({"docker-compose.yaml": text}) as trial, pytest.raises(ProbeWithheldError) as caught:
        start(trial)
    assert caught.value.grants == (f"host-file:{hostile.secret}",)


HARMLESS: dict[str, dict[str, Any]] = {
    "plain": {},
    "own-folder": {"volumes": ["./data:/data", "fixed:/d", "/anonymous"]},
    "ports": {"ports": ["80", "0.0.0.0::81", "[::]::82/udp"]},
    "default": {"environment": {"A": "${DEXT_CANARY:-none}", "B": "$${DEXT_CANARY}"}},
    "rights": {"cap_add": ["NET_RAW"], "privileged": False, "user": "1000", "read_only": True, "group_add": ["0"]},
    "modes": {"ipc": "private", "cgroup": "private", "network_mode": "none"},
    "limits": {"mem_limit": "64m", "pids_limit": 50, "logging": {"driver": "none"}, "extra_hosts": ["a:host-gateway"]},
    "no-limits": {"mem_limit": 0, "pids_limit": -1, "security_opt": ["no-new-privileges:true"]},
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_asks_for_nothing_gets_nothing_of_this_machine(hostile: Hostile, name: str) -> None:
    document = {**service(**HARMLESS[name]), "volumes": {"fixed": {"name": "dext-canary-fixed"}}}
    with hostile.trial({"docker-compose.yaml": yaml.safe_dump(document)}) as trial:
        start(trial)
        (made,) = hostile.containers(trial)
        host, own = made["HostConfig"], str(trial.project_folder)
        assert not host["Privileged"]
        assert not host["Devices"]
        assert not host["DeviceCgroupRules"]
        assert {host[key] for key in ("PidMode", "UTSMode", "UsernsMode", "CgroupParent")} == {""}
        assert host["IpcMode"] == "private"
        if VERSION_2 in hostile.engine.client.run("info", "--format", "{{.CgroupVersion}}", what="info", seconds=60):
            # With the older control groups the engine itself gives every container the machine's.
            assert host["CgroupnsMode"] == "private"
        assert host["NetworkMode"] in {f"{trial.names.project}_default", "none"}
        assert "no-new-privileges:true" in host["SecurityOpt"]
        assert 0 < host["Memory"] <= 4 << 30
        assert 0 < host["PidsLimit"] <= 4096
        assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "2"}}
        assert host["Runtime"] in {"", "runc"}
        assert {at["HostIp"] for ports in (host["PortBindings"] or {}).values() for at in ports} <= {"127.0.0.1"}
        for each in made["Mounts"]:
            assert each["Type"] == "volume" or each["Source"].startswith(f"{own}/"), each
            assert each.get("Name") != "dext-canary-fixed"
        assert CANARY not in json.dumps(made)


@pytest.mark.parametrize(
    ("allowed", "keys", "shown"),
    [
        (("privileged",), {"privileged": True}, '"Privileged": true'),
        (("capability:cap_sys_admin",), {"cap_add": ["SYS_ADMIN"]}, "SYS_ADMIN"),
        (("environment:DEXT_CANARY",), {"environment": ["DEXT_CANARY"]}, f"DEXT_CANARY={CANARY}"),
        (("environment:DEXT_CANARY",), {"environment": {"A": "${DEXT_CANARY}"}}, f"A={CANARY}"),
        (("all",), {"pid": "host", "ipc": "host"}, '"PidMode": "host"'),
        (("engine-socket",), {"volumes": ["/var/run/docker.sock.raw:/var/run/docker.sock"]}, '"/var/run/docker.sock"'),
    ],
)
def test_what_was_granted_is_given(
    hostile: Hostile, allowed: tuple[str, ...], keys: dict[str, object], shown: str
) -> None:
    with hostile.trial({"docker-compose.yaml": yaml.safe_dump(service(**keys))}, *allowed) as trial:
        start(trial)
        assert shown in json.dumps(hostile.containers(trial)[0])


def test_a_folder_is_granted_by_any_spelling_and_mounted_by_its_real_path(hostile: Hostile) -> None:
    link = hostile.folder.parent / "link"
    link.symlink_to(hostile.folder)
    text = yaml.safe_dump(service(volumes=[f"{link}:/x:ro"]))
    with hostile.trial({"docker-compose.yaml": text}, f"host-mount:{hostile.folder}/") as trial:
        start(trial)
        (made,) = hostile.containers(trial)
        assert [each["Source"] for each in made["Mounts"]] == [str(hostile.folder)]
