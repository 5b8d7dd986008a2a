from __future__ import annotations

import re

import pytest

from dext_tasks.extension import labels

# A sentence is advice on a label.
NAMED = {
    name: value
    for name, value in vars(labels).items()
    if name[0].isalpha() and isinstance(value, str) and name.isupper() and " " not in value
}


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


def test_every_label_has_a_name() -> None:
    assert {*labels.REQUIRED, *labels.OPTIONAL} <= {*NAMED.values()}


def test_no_label_is_required_twice() -> None:
    assert len(set(labels.REQUIRED)) == len(labels.REQUIRED)


@pytest.mark.parametrize("key", NAMED.values(), ids=NAMED)
def test_a_key_is_a_valid_label(key: str) -> None:
    # https://docs.docker.com/engine/manage-resources/labels/#key-format-recommendations
    assert re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", key)


@pytest.mark.parametrize(
    "key",
    [
        *labels.REQUIRED,
        *labels.OPTIONAL,
        "org.opencontainers.image.licenses",
        "com.example.x",
        "com.docker.skill.x",
        *("com.docker.compose.project", "org.label-schema.name", "com.example.image.title", "title", "x" * 100_000),
    ],
)
def test_known_and_foreign_keys(key: str) -> None:
    assert not labels.is_unknown(key)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("com.docker.extension.category", labels.CATEGORIES),
        ("com.docker.extensions.categories", labels.CATEGORIES),
        ("com.docker.desktop.extension.categories", labels.CATEGORIES),
        ("com.docker.extension.icon", labels.ICON),
        ("com.docker.extension.api.version", labels.API_VERSION),
        ("com.docker.extension.additional-url", labels.ADDITIONAL_URLS),
        ("com.docker.extension.detailed_description", labels.DETAILED_DESCRIPTION),
        ("com.docker.extension.title", labels.TITLE),
        ("org.opencontainers.image.titel", labels.TITLE),
        ("org.opencontainers.image.license", "org.opencontainers.image.licenses"),
        ("org.opencontainers.image.licence", "org.opencontainers.image.licenses"),
        ("org.opencontainers.image.author", "org.opencontainers.image.authors"),
        ("org.opencontainers.image.maintainer", "org.opencontainers.image.authors"),
        ("org.opencontainers.image.sources", "org.opencontainers.image.source"),
        ("org.opencontainers.image.homepage", "org.opencontainers.image.url"),
        ("org.opencontainers.image.name", labels.TITLE),
        ("org.opencontainers.image.changelog", labels.CHANGELOG),
        ("com.docker.extension.version", labels.VERSION),
        ("com.docker.extension.licenses", "org.opencontainers.image.licenses"),
        ("com.docker.extension.Screenshots", labels.SCREENSHOTS),
        ("org.opencontainer.image.title", labels.TITLE),
        ("org.opencontainers.images.vendor", labels.VENDOR),
        ("Org.OpenContainers.Image.Title", labels.TITLE),
        ("com.dockr.extension.changelog", labels.CHANGELOG),
        ("com.docker.extension.zzz", ""),
        ("com.docker.extension." + "x" * 100_000, ""),
    ],
)
def test_unknown_keys(key: str, nearest: str) -> None:
    assert labels.is_unknown(key)
    assert labels.nearest_key(key) == nearest


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Databases", "database"),
        ("utility", "utility-tools"),
        ("Utility tools", "utility-tools"),
        ("Testing", "testing-tools"),
        ("ai", ""),
        ("x" * 100_000, ""),
    ],
)
def test_nearest_category(name: str, nearest: str) -> None:
    assert labels.nearest_category(name) == nearest
