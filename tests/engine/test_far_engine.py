"""Verbs with an engine that shares neither files nor ports with this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from .docker import Docker

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension
    from .far_engine import FarEngine
    from .registry import Registry


_HELPER = "alpine/socat:1.8.0.3"


@pytest.mark.usefixtures("_base_images")
def test_the_whole_way_to_a_release(far: FarEngine, far_extension: Extension, registry: Registry) -> None:
    far.load(Docker(), _HELPER)
    name, commit = far_extension.repository, far_extension.git("rev-parse", "HEAD")
    planned = far_extension.dext("release", "--dry-run", "--json")
    assert (planned.code, planned.json["obstacles"]) == (0, []), planned
    assert registry.tags(name) == set()

    released = far_extension.release("--json")
    assert released.code == 0, released
    assert registry.versions(name) == {"0.1.0"}
    assert released.json["platforms"] == registry.platforms(name, "0.1.0")
    assert far_extension.git("rev-list", "-n1", "v0.1.0") == commit
    for platform, digest in registry.platforms(name, "0.1.0").items():
        image = far.docker.image(far_extension.builds[platform])
        assert f"{image['Os']}/{image['Architecture']}" == platform
        # The classic store names an image by its configuration.
        assert image["Id"] in {digest, registry.manifest(name, digest)["config"]["digest"]}
    assert not far_extension.built(Docker())

    checked = far_extension.dext("check", "--json")
    assert (checked.code, checked.json["findings"]) == (0, []), checked
    assert "label-missing" not in {each["rule"] for each in checked.json["not_run"]}


@pytest.mark.parametrize("far", ["containerd"], indirect=True)
@pytest.mark.usefixtures("_base_images")
def test_it_has_neither_files_nor_ports_of_this_machine(far: FarEngine, repository: Path, tmp_path: Path) -> None:
    far.load(Docker(), "busybox:1.37")
    (tmp_path / "file").touch()
    mounted = [f"--volume={folder}:/mounted/{place}" for place, folder in enumerate((repository, tmp_path))]
    show = "uname -m; ls /mounted/0 /mounted/1"
    shown = far.docker.run("run", "--rm", "--platform=linux/arm64", *mounted, "busybox:1.37", "sh", "-c", show)
    assert shown.split() == ["aarch64", "/mounted/0:", "/mounted/1:"]
    serve = ("busybox:1.37", "httpd", "-f", "-p", "8080")
    container = far.docker.run("run", "--detach", "--publish=8080", *serve).strip()
    port = int(far.docker.run("port", container).rpartition(":")[2])
    try:
        socket.create_connection((far.address, port), timeout=30).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=30)
    finally:
        far.docker.run("rm", "--force", container)
