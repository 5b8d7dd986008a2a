"""Rules that ask the network: are the pictures, links and images really there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from dext_tasks.checks.label_lookup import values_of
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.errors import DextError, NotAnImageError
from dext_tasks.extension.label_json import TEXT_KEYS, parse
from dext_tasks.extension.labels import ADDITIONAL_URLS, ICON, PUBLISHER_URL, SCREENSHOTS
from dext_tasks.formats import compose
from dext_tasks.formats.addresses import web_fault
from dext_tasks.formats.compose.variables import is_resolved, names_plugin_image, with_defaults
from dext_tasks.formats.oci.platform import REQUIRED
from dext_tasks.formats.pictures import PictureFormat, identify
from dext_tasks.runtime.cancellation import Cancellation
from dext_tasks.runtime.parallel import ask_each
from dext_tasks.sources.source import PartNotOfferedError, Place, Source, WebAnswer

if TYPE_CHECKING:
    from dext_tasks.formats.oci.platform import Platform

_LABELS = "https://docs.docker.com/extensions/extensions-sdk/extensions/labels/"
_RECOMMENDED = (2400, 1600)
_OK = 200
_SERVER_FAULT = 500
# Answers to a program that a person with a browser may not get: logins, robots kept out, too many requests.
_GUARDED = frozenset({401, 403, 405, 406, 407, 408, 409, 418, 421, 425, 429, 451})
# Users see a picture without a login; a signed address that has expired answers so:
# https://github.com/docker/extensions-submissions/issues/172
_REFUSED = frozenset({401, 403})
# What a browser looks into before it decides: https://mimesniff.spec.whatwg.org/
_SNIFFED = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/unknown"})
# Of other types, such as AVIF, nothing is known here.
_FORMATS = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"})
# Some storage sends what is stored compressed, whatever is accepted; a browser decodes it.
_GZIP = b"\x1f\x8b"
_AT_ONCE = 8
_MOST_ADDRESSES = 100
_MOST_IMAGES = 50


@dataclass(frozen=True)
class _Address:
    """An address in a label."""

    what: str
    url: str
    place: Place


@dataclass(frozen=True)
class _Image:
    """An image that a compose file runs, and what came of asking for it.

    Attributes:
        name: Its reference.
        place: Where it is named.
        platforms: What it is there for; None if it is not there, or that is not known.
        error: Why that is not known; empty if it is.
        other: What is there in its place, where that is not an image.
    """

    name: str
    place: Place
    platforms: frozenset[Platform] | None = None
    error: str = ""
    other: str = ""


_Find = Callable[[Source], Iterator[_Address]]


def _icons(source: Source) -> Iterator[_Address]:
    return _single(source, ICON, "the icon")


def _screenshots(source: Source) -> Iterator[_Address]:
    return _listed(source, SCREENSHOTS, "screenshot")


def _links(source: Source) -> Iterator[_Address]:
    yield from _single(source, PUBLISHER_URL, "the publisher's address")
    yield from _listed(source, ADDITIONAL_URLS, "link")


def _pictures(source: Source) -> Iterator[_Address]:
    yield from _icons(source)
    yield from _screenshots(source)


def _every(source: Source) -> Iterator[_Address]:
    yield from _pictures(source)
    yield from _links(source)


def _single(source: Source, key: str, what: str) -> Iterator[_Address]:
    for _, url, place in values_of(source, [key]):
        if not web_fault(url.strip()):
            yield _Address(what, url.strip(), place)


def _listed(source: Source, key: str, what: str) -> Iterator[_Address]:
    for _, value, place in values_of(source, [key]):
        for number, link in enumerate(parse(value, TEXT_KEYS[key]).links, 1):
            if not web_fault(link.url):
                yield _Address(f"{what} {number}", link.url.strip(), place)


def _asked(source: Source, find: _Find) -> Iterator[tuple[_Address, WebAnswer]]:
    web = source.web
    addresses: list[_Address] = []
    unknown: PartNotOfferedError | None = None
    try:
        addresses.extend(islice(find(source), _MOST_ADDRESSES))
    except PartNotOfferedError as error:
        unknown = error
    # Not by address: a label that two platforms share is a finding of each.
    answers = ask_each([each.url for each in addresses], web.get, Cancellation(), at_once=_AT_ONCE)
    yield from ((address, answers[address.url]) for address in addresses)
    if unknown:
        raise unknown


def _problem(address: _Address, what: str) -> Problem:
    return Problem(f"{address.what}, {address.url}, {what}", address.place)


def _not_served(find: _Find, doubtful: frozenset[int], source: Source) -> Iterator[Problem]:
    for address, answer in _asked(source, find):
        if _OK < answer.status < _SERVER_FAULT and answer.status not in doubtful:
            yield _problem(address, f"answers {answer.status}")


def _guarded(source: Source) -> Iterator[Problem]:
    for find, doubtful in ((_pictures, _GUARDED - _REFUSED), (_links, _GUARDED)):
        for address, answer in _asked(source, find):
            if answer.status in doubtful:
                yield _problem(address, f"answers {answer.status} to a program")


def _unanswered(source: Source) -> Iterator[Problem]:
    for address, answer in _asked(source, _every):
        if answer.error:
            yield _problem(address, f"gave no answer: {answer.error}")
        elif answer.status >= _SERVER_FAULT:
            yield _problem(address, f"answers {answer.status}")


def _not_picture(find: _Find, source: Source) -> Iterator[Problem]:
    for address, answer in _asked(source, find):
        fault = _picture_fault(answer) if answer.status == _OK else ""
        if fault:
            yield _problem(address, fault)


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


def _small(source: Source) -> Iterator[Problem]:
    for address, answer in _asked(source, _screenshots):
        picture = identify(answer.content) if answer.status == _OK else None
        if picture and picture.has_size and (picture.width < _RECOMMENDED[0] or picture.height < _RECOMMENDED[1]):
            size = f"{picture.width} x {picture.height}"
            yield _problem(address, f"is {size} pixels; {_RECOMMENDED[0]} x {_RECOMMENDED[1]} are recommended")


def _images(source: Source) -> list[_Image]:
    web = source.web

    def asked(image: _Image) -> _Image:
        try:
            return replace(image, platforms=web.platforms(image.name))
        except NotAnImageError as error:
            return replace(image, other=error.message)
        except DextError as error:
            return replace(image, error=error.message)

    images = list(islice(_named(source), _MOST_IMAGES))
    return list(ask_each(images, asked, Cancellation(), at_once=_AT_ONCE).values())


def _named(source: Source) -> Iterator[_Image]:
    for document in source.compose:
        for service in compose.parse(document.content or b"").services:
            image = service.image
            if image is None or service.build or names_plugin_image(image.value):
                continue
            name = with_defaults(image.value).strip()
            if name and is_resolved(name):
                yield _Image(name, replace(document.place, line=image.line))


def _image_absent(source: Source) -> Iterator[Problem]:
    for image in _images(source):
        if image.other:
            yield Problem(f"image {image.name} is not one: {image.other}", image.place)
        elif image.platforms is None and not image.error:
            yield Problem(f"image {image.name} is not in its registry", image.place)


def _image_platform(source: Source) -> Iterator[Problem]:
    for image in _images(source):
        missing = [str(each) for each in REQUIRED if image.platforms is not None and each not in image.platforms]
        if missing:
            yield Problem(f"image {image.name} is not there for {' and '.join(missing)}", image.place)


def _image_unanswered(source: Source) -> Iterator[Problem]:
    for image in _images(source):
        if image.error:
            yield Problem(f"image {image.name}: {image.error}", image.place)


RULES = (
    Rule(
        code="icon-not-served",
        title="the icon's address answers",
        severity=Severity.ERROR,
        docker="",
        why="the marketplace and the dashboard show a broken picture; Docker's validator does not look",
        fix="put the icon where it stays, and give that address",
        source="https://github.com/docker/extensions-submissions/issues/172",
        ask=partial(_not_served, _icons, _GUARDED - _REFUSED),
    ),
    Rule(
        code="icon-not-picture",
        title="the icon's address answers with a picture",
        severity=Severity.WARNING,
        docker="",
        why="browsers show nothing for an address that answers with a page or plain text",
        fix="give the address of the file itself (https://raw.githubusercontent.com/...), not of a page about it",
        source=_LABELS,
        ask=partial(_not_picture, _icons),
    ),
    Rule(
        code="screenshot-not-served",
        title="every screenshot's address answers",
        severity=Severity.ERROR,
        docker="",
        why="users see a broken picture; Docker's validator does not look, its reviewers do",
        fix="put the screenshot where it stays, and give that address",
        source="https://github.com/docker/extensions-submissions/issues/161",
        ask=partial(_not_served, _screenshots, _GUARDED - _REFUSED),
    ),
    Rule(
        code="screenshot-not-picture",
        title="every screenshot's address answers with a picture",
        severity=Severity.WARNING,
        docker="",
        why="browsers show nothing for an address that answers with a page or plain text",
        fix="give the address of the file itself, not of a page about it",
        source=_LABELS,
        ask=partial(_not_picture, _screenshots),
    ),
    Rule(
        code="screenshot-small",
        title="screenshots are at least 2400 x 1600 pixels",
        severity=Severity.NOTE,
        docker="",
        why="smaller ones look blurred on the marketplace's page",
        fix="take the screenshot in a larger window or at twice the scale",
        source=_LABELS,
        ask=_small,
    ),
    Rule(
        code="link-broken",
        title="the publisher's address and additional links answer",
        severity=Severity.WARNING,
        docker="",
        why="users who look for help land on an error page",
        fix="correct the address in the label",
        source=_LABELS,
        ask=partial(_not_served, _links, _GUARDED),
    ),
    Rule(
        code="address-unanswered",
        title="hosts named in labels can be reached",
        severity=Severity.WARNING,
        docker="",
        why="a host that is gone, or one with a passing fault: the two look alike from here",
        fix="open the address in a browser; if it is gone, change the label",
        source=_LABELS,
        ask=_unanswered,
    ),
    Rule(
        code="address-guarded",
        title="addresses in labels answer a program",
        severity=Severity.NOTE,
        docker="",
        why="such hosts keep programs out, or want a login that users do not have",
        fix="open the address in a private window of a browser to see what users see",
        source=_LABELS,
        ask=_guarded,
    ),
    Rule(
        code="compose-image-absent",
        title="images of the compose file are in their registries",
        severity=Severity.ERROR,
        docker="",
        why="the extension cannot be installed where the image is not there already, which is everywhere but here",
        fix="push the image, or name a tag that exists",
        source="https://github.com/docker/extensions-submissions/issues/60",
        ask=_image_absent,
    ),
    Rule(
        code="compose-image-platform-missing",
        title="images of the compose file are there for amd64 and arm64",
        severity=Severity.WARNING,
        docker="",
        why="on the other architecture the service does not start, or runs slowly under emulation",
        fix="choose an image or a tag that is built for both",
        source="https://docs.docker.com/extensions/extensions-sdk/extensions/multi-arch/",
        ask=_image_platform,
    ),
    Rule(
        code="compose-image-unanswered",
        title="registries tell whether images of the compose file are there",
        severity=Severity.WARNING,
        docker="",
        why="users have no login for a private image, and a registry that does not answer serves no one",
        fix="make the image public, or look at it by hand",
        source="https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/",
        ask=_image_unanswered,
    ),
)
