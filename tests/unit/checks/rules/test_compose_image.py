from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.errors import NotAnImageError
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.sources.tree import TreeSource
from tests.unit.checks.extension_tree import TREE_COMPOSE, TREE_FILES, asked_of_tree
from tests.unit.checks.fake_source import AMD64, BY_CODE, whats
from tests.unit.checks.fake_web import FakeWeb, online

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def test_the_own_image_is_the_one_of_the_settings(make_project: MakeProject) -> None:
    compose = f"{TREE_COMPOSE}  old:\n    image: docker.io/acme/x:1.0\n"
    tree = TreeSource(make_project({**TREE_FILES, "compose.yaml": compose}, image="acme/x"))
    assert asked_of_tree(tree) == [
        ("compose-own-image-hardcoded", "service old runs acme/x:1.0, the extension's own image", "compose.yaml:5")
    ]
