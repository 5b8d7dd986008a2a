"""The labels of real extensions, read from their Dockerfiles, against what BuildKit makes of them.

``DEXT_CORPUS`` names the folder: ``extensions/*/dockerfile.json`` with ``labels.json`` beside it, and
``broken/*-dockerfile.json``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TypedDict

import pytest

from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError

CORPUS = Path(os.environ.get("DEXT_CORPUS", "/nonexistent"))
EXTENSIONS = sorted(path.parent for path in CORPUS.glob("extensions/*/dockerfile.json"))
BROKEN = sorted(CORPUS.glob("broken/*-dockerfile.json"))

pytestmark = pytest.mark.skipif("DEXT_CORPUS" not in os.environ, reason="DEXT_CORPUS is not set")


class Entry(TypedDict):
    """An instruction as the corpus keeps it."""

    line: int
    text: str


def dockerfile(entries: list[Entry]) -> str:
    lines: list[str] = []
    for entry in entries:
        lines += [""] * (entry["line"] - 1 - len(lines))
        lines += entry["text"].split("\n")
    return "\n".join(lines)


def test_the_corpus_is_there() -> None:
    assert EXTENSIONS
    assert BROKEN


@pytest.mark.parametrize("folder", EXTENSIONS, ids=lambda folder: folder.name)
def test_labels(folder: Path) -> None:
    source = dockerfile(json.loads((folder / "dockerfile.json").read_text()))
    assert parse(source).labels() == json.loads((folder / "labels.json").read_text())


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_mistakes(path: Path) -> None:
    mistake = json.loads(path.read_text())
    source = dockerfile(mistake["broken"])
    if "errors" in mistake["problem"]:
        with pytest.raises(DockerfileRefusedError, match="can't find ="):
            parse(source)
        return
    extension_labels = [key for key in parse(source).labels() if key.startswith("com.docker.")]
    assert bool(extension_labels) is ("lost" not in mistake["problem"])


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_mended_mistakes(path: Path) -> None:
    mistake = json.loads(path.read_text())
    if "fixed" not in mistake:
        pytest.skip("never fixed")
    assert any(key.startswith("com.docker.") for key in parse(dockerfile(mistake["fixed"])).labels())
