"""What pages ask of ddClient, done by the machine and written down."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dext_tasks.errors import DextError
from dext_tasks.ui.commands import Running, Started
from dext_tasks.ui.docker_commands import why_refused, why_refused_variables
from dext_tasks.ui.machine import Command, CommandHost, NotThereError, PageRequestRefusedError, ServiceRequest
from dext_tasks.ui.session import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dext_tasks.ui.machine import DesktopMachine
    from dext_tasks.ui.session import LedgerEntry, Session


REFUSED: Final = "refused by the smoke test: "
"""Begins the message of what a page is refused; a page that does not handle it is not at fault."""

_BAD_REQUEST: Final = 400
_OK: Final = range(200, 300)


class MessageError(Exception):
    """A message that no page of ours sends."""


@dataclass(frozen=True)
class Message:
    """What a page sends.

    Attributes:
        page: Which page.
        number: Of the call, counted by the page.
        member: Such as ``docker.cli.exec``.
        args: What the page gave, functions aside.
        detail: What the call needs beyond that.
    """

    page: str
    number: int
    member: str
    args: list[Any]
    detail: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: object) -> Message:
        """Read one.

        Raises:
            MessageError: It is not one.
        """
        kinds = {"page": str, "number": int, "member": str, "args": list, "detail": dict}
        if not isinstance(data, dict) or any(not isinstance(data.get(key), kind) for key, kind in kinds.items()):
            raise MessageError("not a message of desktop.js")
        return cls(**{key: data[key] for key in kinds})

    def text(self, key: str) -> str:
        """A string among the details; empty if there is none."""
        value = self.detail.get(key)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Bridge:
    """The machine, as pages reach it.

    Attributes:
        machine: What is behind it.
        dialog: What file dialogs answer.
    """

    machine: DesktopMachine
    dialog: tuple[str, ...] = ()

    def call(self, session: Session, message: Message) -> Mapping[str, object]:
        """Do what has one answer: ``{"value": ...}`` or ``{"error": ...}``.

        Raises:
            MessageError: Nobody knows what is asked for.
        """
        act = self._actions.get(message.text("action"))
        if act is None:
            raise MessageError(f"no such action: {message.text('action')}")
        entry = session.ledger.begin(message.page, message.number, message.member, message.args)
        answer = _guarded(lambda: act(message))
        session.ledger.end(entry, _outcome(answer))
        return answer

    @property
    def _actions(self) -> Mapping[str, Callable[[Message], Mapping[str, object]]]:
        return {
            "service": self._service,
            "containers": lambda message: _listed(self.machine.containers, message),
            "images": lambda message: _listed(self.machine.images, message),
            "dialog": lambda _: {"value": {"canceled": not self.dialog, "filePaths": [*self.dialog]}},
            "record": lambda _: {"value": None},
        }

    def _service(self, message: Message) -> Mapping[str, object]:
        answer = self.machine.service(_service_request(message))
        text = answer.body.decode("utf-8", errors="replace")
        if answer.status in _OK:
            return {"value": text, "status": answer.status}
        # Members: https://docs.docker.com/reference/api/extensions-sdk/ServiceError/
        plain = f"{answer.status} {answer.reason}".strip()
        return {"error": {"name": answer.reason or plain, "message": text or plain, "statusCode": answer.status}}

    def start(self, session: Session, message: Message) -> Mapping[str, object]:
        """Start a command line whose output goes to the page's events.

        Raises:
            MessageError: Nobody knows where it should be run.
        """
        streaming = message.detail.get("stream") is True
        command = _command(message, streaming=streaming)
        entry = session.ledger.begin(message.page, message.number, message.member, message.args, awaited=not streaming)
        answer = _guarded(lambda: self._start(session, message, entry, command))
        if "error" in answer:
            session.ledger.end(entry, _outcome(answer))
        return answer

    def _start(self, session: Session, message: Message, entry: LedgerEntry, command: Command) -> Mapping[str, object]:
        _require_reading(command, self.machine.project, streaming=not entry.awaited)
        try:
            process = self.machine.start(command)
        except (NotThereError, FileNotFoundError) as error:
            raise NotThereError(_as_node_says(command.program, str(error))) from error
        running = Running(
            Started(message.number, " ".join([command.program, *command.args]), process),
            session.outbox(message.page),
            lambda how: session.ledger.end(entry, how),
        )
        kept = session.add(message.page, message.number, running)
        running.start()
        if not kept:
            running.stop()
        return {"value": None}


def noted(session: Session, message: Message) -> None:
    """Keep what a page says about itself."""
    kind, text = message.text("kind"), message.text("text")
    if kind == "unknown":
        entry = session.ledger.begin(message.page, message.number, message.member, message.args)
        session.ledger.end(entry, "unknown member")
    if not text.startswith(REFUSED):
        session.note(Note(kind, text))


def _guarded(act: Callable[[], Mapping[str, object]]) -> Mapping[str, object]:
    try:
        return act()
    except PageRequestRefusedError as error:
        return {**_error(f"{REFUSED}{error}"), "refused": str(error)}
    except (NotThereError, DextError, OSError) as error:
        return _error(str(error))


def _error(message: str) -> Mapping[str, object]:
    return {"error": {"name": "Error", "message": message}}


def _listed(ask: Callable[[Mapping[str, object]], object], message: Message) -> Mapping[str, object]:
    try:
        return {"value": ask(_options(message))}
    except PageRequestRefusedError as error:
        # It is the engine that refuses, and would do so in Docker Desktop.
        return _error(str(error))


def _as_node_says(program: str, why: str) -> str:
    """Pages look for ENOENT: https://nodejs.org/api/errors.html#common-system-errors."""
    return why if "ENOENT" in why else f"spawn {program} ENOENT: {why}"


def _outcome(answer: Mapping[str, object]) -> str:
    error = answer.get("error")
    if not isinstance(error, dict):
        return "ok"
    if "refused" in answer:
        return f"refused: {answer['refused']}"
    status = error.get("statusCode")
    return f"{status} {error['name']}" if status else str(error["message"])


def _options(message: Message) -> Mapping[str, object]:
    options = message.args[0] if message.args else None
    return {key: value for key, value in options.items() if value is not None} if isinstance(options, dict) else {}


def _service_request(message: Message) -> ServiceRequest:
    headers = message.detail.get("headers")
    given = {str(key): str(value) for key, value in headers.items()} if isinstance(headers, dict) else {}
    kind, body = message.text("type"), message.detail.get("body")
    if kind and "content-type" not in {key.lower() for key in given}:
        given["Content-Type"] = kind
    content = body.encode() if isinstance(body, str) else None
    return ServiceRequest(message.text("method").upper() or "GET", message.text("url"), given, content)


def _command(message: Message, *, streaming: bool) -> Command:
    try:
        where = CommandHost(message.text("where"))
    except ValueError as error:
        raise MessageError(f"no such command line: {message.text('where')}") from error
    words = message.detail.get("words")
    if not isinstance(words, list) or not words:
        raise MessageError("a command line without words")
    program, *args = unquoted(str(words[0]), [str(word) for word in words[1:]], streaming=streaming)
    env = message.detail.get("env")
    variables = {str(key): str(value) for key, value in env.items()} if isinstance(env, dict) else {}
    return Command(where, program, args, message.text("cwd"), variables)


def _require_reading(command: Command, project: str, *, streaming: bool) -> None:
    if command.where is CommandHost.DOCKER:
        why = why_refused([command.program, *command.args], project=project, streaming=streaming)
        if why := why or why_refused_variables([*command.env]):
            raise PageRequestRefusedError(why)


_QUOTES = frozenset("\"'")
# Two quotes.
_SHORTEST_QUOTED = 2


def unquoted(program: str, args: Sequence[str], *, streaming: bool) -> tuple[str, ...]:
    """The command line that a page means.

    Args:
        program: First argument of ``exec``.
        args: The list after it.
        streaming: Whether the page asked for a stream.
    """
    words = (program, *args)
    return tuple(map(_bare, words)) if streaming else _as_by_a_shell(words)


def _as_by_a_shell(words: tuple[str, ...]) -> tuple[str, ...]:
    try:
        split = shlex.split(" ".join(map(_whole, words)))
    except ValueError:
        return words
    return tuple(split) or words


def _whole(word: str) -> str:
    """A Go template that nobody quoted stays one word: Rancher Desktop's own test passes ``{{ json . }}``."""
    return shlex.quote(word) if "{{" in word and not _QUOTES & set(word) else word


def _bare(word: str) -> str:
    quoted = len(word) >= _SHORTEST_QUOTED and word[0] in _QUOTES and word[0] == word[-1]
    return word[1:-1] if quoted else word
