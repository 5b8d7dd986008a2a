"""What ``dext adopt`` finds out about real extensions, with the Makefiles and workflows that such repositories have.

``DEXT_CORPUS`` names the folder. It keeps no Makefile and no workflow; each usual kind of these is written beside every
Dockerfile, with the name of the extension's repository.
"""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath

import pytest

from dext_tasks.scaffold.adoption.found import KnownValue
from dext_tasks.scaffold.adoption.survey import survey
from tests.corpus.trees import copied, extensions, plant

CORPUS = Path(os.environ.get("DEXT_CORPUS", "/nonexistent"))
EXTENSIONS = extensions(CORPUS) if CORPUS.is_dir() else []

pytestmark = pytest.mark.skipif("DEXT_CORPUS" not in os.environ, reason="DEXT_CORPUS is not set")

MAKEFILE = """\
IMAGE?={image}
TAG?=latest

BUILDER=buildx-multi-arch

build-extension: ## Build service image to be deployed as a desktop extension
	docker build --tag=$(IMAGE):$(TAG) .

install-extension: build-extension
	docker extension install $(IMAGE):$(TAG)

push-extension: prepare-buildx
	docker pull $(IMAGE):$(TAG) && echo "Failure: Tag already exists" || \\
	docker buildx build --push --builder=$(BUILDER) --platform=linux/amd64,linux/arm64 \\
		--build-arg TAG=$(TAG) --tag=$(IMAGE):$(TAG) .
"""


def image_of(extension: Path) -> str:
    owner, _, name = json.loads((extension / "facts.json").read_text(encoding="utf-8"))["repo"].lower().partition("/")
    return f"{owner}/{name}"


def shipped(extension: Path) -> str:
    """Where the Dockerfile copies metadata.json from."""
    instructions = json.loads((extension / "dockerfile.json").read_text(encoding="utf-8"))
    named = [name for name in copied(instructions) if PurePosixPath(name).name == "metadata.json"]
    return named[-1] if named else "metadata.json"


@pytest.mark.parametrize("extension", EXTENSIONS, ids=lambda path: path.name)
def test_a_makefile_of_the_usual_kind(extension: Path, tmp_path: Path) -> None:
    root = plant(extension, tmp_path / "tree")
    (root / "Makefile").write_text(MAKEFILE.format(image=image_of(extension)), encoding="utf-8")
    found = survey(root)
    assert isinstance(found.image, KnownValue)
    assert found.image.value == image_of(extension)
    assert isinstance(found.dockerfile, KnownValue)
    assert found.dockerfile.value == "Dockerfile"
    assert found.metadata.value == shipped(extension)
