from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import pytest

from dext_tasks.errors import LoginMissingError
from dext_tasks.extension import labels
from dext_tasks.extension.labels import SCREENSHOTS
from dext_tasks.formats import dockerfile
from dext_tasks.sources.source import (
    DockerfileFacet,
    Web,
    WebAnswer,
)
from tests.unit.checks.fake_source import BY_CODE, FakeSource, compose, in_dockerfile, whats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dext_tasks.formats.oci.platform import Platform

GOOD = {
    labels.TITLE: "Demo",
    labels.DESCRIPTION: "Shows something.",
    labels.VENDOR: "Acme",
    labels.API_VERSION: ">= 0.3.4",
    labels.ICON: "https://example.com/icon.svg",
    labels.SCREENSHOTS: '[{"alt":"One","url":"https://example.com/1.png"}]',
    labels.ADDITIONAL_URLS: '[{"title":"Docs","url":"https://example.com/docs"}]',
    labels.DETAILED_DESCRIPTION: "  <p>More</p>  ",
    labels.PUBLISHER_URL: "https://example.com",
    labels.CHANGELOG: "<p>${not a variable} $HOME</p>",
    labels.CATEGORIES: "kubernetes,security",
    labels.ACCOUNT_INFO: "required",
}


def labelled(values: dict[str, str], text: str = "", **more: Any) -> FakeSource:  # noqa: ANN401 - of LabelSet
    labels_ = [in_dockerfile(values, 9, **more)]
    if not text:
        return FakeSource(labels=labels_)
    return FakeSource(labels=labels_, dockerfile=DockerfileFacet(dockerfile.parse(text), "", "Dockerfile"))


def judged(code: str, **values: str) -> list[str]:
    changed = {getattr(labels, name): value for name, value in values.items()}
    return [problem.what for problem in BY_CODE[code].ask(labelled(GOOD | changed))]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (
            "https://example.com/1.png",
            "line 1, column 1: not JSON: a string must be in double quotes",
        ),
        ('[{"alt":"One"}]', 'line 1, column 2: the object has no "url", in [{"alt":"One"}]'),
        ('[{alt:"One"}]', "line 1, column 3: not JSON: a key must be in double quotes"),
    ],
)
def test_screenshots(value: str, what: str) -> None:
    (problem,) = judged("screenshots-invalid", SCREENSHOTS=value)
    assert problem.startswith(what)


def test_the_place_is_the_labels() -> None:
    (problem,) = BY_CODE["screenshots-invalid"].ask(labelled({labels.SCREENSHOTS: "x"}))
    assert str(problem.place) == f"Dockerfile:9, label {labels.SCREENSHOTS}"


U = "https://example.org/x"


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", width, height)


GOOD_ONLINE = WebAnswer(200, "image/png", png(2400, 1600))


class FakeWeb(Web):
    """Prepared answers; images by reference."""

    def __init__(
        self, answer: WebAnswer = GOOD_ONLINE, images: Mapping[str, frozenset[Platform] | None] | None = None
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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (png(2400, 1600), []),
        (png(3000, 2000), []),
        (b"<svg>", []),
        (b"\x89PNG\r\n\x1a\n", []),
        (png(1200, 800), [f"screenshot 1, {U}, is 1200 x 800 pixels; 2400 x 1600 are recommended"]),
        (png(2400, 1599), [f"screenshot 1, {U}, is 2400 x 1599 pixels; 2400 x 1600 are recommended"]),
    ],
)
def test_the_size_of_screenshots(content: bytes, said: list[str]) -> None:
    source = online(FakeWeb(WebAnswer(200, "image/png", content)), {SCREENSHOTS: SCREENSHOT})
    assert whats("screenshot-small", source) == said
