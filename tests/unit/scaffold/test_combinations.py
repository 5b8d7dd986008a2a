"""Every combination of answers: rendered, formatted, and without a finding under the profile of every desktop."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from dext_tasks.checks.catalogue import PORTABILITY, RULES
from dext_tasks.checks.report import check
from dext_tasks.config.settings import Settings
from dext_tasks.extension import labels
from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.project import Project
from dext_tasks.scaffold.answers import ANSWERS_FILE, CHOICES, Answers, recorded
from dext_tasks.scaffold.render import render
from dext_tasks.scaffold.repository import without_git
from dext_tasks.sources.tree import TreeSource
from tests.unit.scaffold.combinations import CHOSEN, PLAIN, Renderer, every_combination, named, sample
from tests.unit.scaffold.programs import program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.made

EVERY_RULE = (*RULES, *(rule for portable in PORTABILITY.values() for rule in portable))
RENDERER = Renderer()
ROOT = Path(__file__).parents[3]
# Whatever the last line of a file is, it ends, and no file ends with an empty one.
_UNTIDY = re.compile(rb"[ \t]+\n|\r|\n\n\n\n|\n\n\Z|[^\n]\Z|\A\n")


def test_every_two_choices_that_can_be_combined_are() -> None:
    combined = {pair for answers in every_combination() for pair in _pairs(answers)}
    choices = [(name, choice) for name in CHOSEN for choice in CHOICES[name]]
    never = {(one, other) for one, other in product(choices, choices) if one[0] < other[0]} - combined
    contradictions = {(("backend", "none"), ("compose", "yes")), (("ci", "gitlab"), ("updates", "dependabot"))}
    assert never == {pair for pair in contradictions if set(pair) <= set(choices)}


def _pairs(answers: Answers) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    written = answers.written()
    yield from (((one, written[one]), (other, written[other])) for one in CHOSEN for other in CHOSEN if one < other)


@pytest.mark.parametrize("answers", sample(), ids=named)
def test_they_are_what_copier_makes(answers: Answers, tmp_path: Path) -> None:
    made = render(answers, tmp_path / "new", git=without_git)
    assert {path.as_posix(): (made.path / path).read_bytes() for path in made.files} == RENDERER.files(answers)


@pytest.mark.parametrize(("frontend", "backend"), list(product(CHOICES["frontend"], CHOICES["backend"])))
def test_no_desktop_has_anything_to_say(frontend: str, backend: str, tmp_path: Path) -> None:
    store = _Store(tmp_path / "store")
    said = []
    for number, answers in enumerate(every_combination(PLAIN, frontend=frontend, backend=backend)):
        folder = store.folder(tmp_path / str(number), RENDERER.files(answers))
        tree = TreeSource(Project(folder, Settings(image=answers.image)), "")
        said += [f"{named(answers)}: {each}" for each in check([tree], EVERY_RULE).findings]
        shutil.rmtree(folder)
    assert said == []


def test_the_texts_arrive_in_every_combination() -> None:
    for answers in every_combination():
        files = RENDERER.files(answers)
        found = parse(files["Dockerfile"].decode()).labels()
        assert found[labels.TITLE] == answers.title, named(answers)
        assert found[labels.DESCRIPTION] == answers.description, named(answers)
        assert found[labels.VENDOR] == answers.vendor, named(answers)
        assert json.loads(files["metadata.json"])["ui"]["dashboard-tab"]["title"] == answers.title, named(answers)


@pytest.mark.parametrize("answers", sample(), ids=named)
def test_the_answers_are_kept(answers: Answers) -> None:
    assert recorded(RENDERER.files(answers)[ANSWERS_FILE].decode()) == answers


def test_the_readme_lists_only_what_is_there() -> None:
    for answers in every_combination():
        files = RENDERER.files(answers)
        rows = re.findall(r"(?m)^\| (`[^|]+`) \|", files["README.md"].decode())
        listed = {name for row in rows for name in re.findall("`([^`]+)`", row)}
        folders = {f"{parent.as_posix()}/" for path in files for parent in Path(path).parents}
        assert {"Dockerfile", "tests/ui/test_page.py"} <= listed
        assert listed - folders - files.keys() == set(), named(answers)


def test_every_file_is_tidy() -> None:
    """Lines end as they should, and no file holds what a template forgot, or anything of this machine."""
    untidy = []
    for path, content in _distinct():
        if path.endswith(".png"):
            continue
        found = _UNTIDY.search(content)
        if found and not path.endswith(("LICENSE", "package-lock.json")):
            line = content.count(b"\n", 0, found.start()) + 1
            untidy.append(f"{path}:{line}")
        if os.fsencode(ROOT) in content:
            untidy.append(f"{path} names this machine")
        if b"\t" in content and not path.endswith((".go", "go.mod")):
            untidy.append(f"{path} has a tab")
    assert untidy == []


def test_every_file_can_be_read_by_what_it_is_for() -> None:
    for path, content in _distinct():
        if path.endswith(".json") and not path.endswith("tsconfig.json"):
            json.loads(content)
        elif path.endswith((".yml", ".yaml")) and not path.endswith(ANSWERS_FILE):
            yaml.compose(content)
        elif path.endswith(".py"):
            compile(content, path, "exec")


@pytest.mark.allow_processes
@pytest.mark.parametrize(
    ("command", "suffixes"),
    [
        ("ruff check --isolated --quiet --select E,F,I,W,UP,B --ignore E501", (".py",)),
        ("ruff format --isolated --check --quiet", (".py",)),
        ("gofmt -l", (".go",)),
        ("check-jsonschema --builtin-schema vendor.github-workflows", (".github/workflows/*.yml",)),
        ("check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci", (".gitlab-ci.yml",)),
        ("check-jsonschema --builtin-schema vendor.dependabot", ("dependabot.yml",)),
        ("check-jsonschema --builtin-schema vendor.renovate", ("renovate.json",)),
        ("check-jsonschema --builtin-schema vendor.compose-spec", ("docker-compose.yaml",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_file_passes_the_tools_of_its_language(command: str, suffixes: tuple[str, ...], tmp_path: Path) -> None:
    name, *arguments = command.split()
    written = []
    for number, (path, content) in enumerate(_distinct()):
        if any(Path(path).match(f"*{suffix}") for suffix in suffixes):
            written.append(tmp_path / str(number) / path)
            written[-1].parent.mkdir(parents=True)
            written[-1].write_bytes(content)
    assert written
    command_line: list[str | Path] = [program(name), *arguments, *written]
    ended = subprocess.run(command_line, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603 - one of those above
    assert (ended.returncode, ended.stdout if name == "gofmt" else "") == (0, ""), ended.stdout + ended.stderr


@cache
def _distinct() -> list[tuple[str, bytes]]:
    """Each content that a file has in some combination."""
    found = {(path, content) for answers in every_combination() for path, content in RENDERER.files(answers).items()}
    return sorted(found)


class _Store:
    """Writes each content once, however many extensions have it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[bytes, Path] = {}
        folder.mkdir()

    def folder(self, folder: Path, files: Mapping[str, bytes]) -> Path:
        """Make a folder of files."""
        for parent in {folder / Path(path).parent for path in files}:
            parent.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            if content not in self._kept:
                self._kept[content] = self._folder / str(len(self._kept))
                self._kept[content].write_bytes(content)
            os.link(self._kept[content], folder / path)
        return folder
