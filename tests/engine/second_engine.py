"""A second engine on this machine, with the image store that the first one does not use."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from .docker import Docker
from .relay import relay
from .requirement import missing, require_programs

if TYPE_CHECKING:
    from collections.abc import Iterator

_START = 60
_STOP = 30
_POLL = 0.1


@contextmanager
def second_engine(*, containerd: bool, port: int, insecure: str = "") -> Iterator[Docker]:
    """Start one, and remove every trace of it at the end.

    It lives in a network namespace of its own: two engines in one fight over docker0, and the second one
    to start deletes the first one's networks. The registry's port is there all the same.

    Args:
        containerd: Whether it has the containerd image store, or the classic one.
        port: Port on 127.0.0.1 that it can reach.
        insecure: A registry, or a network of them, that it speaks plain HTTP to; none if empty.
    """
    if os.geteuid() != 0:
        missing("a second engine takes root", "run the tests as root")
    require_programs("dockerd", "unshare", "ip")
    # A short path: there are unix sockets below it.
    folder = Path(tempfile.mkdtemp(prefix="dxe-"))
    try:
        with _daemon(folder, containerd=containerd, insecure=insecure) as process:
            docker = Docker(f"unix://{folder}/docker.sock")
            _wait(docker, process, folder / "dockerd.log")
            with relay(process.pid, port):
                yield docker
    finally:
        _remove(folder)


@contextmanager
def _daemon(folder: Path, *, containerd: bool, insecure: str) -> Iterator[subprocess.Popen[bytes]]:
    file = folder / "daemon.json"
    settings = {
        "features": {"containerd-snapshotter": containerd},
        "insecure-registries": [insecure] if insecure else [],
    }
    file.write_text(json.dumps(settings), encoding="utf-8")
    daemon = (
        *("dockerd", "--config-file", str(file), "--data-root", str(folder / "data")),
        *("--exec-root", str(folder / "exec"), "--pidfile", str(folder / "dockerd.pid")),
        *("--iptables=false", "--ip6tables=false", "--host", f"unix://{folder}/docker.sock"),
    )
    # sh ends up as dockerd, so this process's namespace is the daemon's.
    command = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *daemon]
    with (
        (folder / "dockerd.log").open("w") as log,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP)
            process.kill()


def _wait(docker: Docker, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START
    while not docker.answers():
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"the second engine does not start: {log.read_text(errors='replace')[-2000:]}", pytrace=False)
        time.sleep(_POLL)


def _remove(folder: Path) -> None:
    """What an engine that had to be killed leaves: shims of its containers, and mounts."""
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in part for part in process.info["cmdline"] or ()):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    for mount in reversed(mounts):
        if mount.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", mount], check=False, timeout=_STOP)
    shutil.rmtree(folder)
