"""What a check reports besides findings: what the extension may do, and which desktops would offer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dext_tasks.checks.evidence import metadata_documents
from dext_tasks.extension import sdk
from dext_tasks.extension.labels import API_VERSION
from dext_tasks.extension.permissions import permissions
from dext_tasks.sources.source import NotOfferedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dext_tasks.sources.source import Source


@dataclass(frozen=True)
class Summary:
    """What users of an extension would want to know.

    Attributes:
        permissions: What it may do to their machine, a sentence each.
        api: The constraint of its API version; empty if there is none.
        offers: What each known Docker Desktop makes of that.
    """

    permissions: tuple[str, ...] = ()
    api: str = ""
    offers: tuple[sdk.Offer, ...] = ()


def summarise(sources: Sequence[Source]) -> Summary:
    """The summary of sources of one extension; each question goes to the first source that can answer it."""
    api = next((text for source in sources if (text := _api(source))), "")
    told = next((said for source in sources if (said := _permissions(source)) is not None), ())
    return Summary(told, api, sdk.offers(api) if api else ())


def _api(source: Source) -> str:
    try:
        labels = next(iter(source.labels), None)
    except NotOfferedError:
        return ""
    return labels.values.get(API_VERSION, "") if labels and API_VERSION not in labels.unknown else ""


def _permissions(source: Source) -> tuple[str, ...] | None:
    try:
        named = next((metadata for _, metadata in metadata_documents(source)), None)
    except NotOfferedError:
        return None
    return permissions(_composes(source), named) if named else None


def _composes(source: Source) -> list[bytes]:
    try:
        return [document.content for document in source.compose if document.content is not None]
    except NotOfferedError:
        return []
