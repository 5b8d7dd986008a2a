"""The whole catalogue on real extensions and on mistakes that their authors made and mended."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dext_tasks.checks.report import Report, check
from dext_tasks.config import Settings
from dext_tasks.project import Project
from dext_tasks.sources.tree import TreeSource
from tests.corpus.counts import PAGE, counts_page
from tests.corpus.trees import dockerfile_text, extensions, plant

pytestmark = pytest.mark.skipif("DEXT_CORPUS" not in os.environ, reason="DEXT_CORPUS is not set")
CORPUS = Path(os.environ.get("DEXT_CORPUS", "/nonexistent"))
EXTENSIONS = extensions(CORPUS) if CORPUS.is_dir() else []
MISTAKES = sorted((CORPUS / "broken").glob("*.json")) if CORPUS.is_dir() else []
# What each recorded kind of mistake is reported as; any of them will do.
RULES = {
    "unusual_keys": {"metadata-schema", "metadata-obsolete"},
    "json_error": {"metadata-syntax"},
    "label_json": {"screenshots-invalid", "additional-urls-invalid"},
    "errors": {"dockerfile-invalid"},
    "lost": {"label-missing"},
}


def report_of(root: Path) -> Report:
    return check([TreeSource(Project(root, Settings()))])


def tree(mistake: dict[str, Any], version: str, root: Path) -> Path:
    """A tree with one version of what was mistaken, and the least of everything else."""
    content = mistake[version]
    is_dockerfile = mistake["kind"] == "dockerfile"
    (root / "Dockerfile").write_text(dockerfile_text(content) if is_dockerfile else "FROM scratch\n", encoding="utf-8")
    text = content if isinstance(content, str) else json.dumps(content)
    (root / "metadata.json").write_text("{}" if is_dockerfile else text, encoding="utf-8")
    return root


def found(root: Path) -> set[str]:
    return {finding.rule.code for finding in report_of(root).findings}


def test_there_is_a_corpus() -> None:
    assert len(EXTENSIONS) + len(MISTAKES) == 189


@pytest.mark.parametrize("extension", EXTENSIONS, ids=lambda extension: extension.name)
def test_a_real_extension_is_checked(extension: Path, tmp_path: Path) -> None:
    assert report_of(plant(extension, tmp_path)).answered


@pytest.mark.parametrize("file", MISTAKES, ids=lambda file: file.stem)
def test_a_mistake_is_reported_and_gone_when_mended(file: Path, tmp_path: Path) -> None:
    mistake = json.loads(file.read_text(encoding="utf-8"))
    wanted = set().union(*(RULES.get(kind, set()) for kind in mistake["problem"]))
    assert wanted & found(tree(mistake, "broken", tmp_path))
    if "fixed" in mistake:
        assert not wanted & found(tree(mistake, "fixed", tmp_path))


def test_the_counts_are_current(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    for extension in EXTENSIONS:
        counts.update(found(plant(extension, tmp_path / extension.name)))
    assert PAGE.read_text(encoding="utf-8") == counts_page(counts, len(EXTENSIONS))
