from __future__ import annotations

import re

import pytest

from dext_tasks.extension import labels

NAMED = {name: value for name, value in vars(labels).items() if name.isupper() and isinstance(value, str)}


def test_the_required_labels_are_those_of_dockers_validator() -> None:
    assert set(labels.REQUIRED) == {
        "org.opencontainers.image.title",
        "org.opencontainers.image.description",
        "org.opencontainers.image.vendor",
        "com.docker.desktop.extension.api.version",
        "com.docker.desktop.extension.icon",
        "com.docker.extension.screenshots",
        "com.docker.extension.detailed-description",
        "com.docker.extension.publisher-url",
        "com.docker.extension.changelog",
        "com.docker.extension.categories",
    }


def test_no_label_is_required_twice() -> None:
    assert len(set(labels.REQUIRED)) == len(labels.REQUIRED)


@pytest.mark.parametrize("key", NAMED.values(), ids=NAMED)
def test_a_key_is_a_valid_label(key: str) -> None:
    # https://docs.docker.com/engine/manage-resources/labels/#key-format-recommendations
    assert re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", key)
