from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest

from dext_tasks.engine.client import Client
from dext_tasks.engine.engine import Engine
from dext_tasks.engine.private_names import (
    drop_names,
    drop_where_answered,
    is_of_dead_run,
    is_private,
    names_left,
    private_name,
)
from dext_tasks.errors import EngineUnreachableError
from dext_tasks.errors import InterruptedError as Interrupted
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.formats.oci.reference import Reference
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.signals import Signals
from tests.unit.engine_api import FakeApi

if TYPE_CHECKING:
    from dext_tasks.errors import DextError
    from tests.unit.engine.conftest import FakeDocker

REPOSITORY = "dext-build/acme_demo"
IMAGE = "localhost:5000/acme/demo"
AMD64 = REQUIRED[0]


def is_staging(tag: str) -> bool:
    return tag.startswith("staging-")


def test_a_name_is_a_tag_that_is_of_its_run_until_that_ends(docker: FakeDocker) -> None:
    client = docker.client()
    name = private_name(client, REPOSITORY, AMD64)
    assert Reference.parse(name).name == REPOSITORY
    tag = name.rpartition(":")[2]
    assert re.fullmatch(r"linux-amd64-run-[0-9a-f]{12}-[0-9a-f]{8}-[0-9]+", tag)
    assert is_private(tag)
    assert not is_of_dead_run(tag)
    client.close()
    assert is_of_dead_run(tag)


def test_the_usual_names_are_of_nobody() -> None:
    assert not is_private("linux-amd64")
    assert not is_of_dead_run("linux-amd64")


def test_what_killed_runs_left_goes_and_what_others_push_stays(docker: FakeDocker) -> None:
    living, dead = docker.client(), docker.client()
    names = {
        private_name(living, REPOSITORY, AMD64): "sha256:a",
        private_name(dead, REPOSITORY, AMD64): "sha256:b",
        f"{REPOSITORY}:linux-amd64": "sha256:b",
        f"{IMAGE}:staging-a": "sha256:a",
        f"{IMAGE}:staging-b": "sha256:b",
        f"{IMAGE}:1.0.0": "sha256:b",
        "elsewhere/demo:staging-b": "sha256:b",
    }
    dead.close()
    engine = Engine(living)
    docker.api.use(living)
    docker.api.reply("GET /images/json", out=[{"Id": image, "RepoTags": [name]} for name, image in names.items()])
    docker.api.reply("DELETE")
    drop_names(engine, names_left(engine, REPOSITORY, IMAGE, is_staging))
    asked = [each for each in docker.api.asked if each.startswith("DELETE")]
    assert asked == [f"DELETE /images/{IMAGE}:staging-b", f"DELETE /images/{[*names][1]}"]
    # Only these two repositories are asked for: an engine measures every image that it lists.
    assert [name in docker.api.asked[0] for name in (f'"{REPOSITORY}"', f'"{IMAGE}"')] == [True, True]


def test_a_name_that_is_gone_already_is_gone(docker: FakeDocker) -> None:
    docker.api.reply("DELETE", refusal="No such image: a:b")
    drop_names(docker.engine(), ["a:b", "c:d"])
    assert docker.api.asked == ["DELETE /images/a:b", "DELETE /images/c:d"]


GONE = EngineUnreachableError("no Docker engine answers", remedy="start it")


def engine_of(cancellation: Cancellation, failure: DextError | None = None) -> tuple[Engine, FakeApi]:
    client, api = Client(cancellation=cancellation), FakeApi(failure)
    api.use(client)
    api.reply("GET /_ping", out=b"OK")
    api.reply("DELETE")
    return Engine(client), api


def test_a_run_that_is_to_end_takes_its_names_from_the_engines_that_answer() -> None:
    cancellation = Cancellation()
    (near, answering), (far, gone) = engine_of(cancellation), engine_of(cancellation, GONE)
    cancellation.cancel()
    drop_where_answered({far: ["c:d"], near: ["a:b"]}, cancellation)
    assert answering.asked == ["GET /_ping", "DELETE /images/a:b"]
    assert set(gone.asked) == {"GET /_ping"}


def test_an_engine_with_no_names_is_not_asked() -> None:
    engine, api = engine_of(Cancellation())
    drop_where_answered({engine: []}, engine.client.cancellation)
    assert api.asked == []


def test_ctrl_c_does_not_keep_names_from_being_taken_away() -> None:
    cancellation = Cancellation()
    engine, api = engine_of(cancellation)
    ping = engine.responds

    def interrupted() -> bool:
        # The main thread waits by then.
        cancellation.sleep(0.3)
        signal.raise_signal(signal.SIGINT)
        cancellation.sleep(0.5)
        return ping()

    engine.responds = interrupted  # type: ignore[method-assign]
    with Signals(cancellation), pytest.raises(Interrupted):
        drop_where_answered({engine: ["a:b"]}, cancellation)
    assert api.asked[-1] == "DELETE /images/a:b"


def test_the_end_of_a_run_is_no_sign_of_a_dead_engine() -> None:
    engine, _ = engine_of(Cancellation())
    assert engine.responds()
    engine.client.cancellation.cancel()
    with pytest.raises(Interrupted):
        engine.responds()
    with engine.client.cancellation.shielded():
        assert engine.responds()
    assert not engine_of(Cancellation(), GONE)[0].responds()
