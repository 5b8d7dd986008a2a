"""Extensions as their authors have them before they know of dext-tasks: no template of ours, a Makefile each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dext_tasks.extension import labels

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SOCKET = "backend.sock"
_SERVED = {"image": "${DESKTOP_PLUGIN_IMAGE}", "exposes": {"socket": _SOCKET}}
_LISTEN = [
    "socat",
    f"UNIX-LISTEN:/run/guest-services/{_SOCKET},fork,unlink-early",
    "EXEC:sh /answer.sh",
]
_ANSWER = "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok'\n"
_PAGE = "<!doctype html>\n<title>Demo</title>\n<h1>Demo</h1>\n"
_ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1" fill="#2496ed"/></svg>\n'
_LABELS = {
    labels.TITLE: "Demo",
    labels.DESCRIPTION: "Shows how it is done",
    labels.VENDOR: "Example",
    labels.API_VERSION: ">= 0.3.4",
    labels.ICON: "https://example.com/icon.svg",
    labels.SCREENSHOTS: '[{"alt": "The tab", "url": "https://example.com/tab.png"}]',
    labels.DETAILED_DESCRIPTION: "<p>Shows how it is done.</p>",
    labels.PUBLISHER_URL: "https://example.com",
    labels.CHANGELOG: "<ul><li>First release</li></ul>",
    labels.CATEGORIES: "utility-tools",
    labels.ADDITIONAL_URLS: '[{"title": "Source", "url": "https://example.com/source"}]',
}
# In the style of Docker's samples, tabs and all.
_MAKEFILE = """\
IMAGE?={image}
TAG?=latest

BUILDER=buildx-multi-arch

build-extension: ## Build service image to be deployed as a desktop extension
\tdocker build --tag=$(IMAGE):$(TAG) {more}.

install-extension: build-extension ## Install the extension
\tdocker extension install $(IMAGE):$(TAG)

push-extension: ## Build & Upload extension image to hub
\tdocker pull $(IMAGE):$(TAG) && echo "Failure: Tag already exists" || \\
\tdocker buildx build --push --builder=$(BUILDER) --platform=linux/amd64,linux/arm64 \\
\t\t--build-arg TAG=$(TAG) --tag=$(IMAGE):$(TAG) {more}.

.PHONY: build-extension install-extension push-extension
"""


@dataclass(frozen=True)
class Shape:
    """What kind of extension it is.

    Attributes:
        base: Of the final stage.
        copied: Its COPY and CMD lines.
        metadata: Beside the icon and the tab.
        files: Beside the page and the icon.
        dockerfile: Where the Dockerfile is.
        tag: A version that was released already, as git has it; empty for none.
        version: What the next release is: one patch further, or the first.
    """

    base: str
    copied: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    dockerfile: str = "Dockerfile"
    tag: str = ""
    version: str = "0.1.0"

    def plant(self, folder: Path, image: str) -> None:
        """Write it."""
        tab = {"title": "Demo", "root": "/ui", "src": "index.html"}
        metadata = {"icon": "icon.svg", "ui": {"dashboard-tab": tab}, **self.metadata}
        said = " \\\n".join(f"      {key}='{value}'" for key, value in _LABELS.items())
        more = "" if self.dockerfile == "Dockerfile" else f"-f {self.dockerfile} "
        files = {
            "Makefile": _MAKEFILE.format(image=image, more=more),
            self.dockerfile: f"FROM {self.base}\nLABEL {said.lstrip()}\n{self.copied}",
            "metadata.json": json.dumps(metadata, indent=4) + "\n",
            "icon.svg": _ICON,
            "ui/index.html": _PAGE,
            **self.files,
        }
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")


_SOCAT = "alpine/socat:1.8.0.3"
SHAPES: Mapping[str, Shape] = {
    "page": Shape("scratch", "COPY metadata.json icon.svg /\nCOPY ui /ui\n", tag="v1.4.2", version="1.4.3"),
    "image-backend": Shape(
        _SOCAT,
        f"COPY metadata.json icon.svg answer.sh /\nCOPY ui /ui\nENTRYPOINT {json.dumps(_LISTEN)}\n",
        metadata={"vm": _SERVED},
        files={"answer.sh": _ANSWER},
        tag="2.0.0",
        version="2.0.1",
    ),
    "compose": Shape(
        _SOCAT,
        f"COPY metadata.json icon.svg answer.sh docker-compose.yaml /\nCOPY ui /ui\nENTRYPOINT {json.dumps(_LISTEN)}\n",
        metadata={"vm": {"composefile": "docker-compose.yaml", "exposes": {"socket": _SOCKET}}},
        files={
            "answer.sh": _ANSWER,
            "docker-compose.yaml": "services:\n  backend:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n",
        },
        dockerfile="build/Dockerfile",
    ),
    "host-binaries": Shape(
        "scratch",
        "COPY metadata.json icon.svg /\nCOPY ui /ui\nCOPY --chmod=0755 host /host\n",
        metadata={
            "host": {
                "binaries": [
                    {
                        "linux": [{"path": "/host/hello.sh"}],
                        "darwin": [{"path": "/host/hello.sh"}],
                        "windows": [{"path": "/host/hello.cmd"}],
                    }
                ]
            }
        },
        files={"host/hello.sh": "#!/bin/sh\necho hello\n", "host/hello.cmd": "@echo hello\n"},
    ),
}
