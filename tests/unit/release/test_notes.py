from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import ChangelogError
from dext_tasks.extension.version import parse_release
from dext_tasks.formats import html
from dext_tasks.release.notes import label_of, newest_entry, notes_of
from tests.unit.release.conftest import HEAD

if TYPE_CHECKING:
    from tests.unit.release.conftest import Machine

FILE = "CHANGELOG.md"


@pytest.mark.parametrize(
    ("version", "text", "told"),
    [
        ("1.0.0", "## 1.1.0\n\na\n\n## 1.0.0\n\nb\n", "b"),
        ("1.0.0", "## Unreleased\n\na\n", ""),
        ("1.0.0", "", ""),
        ("1.1.0-rc.1", "## 1.1.0-rc.1\n\na\n\n## 1.1.0\n\nb\n", "a"),
        ("1.1.0-rc.2", "## 1.1.0-rc.1\n\na\n\n## 1.1.0\n\nb\n", "b"),
        ("1.1.0-rc.2", "## Unreleased\n\na\n\n## 1.0.0\n\nb\n", "a"),
        ("1.1.0-rc.2", "## 1.0.0\n\nb\n", ""),
    ],
)
def test_what_is_told_of_a_version(machine: Machine, version: str, text: str, told: str) -> None:
    machine.files[FILE] = text
    assert notes_of(machine.world(), parse_release(version), HEAD) == told
    assert notes_of(machine.world(), parse_release(version), "") == ""


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("## [1.1.0] - 2026-01-31\n\n- a\n\n## 1.0.0\n\n- b\n", "1.1.0"),
        ("## Unreleased\n\n## 1.1.0\n\n- a\n", "1.1.0"),
        ("## Unreleased\n\n### Added\n\n## 1.1.0\n\n- a\n", "1.1.0"),
        ("## 1.1.0\n", "1.1.0"),
        ("## 1.1\n", "1.1"),
    ],
)
def test_the_newest_entry(machine: Machine, text: str, version: str) -> None:
    machine.files[FILE] = text
    assert newest_entry(machine.world()).version == version


@pytest.mark.parametrize(
    ("text", "setting", "head", "message", "remedy"),
    [
        (None, FILE, HEAD, "CHANGELOG.md is not in the commit", "release.changelog"),
        ("## 1.0.0\n", FILE, "", "CHANGELOG.md is not in the commit", "release.changelog"),
        ("## 1.0.0\n", "", HEAD, "release.changelog is empty", "set it"),
        ("# Changes\n\n- a\n", FILE, HEAD, "CHANGELOG.md has no entry", "## [1.0.0]"),
        ("\n## [Unreleased]\n\n- a\n\n## 1.0.0\n", FILE, HEAD, r"line 2\) is not of a version", "--write-changelog"),
    ],
)
def test_no_entry_that_can_be_released(  # noqa: PLR0913, PLR0917 - a row
    machine: Machine, text: str | None, setting: str, head: str, message: str, remedy: str
) -> None:
    machine.files = {} if text is None else {FILE: text}
    machine.head = head
    machine.configure(release_changelog=setting)
    with pytest.raises(ChangelogError, match=message) as raised:
        newest_entry(machine.world())
    assert remedy in raised.value.remedy


@pytest.mark.parametrize("text", ["<" * 20_000, "a" * 65_537, "\u00e9" * 40_000])
def test_a_label_has_an_end(text: str) -> None:
    with pytest.raises(ChangelogError):
        label_of(text)


def test_a_label() -> None:
    assert label_of("") == ""
    assert html.findings(label_of("- <script>a</script>")) == ()
