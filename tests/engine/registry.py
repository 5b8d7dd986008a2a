"""Registries: read by plain HTTP, without the product's own client, and one that wants a login."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCEPT = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
USER = "tester"
PASSWORD = "p4ss-tester-9d1f"  # noqa: S105 - of a registry that lives as long as one test
# `htpasswd -B` of the password above.
_HASH = "$2b$04$uxpPtCD3/Fw8.jTG9VL6d.Wq.VXX7rcGGZasSl0btW.p4lh4v/wWC"
_SECONDS = 10


@dataclass(frozen=True)
class Registry:
    """A registry on this machine.

    Attributes:
        address: Host and port.
        user: Empty for anonymous access.
        password: Likewise.
    """

    address: str
    user: str = ""
    password: str = ""

    @property
    def docker_config(self) -> str:
        """What `docker login` would have written."""
        credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return json.dumps({"auths": {self.address: {"auth": credentials}}})

    def answers(self) -> bool:
        try:
            return self._ask("GET", "/v2/")[0] in (200, 401)
        except (OSError, HTTPException):
            return False

    def tags(self, repository: str) -> set[str]:
        status, _, body = self._ask("GET", f"/v2/{repository}/tags/list")
        return set(json.loads(body).get("tags") or []) if status == 200 else set()

    def versions(self, repository: str) -> set[str]:
        """Tags that are neither ``latest`` nor a place where images wait."""
        return {tag for tag in self.tags(repository) if tag != "latest" and not tag.startswith("staging-")}

    def digest(self, repository: str, tag: str) -> str:
        status, headers, _ = self._ask("HEAD", f"/v2/{repository}/manifests/{tag}")
        assert status == 200, f"{repository}:{tag}: {status}"
        return headers["docker-content-digest"]

    def manifest(self, repository: str, name: str) -> dict[str, Any]:
        return self._document(f"/v2/{repository}/manifests/{name}")

    def config(self, repository: str, manifest: str) -> dict[str, Any]:
        digest = self.manifest(repository, manifest)["config"]["digest"]
        return self._document(f"/v2/{repository}/blobs/{digest}")

    def platforms(self, repository: str, tag: str) -> dict[str, str]:
        """Digest of each platform's manifest in an index."""
        entries = self.manifest(repository, tag)["manifests"]
        return {f"{each['platform']['os']}/{each['platform']['architecture']}": each["digest"] for each in entries}

    def clear(self, repository: str) -> None:
        for digest in {self.digest(repository, tag) for tag in self.tags(repository)}:
            self._ask("DELETE", f"/v2/{repository}/manifests/{digest}")

    def delete(self, repository: str, digest: str) -> None:
        """Remove a manifest, as a clean-up job does; the tags that name it go, too."""
        status, _, _ = self._ask("DELETE", f"/v2/{repository}/manifests/{digest}")
        assert status == 202, f"{repository}@{digest}: {status}"

    def _document(self, path: str) -> dict[str, Any]:
        status, _, body = self._ask("GET", path)
        assert status == 200, f"{path}: {status}"
        document: dict[str, Any] = json.loads(body)
        return document

    def _ask(self, method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        headers = {"Accept": ", ".join(ACCEPT)}
        if self.user:
            credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {credentials}"
        connection = HTTPConnection(self.address, timeout=_SECONDS)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


@contextmanager
def locked(folder: Path) -> Iterator[Registry]:
    """A registry that wants USER and PASSWORD, on a free port."""
    port = free_port()
    (folder / "users").write_text(f"{USER}:{_HASH}\n", encoding="utf-8")
    configuration = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
        "auth": {"htpasswd": {"realm": "tests", "path": str(folder / "users")}},
    }
    # JSON is YAML.
    (folder / "registry.yml").write_text(json.dumps(configuration), encoding="utf-8")
    with (
        (folder / "registry.log").open("w") as log,
        subprocess.Popen(
            ["docker-registry", "serve", str(folder / "registry.yml")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            registry = Registry(f"localhost:{port}", USER, PASSWORD)
            _wait(registry)
            yield registry
        finally:
            process.kill()


def _wait(registry: Registry) -> None:
    end = time.monotonic() + _SECONDS
    while not registry.answers():
        assert time.monotonic() < end, f"the registry on {registry.address} does not answer"
        time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
