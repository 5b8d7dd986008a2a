from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.config import Settings
from dext_tasks.errors import (
    DockerfileMissingError,
    ProjectNotFoundError,
    ReferenceInvalidError,
)
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.project import Project, find_root, named_root, require_extension

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import MakeProject

AMD64 = Platform("linux", "amd64")
DIGEST = f"sha256:{'a' * 64}"


class TestRoot:
    @pytest.mark.parametrize(
        "marker",
        ["metadata.json", "invoke.yaml", "invoke.yml", "tasks.py", "Dockerfile", "dockerfile", "pyproject.toml"],
    )
    def test_a_marker_makes_a_project(self, marker: str, tmp_path: Path) -> None:
        (tmp_path / marker).touch()
        assert find_root(tmp_path) == tmp_path

    def test_the_nearest_one_above_counts(self, tmp_path: Path) -> None:
        inner = tmp_path / "extensions" / "demo"
        (inner / "ui" / "src").mkdir(parents=True)
        (tmp_path / "pyproject.toml").touch()
        (inner / "Dockerfile").touch()
        assert find_root(inner / "ui" / "src") == inner

    def test_a_folder_of_a_markers_name_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "tasks.py").touch()
        (tmp_path / "demo" / "metadata.json").mkdir(parents=True)
        assert find_root(tmp_path / "demo") == tmp_path

    def test_links_are_followed(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / "Dockerfile").touch()
        (tmp_path / "link").symlink_to("real")
        assert find_root(tmp_path / "link") == tmp_path / "real"

    @pytest.mark.parametrize("start", ["absent", "file"])
    def test_what_is_no_folder_is_refused(self, start: str, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ProjectNotFoundError, match="is not a folder"):
            find_root(tmp_path / start)

    def test_a_folder_outside_of_projects_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ProjectNotFoundError, match="no extension at or above"):
            find_root(tmp_path)


class TestNamedFolder:
    def test_nothing_above_it_counts(self, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").touch()
        (tmp_path / "demo").mkdir()
        assert named_root(tmp_path / "demo") == tmp_path / "demo"
        with pytest.raises(
            ProjectNotFoundError, match=f"no extension in .*demo; the nearest one above is in {tmp_path}"
        ):
            require_extension(tmp_path / "demo", Settings())

    def test_links_are_followed(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to("real")
        assert named_root(tmp_path / "link") == tmp_path / "real"

    def test_what_is_no_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ProjectNotFoundError, match="is not a folder"):
            named_root(tmp_path / "absent")

    @pytest.mark.parametrize("ask", [named_root, find_root])
    def test_a_folder_that_may_not_be_read_is_not_called_missing(
        self, ask: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The tests may run as root, whom no mode stops.
        monkeypatch.setattr(os, "access", lambda *_: False)
        with pytest.raises(PermissionError) as caught:
            ask(tmp_path)
        assert caught.value.filename == str(tmp_path)

    @pytest.mark.parametrize("ask", [named_root, find_root])
    def test_a_folder_below_one_that_may_not_be_searched_is_not_called_missing(
        self, ask: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def denied(path: Path, **_: object) -> os.stat_result:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

        monkeypatch.setattr(Path, "stat", denied)
        with pytest.raises(PermissionError):
            ask(tmp_path / "below")

    @pytest.mark.parametrize("marker", ["metadata.json", "Dockerfile", "dockerfile", "invoke.yaml"])
    def test_a_marker_makes_an_extension(self, marker: str, tmp_path: Path) -> None:
        (tmp_path / marker).touch()
        require_extension(tmp_path, Settings())

    @pytest.mark.parametrize("settings", [Settings(dockerfile="docker/X"), Settings(metadata="docker/X")])
    def test_settings_make_one(self, settings: Settings, tmp_path: Path) -> None:
        (tmp_path / "docker").mkdir()
        with pytest.raises(ProjectNotFoundError):
            require_extension(tmp_path, settings)
        (tmp_path / "docker" / "X").touch()
        require_extension(tmp_path, settings)

    @pytest.mark.parametrize("name", ["a\0b", "x" * 300, "docker/"])
    def test_names_that_no_file_has(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(ProjectNotFoundError):
            require_extension(tmp_path, Settings(dockerfile=name))


class TestDockerfile:
    @pytest.mark.parametrize("folder", ["", "docker/"])
    def test_in_lower_case_it_is_found_as_buildx_finds_it(self, folder: str, make_project: MakeProject) -> None:
        project = make_project({f"{folder}dockerfile": "FROM scratch"}, dockerfile=f"{folder}Dockerfile")
        assert project.dockerfile == project.root / folder / "dockerfile"

    def test_the_capital_one_goes_before(self, make_project: MakeProject) -> None:
        project = make_project({"dockerfile": "FROM a", "Dockerfile": "FROM b"})
        assert project.dockerfile == project.root / "Dockerfile"

    @pytest.mark.parametrize("there", ["x.dockerfile", "Containerfile", "DOCKERFILE"])
    def test_no_other_name_is_tried(self, there: str, make_project: MakeProject) -> None:
        with pytest.raises(DockerfileMissingError):
            _ = make_project({there: "FROM scratch"}).dockerfile

    def test_it_is_found(self, make_project: MakeProject) -> None:
        project = make_project({"Dockerfile": "FROM scratch"})
        assert project.dockerfile == project.root / "Dockerfile"

    def test_a_setting_moves_it(self, make_project: MakeProject) -> None:
        project = make_project({"build/x.Dockerfile": "FROM scratch"}, dockerfile="build/x.Dockerfile")
        assert project.dockerfile == project.root / "build" / "x.Dockerfile"

    @pytest.mark.parametrize("name", ["Dockerfile", "build/Dockerfile"])
    def test_a_missing_one_is_named(self, name: str, make_project: MakeProject) -> None:
        with pytest.raises(DockerfileMissingError, match=name):
            _ = make_project({}, dockerfile=name).dockerfile


class TestImage:
    def test_it_is_a_repository(self, make_project: MakeProject) -> None:
        assert make_project(image="localhost:5000/acme/demo").image == Reference("localhost:5000", "acme/demo")

    def test_a_missing_one_says_where_to_write_it(self, make_project: MakeProject) -> None:
        with pytest.raises(ReferenceInvalidError) as raised:
            _ = make_project().image
        assert "invoke.yaml" in raised.value.remedy

    @pytest.mark.parametrize("image", ["acme/demo:1.0", f"acme/demo@{DIGEST}", "localhost:5000/acme/demo:latest"])
    def test_a_tag_or_digest_is_the_releases_matter(self, image: str, make_project: MakeProject) -> None:
        with pytest.raises(ReferenceInvalidError, match="with a tag or digest") as raised:
            _ = make_project(image=image).image
        assert raised.value.remedy.startswith(f"write it as {Reference.parse(image).name};")

    @pytest.mark.parametrize("image", ["Acme/Demo", "acme/", " "])
    def test_what_is_no_reference_is_refused(self, image: str, make_project: MakeProject) -> None:
        with pytest.raises(ReferenceInvalidError):
            _ = make_project(image=image).image


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("acme/demo", "acme_demo"),
        ("localhost:5000/acme/demo", "acme_demo"),
        ("ghcr.io/acme/deep/demo", "acme_deep_demo"),
        ("demo", "demo"),
    ],
)
def test_a_name_is_docker_desktops(image: str, name: str, make_project: MakeProject) -> None:
    assert make_project(image=image).name == name


@pytest.mark.parametrize(
    ("folder", "tag"),
    [
        ("demo", r"dext-build/demo-[0-9a-f]{8}:linux-amd64"),
        ("My Extension", r"dext-build/my-extension-[0-9a-f]{8}:linux-amd64"),
        ("démo_2.0", r"dext-build/d-mo-2-0-[0-9a-f]{8}:linux-amd64"),
        ("...", r"dext-build/extension-[0-9a-f]{8}:linux-amd64"),
    ],
)
def test_without_image_the_folder_gives_the_name(folder: str, tag: str, tmp_path: Path) -> None:
    assert re.fullmatch(tag, Project(tmp_path / folder, Settings()).local_tag(AMD64))


def test_folders_of_one_name_have_builds_and_installations_of_their_own(tmp_path: Path) -> None:
    a, b = (Project(tmp_path / each / "ui", Settings()) for each in ("a", "b"))
    assert a.name != b.name
    assert a.local_repository != b.local_repository
    # The same folder, however it is written, is the same extension.
    assert a.name == Project(tmp_path / "b" / ".." / "a" / "ui", Settings()).name


@given(st.text(alphabet=st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_any_folder_gives_a_reference(folder: str) -> None:
    from pathlib import Path

    tag = Project(Path("/work") / folder, Settings()).local_tag(Platform("linux", "arm", "v6"))
    assert Reference.parse(tag).tag == "linux-arm-v6"


def test_a_local_tag_is_in_no_repository_of_the_extension(make_project: MakeProject) -> None:
    project = make_project(image="acme/demo")
    assert Reference.parse(project.local_tag(AMD64)) == Reference("docker.io", "dext-build/acme_demo", "linux-amd64")


def test_state_is_below_the_project(make_project: MakeProject) -> None:
    project = make_project()
    assert project.state == project.root / ".dext"
