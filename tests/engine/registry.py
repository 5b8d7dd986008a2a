"""Registries: read without the product's own client, and some that want a login, speak TLS, or are not on loopback."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .certificates import self_signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCEPT = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
CONFIG = "application/vnd.oci.image.config.v1+json"
LABELS = {"org.opencontainers.image.title": "Nothing"}
USER = "tester"
PASSWORD = "p4ss-tester-9d1f"  # noqa: S105 - of a registry that lives as long as one test
# `htpasswd -B` of the password above.
_HASH = "$2b$04$uxpPtCD3/Fw8.jTG9VL6d.Wq.VXX7rcGGZasSl0btW.p4lh4v/wWC"
_SECONDS = 60


@dataclass(frozen=True)
class Registry:
    """A registry on this machine.

    Attributes:
        address: Host and port.
        user: Empty for anonymous access.
        password: Empty for anonymous access.
        certificate: Of a registry that speaks TLS.
    """

    address: str
    user: str = ""
    password: str = ""
    certificate: Path | None = None

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
        assert status in (200, 404), f"{repository}: {status}"
        return set(json.loads(body).get("tags") or []) if status == 200 else set()

    def versions(self, repository: str) -> set[str]:
        """Tags that are neither ``latest`` nor a place where images wait."""
        return {tag for tag in self.tags(repository) if tag != "latest" and not tag.startswith("staging-")}

    def digest(self, repository: str, tag: str) -> str:
        status, headers, _ = self._ask("HEAD", f"/v2/{repository}/manifests/{tag}")
        assert status == 200, f"{repository}:{tag}: {status}"
        return headers["docker-content-digest"]

    def digest_if_there(self, repository: str, tag: str) -> str:
        """The digest at a tag; empty if it is not there."""
        end = time.monotonic() + _SECONDS
        while True:
            status, headers, _ = self._ask("HEAD", f"/v2/{repository}/manifests/{tag}")
            if status in (200, 404):
                return headers["docker-content-digest"] if status == 200 else ""
            # distribution 2.8 answers 500 while it writes the file of a tag.
            assert time.monotonic() < end, f"{repository}:{tag}: {status}"
            time.sleep(0.05)

    def manifest(self, repository: str, name: str) -> dict[str, Any]:
        return self._document(f"/v2/{repository}/manifests/{name}")

    def config(self, repository: str, manifest: str) -> dict[str, Any]:
        digest = self.manifest(repository, manifest)["config"]["digest"]
        return self._document(f"/v2/{repository}/blobs/{digest}")

    def blob(self, repository: str, digest: str) -> bytes:
        status, _, body = self._ask("GET", f"/v2/{repository}/blobs/{digest}")
        assert status == 200, f"{repository}@{digest}: {status}"
        return body

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

    def publish(self, repository: str, *tags: str) -> str:
        """Have an image of no content under these tags; gives its digest."""
        config = json.dumps({"os": "linux", "architecture": "amd64", "config": {"Labels": LABELS}}).encode()
        digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
        status, headers, body = self._ask("POST", f"/v2/{repository}/blobs/uploads/")
        assert status == 202, body
        begun = urlsplit(headers["location"])
        status, _, body = self._ask("PUT", f"{begun.path}?{begun.query}&digest={digest}", config)
        assert status == 201, body
        described = {"mediaType": CONFIG, "digest": digest, "size": len(config)}
        manifest = {"schemaVersion": 2, "mediaType": ACCEPT[2], "config": described, "layers": []}
        for tag in tags:
            status, headers, body = self._ask("PUT", f"/v2/{repository}/manifests/{tag}", json.dumps(manifest).encode())
            assert status == 201, body
        return headers["docker-content-digest"]

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
        headers = {"Accept": ", ".join(ACCEPT)} | ({"Content-Type": ACCEPT[2]} if body else {})
        if self.user:
            credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {credentials}"
        connection = HTTPConnection(self.address, timeout=_SECONDS)
        if self.certificate:
            context = ssl.create_default_context(cafile=self.certificate)
            connection = HTTPSConnection(self.address, timeout=_SECONDS, context=context)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


@contextmanager
def locked(folder: Path) -> Iterator[Registry]:
    """A registry that wants USER and PASSWORD, on a free port."""
    with served(folder, "127.0.0.1", named="localhost", wants_login=True) as registry:
        yield registry


@contextmanager
def served(
    folder: Path, address: str, *, named: str = "", wants_login: bool = False, tls: bool = False
) -> Iterator[Registry]:
    """A registry on a free port.

    Args:
        folder: Where it keeps what it has.
        address: IP address of this machine that it listens at.
        named: What it is called, if not by its address.
        wants_login: Whether it wants USER and PASSWORD.
        tls: Whether it speaks TLS, with a certificate that nobody knows but by its file.
    """
    port = free_port(address)
    (folder / "users").write_text(f"{USER}:{_HASH}\n", encoding="utf-8")
    login = {"auth": {"htpasswd": {"realm": "tests", "path": str(folder / "users")}}} if wants_login else {}
    secure = {}
    if tls:
        pair = self_signed(folder, "registry", f"subjectAltName=IP:{address}")
        secure = {"tls": {"certificate": str(pair.certificate), "key": str(pair.key)}}
    configuration = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"{address}:{port}", **secure},
        **login,
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
            user, password = (USER, PASSWORD) if wants_login else ("", "")
            certificate = folder / "registry.crt" if tls else None
            registry = Registry(f"{named or address}:{port}", user, password, certificate)
            _wait(registry)
            yield registry
        finally:
            process.kill()


def _wait(registry: Registry) -> None:
    end = time.monotonic() + _SECONDS
    while not registry.answers():
        assert time.monotonic() < end, f"the registry on {registry.address} does not answer"
        time.sleep(0.05)


def own_address() -> str:
    """An IP address of this machine that is not on loopback; empty if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: the kernel only chooses the way. https://www.rfc-editor.org/rfc/rfc5737
            probe.connect(("203.0.113.1", 9))
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
        return address


def free_port(address: str = "127.0.0.1") -> int:
    with socket.create_server((address, 0)) as server:
        port: int = server.getsockname()[1]
        return port
