"""Whether an extension can be installed on an API version or a Docker Desktop that the user names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dext_tasks.checks.label_lookup import values_of
from dext_tasks.checks.rule import Problem, Rule, Severity
from dext_tasks.extension import sdk
from dext_tasks.extension.constraint import Verdict
from dext_tasks.extension.excerpt import excerpt
from dext_tasks.extension.labels import API_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dext_tasks.sources.subject import Subject

_ANSWERS = {
    Verdict.ALLOWED: "",
    Verdict.REFUSED: "refuses API {api}",
    Verdict.NOT_PORTABLE: "admits or refuses API {api} depending on the library that reads it",
    Verdict.INVALID: "is no version constraint, so API {api} is refused",
}


def sdk_rule(api: str) -> Rule:
    """The rule that an extension can be installed where the API has this version.

    Raises:
        VersionInvalidError: That is no version.
    """
    sdk.compatible(">= 0.0.0", api)
    return _rule([api], f"API {api}")


def desktop_rule(desktop: str) -> Rule:
    """The rule that an extension can be installed on this Docker Desktop.

    Raises:
        VersionInvalidError: That is no version, or one from before there were extensions.
    """
    return _rule([str(api) for api in sdk.apis_of(desktop)], f"Docker Desktop {desktop}")


def _rule(apis: Sequence[str], target: str) -> Rule:
    def ask(subject: Subject) -> Iterator[Problem]:
        for _, text, place in values_of(subject, [API_VERSION]):
            refused = [(api, found) for api in apis if (found := sdk.compatible(text, api)) is not Verdict.ALLOWED]
            for api, found in refused:
                doubt = "" if len(apis) == 1 else f" (it has one of {', '.join(apis)})"
                yield Problem(f"{target}{doubt}: {excerpt(text)!r} {_ANSWERS[found].format(api=api)}", place)

    return Rule(
        code="api-version-incompatible",
        title=f"the extension can be installed on {target}",
        severity=Severity.ERROR,
        docker='image label "com.docker.desktop.extension.api.version" is incompatible with current SDK version',
        why="that desktop would refuse to install the extension",
        fix="widen com.docker.desktop.extension.api.version to admit it",
        source="https://github.com/docker/extensions-submissions/issues/40",
        ask=ask,
    )
