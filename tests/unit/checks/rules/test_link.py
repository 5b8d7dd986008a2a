from __future__ import annotations

import pytest

from tests.unit.checks.fake_source import judged


def test_additional_urls() -> None:
    (problem,) = judged("additional-urls-invalid", ADDITIONAL_URLS='[{"alt":"x","url":"https://example.com"}]')
    assert problem.startswith('line 1, column 2: the object has no "title"')


@pytest.mark.parametrize("url", ["images/1.png", "javascript:alert(1)", "ftp://example.com/1.png"])
def test_link_addresses(url: str) -> None:
    assert judged("link-address-invalid", SCREENSHOTS=f'[{{"alt":"a","url":"{url}"}}]')
    assert judged("link-address-invalid", ADDITIONAL_URLS=f'[{{"title":"a","url":"{url}"}}]')


def test_links_may_lead_to_what_the_extension_serves() -> None:
    link = "http://localhost:8080"
    assert judged("link-address-invalid", ADDITIONAL_URLS=f'[{{"title":"a","url":"{link}"}}]') == []
    assert judged("link-address-invalid", SCREENSHOTS=f'[{{"alt":"a","url":"{link}"}}]') == [
        f"{link}: localhost is the machine of whoever reads it"
    ]


def test_a_link_without_text_is_not_lost_behind_unknown_keys() -> None:
    harmless = ['{"title":"a","url":"https://example.com","x":1}'] * 25
    elements = ",".join([*harmless, '{"url":"https://example.com"}'])
    (problem,) = judged("additional-urls-invalid", ADDITIONAL_URLS=f"[{elements}]")
    assert 'the object has no "title"' in problem


PAGE = "https://github.com/someone/thing/blob/main/icon.svg"


def test_pages_about_images() -> None:
    assert len(judged("image-address-is-page", ICON=PAGE, SCREENSHOTS=f'[{{"alt":"a","url":"{PAGE}"}}]')) == 2


@pytest.mark.parametrize(
    "url",
    [
        '[{"title":"GitHub","url":"https://example.com"}]',
        "example.com",
        "https://a.example,https:// b",
        "https://a.example,https://b.example",
    ],
)
def test_publisher_url(url: str) -> None:
    assert len(judged("publisher-url-invalid", PUBLISHER_URL=url)) == 1
