from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.project import project_sources
from dext_tasks.engine.build_history import BuildOrigin, Builds
from dext_tasks.engine.engine import Engine
from dext_tasks.engine.engines import Engines
from dext_tasks.errors import (
    DextError,
    DockerfileMissingError,
    EngineTimeoutError,
    EngineTooOldError,
    EngineUnreachableError,
)
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.sources.build_state import state_of
from dext_tasks.sources.snapshot import Snapshot
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dext_tasks.engine.client import Client
    from dext_tasks.engine.facts import ImageFacts
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.project import Project
    from tests.unit.conftest import MakeImage, MakeProject

AMD64, ARM64 = REQUIRED


class FakeEngine(Engine):
    """An engine with these images, or none that answers."""

    def __init__(self, images: list[ImageFacts], failure: DextError | None = None) -> None:
        super().__init__()
        self._images = {image.reference: image for image in images}
        self._failure = failure

    def tagged(self, repository: str) -> frozenset[str]:
        if self._failure:
            raise self._failure
        return frozenset(reference for reference in self._images if reference.startswith(f"{repository}:"))

    def image(self, reference: str) -> ImageFacts:
        return self._images[reference]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders into which files of images were copied."""
    folders: list[Path] = []

    def take(_client: Client, _reference: str, platform: Platform, folder: Path, _programs: Sequence[str]) -> Snapshot:
        assert folder.is_dir()
        folders.append(folder)
        return Snapshot(platform, folder, {}, b"{}")

    monkeypatch.setattr("dext_tasks.sources.snapshot.take", take)
    return folders


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project({"Dockerfile": "FROM scratch\nLABEL mine=x\n", "metadata.json": "{}"}, image="acme/demo")


def test_tree_and_images_are_there(project: Project, make_image: MakeImage, taken: list[Path], tmp_path: Path) -> None:
    engine = FakeEngine([make_image("linux/amd64"), make_image("linux/arm64", labels={"a": "b"})])
    tree, built = project_sources(Engines(engine), project, tmp_path)
    assert (tree.name, built.name) == ("source tree", "built images")
    assert [labels.platform for labels in built.labels] == [AMD64, ARM64]
    assert [document.content for document in built.documents] == [b"{}", b"{}"]
    assert len(set(taken)) == 2


def test_images_know_which_labels_their_dockerfile_sets(
    project: Project, make_image: MakeImage, taken: list[Path], tmp_path: Path
) -> None:
    _, built = project_sources(Engines(FakeEngine([make_image("linux/amd64")])), project, tmp_path)
    assert "mine" in built.declared
    assert taken


def test_images_know_where_they_will_be_published(
    project: Project, make_image: MakeImage, taken: list[Path], tmp_path: Path
) -> None:
    _, built = project_sources(Engines(FakeEngine([make_image("linux/amd64")])), project, tmp_path)
    assert built.own_image.name == "acme/demo"
    assert taken


def test_without_a_setting_they_do_not(
    make_project: MakeProject, make_image: MakeImage, taken: list[Path], tmp_path: Path
) -> None:
    project = make_project({"Dockerfile": "FROM scratch\n", "metadata.json": "{}"})
    image = make_image("linux/amd64", reference=project.local_tag(AMD64))
    _, built = project_sources(Engines(FakeEngine([image])), project, tmp_path)
    with pytest.raises(NotOfferedError, match="published"):
        _ = built.own_image
    assert taken


def test_only_what_was_built_is_there(
    project: Project, make_image: MakeImage, taken: list[Path], tmp_path: Path
) -> None:
    _, built = project_sources(Engines(FakeEngine([make_image("linux/arm64")])), project, tmp_path)
    assert set(built.platforms.found) == {ARM64}
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (None, "nothing is built yet"),
        (EngineUnreachableError("no engine answers", remedy="start one"), "no engine answers"),
        (EngineTooOldError("it has API version 1.41", remedy="update it"), "it has API version 1.41"),
    ],
)
def test_without_images_the_reason_is_given(
    failure: DextError | None, reason: str, project: Project, tmp_path: Path
) -> None:
    tree, built = project_sources(Engines(FakeEngine([], failure)), project, tmp_path)
    assert tree.documents
    with pytest.raises(NotOfferedError, match=reason):
        _ = built.labels


class TestEnginesOfTheirOwn:
    def test_each_image_is_looked_for_on_its_engine(
        self, project: Project, make_image: MakeImage, taken: list[Path], tmp_path: Path
    ) -> None:
        # What else the engines have of these names is not what a build leaves there.
        here = FakeEngine([make_image("linux/amd64"), make_image("linux/arm64", labels={"a": "old"})])
        far = FakeEngine([make_image("linux/amd64", labels={"a": "old"}), make_image("linux/arm64")])
        _, built = project_sources(Engines(here, {ARM64: far}), project, tmp_path)
        assert [labels.values.get("a") for labels in built.labels] == [None, None]
        assert len(taken) == 2

    @pytest.mark.parametrize(
        "failure",
        [
            EngineUnreachableError("docker info in context far: no Docker engine answers", remedy="start it"),
            EngineTooOldError("Docker 20.10.24 in context far has API version 1.41", remedy="update it"),
            EngineTimeoutError("docker image ls in context far did not end within 60 s", remedy="look there"),
        ],
        ids=lambda failure: type(failure).__name__,
    )
    def test_what_one_of_no_use_has_is_unknown(
        self, project: Project, make_image: MakeImage, taken: list[Path], tmp_path: Path, failure: DextError
    ) -> None:
        engines = Engines(FakeEngine([make_image("linux/amd64")]), {ARM64: FakeEngine([], failure)})
        _, built = project_sources(engines, project, tmp_path)
        assert built.note.startswith(f"what is built for linux/arm64 was not checked: {failure.message}; ")
        assert set(built.platforms.found) == {AMD64}
        assert built.platforms.unbuilt == {ARM64}
        assert len(taken) == 1


def test_without_dockerfile_there_is_nothing_to_check(make_project: MakeProject, tmp_path: Path) -> None:
    with pytest.raises(DockerfileMissingError):
        project_sources(Engines(FakeEngine([])), make_project({"metadata.json": "{}"}), tmp_path)


class TestOtherStates:
    """Images share their names with those of other clones, and outlive changes of the tree."""

    @pytest.fixture
    def engine(self, make_image: MakeImage, tmp_path: Path) -> FakeEngine:
        engine = FakeEngine([make_image("linux/amd64"), make_image("linux/arm64", id=f"sha256:{'b' * 64}")])
        engine.builds = Builds(tmp_path / "builds")
        return engine

    def built(self, engine: FakeEngine, *origins: BuildOrigin) -> None:
        for image, origin in zip("ab", origins, strict=False):
            engine.builds.add("dext-build/acme_demo", f"sha256:{image * 64}", origin)

    def test_what_was_built_from_this_one_is_checked(
        self, engine: FakeEngine, project: Project, taken: list[Path], tmp_path: Path
    ) -> None:
        state = state_of(project)
        self.built(engine, BuildOrigin("/", state), BuildOrigin("/", state))
        _, built = project_sources(Engines(engine), project, tmp_path)
        assert (built.note, len(taken)) == ("", 2)

    def test_what_was_built_from_another_one_is_not(
        self, engine: FakeEngine, project: Project, taken: list[Path], tmp_path: Path
    ) -> None:
        self.built(engine, *[BuildOrigin(str(project.root), "0" * 64)] * 2)
        _, built = project_sources(Engines(engine), project, tmp_path)
        assert built.note == (
            "built images were not checked: what is there for linux/amd64 and linux/arm64 was built from another state "
            "of the source tree; run `dext build`"
        )
        with pytest.raises(NotOfferedError):
            _ = built.labels
        assert not taken

    def test_one_of_each(self, engine: FakeEngine, project: Project, taken: list[Path], tmp_path: Path) -> None:
        self.built(engine, BuildOrigin("/clone", "0" * 64), BuildOrigin("/", state_of(project)))
        _, built = project_sources(Engines(engine), project, tmp_path)
        assert built.note == (
            "what is there for linux/amd64 was built from another folder, /clone; it was not checked: run `dext build`"
        )
        assert set(built.platforms.found) == {ARM64}
        assert built.platforms.unbuilt == {AMD64}
        assert len(taken) == 1

    def test_what_is_not_remembered_is_said(
        self, engine: FakeEngine, project: Project, taken: list[Path], tmp_path: Path
    ) -> None:
        _, built = project_sources(Engines(engine), project, tmp_path)
        assert built.note.endswith("is not known: its build is not remembered")
        assert len(taken) == 2
