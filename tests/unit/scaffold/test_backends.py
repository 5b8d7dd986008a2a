"""What a project is made of: every choice of a backend, and of what stands beside it."""

from __future__ import annotations

import json
import os
import subprocess
from itertools import product
from typing import TYPE_CHECKING

import pytest
import yaml

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.report import check
from dext_tasks.config.settings import Settings
from dext_tasks.project import Project
from dext_tasks.scaffold.answers import CHOICES, NONE, Answers, derive
from dext_tasks.scaffold.render import Scaffolded, render
from dext_tasks.scaffold.repository import without_git
from dext_tasks.scaffold.validation import problems
from dext_tasks.sources.tree import TreeSource
from tests.unit.scaffold.programs import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def _composed() -> Iterator[Answers]:
    parts = ("backend", "compose", "host_binaries")
    for answers in product(*(CHOICES[part] for part in parts)):
        made = derive("hello", image="acme/hello", **dict(zip(parts, answers, strict=True)))
        if not problems(made):
            yield made


COMPOSED = {f"{each.backend}-{'compose' * each.compose}-{'host' * each.host_binaries}": each for each in _composed()}
# What a language brings to test a backend with.
TOOLS = {
    "go": ("gofmt -d .", "go vet ./...", "go test ./..."),
    "python": (
        "ruff format --isolated --no-cache --check .",
        "ruff check --isolated --no-cache .",
        "python -W error -m unittest",
    ),
    "node": ("node --test",),
}
# As the image is built: without C, and with the standard library only.
_GO = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
SERVED = {name: each for name, each in COMPOSED.items() if each.backend != NONE}
HOSTED = next(each for each in COMPOSED.values() if each.host_binaries)
TESTED = [
    pytest.param(
        answers,
        folder,
        command,
        id=f"{answers.backend}{'-compose' * answers.compose}-{folder}: {command}",
        # Of these only python is another with each Python that the tests run on.
        marks=() if command.startswith("python ") else pytest.mark.made,
    )
    for answers, folder, command in (
        *(
            (each, "backend", tool)
            for each in SERVED.values()
            if not each.host_binaries
            for tool in TOOLS[each.backend]
        ),
        *((HOSTED, "host", tool) for tool in TOOLS["go"]),
    )
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Answers], Scaffolded]:
    """Renders each of them once."""
    done: dict[Answers, Scaffolded] = {}

    def make(answers: Answers) -> Scaffolded:
        if answers not in done:
            done[answers] = render(answers, tmp_path_factory.mktemp("made") / "hello", git=without_git)
        return done[answers]

    return make


@pytest.mark.parametrize("answers", COMPOSED.values(), ids=COMPOSED)
def test_no_desktop_has_anything_to_say(made: Callable[[Answers], Scaffolded], answers: Answers) -> None:
    tree = TreeSource(Project(made(answers).path, Settings(image=answers.image)), "")
    rules = (*RULES, *(rule for portable in PORTABILITY.values() for rule in portable))
    assert [str(each) for each in check([tree], rules).findings] == []


@pytest.mark.parametrize("answers", SERVED.values(), ids=SERVED)
def test_the_page_s_backend_is_what_the_compose_file_starts(
    made: Callable[[Answers], Scaffolded], answers: Answers
) -> None:
    folder = made(answers).path
    vm = json.loads((folder / "metadata.json").read_bytes())["vm"]
    copied, _, name = vm["composefile"].rpartition("/")
    assert f"\nCOPY {name} {copied}/\n" in (folder / "Dockerfile").read_text()
    services = yaml.safe_load((folder / name).read_text())["services"]
    own = [service for service in services.values() if service["image"] == "${DESKTOP_PLUGIN_IMAGE}"]
    assert own == [services["backend"]]
    assert all(service["read_only"] for service in services.values())


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Where go keeps what it has compiled: the same for all processes that tests run in, which it is made for."""
    base = tmp_path_factory.getbasetemp()
    # https://pytest-xdist.readthedocs.io/en/stable/how-to.html#making-session-scoped-fixtures-execute-only-once
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "go"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.allow_processes
@pytest.mark.parametrize(("answers", "folder", "command"), TESTED)
def test_programs_pass_the_tests_of_their_language(
    made: Callable[[Answers], Scaffolded], cache: Path, answers: Answers, folder: str, command: str
) -> None:
    name, *arguments = command.split()
    done = subprocess.run(  # noqa: S603 - one of TOOLS
        [program(name), *arguments],
        cwd=made(answers).path / folder,
        env=os.environ | _GO | {"GOCACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # gofmt ends well whatever it finds.
    assert name != "gofmt" or not done.stdout, done.stdout


def test_the_page_calls_the_program_that_is_installed(made: Callable[[Answers], Scaffolded]) -> None:
    folder = made(HOSTED).path
    # Go names what it builds like the module, with .exe for Windows.
    name = (folder / "host" / "go.mod").read_text().split()[1]
    [listed] = json.loads((folder / "metadata.json").read_bytes())["host"]["binaries"]
    assert {system: [each["path"] for each in programs] for system, programs in listed.items()} == {
        "darwin": [f"/host/darwin/{name}"],
        "linux": [f"/host/linux/{name}"],
        "windows": [f"/host/windows/{name}.exe"],
    }
    assert f'"win32" ? "{name}.exe" : "{name}"' in (folder / "ui" / "app.js").read_text()
    assert "for os in darwin linux windows; do" in (folder / "Dockerfile").read_text()


def test_without_a_backend_nothing_says_that_there_is_one(made: Callable[[Answers], Scaffolded]) -> None:
    [answers] = [each for each in COMPOSED.values() if each.backend == NONE and not each.host_binaries]
    files = made(answers)
    texts = {
        path.as_posix(): (files.path / path).read_text(encoding="utf-8")
        for path in files.files
        if path.suffix != ".png"
    }
    del texts[".copier-answers.yml"]
    saying = [name for name, text in texts.items() if "backend" in text.lower()]
    assert saying == []
