from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .program import SCRIPTS

if TYPE_CHECKING:
    from .extension import Extension
    from .registry import Registry

UNREACHABLE = 20
DEAD = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


@pytest.mark.parametrize("verb", [("build",), ("smoke",), ("release", "--yes")], ids=" ".join)
def test_a_dead_engine_is_said_to_be_dead(extension: Extension, registry: Registry, verb: tuple[str, ...]) -> None:
    done = extension.dext(*verb, **DEAD)
    assert done.code == UNREACHABLE, done
    assert "no Docker engine answers" in done.err
    assert registry.tags(extension.repository) == set()
    assert extension.git("status", "--porcelain") == ""


def test_check_still_checks_the_tree_without_an_engine(extension: Extension) -> None:
    done = extension.dext("check", "--json", **DEAD)
    assert done.code == 0, done
    assert "no Docker engine answers" in done.err

    extension.edit("Dockerfile", 'org.opencontainers.image.title="Scaffold"', 'org.opencontainers.image.title=""')
    done = extension.dext("check", "--json", **DEAD)
    assert done.code == 1, done
    assert "label-empty" in {each["rule"] for each in done.json["findings"]}


def test_without_docker_on_path(extension: Extension, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("git", "timeout", "env"):
        (programs / name).symlink_to(Path(shutil.which(name) or name))
    done = replace(extension.dext, name=str(SCRIPTS / "dext"))("build", PATH=str(programs))
    assert done.code == UNREACHABLE, done
    assert "not on PATH" in done.err


def test_without_buildx(extension: Extension, tmp_path: Path) -> None:
    # Plugins of the system can't be hidden from the real client.
    programs = tmp_path / "programs"
    programs.mkdir()
    docker = programs / "docker"
    real = shutil.which("docker")
    docker.write_text(
        "#!/bin/sh\n"
        'case "$1" in buildx) echo "docker: \'buildx\' is not a docker command." >&2; exit 1;; esac\n'
        f'exec {real} "$@" | sed \'s/"Name":"buildx"/"Name":"hidden"/\'\n',
        encoding="utf-8",
    )
    docker.chmod(0o755)
    done = extension.dext("build", PATH=f"{programs}:{extension.dext.env['PATH']}")
    assert done.code == 22, done
    assert "buildx" in done.err


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("build", "--platform", "linux/pdp11"), 13, "linux/pdp11"),
        (("smoke", "--platform", "amd64/linux/x/y"), 13, "amd64/linux/x/y"),
        (("build", "--dockerfile", "Dockerfile.none"), 10, "Dockerfile.none"),
        (("smoke", "--smoke-timeout", "soon"), 2, "--smoke-timeout"),
        (("smoke", "--no-such-flag"), 2, "no-such-flag"),
    ],
    ids=["no-platform", "odd-platform", "no-dockerfile", "no-seconds", "no-flag"],
)
def test_what_cannot_be_is_refused_at_once(extension: Extension, args: tuple[str, ...], code: int, says: str) -> None:
    done = extension.dext(*args)
    assert done.code == code, done
    assert says in done.err
    assert _untouched(extension)


@pytest.mark.parametrize(
    ("content", "code"), [(None, 11), ("{", 12), ("[]", 12)], ids=["missing", "broken", "no-object"]
)
@pytest.mark.parametrize("verb", [("build",), ("smoke",), ("release", "--yes")], ids=" ".join)
def test_metadata_that_cannot_be_read_stops_every_verb(
    extension: Extension, verb: tuple[str, ...], content: str | None, code: int
) -> None:
    if content is None:
        (extension.folder / "metadata.json").unlink()
    else:
        extension.write("metadata.json", content)
    extension.commit("Break it")
    done = extension.dext(*verb)
    assert done.code == code, done
    assert _untouched(extension)


def test_a_failing_step_of_a_build_is_shown(extension: Extension) -> None:
    extension.write("Dockerfile", "FROM busybox:1.37\nRUN echo before it fails && exit 9\n")
    extension.commit("Break the build")
    done = extension.dext("build", "--platform", "linux/amd64")
    assert done.code == 25, done
    assert "before it fails" in done.err
    assert "exit code: 9" in done.err


def _untouched(extension: Extension) -> bool:
    return not extension.built()
