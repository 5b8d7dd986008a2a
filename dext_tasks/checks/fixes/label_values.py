"""Fixes of what single labels say: API version, categories, the publisher's address, the title."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from dext_tasks.checks.fixes.edit import Choice, EditedTree, Fix, Proposal, fixer
from dext_tasks.checks.fixes.known_values import known_values
from dext_tasks.checks.fixes.label_pairs import DockerfileText, WrittenLabel
from dext_tasks.extension import sdk
from dext_tasks.extension.labels import TITLE, without_brackets
from dext_tasks.formats.addresses import web_fault
from dext_tasks.formats.constraint import Quirk, quirks
from dext_tasks.regex import regex
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from dext_tasks.checks.rule import Finding

_SHOWN: Final = 60
_NUMBER = regex(r"\d{1,5}")
_MOST_NUMBERS: Final = 6
# Greater than any number of a version of the API.
_BEYOND: Final = 99_999
_QUOTES: Final = "\"'`<>\u201c\u201d\u2018\u2019 \t"
_WORDS = regex(r"[\s(\[-]*\b(?:docker|extension)s?\b[)\]]*", flags=2)


def _plain(finding: Finding, text: DockerfileText) -> WrittenLabel | None:
    """The label that a finding is about, where its value stands in one line and takes nothing from elsewhere."""
    written = text.effective(finding.place.label)
    instruction = written.instruction
    is_one_line = instruction.line_at(written.value_offset) == instruction.line_at(max(written.end - 1, 0))
    return written if written.is_plain and is_one_line else None


def _with_value(finding: Finding, tree: EditedTree, value: str) -> Proposal:
    text = DockerfileText.of(tree)
    written = _plain(finding, text)
    if written is None or not value or value == written.label.value:
        return None
    what = f"write {excerpt(value, _SHOWN)!r} for {finding.place.label}"
    return Fix(finding.rule.code, what, (text.with_value(written, value),))


def _value(finding: Finding, tree: EditedTree) -> str:
    return DockerfileText.of(tree).effective(finding.place.label).label.value


@fixer("api-version-exact")
def _api_version_exact(finding: Finding, tree: EditedTree) -> Proposal:
    value = _value(finding, tree)
    if any(reading.has_prerelease for reading in sdk.readings(value)):
        # The range that begins at the version proper has no pre-release in it.
        return None
    versions = [".".join(each.groups()) for each in _VERSION.finditer(value)]
    return _with_value(finding, tree, f">= {versions[0]}") if len(versions) == 1 else None


_VERSION = regex(r"(\d{1,5})\.(\d{1,5})\.(\d{1,5})")


@fixer("api-version-unusual", "api-version-not-portable")
def _api_version_rewritten(finding: Finding, tree: EditedTree) -> Proposal:
    """The same constraint in the form that every library reads alike."""
    value = _value(finding, tree)
    readings = sdk.readings(value)
    surprises = {quirk for reading in readings for quirk in quirks(reading)} - {Quirk.BUILD_IGNORED}
    if surprises or any(reading.has_prerelease for reading in readings):
        # It means what its author hardly meant.
        return None
    versions = _samples(value)
    allowed = [all(reading.allows(version) for reading in readings) for version in versions]
    if not readings or True not in allowed:
        return None
    low = allowed.index(True)
    high = next((at for at in range(low, len(allowed)) if not allowed[at]), None)
    form = f">= {versions[low]}" + (f", < {versions[high]}" if high else "")
    # One that allows what lies apart has no such form.
    said = [[reading.allows(version) for version in versions] for reading in (*readings, *sdk.readings(form))]
    return _with_value(finding, tree, form) if all(each == allowed for each in said) else None


def _samples(constraint: str) -> list[str]:
    """Versions that a constraint may tell apart: of the numbers in it and those after them."""
    numbers = [int(each) for each in _NUMBER.findall(constraint)][:_MOST_NUMBERS]
    near = sorted({0, 1, _BEYOND, *numbers, *(number + 1 for number in numbers)})
    return [".".join(map(str, version)) for version in product(near, repeat=3)]


@fixer("category-list-malformed")
def _category_list(finding: Finding, tree: EditedTree) -> Proposal:
    names = [name.strip() for name in without_brackets(_value(finding, tree)).split(",")]
    return _with_value(finding, tree, ",".join(dict.fromkeys(name for name in names if name)))


@fixer("publisher-url-invalid")
def _publisher_url(finding: Finding, tree: EditedTree) -> Proposal:
    address = _value(finding, tree).strip(_QUOTES)
    return None if web_fault(address) else _with_value(finding, tree, address)


@fixer("title-word")
def _title_word(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    written = _plain(finding, text)
    if written is None:
        return None
    value = written.label.value
    offered = dict.fromkeys([" ".join(_WORDS.sub(" ", value).split())])
    offered |= dict.fromkeys(each.value for each in known_values(tree, TITLE))
    options = [
        (each, Fix(finding.rule.code, f"title it {excerpt(each, _SHOWN)!r}", (text.with_value(written, each),)))
        for each in offered
        if each and not any(word in each.casefold() for word in ("docker", "extension"))
    ]
    return Choice(finding.rule.code, f"What is {excerpt(value, _SHOWN)!r} called?", tuple(options)) if options else None
