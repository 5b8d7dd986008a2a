from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from dext_tasks.errors import ChangelogError, OutsideProjectError
from dext_tasks.extension.version import parse_release
from dext_tasks.formats import html
from dext_tasks.release.notes import label_of, newest_entry, notes_of, version_of_changelog, with_heading
from tests.unit.release.conftest import HEAD

if TYPE_CHECKING:
    from pathlib import Path

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
    assert newest_entry(machine.world(), machine.head).version == version


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
        newest_entry(machine.world(), machine.head)
    assert remedy in raised.value.remedy


@pytest.mark.parametrize("text", ["<" * 20_000, "a" * 65_537, "\u00e9" * 40_000])
def test_a_label_has_an_end(text: str) -> None:
    with pytest.raises(ChangelogError):
        label_of(text)


def test_a_label() -> None:
    assert label_of("") == ""
    assert html.findings(label_of("- <script>a</script>")) == ()


@pytest.mark.parametrize("version", ["1.1", "1.2.3.4", "01.0.0"])
def test_a_version_that_cannot_be_released_is_told_with_its_line(machine: Machine, version: str) -> None:
    machine.files[FILE] = f"# Changelog\n\n## {version}\n\n- a\n"
    with pytest.raises(
        ChangelogError, match=r"entry of CHANGELOG\.md \(line 3\): .* is not a semver version"
    ) as raised:
        version_of_changelog(machine.world(), HEAD)
    assert "MAJOR.MINOR.PATCH" in raised.value.remedy


def test_the_version_of_the_changelog(machine: Machine) -> None:
    machine.files[FILE] = "## [v1.1.0-rc.1]\n\n- a\n"
    assert str(version_of_changelog(machine.world(), HEAD)) == "1.1.0-rc.1"


class TestHeading:
    def written(self, machine: Machine, text: str | None) -> str:
        if text is not None:
            (machine.project.root / FILE).write_bytes(text.encode(errors="surrogateescape"))
        file, made = with_heading(machine.world(), parse_release("1.1.0"), date(2026, 1, 31))
        assert file == machine.project.root / FILE
        return made

    def test_is_written_into_what_is_there(self, machine: Machine) -> None:
        made = self.written(machine, "## Unreleased\r\n\r\n- a \udcff\r\n")
        assert made == "## Unreleased\r\n\r\n## 1.1.0 - 2026-01-31\r\n\r\n- a \udcff\r\n"

    @pytest.mark.parametrize("text", [None, "", "## 1.0.0\n", "## Unreleased\n", "## Unreleased\n- a\n## 1.1.0\n"])
    def test_is_not_written_where_nothing_is_to_be_released(self, machine: Machine, text: str | None) -> None:
        with pytest.raises(ChangelogError) as raised:
            self.written(machine, text)
        assert raised.value.remedy

    def test_what_was_written_already_is_to_be_committed(self, machine: Machine) -> None:
        made = self.written(machine, "## Unreleased\n- a\n")
        with pytest.raises(ChangelogError) as raised:
            self.written(machine, made)
        assert raised.value.message == "CHANGELOG.md: there is an entry for 1.1.0 already"
        assert raised.value.remedy == "commit it, then inv release --from-changelog"

    def test_is_not_written_outside_of_the_project(self, machine: Machine, tmp_path: Path) -> None:
        (tmp_path / "other.md").write_text("## Unreleased\n- a\n", encoding="utf-8")
        (machine.project.root / FILE).symlink_to(tmp_path / "other.md")
        with pytest.raises(OutsideProjectError):
            self.written(machine, None)
