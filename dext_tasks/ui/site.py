"""The pages of one UI and what is behind them, as answers to requests; knows nothing of sockets."""

from __future__ import annotations

import codecs
import json
import re
import threading
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from posixpath import join, normpath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, unquote_to_bytes, urlsplit

from dext_tasks.ui.bridge import REFUSED, Message, MessageError, noted
from dext_tasks.ui.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dext_tasks.ui.bridge import Bridge


EXTENSION: Final = "extension"
"""Folder of the image's files below a session's address: a UI is never at the root of a desktop's origin, either."""

EVENTS: Final = "bridge/events"
"""Address of a page's events, below a session's."""

_BRIDGE: Final = "bridge"
_CLIENT: Final = "desktop.js"
# Seconds after which a page that is told nothing shows that it is still there.
_HEARTBEAT: Final = 2.0
_PARTS_BEFORE_FILES: Final = 2


@dataclass(frozen=True)
class PageRequest:
    """A request.

    Attributes:
        method: Such as ``GET``.
        target: Path and query as sent.
        host: The Host header.
        body: Its content.
        origin: Where the page is from that made it; empty if unknown.
    """

    method: str
    target: str
    host: str
    body: bytes = b""
    origin: str = ""


@dataclass(frozen=True)
class PageResponse:
    """Its answer.

    Attributes:
        status: HTTP status.
        body: Whole, or as it comes.
        headers: Beside the length.
    """

    status: int
    body: bytes | Iterator[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class UiLocation:
    """Where a UI is in its image.

    Attributes:
        root: Its folder.
        read: Gives a file's content by its absolute path, None if there is none.
        has_vm: Whether the extension has a backend.
        has_host: Whether it has host binaries.
    """

    root: str
    read: Callable[[str], bytes | None]
    has_vm: bool
    has_host: bool


class Site:
    """Answers the requests of a UI's pages.

    Args:
        place: The UI.
        bridge: What is behind ``ddClient``.
        hosts: Host headers that are answered. A foreign name that leads here is an attack by DNS rebinding.
    """

    def __init__(self, place: UiLocation, bridge: Bridge, hosts: frozenset[str]) -> None:
        self._place = place
        self._bridge = bridge
        self._hosts = hosts
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def open(self) -> Session:
        """A session under an address that nobody can guess."""
        session = Session()
        with self._lock:
            self._sessions[session.token] = session
        return session

    def close(self) -> None:
        """End every session."""
        for session in [*self._sessions.values()]:
            session.close()

    def answer(self, request: PageRequest) -> PageResponse:
        """The answer to a request."""
        if request.host not in self._hosts:
            return _plain(421, "not the host of this page")
        if request.origin and request.origin not in {f"http://{host}" for host in self._hosts}:
            return _plain(403, "not from this page")
        parts = segments(request.target)
        session = self._sessions.get(parts[0]) if parts else None
        if parts is None or session is None:
            return _plain(404, "there is nothing outside of the extension's folder")
        return self._in_session(session, parts[1:], request)

    def _in_session(self, session: Session, parts: tuple[str, ...], request: PageRequest) -> PageResponse:
        match parts:
            case ("bridge", "events") if request.method == "GET":
                return _events(session, _page(request.target))
            case ("bridge", what) if request.method == "POST":
                return self._bridged(session, what, request)
            case ("desktop.js",) if request.method in ("GET", "HEAD"):
                return _file(self._client(), "text/javascript")
            case ("extension", *inside) if request.method in ("GET", "HEAD") and inside:
                return self._shown(session, tuple(inside), request.host)
        return _plain(404, "there is nothing here")

    def _shown(self, session: Session, inside: tuple[str, ...], host: str) -> PageResponse:
        path = below(self._place.root, inside)
        content = self._place.read(path) if path else None
        if path is None or content is None:
            return _plain(404, "there is no such file in the UI's folder")
        kind = media_type(path)
        if kind == HTML:
            content = with_script(content, f"http://{host}/{session.token}/{_CLIENT}")
        return _file(content, kind)

    def _bridged(self, session: Session, what: str, request: PageRequest) -> PageResponse:
        if what == "leave":
            session.leave(_page(request.target))
            return PageResponse(204)
        try:
            return self._told(session, what, Message.parse(json.loads(request.body)))
        except (MessageError, ValueError) as error:
            return _plain(400, str(error))

    def _told(self, session: Session, what: str, message: Message) -> PageResponse:
        match what:
            case "call":
                return _json(self._bridge.call(session, message))
            case "start":
                return _json(self._bridge.start(session, message))
            case "stop":
                session.stop(message.page, message.number)
            case "note":
                noted(session, message)
            case _:
                return _plain(404, "there is nothing here")
        return PageResponse(204)

    def _client(self) -> bytes:
        settings = {
            "identity": asdict(self._bridge.machine.identity),
            "refused": REFUSED,
            "hasVm": self._place.has_vm,
            "hasHost": self._place.has_host,
            "themes": _themes(),
        }
        return f"{_source()}({json.dumps(settings)});\n".encode()


def _page(target: str) -> str:
    return parse_qs(target.partition("?")[2]).get("page", [""])[0]


def _events(session: Session, page: str) -> PageResponse:
    return PageResponse(
        200, _lines(session, page), {"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"}
    )


def _lines(session: Session, page: str) -> Iterator[bytes]:
    outbox = session.outbox(page)
    try:
        while not outbox.closed:
            events = outbox.take(_HEARTBEAT)
            yield "".join(f"{json.dumps(event)}\n" for event in events).encode() or b"\n"
    finally:
        # Whoever stops reading without a word has gone, too: a browser that was killed.
        session.leave(page)


def _plain(status: int, text: str) -> PageResponse:
    return PageResponse(status, f"{text}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _json(answer: Mapping[str, object]) -> PageResponse:
    return PageResponse(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})


def _file(content: bytes, kind: str) -> PageResponse:
    return PageResponse(200, content, {"Content-Type": kind, "Cache-Control": "no-store"})


@cache
def _source() -> str:
    return (files(__package__) / _CLIENT).read_text(encoding="utf-8").rstrip().rstrip(";")


@cache
def _themes() -> Any:  # noqa: ANN401 - data for the page
    return json.loads((files(__package__) / "themes.json").read_text(encoding="utf-8"))


# An encoded slash or backslash is one to some and part of a name to others; no builder makes such names.
_AMBIGUOUS: Final = frozenset("\0\\")
_SAFE: Final = "/:@!$&'*+,;=~-._()"


def segments(target: str) -> tuple[str, ...] | None:
    """The parts of a request's path, decoded once; None for one that could mean two places.

    Args:
        target: Of a request line: ``/a/b%20c?x=1``.
    """
    path = target.split("?", 1)[0].split("#", 1)[0]
    if not path.startswith("/"):
        return None
    parts = tuple(_decoded(part) for part in path.split("/")[1:])
    return tuple(part for part in parts if part is not None) if all(map(_as_asked, parts)) else None


def _decoded(part: str) -> str | None:
    try:
        return unquote_to_bytes(part).decode("utf-8")
    except UnicodeError:
        return None


def _as_asked(part: str | None) -> bool:
    return part is not None and part not in (".", "..") and "/" not in part and not _AMBIGUOUS.intersection(part)


def below(root: str, parts: tuple[str, ...]) -> str | None:
    """Absolute path in the image of a file below a folder; None for what is not below it.

    Args:
        root: The folder, ``/ui``.
        parts: Path from the image's root, as ``segments`` gives it.
    """
    path = normpath(join("/", *parts))
    folder = "" if root == "/" else root
    return path if path.startswith(f"{folder}/") and path != "/" and parts[-1] else None


def entry_path(root: str, entry: str) -> str:
    """Path, query and fragment of an entry page as metadata.json names it, below the image's root."""
    # Not by urlsplit: metadata.json names a file, and "a:b.html" is one.
    name, mark, rest = _split(entry)
    return quote(normpath(f"/{root}/{name}").replace("//", "/"), safe=_SAFE) + mark + quote(rest, safe=f"{_SAFE}?#%")


def _split(entry: str) -> tuple[str, str, str]:
    place = min((entry.find(mark) for mark in "?#" if mark in entry), default=len(entry))
    return entry[:place], entry[place : place + 1], entry[place + 1 :]


def origin(url: str) -> str:
    """Scheme and host of an address: ``http://127.0.0.1:1234``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


HTML: Final = "text/html"
_UNKNOWN: Final = "application/octet-stream"

_TYPES: Final = {
    "avif": "image/avif",
    "cjs": "text/javascript",
    "css": "text/css",
    "csv": "text/csv",
    "eot": "application/vnd.ms-fontobject",
    "gif": "image/gif",
    "htm": HTML,
    "html": HTML,
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "map": "application/json",
    "md": "text/markdown",
    "mjs": "text/javascript",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "txt": "text/plain",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
}


def media_type(path: str) -> str:
    """The media type of a file of that name."""
    return _TYPES.get(PurePosixPath(path).suffix.removeprefix(".").lower(), _UNKNOWN)


# What may stand before the first script: comments, whose content is not markup, declarations, tags with quoted values.
_TOKEN: Final = re.compile(
    rb"""<!--(?:>|->|.*?(?:-->|--!>|\Z))|<!(?P<doctype>doctype)\b[^>]*>|<[!?/][^>]*>"""
    rb"""|<(?P<tag>[a-z][^\s/>]*)(?:[^>"']|"[^"]*"|'[^']*')*>""",
    re.IGNORECASE | re.DOTALL,
)
_STOPS: Final = frozenset({b"script", b"body"})
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def with_script(document: bytes, address: str) -> bytes:
    """The document with a script at the first place where one may stand.

    Args:
        document: As it is in the image; UTF-16 becomes UTF-8.
        address: Of the script; plain ASCII without quotes.
    """
    if document.startswith(_UTF16):
        document = codecs.BOM_UTF8 + document.decode("utf-16", errors="replace").encode()
    place = _place(document)
    return document[:place] + f'<script src="{address}"></script>'.encode("ascii") + document[place:]


def _place(document: bytes) -> int:
    """After the head's tag, else after html's, else after the doctype, and before any script."""
    place = len(codecs.BOM_UTF8) if document.startswith(codecs.BOM_UTF8) else 0
    for token in _TOKEN.finditer(document):
        tag = (token["tag"] or b"").lower()
        if tag in _STOPS:
            break
        if token["doctype"] or tag == b"html":
            place = token.end()
        if tag == b"head":
            return token.end()
    return place
