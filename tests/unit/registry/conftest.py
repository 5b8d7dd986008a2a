from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from dext_tasks.registry.transport import Transport
from dext_tasks.registry.wire import Wire

if TYPE_CHECKING:
    from dext_tasks.registry.credentials import Login

Connect = Callable[..., Transport]
Reply = Callable[..., urllib3.HTTPResponse]
Answer = urllib3.HTTPResponse | Exception


@dataclass(frozen=True)
class Asked:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def line(self) -> str:
        return f"{self.method} {self.url}"


class FakePool(urllib3.PoolManager):
    """Gives prepared answers in order and keeps what was asked; nothing is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.answers: list[Answer] = []

    def urlopen(  # type: ignore[override]  # the base's keywords, as they come
        self,
        method: str,
        url: str,
        redirect: bool = True,  # noqa: ARG002, FBT001, FBT002 - the base's signature
        **keywords: Any,  # noqa: ANN401 - the base's signature
    ) -> urllib3.HTTPResponse:
        self.asked.append(Asked(method, url, dict(keywords.get("headers") or {}), str(keywords.get("body") or "")))
        assert self.answers, f"no answer is prepared for {method} {url}"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def script(self, *answers: Answer) -> None:
        self.answers.extend(answers)

    @property
    def lines(self) -> list[str]:
        return [each.line for each in self.asked]


def reply(status: int = 200, body: object = b"", **headers: str) -> urllib3.HTTPResponse:
    """An answer; keywords become header fields, with dashes for underscores."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib3.HTTPResponse(io.BytesIO(content), headers=named, status=status, preload_content=False)


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


@pytest.fixture
def answer() -> Reply:
    return reply


@pytest.fixture
def connect(pool: FakePool) -> Connect:
    """A transport to ghcr.io/acme/demo, or what is asked for, over the fake pool."""

    def made(registry: str = "ghcr.io", login: Login | None = None, *, push: bool = False) -> Transport:
        return Transport(registry, "acme/demo", login, push, _wire=Wire(connect=lambda *_: pool))

    return made
