"""Rules on the version of the extension API, and on what of it the UI uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.documentation import LABEL_DOCS
from dext_tasks.checks.evidence import client_scripts, in_script, own_functions
from dext_tasks.checks.label_lookup import values_of
from dext_tasks.checks.rule import DockerStep, Problem, Repair, Rule, Severity, rule
from dext_tasks.extension import api_calls, sdk
from dext_tasks.extension.desktops import Desktop
from dext_tasks.extension.labels import API_VERSION
from dext_tasks.formats.constraint import ConstraintError, Verdict, parse, quirks
from dext_tasks.formats.constraint.verdict import GRAMMARS
from dext_tasks.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dext_tasks.extension.sdk import ApiMember
    from dext_tasks.formats.constraint import Constraint
    from dext_tasks.sources.facts import Place
    from dext_tasks.sources.source import Source

# https://github.com/docker/extensions-submissions/issues/40
_INCOMPATIBLE = f'image label "{API_VERSION}" is incompatible with current SDK version'
# Versions that may come, so that a constraint is also asked about these.
_TO_COME = ("0.4.3", "0.5.0", "1.0.0", "2.0.0")


@rule(
    code="api-version-invalid",
    title="the API version is a version constraint",
    severity=Severity.ERROR,
    step=DockerStep.API_VERSION,
    why="Docker Desktop cannot tell whether the extension runs on it, and does not install it",
    fix="write >= 0.3.4, or >= 0.3.4, < 1.0.0",
    source=LABEL_DOCS,
    desktops=frozenset({Desktop.DOCKER_DESKTOP}),
)
def _version_invalid(source: Source) -> Iterator[Problem]:
    for text, readings, place in _constraints(source):
        if not readings:
            yield Problem(f"{excerpt(text)!r} is not a version constraint{_refusal(text)}", place)


@rule(
    code="api-version-not-portable",
    title="the API version means the same to every library",
    severity=Severity.WARNING,
    why="Docker does not say which library reads it, and the two usual ones differ here",
    fix="write >= X.Y.Z, < A.B.C with full versions and a comma",
    source="https://github.com/hashicorp/go-version/blob/v1.8.0/constraint.go",
    repair=Repair.SURE,
)
def _version_not_portable(source: Source) -> Iterator[Problem]:
    versions = (*map(str, sdk.apis()), *_TO_COME)
    for text, readings, place in _constraints(source):
        if len(readings) == 1:
            yield Problem(
                f"only one of the two libraries Docker may use reads {excerpt(text)!r}{_refusal(text)}", place
            )
        elif readings:
            parted = [each for each in versions if sdk.compatible(text, each) is Verdict.NOT_PORTABLE]
            if parted:
                yield Problem(f"the two libraries Docker may use disagree on {excerpt(text)!r} for {parted[0]}", place)


@rule(
    code="api-version-exact",
    title="the API version is a range",
    severity=Severity.WARNING,
    why="read literally, only desktops with that very version would install the extension",
    fix="put >= before it",
    source="https://github.com/docker/extensions-submissions/issues/40",
    repair=Repair.SURE,
)
def _version_exact(source: Source) -> Iterator[Problem]:
    for text, _, place in _constraints(source):
        if sdk.is_bare(text):
            unknown = "" if sdk.admitted(text) else ", and is not a known one"
            yield Problem(f"{excerpt(text)!r} means exactly that, and no newer version{unknown}", place)


@rule(
    code="api-version-unusual",
    title="the API version has no wildcards or pre-releases with surprises",
    severity=Severity.WARNING,
    why="it admits other versions than it seems to",
    fix="write >= X.Y.Z, < A.B.C",
    source="https://github.com/Masterminds/semver/blob/v3.4.0/README.md#checking-version-constraints",
    repair=Repair.SURE,
)
def _version_unusual(source: Source) -> Iterator[Problem]:
    for text, readings, place in _constraints(source):
        found = [str(quirk) for reading in readings for quirk in quirks(reading)]
        if any(reading.has_prerelease for reading in readings):
            found.append("pre-releases are let in by rules that differ between versions of the library")
        for what in found:
            yield Problem(f"{excerpt(text)!r}: {what}", place)


@rule(
    code="api-version-refuses-newest",
    title="the API version admits the newest known one",
    severity=Severity.ERROR,
    docker=_INCOMPATIBLE,
    why="Docker's submission check runs on the newest desktop, and users update theirs",
    fix="leave out the upper bound, or raise it",
    source="https://github.com/docker/extensions-submissions/issues/40",
    desktops=frozenset({Desktop.DOCKER_DESKTOP}),
    step=DockerStep.API_VERSION,
)
def _version_refuses_newest(source: Source) -> Iterator[Problem]:
    newest = str(sdk.apis()[-1])
    for text, _, place in _constraints(source):
        if sdk.compatible(text, newest) is not Verdict.REFUSED or sdk.is_bare(text):
            continue
        said = _docker_says(text, newest)
        if sdk.admitted(text):
            yield Problem(f"{excerpt(text)!r} refuses {newest}, the newest known version of the API", place, said)
        else:
            yield Problem(f"{excerpt(text)!r} admits no known version of the API; the newest is {newest}", place, said)


@rule(
    code="api-version-too-low",
    title="the API version is one that has all that the UI uses",
    severity=Severity.WARNING,
    why="an older desktop installs the extension and fails when the UI makes the call",
    fix="raise the lower bound of com.docker.desktop.extension.api.version",
    source="https://docs.docker.com/reference/api/extensions-sdk/",
)
def _version_too_low(source: Source) -> Iterator[Problem]:
    used = _members_used(source)
    for text, _, _ in _distinct(source):
        for lowest in sdk.admitted(text)[:1]:
            for member, place in used:
                if member.since > lowest:
                    yield Problem(
                        f"{member.name} is there since API {member.since}; {excerpt(text)!r} admits {lowest}", place
                    )


@rule(
    code="api-member-obsolete",
    title="the UI uses no obsolete part of the API",
    severity=Severity.NOTE,
    why="Docker announced its removal, and other desktops do not have it at all",
    fix="use what replaced it",
    source="https://docs.docker.com/reference/api/extensions-sdk/DockerDesktopClient/",
)
def _member_obsolete(source: Source) -> Iterator[Problem]:
    scripts = client_scripts(source)
    own = own_functions(scripts)
    for script in scripts:
        for call in api_calls.obsolete_calls(script.content or b"", own):
            instead = f"use {call.member.replacement}" if call.member.replacement else "what it opened is gone"
            yield Problem(f"{call.member.name} is obsolete: {instead}", in_script(script, call.line))


def _constraints(source: Source) -> Iterator[tuple[str, tuple[Constraint, ...], Place]]:
    """Each constraint with what each of the grammars that reads it makes of it."""
    for _, text, place in values_of(source, [API_VERSION]):
        yield text, sdk.readings(text), place


def _distinct(source: Source) -> list[tuple[str, tuple[Constraint, ...], Place]]:
    """The constraints without those that another platform has too."""
    return list({text: (text, readings, place) for text, readings, place in _constraints(source)}.values())


def _refusal(text: str) -> str:
    for grammar in GRAMMARS:
        try:
            parse(text, grammar)
        except ConstraintError as error:
            return f": {excerpt(error.message)}"
    return ""


def _members_used(source: Source) -> list[tuple[ApiMember, Place]]:
    found: dict[ApiMember, Place] = {}
    for script in client_scripts(source):
        for call in api_calls.calls(script.content or b"", unguarded=True):
            found.setdefault(call.member, in_script(script, call.line))
    return list(found.items())


def _docker_says(text: str, api: str) -> str:
    """What Docker's validator says of a constraint that refuses the version of its API."""
    return (
        f'(required) image label "{API_VERSION}" ("{excerpt(text)}") is incompatible with current SDK version "{api}". '
        f'Consider changing it to ">={api}"'
    )


def sdk_rules(api: str) -> tuple[Rule, Rule]:
    """The rules that an extension can be installed where the API has this version.

    Raises:
        VersionInvalidError: That is not a version.
    """
    sdk.compatible(">= 0.0.0", api)
    return _rules([api], f"API {api}")


def desktop_rules(desktop: str) -> tuple[Rule, Rule]:
    """The rules that an extension can be installed on this Docker Desktop.

    Raises:
        VersionInvalidError: That is not a version, or one from before there were extensions.
    """
    apis = [str(api) for api in sdk.apis_of(desktop)]
    doubt = "" if len(apis) == 1 else f" (it has one of {', '.join(apis)})"
    return _rules(apis, f"Docker Desktop {desktop}", doubt)


def _rules(apis: Sequence[str], target: str, doubt: str = "") -> tuple[Rule, Rule]:
    """The rule on what is refused for certain, and the one on what is not certain."""

    @rule(
        code="api-version-incompatible",
        title=f"the extension can be installed on {target}",
        severity=Severity.ERROR,
        docker=_INCOMPATIBLE,
        why="that desktop would refuse to install the extension",
        fix="widen com.docker.desktop.extension.api.version to admit it",
        source="https://github.com/docker/extensions-submissions/issues/40",
        step=DockerStep.API_VERSION,
    )
    def refused(source: Source) -> Iterator[Problem]:
        for text, answers, place in _answers(source, apis):
            if sdk.answer(text, apis) is sdk.Installable.REFUSED:
                what = f"{target}{doubt}: {excerpt(text)!r} {_refused(answers)}"
                yield Problem(what, place, _docker_says(text, apis[-1]))

    @rule(
        code="api-version-doubtful",
        title=f"it is certain that the extension can be installed on {target}",
        severity=Severity.WARNING,
        why="whether that desktop installs the extension depends on what nobody outside of Docker knows",
        fix="write com.docker.desktop.extension.api.version as >= X.Y.Z, low enough for that desktop",
        source="https://github.com/docker/extensions-submissions/issues/140",
    )
    def doubtful(source: Source) -> Iterator[Problem]:
        for text, answers, place in _answers(source, apis):
            if sdk.answer(text, apis) is sdk.Installable.DOUBTFUL:
                yield Problem(f"{target}{doubt}: {excerpt(text)!r} {_doubt(text, answers)}", place)

    return refused, doubtful


def _answers(source: Source, apis: Sequence[str]) -> Iterator[tuple[str, dict[str, Verdict], Place]]:
    for _, text, place in values_of(source, [API_VERSION]):
        yield text, {api: sdk.compatible(text, api) for api in apis}, place


def _refused(answers: Mapping[str, Verdict]) -> str:
    named = " and ".join(answers)
    if Verdict.INVALID in answers.values():
        return f"is not a version constraint, so API {named} is refused"
    return f"refuses API {named}"


def _doubt(text: str, answers: Mapping[str, Verdict]) -> str:
    named = " and ".join(api for api, found in answers.items() if found is not Verdict.ALLOWED)
    if sdk.is_bare(text):
        return f"means exactly that, and not API {named}, though Docker has let such ones pass"
    if Verdict.NOT_PORTABLE in answers.values():
        return f"admits or refuses API {named} depending on the library that reads it"
    return f"refuses API {named}"
