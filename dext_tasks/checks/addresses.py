"""Addresses in labels, and what answers at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.checks.label_lookup import values_of
from dext_tasks.checks.rule import Problem
from dext_tasks.extension.label_json import TEXT_KEYS, parse
from dext_tasks.extension.labels import ADDITIONAL_URLS, ICON, PUBLISHER_URL, SCREENSHOTS
from dext_tasks.formats.addresses import web_fault
from dext_tasks.formats.pictures import PictureFormat, identify
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.parallel import ask_each
from dext_tasks.sources.source import PartNotOfferedError, Source

if TYPE_CHECKING:
    from dext_tasks.sources.facts import Place, WebAnswer

# Characters of an address that a finding shows.
SHOWN: Final = 160
OK: Final = 200
SERVER_FAULT: Final = 500
# Users see a picture without a login; a signed address that has expired answers so:
# https://github.com/docker/extensions-submissions/issues/172
_REFUSED = frozenset({401, 403})
# Answers to a program that a person with a browser may not get: logins, robots kept out, too many requests.
GUARDED: Final = frozenset({401, 403, 405, 406, 407, 408, 409, 418, 421, 425, 429, 451})
# The same of a picture.
GUARDED_PICTURE: Final = GUARDED - _REFUSED
AT_ONCE: Final = 8
_MOST_ADDRESSES = 100
# What a browser looks into before it decides: https://mimesniff.spec.whatwg.org/
_SNIFFED = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/unknown"})
# Of other types, such as AVIF, nothing is known here.
_FORMATS = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"})
# Some storage sends what is stored compressed, whatever is accepted; a browser decodes it.
_GZIP = b"\x1f\x8b"


class LabelAddress(NamedTuple):
    """An address in a label.

    Attributes:
        name: What it is the address of, in words.
        url: The address.
        place: The label.
    """

    name: str
    url: str
    place: Place

    def problem(self, what: str) -> Problem:
        """What is wrong with it."""
        return Problem(f"{self.name}, {self.url}, {what}", self.place)


Find = Callable[[Source], Iterator[LabelAddress]]


def icons(source: Source) -> Iterator[LabelAddress]:
    """The icon's."""
    return _single(source, ICON, "the icon")


def screenshots(source: Source) -> Iterator[LabelAddress]:
    """Every screenshot's."""
    return _listed(source, SCREENSHOTS, "screenshot")


def pictures(source: Source) -> Iterator[LabelAddress]:
    """The icon's and every screenshot's."""
    yield from icons(source)
    yield from screenshots(source)


def links(source: Source) -> Iterator[LabelAddress]:
    """The publisher's, and every additional link's."""
    yield from _single(source, PUBLISHER_URL, "the publisher's address")
    yield from _listed(source, ADDITIONAL_URLS, "link")


def every(source: Source) -> Iterator[LabelAddress]:
    """All of these."""
    yield from pictures(source)
    yield from links(source)


def _single(source: Source, key: str, name: str) -> Iterator[LabelAddress]:
    for _, url, place in values_of(source, [key]):
        if not web_fault(url.strip()):
            yield LabelAddress(name, url.strip(), place)


def _listed(source: Source, key: str, name: str) -> Iterator[LabelAddress]:
    for _, value, place in values_of(source, [key]):
        for number, link in enumerate(parse(value, TEXT_KEYS[key]).links, 1):
            if not web_fault(link.url):
                yield LabelAddress(f"{name} {number}", link.url.strip(), place)


def answers(source: Source, find: Find) -> Iterator[tuple[LabelAddress, WebAnswer]]:
    """What answers at each of the first addresses that are found.

    Raises:
        NotOfferedError: The network may not be asked.
        PartNotOfferedError: After all that are known: some address depends on what a build is given.
    """
    web = source.web
    addresses: list[LabelAddress] = []
    unknown: PartNotOfferedError | None = None
    try:
        addresses.extend(islice(find(source), _MOST_ADDRESSES))
    except PartNotOfferedError as error:
        unknown = error
    # Not by address: a label that two platforms share is a finding of each.
    found = ask_each([each.url for each in addresses], web.get, Cancellation(), at_once=AT_ONCE)
    yield from ((address, found[address.url]) for address in addresses)
    if unknown:
        raise unknown


def not_served(source: Source, find: Find, doubtful: frozenset[int]) -> Iterator[Problem]:
    """Addresses that answer with an error.

    Args:
        source: Where they are looked for.
        find: Finds them.
        doubtful: HTTP statuses that a program may get, and a user not.
    """
    for address, answer in answers(source, find):
        if OK < answer.status < SERVER_FAULT and answer.status not in doubtful:
            yield address.problem(f"answers {answer.status}")


def not_picture(source: Source, find: Find) -> Iterator[Problem]:
    """Addresses that answer, and not with a picture."""
    for address, answer in answers(source, find):
        fault = _picture_fault(answer) if answer.status == OK else ""
        if fault:
            yield address.problem(fault)


def _picture_fault(answer: WebAnswer) -> str:
    """Why a browser would show no picture; empty if it would."""
    served, found = answer.content_type, identify(answer.content)
    if not answer.content:
        return "answers with nothing"
    if served in _SNIFFED:
        # Browsers never take SVG for what it looks like.
        is_picture = found is not None and found.format is not PictureFormat.SVG
    else:
        is_picture = served.startswith("image/")
    if not is_picture:
        return f"is served as {served or 'nothing in particular'}, not as a picture"
    holds_none = served in _FORMATS and found is None and not answer.content.startswith(_GZIP)
    return f"is served as {served}, and holds none" if holds_none else ""
