"""Fixes of real extensions and of mistakes that their authors made; whatever fixer there is, is tried here."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.fixes.catalogue import FIXERS
from dext_tasks.checks.fixes.edit import Choice, Edit, Fix
from dext_tasks.checks.fixes.label_pairs import DockerfileText
from dext_tasks.checks.fixing import DraftTree, fix_all
from dext_tasks.config import Settings
from dext_tasks.project import Project
from dext_tasks.sources.source import NotOfferedError
from tests.corpus.fixes import PAGE, REQUEST, fixes_page, mistaken, mistakes
from tests.corpus.trees import extensions, plant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.checks.fixing import Change, Fixing
    from dext_tasks.checks.report import Report
    from dext_tasks.checks.rule import Finding

pytestmark = pytest.mark.skipif("DEXT_CORPUS" not in os.environ, reason="DEXT_CORPUS is not set")
CORPUS = Path(os.environ.get("DEXT_CORPUS", "/nonexistent"))
SAMPLES = [*extensions(CORPUS), *mistakes(CORPUS)] if CORPUS.is_dir() else []
EVERY = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
# What these find is all of a file.
OF_WHOLE_FILES = {"binary-script-carriage-return"}
# What joins a line to the next in a Dockerfile and in JSON.
JOINTS = b" \t\r\n,\\"
LINES = re.compile(r"\blines? (\d+)")


KEY = re.compile(r'\s*"([\w-]+)"\s*:')


def project_of(sample: Path, root: Path) -> Project:
    if sample.is_dir():
        return Project(plant(sample, root), Settings())
    return Project(mistaken(json.loads(sample.read_text(encoding="utf-8")), root), Settings())


def kinds(report: Report) -> Counter[tuple[str, str, str, str]]:
    """How much there is of each rule in each place, lines left aside."""
    places = ((each.rule.code, each.place) for each in report.findings)
    return Counter((code, place.file, place.label, str(place.platform)) for code, place in places)


def written(project: Project, fixing: Fixing) -> Report:
    """What is found in the tree after its files were written."""
    for change in fixing.changes:
        assert (project.root / change.file).read_bytes() == change.before
        (project.root / change.file).write_bytes(change.after)
    return REQUEST.check(DraftTree(project))


@EVERY
def test_what_is_fixed_is_gone_and_nothing_else_comes(sample: Path, tmp_path: Path) -> None:
    project = project_of(sample, tmp_path)
    before = kinds(REQUEST.check(DraftTree(project)))
    fixing = fix_all(project, REQUEST)
    after = kinds(written(project, fixing))
    fixed = {each.finding.rule.code for each in fixing.applied}
    revealed = [pattern for code in fixed for pattern in FIXERS[code].reveals]
    for kind in after - before:
        assert any(fnmatchcase(kind[0], pattern) for pattern in revealed), kind
    seen = Counter(code for code, *_ in before.elements())
    for code in fixed & seen.keys():
        assert sum(number for kind, number in after.items() if kind[0] == code) < seen[code], code


@EVERY
def test_a_second_run_changes_nothing(sample: Path, tmp_path: Path) -> None:
    project = project_of(sample, tmp_path)
    written(project, fix_all(project, REQUEST))
    assert fix_all(project, REQUEST).changes == ()


@EVERY
def test_each_answer_that_is_offered_is_right(sample: Path, tmp_path: Path) -> None:
    project = project_of(sample, tmp_path)
    for finding, choice in fix_all(project, REQUEST).undecided:
        for number in range(len(choice.options)):

            def decide(asked: Finding, offered: Choice, number: int = number) -> Fix | None:
                is_it = (asked.rule, offered.question) == (finding.rule, choice.question)  # noqa: B023 - called at once
                return offered.options[number][1] if is_it else None

            chosen = fix_all(project, REQUEST, decide)
            assert choice.options[number][1].what in [fix.what for fix in chosen.fixes]


def proposed(tree: DraftTree, findings: tuple[Finding, ...]) -> Iterator[tuple[Finding, Fix]]:
    """Every fix of what is found, and every answer that is offered."""
    for finding in findings:
        fixer = FIXERS.get(finding.rule.code)
        if fixer is None:
            continue
        try:
            proposal = fixer.propose(finding, tree)
        except NotOfferedError:
            continue
        if isinstance(proposal, Choice):
            yield from ((finding, fix) for _, fix in proposal.options)
        elif proposal:
            yield finding, proposal


@EVERY
def test_only_lines_that_a_finding_names_are_changed(sample: Path, tmp_path: Path) -> None:
    tree = DraftTree(project_of(sample, tmp_path))
    findings = REQUEST.check(tree).findings
    for finding, fix in proposed(tree, findings):
        # Those of one fault name its lines together.
        same = [each for each in findings if each.rule.code == finding.rule.code or each.fault == finding.fault]
        for change in tree.after([fix]).changes:
            named = {line for each in same for line in named_lines(each, change, tree)}
            if finding.rule.code not in OF_WHOLE_FILES:
                # The same change can be told in two ways, where lines are alike.
                changed = changed_lines(fix, change) - named and differing_lines(change) - named
                assert not changed, fix.what


def named_lines(finding: Finding, change: Change, tree: DraftTree) -> set[int]:
    """The lines of a file that a finding names, with all of what begins in them."""
    if finding.place.file != change.file:
        return set()
    first = {finding.place.line, *map(int, LINES.findall(finding.what))}
    lines = change.before.decode().split("\n")
    # Keys that it names in words.
    first |= {number for number, line in enumerate(lines, start=1) if names_key(finding, line)}
    found = {line for each in first if 0 < each <= len(lines) for line in block(lines, each)}
    with_labels = finding.place.file == "Dockerfile" and REQUEST.check(tree).is_unbuildable is False
    return found | (label_lines(tree, first) if with_labels else set())


def label_lines(tree: DraftTree, first: set[int]) -> set[int]:
    """The lines of the labels that begin in some."""
    found: set[int] = set()
    for each in DockerfileText.of(tree).labels:
        if each.label.line in first:
            found.update(range(each.label.line, each.instruction.line_at(max(each.end - 1, 0)) + 1))
    return found


def block(lines: list[str], first: int) -> range:
    """The line where something begins, and those that its brackets or a deeper indentation make part of it."""
    depth, last = 0, first
    for number in range(first, len(lines) + 1):
        line = lines[number - 1]
        is_deeper = number > first and indentation(line) > indentation(lines[first - 1])
        if number > first and depth <= 0 and not is_deeper:
            break
        depth += sum(map(line.count, "[{")) - sum(map(line.count, "]}"))
        last = number
    return range(first, last + 1)


def names_key(finding: Finding, line: str) -> bool:
    key = KEY.match(line)
    return key is not None and key[1] in re.split(r"[^\w-]+", finding.what)


def indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def changed_lines(fix: Fix, change: Change) -> set[int]:
    """The lines of which something is removed, other than what joins them to the next."""
    found: set[int] = set()
    for edit in fix.edits:
        if isinstance(edit, Edit) and edit.file == change.file and edit.end > edit.start:
            line = change.before.count(b"\n", 0, edit.start) + 1
            for number, part in enumerate(change.before[edit.start : edit.end].split(b"\n"), start=line):
                found |= {number} if part.strip(JOINTS) else set()
    return found


def differing_lines(change: Change) -> set[int]:
    """The lines that are removed or differ in more than what joins them to the next."""
    before, after = (content.split(b"\n") for content in (change.before, change.after))
    found: set[int] = set()
    opcodes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for kind, start, end, new_start, new_end in opcodes:
        if kind != "equal":
            kept = {line.rstrip(JOINTS) for line in after[new_start:new_end]}
            found.update(number + 1 for number in range(start, end) if before[number].rstrip(JOINTS) not in kept)
    return found


def test_the_page_is_current(tmp_path: Path) -> None:
    assert PAGE.read_text(encoding="utf-8") == fixes_page(CORPUS, tmp_path)
