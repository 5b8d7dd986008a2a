"""An engine that answers as told, in the place of its API."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from email.message import Message
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from dext_tasks.engine.api import Answer, Api
from dext_tasks.engine.client import Client
from dext_tasks.engine.faults import refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dext_tasks.engine.api_request import ApiRequest
    from dext_tasks.errors import DextError


class FakeAnswer(Answer):
    """A prepared answer."""

    def __init__(self, content: bytes, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self._content = io.BytesIO(content)
        self._headers = Message()
        for name, value in headers.items():
            self._headers[name] = value

    @property
    def headers(self) -> Message:
        return self._headers

    def read(self, most: int | None = None) -> bytes:
        return self._content.read(most)


class FakeApi(Api):
    """Keeps what it was asked, each as method and decoded target.

    Args:
        failure: What comes of every question; None if there are answers.
    """

    def __init__(self, failure: DextError | None = None) -> None:
        super().__init__(Client())
        self._failure = failure
        self.asked: list[str] = []
        self.bodies: list[object] = []
        self._replies: list[tuple[tuple[str, ...], bytes, str, int, Mapping[str, str]]] = []

    def use(self, client: Client) -> None:
        """Answer this client's questions from now on."""
        self._client = client
        vars(client)["api"] = self

    def reply(
        self,
        *words: str,
        out: object = b"",
        refusal: str = "",
        status: int = 404,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer what has these words in this order; later replies go before earlier ones."""
        content = out if isinstance(out, bytes) else json.dumps(out).encode()
        self._replies.append((words, content, refusal, status, headers or {}))

    @contextmanager
    def _once(self, question: ApiRequest) -> Iterator[Answer]:
        self._client.cancellation.check()
        asked = f"{question.method} {unquote_plus(question.target)}"
        self.asked.append(asked)
        self.bodies.append(question.body)
        if self._failure:
            raise self._failure
        for words, content, refusal, status, headers in reversed(self._replies):
            if _in_order(words, asked):
                if refusal:
                    raise refused(question.what, status, refusal)
                yield FakeAnswer(content, headers)
                return
        raise AssertionError(f"the fake engine knows no answer to {asked}")


def _in_order(words: tuple[str, ...], text: str) -> bool:
    at = 0
    for word in words:
        at = text.find(word, at)
        if at < 0:
            return False
        at += len(word)
    return True
