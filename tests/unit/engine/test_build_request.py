from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.engine.build_request import BuildArguments, BuildRequest
from dext_tasks.errors import ConfigError
from dext_tasks.formats.oci.platform import Platform
from dext_tasks.redaction import secret_values

if TYPE_CHECKING:
    from tests.unit.engine.conftest import FakeDocker

WORD = "sesame-7f3a"


@pytest.fixture
def wanted(tmp_path: Path) -> BuildRequest:
    return BuildRequest(tmp_path, tmp_path / "Dockerfile", Platform("linux", "amd64"), "dext-build/demo:linux-amd64")


def silent(_: str) -> None:
    """Listen to nothing."""


@pytest.fixture(params=[True, False], ids=["memory", "socket"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How arguments reach docker: on Linux, and on macOS."""
    monkeypatch.setattr("dext_tasks.engine.build_request._HAS_FILES_IN_MEMORY", request.param)


@pytest.mark.allow_processes
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    "value", [WORD, "", "a=b", "a,b", "two\nlines", "é \U0001f600", "$(id) `id` %s", "x" * 60_000], ids=lambda v: v[:9]
)
def test_a_value_reaches_docker_as_a_variable_only(docker: FakeDocker, wanted: BuildRequest, value: str) -> None:
    docker.answer("buildx", "build")
    docker.image(wanted.tag)
    docker.engine().build(replace(wanted, args=(("TOKEN", value), ("EMPTY", ""))), silent)
    (call,) = docker.called("buildx", "build")
    assert [word for before, word in pairwise(call) if before == "--build-arg"] == ["TOKEN", "EMPTY"]
    assert not value or not [word for word in call if value in word]
    assert (docker.environments[0]["TOKEN"], docker.environments[0]["EMPTY"]) == (value, "")
    # Nothing but the build gets it, and this process least of all.
    docker.answer("buildx", "inspect")
    docker.engine().builder_driver()
    assert "TOKEN" not in {**os.environ, **docker.environments[-1]}


@pytest.mark.allow_processes
def test_what_a_build_says_of_it_is_not_shown(docker: FakeDocker, wanted: BuildRequest) -> None:
    docker.answer("buildx", "build", err=f"#5 the token is {WORD}\n")
    docker.image(wanted.tag)
    lines: list[str] = []
    secrets = secret_values([("TOKEN", WORD)])
    docker.engine(secrets=secrets).build(replace(wanted, args=(("TOKEN", WORD),)), lines.append)
    assert lines == ["#5 the token is ***"]


def test_without_arguments_docker_is_called_as_ever() -> None:
    with BuildArguments.of([]).launched(["docker"]) as command:
        assert command == ["docker"]


@given(st.dictionaries(st.text(), st.text()))
def test_each_argument_is_handed_on_one_way_or_the_other(arguments: dict[str, str]) -> None:
    parted = BuildArguments.of(arguments.items())
    assert {**parted.hidden, **parted.plain} == arguments
    assert parted.hidden.keys().isdisjoint(parted.plain)
    assert parted.shown.keys() == arguments.keys()


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "HOME", "DOCKER_HOST", "BUILDX_BUILDER", "https_proxy", "NO_PROXY", "LD_PRELOAD", "GODEBUG", ""),
        "SOURCE_DATE_EPOCH",
    ],
)
def test_what_the_client_reads_itself_is_no_variable(name: str) -> None:
    assert BuildArguments.of([(name, "x")]).plain == {name: "x"}


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "DOCKER_AUTH"])
def test_a_password_that_would_be_shown_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} holds a password") as raised:
        BuildArguments.of([(name, f"http://me:{WORD}@proxy:3128")])
    assert WORD not in str(raised.value) + raised.value.remedy


def test_no_file_ever_holds_what_a_socket_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dext_tasks.engine.build_request._HAS_FILES_IN_MEMORY", False)
    with BuildArguments.of([("TOKEN", WORD)]).launched(["docker"], "dext-0123abcd-") as command:
        path = Path(command[-2])
        assert path.is_socket()
        assert path.parent.name.startswith("dext-0123abcd-")
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert WORD not in " ".join(command)
    assert not path.parent.exists()


def test_the_file_is_gone_with_its_block() -> None:
    before = set(Path("/dev/shm").iterdir()) if Path("/dev/shm").is_dir() else set()
    with BuildArguments.of([("TOKEN", WORD)]).launched(["docker"]) as command:
        file = Path(command[-2])
        assert WORD in file.read_text(encoding="utf-8")
        assert WORD not in " ".join(command)
    assert not file.exists()
    assert not before or set(Path("/dev/shm").iterdir()) <= before
