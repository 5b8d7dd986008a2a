from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from .registry import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension
    from .registry import Registry

NOT_GREATER = 41
DIRTY = 42
ALREADY_PUBLISHED = 43
UNREACHABLE = 30
NOT_GRANTED = 52


@pytest.mark.parametrize(("file", "change"), [("README.md", "changed"), ("notes.txt", "never added")])
def test_a_dirty_tree_is_not_released(extension: Extension, registry: Registry, file: str, change: str) -> None:
    extension.write(file, change)
    done = extension.release()
    assert done.code == DIRTY, done
    assert file in done.err
    _nothing_happened(extension, registry)


def test_a_registry_that_does_not_answer_stops_before_the_build(extension: Extension, registry: Registry) -> None:
    done = extension.release("--image", f"localhost:{free_port()}/{extension.repository}")
    assert done.code == UNREACHABLE, done
    _nothing_happened(extension, registry)


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]], ids=["for real", "dry run"])
def test_a_missing_grant_stops_before_the_build(extension: Extension, registry: Registry, arguments: list[str]) -> None:
    extension.edit(".dockerignore", "!backend\n", "!backend\n!docker-compose.yaml\n")
    extension.write(
        "Dockerfile", (extension.folder / "Dockerfile").read_text(encoding="utf-8") + "COPY docker-compose.yaml /\n"
    )
    extension.edit_metadata(vm={"composefile": "/docker-compose.yaml"})
    extension.write(
        "docker-compose.yaml",
        "services: {a: {image: '${DESKTOP_PLUGIN_IMAGE}', privileged: true, volumes: ['/run/docker.sock:/s']}}\n",
    )
    extension.commit("Ask for the engine")
    done = extension.release(*arguments)
    assert done.code == NOT_GRANTED, done
    assert "--allow privileged --allow engine-socket" in " ".join(done.err.split())
    assert "--smoke-start-optional" in done.err
    _nothing_happened(extension, registry)


def _nothing_happened(extension: Extension, registry: Registry) -> None:
    assert registry.tags(extension.repository) == set()
    assert extension.git("tag", "--list") == ""
    assert not extension.built()


def test_a_published_version_is_never_replaced(extension: Extension, registry: Registry) -> None:
    name = extension.repository
    first = extension.git("rev-parse", "HEAD")
    assert extension.release("--version", "1.0.0").code == 0
    published = registry.digest(name, "1.0.0")
    second = extension.commit("A change")

    # As in a fresh clone: neither the journal nor the tag says that it was ever released.
    extension.git("tag", "--delete", "v1.0.0")
    done = extension.release("--version", "1.0.0")
    assert done.code == ALREADY_PUBLISHED, done
    assert [text for text in (published, first, second) if text not in done.err] == []

    smaller = extension.release("--version", "0.9.0")
    assert smaller.code == NOT_GREATER, smaller
    assert "1.0.0" in smaller.err

    assert registry.versions(name) == {"1.0.0"}
    assert registry.digest(name, "1.0.0") == registry.digest(name, "latest") == published
    assert extension.git("tag", "--list") == ""


@pytest.mark.parametrize("where", ["the same clone", "another clone"])
def test_two_at_once_are_one_release(extension: Extension, registry: Registry, tmp_path: Path, where: str) -> None:
    """One machine, one engine: the second waits for its turn, and finds everything done."""
    name = extension.repository
    second = extension
    if where == "another clone":
        clone = tmp_path / "clone"
        extension.git("clone", "--quiet", str(extension.folder), str(clone))
        second = replace(extension, folder=clone, dext=replace(extension.dext, folder=clone))
        second.git("remote", "remove", "origin")
    with extension.dext.start("release", "--yes", "--version", "0.1.0", DEXT_SMOKE_SETTLE="0.2") as running:
        running.wait_for("-> build")
        waiting = second.release("--bump", "minor", "--json")
        first = running.end(60)
    assert first.code == 0, first
    assert waiting.code == 0, waiting
    assert "waits until it has ended" in waiting.err
    assert waiting.json["digest"] == registry.digest(name, "0.1.0") == registry.digest(name, "latest")
    assert registry.versions(name) == {"0.1.0"}
    assert [each.git("tag", "--list") for each in (extension, second)] == ["v0.1.0"] * 2


def test_a_version_goes_on_from_the_registry_where_the_journal_is_lost(
    extension: Extension, registry: Registry
) -> None:
    name = extension.repository
    assert extension.release().code == 0
    published = registry.digest(name, "0.1.0")
    extension.git("tag", "--delete", "v0.1.0")
    extension.git("clean", "-xfd", "--quiet")

    done = extension.release("--json")
    assert done.code == 0, done
    assert done.json["digest"] == registry.digest(name, "0.1.0") == published
    assert extension.git("tag", "--list") == "v0.1.0"


@pytest.mark.parametrize(
    ("flags", "code"),
    [(("--version", "1.2"), 40), (("--version", "1.0.0+build"), 40), (("--bump", "huge"), 2)],
    ids=["no-semver", "build-metadata", "no-bump"],
)
def test_a_version_that_cannot_be_is_refused(
    extension: Extension, registry: Registry, flags: tuple[str, str], code: int
) -> None:
    done = extension.release(*flags)
    assert done.code == code, done
    _nothing_happened(extension, registry)


def test_nobody_to_ask_is_no_consent(extension: Extension, registry: Registry) -> None:
    done = extension.dext("release")
    assert done.code == 47, done
    assert "--yes" in done.err
    _nothing_happened(extension, registry)


def test_what_is_tested_is_published_whoever_moves_the_names_of_builds(
    extension: Extension, registry: Registry
) -> None:
    """While it is tested, somebody gives every name of its images to another one, and back before the push."""
    name, docker = extension.repository, extension.docker
    other = "dext-build/other:of-nobody"
    docker.run("tag", "busybox:1.37", other)
    with extension.dext.start("release", "--yes", "--json", DEXT_SMOKE_SETTLE="0.2") as running:
        running.wait_for("-> smoke")
        names = [each for each in docker.references(name.replace("/", "_")) if each.startswith("dext-build/")]
        before = {each: docker.image(each)["Id"] for each in names}
        for each in names:
            docker.run("tag", other, each)
        running.wait_for("-> push")
        for each, image in before.items():
            docker.run("tag", image, each)
        done = running.end(60)
    docker.run("image", "rm", other)
    assert done.code == 0, done
    journal = json.loads(next(extension.folder.glob(".dext/releases/*/*.json")).read_text(encoding="utf-8"))
    tested = {platform: each["image"] for platform, each in journal["tested"].items()}
    assert set(tested.values()) == set(before.values())
    published = registry.platforms(name, "0.1.0")
    if not docker.has_containerd_store():
        published = {each: registry.manifest(name, it)["config"]["digest"] for each, it in published.items()}
    assert published == tested
    assert extension.built() == set(extension.builds.values())
    assert not [each for each in docker.references(name.replace("/", "_")) if "-run-" in each]


@pytest.mark.parametrize("meanwhile", ["edited", "another commit checked out"])
def test_what_is_released_is_the_commit_that_was_planned(
    extension: Extension, registry: Registry, meanwhile: str
) -> None:
    name = extension.repository
    whole = (extension.folder / "Dockerfile").read_text(encoding="utf-8")
    words = {word: f"{whole}LABEL org.example.word={word}\n" for word in ("before", "released", "edited")}
    extension.write("Dockerfile", words["before"])
    extension.commit("before")
    extension.write("Dockerfile", words["released"])
    commit = extension.commit("released")
    with extension.dext.start("release", "--yes", DEXT_SMOKE_SETTLE="0.2") as running:
        running.wait_for("Release of")
        if meanwhile == "edited":
            extension.write("Dockerfile", words["edited"])
        else:
            extension.git("checkout", "--quiet", "HEAD~1")
        done = running.end(120)
    assert done.code == 0, done
    labels = [registry.config(name, each)["config"]["Labels"] for each in registry.platforms(name, "0.1.0").values()]
    assert [each["org.example.word"] for each in labels] == ["released", "released"]
    assert {each["org.opencontainers.image.revision"] for each in labels} == {commit}
    assert extension.git("rev-parse", "v0.1.0^{commit}") == commit
    assert extension.git("worktree", "list").count("\n") == 0


def test_a_failed_smoke_test_publishes_nothing(extension: Extension, registry: Registry) -> None:
    extension.edit("Dockerfile", 'ENTRYPOINT ["/service"', 'ENTRYPOINT ["/service", "-no-such-flag"')
    extension.commit("Break it")
    done = extension.release()
    assert done.code == 50, done
    assert "flag provided but not defined" in done.err
    assert registry.tags(extension.repository) == set()
    assert extension.git("tag", "--list") == ""


def test_a_dirty_tree_is_not_built_unless_allowed(extension: Extension) -> None:
    extension.write("notes.txt", "never added")
    for verb in ("build", "smoke"):
        done = extension.dext(verb, "--platform", "linux/amd64", DEXT_ALLOW_DIRTY="false")
        assert done.code == DIRTY, done
        assert "notes.txt" in done.err
    allowed = extension.dext("build", "--platform", "linux/amd64", "--allow-dirty", DEXT_ALLOW_DIRTY="false")
    assert allowed.code == 0, allowed
