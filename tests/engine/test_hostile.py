"""The worst of what a stranger's image may try, in each of the ways in which its smoke test may be run."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from .broken import BASE, BrokenContext
from .build_context import COMPOSE
from .checked_images import CheckedImages
from .docker import Docker
from .hostile import ASKS_FOR_EVERYTHING, LEADS_TO_THE_ENGINE
from .member import as_member
from .requirement import missing
from .smoked import FAILED, PASSED, smoke

if TYPE_CHECKING:
    from .program import Program
    from .sandbox import Sandbox
    from .smoked import Smoked

NATIVE = "linux/amd64"
CANARY = "dext-canary-91c4"


@dataclass(frozen=True)
class Way:
    """How a smoke test is run.

    Attributes:
        dext: The program.
        docker: The engine it uses.
        is_direct: Whether it opens the backend's socket itself.
    """

    dext: Program
    docker: Docker
    is_direct: bool

    def smoke(self, image: str, **env: str) -> Smoked:
        return smoke(self.dext, "--image", image, "--platform", NATIVE, SECRET_TOKEN=CANARY, **env)


def _images() -> dict[str, BrokenContext]:
    link = BrokenContext(base=BASE)
    link.metadata = {"icon": "icon.svg", "vm": {"image": "${DESKTOP_PLUGIN_IMAGE}", "exposes": {"socket": "demo.sock"}}}
    link.files |= {"/answer.sh": LEADS_TO_THE_ENGINE.script}
    link.instructions = f"ENTRYPOINT {json.dumps(LEADS_TO_THE_ENGINE.command)}\n"
    asking = BrokenContext(base=BASE)
    asking.metadata = {"icon": "icon.svg", "vm": {"composefile": COMPOSE}}
    asking.compose = dict(ASKS_FOR_EVERYTHING.document)
    naming = BrokenContext(base=BASE)
    paths = [{"path": f"/{number}"} for number in range(1_000_000)]
    naming.metadata = {"icon": "icon.svg", "host": {"binaries": [{"linux": paths}]}}
    return {"link": link, "asking": asking, "naming": naming}


@pytest.fixture(scope="module")
def images(shared_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, _base_images: None) -> dict[str, str]:
    contexts = _images()
    made = {name: f"dext-build/{shared_sandbox.slug}-{name}:1.0.0" for name in contexts}
    built = {made[name]: context for name, context in contexts.items()}
    CheckedImages(Docker(), tmp_path_factory.mktemp("hostile")).build(built, (NATIVE,))
    return made


@pytest.fixture(params=["root", "member of the group docker", "other store"])
def way(request: pytest.FixtureRequest, sandbox: Sandbox, dext: Program, images: dict[str, str]) -> Way:
    if request.param == "member of the group docker":
        return Way(as_member(dext, sandbox.folder / "home", sandbox.folder), Docker(), is_direct=False)
    if os.geteuid() != 0:
        missing("only root opens a backend's socket itself", "run the tests as root")
    if request.param == "root":
        return Way(dext, Docker(), is_direct=True)
    other: Docker = request.getfixturevalue("other_engine")
    shared: Sandbox = request.getfixturevalue("shared_sandbox")
    for each in (sandbox, shared):
        each.engines.append(other)
    archive = request.getfixturevalue("tmp_path") / "images.tar"
    Docker().run("save", "--output", str(archive), *images.values())
    other.run("load", "--input", str(archive))
    return Way(replace(dext, env={**dext.env, **other.env}), other, is_direct=True)


def test_a_socket_that_becomes_a_link_does_not_lead_to_the_engine(way: Way, images: dict[str, str]) -> None:
    made = {"method": "POST", "path": f"/v1.43/containers/create?name={CANARY}", "status": 201}
    body = {"Image": images["link"], "HostConfig": {"Binds": ["/:/host"]}}
    requests: list[dict[str, Any]] = [{**made, "json": {}, "body": body}, {"path": "/_ping", "text": "OK"}]
    smoked = way.smoke(images["link"], DEXT_SMOKE_REQUESTS=json.dumps(requests))
    assert smoked.done.code == FAILED, smoked.done
    probes = smoked.probes(NATIVE)
    assert [probes[name].outcome for name in ("start", "answer", "requests")] == ["passed", "passed", "failed"]
    if way.is_direct:
        assert LEADS_TO_THE_ENGINE.outcome in probes["requests"].detail
    assert "got no answer" in probes["requests"].detail
    assert "/_ping got no answer" in probes["requests"].evidence
    assert way.docker.run("ps", "--all", "--quiet", "--filter", f"name={CANARY}") == ""


def test_a_million_names_are_not_looked_for(dext: Program, images: dict[str, str]) -> None:
    smoked = smoke(dext, "--image", images["naming"], "--platform", NATIVE)
    assert smoked.done.code == FAILED, smoked.done
    assert smoked.probes(NATIVE)["extract"].detail == "metadata.json is larger than 1 MiB"
    assert {smoked.outcomes(NATIVE)[name] for name in ("start", "binaries", "ui")} <= {"aborted", "skipped"}


def test_what_is_asked_for_is_refused_by_name(way: Way, images: dict[str, str]) -> None:
    smoked = way.smoke(images["asking"])
    assert smoked.done.code == PASSED, smoked.done
    start = smoked.probes(NATIVE)["start"]
    assert start.outcome == "skipped"
    assert [
        name for name in ASKS_FOR_EVERYTHING.grants if f"--allow {name} " not in f"{start.detail} ".replace(",", " ")
    ] == []
    assert CANARY not in smoked.done.out + smoked.done.err
