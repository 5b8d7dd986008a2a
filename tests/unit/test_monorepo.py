"""Extensions of one repository keep their versions apart."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from dext_tasks.config.resolve import Layers, resolve
from dext_tasks.errors import ConfigError
from dext_tasks.git import Git
from dext_tasks.monorepo import Sibling, require_own_versions, siblings
from dext_tasks.project import Project
from dext_tasks.release.journal import Journal, Journals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.allow_processes
A, B = "dext: {image: acme/a}\n", "dext: {image: acme/b}\n"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """An empty repository."""
    made = tmp_path / "repository"
    made.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=made, check=True)  # noqa: S607 - whoever's git
    return made


def project(top: Path, folder: str, files: Mapping[str, str], env: Mapping[str, str] | None = None) -> Project:
    """The project in a folder of a repository with these files."""
    for name, text in files.items():
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Project(top / folder, resolve(Layers(top / folder, env or {})).settings)


def test_others_are_found_by_their_settings(top: Path) -> None:
    files = {
        "a/invoke.yaml": A,
        "deep/er/b/invoke.yml": B,
        "c/pyproject.toml": '[tool.dext]\nimage = "acme/c"\n[tool.dext.release]\ntag-prefix = "c-"\n',
        "d/invoke.json": '{"dext": {"image": "ghcr.io/acme/d"}}',
        "e/invoke.yaml": "dext: {smoke: {timeout: 1}}\n",
        "f/invoke.yaml": "run: {echo: true}\n",
        "g/invoke.yaml": "dext: {image: acme/g, nonsense: 1}\n",
        "h/invoke.yaml": "dext: {image: 'acme/h:1.0.0'}\n",
        "ignored/invoke.yaml": "dext: {image: acme/ignored}\n",
        ".gitignore": "ignored/\n",
        "pyproject.toml": "[project]\nname = 'dext-things'\n",
    }
    ours = project(top, "a", files)
    assert siblings(ours, Git(ours.root)) == (
        Sibling("c", "acme/c", "c-"),
        Sibling("d", "ghcr.io/acme/d", "d/v"),
        Sibling("deep/er/b", "acme/b", "deep/er/b/v"),
    )


def test_by_default_no_tag_of_one_is_the_others(top: Path) -> None:
    files = {"invoke.yaml": "dext: {image: acme/top}\n", "a/invoke.yaml": A, "b/invoke.yaml": B}
    for folder in (".", "a", "b"):
        ours = project(top, folder, files)
        assert len(require_own_versions(ours, Git(ours.root))) == 2


@pytest.mark.parametrize(
    ("ours", "other"),
    [("v", "v"), ("a-v", "a-v"), ("", ""), ("release-", "release-1"), ("release-1", "release-")],
)
def test_a_prefix_that_is_shared_is_told(top: Path, ours: str, other: str) -> None:
    files = {
        f"{name}/invoke.yaml": f"dext: {{image: acme/{name}, release: {{tag-prefix: '{prefix}'}}}}\n"
        for name, prefix in (("a", ours), ("b", other))
    }
    with pytest.raises(ConfigError, match="git tags of the extension in b begin with") as caught:
        require_own_versions(project(top, "a", files), Git(top / "a"))
    assert "`release.tag-prefix` of its own" in caught.value.remedy


@pytest.mark.parametrize(("ours", "other"), [("a-", "b-"), ("", "v"), ("v", "v-b-"), ("v", "a/v")])
def test_prefixes_that_only_look_alike_are_fine(top: Path, ours: str, other: str) -> None:
    files = {
        f"{name}/invoke.yaml": f"dext: {{image: acme/{name}, release: {{tag-prefix: '{prefix}'}}}}\n"
        for name, prefix in (("a", ours), ("b", other))
    }
    assert require_own_versions(project(top, "a", files), Git(top / "a"))


def test_the_top_s_own_default_can_be_taken_by_another(top: Path) -> None:
    files = {
        "invoke.yaml": "dext: {image: acme/top}\n",
        "b/invoke.yaml": "dext: {image: acme/b, release: {tag-prefix: v}}\n",
    }
    for folder in (".", "b"):
        with pytest.raises(ConfigError, match="a version of one would be taken for the other's"):
            require_own_versions(project(top, folder, files), Git(top / folder))


def test_two_that_are_published_as_one_are_told(top: Path) -> None:
    files = {"a/invoke.yaml": A, "b/invoke.yaml": "dext: {image: docker.io/acme/a}\n"}
    with pytest.raises(ConfigError, match="the extension in b is published as acme/a, too"):
        require_own_versions(project(top, "a", files), Git(top / "a"))


def test_all_that_is_shared_is_told_at_once(top: Path) -> None:
    text = "dext: {image: acme/a, release: {tag-prefix: v}}\n"
    with pytest.raises(ConfigError, match="2 settings are shared") as caught:
        require_own_versions(project(top, "a", {"a/invoke.yaml": text, "b/invoke.yaml": text}), Git(top / "a"))
    assert len(caught.value.detail.splitlines()) == 2


def test_a_variable_is_this_one_s_alone(top: Path) -> None:
    files = {"a/invoke.yaml": A, "b/invoke.yaml": B}
    ours = project(top, "a", files, {"DEXT_IMAGE": "localhost:5000/ci/a", "DEXT_RELEASE_TAG_PREFIX": "a-v"})
    assert [each.folder for each in require_own_versions(ours, Git(ours.root))] == ["b"]
    with pytest.raises(ConfigError, match="published as acme/b"):
        require_own_versions(project(top, "a", files, {"DEXT_IMAGE": "acme/b"}), Git(top / "a"))


def test_outside_of_a_repository_there_are_none(tmp_path: Path) -> None:
    ours = project(tmp_path, "a", {"a/invoke.yaml": A, "b/invoke.yaml": A})
    assert require_own_versions(ours, Git(ours.root)) == ()


def test_journals_of_two_images_in_one_folder_are_two(tmp_path: Path) -> None:
    a, b = (project(tmp_path, ".", {"metadata.json": "{}"}, {"DEXT_IMAGE": image}) for image in ("acme/a", "acme/b"))
    Journals.of(a).write(Journal("0.1.0", "acme/a", "c0ffee"))
    Journals.of(b).write(Journal("0.1.0", "acme/b", "c0ffee"))
    assert Journals.of(a).read("0.1.0") == Journal("0.1.0", "acme/a", "c0ffee")
    assert Journals.of(b).of_commit("c0ffee", "acme/b") == (Journal("0.1.0", "acme/b", "c0ffee"),)
