"""Historical mistakes in metadata.json are reported, and gone from the version that fixed them.

``DEXT_CORPUS`` names the folder: ``broken/*-metadata.json``, each with what is wrong, the broken text and, where there
is one, the fixed text.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dext_tasks.checks.catalogue import declared_in
from dext_tasks.checks.rule import Severity
from dext_tasks.checks.rules import metadata
from dext_tasks.sources.facts import Document, Place
from dext_tasks.sources.source import Source

RULES = declared_in(metadata)
CORPUS = Path(os.environ.get("DEXT_CORPUS", "/nonexistent"))
MISTAKES = sorted(CORPUS.glob("broken/*-metadata.json"))
MENDED = [path for path in MISTAKES if "fixed" in json.loads(path.read_text(encoding="utf-8"))]

pytestmark = pytest.mark.skipif("DEXT_CORPUS" not in os.environ, reason="DEXT_CORPUS is not set")


class Kept(Source):
    """One metadata.json."""

    def __init__(self, text: str) -> None:
        self.text = text

    @property
    def documents(self) -> list[Document]:
        return [Document(self.text.encode(), Place(file="metadata.json"))]


def errors(text: str) -> dict[str, list[str]]:
    found = {
        rule.code: [each.what for each in rule.ask(Kept(text))] for rule in RULES if rule.severity is Severity.ERROR
    }
    return {code: said for code, said in found.items() if said}


def mistake(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def test_the_corpus_is_there() -> None:
    assert MISTAKES
    assert MENDED


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: path.stem)
def test_reported(path: Path) -> None:
    kept = mistake(path)
    found = errors(kept["broken"])
    for key in kept["problem"].get("unusual_keys", ()):
        assert f"metadata.json: (root): Additional property {key} is not allowed" in found["metadata-schema"]
    if "json_error" in kept["problem"]:
        _, _, place = kept["problem"]["json_error"].partition(": ")
        line, column = place.split(" ")[1], place.split(" ")[3]
        assert found == {"metadata-syntax": found["metadata-syntax"]}
        assert f"line {line}, column {column}: " in found["metadata-syntax"][0]


@pytest.mark.parametrize("path", MENDED, ids=lambda path: path.stem)
def test_gone(path: Path) -> None:
    assert errors(mistake(path)["fixed"]) == {}
