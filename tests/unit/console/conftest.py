"""Reports with every kind of finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dext_tasks.checks.report import check
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.checks.run import Checked
from dext_tasks.checks.selection import Selection
from dext_tasks.checks.summary import Summary
from dext_tasks.extension.platform import REQUIRED
from dext_tasks.sources.absent import AbsentSource
from dext_tasks.sources.subject import Place, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable


def _label(_: Subject) -> Iterable[Problem]:
    return [Problem("label x.y is [empty]", Place(file="Dockerfile", line=3, label="x.y"))]


def _paths(_: Subject) -> Iterable[Problem]:
    return [Problem("/icon.svg is not in the image", Place(path="/icon.svg", platform=each)) for each in REQUIRED]


def _accepted(_: Subject) -> Iterable[Problem]:
    return [Problem("100% odd,\nand :known", Place(file="a,b:c.md"))]


def _unsaid(subject: Subject) -> Iterable[Problem]:
    return [Problem("", Place()) for _ in subject.files]


RULES = (
    Rule(
        "label-odd", "t1", Severity.ERROR, 'image label "KEY" is odd', "why 1", "fix 1", "https://one.example/", _label
    ),
    Rule("path-odd", "t2", Severity.WARNING, "", "why 2", "fix 2", "https://two.example/", _paths),
    Rule("note-odd", "t3", Severity.NOTE, "", "why 3", "fix 3", "https://three.example/", _accepted),
    Rule("file-odd", "t4", Severity.ERROR, "", "why 4", "fix 4", "https://four.example/", _unsaid),
)


@pytest.fixture
def checked() -> Checked:
    """An error, a warning on two platforms, a note, and a rule that cannot be asked."""
    return Checked(check([AbsentSource("source tree", "a tree shows no files")], RULES), Summary(("runs privileged",)))


@pytest.fixture
def accepting() -> Checked:
    """The same, where the error is accepted."""
    selection = Selection(ignore={"label-*": "known, and harmless"})
    return Checked(check([AbsentSource("source tree", "a tree shows no files")], RULES, selection), Summary())


@pytest.fixture
def clean() -> Checked:
    """Nothing found."""
    return Checked(check([AbsentSource("source tree", "silent")], ()), Summary())
