"""What ``dext adopt`` finds out about real extensions, beside the usual ways to build them.

``DEXT_CORPUS`` names the folder. It keeps no Makefile and no workflow; each usual kind of these is written beside every
Dockerfile, with the name of the extension's repository for the image.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import pytest

from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.scaffold.adoption.found import KnownValue
from dext_tasks.scaffold.adoption.plan import Wishes, adopt_one
from dext_tasks.scaffold.adoption.record import plan_undo, undo
from dext_tasks.scaffold.adoption.survey import survey
from tests.corpus.trees import copied, extensions, plant

if TYPE_CHECKING:
    from collections.abc import Mapping

CORPUS = Path(os.environ.get("DEXT_CORPUS", "/nonexistent"))
EXTENSIONS = extensions(CORPUS) if CORPUS.is_dir() else []

pytestmark = pytest.mark.skipif("DEXT_CORPUS" not in os.environ, reason="DEXT_CORPUS is not set")

# What builds an extension, by its file: OWNER and NAME stand for the parts of the image.
WAYS: Final[Mapping[str, Mapping[str, str]]] = {
    # As `docker extension init` writes it.
    "makefile": {
        "Makefile": """\
IMAGE?=OWNER/NAME
TAG?=latest

BUILDER=buildx-multi-arch

INFO_COLOR = \\033[0;36m
NO_COLOR   = \\033[m

build-extension: ## Build service image to be deployed as a desktop extension
	docker build --tag=$(IMAGE):$(TAG) .

install-extension: build-extension ## Install the extension
	docker extension install $(IMAGE):$(TAG)

prepare-buildx: ## Create buildx builder for multi-arch build, if not exists
	docker buildx inspect $(BUILDER) || docker buildx create --name=$(BUILDER) --driver=docker-container

push-extension: prepare-buildx ## Build & Upload extension image to hub
	docker pull $(IMAGE):$(TAG) && echo "Failure: Tag already exists" || docker buildx build --push \\
		--builder=$(BUILDER) --platform=linux/amd64,linux/arm64 --build-arg TAG=$(TAG) --tag=$(IMAGE):$(TAG) .

help: ## Show this help
	@echo Please specify a build target. The choices are:
	@grep -E '^[0-9a-zA-Z_-]+:.*?## .*$$' $(MAKEFILE_LIST) | sort | awk 'BEGIN {FS = ":.*?## "}; {printf "%s\\n", $$1}'
""",
    },
    "makefile with conditions": {
        "Makefile": """\
ORG := OWNER
VERSION ?= $(shell git describe --tags --always)
include config.mk
ifeq ($(OS),Windows_NT)
SHELL := cmd
else
SHELL := /bin/bash
endif
extension: ui
	cd . && DOCKER_BUILDKIT=1 docker buildx build --platform linux/amd64,linux/arm64 -t ${IMAGE}:${VERSION} --push .
""",
        "config.mk": "IMAGE = $(ORG)/NAME\n",
    },
    "workflow": {
        ".github/workflows/release.yml": """\
on:
  push:
    tags: ["*.*.*"]
env:
  IMAGE: OWNER/NAME
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ${{ env.IMAGE }}
      - uses: docker/login-action@v3
        with:
          username: ${{ secrets.DOCKERHUB_LOGIN }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
      - uses: docker/build-push-action@v6
        with:
          context: .
          push: true
          platforms: linux/amd64,linux/arm64
          tags: ${{ steps.meta.outputs.tags }}
""",
    },
    "pipeline of gitlab": {
        ".gitlab-ci.yml": """\
variables:
  IMAGE: OWNER/NAME
push:
  stage: deploy
  script:
    - docker buildx build --platform linux/arm64,linux/amd64 --push --tag "$IMAGE:$CI_COMMIT_TAG" .
""",
    },
    "script": {
        "scripts/release.sh": """\
#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."
VERSION=${1:?version}
for platform in linux/amd64 linux/arm64; do echo "$platform"; done
docker buildx build --platform linux/amd64,linux/arm64 --tag "OWNER/NAME:${VERSION}" --push .
""",
    },
    "package.json and README": {
        "package.json": '{"name": "NAME", "scripts": {"build": "docker build -t OWNER/$npm_package_name:dev ."}}',
        "README.md": "# NAME\n\n```bash\n$ docker extension install OWNER/NAME:latest\n```\n",
    },
}


def image_of(extension: Path) -> str:
    repository: str = json.loads((extension / "facts.json").read_text(encoding="utf-8"))["repo"]
    return repository.lower()


def shipped(extension: Path) -> str:
    """Where the Dockerfile copies metadata.json from."""
    instructions = json.loads((extension / "dockerfile.json").read_text(encoding="utf-8"))
    named = [name for name in copied(instructions) if PurePosixPath(name).name == "metadata.json"]
    return named[-1] if named else "metadata.json"


def grow(extension: Path, root: Path, way: str) -> Path:
    """The tree of an extension, with what builds it."""
    plant(extension, root)
    owner, _, name = image_of(extension).partition("/")
    for file, text in WAYS[way].items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text.replace("OWNER", owner).replace("NAME", name), encoding="utf-8")
    return root


def contents(root: Path) -> dict[str, str]:
    """Every file below a folder, by its path, with what is in it and when it was changed."""
    files = sorted(file for file in root.rglob("*") if file.is_file())
    return {str(file): f"{sha256(file.read_bytes()).hexdigest()} {file.stat().st_mtime_ns}" for file in files}


def test_the_corpus_is_there() -> None:
    assert len(EXTENSIONS) >= 134


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("extension", EXTENSIONS, ids=lambda path: path.name)
def test_a_real_extension(extension: Path, way: str, tmp_path: Path) -> None:
    root = grow(extension, tmp_path / "tree", way)
    before = contents(root)
    found = survey(root)
    assert found.root == root.resolve()
    assert isinstance(found.image, KnownValue), found.image
    assert found.image.value == image_of(extension)
    assert all(origin.file in WAYS[way] and origin.line for origin in found.image.origins)
    assert isinstance(found.dockerfile, KnownValue), found.dockerfile
    assert found.dockerfile.value == "Dockerfile"
    assert found.metadata.value == shipped(extension)
    assert (root / found.metadata.value).read_bytes() == (extension / "metadata.json").read_bytes()
    assert found.platforms.value == REQUIRED
    assert set(found.settings()) <= {"image", "metadata"}
    assert contents(root) == before


@pytest.mark.parametrize("extension", EXTENSIONS, ids=lambda path: path.name)
def test_what_is_added_to_a_real_extension_goes_again(extension: Path, tmp_path: Path) -> None:
    root = grow(extension, tmp_path / "tree", "makefile")
    before = contents(root)
    adopt_one(survey(root), Wishes()).apply()
    adopted = contents(root)
    # The author's own files are not even touched.
    assert before.items() <= adopted.items()
    added = {Path(file).relative_to(root).as_posix() for file in adopted.keys() - before.keys()}
    assert {"tasks.py", "noxfile.py", "invoke.yaml"} <= added
    assert {file for file in added if not file.startswith(".dext/")} == {"tasks.py", "noxfile.py", "invoke.yaml"}
    assert not adopt_one(survey(root), Wishes()).files
    undo(plan_undo(root, root))
    assert contents(root) == before
    assert not (root / ".dext").exists()
