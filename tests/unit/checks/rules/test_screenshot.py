from __future__ import annotations

import pytest

from dext_tasks.extension import labels
from dext_tasks.extension.labels import SCREENSHOTS
from dext_tasks.sources.facts import WebAnswer
from tests.unit.checks.fake_source import BY_CODE, judged, labelled, whats
from tests.unit.checks.fake_web import SCREENSHOT, FakeWeb, U, online, png


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
