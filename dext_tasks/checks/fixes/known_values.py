"""What other files of a project, and other labels, say that a label should."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from dext_tasks.extension import sdk
from dext_tasks.extension.labels import API_VERSION, DESCRIPTION, PUBLISHER_URL, TITLE, VENDOR
from dext_tasks.extension.metadata import read_or_none
from dext_tasks.extension.theme import MANIFEST
from dext_tasks.regex import regex
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dext_tasks.checks.fixes.edit import EditedTree

_CLIENT = "@docker/extension-api-client"
_CLIENT_TYPES = "@docker/extension-api-client-types"
_LOWEST = regex(r"(?:[\^~]|>=\s*)?(\d{1,5}\.\d{1,5}\.\d{1,5})")
# "Name <mail> (address)": https://docs.npmjs.com/cli/v10/configuring-npm/package-json#people-fields-author-contributors
_PERSON = regex(r"\s*(?P<name>[^<(]*?)\s*(?:<[^>]*>)?\s*(?:\((?P<url>[^)]*)\))?\s*")
_LONGEST_PERSON = 300
# A label of another name that says the same.
_BARE_NAMES = {TITLE: "title", DESCRIPTION: "description", VENDOR: "vendor"}


class SaidValue(NamedTuple):
    """What a label should say.

    Attributes:
        value: This.
        origin: Who says so, in words.
    """

    value: str
    origin: str


def known_values(tree: EditedTree, key: str) -> tuple[SaidValue, ...]:
    """What is known of a label, each value once, in the order of how near who says it is to the image."""
    found: dict[str, SaidValue] = {}
    for each in _said(tree, key):
        value = each.value.strip()
        if value and value.isprintable():
            found.setdefault(value, each._replace(value=value))
    return tuple(found.values())


def _said(tree: EditedTree, key: str) -> Iterator[SaidValue]:
    name = _BARE_NAMES.get(key, "")
    for labels in tree.source.labels:
        if name in labels.values and name not in labels.unknown:
            yield SaidValue(labels.values[name], f"label {name}")
    if key == TITLE:
        for document in tree.source.documents:
            metadata = read_or_none(document.content)
            if metadata and metadata.ui:
                yield SaidValue(metadata.ui.title, f"the tab's title in {document.place.file}")
    if key in _MANIFEST_READERS:
        for file, manifest in _manifests(tree):
            for value, where in _MANIFEST_READERS[key](manifest):
                yield SaidValue(value, f"{where} in {file}")


def _manifests(tree: EditedTree) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        packages = tree.source.packages
    except NotOfferedError:
        return
    for document in packages:
        if document.place.file.rpartition("/")[2] == MANIFEST:
            try:
                manifest = json.loads(document.content or b"")
            except (ValueError, RecursionError):
                continue
            if isinstance(manifest, dict):
                yield document.place.file, manifest


def _description(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(text := manifest.get("description"), str):
        yield text, "description"


def _author(manifest: Mapping[str, Any], part: str) -> str:
    author = manifest.get("author")
    if isinstance(author, dict):
        value = author.get(part)
        return value if isinstance(value, str) else ""
    found = _PERSON.fullmatch(author[:_LONGEST_PERSON]) if isinstance(author, str) else None
    return (found[part] or "") if found else ""


def _vendor(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _author(manifest, "name"), "author"


def _publisher(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield _author(manifest, "url"), "the author's address"


def _api(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The lowest version of the API's client that is asked for, if that is one of the API."""
    known = set(map(str, sdk.apis()))
    for kind in ("dependencies", "devDependencies"):
        wanted = manifest.get(kind)
        if not isinstance(wanted, dict):
            continue
        for client in (_CLIENT, _CLIENT_TYPES):
            text = wanted.get(client)
            found = _LOWEST.fullmatch(text.strip()) if isinstance(text, str) else None
            if found and found[1] in known:
                yield f">= {found[1]}", client


_MANIFEST_READERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]] = {
    DESCRIPTION: _description,
    VENDOR: _vendor,
    PUBLISHER_URL: _publisher,
    API_VERSION: _api,
}
