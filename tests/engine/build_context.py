"""A build context of an extension that no rule finds anything in, to be changed before it is written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from dext_tasks.extension import labels

from .host_programs import ARCHITECTURES, elf, mach_o, pe

if TYPE_CHECKING:
    from pathlib import Path

METADATA, COMPOSE, ICON = "/metadata.json", "/compose/compose.yaml", "/icon.svg"
PAGE, SCRIPT, STYLE = "/ui/index.html", "/ui/app.js", "/ui/app.css"
DARWIN, WINDOWS, LINUX = "/host/darwin/tool", "/host/windows/tool.exe", "/host/linux/tool"
OWN_IMAGE = "${DESKTOP_PLUGIN_IMAGE}"


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
        "vm": {"composefile": COMPOSE, "exposes": {"socket": "demo.sock"}},
        "host": {"binaries": [{os: [{"path": path}] for os, path in listed.items()}]},
    }


def _compose() -> dict[str, Any]:
    return {"services": {"backend": {"image": OWN_IMAGE}}}


def _files() -> dict[str, str | bytes]:
    return {
        ICON: '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
        PAGE: '<!doctype html>\n<link rel="stylesheet" href="app.css">\n<script src="app.js"></script>\n',
        SCRIPT: "window.ddClient.extension.vm.service.get('/')\n",
        STYLE: "body { margin: 0 }\n",
    }


def _binaries() -> dict[str, dict[str, bytes]]:
    return {each: {DARWIN: mach_o(each), WINDOWS: pe(each), LINUX: elf(each)} for each in ARCHITECTURES}


@dataclass
class BuildContext:
    """What a build of the extension takes.

    Attributes:
        base: What the image is built on; may have ``$TARGETARCH`` in it.
        labels: Of the image.
        metadata: What metadata.json says.
        compose: What compose.yaml says.
        files: What the images of all platforms have, by path; a document that is here is taken as it is.
        binaries: What the image of each architecture has, by path.
        entrypoint: What the image runs; empty for nothing.
        absent: Paths that are in no image.
        not_executable: Binaries that lack the mode.
        links: Where symbolic links lead, by path.
    """

    base: str = "scratch"
    labels: dict[str, str] = field(default_factory=_labels)
    metadata: dict[str, Any] = field(default_factory=_metadata)
    compose: dict[str, Any] = field(default_factory=_compose)
    files: dict[str, str | bytes] = field(default_factory=_files)
    binaries: dict[str, dict[str, bytes]] = field(default_factory=_binaries)
    entrypoint: str = ""
    absent: set[str] = field(default_factory=set)
    not_executable: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Make the folder that is built."""
        documents = {METADATA: json.dumps(self.metadata), COMPOSE: yaml.safe_dump(self.compose)}
        for path, content in {**documents, **self.files}.items():
            self._write(folder / "common", path, content, 0o644)
        for architecture, binaries in self.binaries.items():
            for path, content in binaries.items():
                mode = 0o644 if path in self.not_executable else 0o755
                self._write(folder / f"bin-{architecture}", path, content, mode)
        for path, target in self.links.items():
            (folder / "common" / path.lstrip("/")).symlink_to(target)
        (folder / "Dockerfile").write_text(self._dockerfile(), encoding="utf-8")

    def _write(self, folder: Path, path: str, content: str | bytes, mode: int) -> None:
        if path in self.absent:
            return
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        file.chmod(mode)

    def _dockerfile(self) -> str:
        # Between single quotes nothing is replaced.
        said = "".join(f"LABEL {key}='{value}'\n" for key, value in self.labels.items())
        runs = f'ENTRYPOINT ["{self.entrypoint}"]\n' if self.entrypoint else ""
        return f"FROM {self.base}\n{said}ARG TARGETARCH\nCOPY common/ /\nCOPY bin-$TARGETARCH/ /\n{runs}"
