from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.extension.labels import REQUIRED
from dext_tasks.extension.version import as_version

from .extension import PLATFORMS

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension
    from .registry import Registry


def test_build_loads_every_platform_under_local_tags(stored: Extension) -> None:
    done = stored.dext("build", "--json")
    assert done.code == 0, done
    assert {image["platform"]: image["reference"] for image in done.json["images"]} == stored.builds
    for platform, reference in stored.builds.items():
        image = stored.docker.image(reference)
        assert f"{image['Os']}/{image['Architecture']}" == platform
        assert image["Id"] in {each["digest"] for each in done.json["images"]}
        # Desktops offer local semver tags as updates of what is installed.
        assert as_version(reference.rpartition(":")[2]) is None


def test_a_built_scaffold_passes_check_and_smoke_test(stored: Extension) -> None:
    assert stored.dext("build").code == 0
    checked = stored.dext("check", "--json")
    assert (checked.code, checked.json["findings"]) == (0, []), checked
    assert "label-missing" not in {each["rule"] for each in checked.json["not_run"]}

    smoked = stored.dext("smoke", "--no-build", "--json")
    assert smoked.code == 0, smoked
    found = {each["platform"]: each for each in smoked.json["platforms"]}
    assert set(found) == set(PLATFORMS)
    assert {each["runs"] for each in found.values()} == {"native", "emulated"}
    for each in found.values():
        assert [probe["outcome"] for probe in each["probes"]] == ["passed"] * 6, smoked


def test_release_publishes_exactly_what_was_tested(stored: Extension, registry: Registry) -> None:
    commit = stored.git("rev-parse", "HEAD")
    done = stored.release("--json")
    assert done.code == 0, done
    name = stored.repository

    assert registry.versions(name) == {"0.1.0"}
    index = registry.digest(name, "0.1.0")
    assert done.json["digest"] == registry.digest(name, "latest") == index
    platforms = registry.platforms(name, "0.1.0")
    assert platforms == done.json["platforms"]
    assert set(platforms) == set(PLATFORMS)
    for platform, digest in platforms.items():
        tested = stored.docker.image(stored.builds[platform])["Id"]
        assert tested in {digest, registry.manifest(name, digest)["config"]["digest"]}
        config = registry.config(name, digest)
        labels = config["config"]["Labels"]
        assert f"{config['os']}/{config['architecture']}" == platform
        assert [label for label in REQUIRED if not labels.get(label)] == []
        assert labels["org.opencontainers.image.revision"] == commit
        assert labels["org.opencontainers.image.version"] == "0.1.0"

    assert stored.git("rev-list", "-n1", "v0.1.0") == commit
    assert f"{stored.image}:0.1.0@{index}" in stored.git("tag", "--list", "--format=%(contents)", "v0.1.0")
    assert stored.git("status", "--porcelain") == ""


def test_release_again_changes_nothing_and_the_next_one_moves_latest(stored: Extension, registry: Registry) -> None:
    name = stored.repository
    assert stored.release().code == 0
    first = registry.digest(name, "0.1.0")

    again = stored.release("--json")
    assert again.code == 0, again
    assert {step["status"] for step in again.json["steps"]} <= {"done", "skipped"}
    assert again.json["digest"] == registry.digest(name, "0.1.0") == first
    # Not even with a bump: this commit is released.
    assert stored.release("--bump", "minor").code == 0
    assert registry.versions(name) == {"0.1.0"}

    stored.write("ui/style.css", "body { color: red }\n")
    stored.commit("A change")
    following = stored.release("--bump", "minor")
    assert following.code == 0, following
    assert registry.versions(name) == {"0.1.0", "0.2.0"}
    assert registry.digest(name, "0.1.0") == first
    assert registry.digest(name, "latest") == registry.digest(name, "0.2.0") != first


def test_a_prerelease_leaves_latest_alone(extension: Extension, registry: Registry) -> None:
    name = extension.repository
    assert extension.release("--version", "1.0.0").code == 0
    stable = registry.digest(name, "1.0.0")

    extension.write("ui/style.css", "body { color: red }\n")
    extension.commit("A change")
    done = extension.release("--version", "1.1.0-rc.1")
    assert done.code == 0, done
    assert registry.versions(name) == {"1.0.0", "1.1.0-rc.1"}
    assert registry.digest(name, "latest") == stable


def test_release_pushes_the_git_tag_to_the_remote(extension: Extension, registry: Registry, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    extension.git("init", "--quiet", "--bare", str(remote))
    extension.git("remote", "add", "origin", str(remote))
    done = extension.release(DEXT_RELEASE_LATEST="false")
    assert done.code == 0, done
    assert "v0.1.0" in extension.git("ls-remote", "--tags", "origin")
    assert "latest" not in registry.tags(extension.repository)


def test_a_dry_run_changes_nothing(extension: Extension, registry: Registry) -> None:
    done = extension.dext("release", "--dry-run", "--json")
    assert done.code == 0, done
    assert {step["step"] for step in done.json["steps"] if step["status"] == "todo"} >= {"build", "smoke", "index"}
    assert registry.tags(extension.repository) == set()
    assert extension.git("tag", "--list") == ""
    assert not (set(extension.builds.values()) & set(extension.docker.references()))
    assert done.json["obstacles"] == []
