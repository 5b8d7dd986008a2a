from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats import changelog
from dext_tasks.formats.changelog import UNRELEASED, entries, refers_elsewhere, words_of

KEEP = """# Changelog

All notable changes. 1.0 was never.

## [Unreleased]

## [1.1.0] - 2024-05-01
### Added
- A [link](https://example.com/x) and `code`.

### Fixed
- **One** bug

## v1.0.0 (2024-01-01)

First release.

## License

MIT

[Unreleased]: https://example.com/compare
[1.1.0]: https://example.com/1.1.0
"""


def versions(text: str) -> list[str]:
    return [entry.version for entry in entries(text)]


def test_keep_a_changelog() -> None:
    assert versions(KEEP) == [UNRELEASED, "1.1.0", "1.0.0"]


def test_lines() -> None:
    assert [entry.line for entry in entries(KEEP)] == [5, 7, 14]


def test_an_entry_ends_where_the_next_section_begins() -> None:
    entry = changelog.entry_of("1.0.0", entries(KEEP))
    assert entry
    assert entry.body == "First release."


def test_words() -> None:
    entry = changelog.entry_of("v1.1.0", entries(KEEP))
    assert entry
    assert entry.words == ("a", "link", "and", "code", "one", "bug")


@pytest.mark.parametrize(
    "label",
    [
        "<h3>Added</h3><ul><li>A link and code.</li></ul><h3>Fixed</h3><ul><li>One bug</li></ul>",
        '<p>Added: a <a href="https://example.com/x">link</a> and <code>code</code></p>Fixed: one <b>bug</b>!',
        "A link, and code. One bug.",
    ],
)
def test_a_label_that_says_the_same(label: str) -> None:
    entry = changelog.entry_of("1.1.0", entries(KEEP))
    assert entry
    assert words_of(label) == entry.words


@pytest.mark.parametrize(
    "heading",
    [
        "## 1.2.0",
        "# v1.2.0",
        "### [1.2.0](https://example.com/compare/v1.1.0...v1.2.0) (2024-01-01)",
        "## Version 1.2.0: the one",
        "## Release v1.2.0",
        "## [v1.2.0]",
        "## **1.2.0**",
        "1.2.0\n-----",
        "1.2.0 / 2024-01-01\n=====",
    ],
)
def test_headings_of_versions(heading: str) -> None:
    (entry,) = entries(f"{heading}\n\n- x\n")
    assert (entry.version, entry.body) == ("1.2.0", "- x")


@pytest.mark.parametrize(
    "text",
    [
        "1.2.0",
        "```\n## 1.2.0\n```",
        "~~~\n## 1.2.0\n```\n## 1.1.0\n",
        "#1.2.0",
        "## 2024 in review",
        "## 1.2.0rc1x_",
        "",
    ],
)
def test_no_headings_of_versions(text: str) -> None:
    assert versions(text) == []


def test_prereleases_are_versions() -> None:
    assert versions("## 1.2.0-rc.1\n## [1.2.0-beta]\n## 1.2\n") == ["1.2.0-rc.1", "1.2.0-beta", "1.2"]


def test_sections_below_a_version_belong_to_it() -> None:
    first, second = entries("# 2.0.0\n## Notes\na\n### 1.9.9\nb\n")
    assert (first.words, second.words) == (("notes", "a"), ("b",))


def test_current_is_what_would_be_released_next() -> None:
    entry = changelog.current(entries(KEEP))
    assert entry
    assert entry.version == "1.1.0"


def test_current_is_unreleased_once_it_says_something() -> None:
    entry = changelog.current(entries(KEEP.replace("## [Unreleased]", "## Unreleased\n- new")))
    assert entry
    assert entry.version == UNRELEASED


def test_nothing_is_current_in_an_empty_changelog() -> None:
    assert changelog.current(entries("# Changelog\n")) is None


def test_the_last_entry_is_current_where_the_oldest_comes_first() -> None:
    entry = changelog.current(entries("## 0.9.0\nold\n## 0.10.0\nnew\n## 0.11.0\n"))
    assert entry
    assert entry.version == "0.10.0"


def test_unreleased_is_current_wherever_it_is() -> None:
    entry = changelog.current(entries("## 1.0.0\nold\n## Unreleased\nnew\n"))
    assert entry
    assert entry.version == UNRELEASED


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("## [1.1.0] - 2024-01-02\n- One bug\n", "<h2>1.1.0</h2><ul><li>One bug</li></ul>"),
        ("## 1.1.0\n- One bug\n", "v1.1.0 - 2024-01-02: One bug"),
        ("## 1.1.0\n- One bug\n", "<h3>Version 1.1.0 (January 2nd, 2024)</h3>One bug"),
        ("## 1.1.0: the quick one\n- One bug\n", "1.1.0, the quick one: one bug"),
        ("## Unreleased\n- One bug\n", "<h2>1.2.0</h2>One bug"),
        ("## 1.1.0-rc.1\n- One bug\n", "1.1.0-rc.1 One bug"),
        ("## 1.1.0\nSee <https://example.com/x?y>\n", "See https://example.com/x?y"),
        ("## 1.1.0\n- One bug\n", "One bug"),
    ],
)
def test_a_label_may_repeat_the_heading(text: str, label: str) -> None:
    (entry,) = entries(text)
    assert entry.is_told_by(words_of(label))


@pytest.mark.parametrize("label", ["1.2.0 One bug", "1.1.0 One more bug", "Great: one bug", "One", "", "1.1.0"])
def test_a_label_that_says_something_else(label: str) -> None:
    (entry,) = entries("## 1.1.0\n- One bug\n")
    assert not entry.is_told_by(words_of(label))


@pytest.mark.parametrize(
    ("label", "refers"),
    [
        ('See full <a href="https://example.com/CHANGELOG.md">change log</a>', True),
        ("https://example.com/CHANGELOG.md", True),
        ("Fixed a bug", False),
        ('<a href="https://example.com">x</a> ' + "and much more of it " * 5, False),
    ],
)
def test_labels_that_only_refer_elsewhere(label: str, refers: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert refers_elsewhere(label) is refers


@given(st.text() | st.text(alphabet="#= -`[]()1.v\nab\t"))
def test_anything_is_read(text: str) -> None:
    for entry in entries(text):
        assert entry.is_told_by(entry.words)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("unit", ["## 1.0\n", "# ", "[", "```\n", "=\n", "1.", "## " + " " * 1000])
def test_hostile_files_take_no_time(unit: str) -> None:
    entries(unit * (1_000_000 // len(unit)))


KEPT = """# Changelog

## [Unreleased]

### Added

- a

## [1.0.0] - 2025-01-01

- b

[Unreleased]: https://github.com/acme/demo/compare/v1.0.0...HEAD
[1.0.0]: https://github.com/acme/demo/releases/tag/v1.0.0
"""
WRITTEN = """# Changelog

## [Unreleased]

## [1.1.0] - 2026-01-31

### Added

- a

## [1.0.0] - 2025-01-01

- b

[Unreleased]: https://github.com/acme/demo/compare/v1.1.0...HEAD
[1.1.0]: https://github.com/acme/demo/compare/v1.0.0...v1.1.0
[1.0.0]: https://github.com/acme/demo/releases/tag/v1.0.0
"""


def test_what_is_unreleased_becomes_a_version_s() -> None:
    assert changelog.released(KEPT, "1.1.0", "2026-01-31", "v") == WRITTEN
    windows = changelog.released(KEPT.replace("\n", "\r\n"), "1.1.0", "2026-01-31", "v")
    assert windows == WRITTEN.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("# Unreleased\n- a", "# Unreleased\n\n# 1.1.0 - 2026-01-31\n- a"),
        ("Unreleased\n---\n\n- a\n", "Unreleased\n---\n\n## 1.1.0 - 2026-01-31\n\n- a\n"),
    ],
)
def test_its_heading_is_like_that_of_unreleased(text: str, written: str) -> None:
    assert changelog.released(text, "1.1.0", "2026-01-31", "v") == written


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing is Unreleased"),
        ("## 1.0.0\n\n- a\n", "nothing is Unreleased"),
        ("## Unreleased\n\n### Added\n\n## 1.0.0\n", "nothing is Unreleased"),
        (KEPT.replace("1.0.0]", "1.1.0]"), "an entry for 1.1.0 already"),
        (WRITTEN, "an entry for 1.1.0 already"),
    ],
)
def test_nothing_is_written_where_there_is_nothing_to_write(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        changelog.released(text, "1.1.0", "2026-01-31", "v")


@given(st.lists(st.sampled_from([*KEPT.splitlines(keepends=True), "## 1.1.0\n", "```\n", "---\n", "\r", "\x0c", "a"])))
def test_whatever_is_written_the_entry_is_the_one_that_was_unreleased(lines: list[str]) -> None:
    text = "".join(lines)
    before = changelog.entry_of(changelog.UNRELEASED, changelog.entries(text))
    try:
        after = changelog.entries(changelog.released(text, "1.1.0", "2026-01-31", "v"))
    except ValueError:
        return
    entry = changelog.entry_of("1.1.0", after)
    assert before
    assert entry
    assert entry.words == before.words


@pytest.mark.parametrize(
    "piece", ["[unreleased]: a/compare/", "[unreleased]: /compare/a.", "a" * 50 + "...", "## Unreleased\n"]
)
def test_much_of_a_link_ends(piece: str) -> None:
    text = "## Unreleased\n\n- a\n\n" + piece * 2000
    assert "1.1.0" in changelog.released(text, "1.1.0", "2026-01-31", "v")
