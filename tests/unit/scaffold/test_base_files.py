"""What every new extension has: a licence, settings of editors, the commit hook, what proposes updates, a page test."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dext_tasks import __version__
from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.git import run_git
from dext_tasks.scaffold.answers import CHOICES, NONE, derive
from dext_tasks.scaffold.render import render
from dext_tasks.scaffold.repository import without_git

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.made

ROOT = Path(__file__).parents[3]
VENDOR = 'O\'Neil & "Söhne" {{ 7 * 7 }} $1 <b>'
LICENSES = [each for each in CHOICES["license"] if each != NONE]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Renders an extension of some answers."""

    def made(**answers: str) -> Path:
        return render(derive("hello", image="acme/hello", **answers), tmp_path / "hello", git=without_git).path

    return made


@pytest.mark.allow_processes
def test_the_report_of_a_smoke_test_is_in_no_release_s_way(make: Callable[..., Path]) -> None:
    folder = make()
    run_git(("init", "--quiet"), folder)
    # As README.md and docs/index.md call it.
    named = ("smoke.html", ".dext/report.json", "ui/smoke.html")
    assert run_git(("check-ignore", *named), folder).output.split() == ["smoke.html", ".dext/report.json"]


@pytest.mark.parametrize("license_", LICENSES)
def test_a_licence_names_who_grants_it_and_since_when(license_: str, make: Callable[..., Path]) -> None:
    folder = make(license=license_, vendor=VENDOR, year="2026")
    text = (folder / "LICENSE").read_text(encoding="utf-8")
    assert {
        "MIT": "MIT License",
        "Apache-2.0": "Apache License",
        "BSD-3-Clause": "BSD 3-Clause License",
        "MPL-2.0": "Mozilla Public License Version 2.0",
    }[license_] in text
    assert (f"Copyright (c) 2026 {VENDOR}\n" in text) is (license_ != "MPL-2.0")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    labels = parse((folder / "Dockerfile").read_text(encoding="utf-8")).labels()
    assert labels["org.opencontainers.image.licenses"] == license_


def test_a_notice_may_have_no_year(make: Callable[..., Path]) -> None:
    assert "Copyright (c) Acme\n" in (make(vendor="Acme", year="") / "LICENSE").read_text()


def test_apache_s_is_the_one_of_this_project(make: Callable[..., Path]) -> None:
    made = (make(license="Apache-2.0", vendor="Acme", year="2026") / "LICENSE").read_text()
    ours = (ROOT / "LICENSE").read_text().replace("[yyyy] [name of copyright owner]", "(c) 2026 Acme")
    assert made == ours


def test_without_a_licence_there_is_no_file_and_no_label(make: Callable[..., Path]) -> None:
    folder = make(license="none")
    assert not (folder / "LICENSE").exists()
    assert "image.licenses" not in (folder / "Dockerfile").read_text()


def test_the_commit_hook_is_ours_at_the_version_that_made_it(make: Callable[..., Path]) -> None:
    (repository,) = yaml.safe_load((make() / ".pre-commit-config.yaml").read_bytes())["repos"]
    (hook,) = repository["hooks"]
    (ours,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_bytes())
    assert repository["repo"] == "local"
    assert hook.pop("additional_dependencies") == [f"dext-tasks=={__version__}"]
    del ours["description"]
    assert hook == ours


def test_editors_indent_as_the_files_are_indented(make: Callable[..., Path]) -> None:
    folder = make()
    read = configparser.ConfigParser()
    read.read_string("[top]\n" + (folder / ".editorconfig").read_text())
    assert read["top"]["root"] == "true"
    assert {name: read[name].get("indent_size") for name in ("*", "*.py")} == {"*": "2", "*.py": "4"}
    assert read["{*.go,go.mod}"]["indent_style"] == "tab"
    texts = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".png"]
    assert [path.name for path in texts if b"\r" in path.read_bytes() or not path.read_bytes().endswith(b"\n")] == []
    assert [path.name for path in texts if path.suffix != ".go" and b"\t" in path.read_bytes()] == []


def test_every_line_ends_the_same_on_every_machine(make: Callable[..., Path]) -> None:
    lines = (make() / ".gitattributes").read_text().splitlines()
    assert "* text=auto eol=lf" in lines
    assert "*.png binary" in lines


@pytest.mark.parametrize(
    ("answers", "ecosystems"),
    [
        ({}, {("docker", "/")}),
        ({"ci": "github"}, {("docker", "/"), ("github-actions", "/")}),
        *([({"frontend": "react"}, {("docker", "/"), ("npm", "/ui")})] if "react" in CHOICES["frontend"] else []),
        *([({"compose": "yes"}, {("docker", "/"), ("docker-compose", "/")})] if "yes" in CHOICES["compose"] else []),
    ],
)
def test_dependabot_looks_wherever_something_is_pinned(
    answers: dict[str, str], ecosystems: set[tuple[str, str]], make: Callable[..., Path]
) -> None:
    written = yaml.safe_load((make(updates="dependabot", **answers) / ".github" / "dependabot.yml").read_bytes())
    assert {(each["package-ecosystem"], each["directory"]) for each in written["updates"]} == ecosystems


def test_renovate_waits_before_it_proposes(make: Callable[..., Path]) -> None:
    settings: dict[str, Any] = json.loads((make(updates="renovate") / "renovate.json").read_bytes())
    assert settings["minimumReleaseAge"] == "7 days"


@pytest.mark.parametrize("ci", CHOICES["ci"])
def test_renovate_finds_dext_tasks_wherever_it_is_pinned(ci: str, make: Callable[..., Path]) -> None:
    folder = make(updates="renovate", ci=ci)
    (manager,) = json.loads((folder / "renovate.json").read_bytes())["customManagers"]
    assert manager["datasourceTemplate"] == "pypi"
    # As Renovate reads them: between slashes, and with names of groups that Python writes otherwise.
    files = [each.strip("/") for each in manager["managerFilePatterns"]]
    (line,) = (each.replace("(?<", "(?P<") for each in manager["matchStrings"])
    texts = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix in {".yaml", ".yml"}
    }
    pinned = {
        name: text
        for name, path in texts.items()
        if "dext-tasks[" in (text := path.read_text()) or "dext-tasks==" in text
    }
    assert len(pinned) == {"none": 1, "github": 3, "gitlab": 2}[ci]
    for name, text in pinned.items():
        assert any(re.search(pattern, name) for pattern in files), name
        found = [match.groupdict() for match in re.finditer(line, text)]
        assert found == [{"depName": "dext-tasks", "currentValue": __version__}], name


@pytest.mark.parametrize(
    ("answers", "pinned"),
    [
        ({}, "images"),
        ({"frontend": "react"}, "images and npm packages"),
        ({"frontend": "react", "ci": "github"}, "images, npm packages and actions"),
    ],
)
def test_what_proposes_updates_is_said_to_propose_no_more_than_it_can(
    answers: dict[str, str], pinned: str, make: Callable[..., Path]
) -> None:
    folder = make(updates="dependabot", **answers)
    for file in ("README.md", ".github/dependabot.yml"):
        text = (folder / file).read_text()
        assert f"roposes newer versions of {pinned}" in text
        assert "`dext upgrade` brings" in text


def test_nothing_proposes_updates_unless_it_is_chosen(make: Callable[..., Path]) -> None:
    folder = make(updates="none", ci="github")
    assert not (folder / "renovate.json").exists()
    assert not (folder / ".github" / "dependabot.yml").exists()


def test_the_page_is_tested_by_the_smoke_test(make: Callable[..., Path]) -> None:
    folder = make()
    script = yaml.safe_load((folder / "invoke.yaml").read_bytes())["dext"]["smoke"]["ui"]["script"]
    text = (folder / script).read_text()
    compile(text, script, "exec")
    assert 'page.locator("#backend")' in text
    assert 'id="backend"' in (folder / "ui" / "index.html").read_text()
