"""An engine elsewhere: one that shares no files, ports or processes with this machine, only the kernel.

What is registered with binfmt_misc is the kernel's, so it emulates other processors as this machine does.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .certificates import Pair, self_signed, signed
from .docker import Docker
from .relay import relay
from .requirement import missing, require_programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PORT = 2376
_PREFIX = "dxf-"
# Not where temporary files are, which is hidden from the engine. Short, as unix sockets are made below it.
_FOLDERS = Path("/var/lib/dext-tasks")
_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_SECONDS = 60
_POLL = 0.05
# Runs in namespaces of its own. /run has the socket of this machine's engine, and sshd wants a folder of its own there.
_START = """
set -e
echo "$HIDDEN" | while read -r folder; do mount -t tmpfs tmpfs "$folder"; done
mkdir -p -m 755 /run/sshd
ip link set lo up
echo begun
read -r address
ip address add "$address/30" dev far
ip link set far up
exec "$@" >"$LOG" 2>&1
"""


@dataclass(frozen=True)
class FarEngine:
    """An engine elsewhere.

    Attributes:
        docker: The docker client in a context of it, over TCP with TLS.
        address: Its IP address.
        folder: What it shares with this machine after all, for its own files.
        authority: Vouches for the engine, and for whom the engine serves.
        client: The client's certificate.
        process: A process in the engine's namespaces.
    """

    docker: Docker
    address: str
    folder: Path
    authority: Pair
    client: Pair
    process: int

    @property
    def host(self) -> str:
        """Where it listens, as in DOCKER_HOST."""
        return f"tcp://{self.address}:{_PORT}"

    @property
    def socket(self) -> str:
        """Where it listens for what runs on its side, as in DOCKER_HOST."""
        return f"unix://{self.folder}/docker.sock"

    def load(self, source: Docker, *references: str) -> None:
        """Have images of another engine."""
        archive = self.folder / "images.tar"
        source.run("save", "--output", str(archive), *references)
        self.docker.run("load", "--input", str(archive))
        archive.unlink()


@contextmanager
def far_engine(repository: Path, *, containerd: bool, port: int) -> Iterator[FarEngine]:
    """Start one, and remove every trace of it at the end.

    Its processes end with the one that runs the tests, even if that is killed.

    Args:
        repository: The checkout; it is hidden from the engine, as the home and the folder for temporary files are.
        containerd: Whether it has the containerd image store, or the classic one.
        port: Port on 127.0.0.1 that it can reach.
    """
    if os.geteuid() != 0:
        missing("an engine elsewhere takes root", "run the tests as root")
    require_programs("dockerd", "unshare", "setpriv", "ip", "openssl")
    _sweep()
    here, there = _addresses()
    with _folder() as folder, _daemon(folder, repository, containerd=containerd) as daemon:
        authority = self_signed(folder, "authority")
        signed(authority, "server", f"subjectAltName=IP:{there}", "extendedKeyUsage=serverAuth")
        client = signed(authority, "client", "extendedKeyUsage=clientAuth")
        _connect(daemon, here, there)
        # An empty DOCKER_HOST, as a set one goes before the context.
        settings = {"DOCKER_CONFIG": str(folder / "config"), "DOCKER_CONTEXT": "far", "DOCKER_HOST": ""}
        made = FarEngine(Docker(settings=settings), there, folder, authority, client, daemon.pid)
        create_context(settings, made.host, ca=authority.certificate, cert=client.certificate, key=client.key)
        _wait(made, daemon)
        with relay(daemon.pid, port):
            yield made


def create_context(settings: Mapping[str, str], host: str, **files: Path) -> None:
    """Make a context in the folder and by the name that a docker client's variables give.

    Args:
        settings: These variables.
        host: As in DOCKER_HOST.
        files: Those of TLS: ca, cert and key.
    """
    endpoint = ",".join((f"host={host}", *(f"{name}={file}" for name, file in files.items())))
    elsewhere = Docker(settings={**settings, "DOCKER_CONTEXT": ""})
    elsewhere.run("context", "create", settings["DOCKER_CONTEXT"], "--docker", endpoint)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that is locked for as long as this process lives."""
    _FOLDERS.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_FOLDERS))
    with _lock(folder):
        try:
            yield folder
        finally:
            _remove(folder)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder.

    Raises:
        BlockingIOError: Another process holds it.
        FileNotFoundError: The folder has gone.
    """
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)


def _sweep() -> None:
    """Remove what killed runs left; all of their processes have ended."""
    for folder in _FOLDERS.glob(f"{_PREFIX}*"):
        with suppress(BlockingIOError, FileNotFoundError), _lock(folder):
            _remove(folder)


def _remove(folder: Path) -> None:
    end = time.monotonic() + _SECONDS
    # The kernel may still be ending processes that have files open, or make some.
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=time.monotonic() < end)
    for group in sorted(_CONTROL_GROUPS.glob(f"**/{folder.name}/**/"), reverse=True):
        group.rmdir()


@contextmanager
def _daemon(folder: Path, repository: Path, *, containerd: bool) -> Iterator[subprocess.Popen[str]]:
    """A process in namespaces of its own, which waits for a network and becomes dockerd."""
    settings = folder / "daemon.json"
    settings.write_text(json.dumps({"features": {"containerd-snapshotter": containerd}}), encoding="utf-8")
    command = [
        # Whatever ends this process ends all others in its namespace of processes.
        *("setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"),
        *("--mount-proc", "sh", "-c", _START, "sh", "dockerd", "--config-file", str(settings)),
        *("--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")),
        *("--pidfile", str(folder / "dockerd.pid"), "--iptables=false", "--ip6tables=false"),
        *("--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", f"/{folder.name}"),
        *("--host", f"unix://{folder}/docker.sock", "--host", f"tcp://0.0.0.0:{_PORT}", "--tlsverify"),
        *("--tlscacert", str(folder / "authority.crt"), "--tlscert", str(folder / "server.crt")),
        *("--tlskey", str(folder / "server.key")),
    ]
    hidden = {repository, Path.home(), Path(tempfile.gettempdir()), Path("/run")}
    # What is below another one goes with it.
    outer = [str(path) for path in hidden if not hidden & set(path.parents)]
    env = {**os.environ, "HIDDEN": "\n".join(outer), "LOG": str(_log(folder))}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _addresses() -> tuple[str, str]:
    """Two addresses of a network that this machine does not know yet, the first of them ours."""
    used = subprocess.run(["ip", "-4", "route"], check=True, capture_output=True, text=True, timeout=_SECONDS).stdout
    chance = random.SystemRandom()
    while True:
        network = f"10.{chance.randrange(250)}.{chance.randrange(256)}"
        if f"{network}." not in used:
            return f"{network}.1", f"{network}.2"


def _connect(daemon: subprocess.Popen[str], here: str, there: str) -> None:
    """Lay a cable to a process in a network namespace of its own, and say so to it; it goes with the process."""
    assert daemon.stdin
    assert daemon.stdout
    assert daemon.stdout.readline() == "begun\n"
    ours = f"dxf{daemon.pid}"
    for command in (
        f"link add {ours} type veth peer name far netns {daemon.pid}",
        f"address add {here}/30 dev {ours}",
        f"link set {ours} up",
    ):
        subprocess.run(["ip", *command.split()], check=True, capture_output=True, timeout=_SECONDS)
    daemon.stdin.write(f"{there}\n")
    daemon.stdin.flush()


def _log(folder: Path) -> Path:
    return folder / "dockerd.log"


def _wait(made: FarEngine, daemon: subprocess.Popen[str]) -> None:
    end = time.monotonic() + _SECONDS
    while not made.docker.answers():
        if daemon.poll() is not None or time.monotonic() > end:
            said = _log(made.folder).read_text(encoding="utf-8", errors="replace")
            pytest.fail(f"the engine elsewhere does not start: {said[-2000:]}", pytrace=False)
        time.sleep(_POLL)
