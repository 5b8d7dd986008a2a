from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import DockerfileInvalidError, ImageNotFoundError
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.sources.labels import of_platform, of_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.project import Project


def test_a_tree_has_the_same_for_each_platform(make_project: Callable[..., Project]) -> None:
    project = make_project({"Dockerfile": "FROM scratch\nLABEL a=b c=d\n"})
    found = of_tree(project)
    assert list(found) == list(project.settings.platforms)
    assert [dict(labels) for labels in found.values()] == [{"a": "b", "c": "d"}] * len(found)


def test_a_tree_may_have_others_for_each_platform(make_project: Callable[..., Project]) -> None:
    project = make_project({"Dockerfile": "FROM scratch\nARG TARGETARCH\nLABEL a=https://x.example/$TARGETARCH\n"})
    assert {str(platform): labels["a"] for platform, labels in of_tree(project).items()} == {
        "linux/amd64": "https://x.example/amd64",
        "linux/arm64": "https://x.example/arm64",
    }


@pytest.mark.parametrize(
    ("dockerfile", "where"),
    [
        ("FROM scratch\nLABEL a\n", "Dockerfile line 2"),
        ("LABEL a=b\nFROM scratch\n", "Dockerfile line 1"),
        ('FROM scratch\nLABEL a="b\n', "Dockerfile line 2"),
    ],
)
def test_of_a_tree_that_cannot_be_built(make_project: Callable[..., Project], dockerfile: str, where: str) -> None:
    with pytest.raises(DockerfileInvalidError, match=f"BuildKit refuses Dockerfile: {where}: "):
        of_tree(make_project({"Dockerfile": dockerfile}))


def test_of_a_stage_that_is_not_there(make_project: Callable[..., Project]) -> None:
    project = make_project({"Dockerfile": "FROM scratch AS a\n"}, build_target="b")
    with pytest.raises(DockerfileInvalidError, match="BuildKit refuses Dockerfile"):
        of_tree(project)


def test_of_one_platform() -> None:
    assert of_platform({REQUIRED[0]: {"a": "b"}}, REQUIRED[0]) == {"a": "b"}


@pytest.mark.parametrize(("labels", "there"), [({REQUIRED[0]: {"a": "b"}}, "linux/amd64"), ({}, "none")])
def test_of_a_platform_that_is_not_there(labels: dict[Platform, dict[str, str]], there: str) -> None:
    with pytest.raises(ImageNotFoundError, match="linux/arm64") as raised:
        of_platform(labels, REQUIRED[1])
    assert there in raised.value.remedy
