"""An engine in which one extension is installed and uninstalled, without any engine."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any

import pytest

from dext_tasks.config import Settings
from dext_tasks.config.kind import When
from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from dext_tasks.engine.facts import ClientFacts, ContainerFacts, EngineFacts, ImageFacts, Store
from dext_tasks.engine.services import Happenings, Services
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.runtime import lease
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.smoke.backend_client import BackendAnswer, Channel
from dext_tasks.smoke.installation import Candidate, Patience, Tools, Trial
from dext_tasks.sources.facts import FileFact, FileKind
from dext_tasks.sources.snapshot import Snapshot

if TYPE_CHECKING:
    import http.client
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dext_tasks.formats.oci.platform import Platform
    from tests.unit.conftest import MakeImage

MakeCandidate = Callable[..., Candidate]
MakeTools = Callable[..., Tools]
MakeTrial = Callable[..., Trial]
MakeServices = Callable[[Client, str], Services]

AMD64, ARM64 = REQUIRED
MAIN = "acme_demo-desktop-extension-service"
METADATA: dict[str, Any] = {
    "icon": "/icon.svg",
    "vm": {"image": "${DESKTOP_PLUGIN_IMAGE}", "exposes": {"socket": "demo.sock"}},
}


@dataclass
class World:
    """What the engine holds, what the backend answers, and what was done.

    Attributes:
        running: State of each container once it is started; the last one of the list stays.
        there: Whether the project's containers are there.
        survivors: What a removal leaves behind.
        foreign: Containers of the project that no smoke test made.
        resolved: What compose makes of the extension's compose file.
        images: What the engine has besides the candidates' images, and for which platform.
        log: What every container wrote.
        files: Beginnings of files in every container, by path.
        checks: How health checks end that are run out of turn, one after the other; the last one stays.
        check_seconds: How long each of them might have taken.
        answers: What the backend answers, one after the other; the last one stays.
        body: What every answer holds.
        asked: Method, path and body of every request.
        failures: What goes wrong in a call, by its name.
        calls: Names of the calls that change something, in order.
        started: The compose document that was started.
        folders: Temporary folders that were seen.
        environments: Variables of the caller's that compose was given, a call each.
        now: The time, seconds; only waits take any.
        sleeps: Every wait, seconds.
        alarm: What the next wait ends with.
        store: How the engine keeps images.
        is_quiet: Whether nothing ever happens to a container.
        looks: How often the containers were looked at.
        api: Version of its API.
        names_held: Whether the names of images were held, each time something was started.
        busy_until: Until when another machine tests the extension.
        filled: Names in the archives that volumes were made of, by volume.
    """

    running: list[list[ContainerFacts]] = field(default_factory=lambda: [[ContainerFacts(MAIN, "running", 0, 0)]])
    there: bool = False
    survivors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    resolved: dict[str, Any] = field(default_factory=dict)
    images: set[tuple[str, Platform]] = field(default_factory=set)
    log: str = "listening"
    files: dict[str, bytes] = field(default_factory=dict)
    checks: list[bool] = field(default_factory=lambda: [False])
    check_seconds: list[float] = field(default_factory=list)
    answers: list[int | Exception] = field(default_factory=lambda: [200])
    body: bytes = b""
    asked: list[tuple[str, str, bytes | None]] = field(default_factory=list)
    failures: dict[str, BaseException] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    started: dict[str, Any] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)
    environments: list[dict[str, str]] = field(default_factory=list)
    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)
    alarm: BaseException | None = None
    store: Store = Store.CONTAINERD
    is_quiet: bool = False
    looks: int = 0
    api: str = "1.45"
    names_held: list[bool] = field(default_factory=list)
    busy_until: float = 0.0
    filled: dict[str, list[str]] = field(default_factory=dict)

    def monotonic(self) -> float:
        return self.now

    def does(self, call: str) -> None:
        self.calls.append(call)
        if call in self.failures:
            raise self.failures[call]


def following(things: list[Any]) -> Any:  # noqa: ANN401 - one of them
    return things.pop(0) if len(things) > 1 else things[0]


_NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class FakeChannel(Channel):
    """A way to the backend of that engine."""

    world: World = field(default_factory=World)

    def ask(
        self, method: str, path: str, timeout: float, headers: Mapping[str, str] = _NONE, body: bytes | None = None
    ) -> BackendAnswer:
        assert timeout > 0
        assert headers is not None
        self.world.asked.append((method, path, body))
        answer: int | Exception = following(self.world.answers)
        if isinstance(answer, Exception):
            raise answer
        return BackendAnswer(answer, "", self.world.body)

    def status(self, timeout: float) -> int:
        return self.ask("GET", "/", timeout).status


def never(_timeout: float) -> http.client.HTTPConnection:
    raise AssertionError("no connection is made in these tests")


class FakeCancellation(Cancellation):
    """Waits without waiting."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def sleep(self, seconds: float) -> None:
        self._world.now += seconds
        self._world.sleeps.append(seconds)
        if self._world.alarm:
            raise self._world.alarm
        self.check()


class FakeClient(Client):
    """A client that is never called; what would call it is replaced."""

    @contextmanager
    def faults(self, what: str, args: Sequence[str] = ()) -> Iterator[None]:
        assert args or what
        yield

    def run(self, *args: str, what: str, seconds: float) -> bytes:
        raise AssertionError(f"docker {args} for {what}, {seconds} s")


class FakeHappenings(Happenings):
    """Something may happen every half a second, unless nothing ever does."""

    def __init__(self, world: World, cancellation: Cancellation) -> None:
        self._world = world
        self._cancellation = cancellation

    def wait(self, seconds: float) -> bool:
        self._cancellation.sleep(seconds if self._world.is_quiet else min(seconds, 0.5))
        return not self._world.is_quiet


@dataclass(frozen=True)
class FakeServices(Services):
    """A compose project in that engine."""

    world: World

    def resolve(self, file: Path, env_files: Sequence[Path], environment: Mapping[str, str] = _NONE) -> dict[str, Any]:
        self.world.does("resolve")
        self.world.folders += [file, *env_files]
        self.world.environments.append(dict(environment))
        return self.world.resolved

    def up(self, file: Path, environment: Mapping[str, str] = _NONE) -> None:
        self.world.environments.append(dict(environment))
        self.world.there = True
        self.world.folders.append(file.parent)
        self.world.started = json.loads(file.read_text(encoding="utf-8"))
        self.world.names_held.append(not lease.is_free("dext-tasks-image-names at HERE"))
        self.world.does("up")

    def fill(self, volume: str, image: ImageFacts, archive: IO[bytes]) -> None:
        assert image.id
        self.world.does("fill")
        with tarfile.open(fileobj=archive) as found:
            self.world.filled[volume] = sorted(found.getnames())

    def fill_guest(self, image: ImageFacts, archive: IO[bytes]) -> str:
        assert "beside" not in self.world.filled
        self.fill("beside", image, archive)
        return "beside"

    def down(self, grace: int) -> None:
        assert grace > 0
        self.client.cancellation.check()
        self.world.does("down")
        self.world.there = False

    def remove_guests(self) -> None:
        self.world.does("remove guests")

    def containers(self) -> list[ContainerFacts]:
        self.client.cancellation.check()
        self.world.looks += 1
        found: list[ContainerFacts] = following(self.world.running) if self.world.there else []
        return found

    @property
    def happenings(self) -> Happenings:
        return FakeHappenings(self.world, self.client.cancellation)

    def logs(self, container: str, lines: int) -> str:
        assert container
        assert lines > 0
        return self.world.log

    def check(self, container: ContainerFacts, seconds: float) -> bool:
        assert container.health.command
        self.world.check_seconds.append(seconds)
        passes: bool = following(self.world.checks)
        return passes

    def head(self, container: str, path: str, most: int) -> bytes | None:
        assert container
        return self.world.files.get(path, b"")[:most] if path in self.world.files else None

    def is_used_elsewhere(self, seconds: float) -> bool:
        return self.world.now < self.world.busy_until and seconds > 0

    def foreign(self, label: str) -> list[str]:
        assert label
        return self.world.foreign

    def left(self) -> list[str]:
        return ["container c1"] if self.world.there else self.world.survivors

    def left_by_this_run(self) -> list[str]:
        return self.left()


@pytest.fixture(autouse=True)
def _own_leases(own_leases: None) -> None:
    """The same tests may run more than once on this machine."""


@pytest.fixture
def client(world: World) -> Client:
    return FakeClient(cancellation=FakeCancellation(world))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(
        "dext_tasks.smoke.probes.backend.over_socket", lambda path: FakeChannel(never, path.parent, world=made)
    )
    monkeypatch.setattr("dext_tasks.smoke.probes.backend.through", lambda *_: FakeChannel(never, world=made))
    monkeypatch.setattr("dext_tasks.smoke.probes.backend.require_helper", lambda *_: None)
    monkeypatch.setattr("dext_tasks.smoke.probes.backend.has", lambda _, *image: image in made.images)
    monkeypatch.setattr("dext_tasks.smoke.probes.backend.Helper", SimpleNamespace(of=lambda *_: None))
    monkeypatch.setattr("dext_tasks.engine.api.endpoint", lambda _client: "unix:///var/run/docker.sock")
    monkeypatch.setattr("dext_tasks.engine.engine.is_here", lambda address, _facts: address.startswith("unix:"))
    monkeypatch.setattr(Engine, "responds", lambda _: True)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    for module in ("probes.backend", "health"):
        monkeypatch.setattr(f"dext_tasks.smoke.{module}.time", made)
    return made


@pytest.fixture
def make_far(world: World) -> Callable[[Platform], Engine]:
    """Makes an engine in a context of its own, on a machine with such a processor."""

    def make(native: Platform) -> Engine:
        made = Engine(FakeClient(cancellation=FakeCancellation(world), context="far"))
        vars(made)["facts"] = EngineFacts("27.0", "1.46", native, Store.CONTAINERD, identity="FAR")
        vars(made)["client_facts"] = ClientFacts("27.0", "v1", "v2")
        vars(made)["address"] = "tcp://far:2376"
        return made

    return make


@pytest.fixture
def make_tools(client: Client, world: World, tmp_path: Path) -> MakeTools:
    """Makes what trials share, with these settings and no browser."""

    def make(engine: Engine | None = None, *, keep: bool = False, **settings: Any) -> Tools:  # noqa: ANN401 - any setting
        given = Settings(**{"smoke_settle": 0.0, "smoke_ui_run": When.NEVER, **settings})
        if engine is None:
            engine = Engine(client)
            vars(engine)["facts"] = EngineFacts("26.1", world.api, AMD64, world.store, identity="HERE")
            vars(engine)["client_facts"] = ClientFacts(compose="v2")
        return Tools(engine, given, tmp_path, no_browser="there is no browser", keep=keep)

    return make


@pytest.fixture
def make_trial(make_tools: MakeTools, tmp_path: Path) -> Iterator[MakeTrial]:
    """Makes an installation of a candidate, with these settings."""
    made = []

    def make(candidate: Candidate, **settings: Any) -> Trial:  # noqa: ANN401 - any setting
        tools = make_tools(**settings)
        (tmp_path / "trial").mkdir(exist_ok=True)
        made.append(Trial(tools, candidate, Patience.of(tools.settings, emulated=False), tmp_path / "trial"))
        return made[-1]

    yield make
    for each in made:
        if each.lease:
            each.lease.give_back()


@pytest.fixture(autouse=True)
def make_services(world: World, monkeypatch: pytest.MonkeyPatch) -> MakeServices:
    """Makes the compose project of that name; trials make theirs with it, too."""

    def make(client: Client, project: str) -> FakeServices:
        return FakeServices(client, project, world)

    monkeypatch.setattr("dext_tasks.smoke.installation.Services", make)
    return make


@pytest.fixture
def make_candidate(tmp_path: Path, make_image: MakeImage) -> MakeCandidate:
    """Makes a candidate whose image holds these files, and metadata.json with this data."""

    def make(
        metadata: object = METADATA,
        *,
        platform: Platform = AMD64,
        image: ImageFacts | None = None,
        files: Sequence[str] = ("/icon.svg",),
        programs: Mapping[str, bytes] | None = None,
    ) -> Candidate:
        facts = {path: FileFact(FileKind.FILE, 0o644, 1) for path in files}
        content = metadata if isinstance(metadata, bytes | None) else json.dumps(metadata).encode()
        snapshot = Snapshot(platform, tmp_path / "snapshot", facts, content, programs or {})
        return Candidate("acme_demo", platform, AMD64, image or make_image(str(platform)), snapshot)

    return make
