from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NoReturn

import jsonschema
import pytest
import yaml

import dext_tasks
from dext_tasks.checks.catalogue import declared_in
from dext_tasks.checks.rules import text
from dext_tasks.config.settings import OPTIONS, Settings
from dext_tasks.errors import DirectoryNotEmptyError, FileAccessError, ScaffoldError
from dext_tasks.extension import labels
from dext_tasks.formats.dockerfile.document import parse
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.git import NO_REPOSITORY, GitResult
from dext_tasks.project import Project
from dext_tasks.scaffold import render as module
from dext_tasks.scaffold.answers import Answers, derive, recorded
from dext_tasks.scaffold.render import Scaffolded, render
from dext_tasks.scaffold.repository import GitOutcome, without_git
from dext_tasks.scaffold.templates import template_path
from dext_tasks.sources.tree import TreeSource
from dext_tasks.tasks import namespace

TEXT_RULES = declared_in(text)
ROOT = Path(__file__).parents[3]
ANSWERS = derive("hello", image="localhost:5000/acme/hello")
# Everything that means something to one of the formats, in every place it can land.
HOSTILE = derive(
    "a.b_c-1",
    image="ghcr.io/acme/a.b_c-1",
    title="\"Q\" \\ $HOME ${x} <script>alert('1')</script> & größe 🐋 # {{ 7 * 7 }} \\",
    description='- yes: no | %} </title> "\\" ends with a backslash \\',
    vendor='O\'Neil & "Söhne", $1',
    publisher_url="https://acme.example/?a=$b&c='d'",
    repository="https://git.acme.example:8443/~me/a.b",
    category="database",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Scaffolded:
    return render(HOSTILE, tmp_path_factory.mktemp("hostile") / "new", git=without_git)


def test_files_are_those_on_disk(hostile: Scaffolded) -> None:
    on_disk = {path.relative_to(hostile.path) for path in hostile.path.rglob("*") if path.is_file()}
    assert set(hostile.files) == on_disk
    assert {"Dockerfile", "metadata.json", "tasks.py", "ui/index.html", "backend/main.go"} <= {
        path.as_posix() for path in hostile.files
    }


def test_no_file_is_left_to_be_rendered(hostile: Scaffolded) -> None:
    assert not [path for path in hostile.files if "{" in path.name or path.suffix == ".jinja"]


def test_labels_hold_the_answers(hostile: Scaffolded) -> None:
    found = _labels(hostile)
    assert found[labels.TITLE] == HOSTILE.title
    assert found[labels.DESCRIPTION] == HOSTILE.description
    assert found[labels.VENDOR] == HOSTILE.vendor
    assert found[labels.PUBLISHER_URL] == HOSTILE.publisher_url
    assert found[labels.CATEGORIES] == HOSTILE.category


def test_no_required_label_is_missing_or_empty(hostile: Scaffolded) -> None:
    found = _labels(hostile)
    assert [name for name in labels.REQUIRED if not found.get(name, "").strip()] == []


def test_json_labels_are_json_and_link_to_rendered_files(hostile: Scaffolded) -> None:
    found = _labels(hostile)
    raw = f"{HOSTILE.repository}/raw/HEAD/"
    linked = [found[labels.ICON], *(shot["url"] for shot in json.loads(found[labels.SCREENSHOTS]))]
    assert all(url.startswith(raw) for url in linked)
    assert all(Path(url.removeprefix(raw)) in hostile.files for url in linked)
    assert all(link["title"] and link["url"] for link in json.loads(found[labels.ADDITIONAL_URLS]))
    assert all(HOSTILE.title in shot["alt"] for shot in json.loads(found[labels.SCREENSHOTS]))


def test_html_label_shows_the_description(hostile: Scaffolded) -> None:
    assert _text_of(_labels(hostile)[labels.DETAILED_DESCRIPTION]) == HOSTILE.description


def test_metadata_is_valid_and_holds_the_title(hostile: Scaffolded) -> None:
    metadata = json.loads((hostile.path / "metadata.json").read_bytes())
    schema = Path(labels.__file__).with_name("metadata.schema.json").read_bytes()
    jsonschema.validate(metadata, json.loads(schema))
    assert metadata["ui"]["dashboard-tab"]["title"] == HOSTILE.title
    assert Path(metadata["icon"]) in hostile.files
    assert metadata["vm"]["exposes"]["socket"] == metadata["ui"]["dashboard-tab"]["backend"]["socket"]


def test_the_service_listens_where_metadata_says(hostile: Scaffolded) -> None:
    metadata = json.loads((hostile.path / "metadata.json").read_bytes())
    socket = f"/run/guest-services/{metadata['vm']['exposes']['socket']}"
    assert f'"-socket", "{socket}"' in (hostile.path / "Dockerfile").read_text()
    assert f'"{socket}"' in (hostile.path / "backend" / "main.go").read_text()


def test_page_shows_title_and_description(hostile: Scaffolded) -> None:
    page = (hostile.path / "ui" / "index.html").read_text(encoding="utf-8")
    text = _text_of(page)
    assert text.count(HOSTILE.title) == 2  # in <title> and <h1>
    assert HOSTILE.description in text
    assert page.count("<script") == 1  # its own


def test_page_loads_relative_files_only(hostile: Scaffolded) -> None:
    page = _Page()
    page.feed((hostile.path / "ui" / "index.html").read_text(encoding="utf-8"))
    assert page.links
    assert all(Path("ui", link) in hostile.files for link in page.links)


def test_settings_name_the_image_and_only_known_options(hostile: Scaffolded) -> None:
    text = (hostile.path / "invoke.yaml").read_text(encoding="utf-8")
    backend = (hostile.path / "backend" / "main.go").read_text(encoding="utf-8")
    settings = yaml.safe_load(text)["dext"]
    (request,) = settings.pop("smoke")["requests"]
    assert settings == {"image": HOSTILE.image}
    assert f'"GET {request["path"]}"' in backend
    assert f'"{request["json"]["message"]}"' in backend
    everything = yaml.safe_load(re.sub(r"(?m)^((?:  )+)# (?=(  )*[a-z-]+:)", r"\1", text))
    known = {option.key for option in OPTIONS}
    offered = set(_keys(everything["dext"]))
    assert offered <= known
    assert {"image", "platforms", "build.args", "smoke.timeout", "release.tag-prefix"} <= offered


def test_answers_are_recorded_without_a_path_of_this_machine(hostile: Scaffolded) -> None:
    text = (hostile.path / ".copier-answers.yml").read_text(encoding="utf-8")
    assert recorded(text) == HOSTILE
    assert yaml.safe_load(text) == {
        "_template": "extension",
        "_template_version": dext_tasks.__version__,
        **asdict(HOSTILE),
    }
    machine = (str(Path(__file__).parents[3]), str(hostile.path.parent), "_src_path")
    leaks = [
        path for path in hostile.files for place in machine if place.encode() in (hostile.path / path).read_bytes()
    ]
    assert leaks == []


def test_the_builder_gets_what_the_dockerfile_copies(hostile: Scaffolded) -> None:
    let_in = {line[1:] for line in (hostile.path / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert let_in == {"metadata.json", "icon.svg", "ui", "backend", "docker-compose.yaml"}
    assert all((hostile.path / name).exists() for name in let_in)


def test_the_changelog_label_tells_what_the_changelog_does(hostile: Scaffolded) -> None:
    changelog = (hostile.path / "CHANGELOG.md").read_text()
    entries = [line.removeprefix("- ") for line in changelog.splitlines() if line.startswith("- ")]
    assert _labels(hostile)[labels.CHANGELOG] == f"<ul>{''.join(f'<li>{entry}</li>' for entry in entries)}</ul>"


def test_the_readme_leads_to_a_release_without_a_finding(hostile: Scaffolded, tmp_path: Path) -> None:
    """Its release section says what to rename; before that the rule says the same, of the same file."""
    readme = (hostile.path / "README.md").read_text(encoding="utf-8")
    assert "Rename `Unreleased` in `CHANGELOG.md` to that version, such as `## [0.1.0] - 2026-01-31`" in readme
    tree = TreeSource(Project(hostile.path, Settings()), "0.1.0")
    [rule] = [each for each in TEXT_RULES if each.code == "changelog-differs"]
    [problem] = rule.ask(tree)
    assert problem.place.file == "CHANGELOG.md"
    renamed = (hostile.path / "CHANGELOG.md").read_text(encoding="utf-8")
    renamed = renamed.replace("## [Unreleased]", "## [Unreleased]\n\n## [0.1.0] - 2026-01-31")
    released = shutil.copytree(hostile.path, tmp_path / "released")
    (released / "CHANGELOG.md").write_text(renamed, encoding="utf-8")
    assert list(rule.ask(TreeSource(Project(released, Settings()), "0.1.0"))) == []


def test_python_files_compile(hostile: Scaffolded) -> None:
    for name in ("tasks.py", "noxfile.py"):
        compile((hostile.path / name).read_text(), name, "exec")


def test_rendering_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        pytest.fail("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert render(ANSWERS, tmp_path / "hello", git=without_git).git is GitOutcome.GIT_MISSING


def test_git_works_before_the_directory_appears(tmp_path: Path) -> None:
    seen: list[tuple[Path, bool]] = []

    def git(arguments: tuple[str, ...], directory: Path) -> GitResult:
        seen.append((directory, (tmp_path / "hello").exists()))
        return GitResult(128, NO_REPOSITORY) if arguments[0] == "rev-parse" else GitResult(0)

    assert render(ANSWERS, tmp_path / "hello", git=git).git is GitOutcome.COMMITTED
    assert not any(existed for _, existed in seen)
    assert {directory.name for directory, _ in seen} == {tmp_path.name, "hello"}


def test_files_are_writable_even_if_the_template_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "template_path", lambda: _template(tmp_path, mode=0o444))
    made = render(ANSWERS, tmp_path / "hello", git=without_git)
    assert (made.path / "file.txt").stat().st_mode & 0o777 == 0o644


def test_caches_in_a_template_are_not_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = shutil.copytree(template_path(), tmp_path / "template")
    for name in ("__pycache__/tasks.cpython-311.pyc", "backend/.DS_Store"):
        (template / "project" / name).parent.mkdir(exist_ok=True)
        (template / "project" / name).write_text("cached")
    monkeypatch.setattr(module, "template_path", lambda: template)
    files = render(ANSWERS, tmp_path / "hello", git=without_git).files
    assert [path for path in files if {"__pycache__", ".DS_Store"}.intersection(path.parts)] == []
    assert Path("tasks.py") in files


def test_an_empty_directory_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "template_path", lambda: _template(tmp_path))
    (tmp_path / "hello").mkdir()
    assert render(ANSWERS, tmp_path / "hello", git=without_git).files == (Path("file.txt"),)


def test_the_current_folder_stays_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "template_path", lambda: _template(tmp_path))
    (tmp_path / "hello").mkdir()
    before = (tmp_path / "hello").stat().st_ino
    monkeypatch.chdir(tmp_path / "hello")
    assert render(ANSWERS, Path(), git=without_git).path == tmp_path / "hello"
    assert (tmp_path / "hello").stat().st_ino == before
    assert [path.name for path in Path().iterdir()] == ["file.txt"]


def test_a_clone_is_filled_and_committed_in_place(tmp_path: Path) -> None:
    (tmp_path / "hello/.git").mkdir(parents=True)
    (tmp_path / "hello/LICENSE").write_text("theirs")
    seen: list[tuple[str, Path]] = []

    def git(arguments: tuple[str, ...], directory: Path) -> GitResult:
        seen.append((arguments[-1] if arguments[0] != "-c" else arguments[2], directory))
        return GitResult(1 if arguments[0] == "rev-parse" else 0)

    made = render(replace(ANSWERS, license="none"), tmp_path / "hello", git=git)
    assert made.git is GitOutcome.COMMITTED
    assert seen == [(word, tmp_path / "hello") for word in ("--version", "HEAD", "--all", "commit")]
    assert {path.name for path in made.path.iterdir()} == {
        ".git",
        "LICENSE",
        *(file.parts[0] for file in made.files),
    }


def test_an_empty_folder_becomes_a_repository_before_it_is_filled(tmp_path: Path) -> None:
    (tmp_path / "hello").mkdir()

    def git(arguments: tuple[str, ...], directory: Path) -> GitResult:
        if "init" in arguments:
            assert directory != tmp_path / "hello"
            (directory / ".git").mkdir()
        return GitResult(128, NO_REPOSITORY) if arguments[0] == "rev-parse" else GitResult(0)

    made = render(ANSWERS, tmp_path / "hello", git=git)
    assert made.git is GitOutcome.COMMITTED
    assert (made.path / ".git").is_dir()
    assert not list(made.path.glob(".dext-new-*"))


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interruption_while_a_folder_is_filled_leaves_it_as_it_was(
    failure: BaseException | type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    replaced, moved = Path.replace, []

    def interrupted(path: Path, target: Path) -> Path:
        if target.parent == tmp_path:
            moved.append(target.name)
            if len(moved) == 3:
                raise failure
        return replaced(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises((KeyboardInterrupt, FileAccessError)):
        render(ANSWERS, tmp_path, git=without_git)
    assert len(moved) == 3
    assert [path.name for path in tmp_path.iterdir()] == [".git"]


def test_what_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "hello").mkdir()

    def git(_arguments: tuple[str, ...], _directory: Path) -> GitResult:
        (tmp_path / "hello/README.md").write_text("theirs")
        return GitResult(-1)

    with pytest.raises(DirectoryNotEmptyError, match=r"README\.md is there already"):
        render(ANSWERS, tmp_path / "hello", git=git)
    assert {path.name: path.read_text() for path in (tmp_path / "hello").iterdir()} == {"README.md": "theirs"}


@pytest.mark.parametrize(
    ("image", "login"),
    [
        ("acme/hello", "docker login"),
        ("ghcr.io/acme/hello", "docker login ghcr.io"),
        ("localhost:5000/acme/hello", "docker login localhost:5000"),
    ],
)
def test_the_readme_s_commands_can_be_run(image: str, login: str, tmp_path: Path) -> None:
    made = render(derive("hello", image=image), tmp_path / "hello", git=without_git)
    readme = (made.path / "README.md").read_text()
    commands = [line.partition("#")[0].strip() for line in readme.splitlines()]
    project = Project(made.path, Settings(image=image))
    assert f"docker extension install {project.local_tag(Platform.parse('linux/amd64'))}" in commands
    assert login in commands
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert f"pip install 'dext-tasks[{','.join(extras)}]'" in commands
    verbs = {command.split()[1] for command in commands if command.startswith("inv ")} - {"--list"}
    assert verbs <= set(namespace.task_names) | set(namespace.collections)
    assert "TAG" not in readme


def test_what_the_answers_file_says_of_itself_holds(hostile: Scaffolded) -> None:
    head = [line for line in (hostile.path / ".copier-answers.yml").read_text().splitlines() if line.startswith("#")]
    assert "`dext upgrade`" in " ".join(head)
    assert "dext upgrade --data" in " ".join(head)
    assert "data" in {each.name for each in namespace["upgrade"].get_arguments()}
    # What copier looks for, and would take for its own: https://copier.readthedocs.io/en/stable/updating/
    assert not {"_src_path", "_commit"} & set(yaml.safe_load((hostile.path / ".copier-answers.yml").read_text()))
    readers = [file for file in hostile.files if b".copier-answers" in (hostile.path / file).read_bytes()]
    assert readers == []


@pytest.mark.parametrize("name", ["notes.txt", ".hidden"])
def test_a_directory_with_files_is_refused_and_kept(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(DirectoryNotEmptyError, match=str(tmp_path)):
        render(ANSWERS, tmp_path, git=without_git)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hello").write_text("mine")
    with pytest.raises(ScaffoldError, match="is a file"):
        render(ANSWERS, tmp_path / "hello", git=without_git)


def test_a_missing_parent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match="No such file or directory") as caught:
        render(ANSWERS, tmp_path / "nowhere" / "hello", git=without_git)
    assert "exists" in caught.value.remedy


def test_a_name_too_long_for_the_file_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match="File name too long"):
        render(ANSWERS, tmp_path / ("x" * 300), git=without_git)


def test_unusable_answers_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match="title"):
        render(derive("hello", title="Docker"), tmp_path / "hello", git=without_git)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_an_interruption_leaves_nothing(
    interruption: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_source: Path, destination: Path, _answers: Answers) -> NoReturn:
        destination.mkdir()
        (destination / "half").write_text("written")
        raise interruption

    monkeypatch.setattr(module, "copy_template", interrupted)
    with pytest.raises(interruption):
        render(ANSWERS, tmp_path / "hello", git=without_git)
    assert list(tmp_path.iterdir()) == []


# Copier leaves its os.scandir iterator open when rendering fails.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_broken_template_leaves_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = _template(tmp_path, text="{{ name | no_such_filter }}", name="file.txt.jinja")
    monkeypatch.setattr(module, "template_path", lambda: template)
    with pytest.raises(ScaffoldError, match="TemplateAssertionError") as caught:
        render(ANSWERS, tmp_path / "hello", git=without_git)
    assert "no_such_filter" in caught.value.detail
    assert [path.name for path in tmp_path.iterdir()] == ["template"]


def test_a_full_disk_is_said_to_be_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object, **_options: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "ui/app.js")

    monkeypatch.setattr("copier.run_copy", full)
    with pytest.raises(FileAccessError, match=r"ui/app\.js") as caught:
        render(ANSWERS, tmp_path / "hello", git=without_git)
    assert "free some space" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_somebody_faster_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "template_path", lambda: _template(tmp_path))

    def git(_arguments: tuple[str, ...], _directory: Path) -> GitResult:
        (tmp_path / "hello").mkdir()
        (tmp_path / "hello" / "theirs").write_text("theirs")
        return GitResult(-1)

    with pytest.raises(DirectoryNotEmptyError):
        render(ANSWERS, tmp_path / "hello", git=git)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hello", "template"]
    assert [path.name for path in (tmp_path / "hello").iterdir()] == ["theirs"]


def _labels(made: Scaffolded) -> dict[str, str]:
    return parse((made.path / "Dockerfile").read_bytes()).labels()


def _template(parent: Path, *, text: str = "text\n", name: str = "file.txt", mode: int = 0o644) -> Path:
    (parent / "template").mkdir()
    (parent / "template" / "copier.yml").write_text("name: {type: str}\n")
    (parent / "template" / name).write_text(text)
    (parent / "template" / name).chmod(mode)
    return parent / "template"


def _keys(settings: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, value in settings.items():
        nested = isinstance(value, dict) and value
        found.extend(_keys(value, f"{prefix}{key}.") if nested else [f"{prefix}{key}"])
    return found


def _text_of(html: str) -> str:
    page = _Page()
    page.feed(html)
    page.close()
    return page.text


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.links.extend(value for name, value in attrs if name in {"src", "href"} and value)

    def handle_data(self, data: str) -> None:
        self.text += data
