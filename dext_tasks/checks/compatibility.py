"""Whether an extension can be installed on an API version or a Docker Desktop that the user names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.api_constraint import DOCKER, docker_says
from dext_tasks.checks.label_lookup import values_of
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension import sdk
from dext_tasks.extension.labels import API_VERSION
from dext_tasks.formats.constraint import Verdict
from dext_tasks.formats.excerpt import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dext_tasks.sources.source import Place, Source


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

    def refused(source: Source) -> Iterator[Problem]:
        for text, answers, place in _answers(source, apis):
            if sdk.answer(text, apis) is sdk.Installable.REFUSED:
                what = f"{target}{doubt}: {excerpt(text)!r} {_refusal(answers)}"
                yield Problem(what, place, docker_says(text, apis[-1]))

    def doubtful(source: Source) -> Iterator[Problem]:
        for text, answers, place in _answers(source, apis):
            if sdk.answer(text, apis) is sdk.Installable.DOUBTFUL:
                yield Problem(f"{target}{doubt}: {excerpt(text)!r} {_doubt(text, answers)}", place)

    return (
        Rule(
            code="api-version-incompatible",
            title=f"the extension can be installed on {target}",
            severity=Severity.ERROR,
            docker=DOCKER,
            why="that desktop would refuse to install the extension",
            fix="widen com.docker.desktop.extension.api.version to admit it",
            source="https://github.com/docker/extensions-submissions/issues/40",
            ask=refused,
        ),
        Rule(
            code="api-version-doubtful",
            title=f"there is no doubt that the extension can be installed on {target}",
            severity=Severity.WARNING,
            docker="",
            why="whether that desktop installs the extension depends on what nobody outside of Docker knows",
            fix="write com.docker.desktop.extension.api.version as >= X.Y.Z, low enough for that desktop",
            source="https://github.com/docker/extensions-submissions/issues/140",
            ask=doubtful,
        ),
    )


def _answers(source: Source, apis: Sequence[str]) -> Iterator[tuple[str, dict[str, Verdict], Place]]:
    for _, text, place in values_of(source, [API_VERSION]):
        yield text, {api: sdk.compatible(text, api) for api in apis}, place


def _refusal(answers: Mapping[str, Verdict]) -> str:
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
