"""Extensions that their authors made without dext-tasks, adopted and then taken the whole way to a release."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from .adopted import SHAPES, Shape
from .docker import Docker
from .extension import REGISTRY, Extension
from .program import Program, environment
from .sandbox import ORGANISATION

if TYPE_CHECKING:
    from pathlib import Path

    from .program import Done
    from .registry import Registry
    from .sandbox import Sandbox

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("_base_images")]
_WRITTEN = {"tasks.py", "noxfile.py", "invoke.yaml"}


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> Shape:
    return SHAPES[request.param]


@pytest.fixture
def planted(shape: Shape, sandbox: Sandbox, tmp_path: Path) -> Extension:
    """The extension as its author has it, committed."""
    folder = tmp_path / "extension"
    folder.mkdir()
    repository = f"{ORGANISATION}/{sandbox.slug}"
    shape.plant(folder, f"{REGISTRY}/{repository}")
    # A page is opened where there is a browser.
    made = Extension(folder, repository, Program(folder, {**environment(sandbox.folder), **Docker().env}), Docker())
    made.git("init", "--quiet")
    made.commit("As it was")
    if shape.tag:
        made.git("tag", shape.tag)
    return made


def _passed(done: Done) -> Done:
    assert done.code == 0, done
    return done


def test_an_adopted_extension_goes_the_whole_way(planted: Extension, shape: Shape, registry: Registry) -> None:
    _passed(planted.dext("adopt", "--yes", "--ci", "none"))
    changed = {line[3:] for line in planted.git("status", "--porcelain").splitlines()}
    assert changed <= {*_WRITTEN, ".gitignore"}, changed
    planted.commit("Adopt dext-tasks")

    inv = replace(planted.dext, name="inv")
    _passed(inv("build"))
    assert planted.built() == set(planted.builds.values())
    _passed(inv("check", "--strict"))
    smoked = _passed(inv("smoke", "--no-build", "--json", DEXT_SMOKE_SETTLE="0.2"))
    assert {each["platform"] for each in smoked.probes} == {"linux/amd64", "linux/arm64"}

    plan = _passed(inv("release", "--bump", "patch", "--dry-run", "--json"))
    prefix = shape.tag.rstrip("0123456789.") if shape.tag else "v"
    assert plan.json["reference"] == f"{planted.image}:{shape.version}"
    released = _passed(inv("release", "--bump", "patch", "--yes", "--json", DEXT_SMOKE_SETTLE="0.2"))
    assert registry.versions(planted.repository) == {shape.version}
    assert registry.digest(planted.repository, shape.version) == released.json["digest"]
    assert planted.git("tag", "--points-at", "HEAD") == f"{prefix}{shape.version}"


def test_an_adopted_extension_is_left_as_it_was(planted: Extension) -> None:
    before = planted.git("status", "--porcelain", "--ignored")
    _passed(planted.dext("adopt", "--yes", "--ci", "none"))
    written = planted.git("status", "--porcelain")
    _passed(planted.dext("adopt", "--yes", "--ci", "none"))
    assert planted.git("status", "--porcelain") == written != ""
    _passed(planted.dext("adopt", "--undo", "--yes"))
    assert planted.git("status", "--porcelain", "--ignored") == before == ""
