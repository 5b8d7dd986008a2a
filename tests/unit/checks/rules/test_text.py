from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks import catalogue
from dext_tasks.checks.selection import Selection
from dext_tasks.extension import labels
from dext_tasks.sources.facts import Document, LabelSet, Place
from dext_tasks.sources.source import NotOfferedError
from tests.unit.checks.fake_source import BY_CODE, FakeSource, judged

RULES = Selection(("title-*", "vendor-*", "markup-*", "text-*", "changelog-*")).chosen(catalogue.RULES)
CHANGES = b"""# Changelog
## Unreleased
## 1.1.0
- Added a thing
## 1.0.0
- First release
"""


def told(values: dict[str, str], changes: bytes | None = None, version: str = "") -> FakeSource:
    labels = [LabelSet(None, values, Place(), {})]
    if changes is None:
        return FakeSource(labels=labels, version=version, silence="there is no CHANGELOG.md")
    return FakeSource(labels=labels, version=version, changelog=Document(changes, Place(file="CHANGELOG.md")))


def found(code: str, key: str, value: str) -> list[str]:
    return [problem.what for problem in BY_CODE[code].ask(told({key: value}))]


@pytest.mark.parametrize("title", ["Demo", "Dock", "External Tools"])
def test_titles(title: str) -> None:
    assert found("title-word", labels.TITLE, title) == []


@pytest.mark.parametrize(
    ("title", "count"), [("Demo Extension", 1), ("DOCKER Tools", 1), ("my-docker-extension", 2), ("Dockerize", 1)]
)
def test_titles_with_a_word_too_many(title: str, count: int) -> None:
    assert len(found("title-word", labels.TITLE, title)) == count


@pytest.mark.parametrize("vendor", ["Acme", "Docker Captains Club", "Dockerised Inc.", "", "Friends of Docker"])
def test_vendors(vendor: str) -> None:
    assert found("vendor-docker", labels.VENDOR, vendor) == []


@pytest.mark.parametrize("vendor", ["Docker", "Docker Inc.", "docker, inc", " Docker Inc ", "Made by Docker, Inc."])
def test_vendors_that_claim_to_be_docker(vendor: str) -> None:
    assert len(found("vendor-docker", labels.VENDOR, vendor)) == 1


@pytest.mark.parametrize("key", labels.HTML_KEYS)
@pytest.mark.parametrize("code", ["markup-dangerous", "markup-not-allowed", "markup-unbalanced"])
def test_harmless_markup(code: str, key: str) -> None:
    assert found(code, key, "<p>Text <b>bold</b></p>") == []


@pytest.mark.parametrize("key", labels.HTML_KEYS)
@pytest.mark.parametrize(
    ("code", "value", "what"),
    [
        ("markup-dangerous", "<script>", "line 1, column 1: tag <script>"),
        ("markup-not-allowed", "x<p style=x>", "line 1, column 2: attribute style of <p>"),
        ("markup-unbalanced", "<b>", "line 1, column 1: <b> is not ended"),
    ],
)
def test_markup(code: str, key: str, value: str, what: str) -> None:
    assert found(code, key, value) == [f"{key.rpartition('.')[2]}, {what}"]


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        (labels.TITLE, "Demo<script>x</script>", "title, line 1, column 5: "),
        (labels.DESCRIPTION, "<script>x</script>", "description, line 1, column 1: "),
        (labels.VENDOR, "<script>x</script>", "vendor, line 1, column 1: "),
        (
            labels.SCREENSHOTS,
            '[{"alt":"a","url":"b"},{"alt":"<script>x</script>","url":"c"}]',
            "alt 2 of screenshots, line 1, column 1: ",
        ),
        (
            labels.ADDITIONAL_URLS,
            '[{"title":"<script>x</script>","url":"c"}]',
            "title 1 of additional-urls, line 1, column 1: ",
        ),
    ],
)
def test_code_in_plain_texts(key: str, value: str, where: str) -> None:
    assert found("markup-dangerous", key, value) == [f"{where}tag <script>"]
    assert found("text-markup", key, value) == []


@pytest.mark.parametrize("value", ["<p>" + "word " * 7000 + "</p><script>", "<x>" * 60 + "<script>"])
def test_code_is_found_behind_whatever_there_is(value: str) -> None:
    assert len(found("markup-dangerous", labels.CHANGELOG, value)) == 1


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        (labels.TITLE, "<b>Demo</b>", "title has the tags b"),
        (
            labels.ADDITIONAL_URLS,
            '[{"title":"<i>x</i><br>","url":"c"}]',
            "title 1 of additional-urls has the tags br, i",
        ),
        (labels.SCREENSHOTS, '[{"alt":"<p>","url":"c"}]', "alt 1 of screenshots has the tags p"),
    ],
)
def test_tags_in_plain_texts(key: str, value: str, what: str) -> None:
    assert found("text-markup", key, value) == [what]


def test_description() -> None:
    assert found("text-markup", labels.DESCRIPTION, "Runs a <name> 2 < 3") == []
    assert found("text-markup", labels.DESCRIPTION, "<p>x</p>") == ["description has the tags p"]


def differs(label: str, version: str = "", changes: bytes | None = CHANGES) -> list[str]:
    return [
        problem.what for problem in BY_CODE["changelog-differs"].ask(told({labels.CHANGELOG: label}, changes, version))
    ]


@pytest.mark.parametrize(
    ("label", "version"),
    [
        ("<ul><li>Added a thing</li></ul>", ""),
        ("added a thing.", "1.1.0"),
        ("<p>First release</p>", "1.0.0"),
        ('See <a href="https://example.com">the change log</a>', ""),
        ("", ""),
        ("<h2>1.1.0</h2><ul><li>Added a thing</li></ul>", ""),
        ("v1.0.0 - 2024-01-01: First release", "1.0.0"),
    ],
)
def test_a_changelog_that_says_the_same(label: str, version: str) -> None:
    assert differs(label, version) == []


@pytest.mark.parametrize(
    ("label", "version", "what"),
    [
        ("First release", "", "the label is CHANGELOG.md's entry for 1.0.0, not that for 1.1.0"),
        ("Something else", "", "CHANGELOG.md says for 1.1.0: - Added a thing"),
        ("Something else", "1.0.0", "CHANGELOG.md says for 1.0.0: - First release"),
        ("Something else", "2.0.0", "CHANGELOG.md has no entry for 2.0.0"),
        ("First release", "2.0.0", "CHANGELOG.md has no entry for 2.0.0"),
    ],
)
def test_a_changelog_that_differs(label: str, version: str, what: str) -> None:
    assert differs(label, version) == [what]


UNRELEASED = b"# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A new thing\n\n## 1.0.0\n\n- First release\n"


def test_an_entry_that_is_still_called_unreleased_is_missing_in_the_changelog() -> None:
    """As the template's own README has people write it until they release."""
    source = told({labels.CHANGELOG: "<ul><li>A new thing</li></ul>"}, UNRELEASED, "1.1.0")
    [problem] = BY_CODE["changelog-differs"].ask(source)
    assert problem.what == "CHANGELOG.md has no entry for 1.1.0; what the label says stands under Unreleased"
    assert (problem.place.file, problem.place.line) == ("CHANGELOG.md", 3)


def test_a_label_that_says_neither_is_missing_in_the_changelog_first() -> None:
    [problem] = BY_CODE["changelog-differs"].ask(told({labels.CHANGELOG: "Else"}, UNRELEASED, "1.1.0"))
    assert (problem.what, problem.place.file) == ("CHANGELOG.md has no entry for 1.1.0", "CHANGELOG.md")


def test_a_label_that_is_out_of_date_is_the_label_s_fault() -> None:
    changed = UNRELEASED.replace(b"[Unreleased]", b"[1.1.0] - 2026-01-31")
    [problem] = BY_CODE["changelog-differs"].ask(told({labels.CHANGELOG: "First release"}, changed, "1.1.0"))
    assert problem.what == "the label is CHANGELOG.md's entry for 1.0.0, not that for 1.1.0"
    assert problem.place.file == ""
    assert differs("A new thing", "1.1.0", changed) == []


def test_the_fix_names_the_changelog_first() -> None:
    assert BY_CODE["changelog-differs"].fix.startswith("give CHANGELOG.md an entry for the version")


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        (b"## 1.0.0\nFirst release\n## 1.1.0\nAdded a thing\n", "Added a thing"),
        (b"## 1.0.0\nSee <https://example.com/x>, it is all new\n", "See https://example.com/x, it is all new"),
    ],
)
def test_changelogs_of_other_habits(changes: bytes, label: str) -> None:
    assert differs(label, changes=changes) == []


@pytest.mark.parametrize("changes", [b"", b"# Notes\nnothing", b"\xff\xfe"])
def test_a_changelog_without_entries_says_nothing(changes: bytes) -> None:
    assert differs("Something", "1.0.0", changes) == []


def test_without_a_changelog_nobody_can_say() -> None:
    with pytest.raises(NotOfferedError):
        differs("x", changes=None)


@given(
    st.dictionaries(
        st.sampled_from([labels.TITLE, labels.VENDOR, labels.DESCRIPTION, *labels.HTML_KEYS]),
        st.text() | st.text(alphabet="<>/ab='\" docker,inc"),
    ),
    st.binary() | st.text(alphabet="# 1.\n-a").map(str.encode),
)
def test_anything_is_judged(values: dict[str, str], changes: bytes) -> None:
    for rule in RULES:
        for problem in rule.ask(told(values, changes)):
            assert problem.what.isprintable()


def test_account_info() -> None:
    assert judged("account-info-invalid", ACCOUNT_INFO="true") == ["'true' is not 'required'"]
