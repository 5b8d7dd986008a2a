"""What fixers propose for a tree with one fault, and what the tree is then."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.fixes.catalogue import FIXERS
from dext_tasks.checks.fixes.edit import Choice, Edit, Fix, Mode, edited
from dext_tasks.checks.report import check
from dext_tasks.sources.source import NotOfferedError
from dext_tasks.sources.tree import TreeSource

if TYPE_CHECKING:
    from dext_tasks.checks.fixes.edit import Proposal
    from dext_tasks.checks.rule import Finding
    from dext_tasks.project import Project

_BY_CODE = {rule.code: rule for rule in RULES}


class PlantedTree(NamedTuple):
    """A tree as fixers see it, on disk as it is."""

    project: Project

    @property
    def source(self) -> TreeSource:
        """See EditedTree."""
        return TreeSource(self.project)

    def read(self, file: str) -> bytes:
        """See EditedTree."""
        path = self.project.root / file
        if not path.is_file():
            raise NotOfferedError(file)
        return path.read_bytes()


def findings(project: Project, code: str) -> tuple[Finding, ...]:
    """What one rule finds in a tree."""
    return check([TreeSource(project)], (_BY_CODE[code],)).findings


def is_answered(project: Project, code: str) -> bool:
    """Whether a rule says something of a tree, if only that nothing is wrong."""
    return not check([TreeSource(project)], (_BY_CODE[code],)).not_run


def proposals(project: Project, code: str) -> list[Proposal]:
    """What is proposed for each finding of one rule."""
    return [propose(project, finding) for finding in findings(project, code)]


def propose(project: Project, finding: Finding) -> Proposal:
    """What is proposed for one finding."""
    try:
        return FIXERS[finding.rule.code].propose(finding, PlantedTree(project))
    except NotOfferedError:
        return None


def apply(project: Project, fix: Fix) -> None:
    """Write what a fix makes of the tree."""
    for file in fix.files:
        path = project.root / file
        edits = [edit for edit in fix.edits if isinstance(edit, Edit) and edit.file == file]
        path.write_bytes(edited(path.read_bytes(), edits))
        if Mode(file) in fix.edits:
            path.chmod(path.stat().st_mode | 0o111)


def fixed(project: Project, code: str) -> bool:
    """Whether a rule finds nothing any more, after each sure fix of it one after the other."""
    for _ in range(len(findings(project, code)) + 1):
        sure = [each for each in proposals(project, code) if isinstance(each, Fix)]
        if not sure:
            break
        apply(project, sure[0])
    return not findings(project, code)


def options(proposal: Proposal) -> dict[str, Fix]:
    """The answers to choose from."""
    assert isinstance(proposal, Choice)
    return dict(proposal.options)
