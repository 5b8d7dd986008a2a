"""What a later step needs is asked before the build, of a real git and a real registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .proxy import Answer, proxied

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension
    from .program import Done
    from .registry import Registry

MISSING, CONFIG = 48, 3
GIT = 46


def _require_untouched(extension: Extension, registry: Registry, done: Done, code: int = MISSING) -> None:
    assert done.code == code, done
    assert registry.tags(extension.repository) == set()
    assert extension.git("tag", "--list") == ""
    assert not extension.built()
    assert not (extension.folder / ".dext").exists()


@pytest.mark.parametrize(
    ("settings", "variables", "says"),
    [
        ({}, {"GIT_COMMITTER_NAME": ""}, "in whose name"),
        ({"tag.gpgSign": "true", "gpg.format": "ssh"}, {}, "user.signingkey"),
        ({"tag.gpgSign": "true", "gpg.program": "no-such-gpg"}, {}, "no-such-gpg"),
    ],
    ids=["no identity", "no ssh key", "no gpg"],
)
def test_what_git_misses(
    extension: Extension, registry: Registry, settings: dict[str, str], variables: dict[str, str], says: str
) -> None:
    for key, value in settings.items():
        extension.git("config", key, value)
    done = extension.release(**variables)
    _require_untouched(extension, registry, done)
    assert says in done.err


def test_a_tag_prefix_that_begins_no_tag(extension: Extension, registry: Registry) -> None:
    done = extension.release(DEXT_RELEASE_TAG_PREFIX="v..")
    _require_untouched(extension, registry, done, CONFIG)
    assert "DEXT_RELEASE_TAG_PREFIX" in done.err


def test_a_remote_that_refuses_a_push(extension: Extension, registry: Registry, tmp_path: Path) -> None:
    extension.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    extension.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    extension.git("config", "remote.origin.pushurl", str(tmp_path / "none.git"))
    done = extension.release()
    _require_untouched(extension, registry, done)
    assert "origin would not take the tag v0.1.0" in done.err


def test_a_registry_that_takes_no_push(extension: Extension, registry: Registry) -> None:
    def rule(method: str, path: str) -> Answer | None:
        uploads = method == "POST" and path.endswith("/blobs/uploads/")
        return Answer(403, "DENIED", "requested access to the resource is denied") if uploads else None

    with proxied(registry.address, rule) as address:
        done = extension.release("--image", f"{address}/{extension.repository}")
    _require_untouched(extension, registry, done)
    assert f"does not let anonymous access push to {extension.repository}" in done.err


def test_a_repository_of_another_user_is_not_built_from(extension: Extension, registry: Registry) -> None:
    extension.write("notes.txt", "never added")
    for verb in (("release", "--yes"), ("build",)):
        done = extension.dext(*verb, DEXT_ALLOW_DIRTY="false", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
        assert done.code == GIT, done
        assert f"git config --global --add safe.directory {extension.folder}" in done.err
    assert not extension.built()
    assert registry.tags(extension.repository) == set()


def test_nothing_is_left_of_an_upload_that_was_only_begun(
    extension: Extension, locked_registry: Registry, tmp_path: Path
) -> None:
    image = f"{locked_registry.address}/{extension.repository}"
    (tmp_path / "config.json").write_text(locked_registry.docker_config, encoding="utf-8")
    done = extension.dext("doctor", "--json", "--image", image, DOCKER_CONFIG=str(tmp_path))
    lines = {line["name"]: line for line in done.json["lines"]}
    assert lines["push"]["status"] == "OK"
    stored = tmp_path / "registry" / "data" / "docker" / "registry" / "v2" / "repositories" / extension.repository
    # When an upload was begun, and what came of it; distribution writes a state of its hash anew once both are gone.
    assert [path for path in stored.rglob("*") if path.name in ("startedat", "data")] == []
    assert locked_registry.tags(extension.repository) == set()
