from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.report import check
from dext_tasks.checks.rule import Severity
from dext_tasks.checks.selection import Selection
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.sources.facts import FileFact, FileKind, FileSet
from dext_tasks.sources.image import ImageSource
from dext_tasks.sources.snapshot import Snapshot
from dext_tasks.sources.source import NotOfferedError
from tests.unit.checks.extension_tree import (
    METADATA_RULES,
    NOWHERE,
    OF_IMAGES,
    TREE_COMPOSE,
    TREE_DOCKERFILE,
    TREE_METADATA,
    TREE_RULES,
    asked_of_tree,
    chosen,
    dockerfile_lines,
    found_in_tree,
    tree_with,
)
from tests.unit.checks.fake_source import ARM64, BY_CODE, FakeSource, filed, found, problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.unit.conftest import MakeProject

FULL = {
    "icon": "icon.svg",
    "ui": {"dashboard-tab": {"title": "Demo", "root": "/ui", "src": "index.html#/?a=b"}},
    "vm": {"composefile": "compose.yaml"},
    "host": {"binaries": [{"darwin": [{"path": "/bin/tool"}], "linux": [{"path": "/bin/tool"}]}]},
}
COMPLETE = {
    "/icon.svg": FileKind.FILE,
    "/ui": FileKind.FOLDER,
    "/ui/index.html": FileKind.FILE,
    "/compose.yaml": FileKind.FILE,
    "/bin/tool": FileKind.FILE,
}


def said(code: str, source: FakeSource) -> list[str]:
    """What Docker's validator says of it."""
    return [problem.docker for problem in problems(code, source)]


def complete(changes: Mapping[str, FileKind | None] | None = None, metadata: bytes | None = None) -> FileSet:
    kinds = {**COMPLETE, **(changes or {})}
    facts = {path: FileFact(kind, 0o755, 1) for path, kind in kinds.items() if kind}
    return FileSet(ARM64, json.dumps(FULL).encode() if metadata is None else metadata, facts, lambda _path, _most: b"")


FILE_RULES = {
    "icon-absent": ("/icon.svg", FileKind.FOLDER),
    "ui-root-absent": ("/ui", FileKind.FILE),
    "ui-entry-absent": ("/ui/index.html", FileKind.FOLDER),
    "composefile-absent": ("/compose.yaml", FileKind.OTHER),
    "binary-absent": ("/bin/tool", FileKind.LINK),
}


class TestFiles:
    @pytest.mark.parametrize("code", FILE_RULES)
    def test_there(self, code: str) -> None:
        assert found(code, FakeSource(files=[complete()])) == []

    @pytest.mark.parametrize("code", FILE_RULES)
    def test_absent(self, code: str) -> None:
        path, _ = FILE_RULES[code]
        assert found(code, FakeSource(files=[complete({path: None})])) == [
            (f"{path} is not in the image", f"{path}, linux/arm64")
        ]

    @pytest.mark.parametrize("code", FILE_RULES)
    def test_of_another_kind(self, code: str) -> None:
        path, kind = FILE_RULES[code]
        ((what, place),) = found(code, FakeSource(files=[complete({path: kind})]))
        said = "a device, a pipe or a socket" if kind is FileKind.OTHER else f"a {kind}"
        assert what == f"{path} is {said}, not a {COMPLETE[path]}"
        assert place == f"{path}, linux/arm64"

    @pytest.mark.parametrize("code", FILE_RULES)
    @pytest.mark.parametrize(
        "metadata", [b"{}", b"", b"not json", b'{"ui": {"dashboard-tab": {}}, "vm": {}, "host": 5}']
    )
    def test_nothing_is_wanted_of_what_metadata_does_not_name(self, code: str, metadata: bytes) -> None:
        wanted = [what for what, _ in found(code, FakeSource(files=[complete({"/": FileKind.FOLDER}, metadata)]))]
        assert wanted == []


IMAGE_RULES = Selection(
    (
        "icon-absent",
        "ui-root-absent",
        "ui-entry-absent",
        "composefile-absent",
        "binary-absent",
        "ui-entry-useless",
        "icon-format",
        "binary-not-executable",
        "binary-name-clash",
    )
).chosen(catalogue.RULES)
CODES = [rule.code for rule in IMAGE_RULES]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("metadata", [b"", b"{", b"[]", b'{"icon": 1, "host": {"binaries": [1]}}'])
def test_metadata_that_cannot_be_read_is_another_rules(code: str, metadata: bytes) -> None:
    assert list(BY_CODE[code].ask(filed(metadata, {}, {}))) == []


def test_nothing_is_wrong(make_project: MakeProject) -> None:
    assert found_in_tree(make_project) == []


@pytest.mark.parametrize(
    ("key", "written", "code", "what"),
    [
        ("icon.svg", "data:image/svg+xml,x", "icon-nowhere", "icon is the address data:image/svg+xml,x"),
        ("icon.svg", "//cdn.acme.org/icon.svg", "icon-nowhere", "icon is the address //cdn.acme.org/icon.svg"),
        ("/ui", "https://acme.org/ui", "ui-root-nowhere", "ui.dashboard-tab.root is the address https://acme.org/ui"),
        ("index.html", "localhost:3000", "ui-entry-nowhere", "ui.dashboard-tab.src is the address localhost:3000"),
        (
            "compose.yaml",
            "git@a.org:x.git",
            "composefile-nowhere",
            "vm.composefile is the address git@a.org:x.git",
        ),
        ("compose.yaml", "c:/x/y.yaml", "composefile-nowhere", "vm.composefile is the Windows path c:/x/y.yaml"),
    ],
)
def test_what_is_no_path_is_named_as_what_it_is(
    key: str, written: str, code: str, what: str, make_project: MakeProject
) -> None:
    (said,) = asked_of_tree(
        tree_with(make_project, {"metadata.json": TREE_METADATA.replace(f'"{key}"', f'"{written}"')})
    )
    assert said[0] == code
    assert said[1].startswith(f"metadata.json: {what}, where the path of a ")


def test_two_slashes_are_a_mistake_only(make_project: MakeProject) -> None:
    assert (
        asked_of_tree(tree_with(make_project, {"metadata.json": TREE_METADATA.replace("icon.svg", "//icon.svg")})) == []
    )


@pytest.mark.parametrize(
    ("changed", "code", "what", "place"),
    [
        (
            {"Dockerfile": dockerfile_lines("COPY metadata.json icon.svg /", "COPY ui /ui")},
            "composefile-nowhere",
            "vm.composefile /compose.yaml is not in the image: nothing copies compose.yaml there",
            "metadata.json:11",
        ),
        (
            {"compose.yaml": None},
            "composefile-nowhere",
            "vm.composefile /compose.yaml is neither in the source tree nor made by the build",
            "metadata.json:11",
        ),
        (
            {"Dockerfile": dockerfile_lines("COPY metadata.json icon.svg compose.yaml /")},
            "ui-root-nowhere",
            "ui.dashboard-tab.root /ui is not in the image: nothing copies ui there",
            "metadata.json:6",
        ),
        (
            {"Dockerfile": dockerfile_lines("COPY metadata.json icon.svg compose.yaml /", "COPY icon.svg /ui")},
            "ui-root-nowhere",
            "ui.dashboard-tab.root /ui is a file, not a folder",
            "metadata.json:6",
        ),
        (
            {"ui/index.html": None, "ui/main.html": "x"},
            "ui-entry-nowhere",
            "ui.dashboard-tab.src /ui/index.html is neither in the source tree nor made by the build",
            "metadata.json:7",
        ),
        (
            {"ui/index.html": None, "web/index.html": "x"},
            "ui-entry-nowhere",
            "ui.dashboard-tab.src /ui/index.html is not in the image: nothing copies web/index.html there",
            "metadata.json:7",
        ),
        (
            {"metadata.json": TREE_METADATA.replace("index.html", "https://a.org/x/")},
            "ui-entry-nowhere",
            "ui.dashboard-tab.src is the address https://a.org/x/, where the path of a file in the image is expected",
            "metadata.json:7",
        ),
        (
            {".dockerignore": "*.svg\n!a.svg\n", "Dockerfile": TREE_DOCKERFILE.replace("icon.svg", "*.svg")},
            "icon-nowhere",
            "icon /icon.svg is not in the image: nothing copies icon.svg there",
            "metadata.json:2",
        ),
        (
            {".dockerignore": "**/*.html\n"},
            "ui-entry-nowhere",
            (
                "ui.dashboard-tab.src /ui/index.html is not in the image: "
                "line 1 of .dockerignore leaves ui/index.html out of the build context"
            ),
            "metadata.json:7",
        ),
    ],
)
def test_what_the_build_does_not_put_into_the_image(
    changed: dict[str, str | None], code: str, what: str, place: str, make_project: MakeProject
) -> None:
    said = asked_of_tree(tree_with(make_project, changed))
    assert said == [(code, f"metadata.json: {what}", place)]


def test_what_is_missing_on_one_platform_is_told_of_that_one(make_project: MakeProject) -> None:
    dockerfile = (
        TREE_DOCKERFILE.replace(" compose.yaml", "") + "ARG TARGETARCH\nCOPY c.$TARGETARCH.yaml /compose.yaml\n"
    )
    tree = tree_with(make_project, {"Dockerfile": dockerfile, "c.amd64.yaml": TREE_COMPOSE})
    assert asked_of_tree(tree) == [
        (
            "composefile-nowhere",
            "metadata.json: vm.composefile /compose.yaml is not in the image: nothing copies compose.yaml there",
            "metadata.json:11, linux/arm64",
        )
    ]


def test_what_only_the_build_knows_is_not_checked_and_why(make_project: MakeProject) -> None:
    dockerfile = TREE_DOCKERFILE.replace("COPY ui /ui", "RUN make") + "COPY metadata.json compose.yaml /\n"
    tree = tree_with(make_project, {"Dockerfile": dockerfile})
    for code, path in (
        ("icon-nowhere", "/icon.svg"),
        ("ui-root-nowhere", "/ui"),
        ("ui-entry-nowhere", "/ui/index.html"),
    ):
        with pytest.raises(NotOfferedError, match=rf"^{path}: what RUN in line 3 does"):
            list(TREE_RULES[code].ask(tree))
    assert list(TREE_RULES["composefile-nowhere"].ask(tree)) == []


class TestOneFault:
    """What the source tree and the images lack is one fault, whatever each says of it."""

    def test_of_the_tree_and_the_images(self, make_project: MakeProject, tmp_path: Path) -> None:
        tree = tree_with(
            make_project, {"Dockerfile": dockerfile_lines("COPY metadata.json compose.yaml /", "COPY ui /ui")}
        )
        content = TREE_METADATA.encode()
        facts = {
            "/ui": FileFact(FileKind.FOLDER, 0o755, 0),
            "/ui/index.html": FileFact(FileKind.FILE, 0o644, 1),
            "/compose.yaml": FileFact(FileKind.FILE, 0o644, 1),
        }
        images = ImageSource({}, {each: Snapshot(each, tmp_path, facts, content) for each in REQUIRED})
        report = check([tree, images], [*TREE_RULES.values(), *OF_IMAGES])
        faults = [fault for fault in report.faults if fault.rule.code.startswith("icon")]
        assert [(fault.rule.code, len(fault.findings)) for fault in faults] == [("icon-nowhere", 3)]

    @pytest.mark.parametrize("key", ["rooot", "Root"])
    def test_a_misspelt_folder_of_the_page(self, key: str, make_project: MakeProject, tmp_path: Path) -> None:
        """The key is unknown, and so the page is looked for at the wrong place."""
        metadata = TREE_METADATA.replace('"root"', f'"{key}"')
        facts = {"/ui/index.html": FileFact(FileKind.FILE, 0o644, 1), "/": FileFact(FileKind.FOLDER, 0o755, 0)}
        facts |= {f"/{name}": FileFact(FileKind.FILE, 0o644, 1) for name in ("icon.svg", "compose.yaml")}
        images = ImageSource({}, {each: Snapshot(each, tmp_path, facts, metadata.encode()) for each in REQUIRED})
        rules = [*NOWHERE, *OF_IMAGES, *METADATA_RULES]
        tree = tree_with(make_project, {"metadata.json": metadata})
        for sources in ([images], [tree, images]):
            report = check(sources, [rule for rule in rules if rule.code != "icon-format"])
            (fault,) = report.faults
            assert {each.rule.code for each in fault.findings} >= {"metadata-key-unknown", "ui-entry-absent"}
            assert (fault.rule.severity, fault.fix) == (Severity.ERROR, f"rename {key} to root")

    def test_what_an_image_answered_need_not_be_known_of_the_tree(
        self, make_project: MakeProject, tmp_path: Path
    ) -> None:
        tree = tree_with(make_project, {"Dockerfile": f"{TREE_DOCKERFILE}RUN make\nCOPY metadata.json /\n"})
        images = ImageSource({}, {each: Snapshot(each, tmp_path, {}, b"{}") for each in REQUIRED})
        rules = [TREE_RULES["icon-nowhere"], *chosen("icon-absent")]
        assert check([tree], rules).docker_silent == ("icon-nowhere", "icon-absent")
        assert check([tree, images], rules).docker_silent == ()
