"""Fixing what rules find in a source tree, in rounds, without writing anything.

A fix counts only if its finding is gone and no other came; otherwise it is dropped, and the finding is left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.checks.fixes.catalogue import FIXERS
from dext_tasks.checks.fixes.edit import Choice, Edit, Fix, Mode, edited
from dext_tasks.checks.report import Report, check
from dext_tasks.checks.selection import Selection
from dext_tasks.errors import DextError
from dext_tasks.limits import LARGEST_TEXT
from dext_tasks.project_files import read_inside
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dext_tasks.checks.fixes.edit import Proposal
    from dext_tasks.checks.rule import Finding, Rule
    from dext_tasks.project import Project
    from dext_tasks.sources.facts import Place

    Decide = Callable[[Finding, Choice], Fix | None]


class Applied(NamedTuple):
    """A finding and what put it right."""

    finding: Finding
    fix: Fix


class Undecided(NamedTuple):
    """A finding that has several right answers, none of which was chosen."""

    finding: Finding
    choice: Choice


class Change(NamedTuple):
    """What becomes of a file.

    Attributes:
        file: Its path from the project's root, links followed.
        before: What it holds.
        after: What it is to hold.
        runs: Whether it is made executable.
    """

    file: str
    before: bytes
    after: bytes
    runs: bool = False


@dataclass(frozen=True)
class Fixing:
    """What fixes make of a project.

    Attributes:
        changes: Of each file that changes.
        applied: In the order in which they were made; a fix that put several findings right is there for each.
        undecided: What a person has to choose.
        report: What rules find in the result.
    """

    changes: tuple[Change, ...]
    applied: tuple[Applied, ...]
    undecided: tuple[Undecided, ...]
    report: Report

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """Those that were made, each once."""
        return tuple(dict.fromkeys(each.fix for each in self.applied))


@dataclass(frozen=True)
class FixRequest:
    """What is to be fixed, and by what it is judged.

    Attributes:
        rules: Those that are asked.
        selection: What the settings say of them; what is accepted is not fixed.
        codes: The rules whose findings are fixed; all if empty.
    """

    rules: tuple[Rule, ...]
    selection: Selection = field(default_factory=Selection)
    codes: frozenset[str] = frozenset()

    def wants(self, finding: Finding) -> bool:
        """Whether a finding is to be fixed."""
        return not self.codes or finding.rule.code in self.codes

    def check(self, tree: DraftTree) -> Report:
        """What the rules find."""
        return check([tree.source], self.rules, self.selection)


@dataclass(frozen=True)
class DraftTree:
    """A project as fixes leave it, of which nothing is written.

    Attributes:
        project: The project as it is.
        contents: Contents of the changed files, by path with symbolic links resolved.
        runnable: The files that are made executable.
    """

    project: Project
    contents: Mapping[Path, bytes] = field(default_factory=dict)
    runnable: frozenset[Path] = frozenset()

    @cached_property
    def source(self) -> TreeSource:
        """See EditedTree."""
        return TreeSource(self.project, drafts=self.contents)

    def read(self, file: str) -> bytes:
        """See EditedTree."""
        path = self._path(file)
        return self.contents[path] if path in self.contents else self._as_it_is(path)

    def _path(self, file: str) -> Path:
        try:
            return (self.project.root / file).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise NotOfferedError(f"{file} cannot be found") from error

    def _as_it_is(self, path: Path) -> bytes:
        try:
            content = read_inside(self.project.root, path, LARGEST_TEXT + 1)
        except (OSError, ValueError, DextError) as error:
            raise NotOfferedError(f"{path.name} cannot be read") from error
        if len(content) > LARGEST_TEXT:
            raise NotOfferedError(f"{path.name} is larger than a text is")
        return content

    def after(self, fixes: Iterable[Fix]) -> DraftTree:
        """The tree after fixes that were all made for this one.

        Raises:
            ValueError: Two of them overlap.
            NotOfferedError: A file cannot be read.
        """
        edits: dict[Path, list[Edit]] = {}
        runnable = set(self.runnable)
        for each in (edit for fix in fixes for edit in fix.edits):
            if isinstance(each, Mode):
                runnable.add(self._path(each.file))
            else:
                edits.setdefault(self._path(each.file), []).append(each)
        changed = {path: edited(self.read(str(path)), of_file) for path, of_file in edits.items()}
        return replace(self, contents={**self.contents, **changed}, runnable=frozenset(runnable))

    @property
    def changes(self) -> tuple[Change, ...]:
        """What becomes of each file, sorted."""
        root = self.project.root.resolve()
        paths = sorted({*self.contents, *self.runnable})
        made = (
            Change(path.relative_to(root).as_posix(), before, self.contents.get(path, before), path in self.runnable)
            for path in paths
            for before in [self._as_it_is(path)]
        )
        return tuple(each for each in made if each.runs or each.before != each.after)


def fix_all(project: Project, request: FixRequest, decide: Decide = lambda *_: None) -> Fixing:
    """Fix what can be fixed.

    Args:
        project: The project; nothing in it is changed.
        request: What is to be fixed.
        decide: Chooses between several right answers; None where nobody does, or where all are refused.

    Raises:
        DockerfileMissingError: There is nothing to check.
    """
    return _Rounds(project, request, decide).run()


def fixable(project: Project, report: Report) -> tuple[Finding, ...]:
    """The findings in a project's tree that something can be done about, without trying whether that does any good."""
    return tuple(finding for finding, made in _proposals(DraftTree(project), report.findings) if made is not None)


def _proposals(tree: DraftTree, findings: Iterable[Finding]) -> Iterator[tuple[Finding, Proposal]]:
    for finding in findings:
        if fixer := FIXERS.get(finding.rule.code):
            try:
                yield finding, fixer.propose(finding, tree)
            except NotOfferedError:
                continue


class _Rounds:
    def __init__(self, project: Project, request: FixRequest, decide: Decide) -> None:
        self._tree = DraftTree(project)
        self._request = request
        self._decide = decide
        self._report = request.check(self._tree)
        self._applied: list[Applied] = []
        # What was tried, or asked, and came to nothing.
        self._failed: set[Proposal] = set()
        self._answers: dict[_Question, str] = {}

    def run(self) -> Fixing:
        """Go on for as long as there is something to fix; each time there are fewer findings."""
        while self._together() or self._one_by_one(self._certain()) or self._one_by_one(self._chosen()):
            pass
        return Fixing(self._tree.changes, tuple(self._applied), tuple(self._offers()), self._report)

    def _proposals(self) -> Iterator[tuple[Finding, Proposal]]:
        return _proposals(self._tree, filter(self._request.wants, self._report.findings))

    def _certain(self) -> list[Applied]:
        return [
            Applied(finding, fix)
            for finding, fix in self._proposals()
            if isinstance(fix, Fix) and fix not in self._failed
        ]

    def _offers(self) -> Iterator[Undecided]:
        """Each question once, with those answers that would count."""
        told: set[_Question] = set()
        for finding, choice in self._proposals():
            if not isinstance(choice, Choice) or _of_rule(finding, choice) in told:
                continue
            told.add(_of_rule(finding, choice))
            right = tuple(each for each in choice.options if self._outcome([Applied(finding, each[1])]))
            offered = Undecided(finding, replace(choice, options=right))
            if right and _of_any_rule(*offered) not in told:
                told.add(_of_any_rule(*offered))
                yield offered

    def _chosen(self) -> Iterator[Applied]:
        for finding, choice in self._offers():
            questions = _of_rule(finding, choice), _of_any_rule(finding, choice)
            answers = [self._answers[each] for each in questions if each in self._answers]
            words = answers[0] if answers else self._ask(finding, choice)
            self._answers.update(dict.fromkeys(questions, words))
            fix = dict(choice.options).get(words)
            if fix and fix not in self._failed:
                yield Applied(finding, fix)

    def _ask(self, finding: Finding, choice: Choice) -> str:
        """The words of the answer, which count wherever the same is asked; none where there is none."""
        decided = self._decide(finding, choice)
        return next((words for words, fix in choice.options if fix == decided), "")

    def _together(self) -> bool:
        """Whether all that do not touch each other can be made at once, which saves many a check."""
        found = _apart(self._certain())
        return len(found) > 1 and self._try(found)

    def _one_by_one(self, proposed: Iterable[Applied]) -> bool:
        """Whether one of them can be made."""
        return any(self._try([each]) or self._note(each.fix) for each in proposed)

    def _note(self, fix: Fix) -> bool:
        self._failed.add(fix)
        return False

    def _try(self, proposed: Sequence[Applied]) -> bool:
        outcome = self._outcome(proposed)
        if outcome is None:
            return False
        self._tree, self._report = outcome
        self._applied += proposed
        return True

    def _outcome(self, proposed: Sequence[Applied]) -> tuple[DraftTree, Report] | None:
        """The tree after fixes, and what is found in it; None where they do no good."""
        try:
            tree = self._tree.after(dict.fromkeys(each.fix for each in proposed))
            report = self._request.check(tree)
        except (ValueError, NotOfferedError, DextError):
            return None
        is_better = _is_better(self._report, report, [each.finding for each in proposed])
        return (tree, report) if is_better else None


class _FindingKind(NamedTuple):
    """What stays of a finding where other lines change."""

    code: str
    place: Place


# What is asked once: the rule, if it matters, the place, and the words.
_Question = tuple[str, "Place", str, tuple[str, ...]]


def _kind(finding: Finding) -> _FindingKind:
    return _FindingKind(finding.rule.code, finding.place._replace(line=0))


def _of_rule(finding: Finding, choice: Choice) -> _Question:
    """What a rule asks, with whatever answers."""
    return finding.rule.code, _kind(finding).place, choice.question, ()


def _of_any_rule(finding: Finding, choice: Choice) -> _Question:
    """What may be asked for another rule's finding as well, which is the same question then."""
    return "", _kind(finding).place, choice.question, tuple(words for words, _ in choice.options)


def _counts(report: Report) -> Counter[_FindingKind]:
    return Counter(map(_kind, (*report.findings, *(each.finding for each in report.accepted))))


def _is_better(before: Report, after: Report, fixed: Sequence[Finding]) -> bool:
    """Whether findings are gone, no other came, and nothing is silent that was not."""
    gone = Counter(map(_kind, fixed))
    was, now = _counts(before), _counts(after)
    if any(now[kind] > was[kind] - number for kind, number in gone.items()):
        return False
    revealed = {pattern for finding in fixed for pattern in FIXERS[finding.rule.code].reveals}
    came = {kind.code for kind, number in now.items() if number > was[kind]}
    silenced = {each.rule.code for each in after.not_run} - {each.rule.code for each in before.not_run}
    # Where a text can be read now, more is asked: what is found, and what nobody can say.
    return all(any(fnmatchcase(code, each) for each in revealed) for code in came | silenced)


def _apart(proposed: Iterable[Applied]) -> list[Applied]:
    """Those that do not touch what an earlier one touches; the same fix for several findings is one."""
    taken: dict[Fix, None] = {}
    found: list[Applied] = []
    for each in proposed:
        if each.fix in taken or not any(_touch(each.fix, other) for other in taken):
            taken[each.fix] = None
            found.append(each)
    return found


def _touch(one: Fix, other: Fix) -> bool:
    return any(
        mine.file == its.file and isinstance(mine, Edit) and isinstance(its, Edit) and _overlap(mine, its)
        for mine in one.edits
        for its in other.edits
    )


def _overlap(one: Edit, other: Edit) -> bool:
    # Of two at one place nobody knows the order.
    return one.start <= other.end and other.start <= one.end
