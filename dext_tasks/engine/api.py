"""Questions that only the Engine API answers in its own form, and HTTP over the socket that they go through.

Reference: https://docs.docker.com/reference/api/engine/
"""

from __future__ import annotations

import errno
import http.client
import json
import logging
import socket
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dext_tasks import calls
from dext_tasks.engine.faults import denied
from dext_tasks.errors import EngineCommandError, EngineUnreachableError, why_failed
from dext_tasks.limits import ENGINE_ANSWER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.engine.client import Client


class UnixConnection(http.client.HTTPConnection):
    """A connection to whatever listens on a socket file.

    Args:
        path: Of the socket.
        timeout: Of each step, seconds.
    """

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """See HTTPConnection.

        Raises:
            OSError: There is no such socket, or nothing listens.
        """
        if sys.platform == "win32":
            raise OSError(errno.EAFNOSUPPORT, "Python has no unix sockets on Windows", self._path)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


_LOG = logging.getLogger(__name__)
UNIX = "unix://"
"""How the address of an engine begins that is a socket of this machine."""
_OK = 200


def endpoint(client: Client) -> str:
    """The address of the engine that the client talks to: DOCKER_HOST, or what its context says."""
    out = client.run(
        *("context", "inspect", "--format", "{{.Endpoints.docker.Host}}"),
        what="docker context inspect",
        seconds=ENGINE_ANSWER,
    )
    return out.decode().strip()


def is_local(address: str) -> bool:
    """Whether an engine shares this machine's files; one behind a unix socket is taken to."""
    return address.startswith(UNIX)


def get(address: str, path: str, query: Mapping[str, str], version: str) -> object:
    """The JSON answer to a GET.

    Args:
        address: From ``endpoint``.
        path: Such as ``/containers/json``.
        query: Parameters, as the API takes them.
        version: Of the API.

    Raises:
        EngineUnreachableError: The engine is not behind a unix socket, or does not answer.
        EngineCommandError: It refused the question.
    """
    if not is_local(address):
        raise EngineUnreachableError(
            f"the engine at {address} is asked through docker only", remedy="use an engine behind a unix socket"
        )
    connection = UnixConnection(address.removeprefix(UNIX), ENGINE_ANSWER)
    try:
        with calls.request(_LOG, "GET", f"{address}/v{version}{path}?{urlencode(query)}") as call:
            connection.request("GET", f"/v{version}{path}?{urlencode(query)}")
            answer = connection.getresponse()
            content = answer.read()
            call.answered(answer.status, len(content))
    except PermissionError as error:
        raise denied(f"{address}: {why_failed(error)}") from error
    except (OSError, http.client.HTTPException) as error:
        raise EngineUnreachableError(
            f"the engine did not answer: {why_failed(error)}", remedy="see `docker version`"
        ) from error
    finally:
        connection.close()
    if answer.status != _OK:
        raise EngineCommandError(
            f"the engine refused {path}: {_message(content)}", remedy="see the parameters in the API's reference"
        )
    answered: object = json.loads(content)
    return answered


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content[:200].decode(errors="replace")
