from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dext_tasks.formats.oci.platform import Platform
from dext_tasks.sources.facts import Document, FileFact, FileKind, FileSet, Place
from dext_tasks.sources.image import ImageSource
from dext_tasks.sources.snapshot import Snapshot
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import MakeImage

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")


def test_labels_are_one_set_a_platform(make_image: MakeImage) -> None:
    images = {AMD64: make_image(labels={"a": "1"}), ARM64: make_image("linux/arm64", labels={})}
    first, second = ImageSource(images, {}).labels
    assert (first.platform, dict(first.values)) == (AMD64, {"a": "1"})
    assert first.places["a"] == Place(label="a", platform=AMD64)
    assert (second.platform, dict(second.values), second.place) == (ARM64, {}, Place(platform=ARM64))


def test_documents_and_files_are_those_of_the_snapshots(tmp_path: Path) -> None:
    facts = {"/icon.svg": FileFact(FileKind.FILE, 0o644, 5)}
    first, second = Snapshot(AMD64, tmp_path, facts, b"{}"), Snapshot(ARM64, tmp_path, {}, None)
    source = ImageSource({}, {AMD64: first, ARM64: second})
    assert source.documents == [
        Document(b"{}", Place(path="/metadata.json", platform=AMD64)),
        Document(None, Place(path="/metadata.json", platform=ARM64)),
    ]
    assert source.files == [
        FileSet(AMD64, b"{}", facts, first.read, {}),
        FileSet(ARM64, None, {}, second.read, {}),
    ]


def test_what_is_looked_at_is_named(make_image: MakeImage) -> None:
    same = {platform: make_image(str(platform), reference="acme/demo:1") for platform in (AMD64, ARM64)}
    assert str(ImageSource(same, {}).scope) == "acme/demo:1 for linux/amd64 and linux/arm64"
    apart = {AMD64: make_image("linux/amd64", reference="a"), ARM64: make_image("linux/arm64", reference="b")}
    assert str(ImageSource(apart, {}).scope) == "a for linux/amd64, b for linux/arm64"


def test_a_platform_is_what_the_image_says_of_itself(make_image: MakeImage) -> None:
    images = {AMD64: make_image("linux/amd64"), ARM64: make_image("linux/amd64")}
    assert ImageSource(images, {}).platforms.found == {AMD64: AMD64, ARM64: AMD64}


def test_the_tag_is_the_version_to_be_released() -> None:
    assert ImageSource({}, {}, version="1.2.3").tag == "1.2.3"


def test_a_local_build_has_no_tag() -> None:
    with pytest.raises(NotOfferedError, match="no version yet"):
        _ = ImageSource({}, {}).tag


class TestFilesThatRulesRead:
    @pytest.fixture
    def source(self, tmp_path: Path) -> ImageSource:
        ui = {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}}
        metadata = json.dumps({"ui": ui, "vm": {"composefile": "/compose.yaml"}}).encode()
        files = ("/compose.yaml", "/ui/index.html", "/ui/main.js", "/ui/logo.svg", "/other.js")
        for path in files:
            file = tmp_path / path.lstrip("/")
            file.parent.mkdir(exist_ok=True)
            file.write_text(path, encoding="utf-8")
        facts = {path: FileFact(FileKind.FILE, 0o644, len(path)) for path in files}
        snapshots = {
            AMD64: Snapshot(AMD64, tmp_path, facts, metadata),
            ARM64: Snapshot(ARM64, tmp_path, {}, metadata),
            Platform("linux", "s390x"): Snapshot(ARM64, tmp_path, facts, b"{"),
        }
        return ImageSource({}, snapshots)

    def test_compose_files_are_one_a_platform(self, source: ImageSource) -> None:
        assert source.compose == [
            Document(b"/compose.yaml", Place(path="/compose.yaml", platform=AMD64)),
            Document(None, Place(path="/compose.yaml", platform=ARM64)),
        ]

    def test_scripts_are_those_below_the_uis_root(self, source: ImageSource) -> None:
        assert source.scripts == [
            Document(path.encode(), Place(path=path, platform=AMD64)) for path in ("/ui/index.html", "/ui/main.js")
        ]


def test_what_the_build_sets_is_known_with_its_dockerfile_only() -> None:
    assert ImageSource({}, {}, declared=frozenset({"a"})).declared == {"a"}
    with pytest.raises(NotOfferedError, match="without its Dockerfile"):
        _ = ImageSource({}, {}).declared
