from __future__ import annotations

import pytest

from dext_tasks.extension.tags import resolve, version_of


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2.3", "1.0.0-rc.1"])
def test_versions(tag: str) -> None:
    assert str(version_of(tag)) == tag.removeprefix("v")


@pytest.mark.parametrize("tag", ["latest", "vv1.2.3", "V1.2.3", "1.2", "v", "", "01.2.3"])
def test_no_versions(tag: str) -> None:
    assert version_of(tag) is None


@pytest.mark.parametrize(
    ("tags", "winner"),
    [
        ({"1.0.1", "2.6.5", "latest"}, "2.6.5"),
        ({"1.9.0", "1.10.0"}, "1.10.0"),
        ({"1.0.0-rc.1", "1.0.0"}, "1.0.0"),
        ({"1.0.0", "1.1.0-rc.1"}, "1.1.0-rc.1"),
        ({"v1.0.0", "1.0.0"}, "1.0.0"),
        ({"v1.0.1", "1.0.0"}, "v1.0.1"),
    ],
)
def test_the_greatest_is_chosen(tags: set[str], winner: str) -> None:
    found = resolve(tags)
    assert found
    assert found.tag == winner


@pytest.mark.parametrize("tags", [set(), {"latest", "1.2"}])
def test_there_may_be_none(tags: set[str]) -> None:
    assert resolve(tags) is None


def test_says_what_it_was_chosen_among() -> None:
    assert str(resolve({"1.0.0", "0.9.0", "latest"})) == (
        "greatest semver tag resolved: 1.0.0, greater than 0.9.0; no versions: latest"
    )
    assert str(resolve({"1.0.0"})) == "greatest semver tag resolved: 1.0.0"
    assert str(resolve({f"1.{number}.0" for number in range(9)})) == (
        "greatest semver tag resolved: 1.8.0, greater than 1.7.0, 1.6.0, 1.5.0, 1.4.0 and 4 more"
    )
