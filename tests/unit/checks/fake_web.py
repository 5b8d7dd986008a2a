"""A network for the tests of rules that ask it."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

from dext_tasks.errors import LoginMissingError
from dext_tasks.sources.facts import Web, WebAnswer
from tests.unit.checks.fake_source import FakeSource, compose, in_dockerfile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.formats.oci.platform import Platform

U = "https://example.org/x"


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", width, height)


GOOD_ANSWER = WebAnswer(200, "image/png", png(2400, 1600))


class FakeWeb(Web):
    """Prepared answers; images by reference."""

    def __init__(
        self, answer: WebAnswer = GOOD_ANSWER, images: Mapping[str, frozenset[Platform] | None] | None = None
    ) -> None:
        self.answer, self.images = answer, dict(images or {})
        self.asked: list[str] = []

    def get(self, url: str) -> WebAnswer:
        self.asked.append(url)
        return self.answer

    def platforms(self, reference: str) -> frozenset[Platform] | None:
        self.asked.append(reference)
        if reference not in self.images:
            raise LoginMissingError("a login is missing", remedy="log in")
        return self.images[reference]


def online(web: Web | None, values: Mapping[str, str] | None = None, text: bytes | None = b"") -> FakeSource:
    """Labels and compose files of an image."""
    return FakeSource(network=web, labels=[in_dockerfile(values or {}, 3)], compose=[compose(text)])


SCREENSHOT = json.dumps([{"alt": "a", "url": U}])
