"""Hostile compose files on a real engine: each is refused by name, and nothing of this machine is read or written."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, reject, settings

from dext_tasks.config import Settings
from dext_tasks.config.kind import When
from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from dext_tasks.extension.grants.machine import HostMachine
from dext_tasks.extension.grants.model import asked
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.smoke.installation import Candidate, Patience, Tools, Trial
from dext_tasks.smoke.outcome import ProbeFailedError, ProbeSkippedError, ProbeWithheldError
from dext_tasks.smoke.probes.backend import start, uninstall
from dext_tasks.sources.facts import FileFact, FileKind
from dext_tasks.sources.snapshot import Snapshot
from tests.compose_models import PARTS, documents, placed, with_part

from .docker import Docker
from .hostile import ABOVE, CANARY_FOLDER, COMPOSE_FILES, IDLE, IMAGE, service

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .sandbox import Sandbox

AMD64 = Platform("linux", "amd64")
VERSION_2 = "2"
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
                path.write_text(text.replace(CANARY_FOLDER, str(self.folder)), encoding="utf-8")
            chosen = Settings(smoke_allow=allowed, smoke_ui_run=When.NEVER)
            tools = Tools(self.engine, chosen, Path(top))
            candidate = Candidate(self.name, AMD64, AMD64, self.engine.image(IMAGE), snapshot)
            (Path(top) / "trial").mkdir()
            made = Trial(tools, candidate, Patience.of(chosen, emulated=False), Path(top) / "trial")
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
        said: list[dict[str, Any]] = json.loads(Docker().run("inspect", *names))
        return said

    def volume(self, name: str) -> dict[str, Any]:
        """What the engine says of a volume."""
        said: list[dict[str, Any]] = json.loads(Docker().run("volume", "inspect", name))
        return said[0]

    @cached_property
    def has_new_control_groups(self) -> bool:
        """Whether the machine has control groups of version 2."""
        return Docker().run("info", "--format", "{{.CgroupVersion}}").strip() == VERSION_2


@pytest.fixture
def hostile(sandbox: Sandbox, tmp_path: Path, _base_images: None, monkeypatch: pytest.MonkeyPatch) -> Hostile:
    monkeypatch.setenv("DEXT_CANARY", CANARY)
    folder = tmp_path / "secrets"
    folder.mkdir()
    return Hostile(folder, f"dext-tests_{sandbox.slug}")


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_what_was_not_granted_is_refused_by_name(hostile: Hostile, name: str) -> None:
    attack = COMPOSE_FILES[name]
    files = {"docker-compose.yaml": yaml.safe_dump(attack.document), **attack.beside}
    with hostile.trial(files) as trial:
        with pytest.raises(ProbeWithheldError) as caught:
            start(trial)
        places = {CANARY_FOLDER: str(hostile.folder), ABOVE: str(trial.folder.parent)}
        assert caught.value.grants == tuple(_replaced(grant, places) for grant in attack.grants)
        assert CANARY not in str(caught.value)
        assert not trial.services.left()
    assert [path.name for path in hostile.folder.iterdir()] == ["secret.env"]


def _replaced(text: str, places: Mapping[str, str]) -> str:
    for name, place in places.items():
        text = text.replace(name, place)
    return text


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
        assert "no-new-privileges:true" in made["HostConfig"]["SecurityOpt"]
        _require_nothing_of_this_machine(hostile, trial, made)


def _require_nothing_of_this_machine(hostile: Hostile, trial: Trial, made: dict[str, Any]) -> None:
    """Hold what the engine says of a container against everything that takes a grant."""
    host, own, network = made["HostConfig"], str(trial.project_folder), f"{trial.names.project}_"
    assert not host["Privileged"]
    empty = ("Devices", "DeviceCgroupRules", "DeviceRequests", "Sysctls", "VolumesFrom", "Links", "Annotations")
    assert [key for key in empty if host.get(key)] == []
    assert {host[key] for key in ("PidMode", "UTSMode", "UsernsMode", "CgroupParent")} == {""}
    assert host["IpcMode"] in {"private", "shareable"}
    if hostile.has_new_control_groups:
        # With the older control groups the engine itself gives every container the machine's.
        assert host["CgroupnsMode"] == "private"
    assert host["NetworkMode"] == "none" or host["NetworkMode"].startswith(network)
    assert all(name == "none" or name.startswith(network) for name in made["NetworkSettings"]["Networks"])
    assert {name.removeprefix("CAP_") for name in host["CapAdd"] or ()} <= {"CHOWN", "KILL", "NET_RAW"}
    assert [option.partition(":")[0] for option in host["SecurityOpt"]] == ["no-new-privileges"]
    assert host["OomScoreAdj"] == 0
    assert not host["OomKillDisable"]
    assert 0 < host["Memory"] <= 4 << 30
    assert 0 < host["PidsLimit"] <= 4096
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "2"}}
    assert host["Runtime"] in {"", "runc"}
    assert not any(server.startswith("127.") for server in host["Dns"] or ())
    assert {at["HostIp"] for ports in (host["PortBindings"] or {}).values() for at in ports} <= {"127.0.0.1"}
    assert {each["Type"] for each in made["Mounts"]} <= {"bind", "tmpfs", "volume"}
    for each in made["Mounts"]:
        if each["Type"] == "bind":
            assert each["Source"].startswith(f"{own}/"), each
            assert each["Propagation"] in {"", "private", "rprivate"}, each
        elif each["Type"] == "volume":
            assert each["Name"] != "dext-canary-fixed"
            assert not hostile.volume(each["Name"])["Options"], each
    assert CANARY not in json.dumps(made)


HARMLESS_PARTS = [part for part in PARTS if not asked(placed(with_part(part), "/own"), HostMachine("/own"))]


# Compose refuses some that contradict themselves, before it makes anything.
@settings(
    max_examples=12,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(documents(IDLE, HARMLESS_PARTS, least=3))
def test_no_document_that_asks_for_nothing_makes_a_container_with_anything(
    hostile: Hostile, document: dict[str, Any]
) -> None:
    files = {"docker-compose.yaml": yaml.safe_dump(placed(document, ".")), "data/x": "x", "mine": "mine"}
    with hostile.trial(files) as trial:
        try:
            start(trial)
        except ProbeFailedError:
            reject()
        made = hostile.containers(trial)
        assert len(made) >= len(document["services"])
        for each in made:
            _require_nothing_of_this_machine(hostile, trial, each)


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
