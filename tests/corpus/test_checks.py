"""The whole catalogue on real extensions and on mistakes that their authors made and fixed."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.report import Report, check
from dext_tasks.config import Settings
from dext_tasks.extension.labels import ADDITIONAL_URLS, SCREENSHOTS
from dext_tasks.project import Project
from dext_tasks.sources.tree import TreeSource
from tests.corpus.counts import PAGE, counts_page
from tests.corpus.trees import NOT_KEPT, dockerfile_text, extensions, plant

pytestmark = pytest.mark.skipif("DEXT_CORPUS" not in os.environ, reason="DEXT_CORPUS is not set")
CORPUS = Path(os.environ.get("DEXT_CORPUS", "/nonexistent"))
EXTENSIONS = extensions(CORPUS) if CORPUS.is_dir() else []
MISTAKES = sorted((CORPUS / "broken").glob("*.json")) if CORPUS.is_dir() else []
_LABELS = {SCREENSHOTS: "screenshots-invalid", ADDITIONAL_URLS: "additional-urls-invalid"}
_POSITION = re.compile(r"line (\d+) column (\d+)")


def position(message: str) -> str:
    """Where a recorded message of Python's JSON reader says that the mistake is, in the words of the rules."""
    found = _POSITION.search(message)
    return "line {}, column {}: ".format(*found.groups()) if found else ""


def expected(problem: dict[str, Any]) -> list[tuple[str, str]]:
    """Rule and part of the finding for everything that is recorded of a mistake."""
    keys = [f"Additional property {key} is not allowed" for key in problem.get("unusual_keys", ())]
    labels = [(_LABELS[key], position(message)) for key, message in problem.get("label_json", {}).items()]
    # Instructions that the corpus leaves out are what these name: only that there is a word without = is kept.
    refused = [("dockerfile-invalid", "can't find = in") for _ in problem.get("errors", ())]
    json_errors = [("metadata-syntax", position(problem["json_error"]))] if "json_error" in problem else []
    lost = [("label-missing", "")] if "lost" in problem else []
    return [*(("metadata-schema", key) for key in keys), *labels, *refused, *json_errors, *lost]


def report_of(root: Path) -> Report:
    return check([TreeSource(Project(root, Settings()))])


def tree(mistake: dict[str, Any], version: str, root: Path) -> Path:
    """A tree with one version of what was mistaken, and the least of everything else."""
    content = mistake[version]
    is_dockerfile = mistake["kind"] == "dockerfile"
    text = dockerfile_text(content) if is_dockerfile else "FROM scratch\nCOPY metadata.json /\n"
    (root / "Dockerfile").write_text(text, encoding="utf-8")
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


@pytest.mark.parametrize("extension", EXTENSIONS, ids=lambda extension: extension.name)
def test_a_finding_in_a_file_has_a_line(extension: Path, tmp_path: Path) -> None:
    rules = [*RULES, *dict.fromkeys(rule for rules in PORTABILITY.values() for rule in rules)]
    found = check([TreeSource(Project(plant(extension, tmp_path), Settings()))], rules).findings
    assert [(each.rule.code, each.what) for each in found if each.place.file and not each.place.line] == []


@pytest.mark.parametrize("file", MISTAKES, ids=lambda file: file.stem)
def test_each_part_of_a_mistake_is_reported_and_gone_when_mended(file: Path, tmp_path: Path) -> None:
    mistake = json.loads(file.read_text(encoding="utf-8"))
    wanted = expected(mistake["problem"])
    said = [(each.rule.code, each.what) for each in report_of(tree(mistake, "broken", tmp_path)).findings]
    assert wanted
    assert [each for each in wanted if not any(code == each[0] and each[1] in what for code, what in said)] == []
    if "fixed" in mistake:
        assert {code for code, _ in wanted}.isdisjoint(found(tree(mistake, "fixed", tmp_path)))


def test_nothing_that_is_recorded_is_left_out() -> None:
    kinds = {kind for file in MISTAKES for kind in json.loads(file.read_text(encoding="utf-8"))["problem"]}
    # What would fix it is not a mistake of its own.
    assert kinds - {"fixes"} == {"unusual_keys", "label_json", "errors", "json_error", "lost"}


def test_positions_in_labels_are_recorded() -> None:
    problems = [json.loads(file.read_text(encoding="utf-8"))["problem"] for file in MISTAKES]
    messages = [message for problem in problems for message in problem.get("label_json", {}).values()]
    # One is JSON, and no array.
    assert sum(bool(position(message)) for message in messages) == len(messages) - 1


def test_the_counts_are_current(tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    for extension in EXTENSIONS:
        counts.update(found(plant(extension, tmp_path / extension.name)) - NOT_KEPT)
    assert PAGE.read_text(encoding="utf-8") == counts_page(counts, len(EXTENSIONS))
