from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from .extension import PLATFORMS
from .program import Program
from .registry import PASSWORD, USER

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension
    from .registry import Registry

LOGIN_MISSING = 31
SECRETS = (PASSWORD, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())


def test_release_needs_a_login_and_takes_dockers(
    extension: Extension, locked_registry: Registry, tmp_path: Path
) -> None:
    home = tmp_path / "docker"
    home.mkdir()
    image = f"{locked_registry.address}/{extension.repository}"
    extension.edit("invoke.yaml", extension.image, image)
    extension.commit("Publish behind a login")

    refused = extension.release(DOCKER_CONFIG=str(home))
    assert refused.code == LOGIN_MISSING, refused
    assert f"docker login {locked_registry.address}" in refused.err
    assert locked_registry.tags(extension.repository) == set()

    _log_in(extension, locked_registry, home, "wrong-" + PASSWORD, works=False)
    _log_in(extension, locked_registry, home, PASSWORD, works=True)
    done = extension.release("--json", DOCKER_CONFIG=str(home))
    assert done.code == 0, done
    assert set(locked_registry.platforms(extension.repository, "0.1.0")) == set(PLATFORMS)
    seen = refused.err + done.out + done.err + _journal(extension)
    assert [secret for secret in SECRETS if secret in seen] == []


def _log_in(extension: Extension, registry: Registry, home: Path, password: str, *, works: bool) -> None:
    docker = Program(extension.folder, {**extension.dext.env, "DOCKER_CONFIG": str(home)}, "docker")
    done = docker("login", "--username", USER, "--password-stdin", registry.address, stdin=password)
    assert (done.code == 0) is works, done


def _journal(extension: Extension) -> str:
    files = (extension.folder / ".dext").rglob("*")
    return "".join(file.read_text(encoding="utf-8") for file in files if file.is_file())
