"""A build context of an extension that no rule finds anything in, to be changed before it is written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from dext_tasks.extension import labels

from .host_programs import elf, mach_o, pe

if TYPE_CHECKING:
    from pathlib import Path

ARCHITECTURES = ("amd64", "arm64")
DARWIN, WINDOWS, LINUX = "/host/darwin/tool", "/host/windows/tool.exe", "/host/linux/tool"
PAGE = '<!doctype html>\n<link rel="stylesheet" href="app.css">\n<script src="app.js"></script>\n'
SCRIPT = "window.ddClient.extension.vm.service.get('/')\n"
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>\n'


def _labels() -> dict[str, str]:
    return {
        labels.TITLE: "Demo",
        labels.DESCRIPTION: "Shows how it is done",
        labels.VENDOR: "Example",
        labels.API_VERSION: ">= 0.3.4",
        labels.ICON: "https://example.com/icon.svg",
        labels.SCREENSHOTS: '[{"alt": "The tab", "url": "https://example.com/tab.png"}]',
        labels.DETAILED_DESCRIPTION: "<p>Shows <b>how</b> it is done.</p>",
        labels.PUBLISHER_URL: "https://example.com",
        labels.CHANGELOG: "<ul><li>First release</li></ul>",
        labels.CATEGORIES: "utility-tools,networking",
        labels.ADDITIONAL_URLS: '[{"title": "Source", "url": "https://example.com/source"}]',
        labels.ACCOUNT_INFO: "required",
    }


def _metadata() -> dict[str, Any]:
    tab = {"title": "Demo", "root": "/ui", "src": "index.html", "backend": {"socket": "demo.sock"}}
    listed = {"darwin": DARWIN, "windows": WINDOWS, "linux": LINUX}
    return {
        "icon": "icon.svg",
        "ui": {"dashboard-tab": tab},
        "vm": {"composefile": "compose.yaml", "exposes": {"socket": "demo.sock"}},
        "host": {"binaries": [{os: [{"path": path}] for os, path in listed.items()}]},
    }


def _binaries(architecture: str) -> dict[str, bytes]:
    return {DARWIN: mach_o(architecture), WINDOWS: pe(architecture), LINUX: elf(architecture)}


@dataclass
class BuildContext:
    """Everything a build of the extension takes.

    Attributes:
        base: What the image is built on.
        labels: Of the image.
        metadata: Content of metadata.json, as data.
        compose: Content of compose.yaml, likewise.
        files: What all platforms have, by path in the image; the two documents are added if they are not there.
        binaries: What each architecture has, likewise.
        modes: Of files that have another one than 0755.
        absent: Paths that are in no image.
    """

    base: str = "scratch"
    labels: dict[str, str] = field(default_factory=_labels)
    metadata: dict[str, Any] = field(default_factory=_metadata)
    compose: dict[str, Any] = field(
        default_factory=lambda: {"services": {"backend": {"image": "${DESKTOP_PLUGIN_IMAGE}"}}}
    )
    files: dict[str, str | bytes] = field(
        default_factory=lambda: {
            "/icon.svg": SVG,
            "/ui/index.html": PAGE,
            "/ui/app.js": SCRIPT,
            "/ui/app.css": "body { margin: 0 }\n",
        }
    )
    binaries: dict[str, dict[str, bytes]] = field(
        default_factory=lambda: {architecture: _binaries(architecture) for architecture in ARCHITECTURES}
    )
    modes: dict[str, int] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)

    def write(self, folder: Path) -> None:
        """Make the folder that is built."""
        documents = {"/metadata.json": json.dumps(self.metadata), "/compose.yaml": yaml.safe_dump(self.compose)}
        for path, content in {**documents, **self.files}.items():
            self._write(folder / "common", path, content)
        for architecture, binaries in self.binaries.items():
            for path, content in binaries.items():
                self._write(folder / f"bin-{architecture}", path, content)
        (folder / "Dockerfile").write_text(self._dockerfile(), encoding="utf-8")

    def _write(self, folder: Path, path: str, content: str | bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if path not in self.absent:
            file = folder / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
            file.chmod(self.modes.get(path, 0o755))

    def _dockerfile(self) -> str:
        # Nothing is replaced between single quotes, backslashes included.
        said = "".join(f"LABEL {key}='{value}'\n" for key, value in self.labels.items())
        return f"FROM {self.base}\n{said}ARG TARGETARCH\nCOPY common/ /\nCOPY bin-$TARGETARCH/ /\n"
