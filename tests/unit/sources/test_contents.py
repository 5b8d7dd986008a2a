from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import DockerfileInvalidError
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.contents import bounded, is_beside_ui
from dext_tasks.sources.facts import Document, FileFact, FileKind, Place
from dext_tasks.sources.image import ImageSource
from dext_tasks.sources.snapshot import Snapshot
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.conftest import MakeProject

MIB = 1 << 20
PLATFORMS = (Platform("linux", "amd64"), Platform("linux", "arm64"))
METADATA = json.dumps({"ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}}}).encode()


@pytest.fixture
def _traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def peak() -> int:
    return tracemalloc.get_traced_memory()[1]


def large(file: Path, size: int, beginning: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(beginning, encoding="utf-8")
    with file.open("ab") as stream:
        stream.truncate(size)
    return file


@pytest.mark.parametrize(
    "path",
    [
        "/ui/src/App.test.tsx",
        "/ui/src/App.spec.js",
        "/ui/src/App.stories.tsx",
        "/ui/src/app_test.js",
        "/ui/src/api.d.ts",
        "/ui/src/__tests__/App.tsx",
        "/ui/src/__mocks__/client.ts",
        "/ui/cypress/support.js",
        "/ui/e2e/start.ts",
        "/tests/ui.ts",
        "/docs/index.html",
        "/documentation/api.ts",
        "/coverage/lcov-report/sorter.js",
    ],
)
def test_what_is_about_a_ui_is_not_of_it(path: str) -> None:
    assert is_beside_ui(path)


@pytest.mark.parametrize(
    "path",
    ["/ui/src/App.tsx", "/ui/src/latest.ts", "/ui/src/Contest.js", "/ui/src/docs.tsx", "/index.html", "/ui/test.js"],
)
def test_the_rest_is(path: str) -> None:
    assert not is_beside_ui(path)


def images(folder: Path, *names: str) -> ImageSource:
    facts = {f"/ui/{name}": FileFact(FileKind.FILE, 0o644, (folder / "ui" / name).stat().st_size) for name in names}
    return ImageSource({}, {each: Snapshot(each, folder, facts, METADATA) for each in PLATFORMS})


@pytest.mark.usefixtures("_traced")
class TestMemory:
    def test_of_a_source_tree_is_bounded(self, make_project: MakeProject) -> None:
        project = make_project()
        for number in range(30):
            large(project.root / f"{number}.js", 16 * MIB, str(number))
        with pytest.raises(NotOfferedError, match="larger than 64 MiB together"):
            _ = TreeSource(project).scripts
        assert peak() < 100 * MIB

    def test_of_images_is_bounded(self, tmp_path: Path) -> None:
        names = [f"{number}.js" for number in range(30)]
        for name in names:
            large(tmp_path / "ui" / name, 16 * MIB, name)
        with pytest.raises(NotOfferedError, match="larger than 64 MiB together"):
            _ = images(tmp_path, *names).scripts
        assert peak() < 100 * MIB

    def test_of_a_dockerfile_is_bounded(self, make_project: MakeProject) -> None:
        project = make_project()
        large(project.root / "Dockerfile", 3 << 30, "FROM scratch\n")
        with pytest.raises(DockerfileInvalidError, match="Dockerfile is larger than 1 MiB"):
            _ = TreeSource(project).refusal
        assert peak() < 8 * MIB


def test_a_dockerfile_of_1_mib_is_read(make_project: MakeProject) -> None:
    comments = ("#" * 1023 + "\n") * 1023
    content = "FROM scratch\n".rjust(1024, "\n") + comments
    assert len(content) == MIB
    assert TreeSource(make_project({"Dockerfile": content})).refusal is None


def test_what_the_platforms_have_alike_is_kept_once(tmp_path: Path) -> None:
    large(tmp_path / "ui" / "a.js", 16 * MIB)
    first, second = images(tmp_path, "a.js").scripts
    assert first.content is second.content
    assert [first.place.platform, second.place.platform] == list(PLATFORMS)


def test_scripts_of_images_are_read_once(tmp_path: Path) -> None:
    file = large(tmp_path / "ui" / "a.js", 1)
    source = images(tmp_path, "a.js")
    assert [script.content for script in source.scripts] == [b"\0"] * 2
    file.unlink()
    assert [script.content for script in source.scripts] == [b"\0"] * 2


def test_no_more_than_2000_are_read() -> None:
    scripts = [Document(b"", Place(file=str(number))) for number in range(2001)]
    assert bounded(scripts[:-1]) == scripts[:-1]
    with pytest.raises(NotOfferedError, match="more than 2000"):
        bounded(scripts)


def test_what_cannot_be_read_counts_for_nothing() -> None:
    assert bounded([Document(None, Place(file="a"))]) == [Document(None, Place(file="a"))]
