"""The variants of the extension: what a smoke test says of each, and their images."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.engine.docker import Docker

FOLDER = Path(__file__).resolve().parent
CONTEXT = FOLDER / "context"
SKIPPED = "skipped"
_FILES = ("architecture", "extract")
_BACKEND = ("start", "steady", "uninstall")
_REQUESTS = [
    {"path": "/get/etc/os-release", "text": "ID=conformance"},
    {"method": "POST", "path": "/post", "body": {"a": 1}, "json": {"contentType": "application/json"}},
    {"path": "/status/503", "status": 503, "text": "503"},
]


@dataclass(frozen=True)
class Variant:
    """What is seen of one variant.

    Attributes:
        passed: Probes that pass; all others have nothing to look at.
        failed: The probe that fails.
        warned: The probe that names a desktop which refuses it.
        says: What is in the details of probes.
        env: Settings.
    """

    passed: tuple[str, ...] = _FILES
    failed: str = ""
    warned: str = ""
    says: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


_UI = {"DEXT_SMOKE_UI_RUN": "always"}
VARIANTS = {
    "basic": Variant(says={"start": "no backend"}),
    # Rancher Desktop refuses it, and no other desktop does.
    "missing-icon": Variant(
        passed=("architecture",),
        warned="extract",
        says={"extract": "Rancher Desktop refuses it: metadata.json names no icon"},
    ),
    "missing-icon-file": Variant(passed=("architecture",), failed="extract", says={"extract": "does-not-exist.svg"}),
    "ui": Variant(passed=(*_FILES, "ui"), env=_UI),
    "host-binaries": Variant(passed=(*_FILES, "binaries"), says={"binaries": "dummy.sh"}),
    "vm-image": Variant(passed=(*_FILES, *_BACKEND), says={"answer": "no socket"}),
    "vm-compose": Variant(passed=(*_FILES, *_BACKEND), says={"answer": "no socket"}),
    "host-apis": Variant(passed=(*_FILES, "ui"), env=_UI),
    "everything": Variant(
        passed=(*_FILES, *_BACKEND, "answer", "requests", "binaries", "ui"),
        says={"answer": "hello.sock", "requests": "3"},
        env={**_UI, "DEXT_SMOKE_REQUESTS": json.dumps(_REQUESTS)},
    ),
}


def build(docker: Docker, folder: Path, references: Mapping[str, str], platforms: Sequence[str]) -> None:
    """Build images side by side.

    Args:
        docker: The engine.
        folder: Where a file may be written.
        references: The variant of each image.
        platforms: Of all of them.
    """
    targets = {
        f"image-{number}": {
            "context": str(CONTEXT),
            "args": {"variant": variant, "image": reference.removesuffix(":latest")},
            "tags": [reference],
            "platforms": platforms,
            "output": ["type=docker"],
            "attest": ["type=provenance,disabled=true"],
        }
        for number, (reference, variant) in enumerate(references.items())
    }
    file = folder / "bake.json"
    file.write_text(json.dumps({"target": targets}), encoding="utf-8")
    docker.run("buildx", "bake", "--file", str(file), *targets)
