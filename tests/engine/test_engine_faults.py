"""Engines whose faults come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .wayward import wayward

if TYPE_CHECKING:
    from .extension import Extension
    from .registry import Registry

SNAPSHOT = (404, "parent snapshot sha256:4f04 does not exist: not found")
# What each said that was seen or is known of engines, by the question it was said to.
FAULTS = {
    r"POST \S+/containers/create": SNAPSHOT,
    r"POST \S+/containers/\S+/start": (500, "failed to set up container networking: network 5f3a not found"),
    r"DELETE \S+/networks/": (403, "error while removing network: network x has active endpoints"),
    r"POST \S+/images/\S+/push": (500, "unexpected EOF"),
}
AGAIN = "; trying once more"


def test_a_release_goes_on_after_each_and_says_so(extension: Extension, registry: Registry) -> None:
    with wayward() as engine:
        engine.refusals = dict(FAULTS)
        done = extension.release(DOCKER_HOST=engine.host)
        assert engine.refusals == {}, done
    assert done.code == 0, done
    assert "0.1.0" in registry.tags(extension.repository)
    said = sorted(line.rpartition(": ")[0] for line in done.err.splitlines() if line.endswith(AGAIN))
    assert [line.split()[:2] for line in said] == [
        ["docker", "compose"],
        ["docker", "compose"],
        ["docker", "create"],
        ["docker", "push"],
    ], done


def test_a_fault_that_stays_ends_the_verb_in_the_engine_s_own_words(extension: Extension) -> None:
    with wayward() as engine:
        engine.refusals = {r"POST \S+/containers/create\b": SNAPSHOT, r"POST \S+/containers/create\?": SNAPSHOT}
        assert extension.dext("build").code == 0
        done = extension.dext("check", "--image", extension.builds["linux/amd64"], DOCKER_HOST=engine.host)
    assert done.err.count(AGAIN) == 1, done
    assert SNAPSHOT[1] in done.err
