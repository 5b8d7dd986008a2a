"""docs/fixes.md: what fixes make of real extensions and of mistakes that their authors made.

Written again by ``python -m tests.corpus.fixes`` with DEXT_CORPUS set.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.fixing import DraftTree, FixRequest, fix_all
from dext_tasks.checks.rule import Repair
from dext_tasks.config import Settings
from dext_tasks.project import Project
from tests.corpus.trees import dockerfile_text, extensions, plant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.checks.fixing import Fixing
    from dext_tasks.checks.report import Report

PAGE = Path(__file__).resolve().parents[2] / "docs" / "fixes.md"
REQUEST = FixRequest(RULES)
_HEAD = """# What dext fix does to real extensions

[dext fix](fix.md), applied to the same data as [corpus.md](corpus.md): the Dockerfile labels, metadata.json and compose
files of {extensions} public extensions, and {mistakes} mistakes that the histories of such extensions hold. Files of
the UI, such as package.json, are not among the data, so values that only these say are missing here.

In every one of these trees each fixed finding is gone, no other came, a second run changes nothing, and only lines that
a finding names are changed, or lines added; `tests/corpus/test_fixing.py` holds that.

- *found*: trees in which the rule finds something.
- *fixed*: trees in which `dext fix --yes` puts something of it right.
- *clean*: trees in which the rule finds nothing any more.
- *offered*: trees in which a terminal is shown several answers, or one that only a person can agree to.
"""
_COLUMNS = "| rule | found | fixed | clean | offered |\n| --- | --- | --- | --- | --- |\n"


@dataclass(frozen=True)
class Tally:
    """In how many trees each rule did what."""

    found: Counter[str] = field(default_factory=Counter)
    fixed: Counter[str] = field(default_factory=Counter)
    clean: Counter[str] = field(default_factory=Counter)
    offered: Counter[str] = field(default_factory=Counter)

    def add(self, before: Report, fixing: Fixing) -> None:
        """Count what came of one tree."""
        found, left = ({each.rule.code for each in report.findings} for report in (before, fixing.report))
        self.found.update(found)
        self.fixed.update({each.finding.rule.code for each in fixing.applied})
        self.clean.update(found - left)
        self.offered.update({each.finding.rule.code for each in fixing.undecided})

    def table(self) -> str:
        """A row a rule that can be fixed and that found anything, in the order of the catalogue."""
        rows = [
            f"| `{rule.code}` | {self.found[rule.code]} | {self.fixed[rule.code]} | {self.clean[rule.code]} "
            f"| {self.offered[rule.code]} |\n"
            for rule in RULES
            if rule.repair is not Repair.BY_HAND and self.found[rule.code]
        ]
        return _COLUMNS + "".join(rows)


def mistakes(corpus: Path) -> list[Path]:
    """Every recorded mistake, sorted."""
    return sorted((corpus / "broken").glob("*.json"))


def mistaken(mistake: dict[str, Any], root: Path, version: str = "broken") -> Path:
    """A tree with one version of what was mistaken, and the least of everything else."""
    root.mkdir(parents=True, exist_ok=True)
    content = mistake[version]
    is_dockerfile = mistake["kind"] == "dockerfile"
    text = dockerfile_text(content) if is_dockerfile else "FROM scratch\nCOPY metadata.json /\n"
    (root / "Dockerfile").write_text(text, encoding="utf-8", newline="")
    text = content if isinstance(content, str) else json.dumps(content)
    (root / "metadata.json").write_text("{}" if is_dockerfile else text, encoding="utf-8", newline="")
    return root


def tally(roots: Iterable[Path]) -> Tally:
    """What fixes make of trees."""
    counted = Tally()
    for root in roots:
        project = Project(root, Settings())
        counted.add(REQUEST.check(DraftTree(project)), fix_all(project, REQUEST))
    return counted


def fixes_page(corpus: Path, parent: Path) -> str:
    """The page.

    Args:
        corpus: The data.
        parent: Where trees are made of it.
    """
    folders, files = extensions(corpus), mistakes(corpus)
    trees = [plant(folder, parent / folder.name) for folder in folders]
    broken = [mistaken(json.loads(file.read_text(encoding="utf-8")), parent / file.stem) for file in files]
    head = _HEAD.format(extensions=len(folders), mistakes=len(files))
    return f"{head}\n## Extensions\n\n{tally(trees).table()}\n## Mistakes\n\n{tally(broken).table()}"


def main() -> None:
    """Write the page."""
    with TemporaryDirectory() as parent:
        PAGE.write_text(fixes_page(Path(os.environ["DEXT_CORPUS"]), Path(parent)), encoding="utf-8")


if __name__ == "__main__":
    main()
