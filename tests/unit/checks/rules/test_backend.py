from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.formats.oci.reference import Reference
from tests.unit.checks.fake_source import FakeSource, metadata

if TYPE_CHECKING:
    from dext_tasks.sources.source import Source

RULES = Selection(("backend-*",)).chosen(catalogue.RULES)


def backed(image: str) -> FakeSource:
    return FakeSource(documents=[metadata({"vm": {"image": image}}, indent=1)])


def published(image: str) -> FakeSource:
    return FakeSource(documents=backed(image).documents, own_image=Reference.parse("docker.io/acme/x"))


def found(source: Source) -> dict[str, list[str]]:
    problems = {rule.code: list(rule.ask(source)) for rule in RULES}
    assert all(problem.place.line == 3 for said in problems.values() for problem in said)
    return {code: [problem.what for problem in said] for code, said in problems.items() if said}


@pytest.mark.parametrize(
    "image",
    [
        "${DESKTOP_PLUGIN_IMAGE}",
        "$DESKTOP_PLUGIN_IMAGE",
        "redis:7.2",
        "${R:-redis}:7",
        "acme/y:1",
        "${PREFIX}redis:7",
        "",
    ],
)
def test_nothing_is_wrong(image: str) -> None:
    assert found(published(image)) == {}


@pytest.mark.parametrize(
    ("image", "code", "what"),
    [
        ("acme/x:1.0", "backend-image-hardcoded", "vm.image is acme/x:1.0, the extension's own image"),
        ("index.docker.io/acme/x:1.0", "backend-image-hardcoded", "vm.image is acme/x:1.0, the extension's own image"),
        (
            "acme/y-extension:1.0",
            "backend-image-hardcoded",
            "vm.image is acme/y-extension:1.0, which looks like the extension's own image",
        ),
        ("redis", "backend-image-floating", "vm.image is redis with no tag, which means latest"),
        ("redis:alpine", "backend-image-floating", "vm.image is redis with the moving tag alpine"),
        ("ACME/x::1", "backend-image-invalid", "vm.image is not a reference: 'ACME/x::1'"),
        (
            "${DOCKER_PLUGIN_IMAGE}",
            "backend-image-invalid",
            (
                "vm.image is ${DOCKER_PLUGIN_IMAGE}, whose variable nobody sets on a user's machine; "
                "the extension's own image is ${DESKTOP_PLUGIN_IMAGE}"
            ),
        ),
        (
            "acme/y:${TAG}",
            "backend-image-invalid",
            (
                "vm.image is acme/y:${TAG}, whose variable nobody sets on a user's machine; "
                "the extension's own image is ${DESKTOP_PLUGIN_IMAGE}"
            ),
        ),
    ],
)
def test_one_thing_is_wrong_and_one_rule_says_so(image: str, code: str, what: str) -> None:
    assert found(published(image)) == {code: [f"metadata.json: {what}"]}


def test_an_own_image_may_have_a_moving_tag_besides() -> None:
    assert found(published("acme/x:latest")).keys() == {"backend-image-hardcoded", "backend-image-floating"}


def test_a_source_need_not_know_where_the_extension_is_published() -> None:
    assert found(backed("acme/x:1.0")) == {}


@given(st.text() | st.text(st.sampled_from("${}:/@aA_-.1")))
def test_every_rule_has_an_answer_to_anything(image: str) -> None:
    for said in found(published(image)).values():
        assert all("\n" not in what for what in said)
