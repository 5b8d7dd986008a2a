"""Rules on the addresses in labels: the publisher's, additional links, and what answers at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.addresses import (
    GUARDED,
    GUARDED_PICTURE,
    SERVER_FAULT,
    SHOWN,
    answers,
    every,
    links,
    not_served,
    pictures,
)
from dext_tasks.checks.documentation import LABEL_DOCS
from dext_tasks.checks.label_lookup import BREAKING, json_mistakes, values_of
from dext_tasks.checks.rule import DockerStep, Problem, Repair, Severity, rule
from dext_tasks.extension import label_json
from dext_tasks.extension.label_json import TEXT_KEYS
from dext_tasks.extension.labels import ADDITIONAL_URLS, ICON, PUBLISHER_URL, SCREENSHOTS
from dext_tasks.formats.addresses import is_page_of_a_file, web_fault
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.extension.label_json import Link
    from dext_tasks.sources.facts import Place
    from dext_tasks.sources.source import Source


@rule(
    code="additional-urls-invalid",
    title="additional URLs are a JSON array of objects with title and url",
    severity=Severity.ERROR,
    step=DockerStep.LABELS,
    why="Docker's validator refuses it, and Docker Desktop hides all of the links",
    fix="correct the JSON at the line and column given, which count in the label's value",
    source="https://github.com/docker/labs-ai-tools-for-devs/pull/284",
    repair=Repair.SURE,
)
def _additional_urls_invalid(source: Source) -> Iterator[Problem]:
    return json_mistakes(source, ADDITIONAL_URLS, BREAKING)


@rule(
    code="publisher-url-invalid",
    title="the publisher's URL is one http or https address",
    severity=Severity.ERROR,
    why="the link to the publisher in the marketplace leads nowhere",
    fix="write one whole address; several go into com.docker.extension.additional-urls",
    source=LABEL_DOCS,
    repair=Repair.SURE,
)
def _publisher_url_invalid(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [PUBLISHER_URL]):
        if fault := web_fault(value):
            yield Problem(f"{excerpt(value, SHOWN)}: {fault}", place)


@rule(
    code="link-address-invalid",
    title="screenshots and additional URLs have http or https addresses",
    severity=Severity.ERROR,
    why="the dashboard can neither load nor open anything else",
    fix="write the whole address, with https://",
    source="https://docs.docker.com/reference/api/extensions-sdk/Host/#openexternal",
)
def _address_invalid(source: Source) -> Iterator[Problem]:
    for key in (SCREENSHOTS, ADDITIONAL_URLS):
        for link, place in _links(source, [key]):
            # Links can lead to what the extension serves once it is there; screenshots are shown before.
            if link.url and (fault := web_fault(link.url, may_be_local=key == ADDITIONAL_URLS)):
                yield Problem(f"{excerpt(link.url, SHOWN)}: {fault}", place)


@rule(
    code="image-address-is-page",
    title="icon and screenshots are images, not GitHub's pages about them",
    severity=Severity.WARNING,
    why="GitHub answers /blob/ addresses with HTML, which shows as a broken image",
    fix="use the address behind GitHub's Raw button",
    source="https://github.com/docker/extensions-submissions/issues/161",
)
def _image_address_is_page(source: Source) -> Iterator[Problem]:
    icons = ((value, place) for _, value, place in values_of(source, [ICON]))
    screenshots = ((link.url, place) for link, place in _links(source, [SCREENSHOTS]))
    for address, place in (*icons, *screenshots):
        if is_page_of_a_file(address):
            yield Problem(f"{excerpt(address, SHOWN)} is a web page about the image", place)


def _links(source: Source, keys: list[str]) -> Iterator[tuple[Link, Place]]:
    for key, value, place in values_of(source, keys):
        yield from ((link, place) for link in label_json.parse(value, TEXT_KEYS[key]).links)


@rule(
    code="address-guarded",
    title="addresses in labels answer a program",
    severity=Severity.NOTE,
    why="such hosts keep programs out, or want a login that users do not have",
    fix="open the address in a private window of a browser to see what users see",
    source=LABEL_DOCS,
)
def _address_guarded(source: Source) -> Iterator[Problem]:
    for find, doubtful in ((pictures, GUARDED_PICTURE), (links, GUARDED)):
        for address, answer in answers(source, find):
            if answer.status in doubtful:
                yield address.problem(f"answers {answer.status} to a program")


@rule(
    code="address-unanswered",
    title="hosts named in labels can be reached",
    severity=Severity.WARNING,
    why="a host that is gone, or one with a passing fault: the two look alike from here",
    fix="open the address in a browser; if it is gone, change the label",
    source=LABEL_DOCS,
)
def _address_unanswered(source: Source) -> Iterator[Problem]:
    for address, answer in answers(source, every):
        if answer.error:
            yield address.problem(f"gave no answer: {answer.error}")
        elif answer.status >= SERVER_FAULT:
            yield address.problem(f"answers {answer.status}")


@rule(
    code="link-broken",
    title="the publisher's address and additional links answer",
    severity=Severity.WARNING,
    why="users who look for help land on an error page",
    fix="correct the address in the label",
    source=LABEL_DOCS,
)
def _broken(source: Source) -> Iterator[Problem]:
    return not_served(source, links, GUARDED)
