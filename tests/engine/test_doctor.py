from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension
    from .program import Program
    from .registry import Registry


def test_everything_is_well_here(extension: Extension, registry: Registry, tmp_path: Path) -> None:
    extension.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    extension.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    done = extension.dext("doctor", "--json")
    assert done.code == 0, done
    lines = {line["name"]: line for line in done.json["lines"]}
    assert {line["status"] for line in lines.values()} == {"OK"}
    assert {"engine", "buildx", "compose", "runs linux/amd64", "runs linux/arm64", "registry", "git"} <= set(lines)
    assert {"push", "git tag", "git remote"} <= set(lines)
    assert "the engine is on this machine (unix://" in lines["backend"]["found"]
    assert "at their own sockets, tried in" in lines["backend"]["found"]
    assert registry.tags(extension.repository) == set()
    assert extension.git("tag", "--list") == extension.git("ls-remote", "origin") == ""


def test_what_a_release_would_miss_is_told(extension: Extension, locked_registry: Registry, tmp_path: Path) -> None:
    extension.git("remote", "add", "origin", str(tmp_path / "none.git"))
    image = f"{locked_registry.address}/{extension.repository}"
    done = extension.dext("doctor", "--json", "--image", image, DOCKER_CONFIG=str(tmp_path), GIT_COMMITTER_NAME="")
    assert done.code == 65, done
    failed = {line["name"]: line for line in done.json["lines"] if line["status"] == "FAIL"}
    assert {"push", "git tag", "git remote"} <= set(failed)
    assert all(line["remedy"] for line in failed.values())


def test_a_dead_engine_fails_and_the_rest_is_told_all_the_same(extension: Extension) -> None:
    done = extension.dext("doctor", "--json", DOCKER_HOST="unix:///nonexistent/docker.sock")
    assert done.code == 65, done
    statuses = {line["name"]: line["status"] for line in done.json["lines"]}
    assert (statuses["engine"], statuses["git"]) == ("FAIL", "OK")
    # One cause, one row: what only an engine tells is not told of without one.
    assert "buildx" not in statuses
    assert statuses["registry"] == statuses["git"] == "OK"
    assert all(line["remedy"] for line in done.json["lines"] if line["status"] == "FAIL")


def test_outside_of_a_project_the_machine_is_looked_at(dext: Program) -> None:
    done = dext("doctor", "--json")
    assert done.code == 0, done
    assert {line["status"] for line in done.json["lines"] if line["name"] not in ("registry", "git")} == {"OK"}
