"""Containers that a run makes for itself: without network, removed in any case."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from dext_tasks.engine.api_request import ApiRequest, named
from dext_tasks.engine.client import RUN_LABEL
from dext_tasks.engine.labelled import remove_container
from dext_tasks.errors import EngineCommandError
from dext_tasks.runtime.parallel import to_its_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dext_tasks.engine.client import Client
    from dext_tasks.formats.oci.platform import Platform
    from dext_tasks.runtime.parallel import Clearing

# Of a name that is taken.
_CONFLICT: Final = frozenset({409})
# Of what runs already.
_NOT_MODIFIED: Final = frozenset({304})


@contextmanager
def created(  # noqa: PLR0913, PLR0917 - what it is, and what becomes of it
    client: Client,
    reference: str,
    platform: Platform,
    process: Mapping[str, object],
    mounts: Sequence[object] = (),
    clearing: Clearing | None = None,
) -> Iterator[str]:
    """A container that is not started; its id or name.

    Args:
        client: The docker client.
        reference: The image.
        platform: Which of its platforms.
        process: What would run in it, as the API takes it.
        mounts: What it is given besides, as the API takes it.
        clearing: Removes it while something else goes on; if None, this waits until it is gone.

    Raises:
        ImageNotFoundError: The engine does not have the image.
    """
    client.cancellation.check()
    # Nobody else's, so that what has it already was made by a first try whose answer was lost.
    name = f"{client.folder_prefix}{os.urandom(4).hex()}"
    body = {
        "Image": reference,
        **process,
        "Labels": {RUN_LABEL: client.mark},
        "HostConfig": {"NetworkMode": "none", **({"Mounts": [*mounts]} if mounts else {})},
    }
    what, query = f"docker create {reference}", {"platform": str(platform), "name": name}
    # Shielded: a client that is ended may leave a container behind whose name it has not printed yet.
    with client.cancellation.shielded():
        question = ApiRequest("POST", "/containers/create", what, query, body, settled=_CONFLICT, repeatable=True)
        answer = client.api.ask(question) or {}
    with client.api.understood(what):
        container = name if "message" in answer else str(answer.get("Id") or "")
    if not container:
        raise EngineCommandError(f"{client.located(what)} named no container", remedy="check `docker create` by hand")

    def remove() -> None:
        to_its_end(lambda: remove_container(client.api, container), client.cancellation)

    try:
        yield container
    finally:
        if clearing:
            clearing.begin(remove)
        else:
            remove()


@contextmanager
def running(
    client: Client, reference: str, platform: Platform, process: Mapping[str, object], mounts: Sequence[object] = ()
) -> Iterator[str]:
    """A container that was started, see ``created``."""
    with created(client, reference, platform, process, mounts) as container:
        start = f"/containers/{named(container)}/start"
        client.api.ask(ApiRequest("POST", start, f"docker start {reference}", settled=_NOT_MODIFIED, repeatable=True))
        yield container
