"""How an extension is built, from the commands that build it: platforms, build arguments and stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dext_tasks.errors import UnknownPlatformError
from dext_tasks.extension.version import as_version
from dext_tasks.formats.oci.platform import REQUIRED, Platform
from dext_tasks.redaction import names_secret, without_secrets
from dext_tasks.scaffold.adoption.found import KnownValue
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dext_tasks.scaffold.adoption.evidence import Evidence
    from dext_tasks.scaffold.adoption.found import ValueOrigin

_MOST_ARGS: Final = 50


class Building(NamedTuple):
    """How an extension is built.

    Attributes:
        platforms: What for.
        args: Values for ARG instructions.
        target: Stage; empty for the last one.
        notes: What was not taken over, and why.
    """

    platforms: KnownValue[tuple[Platform, ...]]
    args: KnownValue[Mapping[str, str]]
    target: KnownValue[str]
    notes: tuple[str, ...]


def building(builds: Sequence[Evidence], declared: Mapping[str, str | None]) -> Building:
    """How an extension is built.

    Args:
        builds: The commands that build it.
        declared: The ARG instructions of its Dockerfile, with their defaults.
    """
    # What is published is built for more than what is tried on one machine.
    counted = [each for each in builds if each.command.is_pushed] or list(builds)
    platforms, of_platforms = _platforms(counted)
    args, of_args = _args(counted, declared)
    target, of_target = _target(counted)
    return Building(platforms, args, target, (*of_platforms, *of_args, *of_target))


def _at(origin: ValueOrigin) -> str:
    return f"{origin.file}:{origin.line}"


def _platforms(builds: Sequence[Evidence]) -> tuple[KnownValue[tuple[Platform, ...]], list[str]]:
    found: dict[Platform, None] = {}
    origins: list[ValueOrigin] = []
    notes: list[str] = []
    for each in builds:
        for written in each.command.platforms:
            if each.gaps.reasons(written):
                notes.append(f"the platform {each.gaps.shown(written)} of {_at(each.origin)} is computed")
                continue
            try:
                found[Platform.parse(written)] = None
            except UnknownPlatformError:
                notes.append(f"the platform {excerpt(written)} of {_at(each.origin)} is none of Linux")
                continue
            origins.append(each.origin)
    if not found or notes:
        return KnownValue(REQUIRED), notes
    # In the order of the default, as settings that say the same need not be written.
    ordered = tuple(sorted(found, key=lambda one: (one not in REQUIRED, one)))
    return KnownValue(ordered, tuple(dict.fromkeys(origins))), notes


def _args(
    builds: Sequence[Evidence], declared: Mapping[str, str | None]
) -> tuple[KnownValue[Mapping[str, str]], list[str]]:
    values: dict[str, dict[str, ValueOrigin]] = {}
    notes: dict[str, None] = {}
    for each in builds:
        for name, value, why in _judged(each, declared):
            if why:
                notes[f"build argument {excerpt(name)} of {_at(each.origin)} {why}"] = None
            else:
                values.setdefault(name, {}).setdefault(value, each.origin)
    taken = {name: held for name, held in values.items() if len(held) == 1}
    for name, held in values.items():
        if len(held) > 1:
            places = " and ".join(map(_at, held.values()))
            notes[f"build argument {name} has different values in {places}"] = None
    args = {name: next(iter(held)) for name, held in list(taken.items())[:_MOST_ARGS]}
    origins = dict.fromkeys(origin for name in args for origin in taken[name].values())
    return KnownValue(args, tuple(origins)), list(notes)


def _judged(build: Evidence, declared: Mapping[str, str | None]) -> Iterator[tuple[str, str, str]]:
    """Each argument that a build gives and the Dockerfile declares: name, value, and why it cannot be taken over."""
    tags = {image.tag for image in build.images()}
    for name, value in build.command.build_args:
        if name not in declared or (value is not None and value == declared[name]):
            continue
        if value is None:
            yield name, "", "is taken from the environment"
        elif reasons := build.gaps.reasons(value):
            yield name, "", f"is known only when that is run: {without_secrets(reasons[0])}"
        elif names_secret(name):
            yield name, "", "may be a secret, which no settings file should hold"
        elif value in tags or as_version(value.removeprefix("v")):
            yield name, "", "changes with each version, and a settings file would keep it"
        else:
            yield name, value, ""


def _target(builds: Sequence[Evidence]) -> tuple[KnownValue[str], list[str]]:
    found: dict[str, ValueOrigin] = {}
    for each in builds:
        if not each.gaps.reasons(each.command.target):
            found.setdefault(each.command.target, each.origin)
    if len(found) == 1:
        ((target, origin),) = found.items()
        return KnownValue(target, (origin,) if target else ()), []
    named = [f"{target or 'the last one'} in {_at(origin)}" for target, origin in found.items()]
    notes = [f"different stages are built: {', '.join(named)}"] if named else []
    return KnownValue(""), notes
