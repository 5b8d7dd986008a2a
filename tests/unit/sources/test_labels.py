from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import ImageNotFoundError
from dext_tasks.extension.platform import REQUIRED, Platform
from dext_tasks.sources.labels import of_platform, of_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.project import Project


def test_a_tree_has_the_same_for_each_platform(make_project: Callable[..., Project]) -> None:
    project = make_project({"Dockerfile": "FROM scratch\nLABEL a=b c=d\n"})
    found = of_tree(project)
    assert list(found) == list(project.settings.platforms)
    assert [dict(labels) for labels in found.values()] == [{"a": "b", "c": "d"}] * len(found)


def test_of_one_platform() -> None:
    assert of_platform({REQUIRED[0]: {"a": "b"}}, REQUIRED[0]) == {"a": "b"}


@pytest.mark.parametrize(("labels", "there"), [({REQUIRED[0]: {"a": "b"}}, "linux/amd64"), ({}, "none")])
def test_of_a_platform_that_is_not_there(labels: dict[Platform, dict[str, str]], there: str) -> None:
    with pytest.raises(ImageNotFoundError, match="linux/arm64") as raised:
        of_platform(labels, REQUIRED[1])
    assert there in raised.value.remedy
