from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.compose import images
from dext_tasks.formats.compose.variables import is_resolved, names_plugin_image, with_defaults
from dext_tasks.formats.oci.reference import Reference

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("${A:-b}", "b"),
        ("${A-b}", "b"),
        ("x/${A:-b}:${C:-1}", "x/b:1"),
        ("${A}", "${A}"),
        ("$A", "$A"),
        ("${A:?needed}", "${A:?needed}"),
        ("$$A", "$A"),
        ("${DESKTOP_PLUGIN_IMAGE:-x}", "${DESKTOP_PLUGIN_IMAGE:-x}"),
        ("${", "${"),
        ("${A:-}", ""),
    ],
)
def test_defaults_are_put_in(text: str, result: str) -> None:
    assert with_defaults(text) == result
    assert is_resolved(result) is ("$" not in result)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("${DESKTOP_PLUGIN_IMAGE}", True),
        ("$DESKTOP_PLUGIN_IMAGE", True),
        ("a=${DESKTOP_PLUGIN_IMAGE}:b", True),
        ("${DESKTOP_PLUGIN_IMAGE:-x}", True),
        ("$${DESKTOP_PLUGIN_IMAGE}", False),
        ("DESKTOP_PLUGIN_IMAGE", False),
        ("${DESKTOP_PLUGIN_IMAGE_X}", False),
        ("", False),
    ],
)
def test_the_extensions_own_image(text: str, *, named: bool) -> None:
    assert names_plugin_image(text) is named
    assert images.reference(text) is None or not named


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "nginx:latest",
        "a/b:main",
        "a/b:Edge",
        "a/b:main-stable",
        "a/b:dev",
        "ghcr.io/a/b:nightly",
        "x:latest-rc",
        "redis:alpine",
        "debian:bookworm",
        "debian:bookworm-slim",
        "x:main-alpine",
        "nginx:stable-alpine",
        "a/b:release-candidate",
    ],
)
def test_floating(image: str) -> None:
    reference = images.reference(image)
    assert reference is not None
    assert images.is_floating(reference)


@pytest.mark.parametrize(
    "image",
    [
        "nginx:1.27",
        f"nginx@{DIGEST}",
        f"nginx:latest@{DIGEST}",
        "redis:7-alpine",
        "a/b:v1",
        "a/b:latest-2024",
        "gvenzl/oracle-xe:${VERSION:-21.3.0}-full",
        "a/b:3-management",
        "nginx:stable-alpine3.20",
        "a/b:full",
        "a/b:community-alpine",
    ],
)
def test_not_floating(image: str) -> None:
    reference = images.reference(image)
    assert reference is not None
    assert not images.is_floating(reference)


@pytest.mark.parametrize("image", ["acme/Upper", "a b", "a:b:c", "", "http://a/b", "a@sha256:1"])
def test_invalid(image: str) -> None:
    assert images.is_invalid(image)
    assert images.reference(image) is None


@pytest.mark.parametrize("image", ["a/b:1", "${DESKTOP_PLUGIN_IMAGE}", "${REGISTRY}/a:1", "localhost:5000/a/b"])
def test_not_known_to_be_invalid(image: str) -> None:
    assert not images.is_invalid(image)


@pytest.mark.parametrize(
    ("image", "depends"),
    [("${R}/a", True), ("a:$T", True), ("${R:-x}/a", False), ("${DESKTOP_PLUGIN_IMAGE}", False), ("a", False)],
)
def test_unset_variables(image: str, *, depends: bool) -> None:
    assert images.unset_variables(image) is depends


@pytest.mark.parametrize(
    ("image", "like"),
    [
        ("acme/demo-extension:1", True),
        ("acme/demo-docker-extension", True),
        ("acme/extension", True),
        ("acme/demo-ext", True),
        ("acme/text", False),
        ("acme/extension-helper", False),
        ("extension/demo", False),
    ],
)
def test_called_like_an_extension(image: str, *, like: bool) -> None:
    assert images.is_extension_like(Reference.parse(image)) is like


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    reference = images.reference(text)
    assert not (reference and images.is_invalid(text))
