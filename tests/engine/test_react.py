"""The page that is made of React, put through its own tools by the image that builds it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from dext_tasks.scaffold.answers import ANSWERS_FILE, derive
from dext_tasks.scaffold.render import render
from dext_tasks.scaffold.repository import without_git
from tests.unit.scaffold.combinations import PLAIN, Renderer, every_combination

from .docker import Docker
from .requirement import missing

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
WORKDIR /others
RUN /src/node_modules/.bin/prettier --check .
"""
# What Prettier formats.
_SUFFIXES = frozenset({".css", ".html", ".js", ".json", ".md", ".ts", ".tsx", ".yaml", ".yml"})
# A table of Markdown is read as well without columns of one width, and nobody writes the others.
_LEFT_OUT = frozenset({"README.md", "package-lock.json", ANSWERS_FILE})
# What Prettier reads its settings from.
_SETTINGS = frozenset({".editorconfig", "ui/package.json"})


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
    assert {path.suffix for path in _write_all(others)} == _SUFFIXES
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(_TOOLS)
    files = ("--file", str(dockerfile), "--build-context", f"others={others}", str(page))
    Docker().run("buildx", "build", "--output", "type=cacheonly", *files)


def _write_all(root: Path) -> list[Path]:
    """Write each content that a file has in some combination of answers, once, beside the settings for it."""
    renderer = Renderer()
    seen: set[tuple[str, bytes]] = set()
    written = []
    for number, answers in enumerate(every_combination(PLAIN)):
        files = renderer.files(answers)
        new = {path: content for path, content in files.items() if _is_formatted(path) and (path, content) not in seen}
        seen |= set(new.items())
        settings = {path: files[path] for path in _SETTINGS & files.keys() if new}
        for path, content in {**settings, **new}.items():
            written.append(root / str(number) / path)
            written[-1].parent.mkdir(parents=True, exist_ok=True)
            written[-1].write_bytes(content)
    return [path for path in written if path.name != ".editorconfig"]


def _is_formatted(path: str) -> bool:
    file = PurePosixPath(path)
    return file.suffix in _SUFFIXES and file.name not in _LEFT_OUT


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
