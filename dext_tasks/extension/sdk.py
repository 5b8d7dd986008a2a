"""Which Docker Desktop has which version of the extension API, and who could install an extension.

Docker's release notes do not name the API's version; ``sdk.json`` keeps what is known otherwise, each fact with
its source.
"""

from __future__ import annotations

import json
from contextlib import suppress
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from semver import Version

from dext_tasks.errors import VersionInvalidError
from dext_tasks.formats.constraint import ConstraintError, Verdict, VersionRefusedError, parse, verdict
from dext_tasks.formats.constraint.verdict import GRAMMARS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dext_tasks.formats.constraint import Constraint

_MOST_PARTS = 3


class DesktopRelease(NamedTuple):
    """A Docker Desktop release and the API it is known to have.

    Attributes:
        version: Of Docker Desktop.
        api: Version of its extension API.
        stated: Whether somebody read it off that release, rather than it following from other facts.
        source: Where it is known from.
        note: How it follows, if it is not stated.
    """

    version: Version
    api: Version
    stated: bool
    source: str
    note: str


class ApiMember(NamedTuple):
    """A part of the API that not every version has.

    Attributes:
        name: As one would write it behind ``ddClient``.
        since: The API version that introduced it.
        source: Its reference page.
    """

    name: str
    since: Version
    source: str


class ObsoleteMember(NamedTuple):
    """A part of the API that is to go, or is gone.

    Attributes:
        name: Of the function or property.
        replacement: What to use instead; empty if what it did is gone.
        source: Its reference page.
    """

    name: str
    replacement: str
    source: str


class Installable(StrEnum):
    """Whether a desktop installs an extension: refused by both libraries is firm, all else is not known."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    DOUBTFUL = "doubtful"


class Offer(NamedTuple):
    """Whether a known Docker Desktop would install the extension."""

    desktop: DesktopRelease
    verdict: Installable


@cache
def desktops() -> tuple[DesktopRelease, ...]:
    """The releases whose API is known, oldest first."""
    return tuple(
        DesktopRelease(
            Version.parse(row["desktop"]), Version.parse(row["api"]), row["stated"], row["source"], row["note"]
        )
        for row in _facts("desktops")
    )


@cache
def apis() -> tuple[Version, ...]:
    """The API versions that are known to exist, oldest first."""
    return tuple(Version.parse(row["api"]) for row in _facts("apis"))


@cache
def members() -> tuple[ApiMember, ...]:
    """The parts of the API that the first public version did not have."""
    return tuple(ApiMember(row["member"], Version.parse(row["since"]), row["source"]) for row in _facts("members"))


@cache
def obsolete_members() -> tuple[ObsoleteMember, ...]:
    """The parts of the API that should not be used any more."""
    return tuple(ObsoleteMember(row["member"], row["replacement"], row["source"]) for row in _facts("obsolete"))


def offers(constraint: str) -> tuple[Offer, ...]:
    """What each known Docker Desktop makes of a constraint, oldest first."""
    return tuple(Offer(desktop, answer(constraint, [str(desktop.api)])) for desktop in desktops())


def answer(constraint: str, apis: Iterable[str]) -> Installable:
    """Whether a desktop that has one of these API versions installs what has a constraint.

    Raises:
        VersionInvalidError: One is not an API version.
    """
    found = {compatible(constraint, api) for api in apis}
    if found == {Verdict.ALLOWED}:
        return Installable.ALLOWED
    is_firm = found <= {Verdict.REFUSED, Verdict.INVALID} and not is_bare(constraint)
    return Installable.REFUSED if is_firm else Installable.DOUBTFUL


def is_bare(constraint: str) -> bool:
    """Whether only single versions are named: refused by the libraries, and let through by Docker all the same.

    One passed where the API was newer: https://github.com/docker/extensions-submissions/issues/140.
    """
    found = readings(constraint)
    return bool(found) and all(each.is_bare for each in found)


@lru_cache(maxsize=256)
def readings(constraint: str) -> tuple[Constraint, ...]:
    """What each of the grammars that reads a constraint makes of it."""
    found: list[Constraint] = []
    for grammar in GRAMMARS:
        with suppress(ConstraintError):
            found.append(parse(constraint, grammar))
    return tuple(found)


@lru_cache(maxsize=256)
def compatible(constraint: str, api: str) -> Verdict:
    """What a desktop with that API version makes of a constraint.

    Raises:
        VersionInvalidError: That is not an API version.
    """
    try:
        return verdict(constraint, str(_version(api)))
    except VersionRefusedError as error:
        raise VersionInvalidError(error.message, remedy=error.remedy) from error


def admitted(constraint: str) -> tuple[Version, ...]:
    """The known API versions that both grammars let in."""
    return tuple(api for api in apis() if compatible(constraint, str(api)) is Verdict.ALLOWED)


def apis_of(desktop: str) -> tuple[Version, ...]:
    """The API versions a Docker Desktop may have: one, or several where nobody wrote down which.

    Args:
        desktop: Its version; ``4.40`` stands for 4.40.0.

    Raises:
        VersionInvalidError: That is not a version, or one from before there were extensions.
    """
    wanted = _version(desktop)
    before = [each.api for each in desktops() if each.version <= wanted]
    if not before:
        raise VersionInvalidError(
            f"Docker Desktop {desktop} is older than {desktops()[0].version}, the first one with extensions",
            remedy="give a newer one, such as 4.40",
        )
    following = next((each for each in desktops() if each.version > wanted), None)
    known_to_have_it = any(each.version == wanted for each in desktops())
    last = before[-1] if known_to_have_it or following is None else following.api
    return tuple(api for api in apis() if before[-1] <= api <= last)


def _version(text: str) -> Version:
    parts = text.strip().removeprefix("v").split(".")
    padded = ".".join([*parts, *["0"] * (_MOST_PARTS - len(parts))])
    if not padded.isascii() or not Version.is_valid(padded):
        raise VersionInvalidError(
            f"{text!r} is not a version",
            remedy="write numbers with dots, such as 0.3.4 for the API or 4.40 for Docker Desktop",
        )
    return Version.parse(padded)


def _facts(kind: str) -> list[dict[str, Any]]:
    facts: dict[str, list[dict[str, Any]]] = json.loads((files(__package__) / "sdk.json").read_text(encoding="utf-8"))
    return facts[kind]
