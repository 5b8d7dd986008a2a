from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dext_tasks.extension.labels import REQUIRED
from dext_tasks.extension.version import as_version

from .docker import Docker
from .extension import PLATFORMS, Extension
from .member import as_member
from .requirement import require_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .registry import Registry
    from .sandbox import Sandbox


def test_a_scaffold_builds_and_passes_check_and_smoke_test(stored: Extension) -> None:
    built = stored.dext("build", "--json")
    assert built.code == 0, built
    assert {image["platform"]: image["reference"] for image in built.json["images"]} == stored.builds
    for platform, reference in stored.builds.items():
        image = stored.docker.image(reference)
        assert f"{image['Os']}/{image['Architecture']}" == platform
        assert image["Id"] in {each["digest"] for each in built.json["images"]}
        # Desktops offer local semver tags as updates of what is installed.
        assert as_version(reference.rpartition(":")[2]) is None

    checked = stored.dext("check", "--json")
    assert (checked.code, checked.json["findings"]) == (0, []), checked
    assert "label-missing" not in {each["rule"] for each in checked.json["not_run"]}

    require_browser()
    files = stored.folder.parent / "report.html", stored.folder.parent / "junit.xml"
    args = ("--no-build", "--json", "--ui", "always", "--report", str(files[0]), "--junit", str(files[1]))
    smoked = stored.dext("smoke", *args, DEXT_SMOKE_SETTLE="0.5")
    assert smoked.code == 0, smoked
    assert all(file.stat().st_size for file in files)
    found = {each["platform"]: each for each in smoked.json["platforms"]}
    assert set(found) == set(PLATFORMS)
    assert {each["runs"] for each in found.values()} == {"native", "emulated"}
    for each in found.values():
        # The template's extension has no host binaries.
        others = {probe["outcome"] for probe in each["probes"] if probe["name"] != "binaries"}
        assert others == {"passed"}, smoked


def test_releases_publish_exactly_what_was_tested(stored: Extension, registry: Registry) -> None:
    name, commit = stored.repository, stored.git("rev-parse", "HEAD")
    done = stored.release("--json")
    assert done.code == 0, done
    assert registry.versions(name) == {"0.1.0"}
    first = registry.digest(name, "0.1.0")
    assert done.json["digest"] == registry.digest(name, "latest") == first
    assert done.json["platforms"] == registry.platforms(name, "0.1.0")
    _require_tested(stored, registry, "0.1.0", commit)
    assert stored.git("rev-list", "-n1", "v0.1.0") == commit
    assert f"{stored.image}:0.1.0@{first}" in stored.git("tag", "--list", "--format=%(contents)", "v0.1.0")
    assert stored.git("status", "--porcelain") == ""

    # Not even with a bump: this commit is released.
    again = stored.release("--json", "--bump", "minor")
    assert again.code == 0, again
    assert {step["status"] for step in again.json["steps"]} <= {"done", "skipped"}
    assert again.json["digest"] == registry.digest(name, "0.1.0") == first
    assert registry.versions(name) == {"0.1.0"}

    stored.write("ui/style.css", "body { color: red }\n")
    stored.write("CHANGELOG.md", '## [0.2.0] - 2026-01-31\n\n### Changed\n\n- It\'s "red" & <b>bold</b>\n')
    commit = stored.commit("A change")
    following = stored.release("--from-changelog")
    assert following.code == 0, following
    assert registry.versions(name) == {"0.1.0", "0.2.0"}
    assert registry.digest(name, "0.1.0") == first
    assert registry.digest(name, "latest") == registry.digest(name, "0.2.0") != first
    _require_tested(stored, registry, "0.2.0", commit)
    for digest in registry.platforms(name, "0.2.0").values():
        config = registry.config(name, digest)
        labels = config["config"]["Labels"]
        told = "<h3>Changed</h3>\n<ul>\n<li>It's &quot;red&quot; &amp; &lt;b&gt;bold&lt;/b&gt;</li>\n</ul>"
        assert labels["com.docker.extension.changelog"] == told
        date = stored.git("show", "--no-patch", "--format=%cI", commit)
        assert labels["org.opencontainers.image.created"] == date
        # So that another machine makes the same image of this commit.
        times = {datetime.fromisoformat(each["created"]) for each in (config, *config["history"])}
        assert times == {datetime.fromisoformat(date)}
    assert 'Changed:\n\n- It\'s "red" &' in stored.git("tag", "--list", "--format=%(contents)", "v0.2.0")


def _require_tested(extension: Extension, registry: Registry, version: str, commit: str) -> None:
    """The index holds the images that are in the engine, for both platforms, with all labels."""
    name = extension.repository
    platforms = registry.platforms(name, version)
    assert set(platforms) == set(PLATFORMS)
    for platform, digest in platforms.items():
        tested = extension.docker.image(extension.builds[platform])["Id"]
        # The classic store names an image by its configuration.
        assert tested in {digest, registry.manifest(name, digest)["config"]["digest"]}
        config = registry.config(name, digest)
        labels = config["config"]["Labels"]
        assert f"{config['os']}/{config['architecture']}" == platform
        assert [label for label in REQUIRED if not labels.get(label)] == []
        assert labels["org.opencontainers.image.revision"] == commit
        assert labels["org.opencontainers.image.version"] == version


@pytest.fixture
def members(scaffold: Path, sandbox: Sandbox, _base_images: None) -> Iterator[Extension]:
    """A scaffolded extension of somebody who may use the engine and is not root."""
    # Not in pytest's own folder, which is closed to all others.
    with tempfile.TemporaryDirectory(prefix="dxm-") as named:
        home = Path(named)
        made = Extension.copy(scaffold, sandbox, home / "extension", Docker())
        yield replace(made, dext=as_member(made.dext, home, home, sandbox.folder))


def test_who_is_not_root_releases_what_is_theirs(members: Extension, registry: Registry) -> None:
    checked = members.dext("check", "--json")
    assert (checked.code, checked.json["findings"]) == (0, []), checked
    released = members.release("--json")
    assert released.code == 0, released
    assert released.json["platforms"] == registry.platforms(members.repository, "0.1.0")
    assert members.git("tag", "--list") == "v0.1.0"
    smoked = members.dext("smoke", "--no-build", "--json", "--platform", PLATFORMS[0], DEXT_SMOKE_SETTLE="0.2")
    assert smoked.code == 0, smoked
    assert {"start", "answer", "requests", "uninstall"} <= {
        probe["name"] for probe in smoked.probes if probe["outcome"] == "passed"
    }


def test_a_prerelease_is_tagged_at_the_remote_and_never_latest(
    extension: Extension, registry: Registry, tmp_path: Path
) -> None:
    remote = tmp_path / "remote.git"
    extension.git("init", "--quiet", "--bare", str(remote))
    extension.git("remote", "add", "origin", str(remote))
    done = extension.release("--version", "1.0.0-rc.1")
    assert done.code == 0, done
    assert registry.versions(extension.repository) == {"1.0.0-rc.1"}
    assert "latest" not in registry.tags(extension.repository)
    assert "refs/tags/v1.0.0-rc.1" in extension.git("ls-remote", "--tags", "origin")


def test_a_dry_run_changes_nothing(extension: Extension, registry: Registry) -> None:
    done = extension.dext("release", "--dry-run", "--json")
    assert done.code == 0, done
    assert {step["step"] for step in done.json["steps"] if step["status"] == "todo"} >= {"build", "smoke", "index"}
    assert registry.tags(extension.repository) == set()
    assert extension.git("tag", "--list") == ""
    assert not extension.built()
    assert done.json["obstacles"] == []
