from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.catalogue import RULES as EVERY
from dext_tasks.checks.selection import Selection
from dext_tasks.errors import LoginMissingError, NotAnImageError
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.sources.source import (
    NotOfferedError,
    Web,
    WebAnswer,
)
from dext_tasks.sources.tree import TreeSource
from tests.unit.checks.fake_source import AMD64, BY_CODE, FakeSource, compose, in_dockerfile, whats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.checks.rule import Rule
    from tests.unit.conftest import MakeProject

RULES = Selection(
    (
        "*-not-served",
        "*-not-picture",
        "screenshot-small",
        "link-broken",
        "address-*",
        "compose-image-absent",
        "compose-image-platform-missing",
        "compose-image-unanswered",
    )
).chosen(catalogue.RULES)
CODES = [rule.code for rule in RULES]
COMPOSE_CODES = [code for code in CODES if code.startswith("compose-")]


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", width, height)


GOOD = WebAnswer(200, "image/png", png(2400, 1600))


class FakeWeb(Web):
    """Prepared answers; images by reference."""

    def __init__(
        self, answer: WebAnswer = GOOD, images: Mapping[str, frozenset[Platform] | None] | None = None
    ) -> None:
        self.answer, self.images = answer, dict(images or {})
        self.asked: list[str] = []

    def get(self, url: str) -> WebAnswer:
        self.asked.append(url)
        return self.answer

    def platforms(self, reference: str) -> frozenset[Platform] | None:
        self.asked.append(reference)
        if reference not in self.images:
            raise LoginMissingError("a login is missing", remedy="log in")
        return self.images[reference]


def online(web: Web | None, values: Mapping[str, str] | None = None, text: bytes | None = b"") -> FakeSource:
    """Labels and compose files of an image."""
    return FakeSource(network=web, labels=[in_dockerfile(values or {}, 3)], compose=[compose(text)])


COMPOSE = b"""services:
  own:
    image: ${DESKTOP_PLUGIN_IMAGE}
  built:
    image: x
    build: .
  unknown:
    image: ${NOBODY_SETS_THIS}
  db:
    image: IMAGE
"""


@pytest.mark.parametrize(
    ("image", "images", "code", "said"),
    [
        ("redis:7", {"redis:7": frozenset(REQUIRED)}, "", ""),
        ("${TAG:-redis:7}", {"redis:7": frozenset(REQUIRED)}, "", ""),
        ("redis:7", {"redis:7": None}, "compose-image-absent", "image redis:7 is not in its registry"),
        (
            "redis:7",
            {"redis:7": frozenset({AMD64})},
            "compose-image-platform-missing",
            "image redis:7 is not there for linux/arm64",
        ),
        ("redis:7", {}, "compose-image-unanswered", "image redis:7: a login is missing"),
    ],
)
def test_images_of_compose_files(
    image: str, images: Mapping[str, frozenset[Platform] | None], code: str, said: str
) -> None:
    web = FakeWeb(images=images)
    source = online(web, text=COMPOSE.replace(b"IMAGE\n", image.encode() + b"\n"))
    problems = {each: whats(each, source) for each in COMPOSE_CODES}
    assert {each: what for each, what in problems.items() if what} == ({code: [said]} if code else {})
    assert set(web.asked) == {"redis:7"}


def test_what_is_not_an_image_cannot_be_run() -> None:
    class Charts(FakeWeb):
        def platforms(self, reference: str) -> frozenset[Platform] | None:
            raise NotAnImageError(f"{reference} is a Helm chart", remedy="name an image")

    source = online(Charts(), text=b"services:\n  db:\n    image: acme/chart:1.0.0\n")
    said = {code: what for code in COMPOSE_CODES if (what := whats(code, source))}
    assert said == {
        "compose-image-absent": ["image acme/chart:1.0.0 is not one: acme/chart:1.0.0 is a Helm chart"],
    }


def test_the_line_of_an_image_is_told() -> None:
    source = online(FakeWeb(images={"redis:7": None}), text=b"services:\n  db:\n    image: redis:7\n")
    ((problem),) = BY_CODE["compose-image-absent"].ask(source)
    assert str(problem.place) == "compose.yaml:3"


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


def asked_of_tree(tree: TreeSource) -> list[tuple[str, str, str]]:
    said = []
    for code, rule in TREE_RULES.items():
        try:
            said += [(code, problem.what, str(problem.place)) for problem in rule.ask(tree)]
        except NotOfferedError:
            continue
    return said


def test_the_own_image_is_the_one_of_the_settings(make_project: MakeProject) -> None:
    compose = f"{TREE_COMPOSE}  old:\n    image: docker.io/acme/x:1.0\n"
    tree = TreeSource(make_project({**TREE_FILES, "compose.yaml": compose}, image="acme/x"))
    assert asked_of_tree(tree) == [
        ("compose-own-image-hardcoded", "service old runs acme/x:1.0, the extension's own image", "compose.yaml:5")
    ]
