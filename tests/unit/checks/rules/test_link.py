from __future__ import annotations

from typing import Any

import pytest

from dext_tasks.extension import labels
from dext_tasks.formats import dockerfile
from dext_tasks.sources.source import DockerfileFacet
from tests.unit.checks.fake_source import BY_CODE, FakeSource, in_dockerfile

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
