"""Questions to the engine over its own API, by connections that are kept.

Reference: https://docs.docker.com/reference/api/engine/
"""

from __future__ import annotations

import http.client
import json
import logging
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dext_tasks import calls
from dext_tasks.engine.api_request import ApiRequest, is_number
from dext_tasks.engine.connection import Connections
from dext_tasks.engine.connection_faults import ANOTHER_ENGINE, not_an_engine
from dext_tasks.engine.faults import TIMED_OUT_CODE, refused, tail, translate
from dext_tasks.errors import EngineCommandError, EngineTooOldError, EngineUnreachableError, why_failed
from dext_tasks.limits import ENGINE_ANSWER, ENGINE_SAID
from dext_tasks.redaction import address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from email.message import Message
    from io import BufferedReader

    from dext_tasks.engine.connection import Caller, Connection, EngineStream
    from dext_tasks.errors import DextError


_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)
NEWEST: Final = (1, 51)
"""The newest version of the API that answers are read of, Docker 28.3's; an older engine is asked in its own.

https://docs.docker.com/reference/api/engine/version-history/
"""
MINIMUM: Final = (1, 43)
"""The oldest version of the API that is asked in, Docker 24's.

That is the oldest engine whose --load, --platform and containerd store behave as relied on here. Of the API itself the
newest that every run needs is the platform of a container, of 1.41. Both are in
https://docs.docker.com/reference/api/engine/version-history/ and https://docs.docker.com/reference/api/engine/.
"""
_REDIRECTION = 300
# Bytes read of what an engine refuses with.
_LONGEST_REFUSAL = 1 << 16
_EVERY_REFUSAL = frozenset(range(_REDIRECTION, 600))


def endpoint(client: Caller) -> str:
    """The address of the engine that the client talks to: DOCKER_HOST, or what its context says."""
    out = client.run(
        *("context", "inspect", "--format", "{{.Endpoints.docker.Host}}"),
        what="docker context inspect",
        seconds=ENGINE_ANSWER,
    )
    return out.decode().strip()


class Api:
    """The engine of the docker client's context.

    Args:
        client: The docker client: it says where the engine is, and connects to it where this process cannot.
    """

    def __init__(self, client: Caller) -> None:
        self._client = client
        self._connections = Connections(client)

    def close(self) -> None:
        """Hang up."""
        self._connections.close()

    @cached_property
    def address(self) -> str:
        """Where the client reaches the engine."""
        return endpoint(self._client)

    @cached_property
    def _version(self) -> str:
        """What is asked in: the engine's own version of the API, or the newest one that is known here."""
        # What is not an engine is told by its answer, whatever the status.
        ping = ApiRequest("GET", "/_ping", "docker version", settled=_EVERY_REFUSAL)
        with self._answered(ping, "") as answer:
            content, status = answer.read(), answer.status
            said, server = answer.headers["Api-Version"] or "", answer.headers["Server"] or ""
        numbers = tuple(int(part) for part in said.split(".") if is_number(part))
        if not numbers:
            raise self._unversioned(status, content)
        if numbers < MINIMUM:
            # Such as Docker/26.1.5 (linux).
            version = self._client.located(server.split(" ")[0].replace("/", " ") or "the engine")
            raise EngineTooOldError(
                f"{version} has API version {said}, and {'.'.join(map(str, MINIMUM))} is the oldest that will do",
                remedy=f"update it to Docker 24 or newer, or {ANOTHER_ENGINE}",
            )
        return ".".join(map(str, min(numbers, NEWEST)))

    def _unversioned(self, status: int, content: bytes) -> DextError:
        said = self._client.redacted(_message(content))
        # An authorization plugin refuses before the engine names its version.
        if status >= _REDIRECTION and content.startswith(b"{"):
            return refused("docker version", status, said)
        return not_an_engine(self.address, said)

    def get(self, path: str, what: str, query: Mapping[str, str] = MappingProxyType({})) -> Any:  # noqa: ANN401 - JSON
        """The JSON answer to a GET.

        Raises:
            DextError: What the engine's refusal stands for, or it does not answer.
        """
        return self.ask(ApiRequest("GET", path, what, query))

    def ask(self, question: ApiRequest) -> Any:  # noqa: ANN401 - JSON
        """The JSON answer to a question; None if it has no content.

        Raises:
            DextError: What the engine's refusal stands for, or it does not answer.
        """
        content = self._repeated(question, lambda: self._content(question))
        try:
            return json.loads(content) if content else None
        except (ValueError, RecursionError):
            raise EngineCommandError(
                f"{self._client.located(question.what)} gave no JSON",
                remedy="check `docker version` by hand",
                detail=tail(content.decode(errors="replace")),
            ) from None

    @contextmanager
    def understood(self, what: str) -> Iterator[None]:
        """A block that reads what an answer holds, and fails if that is not what an engine answers.

        Args:
            what: The question in words.

        Raises:
            EngineCommandError: It is not.
        """
        try:
            yield
        except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
            raise EngineCommandError(
                f"{self._client.located(what)}: no Docker engine answers this",
                remedy=f"see `docker version`; {ANOTHER_ENGINE}",
            ) from error

    @contextmanager
    def answered(self, question: ApiRequest) -> Iterator[Answer]:
        """An answer that is read in the block; leaving it early breaks the answer off.

        Raises:
            DextError: As ``ask``.
        """
        with ExitStack() as stack:
            yield self._repeated(question, lambda: stack.enter_context(self._once(question)))

    def _content(self, question: ApiRequest) -> bytes:
        with self._once(question) as answer:
            return answer.read()

    def _repeated(self, question: ApiRequest, call: Callable[[], _T]) -> _T:
        return self._client.again(question.what, call) if question.is_repeatable else call()

    @contextmanager
    def _once(self, question: ApiRequest) -> Iterator[Answer]:
        with self._answered(question, f"/v{self._version}") as answer:
            yield answer

    @contextmanager
    def _answered(self, question: ApiRequest, prefix: str) -> Iterator[Answer]:
        """An answer by a connection that was kept, or by a fresh one where the engine has closed that."""
        with ExitStack() as stack:
            try:
                answer = stack.enter_context(self._answered_by(question, prefix, fresh=False))
            except _StaleError:
                answer = stack.enter_context(self._answered_by(question, prefix, fresh=True))
            yield answer

    @contextmanager
    def _answered_by(self, question: ApiRequest, prefix: str, *, fresh: bool) -> Iterator[Answer]:
        target = prefix + question.target
        question = replace(question, what=self._client.located(question.what))
        with (
            calls.request(_LOG, question.method, self.address + target) as call,
            self._connections.borrowed(self.address, question.seconds, fresh=fresh) as connection,
        ):
            answer = Answer(self._client, connection, question)
            try:
                answer.ask(target)
            except _StaleError:
                call.outcome = "the engine has closed this connection"
                raise
            call.answered(answer.status, answer.length)
            is_refused = answer.status >= _REDIRECTION and answer.status not in question.settled
            if is_refused:
                said = self._client.redacted(_message(answer.read(_LONGEST_REFUSAL)))
            else:
                yield answer
                said = ""
            connection.is_ready = answer.is_over
        if is_refused:
            self._client.cancellation.check()
            raise refused(question.what, answer.status, said)


class _StaleError(Exception):
    """The engine has closed a connection that was kept, as it does when it is restarted, and may be asked anew."""


class Answer:
    """What an engine answers.

    Args:
        client: The docker client.
        connection: Where the question goes.
        question: The question.
    """

    def __init__(self, client: Caller, connection: Connection, question: ApiRequest) -> None:
        self._client = client
        self._connection = connection
        self._question = question
        self._response: http.client.HTTPResponse

    def ask(self, target: str) -> None:
        """Send the question, and read the head of the answer.

        Raises:
            _StaleError: The connection was closed before, and it does no harm to ask once more.
            DextError: There is no answer.
        """
        body = self._question.content
        is_sent = False
        with self._translated():
            try:
                # Where docker's dial-stdio cannot connect and has ended, the end of the answer says so, too.
                with suppress(BrokenPipeError):
                    self._connection.request(self._question.method, target, body, self._question.headers)
                    is_sent = True
                self._response = self._connection.getresponse()
            except ConnectionError:
                if self._connection.was_kept and (self._question.is_repeatable or not is_sent):
                    raise _StaleError from None
                raise

    @property
    def status(self) -> int:
        """Of HTTP."""
        return self._response.status

    @property
    def length(self) -> int | None:
        """Of the body, bytes; None if the engine did not say."""
        return self._response.length

    @property
    def headers(self) -> Message:
        """Of HTTP."""
        return self._response.headers

    @property
    def is_over(self) -> bool:
        """Whether all was read, and the engine listens for the next question."""
        return self._response.isclosed() and not self._response.will_close

    @property
    def is_broken_off(self) -> bool:
        """Whether the other end has closed the connection."""
        return self._connection.stream.is_ended

    def comes(self, seconds: float) -> bool:
        """Whether more of the body comes within that time, or its end; what comes is dropped.

        Raises:
            InterruptedError: The run is to end.
        """
        return self._connection.stream.comes(seconds)

    def read(self, most: int | None = None) -> bytes:
        """So many bytes of the body, fewer at its end only; all that is left for None."""
        with self._translated():
            return self._all() if most is None else self._response.read(most)

    def _all(self) -> bytes:
        content = self._response.read(ENGINE_SAID + 1)
        if len(content) > ENGINE_SAID:
            raise EngineCommandError(
                f"{self._question.what}: the answer has more than {ENGINE_SAID >> 20} MiB",
                remedy="see `docker version`",
            )
        if self._response.length:
            raise http.client.IncompleteRead(content, self._response.length)
        return content

    def taken_over(self) -> tuple[BufferedReader, EngineStream]:
        """The connection, for whatever follows on it: what is read of it, and where is written to.

        Raises:
            EngineUnreachableError: The engine, or what is between, keeps it to HTTP: no program in any container can be
                spoken to, however often that is tried.
        """
        if self.status != HTTPStatus.SWITCHING_PROTOCOLS:
            raise EngineUnreachableError(
                f"{self._question.what}: the engine answered {self.status} and hands no connection over",
                remedy="reach the engine without a proxy of HTTP in between",
            )
        # What the engine sent behind its answer may have been read with it.
        return self._response.fp, self._connection.stream

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Faults of the connection as errors of ours."""
        what, where = self._question.what, f" at {address(self._connection.address)}"
        what += "" if what.endswith(where) else where
        try:
            yield
        except TimeoutError:
            raise translate(what, TIMED_OUT_CODE, "") from None
        except (OSError, http.client.HTTPException) as error:
            self._client.cancellation.check()
            code, said = self._connection.stream.complaint()
            if code:
                raise translate(what, code, self._client.redacted(said)) from None
            raise EngineUnreachableError(
                f"{what}: the engine did not answer: {why_failed(error)}", remedy="see `docker version`"
            ) from error


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return content[:200].decode(errors="replace")
