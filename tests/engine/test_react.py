"""The page that is made of React, put through its own tools by the image that builds it."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from dext_tasks.scaffold.answers import derive
from dext_tasks.scaffold.render import render
from dext_tasks.scaffold.repository import without_git

from .docker import Docker
from .requirement import missing

if TYPE_CHECKING:
    from pathlib import Path

_IMAGE = "node:24-alpine"
# Seconds; the stand-in is made of two downloads of 60 MB.
_STAND_IN_SECONDS = 280
_TOOLS = f"""\
FROM {_IMAGE}
WORKDIR /src
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . ./
RUN npm run lint && npm run build
RUN npm test
COPY --from=others . /others
# A table of Markdown is read as well without columns of one width, and nobody writes the answers.
WORKDIR /others
RUN /src/node_modules/.bin/prettier --check . '!**/README.md' '!**/.copier-answers.yml'
"""
# All that is neither of React nor in Python or Go.
_OTHERS = (
    {"frontend": "html", "backend": "node", "ci": "github", "updates": "dependabot"},
    {"frontend": "html", "backend": "go", "ci": "gitlab", "updates": "renovate"},
)


@pytest.fixture
def _node(repository: Path) -> None:
    done = subprocess.run(
        [repository / "scripts" / "stand-ins", _IMAGE],
        capture_output=True,
        text=True,
        timeout=_STAND_IN_SECONDS,
        check=False,
    )
    if done.returncode:
        missing(f"no {_IMAGE}: {done.stderr}", "connect to Docker Hub")


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("_node")
def test_types_style_and_tests_are_in_order(tmp_path: Path) -> None:
    page, other = (_page(tmp_path / backend, backend) for backend in ("go", "none"))
    # What only the other page asks; one installation does for both.
    for name in ("docker.ts", "docker.test.tsx"):
        shutil.copy(other / "src" / name, page / "src")
    others = tmp_path / "others"
    others.mkdir()
    for chosen in _OTHERS:
        render(derive("other", **chosen), others / chosen["backend"], git=without_git)
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(_TOOLS)
    files = ("--file", str(dockerfile), "--build-context", f"others={others}", str(page))
    Docker().run("buildx", "build", "--output", "type=cacheonly", *files)


def _page(root: Path, backend: str) -> Path:
    answers = derive(
        "page",
        frontend="react",
        backend=backend,
        host_binaries="yes",
        title='"Q" \\ <b>größe</b> {{ 7 }}',
        description="word " * 40 + "end",
    )
    return render(answers, root, git=without_git).path / "ui"
