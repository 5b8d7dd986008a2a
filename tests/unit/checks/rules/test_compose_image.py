from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.errors import NotAnImageError
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.sources.tree import TreeSource
from tests.unit.checks.compose_text import OWN_SERVICE, found_in_compose, published_as_demo, second_service
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


@pytest.mark.parametrize(
    ("text", "code", "what", "line"),
    [
        (OWN_SERVICE + "  db:\n    build: .\n", "compose-build", "service db is built on the user's machine", 5),
        (second_service("build: ."), "compose-build-leftover", "service db has build: beside its image", 6),
        (
            "services:\n  db:\n    image: postgres:17\n",
            "compose-own-image-unused",
            "no service runs ${DESKTOP_PLUGIN_IMAGE}",
            2,
        ),
        (
            OWN_SERVICE + "  db:\n    image: postgres\n",
            "compose-image-floating",
            "service db runs postgres with no tag, which means latest",
            5,
        ),
        (
            OWN_SERVICE + "  db:\n    image: acme/db:main\n",
            "compose-image-floating",
            "service db runs acme/db with the moving tag main",
            5,
        ),
        (
            OWN_SERVICE + "  db:\n    image: acme/DB:1\n",
            "compose-image-invalid",
            "service db has an image that is not a reference: 'acme/DB:1'",
            5,
        ),
        (
            OWN_SERVICE + "  db:\n    image: a:${V}\n",
            "compose-image-variable",
            "service db has a variable in its image: a:${V}",
            5,
        ),
    ],
)
def test_one_thing_is_wrong_and_one_rule_says_so(text: str, code: str, what: str, line: int) -> None:
    assert found_in_compose(text) == {code: [(what, line)]}


def test_a_file_without_faults_of_its_own_may_name_the_own_image_by_hand() -> None:
    assert found_in_compose("services:\n  web:\n    image: acme/demo-extension:1.0.0\n") == {
        "compose-own-image-unused": [("no service runs ${DESKTOP_PLUGIN_IMAGE}", 2)],
        "compose-own-image-hardcoded": [
            ("service web runs acme/demo-extension:1.0.0, which looks like the extension's own image", 3)
        ],
    }


def test_beside_the_placeholder_such_a_name_is_somebody_elses() -> None:
    assert found_in_compose(OWN_SERVICE + "  other:\n    image: acme/demo-extension:1.0.0\n") == {}


@pytest.mark.parametrize(
    "image", ["acme/demo:1.0", "docker.io/acme/demo", "index.docker.io/acme/demo:2", f"acme/demo@sha256:{'a' * 64}"]
)
def test_the_own_image_is_known_by_where_it_is_published(image: str) -> None:
    text = f"{OWN_SERVICE}  other:\n    image: {image}\n"
    (problem,) = BY_CODE["compose-own-image-hardcoded"].ask(published_as_demo(text))
    assert problem.what == f"service other runs {Reference.parse(image)}, the extension's own image"
    assert problem.place.line == 5


@pytest.mark.parametrize(
    "image", ["acme/demo2:1", "ghcr.io/acme/demo:1", "demo:1", "${X:-y}/demo", "acme/demo-extension:1"]
)
def test_other_images_are_not_the_own_one(image: str) -> None:
    text = f"{OWN_SERVICE}  other:\n    image: {image}\n"
    assert list(BY_CODE["compose-own-image-hardcoded"].ask(published_as_demo(text))) == []
