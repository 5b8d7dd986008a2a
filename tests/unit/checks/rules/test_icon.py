from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.sources.facts import FileFact, FileKind
from tests.unit.checks.extension_tree import TREE_DOCKERFILE, found_in_tree
from tests.unit.checks.fake_source import BY_CODE, filed, found_in_image, judged

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProject


@pytest.mark.parametrize("icon", ["docker.svg", "/icons/a.svg", "data:image/svg+xml,<svg/>", "javascript:alert(1)"])
def test_icon(icon: str) -> None:
    assert len(judged("icon-label-invalid", ICON=icon)) == 1
    assert judged("icon-label-format", ICON=icon) == []


@pytest.mark.parametrize(
    ("icon", "is_fine"),
    [
        ("https://example.com/icon.jpeg", True),
        ("https://example.com/u/123?v=4", True),
        ("https://example.com/v1.2", True),
        ("https://example.com/favicon.ico", False),
        ("https://example.com/icon.gif?x=.png", False),
    ],
)
def test_icon_format(icon: str, is_fine: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert (judged("icon-label-format", ICON=icon) == []) is is_fine


SVG, PNG = b"<svg/>", b"\x89PNG\r\n\x1a\n"


class TestIcon:
    @pytest.mark.parametrize(("path", "content"), [("/i.svg", SVG), ("/i.png", PNG), ("/i.SVG", SVG), ("/i.svg", b"")])
    def test_good(self, path: str, content: bytes) -> None:
        assert found_in_image("icon-format", {"icon": path}, contents={path: content}) == []

    @pytest.mark.parametrize(
        ("path", "content", "what"),
        [
            ("/i.svg", PNG, "/i.svg is PNG by its content, SVG by its name"),
            ("/i.png", SVG, "/i.png is SVG by its content, PNG by its name"),
            ("/icon", SVG, "/icon is SVG by its content, not a picture by its name"),
            ("/i.jpg", b"\xff\xd8\xff", "/i.jpg is JPEG by its content, neither SVG nor PNG"),
            ("/i.svg", b"404: Not Found", "/i.svg is not a picture by its content, neither SVG nor PNG"),
        ],
    )
    def test_wrong(self, path: str, content: bytes, what: str) -> None:
        assert found_in_image("icon-format", {"icon": path}, contents={path: content}) == [(what, path)]

    def test_empty(self) -> None:
        facts = {"/i.svg": FileFact(FileKind.FILE, 0o644, 0)}
        assert found_in_image("icon-format", {"icon": "/i.svg"}, facts) == [("/i.svg is empty", "/i.svg")]

    @pytest.mark.parametrize(
        ("written", "shown"),
        [
            ("https://a.example/icon.svg", "https://a.example/icon.svg"),
            ("/HTTP://a.example/icon.svg", "/HTTP://a.example/icon.svg"),
        ],
    )
    def test_an_address_is_no_path(self, written: str, shown: str) -> None:
        ((what, _),) = found_in_image("icon-absent", {"icon": written})
        assert what == f"metadata.json names the address {shown}, where the path of a file in the image is expected"

    def test_what_to_do_fits_what_it_is(self) -> None:
        folder = filed(b'{"icon": "/i"}', {"/i": FileFact(FileKind.FOLDER, 0o755, 1)}, {})
        address = filed(b'{"icon": "https://a.example/i.svg"}', {}, {})
        absent = filed(b'{"icon": "/i"}', {}, {})
        said = [problem.fix for each in (folder, address, absent) for problem in BY_CODE["icon-absent"].ask(each)]
        assert said == [
            "name the file itself, with its name",
            "put the file into the project, COPY it into the final stage, and write its path in the image",
            "",
        ]

    @pytest.mark.parametrize("kind", FileKind)
    def test_what_it_is_instead(self, kind: FileKind) -> None:
        said = [what for what, _ in found_in_image("icon-absent", {"icon": "/i"}, {"/i": FileFact(kind, 0o644, 1)})]
        kinds = {FileKind.FOLDER: "a folder", FileKind.LINK: "a link", FileKind.OTHER: "a device, a pipe or a socket"}
        assert said == ([] if kind is FileKind.FILE else [f"/i is {kinds[kind]}, not a file"])

    def test_no_icon_is_another_rules(self) -> None:
        assert found_in_image("icon-format", {}) == []


@pytest.mark.parametrize("dockerfile", [TREE_DOCKERFILE, TREE_DOCKERFILE.replace(" icon.svg", "")])
def test_an_icon_that_nothing_has(dockerfile: str, make_project: MakeProject) -> None:
    assert found_in_tree(make_project, Dockerfile=dockerfile, icon_svg=None) == [
        (
            "icon-nowhere",
            "metadata.json: icon /icon.svg is neither in the source tree nor made by the build",
            "metadata.json:2",
        )
    ]


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM acme/base\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nRUN wget icon.svg\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nCOPY --from=acme/icons / /\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nADD https://acme.org/icon.svg /\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nARG A\nCOPY $A /\n",
        "FROM scratch\nCOPY metadata.json compose.yaml /\nCOPY ui /ui\nCOPY <<EOF /icon.svg\n<svg/>\nEOF\n",
    ],
)
def test_an_icon_may_come_from_elsewhere(dockerfile: str, make_project: MakeProject) -> None:
    assert found_in_tree(make_project, Dockerfile=dockerfile, icon_svg=None) == []


def test_an_icon_in_the_tree_that_nothing_copies(make_project: MakeProject) -> None:
    dockerfile = TREE_DOCKERFILE.replace(" icon.svg", "")
    assert found_in_tree(make_project, Dockerfile=dockerfile, icon_svg=None, art__icon_svg="<svg/>") == [
        (
            "icon-nowhere",
            "metadata.json: icon /icon.svg is not in the image: nothing copies art/icon.svg there",
            "metadata.json:2",
        )
    ]
