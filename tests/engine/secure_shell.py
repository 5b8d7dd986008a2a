"""An ssh server beside an engine elsewhere, and a client that knows nothing but what the tests tell it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from .docker import Docker
from .far_engine import create_context
from .program import SCRIPTS
from .requirement import require_programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .far_engine import FarEngine

_SECONDS = 60
_POLL = 0.05
_CONTEXT = "far-ssh"


@dataclass(frozen=True)
class SecureShell:
    """A way to an engine elsewhere by ssh.

    Attributes:
        engine: It, whose docker client uses a context of this way.
        folder: Of the keys, and of the client's configuration.
    """

    engine: FarEngine
    folder: Path

    @property
    def host(self) -> str:
        """As in DOCKER_HOST."""
        return f"ssh://root@{self.engine.address}"

    def configured(self, file: Path, **options: str) -> dict[str, str]:
        """The variables of a docker client whose ssh is told to do some things otherwise.

        Args:
            file: Of the configuration.
            options: Those of ssh_config(5) that differ.
        """
        told = {
            "BatchMode": "no",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "IdentityFile": str(self.folder / "client"),
            "UserKnownHostsFile": str(self.folder / "known_hosts"),
            "GlobalKnownHostsFile": os.devnull,
            # A build makes a dozen connections, and the default since OpenSSH 9 takes twice the time for each.
            "KexAlgorithms": "curve25519-sha256",
            **options,
        }
        file.write_text("".join(f"{name} {value}\n" for name, value in told.items()), encoding="utf-8")
        return {**self.engine.docker.settings, "TESTS_SSH_CONFIG": str(file)}

    def allow(self, key: Path, options: str = "") -> None:
        """Let in who has a key, with options as in sshd(8)."""
        line = options + key.with_suffix(".pub").read_text(encoding="utf-8")
        with (self.folder / "authorized").open("a", encoding="utf-8") as file:
            file.write(line)


@contextmanager
def secure_shell(engine: FarEngine) -> Iterator[SecureShell]:
    """Start the server; it ends with the engine at the latest."""
    require_programs("sshd", "ssh", "ssh-keygen", "nsenter")
    folder = engine.folder / "ssh"
    folder.mkdir()
    for name in ("host", "client"):
        make_key(folder / name)
    shutil.copy(folder / "client.pub", folder / "authorized")
    key = (folder / "host.pub").read_text(encoding="utf-8")
    (folder / "known_hosts").write_text(f"{engine.address} {key}", encoding="utf-8")
    # ssh takes the home of passwd, whatever HOME says, and the machine's own settings unless it is told others.
    program = folder / "programs" / "ssh"
    program.parent.mkdir()
    # Compose is given no variables but those that reach an engine.
    told = f'"${{TESTS_SSH_CONFIG:-{folder}/config}}"'
    program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {told} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = os.pathsep.join((str(program.parent), str(SCRIPTS), os.environ["PATH"]))
    settings = {**engine.docker.settings, "PATH": path, "DOCKER_CONTEXT": _CONTEXT}
    made = SecureShell(replace(engine, docker=Docker(settings=settings)), folder)
    settings = made.configured(folder / "config")
    made = SecureShell(replace(engine, docker=Docker(settings=settings)), folder)
    with _server(made):
        create_context(settings, made.host)
        yield made


def make_key(file: Path, passphrase: str = "") -> None:
    """A key, and beside it its public half."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "tests", "-f", str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)


@contextmanager
def _server(shell: SecureShell) -> Iterator[None]:
    configuration = {
        "HostKey": str(shell.folder / "host"),
        "AuthorizedKeysFile": str(shell.folder / "authorized"),
        "PermitRootLogin": "prohibit-password",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "UsePAM": "no",
        # The folder for its file of process ids is hidden, and it belongs to whoever runs the tests.
        "PidFile": "none",
        "StrictModes": "no",
        # Each docker command is a connection, and many start at once.
        "MaxStartups": "100",
        "SetEnv": f"DOCKER_HOST={shell.engine.socket} PATH={os.environ['PATH']}",
    }
    file, log = shell.folder / "sshd_config", shell.folder / "sshd.log"
    file.write_text("".join(f"{name} {value}\n" for name, value in configuration.items()), encoding="utf-8")
    namespaces = f"/proc/{shell.engine.process}/ns"
    command = [
        *("nsenter", f"--net={namespaces}/net", f"--mount={namespaces}/mnt", f"--pid={namespaces}/pid_for_children"),
        *(str(shutil.which("sshd")), "-D", "-f", str(file), "-E", str(log)),
    ]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            end = time.monotonic() + _SECONDS
            while not Docker(host=shell.host, settings=shell.engine.docker.settings).answers():
                if process.poll() is not None or time.monotonic() > end:
                    pytest.fail(f"no way by ssh: {log.read_text(errors='replace')[-2000:]}", pytrace=False)
                time.sleep(_POLL)
            yield
        finally:
            process.terminate()
