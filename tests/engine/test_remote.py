from __future__ import annotations

import hashlib
import json
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.catalogue import declared_in
from dext_tasks.checks.report import check
from dext_tasks.checks.rules import tag
from dext_tasks.engine.engine import Engine
from dext_tasks.errors import ImageNotFoundError, LoginMissingError, RegistryUnreachableError
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.limits import WebLimits
from dext_tasks.online.client import Network
from dext_tasks.registry.access import Access
from dext_tasks.registry.credentials import Login, Logins
from dext_tasks.registry.repository import Repository
from dext_tasks.registry.transport import Transport
from dext_tasks.sources import labels
from dext_tasks.sources.engine_image import engine_image
from dext_tasks.sources.registry_image import RemoteSource

from .counting import counting, reply, serving
from .docker import Docker
from .extension import REGISTRY
from .program import Done, Program, environment
from .registry import Registry, free_port
from .requirement import missing
from .sandbox import ORGANISATION, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

TAG_RULES = declared_in(tag)
AMD64, ARM64 = REQUIRED
INDEX = "application/vnd.oci.image.index.v1+json"
METADATA = {
    "icon": "/icon.svg",
    "ui": {"dashboard-tab": {"title": "Demo", "root": "/ui", "src": "index.html"}},
    "vm": {"composefile": "/stack/compose.yaml"},
    "host": {"binaries": [{"linux": [{"path": "/tool"}]}]},
}
# One file is removed, one folder replaced, one link made, and the base holds what nobody asks for.
DOCKERFILE = """FROM busybox:1.37 AS made
WORKDIR /made
RUN mkdir old ui && echo old > old/index.html && echo page > ui/index.html && echo code > ui/app.js \
 && ln -s app.js ui/link.js && ln ui/app.js ui/hard.js && dd if=/dev/urandom of=big bs=1M count=8

FROM scratch
ARG TARGETARCH
COPY --from=made /made/big /big
COPY --from=made /made/old /ui
COPY removed.svg compose.yaml /stack/
COPY --from=made /made/ui /ui
COPY $TARGETARCH.svg /drawn.svg
COPY --from=made /bin/busybox /tool
COPY --from=made /made/links /
COPY metadata.json /
LABEL name="demo" architecture="$TARGETARCH"
"""


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory, _base_images: None) -> Path:
    folder = tmp_path_factory.mktemp("remote")
    files = {
        "Dockerfile": DOCKERFILE.replace(
            " && ln -s app.js", " && mkdir links && ln -s drawn.svg links/icon.svg && ln -s app.js"
        ),
        "metadata.json": json.dumps(METADATA),
        "removed.svg": "<svg/>",
        "compose.yaml": "services: {}\n",
        "amd64.svg": "<svg>amd64</svg>",
        "arm64.svg": "<svg>arm64</svg>",
    }
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
def image(context: Path, sandbox: Sandbox, registry: Registry) -> Iterator[str]:  # noqa: ARG001 - what is pushed goes
    """The repository of an image that is published as 1.0.0, with attestations, and is in the engine, too."""
    docker = Docker()
    if not docker.has_containerd_store():
        missing("the engine has the classic image store", "scripts/bootstrap-engine sets up the other")
    repository = f"{ORGANISATION}/{sandbox.slug}"
    try:
        docker.push(
            *("buildx", "build", "--platform=linux/amd64,linux/arm64", "--provenance=mode=min", "--push", "--quiet"),
            *("--tag", f"{REGISTRY}/{repository}:1.0.0", str(context)),
        )
        yield f"{REGISTRY}/{repository}"
    finally:
        docker.run("image", "rm", f"{REGISTRY}/{repository}:1.0.0")


def opened(reference: str, tmp_path: Path, *, deep: bool = False) -> RemoteSource:
    return RemoteSource.open(reference, Access(Logins(tmp_path)), deep=deep)


def test_an_image_takes_one_request_and_two_a_platform(image: str, tmp_path: Path) -> None:
    with counting(REGISTRY) as counter:
        source = opened(image.replace(REGISTRY, counter.address) + ":1.0.0", tmp_path)
        assert source.platforms.found == {AMD64: AMD64, ARM64: ARM64}
        assert {each.platform: dict(each.values) for each in source.labels} == {
            platform: {"name": "demo", "architecture": platform.architecture} for platform in REQUIRED
        }
        assert source.tag == "1.0.0"
    assert len(counter.requests) == 5
    assert counter.bytes < 20_000


def test_labels_are_the_same_from_either_side(image: str, tmp_path: Path) -> None:
    there = labels.of_registry(f"{image}:1.0.0", Access(Logins(tmp_path)))
    here = labels.of_image(Engine(), f"{image}:1.0.0")
    assert {key: dict(value) for key, value in here.items()} == {key: dict(value) for key, value in there.items()}


def test_files_are_those_that_docker_copies_out(image: str, tmp_path: Path) -> None:
    local = engine_image(Engine(), f"{image}:1.0.0", tmp_path)
    assert local.tag == "1.0.0"
    with counting(REGISTRY) as counter:
        remote = opened(image.replace(REGISTRY, counter.address) + ":1.0.0", tmp_path, deep=True)
        for here, there in zip(local.files, remote.files, strict=True):
            assert there.platform == here.platform
            assert there.metadata == here.metadata
            assert dict(there.facts) == dict(here.facts)
            assert {path: there.read(path, 5000) for path in there.facts} == {
                path: here.read(path, 5000) for path in here.facts
            }
        assert remote.compose == local.compose
        assert sorted(each.place.path for each in remote.scripts) == sorted(each.place.path for each in local.scripts)
    assert {"/ui/hard.js", "/ui/link.js", "/stack/removed.svg"} <= set(remote.files[0].facts)
    # 8 MiB at the bottom that nobody asks for, on each platform.
    assert counter.bytes < 8 * 1024 * 1024


def test_what_is_not_there(image: str, tmp_path: Path) -> None:
    with pytest.raises(ImageNotFoundError, match=r"2\.0\.0 is not in the registry; there are 1\.0\.0"):
        _ = opened(f"{image}:2.0.0", tmp_path).labels
    with pytest.raises(ImageNotFoundError, match="no such repository"):
        _ = opened(f"{image}-nobody:1.0.0", tmp_path).labels


def test_could_not_ask(tmp_path: Path) -> None:
    with pytest.raises(RegistryUnreachableError):
        _ = opened(f"localhost:{free_port()}/acme/demo:1.0.0", tmp_path).labels


def test_a_login_is_missing(locked_registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(LoginMissingError):
        _ = opened(f"{locked_registry.address}/acme/demo:1.0.0", tmp_path).labels


def test_without_a_tag_the_greatest_version_is_checked(image: str, tmp_path: Path) -> None:
    Docker().push("buildx", "imagetools", "create", "--tag", f"{image}:0.9.0", f"{image}:1.0.0")
    Docker().push("buildx", "imagetools", "create", "--tag", f"{image}:latest", f"{image}:1.0.0")
    source = opened(image, tmp_path)
    assert str(source.resolution) == "greatest semver tag resolved: 1.0.0, greater than 0.9.0; no versions: latest"
    assert check([source], TAG_RULES).findings == ()
    found = check([opened(f"{image}:0.9.0", tmp_path)], TAG_RULES).findings
    assert [finding.rule.code for finding in found] == ["tag-not-greatest"]


def test_a_digest_and_a_single_manifest(image: str, registry: Registry, tmp_path: Path) -> None:
    repository = image.partition("/")[2]
    index = registry.digest(repository, "1.0.0")
    assert set(opened(f"{image}@{index}", tmp_path).platforms.found) == {AMD64, ARM64}
    manifest = registry.platforms(repository, "1.0.0")["linux/arm64"]
    assert set(opened(f"{image}@{manifest}", tmp_path).platforms.found) == {ARM64}


class TestRedirect:
    BLOB = b"bytes of a layer"
    DIGEST = f"sha256:{hashlib.sha256(BLOB).hexdigest()}"

    def test_the_login_stays_with_the_registry(self) -> None:
        seen: list[str | None] = []

        def storage(handler: BaseHTTPRequestHandler) -> None:
            seen.append(handler.headers.get("Authorization"))
            reply(handler, 200, {}, self.BLOB)

        with serving(storage) as elsewhere:

            def registry(handler: BaseHTTPRequestHandler) -> None:
                if not handler.headers.get("Authorization"):
                    reply(handler, 401, {"WWW-Authenticate": 'Basic realm="x"'})
                else:
                    reply(handler, 307, {"Location": f"http://{elsewhere}/somewhere"})

            with serving(registry) as address:
                reference = Reference.parse(f"{address}/acme/demo")
                repository = Repository(reference, Transport(address, "acme/demo", Login("me", "secret")))
                with repository.open_blob(self.DIGEST) as blob:
                    assert blob.read(1000) == self.BLOB
                    assert blob.read(1000) == b""
                repository.close()
        assert seen == [None]


class TestSilence:
    """Somebody who presses Ctrl-C while a registry says nothing is not kept waiting for it."""

    @pytest.fixture
    def program(self, sandbox: Sandbox, tmp_path: Path) -> Program:
        return Program(tmp_path, environment(sandbox.folder))

    @staticmethod
    def ended(program: Program, asked: threading.Event, *args: str) -> Done:
        with program.start(*args) as running:
            assert asked.wait(120)
            running.send(signal.SIGINT)
            # Half of what the registry takes.
            return running.end(30)

    def test_manifests_that_do_not_come(self, program: Program) -> None:
        asked = threading.Event()
        entries = [
            {"digest": f"sha256:{digit * 64}", "platform": {"os": "linux", "architecture": platform.architecture}}
            for digit, platform in zip("ab", REQUIRED, strict=True)
        ]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}

        def answer(handler: BaseHTTPRequestHandler) -> None:
            if handler.path.endswith("/1.0.0"):
                reply(handler, 200, {"Content-Type": INDEX}, json.dumps(index).encode())
            else:
                asked.set()
                time.sleep(60)

        with serving(answer) as address:
            done = self.ended(program, asked, "check", "--remote", f"{address}/acme/demo:1.0.0", "--format", "json")
        assert (done.code, done.json["error"]["kind"]) == (130, "InterruptedError"), done

    def test_an_image_of_the_compose_file_that_nobody_tells_of(self, program: Program) -> None:
        asked = threading.Event()

        def answer(_: BaseHTTPRequestHandler) -> None:
            asked.set()
            time.sleep(60)

        with serving(answer) as address:
            compose = json.dumps({"services": {"db": {"image": f"{address}/acme/db:1"}}})
            metadata = json.dumps({"vm": {"composefile": "compose.yaml"}})
            for name, text in {
                "Dockerfile": "FROM scratch\nCOPY metadata.json compose.yaml /\n",
                "metadata.json": metadata,
                "compose.yaml": compose,
            }.items():
                (program.folder / name).write_text(text, encoding="utf-8")
            done = self.ended(program, asked, "check", "--online", "--private-addresses")
        assert done.code == 130, done


class TestWeb:
    def test_the_own_network_is_not_asked(self, tmp_path: Path) -> None:
        asked: list[str] = []

        def answer(handler: BaseHTTPRequestHandler) -> None:
            asked.append(handler.path)
            reply(handler, 200, {"Content-Type": "image/png"}, b"\x89PNG")

        with serving(answer) as address:
            assert "not a public address" in Network(Access(Logins(tmp_path))).get(f"http://{address}/x").error
            assert asked == []
            found = Network(Access(Logins(tmp_path)), allow_private=True).get(f"http://{address}/x?y")
        assert (found.status, found.content_type, found.content, asked) == (200, "image/png", b"\x89PNG", ["/x?y"])

    @pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: ", b""])
    def test_an_answer_that_trickles_in_ends_in_time(self, tmp_path: Path, head: bytes) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            handler.wfile.write(head)
            for _ in range(600):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.1)

        web = Network(Access(Logins(tmp_path)), allow_private=True, limits=WebLimits(seconds=1.0, wait=0.5))
        with serving(answer) as address:
            began = time.monotonic()
            found = web.get(f"http://{address}/")
        assert time.monotonic() - began < 30
        assert found.status in (0, 200)

    def test_a_registry_that_says_nothing_ends_in_time(self, tmp_path: Path) -> None:
        web = Network(Access(Logins(tmp_path)), allow_private=True, limits=WebLimits(seconds=1.0, wait=0.5))
        with serving(lambda _: time.sleep(60)) as address:
            began = time.monotonic()
            with pytest.raises(RegistryUnreachableError, match="no answer within 1 s"):
                web.platforms(f"{address}/acme/demo:1.0.0")
        assert time.monotonic() - began < 30

    def test_an_endless_answer_is_read_in_part(self, tmp_path: Path) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                handler.wfile.write(bytes(1 << 16))

        with serving(answer) as address:
            found = Network(Access(Logins(tmp_path)), allow_private=True).get(f"http://{address}/")
        assert (found.status, len(found.content)) == (200, WebLimits().content)

    def test_tls_is_held_against_the_name(self, tmp_path: Path) -> None:
        with serving(lambda handler: reply(handler, 200, {})) as address:
            found = Network(Access(Logins(tmp_path)), allow_private=True).get(f"https://{address}/")
        assert found.status == 0
        assert found.error

    def test_platforms_of_an_image(self, image: str, tmp_path: Path) -> None:
        web = Network(Access(Logins(tmp_path)), allow_private=True)
        assert web.platforms(f"{image}:1.0.0") == frozenset(REQUIRED)
        assert web.platforms(f"{image}:9.9.9") is None
        with pytest.raises(RegistryUnreachableError, match="not a public address"):
            Network(Access(Logins(tmp_path))).platforms(f"{image}:1.0.0")
