"""Rules on the prose in labels: names, descriptions and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import LABEL_DOCS
from dext_tasks.checks.label_lookup import values_of
from dext_tasks.checks.rule import Problem, Repair, Severity, rule
from dext_tasks.extension import label_json
from dext_tasks.extension.label_json import TEXT_KEYS
from dext_tasks.extension.labels import (
    ACCOUNT_INFO,
    CHANGELOG,
    DESCRIPTION,
    HTML_KEYS,
    OWN_NAME,
    TITLE,
    VENDOR,
    claims_docker,
)
from dext_tasks.formats import changelog, html
from dext_tasks.formats.html import Harm
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dext_tasks.formats.changelog import ChangelogEntry
    from dext_tasks.sources.facts import Place
    from dext_tasks.sources.source import Source

# What it is called, what it says and where it is.
_Text = tuple[str, str, "Place"]


@rule(
    code="account-info-invalid",
    title="the account label says required or nothing",
    severity=Severity.WARNING,
    why="the marketplace knows this one word only and would not tell users that they need an account",
    fix="write required if users must register somewhere, else remove the label",
    source=LABEL_DOCS,
)
def _account_info_invalid(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [ACCOUNT_INFO]):
        if value.strip() != "required":
            yield Problem(f"{excerpt(value, 40)!r} is not 'required'", place)


@rule(
    code="title-word",
    title="the title has neither extension nor Docker in it",
    severity=Severity.WARNING,
    why="everything there is a Docker extension; Docker's validator asks to leave the word out",
    fix="name the tool alone",
    source="https://github.com/collabnix/redisinsight-docker-extension/issues/3",
    repair=Repair.CHOICE,
)
def _title_word(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [TITLE]):
        for word in ("extension", "docker"):
            if word in value.casefold():
                yield Problem(f"title {excerpt(value)!r} has the word {word!r}", place)


@rule(
    code="vendor-docker",
    title="the vendor is not Docker",
    severity=Severity.WARNING,
    why="Docker's reviewers turn down extensions of others under its name, which many samples come with",
    fix=OWN_NAME,
    source="https://github.com/docker/extensions-submissions/issues/59",
)
def _vendor_docker(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [VENDOR]):
        if claims_docker(value):
            yield Problem(f"vendor is {excerpt(value)!r}", place)


@rule(
    code="markup-dangerous",
    title="no label has HTML that runs or loads code",
    severity=Severity.ERROR,
    why="this ran code on users' machines before Docker Desktop 4.34.2, and reads as an attack since",
    fix="remove it: labels can format text and link to https addresses",
    source="https://www.cve.org/CVERecord?id=CVE-2024-8695",
)
def _markup_dangerous(source: Source) -> Iterator[Problem]:
    # A desktop that takes a plain text for HTML runs what is in it all the same.
    return _markup((*_html(source), *_plain_texts(source)), Harm.DANGEROUS)


@rule(
    code="markup-not-allowed",
    title="HTML in labels is plain formatting, links and images",
    severity=Severity.WARNING,
    why="Docker Desktop may drop it, and relative addresses lead nowhere in the dashboard",
    fix="use headings, paragraphs, lists, tables, links and images without styles",
    source="https://www.cve.org/CVERecord?id=CVE-2024-8695",
)
def _markup_not_allowed(source: Source) -> Iterator[Problem]:
    return _markup(_html(source), Harm.NOT_ALLOWED)


@rule(
    code="markup-unbalanced",
    title="HTML in labels is well-formed",
    severity=Severity.NOTE,
    why="an element that is not ended changes how the rest of the page looks",
    fix="end each element, innermost first",
    source=LABEL_DOCS,
)
def _markup_unbalanced(source: Source) -> Iterator[Problem]:
    return _markup(_html(source), Harm.UNBALANCED)


def _markup(texts: Iterable[_Text], harm: Harm) -> Iterator[Problem]:
    for name, value, place in texts:
        for finding in html.findings(value):
            if finding.harm is harm:
                yield Problem(f"{name}, {finding}", place)


def _html(source: Source) -> Iterator[_Text]:
    for key, value, place in values_of(source, HTML_KEYS):
        yield _name(key), value, place


def _plain_texts(source: Source) -> Iterator[_Text]:
    for key, value, place in values_of(source, (TITLE, DESCRIPTION, VENDOR)):
        yield _name(key), value, place
    for key, value, place in values_of(source, TEXT_KEYS):
        for number, link in enumerate(label_json.parse(value, TEXT_KEYS[key]).links, start=1):
            yield f"{TEXT_KEYS[key]} {number} of {_name(key)}", link.text, place


def _name(key: str) -> str:
    return key.rpartition(".")[2]


@rule(
    code="text-markup",
    title="names, the short description and the texts of links are plain text",
    severity=Severity.WARNING,
    why="tags are shown as text, such as in the list of extensions",
    fix="remove the tags; com.docker.extension.detailed-description is where HTML belongs",
    source=LABEL_DOCS,
)
def _text_markup(source: Source) -> Iterator[Problem]:
    for name, value, place in _plain_texts(source):
        if found := html.tags(value):
            yield Problem(f"{name} has the tags {', '.join(found)}", place)


@rule(
    code="changelog-differs",
    title="the changelog label says what CHANGELOG.md says of this version",
    severity=Severity.NOTE,
    why="the marketplace tells users about another version's changes",
    fix="give CHANGELOG.md an entry for the version (Unreleased becomes it), and let the label say the same",
    source=LABEL_DOCS,
)
def _changelog_differs(source: Source) -> Iterator[Problem]:
    file = source.changelog
    entries = changelog.entries((file.content or b"").decode(errors="replace"))
    for _, value, place in values_of(source, [CHANGELOG]):
        if not entries or changelog.refers_elsewhere(value):
            continue
        entry = changelog.entry_of(source.version, entries) if source.version else changelog.current(entries)
        if entry is None:
            yield from _missing_entry(value, source.version, entries, file.place)
        elif fault := _difference(value, entry, entries):
            yield Problem(fault, place)


def _missing_entry(label: str, version: str, entries: Sequence[ChangelogEntry], file: Place) -> Iterator[Problem]:
    """What is missing is missing in the changelog, whatever the label says."""
    if version:
        unreleased = changelog.entry_of(changelog.UNRELEASED, entries)
        is_there = unreleased is not None and unreleased.is_told_by(changelog.words_of(label))
        where = f"; what the label says stands under {changelog.UNRELEASED}" if is_there else ""
        line = unreleased.line if is_there and unreleased else 0
        yield Problem(f"CHANGELOG.md has no entry for {excerpt(version, 40)}{where}", file._replace(line=line))


def _difference(label: str, entry: ChangelogEntry, entries: Sequence[ChangelogEntry]) -> str:
    """How a label differs from the changelog entry that it should match; empty if it does not."""
    words = changelog.words_of(label)
    if entry.is_told_by(words):
        return ""
    other = next((each for each in entries if each.is_told_by(words)), None)
    if other:
        return f"the label is CHANGELOG.md's entry for {other.version}, not that for {entry.version}"
    return f"CHANGELOG.md says for {entry.version}: {excerpt(entry.text)}"
