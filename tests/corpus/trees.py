"""Real extensions laid out as source trees, from the corpus that DEXT_CORPUS names."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from dext_tasks.extension.metadata import parse

if TYPE_CHECKING:
    from pathlib import Path


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


def pictures(instructions: list[dict[str, Any]]) -> list[str]:
    """Pictures that are copied by name; BuildKit would have refused to build without them."""
    words = [word for each in instructions if "--from=" not in each["text"] for word in str(each["text"]).split()[1:-1]]
    return [word.lstrip("./") for word in words if PurePosixPath(word).suffix in {".svg", ".png"} and "*" not in word]


def plant(extension: Path, root: Path) -> Path:
    """Write an extension's Dockerfile, metadata.json and compose file as a source tree, with empty pictures."""
    root.mkdir(parents=True, exist_ok=True)
    instructions = json.loads((extension / "dockerfile.json").read_text(encoding="utf-8"))
    (root / "Dockerfile").write_text(dockerfile_text(instructions), encoding="utf-8", newline="")
    for name in pictures(instructions):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    metadata = (extension / "metadata.json").read_bytes()
    (root / "metadata.json").write_bytes(metadata)
    compose = extension / "compose.json"
    vm = parse(metadata).vm
    if compose.is_file() and vm and vm.composefile:
        target = root / vm.composefile.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        document = json.loads(compose.read_text(encoding="utf-8"))
        target.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return root
