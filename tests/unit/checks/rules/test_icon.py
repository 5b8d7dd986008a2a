from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.checks.catalogue import RULES as EVERY
from dext_tasks.checks.selection import Selection
from dext_tasks.extension import labels
from dext_tasks.formats import dockerfile
from dext_tasks.sources.source import (
    DockerfileFacet,
    FileFact,
    FileKind,
    NotOfferedError,
    Place,
)
from dext_tasks.sources.tree import TreeSource
from tests.unit.checks.fake_source import ARM64, BY_CODE, FakeSource, file_set, in_dockerfile

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Rule
    from tests.unit.conftest import MakeProject

GOOD = {
    labels.TITLE: "Demo",
    labels.DESCRIPTION: "Shows something.",
    labels.VENDOR: "Acme",
    labels.API_VERSION: ">= 0.3.4",
    labels.ICON: "https://example.com/icon.svg",
    labels.SCREENSHOTS: '[{"alt":"One","url":"https://example.com/1.png"}]',
    labels.ADDITIONAL_URLS: '[{"title":"Docs","url":"https://example.com/docs"}]',
    labels.DETAILED_DESCRIPTION: "  <p>More</p>  ",
    labels.PUBLISHER_URL: "https://example.com",
    labels.CHANGELOG: "<p>${not a variable} $HOME</p>",
    labels.CATEGORIES: "kubernetes,security",
    labels.ACCOUNT_INFO: "required",
}


def labelled(values: dict[str, str], text: str = "", **more: Any) -> FakeSource:  # noqa: ANN401 - of LabelSet
    labels_ = [in_dockerfile(values, 9, **more)]
    if not text:
        return FakeSource(labels=labels_)
    return FakeSource(labels=labels_, dockerfile=DockerfileFacet(dockerfile.parse(text), "", "Dockerfile"))


def judged(code: str, **values: str) -> list[str]:
    changed = {getattr(labels, name): value for name, value in values.items()}
    return [problem.what for problem in BY_CODE[code].ask(labelled(GOOD | changed))]


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


def filed(
    metadata: object, facts: dict[str, FileFact] | None = None, contents: dict[str, bytes] | None = None
) -> FakeSource:
    return FakeSource(
        files=[replace(file_set(metadata, facts), read=lambda path, most: (contents or {}).get(path, b"")[:most])]
    )


def found_in_image(
    code: str,
    metadata: dict[str, Any],
    facts: dict[str, FileFact] | None = None,
    contents: dict[str, bytes] | None = None,
) -> list[tuple[str, str]]:
    problems = list(BY_CODE[code].ask(filed(metadata, facts, contents)))
    assert all(problem.place == Place(path=problem.place.path, platform=ARM64) for problem in problems)
    return [(problem.what, problem.place.path) for problem in problems]


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


def chosen(*patterns: str) -> tuple[Rule, ...]:
    return Selection(patterns).chosen(EVERY)


NOWHERE = chosen("icon-nowhere", "ui-*-nowhere", "composefile-nowhere", "binary-nowhere", "compose-side-file-absent")
# What BuildKit refuses is told by a rule of its own.
TREE_RULES = {
    rule.code: rule
    for rule in (
        *chosen("copy-*", "build-*", "dockerignore-*", "argument-*"),
        *NOWHERE,
        *chosen("ui-script-*", "ui-picture-*", "ui-style-*"),
        *chosen(
            "compose-syntax",
            "compose-schema",
            "compose-build*",
            "compose-own-*",
            "compose-image-[fiv]*",
            "compose-external",
            "compose-variable-*",
            "compose-dependency-*",
            "compose-port-*",
            "compose-container-*",
        ),
    )
}
TREE_METADATA = json.dumps(
    {
        "icon": "icon.svg",
        "ui": {"dashboard-tab": {"title": "x", "root": "/ui", "src": "index.html"}},
        "vm": {"composefile": "compose.yaml"},
    },
    indent=1,
)
TREE_COMPOSE = "services:\n  web:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n"
TREE_DOCKERFILE = "FROM scratch\nCOPY metadata.json icon.svg compose.yaml /\nCOPY ui /ui\n"
TREE_FILES = {
    "Dockerfile": TREE_DOCKERFILE,
    "metadata.json": TREE_METADATA,
    "compose.yaml": TREE_COMPOSE,
    "icon.svg": "<svg/>",
    "ui/index.html": "<script src=a.js></script>",
    "ui/a.js": "1",
}


def found_in_tree(make_project: MakeProject, **changed: str | None) -> list[tuple[str, str, str]]:
    files = {**TREE_FILES, **{name.replace("__", "/").replace("_", "."): text for name, text in changed.items()}}
    project = make_project({name: text for name, text in files.items() if text is not None})
    return asked_of_tree(TreeSource(project))


def asked_of_tree(tree: TreeSource) -> list[tuple[str, str, str]]:
    said = []
    for code, rule in TREE_RULES.items():
        try:
            said += [(code, problem.what, str(problem.place)) for problem in rule.ask(tree)]
        except NotOfferedError:
            continue
    return said


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
