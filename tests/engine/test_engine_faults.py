"""Engines whose faults come and go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .docker import Docker
from .wayward import wayward

if TYPE_CHECKING:
    from pathlib import Path

    from .extension import Extension
    from .registry import Registry
    from .wayward import Wayward

SNAPSHOT = (404, "parent snapshot sha256:4f04 does not exist: not found")
# What each said that was seen or is known of engines, by the question it was said to.
FAULTS = {
    r"POST \S+/containers/create": SNAPSHOT,
    r"POST \S+/containers/\S+/start": (500, "failed to set up container networking: network 5f3a not found"),
    r"DELETE \S+/networks/": (403, "error while removing network: network x has active endpoints"),
    r"POST \S+/images/\S+/push": (500, "unexpected EOF"),
}
AGAIN = "; trying once more"
_TOO_OLD = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\nContent-Length: 2\r\n\r\nOK"
# A push is tried several times, with pauses.
LATER = re.compile(r"; trying (?:once more|again in \S+ s)$")


def test_a_release_goes_on_after_each_and_says_so(extension: Extension, registry: Registry) -> None:
    with wayward() as engine:
        engine.refusals = dict(FAULTS)
        done = extension.release(DOCKER_HOST=engine.host)
        assert engine.refusals == {}, done
    assert done.code == 0, done
    assert "0.1.0" in registry.tags(extension.repository)
    said = sorted(line.rpartition(": ")[0] for line in done.err.splitlines() if LATER.search(line))
    assert [line.split()[:2] for line in said] == [
        ["docker", "compose"],
        ["docker", "compose"],
        ["docker", "create"],
        ["docker", "push"],
    ], done


def test_connections_that_an_engine_closes_are_no_error(extension: Extension) -> None:
    assert extension.dext("build").code == 0
    with wayward() as engine:
        engine.hang_ups = [
            r"GET \S+/info",
            r"GET \S+/images/\S+/json",
            r"GET \S+/containers/json",
            r"DELETE \S+/containers/",
        ]
        done = extension.dext("smoke", "--no-build", DOCKER_HOST=engine.host, DEXT_SMOKE_SETTLE="0.2")
        assert engine.hang_ups == [], done
    assert done.code == 0, done


def test_a_fault_that_stays_ends_the_verb_in_the_engine_s_own_words(extension: Extension) -> None:
    with wayward() as engine:
        engine.refusals = {r"POST \S+/containers/create\b": SNAPSHOT, r"POST \S+/containers/create\?": SNAPSHOT}
        assert extension.dext("build").code == 0
        done = extension.dext("check", "--image", extension.builds["linux/amd64"], DOCKER_HOST=engine.host)
    assert done.err.count(AGAIN) == 1, done
    assert SNAPSHOT[1] in done.err


# Where in each verb an engine vanishes.
VANISHES = {
    "build-while-asked": (("build",), r"GET \S+/info"),
    "build-while-building": (("build",), r"POST /(?:session|grpc)|POST \S+/(?:session|grpc|build)"),
    "check-while-copied": (("check", "--image", "IMAGE"), r"GET \S+/archive"),
    "smoke-while-copied": (("smoke", "--no-build"), r"GET \S+/archive"),
    "smoke-while-started": (("smoke", "--no-build"), r"POST \S+/containers/\S+/start"),
    "smoke-while-waiting": (("smoke", "--no-build"), r"GET \S+/events"),
    "smoke-while-removed": (("smoke", "--no-build"), r"DELETE \S+/containers/"),
    "release-while-pushed": (("release", "--yes"), r"POST \S+/push"),
    "clean": (("clean",), r"DELETE \S+/images/"),
    "doctor": (("doctor", "--json"), r"GET \S+/info"),
}


@pytest.mark.parametrize("name", VANISHES)
def test_an_engine_that_vanishes_is_named(extension: Extension, registry: Registry, name: str) -> None:
    assert registry.answers()
    assert extension.dext("build").code == 0
    verb, moment = VANISHES[name]
    args = [extension.builds["linux/amd64"] if word == "IMAGE" else word for word in verb]
    with wayward() as engine:
        engine.vanishes = moment
        done = extension.dext(*args, DOCKER_HOST=engine.host, DEXT_SMOKE_SETTLE="1")
        assert engine.has_vanished, done
    code, said = (65, done.out) if "doctor" in verb else (20, done.err)
    assert done.code == code, done
    assert re.search(rf"docker \S+.* at {re.escape(engine.host)}: no Docker engine answers", said), done
    assert done.err.count("error: ") == 1, done
    assert "Traceback" not in done.err
    # What the engine was left with goes with the next run that reaches it; the sandbox asserts that nothing stays.
    assert extension.dext("clean").code == 0


@pytest.mark.parametrize("verb", [("build",), ("smoke", "--no-build"), ("release", "--yes"), ("clean",)], ids=" ".join)
def test_an_engine_that_is_too_old_is_named(extension: Extension, registry: Registry, verb: tuple[str, ...]) -> None:
    with wayward() as engine:
        engine.pings = _TOO_OLD
        done = extension.dext(*verb, DOCKER_HOST=engine.host)
    assert done.code == 21, done
    assert f"error: Docker 20.10.24 at {engine.host} has API version 1.41, and 1.43 is the oldest" in done.err
    assert registry.tags(extension.repository) == set()


@pytest.mark.parametrize("verb", [("build",), ("smoke", "--no-build"), ("release", "--yes"), ("clean",)], ids=" ".join)
@pytest.mark.parametrize("said", ["SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"])
def test_what_is_no_engine_is_said_to_be_none(
    extension: Extension, registry: Registry, verb: tuple[str, ...], said: str
) -> None:
    with wayward() as engine:
        engine.pings = said
        done = extension.dext(*verb, DOCKER_HOST=engine.host)
    assert done.code == 20, done
    assert engine.host in done.err.partition("error: ")[2].splitlines()[0]
    assert registry.tags(extension.repository) == set()


def test_where_one_engine_vanishes_nothing_is_left_on_the_other(extension: Extension, tmp_path: Path) -> None:
    assert extension.dext("build").code == 0
    with wayward() as engine:
        config = _with_arm_box(engine, tmp_path)
        engine.vanishes = r"GET \S+/events"
        done = extension.dext("smoke", "--no-build", *_IN_ARM_BOX, "--smoke-settle", "60", **config)
        assert engine.has_vanished, done
    assert done.code == 20, done
    assert "in context arm-box" in done.err
    # In truth both are one engine, so what is left of the arm64 half is found there.
    left = Docker().traces(extension.repository.rpartition("/")[2])
    assert [each for each in left if "arm64" not in each] == []
    assert extension.dext("clean").code == 0


@pytest.mark.parametrize("verb", [("build",), ("smoke",), ("release", "--yes"), ("check",)], ids=" ".join)
def test_one_of_two_engines_that_is_too_old_is_named_and_nothing_is_left_on_the_other(
    extension: Extension, registry: Registry, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    with wayward() as engine:
        config = _with_arm_box(engine, tmp_path)
        engine.pings = _TOO_OLD
        done = extension.dext(*verb, *_IN_ARM_BOX, **config)
    # The source tree is checked all the same.
    code, before = (0, "") if verb == ("check",) else (21, "error: ")
    assert done.code == code, done
    said = f"{before}Docker 20.10.24 in context arm-box has API version 1.41, and 1.43 is the oldest"
    assert (done.out + done.err).count(said) == 1, done
    assert registry.tags(extension.repository) == set()
    name = extension.repository.rpartition("/")[2]
    assert (Docker().traces(name), Docker().references(name)) == ([], [])


_IN_ARM_BOX = ("--platform-context", "linux/arm64=arm-box")


def _with_arm_box(engine: Wayward, folder: Path) -> dict[str, str]:
    """Variables under which docker knows the engine as a context, and has its own as the current one."""
    config = {"DOCKER_CONFIG": str(folder / "config"), "DOCKER_CONTEXT": "", "DOCKER_HOST": ""}
    Docker(settings=config).run("context", "create", "arm-box", "--docker", f"host={engine.host}")
    return config
