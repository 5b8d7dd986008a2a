"""docs/corpus.md: how many real extensions each rule finds something in.

Written again by ``python -m tests.corpus.counts`` with DEXT_CORPUS set.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from dext_tasks.checks.catalogue import RULES
from dext_tasks.checks.report import check
from dext_tasks.config import Settings
from dext_tasks.project import Project
from dext_tasks.sources.tree import TreeSource
from tests.corpus.trees import NOT_KEPT, extensions, plant

PAGE = Path(__file__).resolve().parents[2] / "docs" / "corpus.md"
_HEAD = """# What the rules find in real extensions

What the rules find in the Dockerfile labels, metadata.json and compose files of {total} public extensions (their newest
commits, 2022 to 2026). Rules that need a built image, RUN instructions, a changelog or the network were not applied.

| rule | severity | extensions with a finding |
| --- | --- | --- |
"""


def counts_page(counts: Counter[str], total: int) -> str:
    """The page for how many extensions each rule fires in, in the order of the catalogue."""
    rows = [f"| `{rule.code}` | {rule.severity} | {counts[rule.code]} |\n" for rule in RULES if counts[rule.code]]
    return _HEAD.format(total=total) + "".join(rows)


def main() -> None:
    """Write the page."""
    counts: Counter[str] = Counter()
    folders = extensions(Path(os.environ["DEXT_CORPUS"]))
    with TemporaryDirectory() as parent:
        for folder in folders:
            root = plant(folder, Path(parent) / folder.name)
            found = {finding.rule.code for finding in check([TreeSource(Project(root, Settings()))]).findings}
            counts.update(found - NOT_KEPT)
    PAGE.write_text(counts_page(counts, len(folders)), encoding="utf-8")


if __name__ == "__main__":
    main()
