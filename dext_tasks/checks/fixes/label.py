"""Fixes of labels in the Dockerfile: those that are missing, misplaced, misspelt, repeated, or have a slip in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.fixes.edit import Choice, Edit, Fix, Proposal, fixer
from dext_tasks.checks.fixes.known_values import known_values
from dext_tasks.checks.fixes.label_pairs import DockerfileText, WrittenLabel, double_quoted, single_quoted
from dext_tasks.extension.labels import certain_key, is_shown
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable

    from dext_tasks.checks.fixes.edit import EditedTree
    from dext_tasks.checks.rule import Finding

_SHOWN = 60


@fixer("label-missing")
def _missing(finding: Finding, tree: EditedTree) -> Proposal:
    key, text = finding.place.label, DockerfileText.of(tree)
    for meant in text.document.effective(text.target or None):
        if certain_key(meant) == key:
            return _renamed(finding, text, text.effective(meant))
    if any(each.label.key == key for each in text.labels):
        # It is in another stage, from where another rule's fix moves it.
        return None
    return _known(finding, tree, lambda value: text.added(text.stage, f"{key}={_as_others(text, value)}"))


@fixer("label-empty")
def _empty(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    written = text.effective(finding.place.label)
    if not written.is_plain or written.is_old:
        return None
    return _known(finding, tree, lambda value: text.with_value(written, value))


def _known(finding: Finding, tree: EditedTree, edit: Callable[[str], Edit]) -> Proposal:
    key = finding.place.label
    fixes = [
        (
            f"{excerpt(each.value, _SHOWN)}, as {each.origin} says",
            Fix(
                finding.rule.code,
                f"set {key} to {excerpt(each.value, _SHOWN)!r}, as {each.origin} says",
                (edit(each.value),),
            ),
        )
        for each in known_values(tree, key)
    ]
    if len(fixes) > 1:
        return Choice(finding.rule.code, f"What should label {key} say?", tuple(fixes))
    return fixes[0][1] if fixes else None


def _as_others(text: DockerfileText, value: str) -> str:
    """A value between quotes such as the other labels of the stage have."""
    others = text.labels_of(text.stage)
    is_single = bool(others) and others[-1].value.startswith("'")
    escape = text.document.directives.get("escape", "\\")
    return single_quoted(value) if is_single and "'" not in value else double_quoted(value, escape)


def _named(finding: Finding, text: DockerfileText) -> WrittenLabel:
    """The label that a finding is about.

    Raises:
        NotOfferedError: It is not written where it can be changed.
    """
    place = finding.place
    for each in text.labels:
        if (each.label.key, each.label.line) == (place.label, place.line):
            return each
    raise NotOfferedError(f"label {place.label} is not written as one")


@fixer("label-unknown")
def _unknown(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    written = _named(finding, text)
    meant = text.document.effective(text.target or None).get(certain_key(written.label.key))
    if meant is None:
        return _renamed(finding, text, written)
    if not written.is_plain or meant.unresolved or meant.value != written.label.value:
        return None
    what = f"remove {excerpt(written.label.key, _SHOWN)}: {meant.key} says the same, and is what is shown"
    return Fix(finding.rule.code, what, (text.without_label(written),))


def _renamed(finding: Finding, text: DockerfileText, written: WrittenLabel) -> Proposal:
    key = certain_key(written.label.key)
    if not key or key in text.document.effective(text.target or None) or "$" in written.pair.key:
        return None
    what = f"rename {excerpt(written.label.key, _SHOWN)} to {key}, which can only be meant"
    return Fix(finding.rule.code, what, (text.with_key(written, key),))


# What a label says is judged where it counts.
_ON_LABELS = (
    *("label-*", "category-*", "account-*", "title-*", "vendor-*", "markup-*", "text-*", "changelog-*", "api-*"),
    *("icon-label-*", "screenshot*", "link-*", "additional-*", "publisher-*", "image-address-*"),
)


@fixer("label-in-other-stage", reveals=_ON_LABELS)
def _in_other_stage(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    return _moved(finding, text, _named(finding, text))


def _moved(finding: Finding, text: DockerfileText, written: WrittenLabel) -> Proposal:
    """The label goes to the stage that becomes the image, with its whole instruction if all of that is lost."""
    target = text.stage
    present = text.document.effective(text.target or None)
    siblings = [each for each in text.labels if each.instruction is written.instruction]
    if not written.is_plain or written.label.key in present:
        return None
    same = [each for each in text.labels if each.label.key == written.label.key]
    if len({each.label.value for each in same}) > 1:
        # Which of the two is meant?
        return None
    to = f"line {target.line}, where the stage begins that becomes the image"
    if all(each.is_plain and is_shown(each.label.key) and each.label.key not in present for each in siblings):
        what = f"move the LABEL of line {written.instruction.line} behind {to}"
        return Fix(finding.rule.code, what, text.moved(written.instruction, target))
    added = text.added(target, text.raw(written))
    what = f"move {written.label.key} behind {to}"
    return Fix(finding.rule.code, what, (text.without_label(written), added))


@fixer("label-duplicate")
def _duplicate(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    first = _named(finding, text)
    stage = text.document.stages[first.label.stage]
    twins = [each for each in text.labels_of(stage) if each.label.key == first.label.key]
    if not all(each.is_plain for each in twins):
        return None
    if len({each.label.value for each in twins}) > 1:
        return _one_of(finding, text, twins)
    key = excerpt(first.label.key, _SHOWN)
    found: list[Fix] = []
    for each in twins:
        try:
            edit = text.without_label(each)
        except NotOfferedError:
            continue
        what = f"remove {key} in line {each.label.line}: line {_other(each, twins)} says the same"
        fix = Fix(finding.rule.code, what, (edit,))
        if _is_of_whole_lines(edit, text):
            # No other line changes.
            return fix
        found.append(fix)
    return found[0] if found else None


def _is_of_whole_lines(edit: Edit, text: DockerfileText) -> bool:
    return all(at in {0, len(text.content)} or text.content[at - 1 : at] == b"\n" for at in (edit.start, edit.end))


def _one_of(finding: Finding, text: DockerfileText, twins: list[WrittenLabel]) -> Proposal:
    if len(twins) != len(("first", "last")):
        return None
    key, (first, last) = excerpt(finding.place.label, _SHOWN), twins
    options = [
        (
            f"{excerpt(kept.label.value, _SHOWN)}, in line {kept.label.line}{remark}",
            Fix(
                finding.rule.code,
                f"remove {key} in line {gone.label.line}, and keep that in line {kept.label.line}",
                (text.without_label(gone),),
            ),
        )
        for kept, gone, remark in ((last, first, ", which the image has now"), (first, last, ""))
    ]
    return Choice(finding.rule.code, f"Which {key} is right?", tuple(options))


def _other(one: WrittenLabel, all_of_them: list[WrittenLabel]) -> int:
    return next(each.label.line for each in all_of_them if each is not one)


@fixer("label-edge-space")
def _edge_space(finding: Finding, tree: EditedTree) -> Proposal:
    text = DockerfileText.of(tree)
    written = text.effective(finding.place.label)
    value = written.value
    quote = value[:1] if value[:1] in {'"', "'"} else ""
    if not quote or value[-1:] != quote or written.is_old:
        return None
    inner = value[1:-1]
    begin = written.value_offset + 1
    lead, trail = len(inner) - len(inner.lstrip()), len(inner.rstrip())
    edits = (
        *text.without(written.instruction, begin, begin + lead),
        *text.without(written.instruction, begin + trail, begin + len(inner)),
    )
    what = f"remove the white space at the ends of {written.label.key}"
    return Fix(finding.rule.code, what, edits) if edits else None
