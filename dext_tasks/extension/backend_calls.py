"""Calls of the backend and of processes that desktops answer differently, found in scripts as text.

What such a call does depends on its arguments; what is not seen in the call itself is not guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dext_tasks.extension.api_calls import DOT, EXEC, OPEN, line_of
from dext_tasks.formats.call_arguments import arguments, is_text
from dext_tasks.formats.script_code import matches

if TYPE_CHECKING:
    from collections.abc import Iterator

_REQUEST = re.compile(rb"service" + DOT + rb"request" + OPEN)
_SENDING = re.compile(rb"service" + DOT + rb"(?:post|put|patch)" + OPEN)
_ASSIGNED = re.compile(rb"([A-Za-z_$][\w$.]{0,99})\s{0,9}=\s{0,9}(?:await\s{1,9})?[\w$.?!\s]{0,150}\Z")
_BEFORE = 300
_SCOPE = 4000


def object_requests(content: bytes) -> tuple[int, ...]:
    """Lines with a ``service.request`` whose data is not seen to be a text."""
    return tuple(line for line, data in _request_data(content) if not is_text(data))


def text_bodies(content: bytes) -> tuple[int, ...]:
    """Lines that send the backend a text."""
    requests = [line for line, data in _request_data(content) if is_text(data)]
    return tuple(sorted([*requests, *_texts_sent(content)]))


def closed_streams(content: bytes) -> tuple[int, ...]:
    """Lines that close a process whose output is streamed."""
    return tuple(sorted({line_of(content, offset) for offset in _closing(content)}))


def _request_data(content: bytes) -> Iterator[tuple[int, bytes]]:
    for call in matches(_REQUEST, content):
        config = arguments(content, call.end())[0]
        if "data" in config.keys:
            yield line_of(content, call.start()), config.keys["data"]


def _texts_sent(content: bytes) -> Iterator[int]:
    for call in matches(_SENDING, content):
        _, *others = arguments(content, call.end())
        if others and others[0].is_text:
            yield line_of(content, call.start())


def _closing(content: bytes) -> Iterator[int]:
    for call in matches(EXEC, content):
        if any("stream" in each.keys for each in arguments(content, call.end())):
            assigned = _ASSIGNED.search(content[max(0, call.start() - _BEFORE) : call.start()])
            closing = _close_of(assigned[1]) if assigned else None
            # A bundler gives a short name to many things: only what is near is taken for the same.
            found = closing.search(content, call.end(), call.end() + _SCOPE) if closing else None
            if found:
                yield found.start()


def _close_of(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![\w$.])" + re.escape(name) + rb"!?" + DOT + rb"close" + OPEN)
