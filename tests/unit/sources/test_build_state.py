from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.build_history import BuildOrigin, Builds
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.sources import build_state as module
from dext_tasks.sources import context
from dext_tasks.sources.build_state import other_states, state_of, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dext_tasks.project import Project
    from tests.unit.conftest import MakeImage, MakeProject

AMD64, ARM64 = REQUIRED
FILES = {
    "Dockerfile": "FROM scratch\nCOPY metadata.json /\nCOPY ui /ui\n",
    "metadata.json": "{}",
    "ui/index.html": "x",
    "README.md": "x",
}


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(FILES)


def _write(name: str, content: str = "y") -> Callable[[Path], object]:
    def write(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")

    return write


@pytest.mark.parametrize(
    "change",
    [
        _write("Dockerfile", FILES["Dockerfile"].replace("/ui\n", "/u\n")),
        _write("metadata.json", '{"icon": "x"}'),
        _write("ui/index.html"),
        _write("ui/new.js"),
        _write(".dockerignore", "ui/index.html\n"),
        lambda root: (root / "ui/index.html").rename(root / "ui/index.htm"),
        lambda root: (root / "ui/index.html").chmod(0o755),
        lambda root: (root / "ui/index.html").unlink(),
        lambda root: (root / "ui/link").symlink_to("index.html"),
        lambda root: (root / "ui/empty").mkdir(),
    ],
)
def test_whatever_a_build_takes_makes_another_state(change: Callable[[Path], object], project: Project) -> None:
    before = state_of(project)
    change(project.root)
    assert before != state_of(project) != ""


@pytest.mark.parametrize(
    "change",
    [
        _write("README.md"),
        _write(".git/HEAD"),
        _write(".dext/journal"),
        lambda root: os.utime(root / "ui/index.html", (0, 0)),
        _write(".dockerignore", "README.md\n"),
    ],
)
def test_what_a_build_does_not_take_makes_none(change: Callable[[Path], object], project: Project) -> None:
    before = state_of(project)
    change(project.root)
    assert before == state_of(project) != ""


@pytest.mark.parametrize(
    "line",
    [
        "COPY . /x",
        "RUN --mount=type=bind,target=/src make",
        "RUN --mount=target=/src make",
        "COPY $NAME /x",
        "COPY x $NAME",
    ],
)
def test_where_it_is_not_told_what_is_taken_everything_counts(line: str, project: Project) -> None:
    (project.root / "Dockerfile").write_text(f"FROM alpine\nARG NAME\n{line}\n", encoding="utf-8")
    before = state_of(project)
    _write(".git/HEAD")(project.root)
    assert before == state_of(project)
    _write("README.md")(project.root)
    assert before != state_of(project)


def test_build_arguments_belong_to_it(make_project: MakeProject) -> None:
    plain, other = make_project(FILES), make_project(FILES, build_args=(("A", "1"),))
    assert state_of(plain) != state_of(other)


@pytest.mark.parametrize("dockerfile", [None, "NONSENSE\n"])
def test_without_a_dockerfile_it_is_not_known(dockerfile: str | None, make_project: MakeProject) -> None:
    assert not state_of(make_project({"Dockerfile": dockerfile} if dockerfile else {}))


def test_of_too_many_files_it_is_not_known(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_MOST_ENTRIES", 0)
    assert not state_of(project)


def test_what_is_large_is_told_by_size_and_time(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_OF_FILE", 0)
    before = state_of(project)
    os.utime(project.root / "ui/index.html", (0, 0))
    assert before != state_of(project)


class TestOtherStates:
    def test_what_images_were_built_from(self, project: Project, make_image: MakeImage, tmp_path: Path) -> None:
        builds = Builds(tmp_path / "builds")
        here, now = str(project.root), state_of(project)
        ids = {AMD64: f"sha256:{'a' * 64}", ARM64: f"sha256:{'b' * 64}"}
        images = {platform: make_image(str(platform), id=image) for platform, image in ids.items()}
        assert other_states(builds, project, images) == {}
        builds.add("dext-build/x", ids[AMD64])
        builds.add("dext-build/x", ids[AMD64], BuildOrigin(here, "0" * 64))
        builds.add("dext-build/x", ids[ARM64], BuildOrigin("/else where", "0" * 64))
        found = other_states(builds, project, images)
        assert found == {AMD64: "another state of the source tree", ARM64: "another folder, /else where"}
        assert told(found) == (
            "what is there for linux/amd64 was built from another state of the source tree; "
            "what is there for linux/arm64 was built from another folder, /else where"
        )
        # A build that made the same image once more, wherever that was.
        for image in ids.values():
            builds.add("dext-build/x", image, BuildOrigin("/clone", now))
        assert other_states(builds, project, images) == {}
