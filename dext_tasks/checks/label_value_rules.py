"""Rules on what the values of labels say, except for their prose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dext_tasks.checks.label_lookup import values_of
from dext_tasks.checks.label_rules import EMPTY
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension import label_json
from dext_tasks.extension.label_json import TEXT_KEYS, LabelJsonFault
from dext_tasks.extension.labels import (
    ACCOUNT_INFO,
    ADDITIONAL_URLS,
    API_VERSION,
    CATEGORIES,
    CATEGORY_NAMES,
    DESCRIPTION,
    ICON,
    PUBLISHER_URL,
    REQUIRED,
    SCREENSHOTS,
    TITLE,
    VENDOR,
    is_shown,
    nearest_category,
    without_brackets,
)
from dext_tasks.formats.addresses import IMAGE_SUFFIXES, is_page_of_a_file, suffix, web_fault
from dext_tasks.formats.excerpt import excerpt
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dext_tasks.extension.label_json import Link
    from dext_tasks.formats.dockerfile.stages import Label
    from dext_tasks.sources.source import LabelSet, Place, Source

_DOCS = "https://docs.docker.com/extensions/extensions-sdk/extensions/labels/"
_BREAKING = frozenset({LabelJsonFault.SYNTAX, LabelJsonFault.TYPE, LabelJsonFault.MISSING_KEY})
# HTML and JSON do not mind white space around them.
_PLAIN_KEYS = (TITLE, DESCRIPTION, VENDOR, API_VERSION, ICON, PUBLISHER_URL, CATEGORIES, ACCOUNT_INFO)
_ADDRESS = 160
_LONGEST_CATEGORY = 500
# The longest of 134 published extensions has about 10,000 characters.
_LONGEST_LABEL = 50_000
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::?[-+?][^{}]{0,100})?\}")
# In HTML and JSON it is as likely an example for the reader; two of them, or a number after it, are no variable.
_BARE_VARIABLE = re.compile(r"(?<![\w$\\])\$(?P<name>[A-Za-z_][A-Za-z0-9_]+)")
_WITHOUT_PROSE = frozenset({API_VERSION, ICON, PUBLISHER_URL, CATEGORIES, ACCOUNT_INFO})
# Variables of whoever reads the text, on their own machine.
_OF_READERS = frozenset(
    {
        *("HOME", "PATH", "USER", "USERNAME", "USERPROFILE", "PWD", "SHELL", "TMPDIR", "TEMP", "TMP", "APPDATA"),
        *("KUBECONFIG", "DOCKER_HOST", "DOCKER_CONFIG", "XDG_CONFIG_HOME", "DISPLAY", "LANG", "EDITOR"),
    }
)


def _screenshots(source: Source) -> Iterator[Problem]:
    return _json_mistakes(source, SCREENSHOTS, _BREAKING)


def _additional_urls(source: Source) -> Iterator[Problem]:
    return _json_mistakes(source, ADDITIONAL_URLS, _BREAKING)


def _incomplete_json(source: Source) -> Iterator[Problem]:
    yield from _json_mistakes(source, SCREENSHOTS, frozenset(LabelJsonFault) - _BREAKING)
    # Docker's own extensions have an empty array here, and there is nothing wrong with it.
    yield from _json_mistakes(source, ADDITIONAL_URLS, frozenset(LabelJsonFault) - _BREAKING - {LabelJsonFault.EMPTY})


def _json_mistakes(source: Source, label: str, faults: frozenset[LabelJsonFault]) -> Iterator[Problem]:
    for key, value, place in values_of(source, [label]):
        for mistake in label_json.parse(value, TEXT_KEYS[key]).mistakes:
            if mistake.fault in faults:
                yield Problem(str(mistake), place, fix=mistake.fix)


def _icon(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [ICON]):
        if fault := web_fault(value):
            yield Problem(f"{excerpt(value, _ADDRESS)}: {fault}", place)


def _icon_format(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [ICON]):
        found = suffix(value)
        # Many addresses of images have no ending at all; what they answer shows the format then.
        if re.fullmatch(r"\.[a-z]{2,5}", found) and found not in IMAGE_SUFFIXES and not web_fault(value):
            yield Problem(f"{excerpt(value, _ADDRESS)} is a {found} file", place)


def _publisher_url(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [PUBLISHER_URL]):
        if fault := web_fault(value):
            yield Problem(f"{excerpt(value, _ADDRESS)}: {fault}", place)


def _link_address(source: Source) -> Iterator[Problem]:
    for key in (SCREENSHOTS, ADDITIONAL_URLS):
        for link, place in _links(source, [key]):
            # Links can lead to what the extension serves once it is there; screenshots are shown before.
            if link.url and (fault := web_fault(link.url, may_be_local=key == ADDITIONAL_URLS)):
                yield Problem(f"{excerpt(link.url, _ADDRESS)}: {fault}", place)


def _image_page(source: Source) -> Iterator[Problem]:
    icons = ((value, place) for _, value, place in values_of(source, [ICON]))
    screenshots = ((link.url, place) for link, place in _links(source, [SCREENSHOTS]))
    for address, place in (*icons, *screenshots):
        if is_page_of_a_file(address):
            yield Problem(f"{excerpt(address, _ADDRESS)} is a web page about the image", place)


def _links(source: Source, keys: list[str]) -> Iterator[tuple[Link, Place]]:
    for key, value, place in values_of(source, keys):
        yield from ((link, place) for link in label_json.parse(value, TEXT_KEYS[key]).links)


def _unknown_category(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [CATEGORIES]):
        for name in dict.fromkeys(each.strip() for each in without_brackets(value).split(",")):
            if name and name not in CATEGORY_NAMES:
                yield Problem(f"there is no category {excerpt(name, 40)!r}{_category_hint(name)}", place)


def _category_hint(name: str) -> str:
    parts = [part for part in re.split(r"[;|/+\s]+", name[:_LONGEST_CATEGORY]) if part]
    if len(parts) > 1 and any(part in CATEGORY_NAMES for part in parts):
        return ": names are joined by commas"
    nearest = nearest_category(name)
    return f", probably {nearest}" if nearest else f": choose from {', '.join(CATEGORY_NAMES)}"


def _category_list(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [CATEGORIES]):
        bare = without_brackets(value)
        if bare != value:
            names = [name.strip() for name in bare.split(",") if name.strip()]
            what = "a JSON array" if value.strip().startswith("[") else "names in quotes"
            fix = f"write {','.join(names)}" if names else ""
            yield Problem(f"{what}, where names are joined by commas alone: {excerpt(value)}", place, fix=excerpt(fix))
            continue
        names = value.strip().split(",")
        said = [name.strip() for name in names if name.strip()]
        if any(name != name.strip() for name in names):
            yield Problem(f"white space between the names: {excerpt(value)!r}", place)
        if len(said) < len(names):
            yield Problem(f"a comma with nothing before or after it: {excerpt(value)!r}", place)
        if len(set(said)) < len(said):
            yield Problem(f"a name is there twice: {excerpt(value)!r}", place)


def _account_info(source: Source) -> Iterator[Problem]:
    for _, value, place in values_of(source, [ACCOUNT_INFO]):
        if value.strip() != "required":
            yield Problem(f"{excerpt(value, 40)!r} is not 'required'", place)


def _edge_space(source: Source) -> Iterator[Problem]:
    unset = _unset_keys(source)
    for key, value, place in values_of(source, _PLAIN_KEYS):
        # White space around a variable that has no value is another rule's finding.
        if value != value.strip() and key not in unset:
            yield Problem(f"label {key} begins or ends with white space: {excerpt(repr(value))}", place)


def _too_long(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        for key, value in labels.values.items():
            if len(value) > _LONGEST_LABEL:
                yield Problem(f"label {excerpt(key)} has {len(value)} characters", labels.place_of(key))


def _unset_keys(source: Source) -> frozenset[str]:
    try:
        facet = source.dockerfile
    except NotOfferedError:
        return frozenset()
    labels = facet.document.effective(facet.target or None)
    return frozenset(key for key, label in labels.items() if label.unresolved)


def _unresolved(source: Source) -> Iterator[Problem]:
    for labels in source.labels:
        yield from _literal_variables(labels)
    yield from _valueless_arguments(source)


def _literal_variables(labels: LabelSet) -> Iterator[Problem]:
    for key, value in labels.values.items():
        written = next((text for name, text in _variables(key, value) if name not in labels.escaped.get(key, ())), "")
        if is_shown(key) and written:
            yield Problem(f"label {key} has {excerpt(written, 40)} as text", labels.place_of(key))


def _variables(key: str, value: str) -> Iterator[tuple[str, str]]:
    """Names of what may be variables that somebody forgot to have replaced, each as written."""
    patterns = (_VARIABLE, _BARE_VARIABLE) if key in _PLAIN_KEYS else (_VARIABLE,)
    for found in (each for pattern in patterns for each in pattern.finditer(value)):
        # A text for people may well tell them of their own variables; an address or a version has no use for them.
        if key in _WITHOUT_PROSE or found["name"] not in _OF_READERS:
            yield found["name"], found[0]


def _valueless_arguments(source: Source) -> Iterator[Problem]:
    try:
        facet = source.dockerfile
    except NotOfferedError:
        return
    places = {key: place for labels in source.labels for key, place in labels.places.items()}
    for key, label in facet.document.effective(facet.target or None).items():
        if is_shown(key) and label.unresolved and key in places:
            names = ", ".join(excerpt(name, 40) for name in label.unresolved)
            fix = "" if label.unknown else f"give {names} a value by ARG or ENV before it in its stage"
            if label.unrepeated:
                fix = f"repeat {_declared(label.unrepeated)} in the stage, below its FROM"
            # A required label in which nothing is left is empty, too.
            is_blank = key in REQUIRED and not label.unknown and not label.value.strip()
            about, twin = (key, EMPTY) if is_blank else ("", "")
            what = f"label {key} uses {names}, {_unset(label)}"
            yield Problem(what, places[key], fix=fix, about=about, twin=twin)


def _declared(names: tuple[str, ...]) -> str:
    return " and ".join(f"ARG {excerpt(name, 40)}" for name in dict.fromkeys(names))


def _unset(label: Label) -> str:
    if label.unrepeated:
        return "which no ARG of its stage declares"
    if not label.unknown:
        return "which nothing sets: there is no ARG of that name before it in its stage"
    return "which has no value unless the build or the base image gives one"


RULES = (
    Rule(
        code="screenshots-invalid",
        title="screenshots are a JSON array of objects with alt and url",
        severity=Severity.ERROR,
        docker="Checked image labels",
        why="Docker's validator parses the label as the image has it, after the Dockerfile's quoting",
        fix="correct the JSON at the line and column given, which count in the label's value",
        source="https://github.com/docker/extensions-submissions/issues/218",
        ask=_screenshots,
    ),
    Rule(
        code="additional-urls-invalid",
        title="additional URLs are a JSON array of objects with title and url",
        severity=Severity.ERROR,
        docker="Checked image labels",
        why="Docker's validator refuses it, and Docker Desktop hides all of the links",
        fix="correct the JSON at the line and column given, which count in the label's value",
        source="https://github.com/docker/labs-ai-tools-for-devs/pull/284",
        ask=_additional_urls,
    ),
    Rule(
        code="label-json-incomplete",
        title="JSON labels have no empty, unknown or repeated parts",
        severity=Severity.WARNING,
        docker="",
        why="an image or a link is shown without its text, or not at all",
        fix="give each object exactly the two keys that are known, with something in them",
        source=_DOCS,
        ask=_incomplete_json,
    ),
    Rule(
        code="link-address-invalid",
        title="screenshots and additional URLs have http or https addresses",
        severity=Severity.ERROR,
        docker="",
        why="the dashboard can neither load nor open anything else",
        fix="write the whole address, with https://",
        source="https://docs.docker.com/reference/api/extensions-sdk/Host/#openexternal",
        ask=_link_address,
    ),
    Rule(
        code="icon-label-invalid",
        title="the icon label is one http or https address",
        severity=Severity.ERROR,
        docker="",
        why="the marketplace loads the icon before the image is there: a path in the image shows nothing",
        fix="publish the icon and write its whole address; metadata.json is where the path in the image belongs",
        source=_DOCS,
        ask=_icon,
    ),
    Rule(
        code="icon-label-format",
        title="the icon is an svg, png or jpg",
        severity=Severity.WARNING,
        docker="",
        why="these are the formats Docker documents; others may be blurred or not show",
        fix="convert the icon, best to svg",
        source=_DOCS,
        ask=_icon_format,
    ),
    Rule(
        code="image-address-is-page",
        title="icon and screenshots are images, not GitHub's pages about them",
        severity=Severity.WARNING,
        docker="",
        why="GitHub answers /blob/ addresses with HTML, which shows as a broken image",
        fix="use the address behind GitHub's Raw button",
        source="https://github.com/docker/extensions-submissions/issues/161",
        ask=_image_page,
    ),
    Rule(
        code="publisher-url-invalid",
        title="the publisher's URL is one http or https address",
        severity=Severity.ERROR,
        docker="",
        why="the link to the publisher in the marketplace leads nowhere",
        fix="write one whole address; several go into com.docker.extension.additional-urls",
        source=_DOCS,
        ask=_publisher_url,
    ),
    Rule(
        code="category-unknown",
        title="categories are from Docker's list",
        severity=Severity.WARNING,
        docker="",
        why="nobody finds the extension by a category the marketplace does not have",
        fix="use the marketplace's own names",
        source=_DOCS,
        ask=_unknown_category,
    ),
    Rule(
        code="category-list-malformed",
        title="categories are joined by single commas",
        severity=Severity.WARNING,
        docker="",
        why="the documented form has no spaces, and a name with one may not be recognised",
        fix="write them as in kubernetes,security",
        source=_DOCS,
        ask=_category_list,
    ),
    Rule(
        code="account-info-invalid",
        title="the account label says required or nothing",
        severity=Severity.WARNING,
        docker="",
        why="the marketplace knows this one word only and would not tell users that they need an account",
        fix="write required if users must register somewhere, else remove the label",
        source=_DOCS,
        ask=_account_info,
    ),
    Rule(
        code="label-edge-space",
        title="labels do not begin or end with white space",
        severity=Severity.WARNING,
        docker="",
        why="names and addresses are compared and shown as they are, spaces and all",
        fix="remove the white space inside the quotes, also before a line's backslash",
        source="https://github.com/docker/extensions-submissions/issues/62",
        ask=_edge_space,
    ),
    Rule(
        code="label-too-long",
        title=f"no label has more than {_LONGEST_LABEL} characters",
        severity=Severity.WARNING,
        docker="",
        why="labels are read by whoever lists the image, over and over, and are no place for files",
        fix="COPY it into the image, or put it on a page and let a label link to it",
        source=_DOCS,
        ask=_too_long,
    ),
    Rule(
        code="label-unresolved",
        title="every variable in a label has a value",
        severity=Severity.WARNING,
        docker="",
        why="users read a gap, or the name of the variable, where a value was meant",
        fix="give the ARG a default or set build.args; use double quotes where variables are to be replaced",
        source="https://docs.docker.com/reference/dockerfile/#environment-replacement",
        ask=_unresolved,
    ),
)
