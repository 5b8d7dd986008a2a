"""What is cleared away, what stays, and what that frees."""

from __future__ import annotations

import tempfile
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dext_tasks.cleaning.clean import clean, on_each, preview
from dext_tasks.cleaning.leftovers import CleaningScope, LeftoverKind
from dext_tasks.engine.build_history import Builds
from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine, Listed
from dext_tasks.errors import DextError, EngineCommandError, EngineUnreachableError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.release.staging import staging_reference
from dext_tasks.runtime import temporary
from dext_tasks.runtime.lease import Lease
from dext_tasks.runtime.temporary import prefix

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.unit.conftest import MakeProject

# Other tests of the same run build, and so use, images of the usual names.
DEMO, OTHER = (f"{name}-{uuid.uuid4().hex[:8]}" for name in ("demo", "other"))
IDS = {name: f"sha256:{name[0] * 64}" for name in ("a", "b", "c", "d", "e", "f")}
STAGING = staging_reference(Reference.parse(f"acme/{DEMO}"), IDS["a"])
IN_USE = "conflict: unable to remove repository reference (must force) - container 0123 is using its image"


class World(Engine):
    """An engine in memory: names of images, nameless ones, and what dead runs left."""

    def __init__(self, builds: Builds, context: str = "") -> None:
        super().__init__(Client(context=context), builds)
        self.names: dict[str, str] = {}
        self.without_name: set[str] = set()
        self.in_use: set[str] = set()
        self.removed: list[str] = []
        self.stumbles = False

    def listed(self, repositories: Sequence[str] = ()) -> list[Listed]:
        assert not repositories
        pairs = ((name.rpartition(":"), image) for name, image in self.names.items())
        return [Listed(repository, tag, image) for (repository, _, tag), image in pairs]

    def nameless(self) -> frozenset[str]:
        return frozenset(self.without_name)

    def image_ids(self) -> frozenset[str]:
        if self.stumbles:
            raise EngineCommandError("docker image ls failed", remedy="")
        return frozenset(self.names.values()) | self.without_name

    def sizes(self, images: object) -> dict[str, int]:
        assert isinstance(images, set)
        return dict.fromkeys(images, 1000)

    def untag(self, reference: str) -> None:
        if reference in self.in_use:
            raise EngineCommandError("docker image rm failed", remedy="", detail=f"Error response\n{IN_USE}")
        self.removed.append(reference)
        self.without_name.discard(reference)
        self.names.pop(reference, None)


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    made = Builds(tmp_path / "builds")
    for repository, image in ((f"acme_{DEMO}", "a"), (f"acme_{DEMO}", "d"), (f"acme_{OTHER}", "e")):
        made.add(f"dext-build/{repository}", IDS[image])
    return made


@pytest.fixture
def world(builds: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(temporary, "_SHORT", str(tmp_path))
    monkeypatch.setattr("dext_tasks.cleaning.leftovers.orphans", lambda _: [])
    made = World(builds)
    made.names = {
        f"dext-build/acme_{DEMO}:linux-amd64": IDS["a"],
        f"dext-build/acme_{DEMO}:linux-arm64": IDS["b"],
        f"dext-build/acme_{OTHER}:linux-amd64": IDS["c"],
        str(STAGING): IDS["a"],
        str(replace(STAGING, repository=f"acme/{OTHER}")): IDS["c"],
        # What nobody here made.
        f"acme/{DEMO}:1.0.0": IDS["b"],
        f"acme/{DEMO}:staging-server": IDS["b"],
        f"acme/{DEMO}:latest": IDS["b"],
        "dext-builder/x:1": IDS["b"],
        "alpine:3.22": IDS["f"],
    }
    made.without_name = {IDS["d"], IDS["e"], IDS["f"]}
    return made


OF_ONE = CleaningScope(f"dext-build/acme_{DEMO}", f"acme/{DEMO}")
OF_DEMO = [f"dext-build/acme_{DEMO}:linux-amd64", f"dext-build/acme_{DEMO}:linux-arm64", str(STAGING)]


def names(found: Sequence[object]) -> list[str]:
    return [getattr(each, "name", "") for each in found]


def test_a_project_s_own_goes_and_nothing_else(world: World) -> None:
    before = dict(world.names)
    cleaned = clean(world, OF_ONE)
    assert names(cleaned.removed) == [*OF_DEMO, "d" * 12]
    assert [each.kind for each in cleaned.removed] == [
        LeftoverKind.BUILD,
        LeftoverKind.BUILD,
        LeftoverKind.STAGING,
        LeftoverKind.REPLACED,
    ]
    assert world.names == {name: image for name, image in before.items() if name not in OF_DEMO}
    assert world.without_name == {IDS["e"], IDS["f"]}
    assert cleaned.kept == ()


def test_what_a_run_of_another_machine_holds_stays_for_a_day(world: World) -> None:
    now, machine = int(time.time()), "0" * 12
    held, dead = (f"dext-build/acme_{DEMO}:linux-amd64-run-{machine}-00000000-{begun}" for begun in (now, now - 90_000))
    world.names |= {held: IDS["a"], dead: IDS["a"]}
    cleaned = clean(world, OF_ONE)
    assert names(cleaned.kept) == [held]
    assert dead in names(cleaned.removed)


def test_several_engines_are_cleaned_and_one_that_vanished_is_told(
    world: World, builds: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "dext-dead"
    folder.mkdir()
    monkeypatch.setattr("dext_tasks.cleaning.leftovers.dead_folders", lambda: [folder])
    far, gone = World(builds, "far"), World(builds, "gone")
    far.names = {f"dext-build/acme_{DEMO}:linux-arm64": IDS["b"]}
    failure = EngineUnreachableError("docker image ls in context gone: no Docker engine answers", remedy="start it")
    monkeypatch.setattr(gone, "listed", lambda: fails(failure))
    found = on_each([world, gone, far], lambda engine: preview(engine, OF_ONE))
    folders = [each for each in found.removed if each.folder]
    assert [(each.name, each.context) for each in folders] == [(f"folder {folder}", "")]
    assert len(found.removed) > len(OF_DEMO)
    assert (world.removed, far.removed, folder.is_dir()) == ([], [], True)
    cleaned = on_each([world, gone, far], lambda engine: clean(engine, OF_ONE))
    assert (f"dext-build/acme_{DEMO}:linux-arm64", "far") in {(each.name, each.context) for each in cleaned.removed}
    assert set(OF_DEMO) <= {each.name for each in cleaned.removed if not each.context}
    assert (far.names, cleaned.unreached, folder.exists()) == ({}, (failure,), False)
    with pytest.raises(EngineUnreachableError):
        cleaned.require_whole()


def fails(error: DextError) -> list[Listed]:
    raise error


def test_what_is_freed_is_what_is_gone(world: World, builds: Builds) -> None:
    # b has other names.
    assert clean(world, OF_ONE).freed == 2000
    assert builds.images() == {IDS["e"]}


def test_everybody_s_goes_where_that_is_asked_for(world: World) -> None:
    cleaned = clean(world, CleaningScope())
    assert set(world.names) == {
        f"acme/{DEMO}:1.0.0",
        f"acme/{DEMO}:staging-server",
        f"acme/{DEMO}:latest",
        "dext-builder/x:1",
        "alpine:3.22",
    }
    # Only what this person's builds left.
    assert world.without_name == {IDS["f"]}
    assert cleaned.freed == 4000


@pytest.mark.parametrize("scope", [OF_ONE, CleaningScope()])
def test_a_preview_is_what_would_be_done(world: World, scope: CleaningScope) -> None:
    before = dict(world.names)
    shown = preview(world, scope)
    assert (world.names, world.removed) == (before, [])
    assert clean(world, scope) == shown


def test_a_project_without_image_has_no_staging_names(world: World, make_project: MakeProject) -> None:
    assert CleaningScope.of(make_project({})).image == ""
    cleaned = clean(world, CleaningScope(f"dext-build/acme_{DEMO}", ""))
    assert str(STAGING) not in names(cleaned.removed)


def test_a_project_is_its_builds_and_its_image(make_project: MakeProject) -> None:
    assert CleaningScope.of(make_project({}, image=f"docker.io/acme/{DEMO}")) == OF_ONE


def test_what_cannot_be_removed_stays_and_says_why(world: World) -> None:
    world.in_use = {OF_DEMO[0]}
    cleaned = clean(world, OF_ONE)
    assert [(each.name, each.kept) for each in cleaned.kept] == [(OF_DEMO[0], IN_USE)]
    assert names(cleaned.removed) == [*OF_DEMO[1:], "d" * 12]
    assert cleaned.freed == 1000


def test_what_a_living_process_builds_or_tests_stays(world: World) -> None:
    other = Lease(f"builds dext-build/acme_{DEMO}#3")
    assert other.take()
    for scope in (OF_ONE, CleaningScope()):
        shown = preview(world, scope)
        assert names(shown.kept) == OF_DEMO
        assert {each.kept for each in shown.kept} == {"a build, smoke test or release is using it"}
        assert not set(OF_DEMO) & set(names(shown.removed))
    other.give_back()
    assert preview(world, OF_ONE).kept == ()


def test_an_engine_that_stumbles_afterwards_fails_nothing(world: World) -> None:
    world.stumbles = True
    assert len(clean(world, OF_ONE).removed) == 4


def test_nothing_is_nothing(world: World) -> None:
    world.names, world.without_name = {"alpine:3.22": IDS["f"]}, set()
    cleaned = clean(world, CleaningScope())
    assert (cleaned.removed, cleaned.kept, cleaned.freed) == ((), (), 0)


def test_an_interruption_ends_it(world: World) -> None:
    world.client.cancellation.cancel()
    with pytest.raises(Interrupted):
        clean(world, OF_ONE)
    assert world.removed == []


def test_folders_of_dead_runs_go(world: World, tmp_path: Path) -> None:
    living = Lease(identity := uuid.uuid4().hex[:8])
    assert living.take()
    dead = f"{prefix('0000dead')}abc"
    for name in (dead, f"{prefix(identity)}abc", "dext-probe-abc"):
        (tmp_path / name / "deep").mkdir(parents=True)
    shown = preview(world, OF_ONE)
    assert names(shown.removed)[0] == f"folder {tmp_path / dead}"
    assert (tmp_path / dead).is_dir()
    clean(world, OF_ONE)
    living.give_back()
    assert {each.name for each in tmp_path.glob("dext-*")} == {f"{prefix(identity)}abc", "dext-probe-abc"}


def test_what_dead_runs_left_in_the_engine_goes_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Orphaned:
        kind, identity = "container", "0123"

        def remove(self, client: object) -> None:
            assert client is world.client
            world.removed.append("container 0123")

    monkeypatch.setattr("dext_tasks.cleaning.leftovers.orphans", lambda _: [Orphaned()])
    cleaned = clean(world, OF_ONE)
    assert (cleaned.removed[0].name, world.removed[0]) == ("container 0123", "container 0123")
    assert cleaned.removed[0].kind is LeftoverKind.RUN


def test_an_engine_that_cannot_be_asked_is_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> list[Listed]:
        raise EngineCommandError("docker image ls failed", remedy="")

    monkeypatch.setattr(world, "listed", fails)
    with pytest.raises(DextError):
        preview(world, OF_ONE)
