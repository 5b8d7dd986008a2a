"""What `dext new` can make, built and tried on both platforms: each kind of page with each kind of backend."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import product
from typing import TYPE_CHECKING

import pytest

from dext_tasks.scaffold.answers import CHOICES, NO, NONE, YES, derive
from dext_tasks.scaffold.render import copy_template, render
from dext_tasks.scaffold.templates import frozen_template

from .docker import Docker
from .extension import PLATFORMS, Extension
from .program import Program, environment
from .requirement import missing, require_browser
from .sandbox import ORGANISATION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .registry import Registry
    from .sandbox import Sandbox

_STAND_INS_SECONDS = 280


@dataclass(frozen=True)
class Combination:
    """Answers that decide what an image is made of.

    Attributes:
        frontend: What the page is made of.
        backend: What answers it.
        compose: Whether there is a second service.
        host_binaries: Whether a program for the host is called.
        ci: Whose pipeline there is.
    """

    frontend: str
    backend: str
    compose: str = NO
    host_binaries: str = NO
    ci: str = NONE

    def __str__(self) -> str:
        more = {"compose": self.compose == YES, "host": self.host_binaries == YES}
        return "-".join((self.frontend, self.backend, *(name for name, is_on in more.items() if is_on)))


def _every() -> list[Combination]:
    parts = product(*(CHOICES[name] for name in ("frontend", "backend", "compose", "host_binaries")))
    return [Combination(*each) for each in parts if not (each[1] == NONE and each[2] == YES)]


# Of each question that adds something the choice that adds most.
EVERYTHING = Combination(
    "react",
    "python",
    compose=list(CHOICES["compose"])[-1],
    host_binaries=list(CHOICES["host_binaries"])[-1],
    ci="github",
)
# Each part is in one of them, or in what is released, but what the scaffold of all other tests has: html and go.
STANDARD = (Combination("html", "none", host_binaries=YES), Combination("react", "node", ci="gitlab"))
FIRST = "0.1.0"
SHOWN = [
    *(pytest.param(each, id=f"{each}-{each.ci}") for each in STANDARD),
    *(pytest.param(each, id=str(each), marks=pytest.mark.matrix) for each in _every()),
]


def test_the_standard_run_has_every_part() -> None:
    for name in ("frontend", "backend", "compose", "host_binaries"):
        covered = {getattr(each, name) for each in (*STANDARD, EVERYTHING, Combination("html", "go"))}
        assert covered == set(CHOICES[name])


@pytest.fixture(scope="module")
def _images(repository: Path) -> None:
    """What the templates' Dockerfiles start from, also where Docker Hub can't be reached."""
    images = "golang:1.24-alpine", "node:24-alpine", "python:3.13-alpine", "valkey/valkey:8.1-alpine"
    script = (repository / "scripts" / "stand-ins", *images)
    done = subprocess.run(script, capture_output=True, text=True, timeout=_STAND_INS_SECONDS, check=False)
    if done.returncode:
        missing(f"no base images: {done.stderr}", "connect to Docker Hub")


def _extension(sandbox: Sandbox, folder: Path) -> Extension:
    return Extension(folder, f"{ORGANISATION}/{sandbox.slug}", Program(folder, environment(sandbox.folder)), Docker())


@contextmanager
def _surroundings(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        for name, value in environment(sandbox.folder).items():
            patch.setenv(name, value)
        yield


@pytest.mark.usefixtures("_images")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("combination", SHOWN)
def test_it_builds_and_passes_check_and_smoke_test_with_its_page(
    combination: Combination, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_browser()
    made = _extension(sandbox, tmp_path / "extension")
    with _surroundings(sandbox, monkeypatch):
        render(derive(sandbox.slug, image=made.image, **asdict(combination)), made.folder)
    built = made.dext("build", "--json")
    assert built.code == 0, built
    for platform, reference in made.builds.items():
        image = made.docker.image(reference)
        assert f"{image['Os']}/{image['Architecture']}" == platform

    checked = made.dext("check", "--json")
    assert (checked.code, checked.json["findings"]) == (0, []), checked

    smoked = made.dext("smoke", "--no-build", "--json", "--ui", "always", DEXT_SMOKE_SETTLE="0.5")
    assert smoked.code == 0, smoked
    _require_shown(combination, smoked.probes)


def _require_shown(combination: Combination, probes: list[dict[str, str]]) -> None:
    """Every probe passed on each platform that has something for it, the page's own test among them."""
    wanted = {"architecture", "extract", "ui"}
    if combination.backend != NONE:
        wanted |= {"start", "answer", "requests", "steady", "uninstall"}
    if combination.host_binaries == YES:
        wanted |= {"binaries"}
    for platform in PLATFORMS:
        found = {each["name"]: each for each in probes if each["platform"] == platform}
        assert {name for name, each in found.items() if each["outcome"] == "passed"} == wanted
        assert found["ui"]["detail"].endswith(" of tests/ui/test_page.py passed")


@pytest.mark.usefixtures("_images")
@pytest.mark.timeout(900)
def test_one_of_the_first_template_is_released_gets_everything_by_an_upgrade_and_is_released_again(
    sandbox: Sandbox, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_browser()
    made = _extension(sandbox, tmp_path / "extension")
    with _surroundings(sandbox, monkeypatch):
        copy_template(frozen_template(FIRST), made.folder, derive(sandbox.slug, image=made.image), FIRST)
    made.git("init", "--quiet")
    made.edit(".gitignore", "__pycache__", "mine/\n__pycache__")
    made.commit("As the first template made it")
    released = made.release("--version", "1.0.0", "--ui", "never")
    assert released.code == 0, released

    changed = [f"--data={name}={choice}" for name, choice in asdict(EVERYTHING).items()]
    upgraded = made.dext("upgrade", *changed)
    assert upgraded.code == 0, upgraded
    assert "mine/" in (made.folder / ".gitignore").read_text(encoding="utf-8").splitlines()
    made.commit("Everything")
    assert made.dext("upgrade", "--check").code == 0

    again = made.release("--bump", "minor", "--ui", "always", "--json")
    assert again.code == 0, again
    assert registry.versions(made.repository) == {"1.0.0", "1.1.0"}
    assert set(registry.platforms(made.repository, "1.1.0")) == set(PLATFORMS)
    assert (
        again.json["digest"] == registry.digest(made.repository, "latest") == registry.digest(made.repository, "1.1.0")
    )
    assert registry.digest(made.repository, "1.0.0") != again.json["digest"]
