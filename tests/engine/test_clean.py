"""Builds pile up in an engine of each store; clearing them away takes all of one extension's, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dext_tasks.formats.oci.reference import Reference
from dext_tasks.release.staging import staging_reference

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension

AMD64 = "linux/amd64"


def nameless(extension: Extension) -> set[str]:
    return set(extension.docker.run("image", "ls", "--quiet", "--no-trunc", "--filter", "dangling=true").split())


def test_everything_of_an_extension_goes(stored: Extension, tmp_path: Path) -> None:
    others, state = nameless(stored), {"XDG_STATE_HOME": str(tmp_path / "state")}
    ids = []
    for text in ("first", "second"):
        stored.write("ui/note.txt", text)
        assert stored.dext("build", "--platform", AMD64, **state).code == 0
        ids.append(stored.docker.image(stored.builds[AMD64])["Id"])
    staging = str(staging_reference(Reference.parse(stored.image), ids[-1]))
    stored.docker.run("image", "tag", ids[-1], staging)
    stored.docker.run("image", "tag", ids[-1], f"{stored.image}:mine")
    # The classic store keeps what a build took the name from. Other tests may build beside this one.
    replaced = (nameless(stored) - others) & set(ids)
    assert replaced <= {ids[0]}

    shown = stored.dext("clean", "--dry-run", "--json", **state)
    assert shown.code == 0, shown
    names = {each["name"] for each in shown.json["removed"] if each["kind"] != "of a run that ended"}
    assert names == {stored.builds[AMD64], staging, *(each[7:19] for each in replaced)}
    assert set(stored.docker.references()) >= {stored.builds[AMD64], staging}

    done = stored.dext("clean", **state)
    assert done.code == 0, done
    assert "removed; freed" in done.out
    assert not {stored.builds[AMD64], staging} & set(stored.docker.references())
    assert f"{stored.image}:mine" in stored.docker.references()
    assert not (nameless(stored) - others) & set(ids)
    assert "removed" not in stored.dext("clean", **state).out
    stored.docker.run("image", "rm", f"{stored.image}:mine")


@pytest.mark.skipif(sys.platform != "linux", reason="leases are told on Linux")
def test_what_another_process_tests_stays(extension: Extension) -> None:
    assert extension.dext("build", "--platform", AMD64).code == 0
    holds = "import sys; from dext_tasks.engine.engine import Engine; Engine.use_builds(sys.argv[1]); print(); input()"
    repository = extension.builds[AMD64].rpartition(":")[0]
    with subprocess.Popen(
        [sys.executable, "-c", holds, repository],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ},
        text=True,
    ) as other:
        assert other.stdin
        assert other.stdout
        other.stdout.readline()
        kept = extension.dext("clean", "--json").json["kept"]
        assert [each["name"] for each in kept] == [extension.builds[AMD64]]
        other.stdin.close()
    assert extension.dext("clean").code == 0
    assert extension.builds[AMD64] not in extension.docker.references()


def test_an_image_that_a_container_uses_stays(extension: Extension) -> None:
    # An image of the same content has the same id, and one that another test has made may be removed by this name.
    extension.write("ui/own.txt", extension.repository)
    extension.commit("Differ from every other")
    assert extension.dext("build", "--platform", AMD64).code == 0
    reference = extension.builds[AMD64]
    container = extension.docker.run("create", "--name", f"{extension.repository.rpartition('/')[2]}-user", reference)
    try:
        done = extension.dext("clean", "--json")
        assert done.code == 0, done
        assert [each["name"] for each in done.json["kept"]] == [reference]
        assert "container" in done.json["kept"][0]["reason"]
    finally:
        extension.docker.run("rm", container.strip())
