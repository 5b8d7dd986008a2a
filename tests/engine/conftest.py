"""A real engine, a real registry, real emulation: few tests, each of a whole way."""

from __future__ import annotations

import subprocess
from collections import Counter
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pytest

from dext_tasks.scaffold.answers import derive
from dext_tasks.scaffold.render import render

from .docker import Docker
from .extension import REGISTRY, Extension
from .far_engine import far_engine
from .program import Program, environment
from .registry import Registry, locked, own_address
from .requirement import missing, require_programs
from .sandbox import ORGANISATION, Sandbox
from .second_engine import second_engine
from .secure_shell import secure_shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .far_engine import FarEngine
    from .secure_shell import SecureShell

_BASE_IMAGES = ("golang:1.24-alpine", "busybox:1.37", "alpine/socat:1.8.0.3")
_STAND_INS_SECONDS = 280


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files first that take longest, so that no worker begins one of them when the others are done.

    How long its tests may take tells it; where that is the same, how many they are.
    """
    counts = Counter(item.path for item in items)
    bounds = dict.fromkeys(counts, 0.0)
    for item in items:
        bound = item.get_closest_marker("timeout")
        bounds[item.path] = max(bounds[item.path], float(bound.args[0]) if bound else 0.0)
    items.sort(key=lambda item: (-bounds[item.path], -counts[item.path], item.path))


@pytest.fixture(scope="session", autouse=True)
def _everything_answers() -> None:
    require_programs("docker", "git")
    if not Docker().answers():
        missing("no Docker engine answers", "scripts/bootstrap-engine")
    if not Registry(REGISTRY).answers():
        missing(f"no registry on {REGISTRY}", "scripts/bootstrap-engine")


@pytest.fixture(scope="session")
def _base_images(repository: Path, _everything_answers: None) -> None:
    """What the tests' Dockerfiles start from, also where Docker Hub can't be reached."""
    script = repository / "scripts" / "stand-ins"
    done = subprocess.run(
        [script, *_BASE_IMAGES], capture_output=True, text=True, timeout=_STAND_INS_SECONDS, check=False
    )
    if done.returncode:
        missing(f"no base images: {done.stderr}", "connect to Docker Hub")


@pytest.fixture(scope="session")
def scaffold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scaffolded extension as `dext new` makes it."""
    home = tmp_path_factory.mktemp("scaffold")
    # Its repository is made with an identity, whoever runs the tests.
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(home).items():
            patch.setenv(name, value)
        return render(derive("scaffold", image=f"{REGISTRY}/{ORGANISATION}/scaffold"), home / "scaffold").path


@contextmanager
def _clean_sandbox() -> Iterator[Sandbox]:
    made = Sandbox.make()
    try:
        yield made
        left = made.left()
    finally:
        made.clear()
    assert not left, f"left behind: {', '.join(left)}"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Names and a temporary folder for one test, and the assertion that its verbs left nothing in either."""
    with _clean_sandbox() as made:
        yield made


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    """As each test's own, for the images of many."""
    with _clean_sandbox() as made:
        yield made


@pytest.fixture
def registry(sandbox: Sandbox) -> Iterator[Registry]:
    """The registry on localhost, without what the test publishes."""
    made = Registry(REGISTRY)
    yield made
    made.clear(f"{ORGANISATION}/{sandbox.slug}")


@pytest.fixture
def extension(scaffold: Path, sandbox: Sandbox, tmp_path: Path, _base_images: None) -> Extension:
    """A scaffolded extension with an image name of its own, in the engine everybody uses."""
    return Extension.copy(scaffold, sandbox, tmp_path / "extension", Docker())


@pytest.fixture(scope="session")
def backends(scaffold: Path, _base_images: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The scaffold's backend as a file, by architecture, for an engine that has no compiler."""
    folder = tmp_path_factory.mktemp("backends")
    for architecture in ("amd64", "arm64"):
        output = f"type=local,dest={folder / architecture}"
        Docker().run("buildx", "build", f"--platform=linux/{architecture}", f"--output={output}", str(scaffold))
    return {architecture: folder / architecture / "service" for architecture in ("amd64", "arm64")}


@pytest.fixture(scope="session")
def other_engine(_everything_answers: None) -> Iterator[Docker]:
    """A second engine, with the image store that the first one does not use.

    Unlike the first one it was told that registries at this machine's own address are insecure.
    """
    port, address = int(REGISTRY.partition(":")[2]), own_address()
    insecure = f"{address}/32" if address else ""
    with second_engine(containerd=not Docker().has_containerd_store(), port=port, insecure=insecure) as docker:
        yield docker


@pytest.fixture(params=["containerd", "classic"])
def stored(request: pytest.FixtureRequest) -> Extension:
    """A scaffolded extension in an engine with each of the two image stores."""
    if Docker().has_containerd_store() == (request.param == "containerd"):
        made: Extension = request.getfixturevalue("extension")
        return made
    docker: Docker = request.getfixturevalue("other_engine")
    sandbox: Sandbox = request.getfixturevalue("sandbox")
    sandbox.engines.append(docker)
    folder: Path = request.getfixturevalue("tmp_path") / "extension"
    made = Extension.copy(request.getfixturevalue("scaffold"), sandbox, folder, docker)
    made.use_backends(request.getfixturevalue("backends"))
    return made


@pytest.fixture(scope="session")
def far_engines(repository: Path, _everything_answers: None) -> Iterator[Callable[[str], FarEngine]]:
    """Engines elsewhere, by the name of their image store; each is started when a test first needs it."""
    with ExitStack() as started:

        @cache
        def start(store: str) -> FarEngine:
            port = int(REGISTRY.partition(":")[2])
            return started.enter_context(far_engine(repository, containerd=store == "containerd", port=port))

        yield start


@pytest.fixture(scope="session")
def shell(far_engines: Callable[[str], FarEngine]) -> Iterator[SecureShell]:
    """The way by ssh to an engine elsewhere."""
    with secure_shell(far_engines("containerd")) as made:
        yield made


@pytest.fixture(params=["containerd", "classic", "ssh"])
def far(request: pytest.FixtureRequest, sandbox: Sandbox) -> FarEngine:
    """An engine elsewhere: over TLS, with each of the two image stores; and by ssh."""
    made: FarEngine = request.getfixturevalue("far_engines")("classic" if request.param == "classic" else "containerd")
    # The same engine by ssh, where a question takes ten times as long.
    sandbox.engines.append(made.docker)
    if request.param == "ssh":
        made = request.getfixturevalue("shell").engine
    return made


@pytest.fixture
def far_extension(
    far: FarEngine, scaffold: Path, sandbox: Sandbox, backends: dict[str, Path], tmp_path: Path
) -> Extension:
    """A scaffolded extension whose verbs use an engine elsewhere."""
    made = Extension.copy(scaffold, sandbox, tmp_path / "extension", far.docker)
    made.use_backends(backends)
    return made


@pytest.fixture
def locked_registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry that wants a login."""
    require_programs("docker-registry")
    folder = tmp_path / "registry"
    folder.mkdir()
    with locked(folder) as made:
        yield made


@pytest.fixture
def dext(sandbox: Sandbox, tmp_path: Path) -> Program:
    """The console script, in an empty folder."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return Program(folder, environment(sandbox.folder))
