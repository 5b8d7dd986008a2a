from __future__ import annotations

import json
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.checks import catalogue
from dext_tasks.checks.rule import Severity
from dext_tasks.checks.selection import Selection
from dext_tasks.extension.labels import ADDITIONAL_URLS, ICON, PUBLISHER_URL, SCREENSHOTS
from dext_tasks.sources.facts import WebAnswer
from dext_tasks.sources.source import NotOfferedError
from tests.unit.checks.fake_source import BY_CODE, whats
from tests.unit.checks.fake_web import GOOD_ANSWER, SCREENSHOT, FakeWeb, U, online, png

RULES = Selection(
    (
        "*-not-served",
        "*-not-picture",
        "screenshot-small",
        "link-broken",
        "address-*",
        "compose-image-absent",
        "compose-image-platform-missing",
        "compose-image-unanswered",
    )
).chosen(catalogue.RULES)
CODES = [rule.code for rule in RULES]
LABEL_CODES = [code for code in CODES if not code.startswith("compose-")]


def codes(answer: WebAnswer, key: str = ICON, value: str = U) -> list[str]:
    source = online(FakeWeb(answer), {key: value})
    return [code for code in LABEL_CODES if whats(code, source)]


LINK = json.dumps([{"title": "a", "url": U}])


@pytest.mark.parametrize("code", CODES)
def test_without_a_network_nothing_is_answered(code: str) -> None:
    with pytest.raises(NotOfferedError, match="--online"):
        whats(code, online(None, {ICON: U}))


@pytest.mark.parametrize(
    ("key", "value"), [(ICON, U), (SCREENSHOTS, SCREENSHOT), (PUBLISHER_URL, U), (ADDITIONAL_URLS, LINK)]
)
def test_all_is_well(key: str, value: str) -> None:
    assert codes(GOOD_ANSWER, key, value) == []


@pytest.mark.parametrize("status", [404, 410, 400, 206, 302])
@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        (ICON, U, "icon-not-served"),
        (SCREENSHOTS, SCREENSHOT, "screenshot-not-served"),
        (PUBLISHER_URL, U, "link-broken"),
        (ADDITIONAL_URLS, LINK, "link-broken"),
    ],
)
def test_what_is_not_there(key: str, value: str, code: str, status: int) -> None:
    assert codes(WebAnswer(status, "", b""), key, value) == [code]
    ((problem),) = BY_CODE[code].ask(online(FakeWeb(WebAnswer(status, "", b"")), {key: value}))
    assert problem.what.endswith(f", {U}, answers {status}")
    assert str(problem.place) == f"Dockerfile:3, label {key}"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (WebAnswer(0, "", b"", "nobody"), "address-unanswered"),
        (WebAnswer(503, "", b""), "address-unanswered"),
        (WebAnswer(405, "", b""), "address-guarded"),
        (WebAnswer(429, "", b""), "address-guarded"),
    ],
)
@pytest.mark.parametrize(
    ("key", "value"), [(ICON, U), (SCREENSHOTS, SCREENSHOT), (PUBLISHER_URL, U), (ADDITIONAL_URLS, LINK)]
)
def test_could_not_tell_is_another_finding(key: str, value: str, answer: WebAnswer, code: str) -> None:
    assert codes(answer, key, value) == [code]
    assert BY_CODE[code].severity is not Severity.ERROR


@pytest.mark.parametrize("status", [401, 403])
def test_a_picture_that_wants_a_login_is_shown_to_nobody(status: int) -> None:
    answer = WebAnswer(status, "text/html", b"expired")
    assert codes(answer) == ["icon-not-served"]
    assert codes(answer, SCREENSHOTS, SCREENSHOT) == ["screenshot-not-served"]
    assert codes(answer, PUBLISHER_URL) == codes(answer, ADDITIONAL_URLS, LINK) == ["address-guarded"]


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (WebAnswer(200, "image/png", b""), "answers with nothing"),
        (WebAnswer(200, "image/png", b"<html>"), "is served as image/png, and holds none"),
        (WebAnswer(200, "image/svg+xml", b"<!doctype html><html>"), "is served as image/svg+xml, and holds none"),
        (WebAnswer(200, "text/html", b"<html>"), "is served as text/html, not as a picture"),
    ],
)
def test_what_is_wrong_with_a_picture(answer: WebAnswer, what: str) -> None:
    for code, key, value in (("icon-not-picture", ICON, U), ("screenshot-not-picture", SCREENSHOTS, SCREENSHOT)):
        (said,) = whats(code, online(FakeWeb(answer), {key: value}))
        assert said.endswith(f", {U}, {what}")


@pytest.mark.parametrize(
    ("content_type", "content", "is_picture"),
    [
        ("image/svg+xml", b"<svg>", True),
        ("image/png", b"", False),
        ("image/png", png(1, 1), True),
        ("image/png", b"<html>", False),
        ("image/svg+xml", b"<?xml version='1.0'?><svg>", True),
        ("image/svg+xml", b"\x1f\x8b\x08", True),
        ("image/avif", b"????ftypavif", True),
        ("application/octet-stream", png(1, 1), True),
        ("", png(1, 1), True),
        ("application/octet-stream", b"<svg>", False),
        ("text/plain", b"<svg>", False),
        ("text/html", b"<html>", False),
        ("", b"text", False),
    ],
)
def test_pictures(content_type: str, content: bytes, is_picture: bool) -> None:  # noqa: FBT001 - a table
    expected = [] if is_picture else ["icon-not-picture"]
    assert codes(WebAnswer(200, content_type, content)) == expected


def test_pages_are_fine_for_links() -> None:
    assert codes(WebAnswer(200, "text/html", b"<html>"), PUBLISHER_URL) == []


@pytest.mark.parametrize("url", ["", "not an address", "javascript:alert(1)", "file:///etc/passwd", "${ICON}"])
def test_what_is_no_web_address_is_another_rules_finding(url: str) -> None:
    web = FakeWeb(WebAnswer(404, "", b""))
    values = {ICON: url, PUBLISHER_URL: url, SCREENSHOTS: json.dumps([{"alt": "a", "url": url}])}
    assert [code for code in LABEL_CODES if whats(code, online(web, values))] == []
    assert web.asked == []


def test_a_label_with_any_number_of_addresses_is_asked_in_part() -> None:
    web = FakeWeb()
    value = json.dumps([{"alt": "a", "url": f"https://example.org/{number}"} for number in range(1000)])
    whats("screenshot-not-served", online(web, {SCREENSHOTS: value}))
    assert len(web.asked) == 100


def test_ctrl_c_does_not_wait_for_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    class Silent(FakeWeb):
        def get(self, url: str) -> WebAnswer:
            gate.wait(250)
            return super().get(url)

    def pressed(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("dext_tasks.runtime.parallel.wait", pressed)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        whats("icon-not-served", online(Silent(), {ICON: U}))
    assert time.monotonic() - began < 60
    gate.set()


@given(st.sampled_from([ICON, SCREENSHOTS, PUBLISHER_URL, ADDITIONAL_URLS]), st.text(max_size=200), st.binary())
def test_any_labels_and_answers(key: str, value: str, content: bytes) -> None:
    source = online(FakeWeb(WebAnswer(200, "", content)), {key: value}, text=content)
    assert all(isinstance(whats(code, source), list) for code in CODES)
