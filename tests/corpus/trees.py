"""Real extensions laid out as source trees, from the corpus that DEXT_CORPUS names."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from dext_tasks.extension.metadata import parse

if TYPE_CHECKING:
    from pathlib import Path

# Rules on what a build puts into the image, and on what that starts; the corpus keeps no RUN or CMD, and few of the
# files that are copied.
NOT_KEPT = frozenset({"binary-nowhere", "copy-source-absent", "icon-nowhere", "program-nowhere", "ui-entry-nowhere"})


def extensions(corpus: Path) -> list[Path]:
    """Folder of every extension, sorted."""
    return sorted(folder for folder in (corpus / "extensions").iterdir() if folder.is_dir())


def dockerfile_text(instructions: list[dict[str, Any]]) -> str:
    """A Dockerfile of recorded instructions, each on the line it was on."""
    lines: list[str] = []
    for instruction in instructions:
        lines += [""] * (instruction["line"] - 1 - len(lines))
        lines += str(instruction["text"]).split("\n")
    return "\n".join(lines) + "\n"


def copied(instructions: list[dict[str, Any]]) -> list[str]:
    """Files of the tree that are copied by name; BuildKit would have refused to build without them."""
    texts = [str(each["text"]) for each in instructions if "--from=" not in each["text"]]
    words = [word for text in texts if text.split()[0] in {"COPY", "ADD"} for word in text.split()[1:-1]]
    return [word.lstrip("./") for word in words if not set("*$\"'") & set(word)]


def pictures(instructions: list[dict[str, Any]]) -> list[str]:
    """Pictures among them."""
    return [name for name in copied(instructions) if PurePosixPath(name).suffix in {".svg", ".png"}]


def plant(extension: Path, root: Path) -> Path:
    """Write an extension's Dockerfile, metadata.json and compose file as a source tree, with empty pictures."""
    root.mkdir(parents=True, exist_ok=True)
    instructions = json.loads((extension / "dockerfile.json").read_text(encoding="utf-8"))
    (root / "Dockerfile").write_text(dockerfile_text(instructions), encoding="utf-8", newline="")
    for name in pictures(instructions):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    metadata = (extension / "metadata.json").read_bytes()
    _write(root, "metadata.json", instructions, metadata)
    compose = extension / "compose.json"
    vm = parse(metadata).vm
    if compose.is_file() and vm and vm.composefile:
        document = json.loads(compose.read_text(encoding="utf-8"))
        content = yaml.safe_dump(document, sort_keys=False).encode()
        _write(root, vm.composefile.lstrip("/"), instructions, content)
    return root


def _write(root: Path, path: str, instructions: list[dict[str, Any]], content: bytes) -> None:
    """Write a file where the Dockerfile copies one of its name from, and where it has its path in the image."""
    name = PurePosixPath(path).name
    from_tree = [each for each in copied(instructions) if PurePosixPath(each).name == name]
    for target in (root / path, *(root / each for each in from_tree)):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
